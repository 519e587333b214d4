"""Those who ask others for much more than they are asked for themselves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sreagent.diagnose.changes.nearness import Path
from sreagent.diagnose.changes.timeline import ranked
from sreagent.diagnose.conditions.crashes import keeps_ending, last_words
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.metrics.readings import (
    SHORTLY,
    SYMPTOMS,
    TOGETHER,
    Reading,
    behind,
    callees,
    callers_of,
    change,
    finding,
    is_felt,
    is_hurt,
    is_no_later,
    of,
    readings,
)
from sreagent.diagnose.objects.podspec import container_specs, containers, env_values
from sreagent.diagnose.view.calling import configured_calls
from sreagent.diagnose.view.revisions import Revision, workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of, once_per_scene
from sreagent.domain.change import Sort
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import parse_time
from sreagent.domain.signal import Measure

MANY = 2.5
"""Times its usual rate of requests from which on a program counts as flooded."""
LEVEL = 1.5
"""Times its usual rate up to which a program counts as asked as much as ever."""
BUSIER = 3.0
"""Times its usual CPU that shows that whoever makes requests makes more of them."""
_OUT_OF_ROOM = (LogCause.OUT_OF_MEMORY, LogCause.STORE_FULL, LogCause.GC_OVERHEAD)


@condition(
    "workload.floods_others",
    *WORKLOADS,
    worth=0.68,
    vague=True,
    breaks_anything=True,
    refuted_by="another caller that sends as many requests as the flooded program gets",
)
def floods_others(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program asks another for many times more than usual, and is not asked for more itself."""
    if source := sources(scene).get(entity):
        hit = [source.callee, *behind(scene, source.callee)]
        flood = source.reading
        found = finding(flood, "workload.floods_others", "", item, category=Category.RESOURCE)
        yield replace(
            found,
            entity=entity,
            claim=f"{entity} asks {source.callee} for many times more than usual "
            f"({change(flood)}){source.said}",
            facts={**found.facts, "explains": " ".join(one.path for one in hit)},
        )


class Source(NamedTuple):
    """Where a flood of requests begins."""

    callee: Entity
    reading: Reading
    said: str


@once_per_scene
def sources(scene: Scene) -> dict[Entity, Source]:
    """Programs that flood others."""
    found: dict[Entity, Source] = {}
    known = [(kind, item) for kind in WORKLOADS for item in scene.all(kind)]
    for kind, item in known if _flooded(scene) else ():
        caller = entity_of(kind, item)
        for callee in callees(scene, caller):
            for flood in _flooded(scene).get(callee, ()):
                if said := _is_source(scene, caller, item, callee, flood):
                    found.setdefault(caller, Source(callee, flood, said))
    return found


