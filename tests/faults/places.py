"""Faults of scheduling: pods that no node takes, or that must leave theirs."""

from typing import Any

from tests.diagnose.build import (
    DAY,
    Json,
    ago,
    alert,
    app,
    container,
    deployment,
    event,
    make,
    named,
    node,
    pod,
    running,
    seen,
    service,
    unschedulable,
)
from tests.faults.neighbours import caller, edit, refused, web_says
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory

UNREADY = {"name": "app", "ready": False, "restartCount": 0, "state": {}}
NO_HELP = "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."


def pending(words: str, *, old: Json | None = None, **spec: Any) -> list[Json]:
    """`app`, rolled out anew with this in its pods' spec, and its new pod that no node takes."""
    one = spec.pop("container", container())
    before = (9 * DAY, old or container())
    objects = app(revisions=[before, (900, one)], pods=[], replicas=1, spec=spec)
    # The former revision did without what the new one asks for.
    first = named(objects, "ReplicaSet")
    first["spec"]["template"]["spec"] = {"containers": [before[1]]}
    late = pod(
        "app-2-0",
        labels={"app": "app"},
        owner=named(objects, "ReplicaSet", 1),
        spec={"containers": [one], **spec},
        status=UNREADY,
        phase="Pending",
        node="",
        age=880,
        conditions=[unschedulable(words)],
    )
    more = [event(late, "FailedScheduling", words, count=12), service(), *caller()]
    return [*objects, late, *more]


NOT_READY = alert("KubePodNotReady", namespace="shop", pod="app-2-0")


@fault("nodeselector-mismatch", "Deployment/shop/app", says="disktype", alert=NOT_READY)
def node_selector() -> Inventory:
    words = (
        f"0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. {NO_HELP}"
    )
    objects = pending(words, nodeSelector={"disktype": "nvme"})
    nodes = [node(), node("node-2", labels={"disktype": "ssd"})]
    return seen(*objects, *nodes, logs=[web_says(objects, refused())])


@fault("node-cordoned", "Node/node-2", says="node-2")
def cordoned() -> Inventory:
    words = (
        "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, "
        f"1 node(s) were unschedulable. {NO_HELP}"
    )
    pin = {"nodeSelector": {"kubernetes.io/hostname": "node-2"}}
    objects = app(revisions=[(9 * DAY, container())], pods=[], replicas=1, spec=pin)
    late = pod(
        "app-1-0",
        labels={"app": "app"},
        owner=named(objects, "ReplicaSet"),
        spec={"containers": [container()], **pin},
        status=UNREADY,
        phase="Pending",
        node="",
        age=500,
        conditions=[unschedulable(words)],
    )
    taint = {
        "key": "node.kubernetes.io/unschedulable",
        "effect": "NoSchedule",
        "timeAdded": ago(700),
    }
    nodes = [
        node(labels={"kubernetes.io/hostname": "node-1"}),
        node(
            "node-2",
            labels={"kubernetes.io/hostname": "node-2"},
            spec={"unschedulable": True, "taints": [taint]},
            managed=edit(700, {"f:spec": {"f:unschedulable": {}}}, by="kubectl-cordon"),
        ),
    ]
    objects += [late, event(late, "FailedScheduling", words), service(), *caller()]
    return seen(*objects, *nodes, logs=[web_says(objects, refused())])


@fault(
    "pdb-blocks-drain",
    "PodDisruptionBudget/shop/app",
    says="node-2",
    alert=alert("NodeDrainStuck", node="node-2"),
)
def budget() -> Inventory:
    guard = make(
        "PodDisruptionBudget",
        "app",
        age=9 * DAY,
        spec={"minAvailable": 2, "selector": {"matchLabels": {"app": "app"}}},
        status={
            "currentHealthy": 2,
            "desiredHealthy": 2,
            "disruptionsAllowed": 0,
            "expectedPods": 2,
        },
    )
    objects = app()
    held = named(objects, "Pod")
    held["spec"]["nodeName"] = "node-2"
    words = (
        "error when evicting pod: Cannot evict pod as it would violate the pod's disruption budget."
    )
    nodes = [
        node(),
        node(
            "node-2",
            spec={
                "unschedulable": True,
                "taints": [
                    {
                        "key": "node.kubernetes.io/unschedulable",
                        "effect": "NoSchedule",
                        "timeAdded": ago(1900),
                    }
                ],
            },
            managed=edit(1900, {"f:spec": {"f:unschedulable": {}}}, by="kubectl-drain"),
        ),
    ]
    return seen(*objects, *nodes, guard, event(held, "EvictionBlocked", words))


@fault("taint-no-toleration", "Deployment/shop/app", says="dedicated", alert=NOT_READY)
def taint() -> Inventory:
    words = (
        "0/2 nodes are available: 2 node(s) had untolerated taint {dedicated: batch}. " + NO_HELP
    )
    taints = [{"key": "dedicated", "value": "batch", "effect": "NoSchedule"}]
    objects = pending(words)
    nodes = [node(spec={"taints": taints}), node("node-2", spec={"taints": taints})]
    return seen(*objects, *nodes, logs=[web_says(objects, refused())])


