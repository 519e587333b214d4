"""What happened to nodes and pods without being an edit of anything: by events and conditions."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime

from sreagent.diagnose.changes.deletions import killings
from sreagent.diagnose.changes.edits import is_new
from sreagent.diagnose.changes.scalings import autoscalings
from sreagent.diagnose.objects.podspec import EMPTY, pod_condition
from sreagent.diagnose.view.scene import Scene, first_seen, last_seen, once_per_scene
from sreagent.domain.change import Change, Sort
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import parse_time

DAY = 86_400
NAMED = 3
"""Pods that a summary names."""
_DEEDS = {
    "NodeNotSchedulable": "cordoned",
    "NodeSchedulable": "uncordoned",
    "Rebooted": "rebooted",
    "Starting": "kubelet started",
    "RegisteredNode": "joined the cluster",
    "RemovingNode": "removed from the cluster",
    "DeletingNode": "removed: the cloud has no such machine any more",
    "Shutdown": "shuts down",
    "ScaleDown": "taken away by the node autoscaler",
    "SpotInterrupted": "its spot machine is taken back",
    "SpotInterruption": "its spot machine is taken back",
    "PreemptScheduled": "its machine is to be taken back",
    "DisruptionTerminating": "taken away by the node autoscaler",
}
_TROUBLES = {
    "NodeNotReady": "not ready any more",
    "NodeHasDiskPressure": "short of disk",
    "NodeHasInsufficientMemory": "short of memory",
    "NodeHasInsufficientPID": "short of process ids",
    "SystemOOM": "out of memory, processes killed",
    "OOMKilling": "out of memory, processes killed",
    "KernelOops": "its kernel had a fault",
    "TaskHung": "a task of its kernel hung",
    "FilesystemIsReadOnly": "a file system went read-only",
}
_OF_NODES = {**_DEEDS, **_TROUBLES}
_ENDS = {
    "Evicted": "evicted by a node short of resources",
    "Preempted": "preempted by pods of higher priority",
    "TaintManagerEviction": "evicted from a tainted node",
    "EvictedByVPA": "evicted by the vertical autoscaler",
}
_MADE_NAME = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5}$|-\d{1,5}$")
_HASH = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{6,10}$")


@once_per_scene
def happenings_in(scene: Scene) -> tuple[Change, ...]:
    """What happened by itself or by a controller, newest first."""
    found = [*_of_nodes(scene), *_of_conditions(scene), *_kills(scene), *_ends(scene)]
    found += autoscalings(scene)
    return tuple(sorted(found, key=lambda change: change.at, reverse=True))


def _of_nodes(scene: Scene) -> Iterator[Change]:
    newest: dict[tuple[str, str], datetime] = {}
    for event in scene.all("Event"):
        about, reason = event.get("involvedObject") or EMPTY, str(event.get("reason"))
        at, name = last_seen(event), str(about.get("name") or "")
        told = about.get("kind") == "Node" and reason in _OF_NODES
        if told and at and name and _is_of_this(scene, name, at):
            newest[name, reason] = max(at, newest.get((name, reason), at))
    for (name, reason), at in newest.items():
        version = _odd_version(scene, name) if reason in ("Starting", "RegisteredNode") else ""
        sort = Sort.TROUBLE if reason in _TROUBLES else Sort.NODE
        yield _node(name, at, f"{_OF_NODES[reason]}{version}", sort)


def _is_of_this(scene: Scene, name: str, at: datetime) -> bool:
    """Not about a node that had the name before. A kubelet gives the name for the uid."""
    node = scene.get("Node", "", name)
    created = scene.created(node) if node else None
    return created is None or (created - at).total_seconds() < 60


def _of_conditions(scene: Scene) -> Iterator[Change]:
    """What the node itself still tells when its events are gone."""
    told = {
        (str((one.get("involvedObject") or EMPTY).get("name")), one.get("reason"))
        for one in scene.all("Event")
    }
    for node in scene.all("Node"):
        name, ready = node["metadata"]["name"], pod_condition(node, "Ready")
        at = parse_time(ready.get("lastTransitionTime"))
        recent = at is not None and (scene.age(at) or 0) < DAY
        if at and recent and ready.get("status") != "True" and (name, "NodeNotReady") not in told:
            yield _node(name, at, _TROUBLES["NodeNotReady"], Sort.TROUBLE)
        if at and recent and ready.get("status") == "True" and not is_new(scene, node):
            yield _node(name, at, f"ready again{_odd_version(scene, name)}")
        created = scene.created(node)
        if created and is_new(scene, node) and (name, "RegisteredNode") not in told:
            yield _node(name, created, f"joined the cluster{_odd_version(scene, name)}")
        for taint in (node.get("spec") or EMPTY).get("taints") or ():
            added = parse_time(taint.get("timeAdded"))
            is_told = str(taint.get("key")).startswith("node.kubernetes.io/")
            if added and not is_told and (scene.age(added) or 0) < DAY:
                yield _node(name, added, f"tainted {taint.get('key')}:{taint.get('effect')}")


def _odd_version(scene: Scene, name: str) -> str:
    """The version of its kubelet, when most nodes have another one."""
    versions = _versions(scene)
    mine = versions.get(name, "")
    usual, count = Counter(versions.values()).most_common(1)[0] if versions else ("", 0)
    odd = mine and mine != usual and count > 1
    return f", kubelet {mine} (others {usual})" if odd else ""


@once_per_scene
def _versions(scene: Scene) -> dict[str, str]:
    return {
        node["metadata"]["name"]: str(info.get("kubeletVersion") or "")
        for node in scene.all("Node")
        if (info := (node.get("status") or EMPTY).get("nodeInfo"))
    }


def _kills(scene: Scene) -> Iterator[Change]:
    """Pods that ended though their controller did not take them away."""
    spared = _ended_otherwise(scene)
    groups: dict[Entity, list[Obj]] = defaultdict(list)
    for event in killings(scene):
        about = event["involvedObject"]
        space, name = str(about.get("namespace") or ""), str(about.get("name") or "")
        owner = None if (space, name) in spared else _owner(scene, space, name)
        if owner and not _was_scaled_down(scene, owner, name):
            groups[owner].append(event)
    for owner, events in groups.items():
        at = first_seen(events)
        if at:
            yield _ended(
                owner,
                at,
                events,
                f"deleted or evicted, not by their controller{_where(scene, events)}",
            )


def _ends(scene: Scene) -> Iterator[Change]:
    """Pods that a controller of the cluster ended, and why."""
    groups: dict[tuple[Entity, str], list[Obj]] = defaultdict(list)
    for event in scene.all("Event"):
        about, reason = event.get("involvedObject") or EMPTY, str(event.get("reason"))
        if about.get("kind") == "Pod" and reason in _ENDS:
            owner = _owner(scene, str(about.get("namespace") or ""), str(about.get("name") or ""))
            if owner:
                groups[owner, reason].append(event)
    for (owner, reason), events in groups.items():
        at = first_seen(events)
        if at:
            yield _ended(owner, at, events, _ENDS[reason])


def _ended_otherwise(scene: Scene) -> set[tuple[str, str]]:
    """Pods whose end is told by another event."""
    return {
        (str(about.get("namespace") or ""), str(about.get("name") or ""))
        for event in scene.all("Event")
        if (about := event.get("involvedObject") or EMPTY).get("kind") == "Pod"
        and (event.get("reason") in _ENDS or event.get("reason") == "DeadlineExceeded")
    }


def _was_scaled_down(scene: Scene, owner: Entity, pod: str) -> bool:
    """Whether a controller tells that it deleted the pod, or so many that it names only some."""
    names, combined = _deleted_by_controllers(scene)
    own = pod.rpartition("-")[0]
    return (owner.namespace, pod) in names or (owner.namespace, own) in combined


@once_per_scene
def _deleted_by_controllers(
    scene: Scene,
) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Namespace and name of pods, and of what owns pods of which only one of many is named."""
    names: set[tuple[str, str]] = set()
    combined: set[tuple[str, str]] = set()
    for event in scene.all("Event"):
        if event.get("reason") == "SuccessfulDelete":
            space = str((event.get("involvedObject") or EMPTY).get("namespace") or "")
            words = str(event.get("message")).split()
            names |= {(space, word) for word in words}
            if "(combined" in words:
                combined |= {(space, word.rpartition("-")[0]) for word in words}
    return names, combined


