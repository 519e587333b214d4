"""What a change would touch, told from the objects in view."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory, Obj, controller_ref, entity_of
from sreagent.policy.facts import Facts

MANAGERS: Mapping[str, str] = {
    "argocd.argoproj.io/instance": "Argo CD",
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "meta.helm.sh/release-name": "Helm",
}
"""Labels and annotations by which a deployer marks what it owns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """Pods touched, who depends on them, and the facts that policy judges by."""

    touches: str
    depends: str
    facts: Facts


def weigh(inventory: Inventory, action: Action, live: Obj, replicas_at_start: int | None) -> Impact:
    """Say what an action would touch.

    `live` is the target as it is now; its replicas are those at incident start unless told.
    """
    replicas = live.get("spec", {}).get("replicas")
    pods = list(_pods(inventory, action.target, live))
    ready = sum(map(is_ready, pods))
    autoscaler = _autoscaler(inventory, action.target)
    return Impact(
        touches=_touches(inventory, action, pods, ready),
        depends=_depends(inventory, action.target, live, pods, autoscaler),
        facts=Facts(
            replicas=replicas,
            replicas_at_start=replicas if replicas_at_start is None else replicas_at_start,
            autoscaler=autoscaler,
            controlled=controller_ref(live) is not None,
            ready=action.target.kind == "Pod" and is_ready(live),
            unseen=_unseen(inventory, action),
        ),
    )


LIMITING = {
    "scale": ("HorizontalPodAutoscaler",),
    "rollout_restart": ("PodDisruptionBudget",),
    "delete_pod": ("PodDisruptionBudget",),
}
"""Kinds whose objects limit a change."""


def _unseen(inventory: Inventory, action: Action) -> tuple[str, ...]:
    kinds = LIMITING.get(action.verb, ())
    return tuple(kind for kind in kinds if not inventory.looked(kind, action.target.namespace))


def is_ready(pod: Obj) -> bool:
    """Whether the pod has the Ready condition and is not on its way out."""
    if pod["metadata"].get("deletionTimestamp"):
        return False
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _pods(inventory: Inventory, target: Entity, live: Obj) -> Iterator[Obj]:
    if target.kind == "Pod":
        yield live
    elif target.kind == "Service":
        yield from inventory.selected(live["spec"].get("selector") or {"": ""}, target.namespace)
    else:
        yield from inventory.pods_of(live)


def _touches(inventory: Inventory, action: Action, pods: list[Obj], ready: int) -> str:
    count = f"{len(pods)} pod{'' if len(pods) == 1 else 's'}"
    if action.target.kind == "Service":
        return f"no pod; today the service reaches {ready} ready of {count}"
    if action.target.kind == "Pod":
        owner = inventory.workload_of("Pod", pods[0])
        return f"1 pod of {owner}"
    budget = _budget(inventory, action.target.namespace, pods)
    if action.verb == "scale":
        return f"{count} now, {ready} ready; budget {budget}"
    name = action.target.name
    return f"all {count} of {name}, {ready} ready now, one after the other; budget {budget}"


def _depends(
    inventory: Inventory, target: Entity, live: Obj, pods: list[Obj], autoscaler: str
) -> str:
    parts: list[str] = []
    if callers := sorted(_callers(inventory, target, pods)):
        parts.append(f"{', '.join(callers)} call{'s' if len(callers) == 1 else ''} it")
    else:
        parts.append("no caller seen in view")
    if autoscaler:
        parts.append(f"autoscaler {autoscaler} owns its replicas")
    manager = _manager(live)
    parts.append(
        f"{manager} may set it back" if manager else "not managed by Argo CD, Flux or Helm"
    )
    return "; ".join(parts)


def _callers(inventory: Inventory, target: Entity, pods: list[Obj]) -> set[str]:
    """Workloads whose environment or log names a Service in front of these pods."""
    services = {target.name} if target.kind == "Service" else _services(inventory, pods)
    found = set(_named_in_logs(inventory, target, services))
    for kind in ("Deployment", "StatefulSet", "DaemonSet"):
        for workload in inventory.all(kind, target.namespace):
            if entity_of(kind, workload) != target and services & set(_hosts(workload)):
                found.add(str(workload["metadata"]["name"]))
    return found


def _named_in_logs(inventory: Inventory, target: Entity, services: set[str]) -> Iterator[str]:
    """Workloads whose log holds an address of one of the services."""
    for log in inventory.logs:
        if any(f"://{name}{end}" in log.text for name in services for end in ":/."):
            pod = inventory.find(log.pod)
            caller = inventory.workload_of("Pod", pod) if pod else log.pod
            if caller != target:
                yield caller.name


def _services(inventory: Inventory, pods: list[Obj]) -> set[str]:
    if not pods:
        return set()
    labels = (pods[0]["metadata"].get("labels") or {}).items()
    return {
        service["metadata"]["name"]
        for service in inventory.all("Service", pods[0]["metadata"]["namespace"])
        if (selector := service["spec"].get("selector")) and selector.items() <= labels
    }


def _hosts(workload: Obj) -> Iterator[str]:
    """First label of each host name that the containers' environment mentions."""
    for container in workload["spec"]["template"]["spec"]["containers"]:
        for variable in container.get("env") or ():
            value = str(variable.get("value") or "")
            yield value.split("://")[-1].split("/")[0].split(":")[0].split(".")[0]


def _autoscaler(inventory: Inventory, target: Entity) -> str:
    for scaler in inventory.all("HorizontalPodAutoscaler", target.namespace):
        ref = scaler["spec"].get("scaleTargetRef", {})
        if (ref.get("kind"), ref.get("name")) == (target.kind, target.name):
            return str(scaler["metadata"]["name"])
    return ""


def _budget(inventory: Inventory, namespace: str, pods: list[Obj]) -> str:
    if not inventory.looked("PodDisruptionBudget", namespace):
        return "not looked at"
    labels = (pods[0]["metadata"].get("labels") or {}).items() if pods else {}.items()
    for budget in inventory.all("PodDisruptionBudget", namespace):
        selector = (budget["spec"].get("selector") or {}).get("matchLabels") or {}
        if selector and selector.items() <= labels:
            allowed = budget.get("status", {}).get("disruptionsAllowed", "?")
            return f"{budget['metadata']['name']} allows {allowed}"
    return "none"


def _manager(live: Obj) -> str:
    meta = live["metadata"]
    marks = {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}
    return next((name for mark, name in MANAGERS.items() if mark in marks), "")