@fault("anti-affinity-deadlock", "Deployment/shop/app", says="anti-affinity")
def anti_affinity() -> Inventory:
    words = (
        "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. preemption: "
        "0/2 nodes are available: 2 No preemption victims found for incoming pod."
    )
    apart = {
        "affinity": {
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {
                        "labelSelector": {"matchLabels": {"app": "app"}},
                        "topologyKey": "kubernetes.io/hostname",
                    }
                ]
            }
        }
    }
    objects = app(
        revisions=[(900, container())],
        pods=[running(since=890), running(since=890)],
        replicas=3,
        spec=apart,
    )
    for number, one in enumerate(one for one in objects if one["kind"] == "Pod"):
        one["spec"]["nodeName"] = f"node-{number + 1}"
    late = pod(
        "app-1-2",
        labels={"app": "app"},
        owner=named(objects, "ReplicaSet"),
        spec={"containers": [container()], **apart},
        status=UNREADY,
        phase="Pending",
        node="",
        age=880,
        conditions=[unschedulable(words)],
    )
    nodes = [node(name, labels={"kubernetes.io/hostname": name}) for name in ("node-1", "node-2")]
    return seen(*objects, late, *nodes, event(late, "FailedScheduling", words), service())


@fault("preemption", "Deployment/batch/cruncher", says="app")
def preempted() -> Inventory:
    words = (
        "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available: 1 "
        "No preemption victims found for incoming pod."
    )
    big = container(resources={"requests": {"memory": "16300Mi"}})
    objects = app(revisions=[(9 * DAY, container())], pods=[], replicas=1)
    late = pod(
        "app-1-new",
        labels={"app": "app"},
        owner=named(objects, "ReplicaSet"),
        spec={"containers": [container()], "priority": 0},
        status=UNREADY,
        phase="Pending",
        node="",
        age=890,
        conditions=[unschedulable(words)],
    )
    objects += [late, event(late, "FailedScheduling", words), service(), *caller()]
    gone = pod(
        "app-1-gone",
        labels={"app": "app"},
        owner=named(objects, "ReplicaSet"),
        spec={"containers": [container()], "priority": 0},
        status=UNREADY,
        phase="Failed",
        age=9 * DAY,
    )
    eater = deployment(
        "cruncher",
        namespace="batch",
        replicas=1,
        template={
            "metadata": {"labels": {"app": "cruncher"}},
            "spec": {"containers": [big], "priorityClassName": "urgent"},
        },
        age=920,
    )
    replicas = make(
        "ReplicaSet",
        "cruncher-1",
        namespace="batch",
        age=920,
        owner=eater,
        annotations={"deployment.kubernetes.io/revision": "1"},
        spec={"replicas": 1, "template": eater["spec"]["template"]},
    )
    winner = pod(
        "cruncher-1-0",
        namespace="batch",
        labels={"app": "cruncher"},
        owner=replicas,
        spec={"containers": [big], "priority": 100000, "priorityClassName": "urgent"},
        status=running(since=890),
        age=910,
    )
    uid = winner["metadata"]["uid"]
    told = event(
        gone,
        "Preempted",
        f"Preempted by pod {uid} on node node-1",
        since=900,
        kind="Pod",
        namespace="shop",
    )
    urgent = make("PriorityClass", "urgent", age=930, value=100000, globalDefault=True)
    return seen(
        *objects,
        eater,
        replicas,
        winner,
        told,
        urgent,
        node(),
        logs=[web_says(objects, refused())],
    )


@fault("request-too-large", "Deployment/shop/app", says="64Gi", alert=NOT_READY)
def too_large() -> Inventory:
    words = f"0/2 nodes are available: 2 Insufficient memory. {NO_HELP}"
    huge = container(resources={"requests": {"memory": "64Gi", "cpu": "100m"}})
    objects = pending(words, container=huge)
    return seen(*objects, node(), node("node-2"), logs=[web_says(objects, refused())])


@fault("gpu-missing", "Deployment/shop/app", says="nvidia.com/gpu", alert=NOT_READY)
def gpu() -> Inventory:
    words = f"0/2 nodes are available: 2 Insufficient nvidia.com/gpu. {NO_HELP}"
    asked = {"nvidia.com/gpu": "1"}
    wants = container(resources={"requests": asked, "limits": asked})
    return seen(*pending(words, container=wants), node(), node("node-2"))


@fault("hostport-conflict", "Deployment/shop/app", says="9100", alert=NOT_READY)
def host_port() -> Inventory:
    words = (
        "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. "
        "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
    )
    metrics = {"name": "metrics", "containerPort": 9100, "hostPort": 9100}
    port: Json = {"ports": [metrics]}
    both: Json = {"ports": [{"name": "http", "containerPort": 8080}, metrics]}
    objects = pending(words, container=container(**both))
    exporter = make(
        "DaemonSet",
        "node-exporter",
        namespace="monitoring",
        age=30 * DAY,
        spec={
            "selector": {"matchLabels": {"app": "node-exporter"}},
            "template": {
                "metadata": {"labels": {"app": "node-exporter"}},
                "spec": {"containers": [container(**port)]},
            },
        },
        status={"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberReady": 1},
    )
    holder = pod(
        "node-exporter-x",
        namespace="monitoring",
        labels={"app": "node-exporter"},
        owner=exporter,
        spec={"containers": [container(**port)]},
        age=30 * DAY,
    )
    return seen(*objects, exporter, holder, node())
