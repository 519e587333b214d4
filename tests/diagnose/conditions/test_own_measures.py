"""What a program counts of its business, before and after its release."""

import pytest
from tests.diagnose.build import DAY, NOW, Json, app, container
from tests.diagnose.signals import inventory, level, signal

from sreagent.diagnose.conditions.run import found_in
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.signal import Measure, Signal, Unit

RELEASED = 1800.0


def count(about: str, before: float, after: float, since: float = 1500, **more: Unit) -> Signal:
    """A number that is another one since so many seconds."""
    points = level((10_800, before), (since, after), stray=0.01)
    return signal(Measure.OWN, points, more.get("unit", Unit.PER_SECOND), about=about)


RULES = count("rules_loaded a", 13, 0, unit=Unit.COUNT)
OTHER_RULES = count("rules_loaded b", 12, 12, unit=Unit.COUNT)
APPROVED, DECLINED = count("decisions approved", 1, 4), count("decisions declined", 3, 0)
SOLD = count("orders", 20, 2)
ASKED_LESS = signal(Measure.RATE, level((10_800, 20), (1500, 2)), Unit.PER_SECOND)

AGE = signal(
    Measure.OWN,
    [
        (at, 500_000.0 if (NOW - at).total_seconds() > 1500 else 1500 - (NOW - at).total_seconds())
        for at, _ in level((10_800, 1.0))
    ],
    Unit.COUNT,
    about="uptime_seconds",
)
FAILS = signal(Measure.ERROR_RATIO, level((10_800, 0.001), (1500, 0.4)))


def claims(*signals: Signal, released: float = RELEASED) -> list[str]:
    old, new = container(image="web:1"), container(image="web:2")
    objects: list[Json] = app(revisions=[(9 * DAY, old), (released, new)])
    found = found_in(Scene(inventory(objects, *signals), NOW))
    return [one.claim for one in found if one.condition == "workload.counts_otherwise"]


def test_what_turned_right_after_the_release_is_told() -> None:
    (claim,) = claims(RULES, OTHER_RULES, APPROVED, DECLINED)
    assert "since its newest release: rules_loaded a 13 → 0" in claim
    assert "decisions declined 3.0/s → 0/s" in claim
    assert "rules_loaded b" not in claim


@pytest.mark.parametrize(
    ("signals", "released"),
    [
        pytest.param([RULES], 6 * 3600, id="long after the release"),
        pytest.param([RULES], 300, id="before the release"),
        pytest.param([count("rules_loaded a", 13, 10, unit=Unit.COUNT)], RELEASED, id="a little"),
        pytest.param(
            [count("decisions approved", 1, 4), count("decisions declined", 3, 12)],
            RELEASED,
            id="more of everything",
        ),
        pytest.param([SOLD, ASKED_LESS], RELEASED, id="it is asked less"),
        pytest.param([OTHER_RULES], RELEASED, id="nothing turned"),
        pytest.param([AGE], RELEASED, id="it began anew and climbs"),
        pytest.param([SOLD, FAILS], RELEASED, id="it fails, and so does less"),
    ],
)
def test_what_has_another_reason_is_not(signals: list[Signal], released: float) -> None:
    assert claims(*signals, released=released) == []


def test_a_number_that_turned_alone_is_told() -> None:
    assert len(claims(SOLD)) == 1