def _owner(scene: Scene, space: str, pod: str) -> Entity | None:
    """The workload in view that a pod belongs or belonged to, by its name."""
    short = _MADE_NAME.sub("", pod)
    for kind, name in (
        ("Deployment", _HASH.sub("", short)),
        ("StatefulSet", short),
        ("DaemonSet", short),
    ):
        if short != pod and scene.get(kind, space, name):
            return Entity(kind=kind, namespace=space, name=name)
    return None


def _where(scene: Scene, events: list[Obj]) -> str:
    """The cordoned nodes they were on: somebody drained them."""
    hosts = {str((one.get("source") or EMPTY).get("host") or "") for one in events}
    nodes = {name: scene.get("Node", "", name) for name in hosts if name}
    drained = [
        name for name, node in nodes.items() if node and node.get("spec", {}).get("unschedulable")
    ]
    return f" (on {', '.join(sorted(drained)[:NAMED])}, cordoned)" if drained else ""


def _ended(owner: Entity, at: datetime, events: list[Obj], how: str) -> Change:
    names = sorted({str(one["involvedObject"].get("name")) for one in events})
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    many = f"{len(names)} pod{'s' if len(names) > 1 else ''}"
    return Change(
        entity=owner,
        at=at,
        summary=f"{many} {how}: {', '.join(names[:NAMED])}{more}",
        command=f"kubectl -n {owner.namespace} get events --field-selector involvedObject.kind=Pod",
        sort=Sort.KILL,
    )


def _node(name: str, at: datetime, said: str, sort: Sort = Sort.NODE) -> Change:
    entity = Entity(kind="Node", name=name)
    return Change(
        entity=entity,
        at=at,
        summary=f"Node {said}",
        command=f"kubectl describe node {name}",
        sort=sort,
    )
