"""The language: what expressions are worth over samples one can check by hand."""

import math

import pytest

from sreagent.simulator.promql.evaluate import Evaluator
from sreagent.simulator.promql.parse import parse, seconds_of
from sreagent.simulator.promql.series import Database
from sreagent.simulator.promql.syntax import PromqlError

NOW = 1_000_000.0
STEP = 15.0
LATER = NOW + 5
"""Between two scrapes, so that a minute holds four samples."""


def database() -> Database:
    """Ten minutes of counters that grow by 2 and 1 a second, gauges, a histogram, a lost pod."""
    data = Database()
    for number in range(41):
        moment = NOW - 600 + number * STEP
        grown = number * STEP
        samples = [
            ({"__name__": "hits_total", "job": "web", "code": "200"}, grown * 2),
            ({"__name__": "hits_total", "job": "web", "code": "500"}, grown * 0.5),
            ({"__name__": "hits_total", "job": "api", "code": "200"}, grown),
            ({"__name__": "size", "job": "web"}, 10.0 + number % 2),
            ({"__name__": "size", "job": "api"}, 7.0),
            ({"__name__": "limit", "job": "web", "team": "a"}, 22.0),
            ({"__name__": "limit", "job": "api", "team": "b"}, 14.0),
            ({"__name__": "restarts_total", "pod": "p"}, float((number * 7) % 70)),
            ({"__name__": "took_bucket", "le": "0.1"}, grown * 5),
            ({"__name__": "took_bucket", "le": "1"}, grown * 9),
            ({"__name__": "took_bucket", "le": "+Inf"}, grown * 10),
        ]
        for labels, value in samples:
            data.series(labels).add(moment, value)
        if number < 30:
            data.series({"__name__": "gone", "pod": "q"}).add(moment, 1.0)
        elif number == 30:
            data.series({"__name__": "gone", "pod": "q"}).end(moment)
    return data


