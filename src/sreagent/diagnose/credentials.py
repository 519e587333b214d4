"""Stores that answer and refuse who logs in as ever."""

import re
from collections import defaultdict
from collections.abc import Iterator

from sreagent.diagnose.calling import FailingCall, failing_calls, failing_calls_to
from sreagent.diagnose.log_meaning import OFTEN
from sreagent.diagnose.log_patterns import LogCause
from sreagent.diagnose.managers import last_edit
from sreagent.diagnose.podspec import EMPTY, references, spec_of
from sreagent.diagnose.registry import condition
from sreagent.diagnose.revisions import workload_revisions
from sreagent.diagnose.scene import WORKLOADS, Scene, labels_of
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, entity_of
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
    template = (item.get("spec") or EMPTY).get("template") or {"metadata": {}}
    refused = [
        call
        for service in scene.services_of(labels_of(template), entity.namespace)
        for call in failing_calls_to(scene, entity_of("Service", service))
        if call.error.cause is LogCause.AUTH_FAILED
        and call.error.count >= OFTEN
        and not _OF_RULES.search(call.error.line)
    ]
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
