"""Faults of nodes."""

from typing import Any

from tests.diagnose.build import (
    DAY,
    Json,
    ago,
    alert,
    app,
    ended,
    event,
    lines,
    log,
    named,
    node,
    pod,
    running,
    seen,
    service,
)
from tests.diagnose.signals import climb, level, signal
from tests.diagnose.signals import named as entity
from tests.faults.neighbours import caller, web_says
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit

EVICTED = (
    "The node was low on resource: ephemeral-storage. Threshold quantity: {kept}, "
    "available: {left}. "
    "Container app was using 2Gi, request is 0, has larger consumption of ephemeral-storage."
)


def state(kind: str, status: str, reason: str, message: str, since: float = 400) -> Json:
    """A condition of a node."""
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": ago(since),
    }


DISK = state("DiskPressure", "True", "KubeletHasDiskPressure", "kubelet has disk pressure")


def evicted(of: list[Json], name: str, words: str, since: float = 300, **more: Any) -> list[Json]:
    """A pod that its node threw out, and the event of it."""
    gone = pod(
        name,
        labels={"app": "app"},
        owner=named(of, "ReplicaSet"),
        status={"name": "app", "ready": False, "restartCount": 0, "state": ended(137)},
        phase="Failed",
        age=DAY,
        **more,
    )
    gone["status"] |= {"reason": "Evicted", "message": words}
    return [gone, event(gone, "Evicted", words, since=since, count=1)]


@fault(
    "conntrack-full",
    "Node/node-1",
    says="connection",
    alert=alert("NodeHighNumberConntrackEntriesUsed", instance="10.20.0.11:9100"),
)
def conntrack() -> Inventory:
    objects = [*app(pods=[running(since=9 * DAY)]), service(), *caller(), node(), node("node-2")]
    words = 'ERROR Get "http://app:80/api": dial tcp 10.96.0.7:80: i/o timeout'
    found = seen(*objects, logs=[web_says(objects, words)])
    full = level((10_800, 0.2), (700, 0.998), stray=0.001)
    found.signals.append(signal(Measure.CONNTRACK, full, Unit.SHARE, entity("node-1", "Node")))
    return found


@fault("ephemeral-storage-eviction", "Node/node-1", says="DiskPressure")
def ephemeral_storage() -> Inventory:
    objects = app(pods=[running(since=280)])
    named(objects, "Pod")["spec"]["nodeName"] = "node-2"
    objects += evicted(objects, "app-1-gone", EVICTED.format(kept=10198485606, left="2318Mi"))
    objects += [node(conditions=[DISK]), node("node-2"), service(), *caller()]
    return seen(*objects)


@fault(
    "node-too-many-pods",
    "Node/node-1",
    says="memory",
    alert=alert("KubeletTooManyPods", node="node-1"),
)
def too_many_pods() -> Inventory:
    objects = app(pods=[running(since=DAY) for _ in range(19)])
    pressure = state(
        "MemoryPressure",
        "True",
        "KubeletHasInsufficientMemory",
        "kubelet has insufficient memory available",
    )
    small = node(conditions=[pressure], allocatable={"pods": "20", "memory": "3Gi"})
    words = (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 88Mi. "
        "Container app was using 120Mi, request is 128Mi, has larger consumption of memory."
    )
    objects += [*evicted(objects, "app-1-gone", words), small, node("node-2")]
    found = seen(*objects)
    found.signals.append(
        signal(Measure.NODE_MEMORY, climb(0.7, 0.985), Unit.SHARE, entity("node-1", "Node"))
    )
    return found


@fault("kubelet-eviction-threshold", "Node/node-1", says="threshold")
def eviction_threshold() -> Inventory:
    objects = app(pods=[running(since=280)])
    named(objects, "Pod")["spec"]["nodeName"] = "node-2"
    words = EVICTED.format(kept=96885613260, left="61Gi")
    for number in range(4):
        objects += evicted(objects, f"app-1-gone{number}", words, since=300 + 60 * number)
    objects += [node(conditions=[DISK]), node("node-2"), service()]
    found = seen(*objects)
    roomy = level((10_800, 0.3), stray=0.01)
    found.signals.append(signal(Measure.NODE_DISK, roomy, Unit.SHARE, entity("node-1", "Node")))
    return found


@fault(
    "kubelet-down",
    "Node/node-1",
    says="node-1",
    alert=alert("KubeNodeNotReady", node="node-1"),
)
def kubelet_down() -> Inventory:
    words = "Kubelet stopped posting node status."
    silent = node(
        ready="Unknown",
        spec={
            "taints": [
                {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"},
                {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"},
            ]
        },
    )
    ready = silent["status"]["conditions"][0]
    ready |= {"reason": "NodeStatusUnknown", "message": words, "lastTransitionTime": ago(600)}
    objects = [*app(), service(), *caller(), silent, node("node-2")]
    for one in objects:
        if one["kind"] == "Pod" and one["metadata"]["name"].startswith("app"):
            one["status"]["conditions"][0]["status"] = "False"
        elif one["kind"] == "Pod":
            one["spec"]["nodeName"] = "node-2"
    objects[0]["status"] |= {"availableReplicas": 0, "readyReplicas": 0}
    told = event(silent, "NodeNotReady", "Node node-1 status is now: NodeNotReady", since=600)
    dial = 'ERROR Get "http://app:80/api": dial tcp 10.96.0.7:80: i/o timeout'
    return seen(*objects, told, logs=[web_says(objects, dial)])


@fault(
    "clock-drift",
    "Node/node-1",
    says="clock",
    alert=alert("NodeClockNotSynchronising", instance="10.20.0.11:9100"),
)
def clock_drift() -> Inventory:
    objects = [*app(pods=[running(since=9 * DAY), running(since=9 * DAY)]), service()]
    named(objects, "Pod", 1)["spec"]["nodeName"] = "node-2"
    objects += [node(), node("node-2")]
    words = (
        'ERROR Get "https://api.example.com/v1": tls: failed to verify certificate: x509: '
        "certificate has expired or is not yet valid: current time 2026-03-01T02:59:00Z is before "
        "2026-03-03T00:00:00Z"
    )
    found = seen(*objects, logs=[log(named(objects, "Pod"), lines(words))])
    found.signals.append(
        signal(Measure.CLOCK, climb(0.001, 172.0), Unit.SECONDS, entity("node-1", "Node"))
    )
    return found
