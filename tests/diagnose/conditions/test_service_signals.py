"""What callers notice of a program, as its metrics tell."""

import re
from collections.abc import Iterable
from datetime import timedelta

import pytest
from tests.diagnose.build import NOW, Json, app, container, service
from tests.diagnose.signals import climb, findings, inventory, level, named, rate, signal

from sreagent.diagnose.metrics.readings import as_usual
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Severity
from sreagent.domain.signal import Measure, Point, Signal, Unit

ERROR, WARNING = Severity.ERROR, Severity.WARNING


def ratio(points: Iterable[Point], entity: Entity | None = None) -> Signal:
    return signal(Measure.ERROR_RATIO, points, Unit.SHARE, entity)


def slow(points: Iterable[Point], entity: Entity | None = None) -> Signal:
    return signal(Measure.LATENCY, points, Unit.SECONDS, entity)


EVENING = level((10_800, 20), (5400, 14), (4200, 9), (3000, 5), (1500, 0.5))


@pytest.mark.parametrize(
    ("signals", "condition", "severity"),
    [
        pytest.param(
            [rate(), ratio(level((10_800, 0.001), (600, 0.14)))],
            "workload.errors_up", ERROR, id="errors-rose",
        ),
        pytest.param(
            [rate(), ratio(level((10_800, 0.001), (600, 0.03)))],
            "workload.errors_up", WARNING, id="a-few-errors",
        ),
        pytest.param(
            [rate(), ratio(level((10_800, 0.4)))],
            "workload.errors_up", ERROR, id="errors-all-the-time",
        ),
        pytest.param(
            [signal(Measure.ERRORS, level((10_800, 0.01), (600, 2)), Unit.PER_SECOND)],
            "workload.errors_up", ERROR, id="errors-counted-without-requests",
        ),
        pytest.param(
            [rate(), signal(Measure.CLIENT_ERRORS, level((10_800, 0.02), (600, 0.8)))],
            "workload.refusals_up", ERROR, id="nobody-is-let-in",
        ),
        pytest.param(
            [slow(level((10_800, 0.12), (150, 2.4)))],
            "workload.latency_up", ERROR, id="twenty-times-slower-since-a-moment",
        ),
        pytest.param(
            [slow(level((10_800, 0.12), (900, 0.2)))],
            "workload.latency_up", WARNING, id="a-little-slower",
        ),
        pytest.param(
            [rate(EVENING), slow(level((10_800, 0.06), (3000, 0.16)))],
            "workload.latency_up", WARNING, id="slower-with-hardly-a-request-left",
        ),
        pytest.param(
            [signal(Measure.LATENCY, level((10_800, 40), (900, 400)), Unit.COUNT)],
            "workload.latency_up", ERROR, id="slower-in-an-unknown-unit",
        ),
        pytest.param(
            [rate(level((10_800, 20), (600, 0.01)))],
            "workload.traffic_gone", ERROR, id="requests-stopped",
        ),
        pytest.param(
            [rate(level((10_800, 20), until=1200)), slow(level((10_800, 0.1)), named("other"))],
            "workload.traffic_gone", ERROR, id="no-numbers-any-more",
        ),
        pytest.param(
            [rate(level((10_800, 20), (900, 400))), slow(level((10_800, 0.1), (840, 3)))],
            "workload.flooded", ERROR, id="a-flood-that-slows-it-down",
        ),
        pytest.param(
            [rate(level((10_800, 20), (900, 90)))],
            "workload.traffic_up", Severity.INFO, id="a-busy-hour",
        ),
        pytest.param(
            [signal(Measure.NAME_ERRORS, level((10_800, 0.2), (600, 0.95)))],
            "dns.names_not_found", ERROR, id="names-are-not-found",
        ),
    ],
)  # fmt: skip
def test_what_callers_notice(signals: list[Signal], condition: str, severity: Severity) -> None:
    found = {one.condition: one for one in findings(app(), *signals)}
    assert condition in found
    assert found[condition].severity is severity
    assert found[condition].entity == named()
    assert found[condition].plot is not None


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param([rate(), ratio(level((10_800, 0.001)))], id="as-usual"),
        pytest.param([rate(), ratio(level((10_800, 0.001), (600, 0.004)))], id="very-few-errors"),
        pytest.param(
            [
                rate(level((10_800, 0.002))),
                ratio(level((10_800, 0.0), (120, 1.0))),
            ],
            id="one-failed-request-at-night",
        ),
        pytest.param(
            [rate(), ratio(level((10_800, 0.001), (3600, 0.3), (2400, 0.001)))], id="it-is-over"
        ),
        pytest.param([slow(level((10_800, 0.002), (600, 0.008)))], id="still-quick"),
        pytest.param([rate(EVENING)], id="the-evening-comes"),
        pytest.param([slow(level((10_800, 0.12), (600, 0.15)))], id="hardly-slower"),
        pytest.param([rate(level((10_800, 0.05), (600, 0.0)))], id="hardly-ever-used"),
        pytest.param([slow(level((10_800, 3), (600, 0.1)))], id="quicker-than-before"),
        pytest.param([ratio([])], id="no-values"),
        pytest.param([ratio([(NOW, 1.0)])], id="a-single-value"),
    ],
)
def test_what_is_no_trouble(signals: list[Signal]) -> None:
    found = findings(app(), *signals)
    assert [one.condition for one in found if one.severity is not Severity.INFO] == []