def result(expression: str, moment: float = LATER) -> dict[str, float] | float:
    """The values by their labels, written as `a=1,b=2`."""
    value = Evaluator(database()).value(parse(expression), moment)
    if isinstance(value, float):
        return value
    return {
        ",".join(f"{name}={text}" for name, text in sorted(sample.labels.items())): sample.value
        for sample in value
    }


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("1 + 2 * 3 ^ 2", 19.0, id="precedence"),
        pytest.param("-2 ^ 2", -4.0, id="minus-is-weaker-than-power"),
        pytest.param("2 ^ 3 ^ 2", 512.0, id="power-is-right-associative"),
        pytest.param("(1 + 2) * 3", 9.0, id="parentheses"),
        pytest.param("7 % 4 - 1", 2.0, id="modulo"),
        pytest.param("3 > bool 2", 1.0, id="scalars-compare-with-bool"),
        pytest.param("1 / 0", math.inf, id="division-by-zero"),
        pytest.param("time()", LATER, id="time"),
        pytest.param("0x10 + 1e1", 26.0, id="number-forms"),
        pytest.param("scalar(size{job='api'})", 7.0, id="scalar"),
        pytest.param("size{job='api'}", {"__name__=size,job=api": 7.0}, id="selector"),
        pytest.param("size{job!='api'}", {"__name__=size,job=web": 10.0}, id="not-equal"),
        pytest.param("size{job=~'a.+|x'}", {"__name__=size,job=api": 7.0}, id="regex"),
        pytest.param("size{job=~'a'}", {}, id="regex-is-anchored"),
        pytest.param("{__name__='limit',team!~'b'}", {"__name__=limit,job=web,team=a": 22.0},
                     id="no-name"),
        pytest.param("size{job='web'} offset 15s", {"__name__=size,job=web": 11.0}, id="offset"),
        pytest.param("gone", {}, id="a-lost-series-has-no-value"),
        pytest.param("gone offset 5m", {"__name__=gone,pod=q": 1.0}, id="it-had-one-before"),
        pytest.param("nothing", {}, id="unknown-metric"),
    ],
)  # fmt: skip
def test_numbers_and_selectors(expression: str, expected: dict[str, float] | float) -> None:
    assert result(expression) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("rate(hits_total{code='500'}[1m])", {"code=500,job=web": 0.5}, id="rate"),
        pytest.param("increase(hits_total{job='api'}[2m])", {"code=200,job=api": 120.0},
                     id="increase"),
        pytest.param("irate(hits_total{job='api'}[1m])", {"code=200,job=api": 1.0}, id="irate"),
        pytest.param("delta(size{job='api'}[1m])", {"job=api": 0.0}, id="delta"),
        pytest.param("deriv(hits_total{job='api'}[2m])", {"code=200,job=api": 1.0}, id="deriv"),
        pytest.param("avg_over_time(size{job='web'}[1m])", {"job=web": 10.5}, id="average"),
        pytest.param("max_over_time(size{job='web'}[1m])", {"job=web": 11.0}, id="highest"),
        pytest.param("min_over_time(size{job='web'}[1m])", {"job=web": 10.0}, id="lowest"),
        pytest.param("sum_over_time(size{job='web'}[1m])", {"job=web": 42.0}, id="sum"),
        pytest.param("count_over_time(size{job='web'}[1m])", {"job=web": 4.0}, id="count"),
        pytest.param("changes(size{job='web'}[1m])", {"job=web": 3.0}, id="changes"),
        pytest.param("resets(restarts_total[10m])", {"pod=p": 4.0}, id="resets"),
        pytest.param("quantile_over_time(0.5, size{job='web'}[1m])", {"job=web": 10.5},
                     id="median"),
        pytest.param("last_over_time(gone[10m])", {"__name__=gone,pod=q": 1.0},
                     id="last-of-a-lost-series"),
        pytest.param(
            "max_over_time(rate(hits_total{job='api'}[1m])[3m:30s])", {"code=200,job=api": 1.0},
            id="subquery",
        ),
        pytest.param("rate(hits_total{job='api'}[10s])", {}, id="one-sample-has-no-rate"),
        pytest.param("abs(size{job='api'} - 9)", {"job=api": 2.0}, id="abs"),
        pytest.param("round(size{job='api'} / 2)", {"job=api": 4.0}, id="round"),
        pytest.param("round(size{job='api'}, 5)", {"job=api": 5.0}, id="round-to"),
        pytest.param("clamp(size{job='api'}, 8, 9)", {"job=api": 8.0}, id="clamp"),
        pytest.param("clamp_max(size{job='api'}, 3)", {"job=api": 3.0}, id="clamp-max"),
        pytest.param("absent(nothing{job='x'})", {"job=x": 1.0}, id="absent"),
        pytest.param("absent(size)", {}, id="not-absent"),
        pytest.param("vector(3)", {"": 3.0}, id="vector"),
        pytest.param(
            "label_replace(size{job='api'}, 'who', '$1x', 'job', '(a).*')", {"job=api,who=ax": 7.0},
            id="label-replace",
        ),
        pytest.param("histogram_quantile(0.5, rate(took_bucket[5m]))", {"": 0.1}, id="histogram"),
        pytest.param(
            "histogram_quantile(0.7, rate(took_bucket[5m]))", {"": 0.55}, id="histogram-between"
        ),
        pytest.param(
            "histogram_quantile(0.99, rate(took_bucket[5m]))", {"": 1.0}, id="histogram-above"
        ),
    ],
)  # fmt: skip
def test_functions(expression: str, expected: dict[str, float]) -> None:
    found = result(expression)
    assert isinstance(found, dict)
    plain = {key.removeprefix("__name__=size,"): value for key, value in found.items()}
    assert plain == pytest.approx(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("sum(size)", {"": 17.0}, id="sum"),
        pytest.param("sum by (job) (hits_total offset 0s)", {"job=web": 1500.0, "job=api": 600.0},
                     id="by"),
        pytest.param("sum(hits_total) by (job)", {"job=web": 1500.0, "job=api": 600.0},
                     id="by-after"),
        pytest.param("avg without (code) (hits_total)", {"job=web": 750.0, "job=api": 600.0},
                     id="without"),
        pytest.param("max(size)", {"": 10.0}, id="max"),
        pytest.param("min(size)", {"": 7.0}, id="min"),
        pytest.param("count(hits_total)", {"": 3.0}, id="count"),
        pytest.param("topk(1, size)", {"__name__=size,job=web": 10.0}, id="topk"),
        pytest.param("bottomk(1, size)", {"__name__=size,job=api": 7.0}, id="bottomk"),
        pytest.param("quantile(0.5, size)", {"": 8.5}, id="quantile"),
        pytest.param("size > 8", {"__name__=size,job=web": 10.0}, id="comparison-filters"),
        pytest.param("size > bool 8", {"job=web": 1.0, "job=api": 0.0}, id="bool-tells"),
        pytest.param("8 < size", {"__name__=size,job=web": 10.0}, id="number-first"),
        pytest.param("size * 2", {"job=web": 20.0, "job=api": 14.0}, id="number-times"),
        pytest.param("size / on (job) limit", {"job=web": 10 / 22, "job=api": 0.5}, id="on"),
        pytest.param("size / ignoring (team) limit", {"job=web": 10 / 22, "job=api": 0.5},
                     id="ignoring"),
        pytest.param(
            "size / on (job) group_left (team) limit",
            {"job=web,team=a": 10 / 22, "job=api,team=b": 0.5},
            id="group-left",
        ),
        pytest.param(
            "hits_total * on (job) group_left size",
            {"code=200,job=web": 12000.0, "code=500,job=web": 3000.0, "code=200,job=api": 4200.0},
            id="many-to-one",
        ),
        pytest.param("size and on (job) limit > 20", {"__name__=size,job=web": 10.0}, id="and"),
        pytest.param("size unless on (job) limit > 20", {"__name__=size,job=api": 7.0},
                     id="unless"),
        pytest.param("size > 8 or size", {"__name__=size,job=web": 10.0,
                                          "__name__=size,job=api": 7.0}, id="or"),
        pytest.param("sum(rate(hits_total{code=~'5..'}[1m])) / sum(rate(hits_total[1m]))",
                     {"": 0.5 / 3.5}, id="error-ratio"),
    ],
)  # fmt: skip
def test_aggregations_and_operators(expression: str, expected: dict[str, float]) -> None:
    assert result(expression) == pytest.approx(expected)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "sum(",
        "size{job=}",
        "size{job='a'",
        "{}",
        "{job=~'.*'}[5m] offset",
        "size[5m",
        "rate(size)",
        "abs(size[5m])",
        "rate(size[5m], 1)",
        "nosuch(size)",
        "topk(size)",
        "1 > 2",
        "size and 1",
        "size{job=~'('}",
        "hits_total / size on",
        "hits_total + on (job) size",
        "5m",
        "'text'",
        "size size",
        "§",
    ],
)
def test_nonsense_is_refused(expression: str) -> None:
    with pytest.raises(PromqlError):
        result(expression)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("15s", 15.0, id="seconds"),
        pytest.param("1h30m", 5400.0, id="compound"),
        pytest.param("500ms", 0.5, id="milliseconds"),
        pytest.param("1w", 604800.0, id="week"),
        pytest.param("60", 60.0, id="plain-number"),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


def test_a_counter_that_starts_over_still_only_grows() -> None:
    assert result("increase(restarts_total[10m])") == pytest.approx({"pod=p": 252.0}, rel=0.05)
