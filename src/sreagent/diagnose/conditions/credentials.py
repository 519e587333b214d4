"""Stores that answer and refuse who logs in as ever."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.logs.meaning import OFTEN
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import references, spec_of
from sreagent.diagnose.view.calling import FailingCall, configured_callers, failing_calls
from sreagent.diagnose.view.freshness import edited_at, fresh_edit
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.text import one_line

DAY = 86_400
LEEWAY = timedelta(minutes=2)
"""By which clocks of logs and of the API server may disagree."""
_OF_RULES = re.compile(r"RBAC|\b403\b|PermissionDenied|AccessDenied")
"""Words of rules about who may call whom, which are no matter of credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outdated:
    """A Secret that a store does not take any more, and the one that was changed instead."""

    call: FailingCall
    newer: Entity
    at: datetime
    store: Entity


@condition(
    "secret.outdated",
    "Secret",
    worth=0.80,
    refuted_by="the same values in both Secrets, or a login with them that succeeds",
)
def outdated(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A store refuses what is in a Secret since its namesake elsewhere was changed."""
    found = _outdated(scene).get(entity, [])
    if not found:
        return
    first = found[0]
    error, at = first.call.error, f"{first.at:%H:%M} UTC"
    callers = dict.fromkeys(one.call.caller for one in found)
    yield say(
        entity,
        item,
        "secret.outdated",
        f"is out of date: {first.newer}, of the same login, was changed at {at} and it was not; "
        f"{first.store} refuses {' and '.join(map(str, list(callers)[:3]))}, which logs in with "
        f"it: {one_line(error.line, 120)}, {sum(one.call.error.count for one in found)} times",
        since=min((o.call.error.first_at for o in found if o.call.error.first_at), default=None),
        excerpt=error.line,
        tainted=True,
        facts={
            "explains": " ".join(one.path for one in (*callers, first.store)),
            "settled": "another Secret of the same login was changed before it",
        },
    )


@once_per_scene
def _outdated(scene: Scene) -> dict[Entity, list[Outdated]]:
    """By the Secret that refused callers log in with."""
    found: dict[Entity, list[Outdated]] = defaultdict(list)
    for store, calls in _refused(scene).items():
        for call in calls:
            for secret in _secrets_of(scene, call.caller):
                if newer := _changed_instead(scene, secret, call, store):
                    other, at = newer
                    one = Outdated(call=call, newer=other, at=at, store=store)
                    found[secret].append(one)
    return found


def _secrets_of(scene: Scene, workload: Entity) -> list[Entity]:
    item = scene.inventory.find(workload)
    names = {
        ref.name
        for ref in (references(spec_of(workload.kind, item)) if item else ())
        if ref.kind == "Secret"
    }
    return [Entity(kind="Secret", namespace=workload.namespace, name=one) for one in sorted(names)]


def _changed_instead(
    scene: Scene, secret: Entity, call: FailingCall, store: Entity
) -> tuple[Entity, datetime] | None:
    """A Secret of the same login that was changed before the refusals, while it was not."""
    item, refused = scene.inventory.find(secret), call.error.first_at
    mine = edited_at(scene, item) if item else None
    if mine is None or refused is None:
        return None
    for other in _secrets_by_name(scene).get(secret.name, ()):
        entity, at = entity_of("Secret", other), fresh_edit(scene, other)
        if at and mine + LEEWAY < at <= refused + LEEWAY and _is_for(scene, entity, call, store):
            return entity, at
    return None


def _is_for(scene: Scene, secret: Entity, call: FailingCall, store: Entity) -> bool:
    """Whether a Secret is kept beside the store, or by somebody else who logs in there."""
    if secret.namespace == store.namespace:
        return True
    service = call.target.entity
    callers = configured_callers(scene).get(service, set()) if service else set()
    return any(secret in _secrets_of(scene, one) for one in callers - {call.caller})


@once_per_scene
def _secrets_by_name(scene: Scene) -> dict[str, list[Obj]]:
    found: dict[str, list[Obj]] = defaultdict(list)
    for one in scene.all("Secret"):
        found[one["metadata"]["name"]].append(one)
    return found


@condition(
    "workload.refuses_credentials",
    *WORKLOADS,
    worth=0.62,
    vague=True,
    if_named=True,
    refuted_by="a change of what its callers log in with",
)
def refuses_credentials(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program refuses the credentials of callers that changed nothing."""
    refused = _refused(scene).get(entity, [])
    if not refused or not scene.ready_pods(entity):
        return
    if any(_logs_in_anew(scene, call.caller) for call in refused):
        return
    if any(entity == one.store for found in _outdated(scene).values() for one in found):
        return
    first = refused[0]
    names = sorted({str(call.caller) for call in refused})
    yield Finding(
        condition="workload.refuses_credentials",
        entity=entity,
        claim=f"{entity} is up and refuses what {' and '.join(names[:3])} always logged in with: "
        f"{one_line(first.error.line, 120)}, {sum(one.error.count for one in refused)} times",
        category=Category.SECURITY,
        uid=item["metadata"].get("uid", ""),
        since=min((one.error.first_at for one in refused if one.error.first_at), default=None),
        source="logs",
        command=first.log.command,
        excerpt=first.error.line,
        tainted=True,
        facts=_facts(scene, entity, refused),
    )


@once_per_scene
def _refused(scene: Scene) -> dict[Entity, list[FailingCall]]:
    """Refused callers of each program that is behind a Service."""
    found: dict[Entity, list[FailingCall]] = defaultdict(list)
    for call in failing_calls(scene):
        refused = call.error.cause is LogCause.AUTH_FAILED and call.error.count >= OFTEN
        end = call.target.entity
        item = scene.inventory.find(end) if end and end.kind == "Service" else None
        if refused and item and not _OF_RULES.search(call.error.line):
            for workload in scene.workloads_behind(item):
                found[workload].append(call)
    return found


def _facts(scene: Scene, entity: Entity, refused: list[FailingCall]) -> dict[str, str]:
    """Whom it explains: callers that have no other trouble with anybody else."""
    troubles: dict[Entity, set[Entity | None]] = defaultdict(set)
    for call in failing_calls(scene):
        troubles[call.caller].add(call.target.entity)
    only = {one.caller for one in refused if len(troubles[one.caller]) == 1}
    return {"explains": " ".join(sorted(one.path for one in only - {entity}))} if only else {}


def _logs_in_anew(scene: Scene, caller: Entity) -> bool:
    """Whether a caller, or a Secret or ConfigMap of it, is no older than a day."""
    item = scene.inventory.find(caller)
    if item is None or not scene.older(item, DAY):
        return True
    known = workload_revisions(scene, caller)
    if known and (scene.age(known[0].at) or 0) < DAY:
        return True
    for ref in references(spec_of(caller.kind, item)):
        used = scene.get(ref.kind, caller.namespace, ref.name)
        edit = last_edit(used) if used else None
        if used and (not scene.older(used, DAY) or (edit and (scene.age(edit.at) or 0) < DAY)):
            return True
    return False
