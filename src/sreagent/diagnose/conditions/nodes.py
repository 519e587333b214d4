"""Nodes that do not answer, lack something, or take no pods."""

import re
from collections.abc import Iterator

from sreagent.diagnose.conditions.endings import greed
from sreagent.diagnose.conditions.pod_templates import unbounded
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.metrics.readings import of
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY, is_over, pod_condition
from sreagent.diagnose.objects.quantities import amount
from sreagent.diagnose.view.scene import Scene, labels_of
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import parse_time, span
from sreagent.domain.signal import Measure, Unit, say
from sreagent.domain.text import one_line

_ZONES = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure")
ROOMY = 0.7
"""Share of a disk in use with which no pod should be evicted."""
LITTLE = 0.5
"""Share of a disk that pods should at least be allowed to use."""
FLICKER = 10
"""Seconds for which a node may be not ready unremarked."""


@condition(
    "node.not_ready", "Node", worth=0.88, refuted_by="the node answering while its pods still fail"
)
def not_ready(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """The kubelet of a node reports trouble, or reports nothing any more."""
    state = pod_condition(node, "Ready")
    since = parse_time(state.get("lastTransitionTime"))
    lasting = scene.age(since)
    if state.get("status") == "True" or (lasting is not None and lasting < FLICKER):
        return
    silent = state.get("status") == "Unknown"
    what = "its kubelet stopped reporting" if silent else one_line(str(state.get("message")), 200)
    yield Finding(
        condition="node.not_ready",
        entity=entity,
        claim=f"{entity} is not ready{f' for {span(lasting)}' if lasting else ''}: {what}"
        f"{_say_zone(scene, node)}{_say_pods(scene, entity)}",
        category=Category.NODE,
        severity=Severity.CRITICAL,
        uid=node["metadata"].get("uid", ""),
        path="status.conditions[Ready]",
        since=since,
        command=f"kubectl describe node {entity.name}",
        facts={"node": entity.name, "reason": str(state.get("reason") or "")},
    )


@condition("node.pressure", "Node", worth=0.82)
def pressure(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """A node runs short of memory, disk or process ids and throws pods out."""
    for name in PRESSURES:
        state = pod_condition(node, name)
        if state.get("status") == "True":
            yield Finding(
                condition="node.pressure",
                entity=entity,
                claim=f"{entity} has {name}: {one_line(str(state.get('message') or ''), 160)}"
                f"{_threshold(scene, node, name)}",
                category=Category.NODE,
                uid=node["metadata"].get("uid", ""),
                path=f"status.conditions[{name}]",
                since=parse_time(state.get("lastTransitionTime")),
                command=f"kubectl describe node {entity.name}",
                suspects=_takers(scene, node) if name == "MemoryPressure" else (),
                facts={"node": entity.name, "pressure": name},
            )


def _takers(scene: Scene, node: Obj) -> tuple[Entity, ...]:
    """Who takes the memory of a node: by its limits, or by what the kubelet said of it."""
    greedy = {scene.workload_of(pod) for pod in _evicted_from(scene, node) if greed(scene, pod)}
    return tuple(sorted(greedy | set(unbounded(scene, entity_of("Node", node)))))


_EVICTED = re.compile(r"Threshold quantity: ([\w.]{1,30}), available: ([\w.]{0,29}\w)")


def _threshold(scene: Scene, node: Obj, name: str) -> str:
    """How much the kubelet wants to keep free, when that is more than it should."""
    status = node.get("status") or EMPTY
    for pod in _evicted_from(scene, node):
        told = _EVICTED.search(str((pod.get("status") or EMPTY).get("message") or ""))
        if told:
            return (
                f"; the kubelet evicts below {_size(told[1])} free, {told[2]} were left"
                f"{_say_roomy(scene, node, name)}"
            )
    sizes = [status.get(side) or {} for side in ("capacity", "allocatable")]
    whole, usable = (amount(one.get("ephemeral-storage", 0)) for one in sizes)
    if name == "DiskPressure" and whole and usable and usable < LITTLE * whole:
        kept = 100 - round(100 * usable / whole)
        return f"; the kubelet keeps {kept} % of the disk back (eviction threshold or reservation)"
    return ""


def _size(text: str) -> str:
    """A threshold as people write it: the kubelet tells bytes."""
    return say(amount(text), Unit.BYTES) if text.isdigit() else text


def _say_roomy(scene: Scene, node: Obj, name: str) -> str:
    """That metrics show a disk with room, so that the threshold itself is what is wrong."""
    used = [one.now for one in of(scene, entity_of("Node", node), Measure.NODE_DISK)]
    if name != "DiskPressure" or not used or max(used) > ROOMY:
        return ""
    return f", though {say(max(used), Unit.SHARE)} of its disk is in use: the threshold is wrong"


def _evicted_from(scene: Scene, node: Obj) -> Iterator[Obj]:
    name = node["metadata"]["name"]
    for pod in scene.all("Pod"):
        if pod["spec"].get("nodeName") == name and is_over(pod):
            yield pod


@condition("node.network_unavailable", "Node", worth=0.80)
def network_unavailable(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """A node has no working pod network."""
    state = pod_condition(node, "NetworkUnavailable")
    if state.get("status") != "True" or not scene.older(node, 60):
        return
    yield Finding(
        condition="node.network_unavailable",
        entity=entity,
        claim=f"{entity} has no pod network: {one_line(str(state.get('message') or ''), 160)}",
        category=Category.NODE,
        uid=node["metadata"].get("uid", ""),
        path="status.conditions[NetworkUnavailable]",
        since=parse_time(state.get("lastTransitionTime")),
        command=f"kubectl describe node {entity.name}",
        facts={"node": entity.name},
    )


@condition("node.cordoned", "Node", worth=0.80, even_mild=True)
def cordoned(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """Somebody told a node to take no new pods."""
    if not (node.get("spec") or EMPTY).get("unschedulable"):
        return
    edit = last_edit(node, "spec.unschedulable")
    who = f" by {edit.by}, {span(scene.age(edit.at) or 0)} ago" if edit else ""
    hard = any(
        pod_condition(pod, "PodScheduled").get("reason") == "Unschedulable"
        for pod in scene.pods_by_node.get("", ())
    )
    yield Finding(
        condition="node.cordoned",
        entity=entity,
        claim=f"{entity} is cordoned{who}: it takes no new pods",
        category=Category.NODE,
        severity=Severity.ERROR if hard else Severity.WARNING,
        uid=node["metadata"].get("uid", ""),
        path="spec.unschedulable",
        since=edit.at if edit else None,
        command=f"kubectl get node {entity.name} -o yaml",
        facts={"node": entity.name},
    )


def _say_zone(scene: Scene, node: Obj) -> str:
    """That its whole zone is down and others are not: the trouble is larger than a node."""
    for label in _ZONES:
        zone = labels_of(node).get(label)
        mine = [one for one in scene.all("Node") if zone and labels_of(one).get(label) == zone]
        others = [one for one in scene.all("Node") if one not in mine]
        if len(mine) > 1 and not any(map(_is_well, mine)) and any(map(_is_well, others)):
            return f", as are all {len(mine)} nodes of zone {zone} and none elsewhere"
    return ""


def _is_well(node: Obj) -> bool:
    return bool(pod_condition(node, "Ready").get("status") == "True")


def _say_pods(scene: Scene, node: Entity) -> str:
    """How many are on it; nothing when none could be looked at."""
    if not scene.inventory.namespaces and not scene.inventory.looked("Pod"):
        return ""
    count = len(scene.pods_by_node.get(node.name, ()))
    return f"; {count} {'pod' if count == 1 else 'pods'} in view on it"
