"""What makes an account surer, and what does not."""

from datetime import timedelta
from typing import Any

import pytest
from tests.diagnose.build import DAY, NOW, Json, alert, container, running, seen
from tests.faults.stage import failing, program, says, well

from sreagent.diagnose.argument.causes import Cause
from sreagent.diagnose.argument.confidence import Grounds, weigh
from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.change import Change
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.signal import Signal

APP = Entity(kind="Deployment", namespace="shop", name="app")
POD = Entity(kind="Pod", namespace="shop", name="app-2-0")
AT_ONCE = "metrics show it from minutes after the change on"
TOUCHED = "the change is to what fails"
PROBE = "spec.containers[app].readinessProbe"


def parts(condition: str = "pod.probe_failing", *, path: str = PROBE, edit: str = "image 1 → 2",
          **grounds: Any) -> dict[str, float]:  # fmt: skip
    """The parts of the account of a release."""
    primary = Finding(
        condition=condition,
        entity=POD,
        claim=f"{POD} is not ready",
        category=Category.AVAILABILITY,
        path=path,
    )
    change = Change(
        entity=APP, at=NOW - timedelta(minutes=9), summary=f"revision 1 → 2: {edit}", revision=2
    )
    cause = Cause(
        entity=APP,
        statement="",
        category=primary.category,
        confidence=0.0,
        findings=(primary,),
        change=change,
    )
    weighed = weigh(Scene(seen(), NOW), cause, Grounds(primary=primary, **grounds))
    return dict(weighed.parts)


@pytest.mark.parametrize(
    ("edit", "path", "touched"),
    [
        pytest.param("readinessProbe.timeoutSeconds: 5 → 1", PROBE, True, id="its-own-field"),
        pytest.param("readinessProbe: added", PROBE, True, id="the-whole-of-it"),
        pytest.param("livenessProbe.timeoutSeconds: 5 → 1", PROBE, False, id="another-probe"),
        pytest.param("image 1 → 2", PROBE, False, id="something-else"),
        pytest.param("readinessProbe.path: /a → /b", "log of app", False, id="no-field-fails"),
        pytest.param("readinessProbe.path: /a → /b", "", False, id="no-path"),
    ],
)
def test_a_change_to_what_fails_says_more_than_any_change(
    edit: str, path: str, *, touched: bool
) -> None:
    assert (TOUCHED in parts(path=path, edit=edit)) == touched


def test_conditions_that_say_why_by_themselves_gain_nothing_from_the_moment() -> None:
    assert AT_ONCE in parts(felt_at_once=True)
    assert AT_ONCE not in parts()
    assert AT_ONCE not in parts("pod.oom_killed", felt_at_once=True)


@pytest.mark.parametrize(
    ("programs", "gained"),
    [pytest.param(2, False, id="two-may-be-chance"), pytest.param(3, True, id="three")],
)
def test_programs_that_share_only_a_node_speak_against_it(programs: int, *, gained: bool) -> None:
    told = parts("node.conntrack_full", struck_together=programs)
    assert any("share only it" in part for part in told) == gained


def released(since: float) -> list[Json]:
    """A program of which a new revision came so many seconds ago."""
    image = "registry.example.com/shop/app:2"
    known = [(9 * DAY, container()), (since, container(image=image))]
    return program("app", revisions=known, pods=[running(since=since)])


@pytest.mark.parametrize(
    ("release", "measured", "at_once"),
    [
        pytest.param(1500, failing("app", 0.4, 1400), True, id="minutes-after-it"),
        pytest.param(6000, failing("app", 0.4, 1400), False, id="an-hour-after-it"),
        pytest.param(900, failing("app", 0.4, 1400), False, id="before-it"),
        pytest.param(1500, [], False, id="logs-alone"),
    ],
)
def test_only_metrics_tie_the_moment_to_a_release(
    release: float, measured: list[Signal], *, at_once: bool
) -> None:
    objects = [*released(release), *program("web", "app")]
    inventory = seen(
        *objects,
        logs=[says(objects, "web", "ERROR GET http://app:80/v1: 500 Internal Server Error")],
    )
    inventory.signals = [*measured, *well("web")]
    found = explain(Scene(inventory, NOW), alert("HighErrorRate shop/app"))
    [top] = [one for one in found.causes if one.entity == APP]
    assert any(part == AT_ONCE for part, _ in top.parts) == at_once


def test_why_goes_before_the_errors_that_were_answered_for_it() -> None:
    objects = released(1500)
    lines = (
        'INFO "POST /v1/search HTTP/1.1" 500 12 request done',
        "ERROR search failed: json: cannot unmarshal string into Go struct field A.b of type int",
    )
    inventory = seen(*objects, logs=[says(objects, "app", *lines)])
    found = explain(Scene(inventory, NOW), alert("HighErrorRate shop/app"))
    assert "cannot unmarshal" in found.causes[0].findings[0].claim
