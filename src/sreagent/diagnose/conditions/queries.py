"""Releases that ask a database for what it answers slowly."""

from collections.abc import Iterator, Mapping

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.meaning import OWN_TROUBLE, is_new
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.logs.reading import LogError
from sreagent.diagnose.view.calling import configured_callers, configured_calls, is_current
from sreagent.diagnose.view.revisions import Revision, compare, only_restarted, workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, PodLog
from sreagent.domain.text import one_line

BEFORE, AFTER = 900, 60
"""Seconds by which a release may come before the first slow query, and seem to come after it."""


@condition(
    "workload.slow_queries",
    *WORKLOADS,
    worth=0.76,
    refuted_by="queries that stay slow with the revision before",
)
def slow_queries(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A database logs slow queries since the release of the one client that was released then."""
    for service in {one.target.entity for one in configured_calls(scene).get(entity, ())}:
        for store, (log, error) in _slow(scene, service).items() if service else ():
            released = _released_before(scene, entity, error)
            clients = configured_callers(scene).get(service, set()) if service else set()
            others = [one for one in clients - {entity} if _released_before(scene, one, error)]
            if released is None or others or store == entity:
                continue
            yield Finding(
                condition="workload.slow_queries",
                entity=entity,
                claim=f"{store} logs slow queries since {entity} was rolled out: "
                f"{one_line(error.line, 200)}",
                category=Category.DEPLOYMENT,
                uid=item["metadata"].get("uid", ""),
                path="spec.template",
                since=error.first_at,
                source="logs",
                command=log.command,
                excerpt=error.block,
                tainted=True,
                facts={"explains": store.path},
            )
            return


def _released_before(scene: Scene, workload: Entity, error: LogError) -> Revision | None:
    """The revision that came shortly before the error did for the first time, if one did."""
    known = workload_revisions(scene, workload)
    if len(known) < 2 or known[0].at is None or error.first_at is None:
        return None
    soon = -AFTER <= (error.first_at - known[0].at).total_seconds() <= BEFORE
    changed = not only_restarted(compare(known[1].template, known[0].template))
    return known[0] if soon and changed else None


def _slow(scene: Scene, service: Entity) -> Mapping[Entity, tuple[PodLog, LogError]]:
    """Behind a Service: who logs slow queries, with the first of them."""
    item = scene.inventory.find(service)
    behind = scene.workloads_behind(item) if item else ()
    return {one: _slow_stores(scene)[one] for one in behind if one in _slow_stores(scene)}


@once_per_scene
def _slow_stores(scene: Scene) -> Mapping[Entity, tuple[PodLog, LogError]]:
    """Programs that log slow queries, and did not always, with the first of them."""
    found: dict[Entity, list[tuple[PodLog, LogError]]] = {}
    for log, reading in scene.all_logs():
        pod = scene.inventory.find(log.pod)
        # Who has trouble of its own is slow by that.
        ill = any(one.cause in OWN_TROUBLE for one in reading.errors)
        for error in reading.errors if pod and not log.previous and not ill else ():
            slow = error.cause is LogCause.SLOW_QUERY and is_current(scene, error)
            if pod and slow and is_new(error, reading):
                found.setdefault(scene.workload_of(pod), []).append((log, error))
    return {
        store: min(errors, key=lambda one: (one[1].first_at is None, one[1].first_at))
        for store, errors in found.items()
    }
