"""Who floods others: retries, and those who make requests of their own."""

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    Json,
    app,
    container,
    crashing,
    make,
    named,
    running,
    spotted,
)
from tests.diagnose.signals import findings, inventory, level, signal
from tests.diagnose.signals import named as entity
from tests.faults.stage import calling, flat, mounted, program, rose, settings, slow, well

from sreagent.diagnose.conditions.run import found_in
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.finding import Finding, Severity
from sreagent.domain.signal import Measure, Signal, Unit

FLOODED = [
    rose(Measure.RATE, "rate", 50, 900, 600, Unit.PER_SECOND),
    rose(Measure.LATENCY, "rate", 0.02, 0.9, 590, Unit.SECONDS),
]
OBJECTS = [*program("web", "search"), *program("search", "rate"), *program("rate")]


def floods(objects: list[Json], *signals: Signal) -> list[Finding]:
    return [one for one in findings(objects, *signals) if one.condition == "workload.floods_others"]


def test_a_caller_that_is_asked_no_more_than_usual_floods_by_asking_again() -> None:
    found = floods(OBJECTS, *FLOODED, *slow("search", 1.5, 590, 50))
    assert [one.entity.path for one in found] == ["Deployment/shop/search"]
    assert "gets no more requests than usual itself" in found[0].claim
    assert "Deployment/shop/rate" in found[0].facts["explains"]


def test_whoever_nobody_calls_floods_when_its_own_cpu_rose_too() -> None:
    objects = [*program("load", "rate"), *program("rate")]
    busy = rose(Measure.CPU, "load", 0.1, 0.8, 600)
    found = floods(objects, *FLOODED, busy)
    assert [one.entity.path for one in found] == ["Deployment/shop/load"]
    assert "its own CPU rose" in found[0].claim


@pytest.mark.parametrize(
    ("objects", "signals"),
    [
        pytest.param(
            OBJECTS,
            [
                *FLOODED,
                rose(Measure.RATE, "search", 50, 900, 610, Unit.PER_SECOND),
            ],
            id="it-only-hands-on",
        ),
        pytest.param(
            [*OBJECTS, *program("other", "rate")],
            [*FLOODED, *slow("search", 1.5, 590, 50)],
            id="another-caller-is-unknown",
        ),
        pytest.param(
            OBJECTS,
            [FLOODED[0], flat(Measure.LATENCY, "rate", 0.02, Unit.SECONDS), *well("search")],
            id="nobody-suffers",
        ),
        pytest.param(
            [*program("load", "rate"), *program("rate")],
            [*FLOODED, flat(Measure.CPU, "load", 0.1)],
            id="nobody-calls-it-and-it-does-no-more",
        ),
        pytest.param(
            OBJECTS,
            [
                signal(Measure.RATE, level((10_800, 50)), Unit.PER_SECOND, entity("rate")),
                *slow("search", 1.5, 590, 50),
            ],
            id="nothing-is-flooded",
        ),
    ],
)
def test_nobody_is_blamed_for_a_flood_without_a_sign(
    objects: list[Json], signals: list[Signal]
) -> None:
    assert floods(objects, *signals) == []


def added(env: list[Json], *, ended: float = 60) -> list[Json]:
    """`app` got a second container twenty minutes ago; the broker is killed again and again."""
    first = container(env=calling("broker:9092"))
    second = container("feeder", env=env)
    objects = app(revisions=[(9 * DAY, first), (1200, first)], pods=[running(since=1190)])
    for one in (named(objects, "Deployment"), named(objects, "ReplicaSet", 1)):
        one["spec"]["template"]["spec"] = {"containers": [first, second]}
    killed = crashing(code=137, since=ended)
    killed["lastState"]["terminated"]["reason"] = "OOMKilled"
    return [*objects, *program("broker", port=9092, pods=[killed])]


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        pytest.param(added(calling("broker:9092")), 1, id="it-calls-what-runs-out-of-memory"),
        pytest.param(added([]), 0, id="it-calls-nobody"),
        pytest.param(added(calling("broker:9092"), ended=2000), 0, id="killed-before-it-came"),
    ],
)
def test_a_new_container_is_told_where_its_callee_runs_out_of_memory_since(
    objects: list[Json], told: int
) -> None:
    found = spotted("workload.new_client", *objects)
    assert [one.entity.path for one in found] == ["Deployment/shop/app"] * told


PERIODIC = [*program("sync", "rate"), *program("web", "rate"), *program("rate")]
RELEASED = [
    *program("sync", "rate", revisions=[
        (9 * DAY, container(env=calling("rate:80"))),
        (700, container(image="registry.example.com/shop/sync:2", env=calling("rate:80"))),
    ]),
    *program("web", "rate"),
    *program("rate"),
]  # fmt: skip
MORE = rose(Measure.CALLS, "sync", 3, 400, 600, Unit.PER_SECOND, about="rate")


