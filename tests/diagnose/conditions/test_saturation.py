"""What runs short in programs, volumes and nodes, as their metrics tell."""

import re

import pytest
from tests.diagnose.build import DAY, NOW, Json, app, make, node
from tests.diagnose.signals import climb, findings, level, named, signal
from tests.faults.stage import program, says, slow, watched, well

from sreagent.diagnose.conditions.run import found_in
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.finding import Category, Severity
from sreagent.domain.signal import Measure, Point, Signal, Unit

CRITICAL, ERROR, WARNING = Severity.CRITICAL, Severity.ERROR, Severity.WARNING
BOX = "container app"
CLAIM = make("PersistentVolumeClaim", "data", spec={}, status={"phase": "Bound"}, age=9 * DAY)
CORES, COUNT, PER_SECOND = Unit.CORES, Unit.COUNT, Unit.PER_SECOND
SLOW = signal(Measure.LATENCY, level((10_800, 0.1), (600, 2)), Unit.SECONDS)


def of_app(measure: Measure, points: list[Point], unit: Unit = Unit.SHARE) -> list[Signal]:
    return [signal(measure, points, unit, about=BOX)]


def of_node(measure: Measure, points: list[Point], unit: Unit = Unit.SHARE) -> list[Signal]:
    return [signal(measure, points, unit, named("node-1", "Node"))]


def of_claim(measure: Measure, points: list[Point]) -> list[Signal]:
    return [signal(measure, points, Unit.SHARE, named("data", "PersistentVolumeClaim"))]