def test_a_finding_tells_before_after_and_since_when() -> None:
    (found,) = findings(app(), rate(), ratio(level((10_800, 0.001), (600, 0.14))))
    assert found.claim == "deployment shop/app fails 0.1 % → 14 % of its requests"
    assert found.since is not None
    assert abs((NOW - found.since) - timedelta(seconds=600)) < timedelta(seconds=100)
    assert found.facts["before"] == "0.1 %"
    assert found.facts["after"] == "14 %"
    assert float(found.facts["score"]) > 10
    assert found.facts["promql"] == "some_metric"
    assert found.command == "promtool query range"
    assert "until" in found.excerpt


def calls(name: str, *others: str) -> list[Json]:
    env = [{"name": f"{one.upper()}_URL", "value": f"http://{one}:80"} for one in others]
    return [*app(name, revisions=[(432_000, container(env=env))]), service(name)]


SHOP = [*calls("web", "cart", "mail"), *calls("cart", "db"), *calls("db"), *calls("mail")]


def broke(name: str, seconds: float) -> list[Signal]:
    entity = named(name)
    return [rate(entity=entity), ratio(level((10_800, 0.001), (seconds, 0.3)), entity)]


def well(name: str) -> list[Signal]:
    entity = named(name)
    return [rate(entity=entity), ratio(level((10_800, 0.001)), entity)]


@pytest.mark.parametrize(
    ("signals", "suspects"),
    [
        pytest.param([*broke("cart", 660), *well("mail")], ["cart"], id="a-callee-changed-before"),
        pytest.param([*broke("cart", 600), *well("mail")], ["cart"], id="at-the-same-time"),
        pytest.param([*broke("cart", 200), *well("mail")], [], id="a-callee-changed-later"),
        pytest.param([*well("cart"), *well("mail")], [], id="callees-are-well"),
        pytest.param(
            [
                *well("mail"), *well("cart"),
                signal(Measure.CPU, level((10_800, 0.2), (700, 0.99)), Unit.SHARE, named("cart")),
            ],
            ["cart"], id="a-callee-lacks-cpu",
        ),
        pytest.param(
            [
                *well("mail"), *well("cart"),
                signal(Measure.MEMORY, climb(0.2, 0.4), Unit.SHARE, named("cart")),
            ],
            [], id="a-callee-that-grows-since-hours",
        ),
    ],
)  # fmt: skip
def test_whom_a_symptom_suspects(signals: list[Signal], suspects: list[str]) -> None:
    found = findings(SHOP, *broke("web", 600), *signals)
    (own,) = [one for one in found if one.entity == named("web")]
    assert [one.name for one in own.suspects if one.kind == "Deployment"] == suspects


def test_of_a_callee_without_metrics_nothing_is_known() -> None:
    (own,) = findings(SHOP, *broke("web", 600))
    assert {one.name for one in own.suspects} == {"cart", "mail"}


def test_silence_of_a_callee_does_not_accuse_the_caller_that_fails_for_it() -> None:
    gone = rate(level((10_800, 20), (600, 0.0)), named("cart"))
    found = findings(SHOP, *broke("web", 600), gone)
    (silent,) = [one for one in found if one.condition == "workload.traffic_gone"]
    assert {str(one) for one in silent.suspects} == {"service shop/cart"}


def test_a_caller_that_gets_no_requests_either_is_a_suspect() -> None:
    dry = [rate(level((10_800, 20), (600, 0.0)), named(name)) for name in ("web", "cart")]
    found = findings(SHOP, *dry)
    (silent,) = [one for one in found if one.entity == named("cart")]
    assert named("web") in silent.suspects


def test_a_flood_is_blamed_on_the_caller_that_is_flooded_too() -> None:
    flood = [rate(level((10_800, 20), (900, 300)), named(name)) for name in ("web", "cart")]
    found = findings(SHOP, *flood, slow(level((10_800, 0.1), (840, 3)), named("cart")))
    (one,) = [one for one in found if one.condition == "workload.flooded"]
    assert one.suspects == (named("web"),)


def test_requests_that_are_sent_again_because_of_errors_are_no_flood() -> None:
    retried = rate(level((10_800, 20), (600, 90)))
    found = findings(app(), retried, ratio(level((10_800, 0.001), (1500, 0.5))))
    assert "workload.flooded" not in {one.condition for one in found}


def test_what_is_as_usual_can_be_said() -> None:
    signals = [rate(level((10_800, 60))), ratio(level((10_800, 0.001)))]
    scene = Scene(inventory(app(), *signals), NOW)
    said = as_usual(scene, named())
    assert re.match(r"request rate [56]\d/s \(usually 5\d/s to 6\d/s\), error ratio 0\.", said)


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param([], id="no-metrics"),
        pytest.param([slow(level((10_800, 0.1), (600, 3)))], id="slow"),
        pytest.param([slow(level((10_800, 0.1), until=3600)), rate(entity=named("x"))], id="stale"),
    ],
)
def test_what_is_not_as_usual_or_not_known_is_not_said_to_be(signals: list[Signal]) -> None:
    assert as_usual(Scene(inventory(app(), *signals), NOW), named()) == ""
