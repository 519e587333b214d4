"""Reports of policy engines: what would not be let in today."""

from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.objects.shapes import parts, word
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj

_GRAVE = ("critical", "high")


@condition("policy.violated", "PolicyReport", "ClusterPolicyReport", role=Role.REMARK)
def violated(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Objects break a policy that the cluster checks."""
    failed = [one for one in parts(item, "results") if word(one, "result") in ("fail", "error")]
    if not failed:
        return
    grave = [one for one in failed if word(one, "severity").lower() in _GRAVE]
    first = (grave or failed)[0]
    rule = f" ({word(first, 'rule')})" if first.get("rule") else ""
    yield say(
        entity,
        item,
        "policy.violated",
        f"tells of {len(failed)} broken policies, {len(grave)} of them grave: "
        f"{word(first, 'policy')}{rule}",
        category=Category.SECURITY,
        severity=Severity.INFO,
        path="results",
        excerpt=word(first, "message", limit=300),
        tainted=True,
    )
