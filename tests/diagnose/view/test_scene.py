"""What was worked out of a moment is kept for the next while what it was read from stays."""

from datetime import timedelta

import pytest
from tests.diagnose.build import NOW, alert, app, crashing, event, log, named, pod, seen, service

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.conditions.run import found_in
from sreagent.diagnose.view.scene import SOON, Scene, once_per_scene
from sreagent.domain.inventory import Gap, Inventory, Listing


def listing(kind: str, *items: dict[str, object]) -> Listing:
    return Listing(kind=kind, namespace="", items=items, seen_at=NOW, command="kubectl get")


def gap(what: str) -> Gap:
    return Gap(what=what, namespace="", reason="forbidden", message="", command="kubectl get")


class Counted:
    """Counts how often something is worked out."""

    def __init__(self) -> None:
        self.times = 0
        self.pods = once_per_scene(self._pods)

    def _pods(self, scene: Scene) -> int:
        self.times += 1
        return len(scene.all("Pod")) if scene.inventory.looked("Pod") else -1


@once_per_scene
def _filled_by_callers(_scene: Scene) -> dict[str, str]:
    return {}


def test_an_answer_is_kept_while_another_kind_is_listed() -> None:
    inventory, counted = seen(pod()), Counted()
    before = Scene(inventory, NOW)
    assert counted.pods(before) == counted.pods(before) == 1
    inventory.add(listing("PriorityClass"))

    assert counted.pods(Scene(inventory, NOW, before)) == 1
    assert counted.times == 1


def test_an_answer_is_worked_out_again_when_its_kind_is_listed_again() -> None:
    inventory, counted = seen(pod()), Counted()
    before = Scene(inventory, NOW)
    counted.pods(before)
    inventory.add(listing("Pod", pod(), pod("app-2")))

    assert counted.pods(Scene(inventory, NOW, before)) == 2


@pytest.mark.parametrize(
    "refused", [pytest.param("Pod", id="its kind"), pytest.param("Node", id="another kind")]
)
def test_a_refusal_is_news_for_what_asks_about_that_kind(refused: str) -> None:
    inventory = Inventory()
    asked: list[Scene] = []

    @once_per_scene
    def refusal(scene: Scene) -> bool:
        asked.append(scene)
        return scene.inventory.gap("Pod") is not None

    before = Scene(inventory, NOW)
    refusal(before)
    inventory.gaps.append(gap(refused))

    assert refusal(Scene(inventory, NOW, before)) is (refused == "Pod")
    assert len(asked) == (2 if refused == "Pod" else 1)


def test_what_is_worked_out_from_something_kept_goes_with_it() -> None:
    inventory, counted = seen(pod()), Counted()

    @once_per_scene
    def doubled(scene: Scene) -> int:
        return 2 * counted.pods(scene)

    before = Scene(inventory, NOW)
    assert counted.pods(before) == 1
    assert doubled(before) == 2
    inventory.add(listing("Pod"))

    assert doubled(Scene(inventory, NOW, before)) == 0


def test_what_its_callers_fill_is_not_kept_when_anything_came() -> None:
    inventory = seen(pod())
    before = Scene(inventory, NOW)
    _filled_by_callers(before)["app"] = "known"
    inventory.add(listing("PriorityClass"))

    assert _filled_by_callers(Scene(inventory, NOW, before)) == {}


@pytest.mark.parametrize(
    ("later", "times"),
    [
        pytest.param(SOON, 1, id="soon after"),
        pytest.param(SOON + 1, 2, id="much later: ages have changed"),
        pytest.param(-1, 2, id="the clock went back"),
    ],
)
def test_an_answer_is_kept_only_for_a_short_time(later: float, times: int) -> None:
    inventory, counted = seen(pod()), Counted()
    before = Scene(inventory, NOW)
    counted.pods(before)
    counted.pods(Scene(inventory, NOW + timedelta(seconds=later), before))

    assert counted.times == times


def test_the_time_runs_from_when_it_was_worked_out_first() -> None:
    inventory, counted = seen(pod()), Counted()
    scene = Scene(inventory, NOW)
    counted.pods(scene)
    for step in (1, 2):
        scene = Scene(inventory, NOW + timedelta(seconds=step * (SOON - 5)), scene)
        counted.pods(scene)

    assert counted.times == 2


def test_findings_and_causes_are_the_same_as_without_what_was_before() -> None:
    objects = app(pods=[crashing()])
    failing = named(objects, "Pod")
    inventory = seen(*objects, service())
    first = Scene(inventory, NOW)
    explain(first, alert())
    inventory.logs.append(log(failing, "KeyError: 'PRICES_URL'\n", previous=True))
    inventory.add(listing("Event", event(failing, "BackOff", "Back-off restarting")))

    kept, anew = Scene(inventory, NOW, first), Scene(inventory, NOW)
    assert found_in(kept) == found_in(anew)
    assert explain(kept, alert()) == explain(anew, alert())
