"""Pods that had to make room for others of higher priority."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.diagnose.view.scene import Scene, first_seen, last_seen, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.text import one_line

LATELY = 3600
"""Seconds for which a preemption matters."""
_TAKER = re.compile(r"Preempted by (?:a )?(?:pod )?([\w.-]{1,253}/)?([\w.-]{1,253})?")
_OWNERS = ("ReplicaSet", "StatefulSet", "DaemonSet", "Job")


@condition("pod.preempted", "Pod", worth=0.70, accuses=True)
def preempted(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A pod had to make room for one of higher priority."""
    events = scene.events(pod, "Preempted")
    if not events:
        return
    taker = _taker(scene, events[-1])
    yield Finding(
        condition="pod.preempted",
        entity=entity,
        claim=f"{entity} was preempted: {one_line(str(events[-1].get('message')), 200)}",
        category=Category.SCHEDULING,
        uid=pod["metadata"].get("uid", ""),
        path="spec.priority",
        since=first_seen(events),
        command=f"kubectl -n {entity.namespace} describe pod {entity.name}",
        suspects=(taker,) if taker else (),
        facts={"accusation": _says(str(scene.workload_of(pod)), 1)} if taker else {},
    )


@condition(
    "workload.preempted",
    "Deployment",
    "StatefulSet",
    worth=0.70,
    accuses=True,
    refuted_by="room for both on the nodes",
)
def pods_preempted(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Pods of a workload were pushed off their nodes, and it has too few since."""
    events = _of_gone_pods(scene).get(entity) or []
    wanted = (item.get("spec") or EMPTY).get("replicas", 1)
    ready = len(scene.ready_pods(entity)) if events else wanted
    if ready >= wanted:
        return
    found = takers(scene, entity)
    by = f" by pods of {' and '.join(map(str, found[:2]))}" if found else ""
    yield Finding(
        condition="workload.preempted",
        entity=entity,
        claim=f"{entity} lost {len(events)} pod{'s' if len(events) > 1 else ''}, preempted{by} of "
        f"higher priority; {ready} of {wanted} are ready",
        category=Category.SCHEDULING,
        severity=Severity.ERROR,
        uid=item["metadata"].get("uid", ""),
        path="spec.template.spec.priorityClassName",
        since=first_seen(events),
        command=f"kubectl -n {entity.namespace} get events --field-selector reason=Preempted",
        excerpt=one_line(str(events[-1].get("message")), 200),
        suspects=found,
        facts={"accusation": say_taken(scene, entity)},
    )


def takers(scene: Scene, workload: Entity) -> tuple[Entity, ...]:
    """Workloads whose pods pushed pods of this one off a node lately."""
    found = (_taker(scene, event) for event in _of_gone_pods(scene).get(workload, ()))
    return tuple(dict.fromkeys(one for one in found if one and one != workload))


def say_taken(scene: Scene, workload: Entity) -> str:
    """What is held against those who took the place."""
    return _says(str(workload), len(_of_gone_pods(scene).get(workload, ())))


def _says(victim: str, pods: int) -> str:
    many = "1 pod" if pods == 1 else f"{pods} pods"
    return f"has a higher priority and preempted {many} of {victim}"


@once_per_scene
def _of_gone_pods(scene: Scene) -> Mapping[Entity, list[Obj]]:
    """Preemptions by workload: the pods themselves are gone, their names tell whose they were."""
    found: dict[Entity, list[Obj]] = defaultdict(list)
    for event in scene.all("Event"):
        age = scene.age(last_seen(event))
        if event.get("reason") != "Preempted" or (age is not None and age > LATELY):
            continue
        about = event.get("involvedObject") or EMPTY
        space, name = about.get("namespace", ""), str(about.get("name", "")).rpartition("-")[0]
        for kind in _OWNERS:
            owner = scene.get(kind, space, name)
            if owner:
                found[scene.inventory.workload_of(kind, owner)].append(event)
                break
    return found


def _taker(scene: Scene, event: Obj) -> Entity | None:
    """Whose pod it made room for: by name up to 1.25, by uid since."""
    told = _TAKER.search(str(event.get("message") or ""))
    if not told or not told[2]:
        return None
    space, name = (told[1] or "").rstrip("/"), told[2]
    pod = scene.get("Pod", space, name) if space else _by_uid(scene).get(name)
    if pod:
        return scene.workload_of(pod)
    for kind in _OWNERS:
        owner = scene.get(kind, space, name.rpartition("-")[0])
        if owner:
            return scene.inventory.workload_of(kind, owner)
    return None


@once_per_scene
def _by_uid(scene: Scene) -> Mapping[str, Obj]:
    return {pod["metadata"].get("uid", ""): pod for pod in scene.all("Pod")}
