"""Clients that take the connections of a store that they share with others."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.metrics.readings import callees, callers_of
from sreagent.diagnose.view.calling import is_current
from sreagent.diagnose.view.revisions import FieldChange, compare, workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj

SOON = timedelta(hours=2)
"""How long after a release a pool that may grow can be full."""
EARLY = timedelta(minutes=2)
"""By how much clocks may disagree about which came first."""
GREW = 1.5
OFTEN = 3
_POOL = re.compile(r"pool|conn|max_?open|workers|threads", re.IGNORECASE)
_NUMBER = re.compile(r"^\W*(\d+)\W*$")


@condition(
    "workload.takes_connections",
    *WORKLOADS,
    worth=0.78,
    breaks_anything=True,
    refuted_by="a store that refuses connections still, after the pool is set back",
)
def takes_connections(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A store has no connection left since one of its clients, and no other, was given more."""
    full = _full(scene)
    for store in callees(scene, entity) if full else ():
        if store not in full:
            continue
        since, line, command = full[store]
        grown = _grown(scene, entity, since)
        if not grown or not _is_the_one(scene, entity, store, since):
            continue
        was = ", ".join(f"{one.what} {one.before} → {one.after}" for one in grown[:2])
        yield Finding(
            condition="workload.takes_connections",
            entity=entity,
            claim=f"{entity} may hold more connections since its release ({was}), and {store}, "
            "which it shares with others, has none left",
            category=Category.RESOURCE,
            severity=Severity.CRITICAL,
            uid=item["metadata"].get("uid", ""),
            path="spec.template.spec",
            since=since,
            command=command,
            excerpt=line,
            tainted=True,
            facts={"explains": store.path},
        )
        return


@once_per_scene
def _full(scene: Scene) -> Mapping[Entity, tuple[datetime, str, str]]:
    """Programs whose own log says that nobody gets a connection: since when, and a line of it."""
    found: dict[Entity, tuple[datetime, str, str]] = {}
    for log, reading in scene.all_logs():
        pod = scene.inventory.find(log.pod)
        for error in reading.errors if pod else ():
            tells = error.cause is LogCause.POOL_EXHAUSTED and not error.target
            first = error.first_at
            if pod is None or not tells or error.count < OFTEN or first is None:
                continue
            store = scene.workload_of(pod)
            known = found.get(store)
            if is_current(scene, error) and (known is None or first < known[0]):
                found[store] = (first, error.line, log.command)
    return found


def _grown(scene: Scene, client: Entity, since: datetime) -> list[FieldChange]:
    """Settings of a pool that its last release raised, right before."""
    known = workload_revisions(scene, client)
    if len(known) < 2 or known[0].at is None or not -EARLY <= since - known[0].at <= SOON:
        return []
    changes = compare(known[1].template, known[0].template)
    return [one for one in changes if _POOL.search(one.what) and _is_more(one)]


def _is_more(one: FieldChange) -> bool:
    before, after = _NUMBER.match(one.before), _NUMBER.match(one.after)
    return before is not None and after is not None and int(after[1]) >= GREW * int(before[1])


def _is_the_one(scene: Scene, client: Entity, store: Entity, since: datetime) -> bool:
    """Whether others use the store, and none of them was given more."""
    item = scene.inventory.find(store)
    clients = callers_of(scene, store, item) if item else []
    return len(clients) > 1 and [one for one in clients if _grown(scene, one, since)] == [client]