@condition(
    "workload.calls_more",
    *WORKLOADS,
    worth=0.72,
    vague=True,
    breaks_anything=True,
    refuted_by="the same trouble while it makes no more requests than before the change",
)
def calls_more(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program makes many times more requests since it was changed; whom it calls suffers."""
    for calls in of(scene, entity, Measure.CALLS):
        if not calls.rose or not calls.shift or calls.shift.ratio < MANY:
            continue
        if _is_asked_more(scene, entity) or not _was_changed(scene, entity, calls.shift.at):
            continue
        hit = [one for one in _meant(scene, entity, calls) if _suffers(scene, one, calls)]
        if hit:
            found = finding(calls, "workload.calls_more", "", item, category=Category.RESOURCE)
            doors = [door for one in hit for door in _doors(scene, one)]
            yield replace(
                found,
                claim=f"{entity} calls {' and '.join(map(str, hit))} many times more than before, "
                f"and is not asked for more itself: requests that it makes {change(calls)}",
                facts={**found.facts, "explains": " ".join(one.path for one in (*hit, *doors))},
            )
            return


def _doors(scene: Scene, workload: Entity) -> list[Entity]:
    item = scene.inventory.find(workload) or {}
    labels = labels_of((item.get("spec") or {}).get("template") or {})
    return [entity_of("Service", one) for one in scene.services_of(labels, workload.namespace)]


def _is_asked_more(scene: Scene, entity: Entity) -> bool:
    """Whether it only hands on what comes in."""
    own = of(scene, entity, Measure.RATE)
    return any(one.rose and one.shift and one.shift.ratio >= LEVEL for one in own)


def _was_changed(scene: Scene, entity: Entity, since: datetime) -> bool:
    """Whether it, or what it is configured with, was changed shortly before."""
    return any(
        one.change.sort in _CHANGES
        and one.path.worth >= Path.USED.worth
        and one.before is not None
        and -TOGETHER <= one.before <= SHORTLY
        for one in ranked(scene, entity, since)
    )


_CHANGES = (Sort.ROLLOUT, Sort.EDIT, Sort.SCALING, Sort.CREATION, Sort.RELEASE)


def _meant(scene: Scene, entity: Entity, calls: Reading) -> list[Entity]:
    """The workloads that a series says are called: by name, else all that it is configured with."""
    name = calls.signal.about.rpartition("//")[2].partition(":")[0].partition(".")[0]
    found = [
        one
        for door in callees(scene, entity)
        if name in ("", door.name)
        for one in (behind(scene, door) or [door])
    ]
    return [one for one in dict.fromkeys(found) if one.kind in WORKLOADS]


def _suffers(scene: Scene, callee: Entity, calls: Reading) -> bool:
    """Whether a callee gets more requests, and fails or slows down since then and not before.

    Who fails first is asked again, and so more often.
    """
    since = calls.shift.at if calls.shift else None
    rates = of(scene, callee, Measure.RATE)
    if rates and not any(one.rose for one in rates):
        return False
    began = [one.shift.at for one in of(scene, callee, *SYMPTOMS) if one.rose and one.shift]
    return (
        since is not None
        and is_hurt(scene, callee, since)
        and all(at - since >= -TOGETHER for at in began)
    )


@once_per_scene
def _flooded(scene: Scene) -> dict[Entity, list[Reading]]:
    """Floods under which a program suffers, or those who call it."""
    found = {entity: _floods(scene, entity) for entity in readings(scene)}
    return {entity: floods for entity, floods in found.items() if floods}


def _floods(scene: Scene, callee: Entity) -> list[Reading]:
    item = scene.inventory.find(callee)
    found = [
        one
        for one in of(scene, callee, Measure.RATE)
        if one.rose and one.shift and one.shift.ratio >= MANY
    ]
    return [
        one
        for one in found
        if item
        and one.since
        and (is_hurt(scene, callee, one.since) or is_felt(scene, callee, item, one.since))
    ]


def _is_source(scene: Scene, entity: Entity, item: Obj, callee: Entity, flood: Reading) -> str:
    """Why the flood begins at this caller, in words; empty when it does not."""
    own = of(scene, entity, Measure.RATE)
    others = _other_callers(scene, entity, callee)
    if own:
        level = all(one.shift is None or one.shift.ratio < LEVEL for one in own)
        if not level or any(not _is_level(scene, one) for one in others):
            return ""
        return f", and gets no more requests than usual itself ({own[0].say(own[0].now)})"
    if callers_of(scene, entity, item):
        return ""
    busier = [one for one in of(scene, entity, Measure.CPU) if _is_busier(one, flood)]
    return f", and its own CPU rose with them ({change(busier[0])})" if busier else ""


def _other_callers(scene: Scene, entity: Entity, callee: Entity) -> list[Entity]:
    item = scene.inventory.find(callee)
    return [one for one in callers_of(scene, callee, item) if one != entity] if item else []


def _is_level(scene: Scene, entity: Entity) -> bool:
    """Whether a caller is known to be asked as much as ever, and answers as quickly as ever."""
    rates = of(scene, entity, Measure.RATE)
    return bool(rates) and not any(one.rose for one in rates) and not is_hurt(scene, entity)


def _is_busier(cpu: Reading, flood: Reading) -> bool:
    return bool(cpu.rose and cpu.shift and cpu.shift.ratio >= BUSIER and is_no_later(cpu, flood))


@condition(
    "workload.new_client",
    *WORKLOADS,
    worth=0.70,
    breaks_anything=True,
    refuted_by="the same trouble without the new container",
)
def new_client(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A container that is new in a workload calls a program that has run out of memory since."""
    known = workload_revisions(scene, entity)
    if len(known) < 2 or known[0].at is None:
        return
    for container in _added(known[0], known[1]):
        for service in _called_by(scene, entity, container):
            for hit in behind(scene, service):
                since = _out_of_memory_since(scene, hit, known[0].at)
                if since is None or hit == entity:
                    continue
                yield Finding(
                    condition="workload.new_client",
                    entity=entity,
                    claim=f"{entity} has a new container {container.get('name')} since "
                    f"{known[0].label}, which calls {service}, and {hit} runs out of memory since",
                    category=Category.RESOURCE,
                    uid=item["metadata"].get("uid", ""),
                    path=f"spec.template.spec.containers[{container.get('name')}]",
                    since=known[0].at,
                    command=entity.get,
                    facts={"explains": hit.path, "container": str(container.get("name"))},
                )
                return


def _added(new: Revision, old: Revision) -> list[Obj]:
    before = {one.get("name") for one in container_specs(_spec(old))}
    return [one for one in container_specs(_spec(new)) if one.get("name") not in before]


def _spec(revision: Revision) -> Obj:
    return revision.template.get("spec") or {}


def _called_by(scene: Scene, entity: Entity, container: Obj) -> list[Entity]:
    """Services that the workload calls and that this container of it names."""
    said = " ".join(
        [
            *env_values(container).values(),
            *map(str, container.get("command") or ()),
            *map(str, container.get("args") or ()),
        ]
    )
    called = [call.target.entity for call in configured_calls(scene).get(entity, ())]
    return list(dict.fromkeys(one for one in called if one and one.name in said))


def _out_of_memory_since(scene: Scene, workload: Entity, rollout: datetime) -> datetime | None:
    """When a container ran out of memory, if none did before the rollout."""
    for pod in scene.pods(workload):
        for container in containers(pod):
            ended = container.ended or {}
            at = parse_time(ended.get("finishedAt"))
            if not at or at < rollout or not keeps_ending(scene, container):
                continue
            _, words = last_words(scene, pod, container)
            if ended.get("reason") == "OOMKilled" or (words and words.cause in _OUT_OF_ROOM):
                return at
    return None
