"""What is as it was at the same time yesterday is no change."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from tests.diagnose.build import NOW, app
from tests.diagnose.signals import climb, findings, inventory, level, named, signal

from sreagent.diagnose.metrics.readings import Reading, as_usual, as_yesterday, has_moved
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.finding import Severity
from sreagent.domain.signal import Measure, Point, Signal, Unit

DAY = timedelta(days=1)
PEAK = level((10_800, 30), (3600, 200))
EBB = level((10_800, 20), (1800, 0.3))
SLOW = signal(Measure.LATENCY, level((10_800, 0.1), (840, 3)), Unit.SECONDS)


def yesterday(*levels: float) -> tuple[Point, ...]:
    """An hour and a half around the same time, in which these levels follow each other."""
    start, step = NOW - DAY - timedelta(minutes=45), timedelta(seconds=45)
    each = 120 // len(levels)
    return tuple((start + step * n, levels[n // each]) for n in range(each * len(levels)))


def told(measure: Measure, points: Iterable[Point], then: tuple[Point, ...] = ()) -> Signal:
    unit = Unit.PER_SECOND if measure is Measure.RATE else Unit.COUNT
    return signal(measure, points, unit, day_before=then)


@pytest.mark.parametrize(
    ("signals", "condition"),
    [
        pytest.param([told(Measure.QUEUE, PEAK, yesterday(208))], "workload.queue_growing",
                     id="a-queue"),
        pytest.param([told(Measure.QUEUE, climb(30, 205), yesterday(150, 208, 170))],
                     "workload.queue_growing", id="a-queue-that-grows-for-hours"),
        pytest.param([told(Measure.LAG, PEAK, yesterday(30, 190))], "workload.consumer_lag",
                     id="a-lag-that-came-later-yesterday"),
        pytest.param([told(Measure.RATE, PEAK, yesterday(220)), SLOW], "workload.flooded",
                     id="a-busy-hour"),
        pytest.param([told(Measure.RATE, EBB, yesterday(20, 0.3))], "workload.traffic_gone",
                     id="the-end-of-the-day"),
    ],
)  # fmt: skip
def test_what_comes_every_day_is_no_trouble(signals: list[Signal], condition: str) -> None:
    first, *others = signals
    unknown = told(first.measure, first.points)
    assert condition in {one.condition for one in findings(app(), unknown, *others)}
    assert condition not in {one.condition for one in findings(app(), *signals)}


@pytest.mark.parametrize(
    ("signals", "condition"),
    [
        pytest.param([told(Measure.RATE, EBB, (*yesterday(20), *yesterday(0.3)[:3]))],
                     "workload.traffic_gone", id="a-scrape-that-failed-yesterday"),
        pytest.param([told(Measure.QUEUE, PEAK, (*yesterday(30), *yesterday(9000)[:3]))],
                     "workload.queue_growing", id="minutes-of-yesterday"),
        pytest.param([told(Measure.QUEUE, PEAK, yesterday(30, 120, 30))], "workload.queue_growing",
                     id="clearly-more-than-yesterday"),
        pytest.param([told(Measure.LAG, climb(30, 9000), yesterday(40))], "workload.consumer_lag",
                     id="nothing-of-the-kind-yesterday"),
        pytest.param([told(Measure.RATE, PEAK, yesterday(60)), SLOW], "workload.flooded",
                     id="a-busier-hour-than-yesterday"),
        pytest.param([told(Measure.RATE, EBB, yesterday(18))], "workload.traffic_gone",
                     id="busy-at-this-time-yesterday"),
        pytest.param([told(Measure.QUEUE, PEAK, yesterday(200)[:5])], "workload.queue_growing",
                     id="too-little-known-of-yesterday"),
        pytest.param([told(Measure.QUEUE, PEAK, (*yesterday(30), (NOW - DAY, 200.0)))],
                     "workload.queue_growing", id="a-single-spike-yesterday"),
        pytest.param(
            [told(Measure.QUEUE, PEAK, tuple((at, float("nan")) for at, _ in yesterday(200)))],
            "workload.queue_growing", id="no-numbers-yesterday"),
    ],
)  # fmt: skip
def test_what_is_beyond_yesterday_is(signals: list[Signal], condition: str) -> None:
    assert condition in {one.condition for one in findings(app(), *signals)}


def test_a_series_that_ended_is_not_excused_by_yesterday() -> None:
    gone = told(Measure.RATE, level((10_800, 20), until=1200), yesterday(20))
    other = signal(Measure.LATENCY, level((10_800, 0.1)), Unit.SECONDS, named("other"))
    assert "workload.traffic_gone" in {one.condition for one in findings(app(), gone, other)}


def test_slowness_of_an_evening_as_every_evening_stays_a_warning() -> None:
    evening = level((10_800, 20), (5400, 14), (4200, 9), (3000, 5), (1500, 0.5))
    late = signal(Measure.LATENCY, level((10_800, 0.06), (3000, 0.16)), Unit.SECONDS)
    found = findings(app(), told(Measure.RATE, evening, yesterday(5, 0.5)), late)
    assert [one.severity for one in found] == [Severity.WARNING]


def test_the_words_say_so() -> None:
    queue = told(Measure.QUEUE, PEAK, yesterday(150, 208))
    rate = told(Measure.RATE, PEAK, yesterday(210))
    scene = Scene(inventory(app(), queue, rate), NOW)
    assert as_yesterday(scene, named()).endswith("as at this time yesterday (150 to 208)")
    assert as_usual(scene, named()).endswith("as at this time yesterday (210/s to 210/s)")
    assert Reading(queue, fresh=True).since is None


def test_nothing_is_said_of_yesterday_where_nothing_changed() -> None:
    level_queue = told(Measure.QUEUE, level((10_800, 200)), yesterday(200))
    assert as_yesterday(Scene(inventory(app(), level_queue), NOW), named()) == ""


@pytest.mark.parametrize(
    ("points", "moved"),
    [
        pytest.param(PEAK, True, id="rose"),
        pytest.param(EBB, True, id="fell"),
        pytest.param(climb(20, 60), True, id="goes-up-all-the-time"),
        pytest.param(level((10_800, 20)), False, id="as-ever"),
        pytest.param([], False, id="no-values"),
    ],
)
def test_what_may_have_to_do_with_the_time_of_day(points: list[Point], *, moved: bool) -> None:
    assert has_moved(points) is moved
