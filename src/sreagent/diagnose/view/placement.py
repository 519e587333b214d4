"""What keeps a pod off a node: the scheduler's filters, computed again from the objects."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.diagnose.objects.podspec import EMPTY, pod_condition, references, requests
from sreagent.diagnose.objects.quantities import amount
from sreagent.diagnose.view.scene import Scene, labels_of, once_per_scene
from sreagent.diagnose.view.selectors import matches, node_terms_fit
from sreagent.domain.inventory import Obj

BY_THE_CLUSTER = "node.kubernetes.io/"
"""Prefix of the taints that the cluster sets itself: not ready, unreachable, unschedulable."""
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_Term = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why one node does not take a pod."""

    cause: str
    """`insufficient`, `taint`, `node_selector`, `cordoned`, `node_down`, `anti_affinity`, …"""
    node: str
    detail: str = ""
    """The resource, the taint, the topology key, the port or the volume."""


def obstacle_on(scene: Scene, pod: Obj, node: Obj) -> Obstacle | None:
    """The first reason for which this node does not take the pod."""
    name, spec = node["metadata"]["name"], node.get("spec") or EMPTY
    if not node_terms_fit(pod["spec"], node):
        return Obstacle(cause="node_selector", node=name)
    full = no_room_on(scene, pod, node)
    if pod_condition(node, "Ready").get("status") != "True":
        return full or Obstacle(cause="node_down", node=name)
    if spec.get("unschedulable"):
        return full or Obstacle(cause="cordoned", node=name)
    for taint in spec.get("taints") or ():
        if taint.get("effect") != "PreferNoSchedule" and not tolerates(pod["spec"], taint):
            own = str(taint["key"]).startswith(BY_THE_CLUSTER)
            cause = "node_trouble" if own else "taint"
            return Obstacle(cause=cause, node=name, detail=say_taint(taint))
    return full or _bound_elsewhere(scene, pod, node)


def no_room_on(scene: Scene, pod: Obj, node: Obj) -> Obstacle | None:
    """What the node has too little of."""
    name, free = node["metadata"]["name"], free_on(scene, node)
    for resource, asked in requests(pod["spec"]).items():
        if asked > free.get(resource, 0.0):
            return Obstacle(cause="insufficient", node=name, detail=resource)
    return Obstacle(cause="too_many_pods", node=name) if free.get("pods", 1.0) < 1 else None


def free_on(scene: Scene, node: Obj) -> Mapping[str, float]:
    """Allocatable minus what the pods in view ask for: an upper bound when not all are."""
    return _room(scene)[node["metadata"]["name"]]


@once_per_scene
def pods_that_fit(scene: Scene) -> float:
    """How many pods all nodes together may hold; 0 when no node is known."""
    return sum(
        amount(((node.get("status") or EMPTY).get("allocatable") or {}).get("pods", 0))
        for node in scene.all("Node")
    )


@once_per_scene
def _room(scene: Scene) -> Mapping[str, Mapping[str, float]]:
    return {node["metadata"]["name"]: _left(scene, node) for node in scene.all("Node")}


def _left(scene: Scene, node: Obj) -> dict[str, float]:
    status = node.get("status") or EMPTY
    free = {name: amount(text) for name, text in (status.get("allocatable") or {}).items()}
    for pod in scene.pods_by_node.get(node["metadata"]["name"], ()):
        for resource, asked in requests(pod["spec"]).items():
            free[resource] = free.get(resource, 0.0) - asked
        free["pods"] = free.get("pods", 110.0) - 1
    return free


def tolerates(spec: Obj, taint: Mapping[str, Any]) -> bool:
    """Whether a pod spec tolerates a taint."""
    for one in spec.get("tolerations") or ():
        key = one.get("key")
        same_value = one.get("operator") == "Exists" or one.get("value", "") == taint.get(
            "value", ""
        )
        effect = one.get("effect")
        if (
            (not key or key == taint["key"])
            and same_value
            and effect in (None, "", taint["effect"])
        ):
            return True
    return False


def say_taint(taint: Mapping[str, Any]) -> str:
    """`pool=gpu:NoSchedule`."""
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint.get('effect')}"


def _bound_elsewhere(scene: Scene, pod: Obj, node: Obj) -> Obstacle | None:
    """Ports, volumes and neighbours."""
    name = node["metadata"]["name"]
    if taken := next((port for port, _ in port_holders(scene, pod, name)), None):
        return Obstacle(cause="host_port", node=name, detail=str(taken))
    for volume in volumes_of(scene, pod):
        if not volume_fits(volume, node):
            return Obstacle(
                cause="volume_affinity", node=name, detail=str(volume["metadata"]["name"])
            )
    return _neighbours(scene, pod, node)


