"""Those who ask others for much more than they are asked for themselves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sreagent.diagnose.conditions.crashes import keeps_ending, last_words
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.metrics.readings import (
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
from sreagent.diagnose.view.scene import WORKLOADS, Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import parse_time
from sreagent.domain.signal import Measure

MANY = 2.5
"""Times its usual rate of requests from which on a program counts as flooded."""
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
    if not _flooded(scene):
        return
    for callee in callees(scene, entity):
        for flood in _flooded(scene).get(callee, ()):
            said = _is_source(scene, entity, item, callee, flood)
            if not said:
                continue
            hit = [callee, *behind(scene, callee)]
            found = finding(flood, "workload.floods_others", "", item, category=Category.RESOURCE)
            yield replace(
                found,
                entity=entity,
                claim=f"{entity} asks {callee} for many times more than usual "
                f"({change(flood)}){said}",
                facts={**found.facts, "explains": " ".join(one.path for one in hit)},
            )
            return


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
        level = all(one.shift is None or one.shift.ratio < 1.5 for one in own)
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
