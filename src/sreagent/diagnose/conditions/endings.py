"""Pods that a node or the cluster ended or did not take, and things that do not go away."""

import re
from collections.abc import Iterator
from datetime import datetime

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.podspec import (
    EMPTY,
    container_specs,
    containers,
    is_over,
    pod_condition,
    references,
)
from sreagent.diagnose.objects.quantities import amount, show
from sreagent.diagnose.view.scene import Scene, last_seen, pod_entity
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, controller_ref
from sreagent.domain.moment import parse_time, span
from sreagent.domain.text import one_line

RECENT = 3600
"""Seconds after which an ended pod that was replaced is history."""
LEAVING = 300
"""Seconds that an object may take to go after it was deleted."""
_REASONS = (
    (r"NodeLost", "its node stopped answering"),
    (r"Preempting", "the kubelet made room for a critical pod"),
    (r"(?:Node)?Shutdown|Terminated", "its node was shut down"),
    (r"NodeAffinity", "its node no longer has the labels that it asks for"),
    (r"UnexpectedAdmissionError", "its node could not give it a device or a resource"),
    (r"OutOf([\w.-]+)", "its node had too little {} left when it came"),
    (r"DeadlineExceeded", "it ran longer than its activeDeadlineSeconds"),
    (r"Taint\w*|NodeNotReady", "its node could not be used any more"),
)
MUCH = 2.0**28
"""Bytes of memory below which nobody is greedy."""
HOG = 2.0**32
"""Bytes from which a pod is greedy on a node of any size."""
SHARE = 0.15
"""Of the memory of its node below which nobody is greedy either."""
GREEDY = 4
"""Times its request that a pod may use before it is to blame itself."""
_GREEDY = re.compile(
    r"memory\. .{0,120}Container ([\w.-]{1,63}) was using ([\w.]{1,30}),"
    r"(?: request is| which exceeds its request of) ([\w.]{0,30}\w)"
)
_BY_NODE = re.compile(r"NodeLost|(?:Node)?Shutdown|Terminated|NodeNotReady")
_PROTECTED = "kubernetes.io/pvc-protection"


