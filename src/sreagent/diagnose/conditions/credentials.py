"""Stores that answer and refuse who logs in as ever."""

import re
from collections import defaultdict
from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.meaning import OFTEN
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import references, spec_of
from sreagent.diagnose.view.calling import FailingCall, failing_calls
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj
from sreagent.domain.text import one_line

DAY = 86_400
_OF_RULES = re.compile(r"RBAC|\b403\b|PermissionDenied|AccessDenied")
"""Words of rules about who may call whom, which are no matter of credentials."""


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
