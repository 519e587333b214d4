"""Autoscalers that cannot do their work."""

from collections.abc import Iterator

from sreagent.diagnose.podspec import EMPTY, pod_condition
from sreagent.diagnose.registry import Role, condition
from sreagent.diagnose.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import parse_time
from sreagent.domain.text import one_line


@condition(
    "hpa.at_max",
    "HorizontalPodAutoscaler",
    role=Role.SYMPTOM,
    worth=0.40,
    if_named=True,
    even_mild=True,
)
def at_max(_scene: Scene, entity: Entity, scaler: Obj) -> Iterator[Finding]:
    """An autoscaler wants more pods than it may have."""
    state = pod_condition(scaler, "ScalingLimited")
    if state.get("status") != "True" or state.get("reason") != "TooManyReplicas":
        return
    spec = scaler.get("spec") or EMPTY
    yield Finding(
        condition="hpa.at_max",
        entity=entity,
        claim=f"{entity} is at its maximum of {spec.get('maxReplicas')} replicas and wants more",
        category=Category.RESOURCE,
        severity=Severity.WARNING,
        uid=scaler["metadata"].get("uid", ""),
        path="status.conditions[ScalingLimited]",
        since=parse_time(state.get("lastTransitionTime")),
        command=f"kubectl -n {entity.namespace} describe hpa {entity.name}",
        facts={"max": str(spec.get("maxReplicas"))},
    )


@condition(
    "hpa.cannot_scale", "HorizontalPodAutoscaler", worth=0.78, even_mild=True, even_near=True
)
def cannot_scale(_scene: Scene, entity: Entity, scaler: Obj) -> Iterator[Finding]:
    """An autoscaler cannot read its metrics or find its target."""
    for name in ("ScalingActive", "AbleToScale"):
        state = pod_condition(scaler, name)
        reason = state.get("reason")
        if state.get("status") != "False" or reason == "ScalingDisabled":
            continue
        yield Finding(
            condition="hpa.cannot_scale",
            entity=entity,
            claim=f"{entity} cannot scale ({reason}): "
            f"{one_line(str(state.get('message') or ''), 240)}",
            category=Category.CONFIGURATION,
            severity=Severity.WARNING,
            uid=scaler["metadata"].get("uid", ""),
            path=f"status.conditions[{name}]",
            since=parse_time(state.get("lastTransitionTime")),
            command=f"kubectl -n {entity.namespace} describe hpa {entity.name}",
        )