@condition("pod.evicted", "Pod", worth=0.62, accuses=True, even_mild=True)
def evicted(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A node threw a pod out because it ran short of something."""
    status = pod.get("status") or EMPTY
    severity = _severity(scene, pod) if status.get("reason") == "Evicted" else None
    if severity is None:
        return
    name = pod["spec"].get("nodeName") or ""
    hog = greed(scene, pod)
    yield Finding(
        condition="pod.evicted",
        entity=entity,
        claim=f"{entity} was evicted from node {name}{f': {hog}' if hog else ''}: "
        f"{one_line(str(status.get('message') or ''), 240)}",
        category=Category.NODE,
        severity=severity,
        uid=pod["metadata"].get("uid", ""),
        path="status.reason",
        since=_ended_at(scene, pod),
        command=entity.get,
        suspects=(Entity(kind="Node", name=name),) if name and not hog else (),
        facts={"node": name}
        | ({} if hog else {"accusation": f"ran short of something and evicted {entity}"}),
    )


def greed(scene: Scene, pod: Obj) -> str:
    """That an evicted pod took far more memory than it asked for, and had no limit.

    One of many small ones that asked for nothing is not to blame for a full node.
    """
    told = _GREEDY.search(str((pod.get("status") or EMPTY).get("message") or ""))
    mine = [one for one in container_specs(pod["spec"]) if told and one["name"] == told[1]]
    if told is None or not mine:
        return ""
    limit = ((mine[0].get("resources") or EMPTY).get("limits") or {}).get("memory")
    used, asked = amount(told[2]), amount(told[3])
    node = scene.get("Node", "", str(pod["spec"].get("nodeName") or "")) or EMPTY
    whole = amount(((node.get("status") or EMPTY).get("allocatable") or EMPTY).get("memory", 0))
    if limit or used < max(MUCH, min(whole * SHARE, HOG)) or used < GREEDY * asked:
        return ""
    return f"its container {told[1]} used {show('memory', used)} without a memory limit"


@condition("pod.rejected", "Pod", worth=0.58, even_mild=True)
def rejected(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A node did not take a pod, or ended it: shut down, full, lost, out of time."""
    status = pod.get("status") or EMPTY
    reason = str(status.get("reason") or "")
    ended = status.get("phase") == "Failed" and reason not in ("", "Evicted")
    severity = _severity(scene, pod) if ended else None
    if severity is None:
        return
    name = pod["spec"].get("nodeName") or ""
    words = one_line(str(status.get("message") or ""), 200)
    yield Finding(
        condition="pod.rejected",
        entity=entity,
        claim=f"{entity} ended as {reason} on node {name}: {_say_reason(reason, words)}",
        category=Category.AVAILABILITY if reason == "DeadlineExceeded" else Category.NODE,
        severity=severity,
        uid=pod["metadata"].get("uid", ""),
        path="status.reason",
        since=_ended_at(scene, pod),
        command=entity.get,
        excerpt=words,
        tainted=True,
        suspects=(Entity(kind="Node", name=name),) if name and _BY_NODE.fullmatch(reason) else (),
        facts={"node": name, "reason": reason},
    )


def _say_reason(reason: str, words: str) -> str:
    for pattern, said in _REASONS:
        if found := re.fullmatch(pattern, reason):
            return said.format(*found.groups())
    return words or "no reason is given"


def _severity(scene: Scene, pod: Obj) -> Severity | None:
    """Hard when it is missed now; nothing when it was made up for, or all is long over."""
    age = scene.age(_ended_at(scene, pod))
    recent = age is not None and age < RECENT
    missed = _is_missed(scene, pod)
    if not recent and not missed:
        return None
    return Severity.ERROR if recent and missed else Severity.WARNING


def _ended_at(scene: Scene, pod: Obj) -> datetime | None:
    """By its event, its containers, its conditions, else only by when it began."""
    status = pod.get("status") or EMPTY
    events = scene.events(pod, "Evicted", "Preempting", "NodeShutdown", "Killing")
    ends = [parse_time((one.ended or EMPTY).get("finishedAt")) for one in containers(pod)]
    marks = [
        parse_time(pod_condition(pod, name).get("lastTransitionTime"))
        for name in ("DisruptionTarget", "Ready")
    ]
    found = [last_seen(event) for event in events[-1:]] + ends + marks
    return next((at for at in found if at), None) or parse_time(status.get("startTime"))


def _is_missed(scene: Scene, pod: Obj) -> bool:
    """Whether its workload has fewer ready pods than it wants, or its Job is not done."""
    owner = controller_ref(pod) or EMPTY
    job = scene.get("Job", pod["metadata"].get("namespace", ""), owner.get("name", ""))
    if owner.get("kind") == "Job" and job and pod_condition(job, "Complete").get("status"):
        return False
    workload = scene.workload_of(pod)
    item = scene.inventory.find(workload)
    wanted = ((item or EMPTY).get("spec") or EMPTY).get("replicas") or 1
    return len(scene.ready_pods(workload)) < wanted


@condition("pod.stuck_terminating", "Pod", role=Role.SYMPTOM, worth=0.35, if_named=True)
def stuck_terminating(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A pod was deleted, its grace period is over and it is still there."""
    meta = pod["metadata"]
    late = scene.age(meta.get("deletionTimestamp"))
    if late is None or late < 60:
        return
    kept = ", ".join(meta.get("finalizers") or ())
    node = pod["spec"].get("nodeName") or ""
    yield Finding(
        condition="pod.stuck_terminating",
        entity=entity,
        claim=f"{entity} should be gone since {span(late)}"
        + (f"; finalizers {kept} keep it" if kept else f"; its node {node} has not let it go"),
        category=Category.NODE if not kept else Category.AVAILABILITY,
        severity=Severity.WARNING,
        uid=meta.get("uid", ""),
        path="metadata.finalizers" if kept else "metadata.deletionTimestamp",
        since=parse_time(meta.get("deletionTimestamp")),
        command=entity.get,
        suspects=(Entity(kind="Node", name=node),) if node and not kept else (),
        facts={"finalizers": kept} if kept else {},
    )


@condition(
    "object.stuck_deleting",
    *("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Service"),
    *("ConfigMap", "Secret", "PersistentVolumeClaim", "PersistentVolume", "Node", "Namespace"),
    worth=0.72,
    even_mild=True,
    even_near=True,
    refuted_by="the object going away by itself",
)
def stuck_deleting(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """An object was deleted long ago, and its finalizers keep it."""
    meta = item["metadata"]
    late = scene.age(meta.get("deletionTimestamp"))
    if late is None or late < LEAVING:
        return
    kept = [*(meta.get("finalizers") or ()), *((item.get("spec") or EMPTY).get("finalizers") or ())]
    why = _why_kept(scene, entity, item) or f"finalizers {', '.join(kept) or '(none)'} keep it"
    yield Finding(
        condition="object.stuck_deleting",
        entity=entity,
        claim=f"{entity} was deleted {span(late)} ago and is still there: {why}",
        category=Category.STORAGE if "Volume" in entity.kind else Category.CONFIGURATION,
        severity=Severity.WARNING,
        uid=meta.get("uid", ""),
        path="metadata.finalizers",
        since=parse_time(meta.get("deletionTimestamp")),
        command=entity.get,
        facts={"finalizers": ",".join(kept)},
    )


def _why_kept(scene: Scene, entity: Entity, item: Obj) -> str:
    """What the cluster itself waits for."""
    if entity.kind == "PersistentVolumeClaim":
        users = [str(pod_entity(pod)) for pod in _users(scene, entity)]
        if users and _PROTECTED in (item["metadata"].get("finalizers") or ()):
            return f"{' and '.join(users[:2])} still uses it ({_PROTECTED})"
    if entity.kind == "Namespace":
        told = [
            one_line(str(one.get("message") or ""), 200)
            for one in (item.get("status") or EMPTY).get("conditions") or ()
            if one.get("status") == "True"
        ]
        return "; ".join(told[:2])
    return ""


def _users(scene: Scene, claim: Entity) -> list[Obj]:
    return [
        pod
        for pod in scene.all("Pod", claim.namespace)
        if not is_over(pod)
        and any((ref.kind, ref.name) == (claim.kind, claim.name) for ref in references(pod["spec"]))
    ]