def calls_more(objects: list[Json], *signals: Signal) -> list[Finding]:
    return [one for one in findings(objects, *signals) if one.condition == "workload.calls_more"]


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param([MORE], id="by-name"),
        pytest.param(
            [rose(Measure.CALLS, "sync", 3, 400, 600, Unit.PER_SECOND)], id="of-everybody"
        ),
        pytest.param(
            [MORE, flat(Measure.RATE, "sync", 2, Unit.PER_SECOND)], id="asked-as-much-as-ever"
        ),
    ],
)
def test_a_program_that_calls_many_times_more_since_its_release(signals: list[Signal]) -> None:
    (found,) = calls_more(RELEASED, *FLOODED, *signals)
    assert found.entity.path == "Deployment/shop/sync"
    assert "calls deployment shop/rate many times more than before" in found.claim
    assert found.facts["explains"] == "Deployment/shop/rate Service/shop/rate"


@pytest.mark.parametrize(
    ("objects", "signals"),
    [
        pytest.param(PERIODIC, [*FLOODED, MORE], id="nothing-was-changed"),
        pytest.param(
            RELEASED,
            [*FLOODED, MORE, rose(Measure.RATE, "sync", 3, 400, 600, Unit.PER_SECOND)],
            id="it-only-hands-on",
        ),
        pytest.param(
            RELEASED,
            [FLOODED[0], MORE, flat(Measure.LATENCY, "rate", 0.02, Unit.SECONDS)],
            id="nobody-suffers",
        ),
        pytest.param(
            RELEASED,
            [FLOODED[0], MORE, rose(Measure.LATENCY, "rate", 0.02, 0.9, 900, Unit.SECONDS)],
            id="asked-again-because-it-failed-before",
        ),
        pytest.param(
            RELEASED,
            [*well("rate")[:1], FLOODED[1], MORE],
            id="the-callee-gets-no-more",
        ),
        pytest.param(
            RELEASED,
            [*FLOODED, rose(Measure.CALLS, "sync", 3, 400, 600, Unit.PER_SECOND, about="search")],
            id="it-calls-somebody-else-more",
        ),
        pytest.param(
            RELEASED,
            [*FLOODED, rose(Measure.CALLS, "sync", 3, 5, 600, Unit.PER_SECOND, about="rate")],
            id="a-little-more",
        ),
    ],
)
def test_who_calls_more_for_a_reason_floods_nobody(
    objects: list[Json], signals: list[Signal]
) -> None:
    assert calls_more(objects, *signals) == []


SHORT = "cache:\n  ttlMs: 900\n  size: 10\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("cache:\n  ttlMs: 900\n  size: 10\n", "ttlMs 900, which is 0.9 s", id="ms"),
        pytest.param("CACHE_TTL=2s\n", "CACHE_TTL 2s, which is 2 s", id="unit-in-the-value"),
        pytest.param("cache:\n  ttlMs: 900000\n", "", id="long-enough"),
        pytest.param("cache:\n  ttl: 900\n", "", id="no-unit"),
        pytest.param("cache:\n  ttlMs: 0\n", "", id="switched-off"),
        pytest.param("timeoutMs: 900\n", "", id="something-else"),
    ],
)
def test_what_is_kept_for_a_moment_only_is_why_a_program_asks_again(text: str, told: str) -> None:
    config = make("ConfigMap", "search", data={"app.yaml": text})
    known = program("search", "rate", **mounted("search"))
    objects = [*program("web", "search"), *known, *program("rate"), config]
    signals = [*FLOODED, *slow("search", 1.5, 590, 50)]
    every = found_in(Scene(inventory(objects, *signals), NOW))
    found = [one for one in every if one.condition == "configmap.forgets_at_once"]
    assert [one.entity.path for one in found] == ["ConfigMap/shop/search"] * bool(told)
    assert all(told in one.claim for one in found)


@pytest.mark.parametrize(
    ("config", "severity"),
    [
        pytest.param(settings("search", 700, "app.yaml", SHORT), Severity.ERROR, id="edited"),
        pytest.param(
            make("ConfigMap", "search", age=30 * DAY, data={"app.yaml": SHORT}),
            Severity.WARNING,
            id="always-so",
        ),
    ],
)
def test_a_lifetime_that_was_always_so_short_brought_no_flood(
    config: Json, severity: Severity
) -> None:
    known = program("search", "rate", **mounted("search"))
    objects = [*program("web", "search"), *known, *program("rate"), config]
    signals = [*FLOODED, *slow("search", 1.5, 590, 50)]
    every = found_in(Scene(inventory(objects, *signals), NOW))
    [found] = [one for one in every if one.condition == "configmap.forgets_at_once"]
    assert found.severity is severity
