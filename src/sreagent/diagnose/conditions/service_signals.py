"""What callers notice of a program: errors, slowness, a flood of requests, or none at all."""

from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.metrics.change_points import SHORTEST
from sreagent.diagnose.metrics.readings import (
    SERVED,
    SYMPTOMS,
    Reading,
    callers_of,
    change,
    finding,
    is_hurt,
    is_no_later,
    of,
    readings,
    suspects,
)
from sreagent.diagnose.view.calling import failing_calls
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import span
from sreagent.domain.signal import Measure, Unit

FAILING, SOME_FAIL = 0.05, 0.02
"""Shares of failed requests that are an error and a warning."""
REFUSING = 0.5
FEW = 5
"""Failed requests that are too few to tell a share."""
BUSY = 0.5
"""Requests per second of a program whose silence is worth a word."""
NEARLY_NONE = 0.1
FLOOD = 2.5


@condition(
    "workload.errors_up",
    *SERVED,
    role=Role.SYMPTOM,
    worth=0.45,
    vague=True,
    if_named=True,
    refuted_by="an error ratio that is back at its usual level by itself",
)
def errors_up(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A larger share of requests fails than usual, or a large one fails all the time."""
    ratios = of(scene, entity, Measure.ERROR_RATIO)
    for reading in ratios:
        if reading.now >= SOME_FAIL and _is_news(reading) and _failed(scene, reading) >= FEW:
            yield finding(
                reading,
                "workload.errors_up",
                f"fails {_share(reading)} of its requests",
                item,
                severity=Severity.ERROR if reading.now >= FAILING else Severity.WARNING,
                suspects=suspects(scene, entity, reading),
            )
    for reading in of(scene, entity, Measure.ERRORS) if not ratios else ():
        if reading.shift and reading.rose and reading.shift.ratio >= 3 and reading.now >= 0.05:
            yield finding(
                reading,
                "workload.errors_up",
                f"counts more errors than usual: {change(reading)}",
                item,
                suspects=suspects(scene, entity, reading),
            )


def _is_news(reading: Reading) -> bool:
    """Whether a share is up, or has been high for as long as can be seen."""
    if reading.shift is None:
        enough = len(reading.values) > SHORTEST
        return bool(enough and reading.usual and reading.usual.median >= FAILING)
    away = reading.shift.level - reading.shift.before.median
    return reading.rose and away >= SOME_FAIL * 0.75 and reading.shift.ratio >= 1.5


def _failed(scene: Scene, reading: Reading) -> float:
    """About how many requests failed since the change."""
    rates = of(scene, reading.signal.entity, Measure.RATE)
    points = reading.signal.points
    since = reading.since or points[0][0]
    seconds = (points[-1][0] - since).total_seconds() + 60
    return (rates[0].now if rates else 1.0) * reading.now * seconds


def _share(reading: Reading) -> str:
    if reading.shift is None:
        seen = reading.signal.points[-1][0] - reading.signal.points[0][0]
        return (
            f"{reading.say(reading.now)}, and has for as long as its metrics go back ({span(seen)})"
        )
    return change(reading)


@condition(
    "workload.refusals_up",
    *SERVED,
    role=Role.SYMPTOM,
    worth=0.40,
    vague=True,
    if_named=True,
)
def refusals_up(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Many more requests than usual are answered with a 4xx: not allowed, or not found."""
    for reading in of(scene, entity, Measure.CLIENT_ERRORS):
        if reading.shift and reading.rose and reading.now >= 0.2 and _failed(scene, reading) >= FEW:
            if reading.shift.level - reading.shift.before.median < 0.15:
                continue
            yield finding(
                reading,
                "workload.refusals_up",
                f"answers {change(reading)} of its requests with a 4xx",
                item,
                severity=Severity.ERROR if reading.now >= REFUSING else Severity.WARNING,
                suspects=suspects(scene, entity, reading),
            )


@condition(
    "workload.latency_up",
    *SERVED,
    role=Role.SYMPTOM,
    worth=0.45,
    vague=True,
    if_named=True,
    refuted_by="a latency that is back at its usual level by itself",
)
def latency_up(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Requests take much longer than usual."""
    slower = [one for one in of(scene, entity, Measure.LATENCY) if _is_slower(one)]
    # Of few requests each slow one counts: those of the night are others than those of the day.
    ebbed = any(one.ebbed for one in of(scene, entity, Measure.RATE))
    for reading in sorted(slower, key=lambda one: -one.shift.score if one.shift else 0.0)[:2]:
        much = bool(reading.shift and reading.shift.ratio >= 2 and not ebbed)
        yield finding(
            reading,
            "workload.latency_up",
            f"answers more slowly than usual: {change(reading)}",
            item,
            severity=Severity.ERROR if much else Severity.WARNING,
            suspects=suspects(scene, entity, reading),
        )


def _is_slower(reading: Reading) -> bool:
    if reading.shift is None or not reading.rose or reading.shift.ratio < 1.5:
        return False
    away = reading.shift.level - reading.shift.before.median
    return away >= 0.03 if reading.signal.unit is Unit.SECONDS else reading.shift.ratio >= 2


@condition("workload.traffic_up", *SERVED, role=Role.REMARK, worth=0.20)
def traffic_up(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """More requests come than usual, and nobody suffers from it."""
    for reading in _flooded(scene, entity):
        if not is_hurt(scene, entity, reading.since):
            yield finding(
                reading,
                "workload.traffic_up",
                f"gets more requests than usual: {change(reading)}; nothing suffers from it",
                item,
                severity=Severity.INFO,
            )


@condition(
    "workload.flooded",
    *SERVED,
    worth=0.60,
    refuted_by="errors or slowness that began before the requests became more",
)
def flooded(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Many more requests come than usual, and it fails or slows down under them."""
    for reading in _flooded(scene, entity):
        if is_hurt(scene, entity, reading.since) and _came_first(scene, entity, reading):
            yield finding(
                reading,
                "workload.flooded",
                f"gets many more requests than usual ({change(reading)}) and suffers from it",
                item,
                category=Category.RESOURCE,
                suspects=tuple(_flooding(scene, entity, item, reading)),
            )


def _flooded(scene: Scene, entity: Entity) -> list[Reading]:
    found = of(scene, entity, Measure.RATE)
    return [one for one in found if one.rose and one.shift and one.shift.ratio >= FLOOD]


def _came_first(scene: Scene, entity: Entity, reading: Reading) -> bool:
    """Whether no symptom began clearly before the flood: a failing callee is asked again."""
    began = [one.shift.at for one in of(scene, entity, *SYMPTOMS) if one.shift and one.rose]
    flooded_at = reading.since
    return flooded_at is not None and all((flooded_at - at).total_seconds() <= 90 for at in began)


def _flooding(scene: Scene, entity: Entity, item: Obj, reading: Reading) -> Iterator[Entity]:
    """Callers that are flooded themselves, no later."""
    for caller in callers_of(scene, entity, item):
        if any(is_no_later(one, reading) for one in _flooded(scene, caller)):
            yield caller


@condition(
    "workload.traffic_gone",
    *SERVED,
    role=Role.SYMPTOM,
    worth=0.35,
    vague=True,
    if_named=True,
)
def traffic_gone(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Hardly any request arrives any more at a program that was busy."""
    for reading in readings(scene).get(entity, ()):
        if reading.measure is not Measure.RATE or not reading.usual:
            continue
        least = NEARLY_NONE * reading.usual.median
        if reading.usual.median < BUSY or (reading.fresh and not _dried_up(reading, least)):
            continue
        if reading.ebbed:
            continue
        silent = (
            ""
            if reading.fresh
            else f", and no number since {reading.signal.points[-1][0]:%H:%M:%S} UTC"
        )
        yield finding(
            reading,
            "workload.traffic_gone",
            f"gets hardly any requests any more: {change(reading)}{silent}",
            item,
            since=reading.since or reading.signal.points[-1][0],
            suspects=tuple(_on_the_way(scene, entity, item, reading)),
        )


def _on_the_way(scene: Scene, entity: Entity, item: Obj, reading: Reading) -> Iterator[Entity]:
    """What may keep requests from it: Services of its name, and callers that get none either.

    A caller that fails may do so because of it, but not where it has no other trouble to show.
    """
    names = {entity.name, *reading.signal.labels.values()}
    for service in scene.all("Service", entity.namespace):
        if service["metadata"]["name"] in names and entity.kind != "Service":
            yield entity_of("Service", service)
    for caller in callers_of(scene, entity, item):
        rates = of(scene, caller, Measure.RATE)
        silent = any(is_no_later(one, reading) and one.fell for one in rates)
        if silent or _fails_by_itself(scene, entity, caller, reading):
            yield caller


def _fails_by_itself(scene: Scene, entity: Entity, caller: Entity, reading: Reading) -> bool:
    """Whether a caller began to fail when its requests stopped, and complains of somebody else."""
    failing = [one for one in failing_calls(scene) if one.caller == caller]
    ends = {entity, *_services_of(scene, entity)}
    return (
        bool(failing)
        and not any(one.target.entity in ends for one in failing)
        and is_hurt(scene, caller, reading.since)
        and not is_hurt(scene, entity)
    )


def _services_of(scene: Scene, entity: Entity) -> list[Entity]:
    services = scene.all("Service", entity.namespace)
    return [entity_of("Service", one) for one in services if entity in scene.workloads_behind(one)]


def _dried_up(reading: Reading, least: float) -> bool:
    return reading.fell and reading.now <= least


@condition("dns.names_not_found", *SERVED, worth=0.60, vague=True)
def names_not_found(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The name service answers many more questions than usual with an error."""
    for reading in of(scene, entity, Measure.NAME_ERRORS):
        if not reading.shift or not reading.rose or reading.now < 0.5:
            continue
        if reading.shift.level - reading.shift.before.median >= 0.2:
            yield finding(
                reading,
                "dns.names_not_found",
                f"finds fewer names than usual: {change(reading)} of its answers are errors",
                item,
                category=Category.NETWORK,
            )
