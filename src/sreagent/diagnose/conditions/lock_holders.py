"""Programs that keep a lock in a database while others wait for it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.locks import LockWait, Session, lock_waits
from sreagent.diagnose.objects.podspec import container_specs, env_values, spec_of
from sreagent.diagnose.view.calling import configured_callers
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, PodLog, entity_of

DAY = 86_400
"""Seconds after which a wait is history, and before it in which the holder must have changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What a database tells of one of its clients."""

    wait: LockWait
    database: Entity
    log: PodLog
    waiting: tuple[Entity, ...]


@condition(
    "workload.holds_lock",
    *WORKLOADS,
    "CronJob",
    worth=0.60,
    vague=True,
    if_named=True,
    refuted_by="the others still waiting after its transaction has ended",
)
def holds_lock(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program keeps a lock in a database, and others give up waiting for it."""
    for held in _held(scene).get(entity, ()):
        wait = held.wait
        ended = ", until a statement was cancelled for it" if wait.gave_up else ""
        queue = " and ".join(map(str, wait.waiting[:3]))
        yield Finding(
            condition="workload.holds_lock",
            entity=entity,
            claim=f"{entity} holds a lock in {held.database} that others wait for: {wait.holder} "
            f"kept {queue} waiting, told {_times(wait.count)}{ended}",
            category=Category.DEPENDENCY,
            severity=_severity(scene, entity, wait),
            uid=item["metadata"].get("uid", ""),
            path=f"log of {held.log.container}",
            since=wait.first_at,
            source="logs",
            command=held.log.command,
            excerpt=wait.line,
            tainted=True,
            facts={"explains": " ".join(one.path for one in held.waiting)} if held.waiting else {},
        )


def _severity(scene: Scene, holder: Entity, wait: LockWait) -> Severity:
    """Waiting is everyday; who holds a lock as ever is not to blame for who comes newly."""
    grave = wait.gave_up and _is_changed(scene, holder, wait.first_at)
    return Severity.ERROR if grave else Severity.WARNING


def _is_changed(scene: Scene, holder: Entity, before: datetime | None) -> bool:
    """Whether it was rolled out anew in the day before."""
    known = workload_revisions(scene, holder)
    changed = known[0].at if len(known) > 1 else None
    if changed is None or before is None:
        return False
    return 0 <= (before - changed).total_seconds() <= DAY


@once_per_scene
def _held(scene: Scene) -> Mapping[Entity, tuple[_Held, ...]]:
    """By the program that holds, where it can be told from the others."""
    found: dict[Entity, list[_Held]] = defaultdict(list)
    for log, _ in scene.all_logs():
        pod = scene.inventory.find(log.pod)
        waits = lock_waits(log.text, scene.now) if pod else ()
        if pod is None or not waits:
            continue
        clients = _Clients(scene, pod)
        for wait in waits:
            holder = clients.who(wait.holder)
            age = scene.age(wait.first_at)
            if holder is None or age is None or age > DAY:
                continue
            waiting = {clients.who(one) for one in wait.waiting} - {None, holder}
            held = _Held(
                wait=wait,
                database=scene.workload_of(pod),
                log=log,
                waiting=tuple(sorted(one for one in waiting if one)),
            )
            found[holder].append(held)
    return {entity: tuple(held) for entity, held in found.items()}


class _Clients:
    """Programs that are configured to call a database, by the names that they log in with."""

    def __init__(self, scene: Scene, database: Obj) -> None:
        callers = configured_callers(scene)
        space = database["metadata"].get("namespace", "")
        self._known: dict[str, set[Entity]] = defaultdict(set)
        for service in scene.services_of(labels_of(database), space):
            for caller in callers.get(entity_of("Service", service), ()):
                for name in _names(scene, caller):
                    self._known[name].add(_owner(scene, caller))

    def who(self, session: Session) -> Entity | None:
        """The one program that goes by these names: by what it calls itself, else by its user."""
        for name in (session.application, session.user):
            if len(known := self._known.get(name, set()) if name else set()) == 1:
                return next(iter(known))
        return None


def _owner(scene: Scene, caller: Entity) -> Entity:
    """The schedule that a Job is of."""
    item = scene.inventory.find(caller) if caller.kind == "Job" else None
    return scene.inventory.workload_of("Job", item) if item else caller


def _names(scene: Scene, caller: Entity) -> Iterator[str]:
    item = scene.inventory.find(caller)
    yield caller.name
    for container in container_specs(spec_of(caller.kind, item)) if item else ():
        yield from (value for value in env_values(container).values() if value)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