def saw(low: float, high: float, teeth: int) -> list[Point]:
    """Grows to the top and falls back, again and again; the last tooth is the longest."""
    points = climb(low, high)
    short = len(points) // (2 * teeth)
    values = [low + (high - low) * (n % short) / short for n in range(len(points) // 2)]
    half = len(points) - len(values)
    values += [low + (high - low) * n / half for n in range(half)]
    return [(at, value) for (at, _), value in zip(points, values, strict=True)]


def teeth(low: float, high: float) -> list[Point]:
    """Fills and empties every quarter of an hour."""
    return [(at, low + (high - low) * (n % 20) / 19) for n, (at, _) in enumerate(climb(low, high))]


@pytest.mark.parametrize(
    ("signals", "condition", "severity"),
    [
        pytest.param(
            of_app(Measure.CPU, level((10_800, 0.3), (600, 0.99), stray=0.01)),
            "workload.cpu_saturated", ERROR, id="cpu-at-its-limit",
        ),
        pytest.param(
            of_app(Measure.CPU, level((10_800, 0.95), stray=0.01)),
            "workload.cpu_saturated", WARNING, id="cpu-always-at-its-limit",
        ),
        pytest.param(
            [*of_app(Measure.CPU, level((10_800, 0.2), (660, 3)), CORES), SLOW],
            "workload.cpu_saturated", ERROR, id="cpu-without-a-limit-and-slow",
        ),
        pytest.param(
            of_app(Measure.THROTTLING, level((10_800, 0.02), (600, 0.8))),
            "workload.cpu_throttled", ERROR, id="throttled",
        ),
        pytest.param(
            of_app(Measure.THROTTLING, level((10_800, 0.35))),
            "workload.cpu_throttled", WARNING, id="throttled-as-always",
        ),
        pytest.param(
            of_app(Measure.MEMORY, level((10_800, 0.94), stray=0.01)),
            "workload.memory_near_limit", WARNING, id="memory-always-near-its-limit",
        ),
        pytest.param(
            of_app(Measure.MEMORY, level((10_800, 0.5), (600, 0.99), stray=0.01)),
            "workload.memory_near_limit", ERROR, id="memory-rose-to-its-limit",
        ),
        pytest.param(
            of_app(Measure.MEMORY, climb(0.3, 0.9)),
            "workload.memory_growing", ERROR, id="a-leak-close-to-the-limit",
        ),
        pytest.param(
            of_app(Measure.MEMORY, climb(1e8, 4e8), Unit.BYTES),
            "workload.memory_growing", WARNING, id="a-leak-without-a-limit",
        ),
        pytest.param(
            of_app(Measure.MEMORY, saw(0.3, 0.95, 3)),
            "workload.memory_growing", ERROR, id="a-leak-that-is-killed-again-and-again",
        ),
        pytest.param(
            [*of_app(Measure.GC, level((10_800, 0.01), (700, 0.15))), SLOW],
            "workload.gc_pressure", ERROR, id="garbage-collection-and-slow",
        ),
        pytest.param(
            of_app(Measure.GC, level((10_800, 0.4))),
            "workload.gc_pressure", ERROR, id="garbage-collection-all-the-time",
        ),
        pytest.param(
            of_app(Measure.GC_RUNS, level((10_800, 0.1), (700, 12)), PER_SECOND),
            "workload.gc_pressure", WARNING, id="many-more-collections",
        ),
        pytest.param(
            of_app(Measure.HEAP, level((10_800, 0.5), (900, 0.97), stray=0.01)),
            "workload.heap_full", ERROR, id="heap-never-empties",
        ),
        pytest.param(
            of_app(Measure.FDS, level((10_800, 0.1), (600, 0.99), stray=0.005)),
            "workload.fds_exhausted", ERROR, id="open-files",
        ),
        pytest.param(
            of_app(Measure.POOL, level((10_800, 0.3), (600, 1.0), stray=0.0)),
            "workload.pool_exhausted", ERROR, id="pool-taken",
        ),
        pytest.param(
            of_app(Measure.POOL_WAITING, level((10_800, 0.0), (600, 30)), COUNT),
            "workload.pool_exhausted", ERROR, id="waiting-for-the-pool",
        ),
        pytest.param(
            of_app(Measure.QUEUE, level((10_800, 5), (900, 9_000)), COUNT),
            "workload.queue_growing", ERROR, id="a-queue-that-jumped",
        ),
        pytest.param(
            of_app(Measure.LAG, climb(100, 90_000), COUNT),
            "workload.consumer_lag", ERROR, id="a-lag-that-grows",
        ),
        pytest.param(
            of_app(Measure.CACHE_HITS, level((10_800, 0.85), (600, 0.25))),
            "workload.cache_misses", ERROR, id="cache-hits-fell",
        ),
        pytest.param(
            of_app(Measure.CACHE_MEMORY, level((10_800, 0.6), (600, 0.99), stray=0.005)),
            "workload.cache_full", ERROR, id="cache-filled-up",
        ),
        pytest.param(
            of_claim(Measure.VOLUME, level((10_800, 0.995), stray=0.001)),
            "pvc.full", CRITICAL, id="volume-full",
        ),
        pytest.param(
            of_claim(Measure.VOLUME, climb(0.3, 0.8)),
            "pvc.full", ERROR, id="volume-full-in-an-hour",
        ),
        pytest.param(
            of_claim(Measure.VOLUME, level((10_800, 0.9), stray=0.001)),
            "pvc.full", WARNING, id="volume-nearly-full",
        ),
        pytest.param(
            of_claim(Measure.INODES, level((10_800, 0.97), stray=0.001)),
            "pvc.full", ERROR, id="inodes",
        ),
        pytest.param(
            of_node(Measure.CONNTRACK, level((10_800, 0.1), (600, 0.99), stray=0.005)),
            "node.conntrack_full", ERROR, id="connections-tracked",
        ),
        pytest.param(
            of_node(Measure.NODE_MEMORY, level((10_800, 0.98), stray=0.001)),
            "node.memory_short", ERROR, id="memory-of-a-node",
        ),
        pytest.param(
            of_node(Measure.NODE_DISK, level((10_800, 0.9), stray=0.001)),
            "node.disk_full", WARNING, id="disk-of-a-node",
        ),
        pytest.param(
            of_node(Measure.NODE_CPU, level((10_800, 0.3), (600, 0.99), stray=0.005)),
            "node.cpu_saturated", ERROR, id="cpu-of-a-node",
        ),
        pytest.param(
            of_node(Measure.NODE_LOAD, level((10_800, 0.4), (600, 9)), COUNT),
            "node.overloaded", ERROR, id="load-of-a-node",
        ),
        pytest.param(
            of_node(Measure.CLOCK, level((10_800, 0.0001), (3600, 42)), Unit.SECONDS),
            "node.clock_skew", ERROR, id="clock-of-a-node",
        ),
        pytest.param(
            of_node(Measure.DISK_LATENCY, level((10_800, 0.002), (600, 0.5)), Unit.SECONDS),
            "node.disk_slow", ERROR, id="slow-disk",
        ),
        pytest.param(
            of_node(Measure.NETWORK_ERRORS, level((10_800, 0.0), (600, 40)), PER_SECOND),
            "node.network_errors", ERROR, id="lost-packets",
        ),
        pytest.param(
            of_node(Measure.RETRANSMITS, level((10_800, 0.001), (600, 0.08))),
            "node.retransmits", ERROR, id="sent-twice",
        ),
        pytest.param(
            of_app(Measure.DISK_LATENCY, level((10_800, 0.004), (600, 0.7)), Unit.SECONDS),
            "workload.disk_slow", ERROR, id="a-log-that-is-written-slowly",
        ),
    ],
)  # fmt: skip
def test_what_runs_short(signals: list[Signal], condition: str, severity: Severity) -> None:
    found = {one.condition: one for one in findings([*app(), CLAIM, node()], *signals)}
    assert condition in found
    assert found[condition].severity is severity
    assert found[condition].facts["promql"] == "some_metric"


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param(of_app(Measure.CPU, level((10_800, 0.6))), id="busy"),
        pytest.param(
            of_app(Measure.CPU, level((10_800, 0.01), (600, 0.2)), CORES), id="more-of-little-cpu"
        ),
        pytest.param(of_app(Measure.THROTTLING, level((10_800, 0.1))), id="hardly-throttled"),
        pytest.param(of_app(Measure.MEMORY, level((10_800, 0.85))), id="memory-well-used"),
        pytest.param(
            of_app(Measure.MEMORY, level((10_800, 0.2), (3600, 0.5))), id="memory-after-a-restart"
        ),
        pytest.param(of_app(Measure.MEMORY, climb(0.5, 0.55)), id="memory-grows-slowly"),
        pytest.param(
            of_app(Measure.MEMORY, saw(0.3, 0.7, 3)), id="memory-that-is-collected-now-and-then"
        ),
        pytest.param(of_app(Measure.GC, level((10_800, 0.03))), id="some-garbage"),
        pytest.param(of_app(Measure.HEAP, teeth(0.4, 0.98)), id="heap-fills-and-empties"),
        pytest.param(of_app(Measure.POOL, level((10_800, 0.6))), id="pool-in-use"),
        pytest.param(of_app(Measure.QUEUE, level((10_800, 4000)), COUNT), id="a-queue-as-always"),
        pytest.param(of_app(Measure.LAG, level((10_800, 3), (600, 9)), COUNT), id="a-tiny-lag"),
        pytest.param(of_claim(Measure.VOLUME, level((10_800, 0.7))), id="volume-well-used"),
        pytest.param(of_node(Measure.NODE_CPU, level((10_800, 0.97))), id="a-node-always-busy"),
        pytest.param(
            of_node(Measure.CLOCK, level((10_800, 0.001)), Unit.SECONDS), id="a-clock-that-is-right"
        ),
        pytest.param(
            of_node(Measure.NETWORK_ERRORS, level((10_800, 0.2)), PER_SECOND), id="a-packet-or-two"
        ),
        pytest.param(
            of_node(Measure.CONNTRACK, level((10_800, 0.99), until=1200))
            + of_app(Measure.CPU, level((10_800, 0.2))),
            id="a-node-that-tells-nothing-any-more",
        ),
    ],
)
def test_what_does_not(signals: list[Signal]) -> None:
    assert findings([*app(), CLAIM, node()], *signals) == []


