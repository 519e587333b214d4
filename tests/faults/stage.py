"""Puts several programs on stage: who calls whom, what each logs, what its metrics say."""

from collections.abc import Iterable
from itertools import cycle
from typing import Any

from tests.diagnose.build import (
    DAY,
    Json,
    app,
    container,
    lines,
    log,
    make,
    running,
    seen,
    service,
)
from tests.diagnose.signals import level, named, signal
from tests.faults.neighbours import edit

from sreagent.domain.inventory import Inventory, PodLog
from sreagent.domain.signal import Measure, Point, Signal, Unit

ADDRESSES = cycle(range(20, 250))


def program(name: str, *calls: str, port: int = 80, **more: Any) -> list[Json]:
    """A healthy Deployment with a Service on a port, and the Services that it calls."""
    known: list[tuple[float, Json]] = [(9 * DAY, container(env=calling(*calls)))]
    objects = app(name, **{"revisions": known, "pods": [running(since=9 * DAY)], **more})
    before = service(name, ip=f"10.96.1.{next(ADDRESSES)}")
    before["spec"]["ports"][0]["port"] = port
    return [*objects, before]


def calling(*addresses: str) -> list[Json]:
    """Variables that name Services: `cart`, `orders-db:5432`."""
    return [
        {"name": f"{one.partition(':')[0].upper().replace('-', '_')}_ADDR", "value": one}
        if ":" in one
        else {"name": f"{one.upper().replace('-', '_')}_URL", "value": f"http://{one}:80"}
        for one in addresses
    ]


def pod_of(objects: Iterable[Json], name: str, number: int = 0) -> Json:
    """A pod of a workload."""
    pods = [one for one in objects if one["kind"] == "Pod"]
    return [one for one in pods if one["metadata"]["labels"].get("app") == name][number]


def says(objects: Iterable[Json], name: str, *text: str, times: int = 20) -> PodLog:
    """The log of a program: each of these lines again and again until now."""
    told = "\n".join(lines(one, times) for one in text)
    return log(pod_of(objects, name), "\n".join(sorted(told.splitlines())))


def wrote(objects: Iterable[Json], name: str, text: str, *, previous: bool = False) -> PodLog:
    """The log of a program, as it is."""
    return log(pod_of(objects, name), text, previous=previous)


def settings(name: str, since: float, key: str, text: str) -> Json:
    """A ConfigMap, edited so many seconds ago."""
    managed = edit(since, {"f:data": {f"f:{key}": {}}})
    return make("ConfigMap", name, age=30 * DAY, data={key: text}, managed=managed)


def mounted(name: str) -> dict[str, Any]:
    """What makes pods of a program use a ConfigMap, as arguments of `program`."""
    return {"spec": {"volumes": [{"name": "config", "configMap": {"name": name}}]}}


def watched(
    *objects: Json, logs: Iterable[PodLog] = (), signals: Iterable[Signal] = ()
) -> Inventory:
    """An inventory with logs and metrics."""
    found = seen(*objects, logs=logs)
    found.signals.extend(signals)
    return found


def rose(
    measure: Measure,
    name: str,
    before: float,
    after: float,
    since: float,
    unit: Unit = Unit.SHARE,
    **more: str,
) -> Signal:
    """Something that left its level so many seconds ago."""
    return signal(measure, level((10_800, before), (since, after)), unit, named(name), **more)


def flat(measure: Measure, name: str, value: float, unit: Unit = Unit.SHARE) -> Signal:
    """Something that is as it always was."""
    return signal(measure, level((10_800, value)), unit, named(name))


def of(measure: Measure, name: str, points: Iterable[Point], unit: Unit = Unit.SHARE,
       **more: str) -> Signal:  # fmt: skip
    """Any other course."""
    return signal(measure, points, unit, named(name), **more)


def well(name: str, requests: float = 20) -> list[Signal]:
    """A program that serves as usual."""
    return [
        flat(Measure.RATE, name, requests, Unit.PER_SECOND),
        flat(Measure.ERROR_RATIO, name, 0.001),
        flat(Measure.LATENCY, name, 0.05, Unit.SECONDS),
    ]


def failing(name: str, share: float, since: float, requests: float = 20) -> list[Signal]:
    """A program that fails a share of its requests since then."""
    return [
        flat(Measure.RATE, name, requests, Unit.PER_SECOND),
        rose(Measure.ERROR_RATIO, name, 0.001, share, since),
    ]


def slow(name: str, seconds: float, since: float, requests: float = 20) -> list[Signal]:
    """A program that takes so long for a request since then."""
    return [
        flat(Measure.RATE, name, requests, Unit.PER_SECOND),
        rose(Measure.LATENCY, name, 0.05, seconds, since, Unit.SECONDS),
    ]
