"""Nodes that look well and on which pods fail that are well everywhere else."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.objects.podspec import EMPTY, containers, is_over, is_ready, pod_condition
from sreagent.diagnose.view.revisions import HASH
from sreagent.diagnose.view.scene import Scene, labels_of, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, controller_ref

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