def host_ports(spec: Obj) -> set[tuple[str, int]]:
    """Ports of the node itself that a pod takes."""
    shared = bool(spec.get("hostNetwork"))
    return {
        (str(port.get("protocol") or "TCP"), int(number))
        for one in spec.get("containers") or ()
        for port in one.get("ports") or ()
        if (number := port.get("hostPort") or (port.get("containerPort") if shared else None))
    }


def port_holders(scene: Scene, pod: Obj, node: str) -> Iterator[tuple[int, Obj]]:
    """Pods on a node that hold a port of the node that this one asks for."""
    wanted = host_ports(pod["spec"])
    for other in scene.pods_by_node.get(node, ()) if wanted else ():
        for _, port in sorted(wanted & host_ports(other["spec"])):
            if other is not pod:
                yield port, other


def volumes_of(scene: Scene, pod: Obj) -> Iterator[Obj]:
    """Volumes that are bound to the claims of a pod, of those that were listed."""
    space = pod["metadata"].get("namespace", "")
    for ref in references(pod["spec"]):
        if ref.kind != "PersistentVolumeClaim":
            continue
        claim = scene.get("PersistentVolumeClaim", space, ref.name) or EMPTY
        name = (claim.get("spec") or EMPTY).get("volumeName")
        volume = scene.get("PersistentVolume", "", name) if name else None
        if volume:
            yield volume


def volume_fits(volume: Obj, node: Obj) -> bool:
    """Whether a volume can be used on a node."""
    required = ((volume.get("spec") or EMPTY).get("nodeAffinity") or EMPTY).get("required")
    return not required or node_terms_fit(
        {"affinity": {"nodeAffinity": {_REQUIRED: required}}}, node
    )


def _neighbours(scene: Scene, pod: Obj, node: Obj) -> Obstacle | None:
    name, labels = node["metadata"]["name"], labels_of(node)
    for term in terms(pod["spec"], "podAntiAffinity"):
        key = term["topologyKey"]
        if key in labels and labels[key] in _domains(scene, pod, term):
            return Obstacle(cause="anti_affinity", node=name, detail=key)
    for term in terms(pod["spec"], "podAffinity"):
        near = _domains(scene, pod, term)
        first = not near and matches(term.get("labelSelector"), labels_of(pod))
        if not first and labels.get(term["topologyKey"]) not in near:
            return Obstacle(cause="affinity", node=name, detail=term["topologyKey"])
    for rule in pod["spec"].get("topologySpreadConstraints") or ():
        if rule.get("whenUnsatisfiable") == "DoNotSchedule" and _skews(scene, pod, rule, labels):
            return Obstacle(cause="spread", node=name, detail=rule["topologyKey"])
    return None


def terms(spec: Obj, side: str) -> Iterable[_Term]:
    """Required terms of `podAffinity` or `podAntiAffinity`."""
    return ((spec.get("affinity") or EMPTY).get(side) or EMPTY).get(_REQUIRED) or ()


@once_per_scene
def _counted(_scene: Scene) -> dict[tuple[str, str], Counter[str]]:
    return {}


def _domains(scene: Scene, pod: Obj, term: _Term) -> Counter[str]:
    """How many pods that a term selects each domain of its topology has."""
    space = pod["metadata"].get("namespace", "")
    known, key = _counted(scene), (space, repr(term))
    if key not in known:
        known[key] = _count(scene, tuple(term.get("namespaces") or [space]), term)
    return known[key]


def _count(scene: Scene, spaces: Iterable[str], term: _Term) -> Counter[str]:
    found: Counter[str] = Counter()
    for space in spaces:
        for other in scene.all("Pod", space):
            node = scene.get("Node", "", (other.get("spec") or EMPTY).get("nodeName") or "")
            over = (other.get("status") or EMPTY).get("phase") in ("Succeeded", "Failed")
            if node is None or over or not matches(term.get("labelSelector"), labels_of(other)):
                continue
            if value := labels_of(node).get(term["topologyKey"]):
                found[value] += 1
    return found


def _skews(scene: Scene, pod: Obj, rule: _Term, labels: Mapping[str, str]) -> bool:
    """Whether one more pod in this node's domain would be one too many."""
    key = rule["topologyKey"]
    if key not in labels:
        return True
    there = _domains(scene, pod, rule)
    domains = {
        labels_of(node)[key]
        for node in scene.all("Node")
        if key in labels_of(node) and node_terms_fit(pod["spec"], node)
    }
    least = min((there[one] for one in domains), default=0)
    return there[labels[key]] + 1 - least > int(rule.get("maxSkew") or 1)
