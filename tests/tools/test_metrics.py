"""The alert's own expression: what it compares, since when it is true, how it usually is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from tests.tools.test_signals import Fake

from sreagent.diagnose.metrics.thresholds import against_usual
from sreagent.domain.errors import TimedOut, Unreachable
from sreagent.domain.evidence import Health
from sreagent.domain.ports import Labels, Ranges
from sreagent.domain.signal import Point
from sreagent.tools.metrics import Comparison, Expression, comparison, look_back

NOW = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
ERRORS = 'sum by (service) (rate(http_requests_total{code=~"5.."}[5m])) > 1'


@pytest.mark.parametrize(
    ("promql", "left", "sign", "threshold"),
    [
        pytest.param("up == 0", "up", "==", 0, id="plain"),
        pytest.param("(errors > 5)", "errors", ">", 5, id="brackets-around"),
        pytest.param("((a) + (b)) >= 1e3", "((a) + (b))", ">=", 1000, id="brackets-inside"),
        pytest.param("5 < errors", "errors", ">", 5, id="the-other-way-round"),
        pytest.param("errors > bool .5", "errors", ">", 0.5, id="bool"),
        pytest.param('e{path=">5"} != -1', 'e{path=">5"}', "!=", -1, id="a-sign-in-a-label"),
        pytest.param(
            "avg_over_time((a > bool 2)[5m:]) > 0.5",
            "avg_over_time((a > bool 2)[5m:])", ">", 0.5, id="a-comparison-inside",
        ),
        pytest.param("errors  # a > b\n  > 1", "errors", ">", 1, id="comments-and-lines"),
        pytest.param('e{a="#"} > 1', 'e{a="#"}', ">", 1, id="no-comment-in-a-label"),
    ],
)  # fmt: skip
def test_what_an_expression_compares(promql: str, left: str, sign: str, threshold: float) -> None:
    assert comparison(promql) == Comparison(left=left, sign=sign, threshold=threshold)


@pytest.mark.parametrize(
    "promql",
    ["absent(up)", "a > b", "a > 1 and b > 1", "(a > 1) or (b > 1)", "a unless b > 2", "", "((("],
)
def test_what_is_no_single_comparison(promql: str) -> None:
    assert comparison(promql) is None


def history(*steps: tuple[float, float]) -> list[Point]:
    """Levels, each from so many seconds ago, every 45 seconds."""
    return [
        (NOW - timedelta(seconds=ago), next(v for since, v in reversed(steps) if ago <= since))
        for ago in range(10_800, -1, -45)
    ]


def asked(
    promql: str, verdict: Health, *series: tuple[Labels, Sequence[Point]], **labels: str
) -> Expression:
    fake = Fake(answer=lambda *_: Ranges(series))
    before = Expression(promql=promql, verdict=verdict, text="true now: 4 {}", command="")
    return look_back(fake, before, labels, NOW)


def test_since_when_it_is_true() -> None:
    found = asked(ERRORS, Health.BROKEN, ({"service": "web"}, history((10_800, 0.1), (900, 4))))
    assert found.since == NOW - timedelta(seconds=900)
    assert found.text == "true now, since 02:45:00 UTC: 4, fires at > 1"
    assert found.points[-1] == (NOW, 4)
    assert found.comparison == comparison(ERRORS)


def test_it_may_be_true_for_as_long_as_anybody_knows() -> None:
    found = asked("up == 0", Health.BROKEN, ({}, history((10_800, 0))))
    assert found.text == "true now, for as long as it goes back: 0, fires at == 0"


def test_when_it_was_true_last() -> None:
    points = history((10_800, 0.1), (3600, 4), (1800, 0.1))
    found = asked(ERRORS, Health.HEALTHY, ({}, points))
    assert found.text == "not true now; last from 02:00 to 02:29 UTC: 0.1, fires at > 1"
    assert found.since is None


def test_it_may_not_have_been_true_at_all() -> None:
    found = asked(ERRORS, Health.HEALTHY, ({}, history((10_800, 0.1))))
    assert found.text == "not true now, nor in the last 3 h: 0.1, fires at > 1"


def test_the_series_is_the_one_that_the_alert_is_about() -> None:
    well, broken = history((10_800, 0.1)), history((10_800, 0.1), (600, 7))
    found = asked(
        ERRORS, Health.BROKEN,
        ({"service": "web"}, well), ({"service": "cart"}, broken),
        alertname="Errors", service="cart",
    )  # fmt: skip
    assert found.points[-1][1] == 7


def test_without_a_comparison_each_value_means_that_it_was_true() -> None:
    points = [point for point in history((10_800, 1)) if point[0] >= NOW - timedelta(minutes=10)]
    found = asked("a > b", Health.BROKEN, ({}, points))
    assert found.since == points[0][0]
    assert found.points == ()


@pytest.mark.parametrize("error", [TimedOut("no answer"), Unreachable("(status 422)")])
def test_a_history_that_cannot_be_read_leaves_the_present(error: Exception) -> None:
    def fail(*_: object) -> Ranges:
        raise error

    before = Expression(promql=ERRORS, verdict=Health.BROKEN, text="true now: 4", command="")
    found = look_back(Fake(answer=fail), before, {}, NOW)
    assert found.verdict is Health.BROKEN
    assert found.text.startswith("true now: 4; its history is not known: ")


def test_what_could_not_be_asked_is_not_read_back() -> None:
    before = Expression(promql=ERRORS, verdict=Health.UNKNOWN, text="403", command="")
    fake = Fake()
    assert look_back(fake, before, {}, NOW) is before
    assert fake.windows == []


@pytest.mark.parametrize(
    ("points", "sign", "threshold", "said"),
    [
        pytest.param(
            [(at, 59 + n % 7) for n, (at, _) in enumerate(history((10_800, 0)))], ">", 50,
            "is inside its usual band (59 to 65); the threshold (50) is not outside of it",
            id="a-threshold-too-low",
        ),
        pytest.param(
            [(at, 59 + n % 7) for n, (at, _) in enumerate(history((10_800, 0)))], "<", 500,
            "the threshold (500) is not outside of it", id="a-threshold-too-high",
        ),
        pytest.param(
            history((10_800, 2), (900, 40)), ">", 10,
            "it rose from 2 (usually 2 to 2) to 40 at 02:45:00 UTC", id="it-rose",
        ),
        pytest.param(
            history((10_800, 9), (900, 1)), "<", 3, "it fell from 9", id="it-fell",
        ),
        pytest.param(history((10_800, 2)), ">", 10, "2 is inside its usual band", id="as-usual"),
        pytest.param(history((10_800, 2))[-5:], ">", 10, "", id="too-short-to-know"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_threshold(
    points: list[Point], sign: str, threshold: float, said: str
) -> None:
    found = against_usual(points, sign, threshold)
    assert said in found
    assert bool(found) is bool(said)
