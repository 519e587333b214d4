"""Labels of a namespace that a policy lets in by, and that the namespace does not have any more."""

from collections.abc import Iterator

from sreagent.diagnose.conditions.network import blocked_calls, lost_label
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj


@condition(
    "namespace.not_admitted",
    "Namespace",
    worth=0.84,
    refuted_by="the same calls failing with the label back",
)
def not_admitted(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A namespace was edited and lacks a label by which a policy would let its programs in."""
    for policy, calls in blocked_calls(scene).items():
        found = scene.inventory.find(policy)
        own = [call for call in calls if call.caller.namespace == entity.name]
        shut_out = [call for call in own if found and lost_label(scene, found, call)]
        if not shut_out or found is None:
            continue
        first = shut_out[0]
        yield say(
            entity,
            item,
            "namespace.not_admitted",
            f"lacks the label {lost_label(scene, found, first)}, by which {policy} lets namespaces "
            f"in; {first.caller} gets {first.error.cause.value} of {first.error.target}, "
            f"{first.error.count} times",
            category=Category.NETWORK,
            severity=Severity.CRITICAL,
            path="metadata.labels",
            since=min((c.error.first_at for c in shut_out if c.error.first_at), default=None),
            facts={
                "explains": " ".join(dict.fromkeys((policy.path, *(c.caller.path for c in calls)))),
                "settled": "its rules were evaluated",
            },
        )
        return
