"""Changes of level, found from the series alone; what is usual, told by medians."""

import math
import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
from tests.diagnose.build import NOW

from sreagent.diagnose.metrics.baselines import baseline, rank, rises, slope
from sreagent.diagnose.metrics.change_points import cuts, shift
from sreagent.domain.signal import Point

STEP = 45
DICE = random.Random(7)  # noqa: S311 - dice for data


def near(level: float, times: int, stray: float = 0.06) -> list[float]:
    return [level * (1 + DICE.uniform(-stray, stray)) for _ in range(times)]


def points(values: Sequence[float]) -> list[Point]:
    last = len(values) - 1
    return [(NOW - timedelta(seconds=STEP * (last - n)), v) for n, v in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "ago", "before", "level"),
    [
        pytest.param(near(60, 120) + near(90, 120), 119, 60, 90, id="a-step-in-the-middle"),
        pytest.param(near(0.12, 237) + near(2.4, 3), 2, 0.12, 2.4, id="three-values-ago"),
        pytest.param(near(30, 200) + near(0.01, 20), 19, 30, 0.01, id="a-fall"),
        pytest.param([0.0] * 200 + [1.0] * 40, 39, 0, 1, id="from-nothing"),
        pytest.param([7.0] * 200 + [9.0] * 40, 39, 7, 9, id="without-any-noise"),
        pytest.param(
            near(10, 80) + near(12, 140) + near(50, 20), 19, 11.5, 50, id="the-last-of-two-steps"
        ),
        pytest.param(
            [*near(10, 200), 15, 20, 25, 30, *near(30, 30)], 33, 10, 30, id="a-rate-that-climbs"
        ),
        pytest.param(
            [*near(10, 100), 400.0, *near(10, 99), *near(40, 40)], 39, 10, 40, id="after-a-spike"
        ),
        pytest.param(
            [*near(10, 100), *[math.nan, math.inf] * 20, *near(40, 40)], 39, 10, 40, id="gaps"
        ),
    ],
)
def test_a_change_is_found_where_it_began(
    values: list[float], ago: int, before: float, level: float
) -> None:
    found = shift(points(values))
    assert found is not None
    assert abs((NOW - found.at).total_seconds() - ago * STEP) <= 2 * STEP
    assert found.before.median == pytest.approx(before, rel=0.06, abs=1e-9)
    assert found.level == pytest.approx(level, rel=0.06)
    assert found.rose is (level > before)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(near(60, 240), id="noise"),
        pytest.param([DICE.gauss(60, 9) for _ in range(240)], id="much-noise"),
        pytest.param([5.0] * 240, id="always-the-same"),
        pytest.param([0.0] * 240, id="always-nothing"),
        pytest.param([*near(10, 100), 500.0, *near(10, 100)], id="one-spike"),
        pytest.param(near(10, 80) + near(50, 14) + near(10, 146), id="a-change-that-is-over"),
        pytest.param([60 + 20 * math.sin(n / 8) for n in range(240)], id="ups-and-downs"),
        pytest.param([0.0 if n % 9 else 0.01 for n in range(240)], id="a-request-now-and-then"),
        pytest.param([3.0], id="a-single-value"),
        pytest.param([1.0, 2.0, 9.0, 9.0, 9.0], id="too-few"),
        pytest.param([math.nan] * 240, id="no-numbers"),
        pytest.param([], id="nothing"),
    ],
)
def test_what_is_as_usual_has_no_change(values: list[float]) -> None:
    assert shift(points(values)) is None


@pytest.mark.parametrize("seed", range(40))
def test_noise_of_any_kind_is_no_change(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - dice for data
    drift, values = 0.0, []
    for _ in range(240):
        drift = 0.8 * drift + dice.gauss(0, 3)
        values.append(60 + drift)
    assert shift(points(values)) is None


def test_each_level_is_cut_off_once() -> None:
    assert cuts(near(10, 80) + near(20, 80) + near(5, 80)) == [80, 160]


def test_an_alert_that_comes_late_does_not_hide_the_cause() -> None:
    """With a minute of trouble in the baseline, the largest change still ranks first."""
    root, victim = near(10, 40, 0.05) + near(60, 40, 0.05), near(10, 40, 0.05) + near(14, 40, 0.05)
    series = {"victim": victim, "root": root, "bystander": near(10, 80, 0.05)}
    for late in (0, 4, 8):
        alert = 40 + late
        ranked = rank(
            {name: values[:alert] for name, values in series.items()},
            {name: values[alert:] for name, values in series.items()},
        )
        assert ranked == ["root", "victim", "bystander"]


def test_a_baseline_knows_its_band_and_what_lies_outside() -> None:
    usual = baseline([*near(60, 200), math.nan])
    assert usual is not None
    assert usual.count == 200
    assert 56 < usual.low < usual.median < usual.high < 64
    assert usual.holds(63.5)
    assert not usual.holds(80)
    assert usual.score(80) > 3 > usual.score(61) > -3 > usual.score(40)


def test_nothing_is_usual_without_numbers() -> None:
    assert baseline([math.nan, math.inf]) is None


@pytest.mark.parametrize(
    ("values", "steady"),
    [
        pytest.param([100 + n + DICE.uniform(-3, 3) for n in range(240)], 1.0, id="a-leak"),
        pytest.param(near(100, 240), 0.0, id="noise"),
        pytest.param([200.0 - n for n in range(100)], -1.0, id="a-fall"),
        pytest.param([5.0], 0.0, id="one-value"),
    ],
)
def test_how_steadily_a_series_grows(values: list[float], steady: float) -> None:
    assert rises(values) == pytest.approx(steady, abs=0.15)


def test_the_slope_of_a_leak_is_not_moved_by_a_spike() -> None:
    values = [100 + 2.0 * n for n in range(200)]
    values[50] = 5000
    assert slope(values) == pytest.approx(2.0, rel=0.05)
