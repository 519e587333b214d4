"""Quotas that are used up."""

import re
from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.diagnose.objects.quantities import amount
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj

_ASKED = re.compile(r"(?:requested: |,)([a-z][\w./-]{1,80})=[^,]{1,30}(?=.{0,300} used: )")
"""Names of what a refused pod asked for."""


@condition("quota.exhausted", "ResourceQuota", worth=0.84, even_mild=True)
def exhausted(scene: Scene, entity: Entity, quota: Obj) -> Iterator[Finding]:
    """A namespace has used all that its quota allows, and pods are refused for it."""
    status = quota.get("status") or EMPTY
    used, hard = status.get("used") or {}, status.get("hard") or {}
    full = [name for name in sorted(hard) if amount(used.get(name, 0)) >= amount(hard[name])]
    refusals = _refusals(scene, quota)
    refused = sorted(refusals)
    if not full and not refused:
        return
    # Less may be left than one pod asks for.
    asked = {name for message in refusals.values() for name in _ASKED.findall(message)}
    short = full or sorted(asked & hard.keys()) or sorted(hard)
    said = ", ".join(f"{name} {used.get(name, 0)} of {hard[name]}" for name in short)
    yield Finding(
        condition="quota.exhausted",
        entity=entity,
        claim=f"{entity} is used up: {said}"
        + (f"; it refuses pods of {', '.join(refused)}" if refused else ""),
        category=Category.RESOURCE,
        severity=Severity.ERROR if refused else Severity.WARNING,
        uid=quota["metadata"].get("uid", ""),
        path="status.used",
        command=f"kubectl -n {entity.namespace} describe resourcequota {entity.name}",
        facts={"full": ",".join(full)},
    )


def _refusals(scene: Scene, quota: Obj) -> dict[str, str]:
    """What is said of those whose pods this quota refuses now, by their names."""
    meta = quota["metadata"]
    words = f"exceeded quota: {meta['name']},"
    found = {}
    for kind in ("ReplicaSet", "StatefulSet", "DaemonSet", "Job"):
        for item in scene.all(kind, meta.get("namespace", "")):
            conditions = (item.get("status") or EMPTY).get("conditions") or ()
            told = [str(one.get("message")) for one in conditions if one.get("status") == "True"]
            if kind != "ReplicaSet":
                events = scene.events(item, "FailedCreate", within=900)
                told += [str(event.get("message")) for event in events]
            said = next((text for text in told if words in f"{text},"), None)
            if said is not None:
                found[str(scene.inventory.workload_of(kind, item))] = said
    return found