def test_a_leak_tells_when_the_limit_is_reached() -> None:
    (found,) = findings(app(), *of_app(Measure.MEMORY, climb(0.3, 0.8)))
    assert re.fullmatch(
        r"deployment shop/app uses more and more memory of container app: 3\d % → \d\d % in "
        r"2 h 59 min, its limit is reached in 7\d min",
        found.claim,
    )
    assert found.category is Category.RESOURCE
    assert found.facts["container"] == "app"


def test_restarts_are_dated_by_metrics_and_blamed_on_nobody() -> None:
    (found,) = findings(app(), signal(Measure.RESTARTS, level((10_800, 0.0), (900, 6)), Unit.COUNT))
    assert found.condition == "workload.died_before"
    assert found.severity is Severity.INFO


def test_objects_without_metrics_are_silent() -> None:
    objects: list[Json] = [*app(), CLAIM, node()]
    assert findings(objects) == []


@pytest.mark.parametrize(
    ("kind", "measure"),
    [("ResourceQuota", Measure.QUOTA), ("HorizontalPodAutoscaler", Measure.SCALED)],
)
def test_a_limit_that_is_reached_is_dated(kind: str, measure: Measure) -> None:
    item = make(kind, "most", spec={}, status={})
    used = level((10_800, 0.6), (900, 1.0), stray=0.0)
    found = findings([item], signal(measure, used, Unit.SHARE, named("most", kind)))
    assert [one.condition for one in found] == ["limit.reached_since"]
    assert "60 % → 100 %" in found[0].claim


POOL_GONE = signal(Measure.POOL, level((10_800, 0.2), (600, 1), stray=0.001))
"""A pool of `app` is taken since ten minutes."""


def waits(cause: str, *signals: Signal, times: int = 20) -> list[str]:
    """Whom the pool of `app` is laid to; `app` calls `search`, and its log says this."""
    objects = [*program("app", "search"), *program("search")]
    log = says(objects, "app", f"WARN {cause}", times=times)
    scene = Scene(watched(*objects, logs=[log], signals=[POOL_GONE, *signals]), NOW)
    (found,) = [one for one in found_in(scene) if one.condition == "workload.pool_exhausted"]
    return [one.path for one in found.suspects]


def test_a_pool_is_laid_to_whom_its_program_waits_for() -> None:
    late = "GET http://search:80/find: request timed out"
    assert waits(late) == ["Service/shop/search"]
    assert waits(late, *slow("search", 2, 620)) == ["Service/shop/search"]
    assert waits(late, *well("search")) == [], "it serves others as usual"
    assert waits(late, times=2) == [], "that happens"
    assert waits("GET http://search:80/find: connection refused") == [], "no worker waits for that"
