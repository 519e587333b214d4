"""Quotas that are used up."""

from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.diagnose.objects.quantities import amount
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj


@condition("quota.exhausted", "ResourceQuota", worth=0.84, even_mild=True)
def exhausted(scene: Scene, entity: Entity, quota: Obj) -> Iterator[Finding]:
    """A namespace has used all that its quota allows, and pods are refused for it."""
    status = quota.get("status") or EMPTY
    used, hard = status.get("used") or {}, status.get("hard") or {}
    full = [name for name in sorted(hard) if amount(used.get(name, 0)) >= amount(hard[name])]
    refused = _refused(scene, quota)
    if not full and not refused:
        return
    said = ", ".join(f"{name} {used.get(name, 0)} of {hard[name]}" for name in full or sorted(hard))
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


def _refused(scene: Scene, quota: Obj) -> list[str]:
    """Names of those whose pods this quota refuses now."""
    meta = quota["metadata"]
    words = f"exceeded quota: {meta['name']}"
    found = set()
    for kind in ("ReplicaSet", "StatefulSet", "DaemonSet", "Job"):
        for item in scene.all(kind, meta.get("namespace", "")):
            conditions = (item.get("status") or EMPTY).get("conditions") or ()
            told = [str(one.get("message")) for one in conditions if one.get("status") == "True"]
            if kind != "ReplicaSet":
                events = scene.events(item, "FailedCreate", within=900)
                told += [str(event.get("message")) for event in events]
            if any(words in text for text in told):
                found.add(str(scene.inventory.workload_of(kind, item)))
    return sorted(found)
