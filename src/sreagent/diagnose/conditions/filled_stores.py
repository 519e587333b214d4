"""Clients whose new release fills a store that they share with others."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.metrics.baselines import median
from sreagent.diagnose.metrics.readings import (
    TOGETHER,
    Reading,
    behind,
    callees,
    callers_of,
    change,
    finding,
    is_share,
    of,
    readings,
)
from sreagent.diagnose.objects.podspec import container_specs, containers, env_values, spec_of
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.signal import Measure, Point

FULL = 0.9
"""Share of its limit from which on a store is about to be killed."""
LEVEL = 1.2
"""Times its usual memory within which a store counts as level."""
SOON = timedelta(minutes=20)
"""How long after a release a store may begin to grow for it."""
MANY_KEYS = 3.0
"""Times its keys of before from which on a database counts as filled."""
_DATABASE = re.compile(
    r"(?:://[^\s,/]+/|(?:defaultDatabase|database|db)=)(\d{1,3})(?![\w.-])", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filled:
    """A store that is full, and when it began to fill up."""

    memory: Reading
    began: datetime


@condition(
    "workload.fills_store",
    *WORKLOADS,
    worth=0.64,
    vague=True,
    breaks_anything=True,
    refuted_by="a store that goes on growing after the release is rolled back",
)
def fills_store(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A store that several use has filled up since one of them, and no other, was released."""
    stores = _filled(scene)
    for store in callees(scene, entity) if stores else ():
        filled = stores.get(store)
        if filled is None or not _is_the_one(scene, entity, store, filled.began):
            continue
        memory = filled.memory
        keys = _keys(scene, entity, store)
        found = finding(memory, "workload.fills_store", "", item, category=Category.RESOURCE)
        yield replace(
            found,
            entity=entity,
            since=filled.began,
            claim=f"{entity} was released right before {store}, which it uses, began to fill up: "
            f"{memory.signal.name} {change(memory)}, {memory.say(memory.now)} now"
            + _end(scene, store)
            + (f"; {keys.signal.name} {change(keys)}, the database that it uses" if keys else ""),
            facts={**found.facts, "explains": " ".join(one.path for one in _hit(scene, store))},
        )
        return


@once_per_scene
def _filled(scene: Scene) -> Mapping[Entity, _Filled]:
    """Programs whose memory was level once, and is nearly all used since it left that level."""
    return {
        entity: _Filled(memory=one, began=began)
        for entity in readings(scene)
        for one in of(scene, entity, Measure.MEMORY)
        if is_share(one) and one.now >= FULL and one.rose and (began := _left(one.signal.points))
    }


def _left(points: Sequence[Point]) -> datetime | None:
    """When a series left the level of its first quarter on the way to its end.

    A change of level is found in the midst of a climb; who began it is told by its foot.
    """
    quarter = [value for _, value in points[: len(points) // 4]]
    edge = LEVEL * median(quarter) if quarter else 0.0
    if not quarter or max(quarter) > edge:
        return None
    full = next((n for n, (_, value) in enumerate(points) if value >= FULL), 0)
    low = [n for n, (_, value) in enumerate(points[:full]) if value <= edge]
    return points[low[-1] + 1][0] if low else None


def _is_the_one(scene: Scene, client: Entity, store: Entity, began: datetime) -> bool:
    """Whether it alone of all that use the store was released right before."""
    item = scene.inventory.find(store)
    if item is None or _was_released(scene, store, began):
        return False
    clients = callers_of(scene, store, item)
    released = [one for one in clients if _was_released(scene, one, began)]
    if client not in released or len(clients) < 2:
        return False
    fillers = [one for one in released if _keys(scene, one, store)]
    return released == [client] or fillers == [client]


def _was_released(scene: Scene, workload: Entity, began: datetime) -> bool:
    known = workload_revisions(scene, workload)
    if len(known) < 2 or known[0].at is None:
        return False
    return -TOGETHER <= began - known[0].at <= SOON


def _keys(scene: Scene, client: Entity, store: Entity) -> Reading | None:
    """Keys of the database that a client is configured with, where they became many more."""
    item = scene.inventory.find(client)
    specs = container_specs(spec_of(client.kind, item)) if item else []
    told = " ".join(value for one in specs for value in env_values(one).values())
    numbers = {f"db{number}" for number in _DATABASE.findall(told)}
    for one in of(scene, store, Measure.KEYS):
        if one.rose and one.shift and one.shift.ratio >= MANY_KEYS and one.signal.about in numbers:
            return one
    return None


def _end(scene: Scene, store: Entity) -> str:
    ended = [one.ended or {} for pod in scene.pods(store) for one in containers(pod)]
    killed = any(one.get("reason") == "OOMKilled" for one in ended)
    return ", and it is OOMKilled" if killed else ""


def _hit(scene: Scene, store: Entity) -> list[Entity]:
    item = scene.inventory.find(store) or {}
    labels = labels_of((item.get("spec") or {}).get("template") or {})
    doors = [entity_of("Service", one) for one in scene.services_of(labels, store.namespace)]
    return [store, *(one for one in doors if behind(scene, one) == [store])]
