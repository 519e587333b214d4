"""Nodes that look well and on which pods fail that are well everywhere else."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.meaning import OFTEN, is_new
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.logs.reading import LogError
from sreagent.diagnose.objects.podspec import EMPTY, containers, is_over, is_ready, pod_condition
from sreagent.diagnose.view.calling import is_current
from sreagent.diagnose.view.revisions import HASH
from sreagent.diagnose.view.scene import Scene, labels_of, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, PodLog, controller_ref
from sreagent.domain.text import one_line

_CUT = frozenset({LogCause.RESET, LogCause.TIMEOUT, LogCause.DNS_TIMEOUT})
"""What programs say that reach nobody; who is refused has reached somebody."""
SETTLED = 120
"""Seconds a pod may take to become ready."""
SEVERAL = 2
"""Workloads that must fail on a node before it is the node's fault."""


@condition(
    "node.fails_its_pods",
    "Node",
    worth=0.80,
    refuted_by="the same pods failing on another node too",
)
def fails_its_pods(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """Pods of several workloads fail on one node only, though the node counts as ready."""
    failing = _bad(scene).get(entity.name)
    if not failing:
        return
    names = " and ".join(str(one) for one in failing[:3])
    yield Finding(
        condition="node.fails_its_pods",
        entity=entity,
        claim=f"{entity} counts as ready, but pods of {names} fail on it and are well on all "
        "other nodes",
        category=Category.NODE,
        uid=node["metadata"].get("uid", ""),
        command=f"kubectl get pods -A -o wide --field-selector spec.nodeName={entity.name}",
        facts={"node": entity.name},
    )


@condition(
    "node.cuts_off_its_pods",
    "Node",
    worth=0.82,
    refuted_by="the same complaints of pods on another node",
)
def cuts_off_its_pods(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """Programs complain of the network on one node only, though the node counts as ready."""
    complaining = _cutting(scene).get(entity.name)
    if not complaining:
        return
    owners = sorted({scene.workload_of(pod) for pod, _, _ in complaining})
    _, log, error = complaining[0]
    yield Finding(
        condition="node.cuts_off_its_pods",
        entity=entity,
        claim=f"{entity} counts as ready, but programs of {' and '.join(map(str, owners[:3]))} "
        f"complain of the network on it, and on no other node: {one_line(error.line, 160)}",
        category=Category.NODE,
        uid=node["metadata"].get("uid", ""),
        since=min((one.first_at for _, _, one in complaining if one.first_at), default=None),
        source="logs",
        command=log.command,
        excerpt=error.block,
        tainted=True,
        facts={"node": entity.name},
    )


def cut_off_by(scene: Scene, pod: Obj) -> tuple[Entity, ...]:
    """The node of a pod, when programs complain of the network on that node only."""
    name = _node(pod)
    return (Entity(kind="Node", name=name),) if name in _cutting(scene) else ()


def at_fault(scene: Scene, pod: Obj) -> tuple[Entity, ...]:
    """The node of a pod, when it is the node that fails its pods."""
    name = str((pod.get("spec") or EMPTY).get("nodeName") or "")
    return (Entity(kind="Node", name=name),) if name in _bad(scene) else ()


def say_fault(node: Entity) -> str:
    """What is held against such a node."""
    return f"fails pods that are well on other nodes, though {node} counts as ready"


@once_per_scene
def _bad(scene: Scene) -> Mapping[str, tuple[Entity, ...]]:
    """Node names, each with the workloads whose pods fail there and nowhere else."""
    places: dict[str, list[Entity]] = defaultdict(list)
    shared: dict[str, int] = defaultdict(int)
    for pods in _alike(scene):
        failing = {_node(pod) for pod in pods if _fails(scene, pod)}
        well = {_node(pod) for pod in pods if is_ready(pod)}
        for name in failing | well if len(failing | well) > 1 else ():
            shared[name] += 1
        if len(failing) == 1 and well - failing and not well & failing:
            places[failing.pop()].append(scene.workload_of(pods[0]))
    return {
        name: tuple(sorted(owners))
        for name, owners in places.items()
        if len(owners) >= SEVERAL and 2 * len(owners) > shared[name] and _is_up(scene, name)
    }


_Complaint = tuple[Obj, PodLog, LogError]


@once_per_scene
def _cutting(scene: Scene) -> Mapping[str, tuple[_Complaint, ...]]:
    """Node names, each with who complains of the network there, of several workloads."""
    places: dict[str, list[list[_Complaint]]] = defaultdict(list)
    for pods in _alike(scene):
        heard = {_node(pod) for pod in pods if scene.logs(pod)}
        told = [one for pod in pods if (one := _complaint(scene, pod))]
        nodes = {_node(pod) for pod, _, _ in told}
        if len(nodes) == 1 and heard - nodes:
            places[nodes.pop()].append(told)
    return {
        name: tuple(one for each in told for one in each)
        for name, told in places.items()
        if len(told) >= SEVERAL and _differ(told) and _is_up(scene, name)
    }


def _differ(told: list[list[_Complaint]]) -> bool:
    """Whether workloads miss different ends: of one end that all miss the node is not guilty."""
    ends = [{error.target for _, _, error in each} for each in told]
    return len(set().union(*ends)) > 1 and not set.intersection(*ends)


def _complaint(scene: Scene, pod: Obj) -> _Complaint | None:
    """What a program says of the network again and again, and did not always."""
    return next(
        (
            (pod, log, error)
            for log, reading in scene.logs(pod)
            for error in reading.errors
            if error.cause in _CUT and error.count >= OFTEN and not log.previous
            if is_current(scene, error) and is_new(error, reading)
        ),
        None,
    )


def _alike(scene: Scene) -> list[list[Obj]]:
    """Pods that are made from one template, of controllers that have several."""
    found: dict[tuple[str, str], list[Obj]] = defaultdict(list)
    for pod in scene.all("Pod"):
        owner = controller_ref(pod)
        if owner and _node(pod) and not is_over(pod):
            found[owner["uid"], labels_of(pod).get(HASH, "")].append(pod)
    return [pods for pods in found.values() if len(pods) > 1]


def _fails(scene: Scene, pod: Obj) -> bool:
    """Whether it started there, and ends or does not become ready."""
    began = any(one.restarts or one.running for one in containers(pod))
    leaving = pod["metadata"].get("deletionTimestamp")
    return began and not leaving and not is_ready(pod) and scene.older(pod, SETTLED)


def _node(pod: Obj) -> str:
    return str((pod.get("spec") or EMPTY).get("nodeName") or "")


def _is_up(scene: Scene, name: str) -> bool:
    node = scene.get("Node", "", name)
    return node is not None and pod_condition(node, "Ready").get("status") == "True"
