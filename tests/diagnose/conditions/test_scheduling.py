"""Pods without a node: computed from the objects, and told by the scheduler's words."""

from typing import Any

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    Json,
    app,
    container,
    deployment,
    event,
    make,
    node,
    pod,
    seen,
    told,
    unschedulable,
)

from sreagent.diagnose.conditions.run import findings
from sreagent.domain.finding import Finding
from sreagent.domain.inventory import Inventory

HOST = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
WORDS = "0/2 nodes are available."


def named_node(name: str, **more: Any) -> Json:
    labels = {HOST: name, **more.pop("labels", {})}
    return node(name, labels=labels, **more)


def two(**more: Any) -> list[Json]:
    return [named_node("node-1", **more), named_node("node-2", **more)]


def stuck(spec: Json, message: str = WORDS, **more: Any) -> Json:
    return pod(
        more.pop("name", "app-9"),
        status={"name": "app"},
        phase="Pending",
        node="",
        age=600,
        conditions=[unschedulable(message)],
        spec=spec,
        **more,
    )


def verdict(*objects: Json, **more: Any) -> Finding:
    (finding,) = told(findings(seen(*objects, **more), NOW), "pod.unschedulable")
    return finding


def rule(side: str, labels: Json, key: str = HOST) -> Json:
    term = {"labelSelector": {"matchLabels": labels}, "topologyKey": key}
    return {"affinity": {side: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}


def spread(key: str = ZONE, skew: int = 1) -> Json:
    return {
        "topologySpreadConstraints": [
            {
                "maxSkew": skew,
                "topologyKey": key,
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": {"app": "app"}},
            }
        ]
    }


PORT = {"containers": [container(ports=[{"containerPort": 9100, "hostPort": 9100}])]}
MOUNT = {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}
BOUND = make("PersistentVolumeClaim", "data", spec={"volumeName": "v1"}, status={"phase": "Bound"})
ON_ONE = make(
    "PersistentVolume",
    "v1",
    status={"phase": "Bound"},
    spec={
        "claimRef": {"name": "data", "namespace": "shop"},
        "nodeAffinity": {
            "required": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": HOST, "operator": "In", "values": ["node-1"]}]}
                ]
            }
        },
    },
)
TAINT = {"taints": [{"key": "pool", "value": "gpu", "effect": "NoSchedule"}]}
MASTER = {"taints": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]}
APART = rule("podAntiAffinity", {"app": "app"})
HUGE = {"containers": [container(resources={"requests": {"memory": "64Gi"}})]}
GPU = {"containers": [container(resources={"limits": {"nvidia.com/gpu": "1"}})]}
FULL = pod("fat", spec={"containers": [container(resources={"requests": {"cpu": "4"}})]})


@pytest.mark.parametrize(
    ("objects", "cause", "words"),
    [
        pytest.param(
            [stuck(HUGE), *two()],
            "insufficient",
            "asks for 64Gi memory and the roomiest of 2 nodes (node-1) has 16Gi free of 16Gi",
            id="bigger-than-any-node",
        ),
        pytest.param(
            [stuck(GPU), *two()], "insufficient", "no node offers any nvidia.com/gpu", id="no-gpu"
        ),
        pytest.param(
            [stuck(APART), *two(), pod("a", node="node-1"), pod("b", node="node-2")],
            "anti_affinity",
            "allows one pod for each kubernetes.io/hostname, and all 2 nodes",
            id="anti-affinity",
        ),
        pytest.param(
            [
                stuck(APART),
                named_node("m", spec=MASTER),
                named_node("node-1"),
                pod("a", node="node-1"),
            ],
            "anti_affinity",
            "all 1 nodes",
            id="anti-affinity-beside-the-control-plane",
        ),
        pytest.param(
            [stuck(rule("podAffinity", {"app": "cache"})), *two()],
            "affinity",
            "app=cache",
            id="affinity-to-what-does-not-run",
        ),
        pytest.param(
            [
                stuck(PORT),
                *two(),
                pod("a", node="node-1", spec=PORT),
                pod("b", node="node-2", spec={**PORT, "hostNetwork": True}),
            ],
            "host_port",
            "hostPort 9100 is taken on all 2",
            id="host-port-taken",
        ),
        pytest.param(
            [stuck(spread()), *two()], "spread", "2 of its nodes have no label", id="spread-label"
        ),
        pytest.param(
            [
                stuck({**spread(), "nodeSelector": {"pool": "x"}}),
                named_node("node-1", labels={ZONE: "a", "pool": "x"}),
                named_node("node-2", labels={ZONE: "b", "pool": "x"}, spec={"unschedulable": True}),
                pod("a", node="node-1"),
            ],
            "cordoned",
            "node-2",
            id="spread-that-only-the-cordoned-node-could-meet",
        ),
        pytest.param(
            [stuck({**MOUNT, "nodeSelector": {HOST: "node-2"}}), *two(), BOUND, ON_ONE],
            "volume_affinity",
            "volume v1 (claim data) can only be used where kubernetes.io/hostname In node-1 while "
            "its nodeSelector asks for kubernetes.io/hostname=node-2",
            id="volume-on-another-node",
        ),
        pytest.param(
            [stuck({}), *two(allocatable={"pods": "0"})],
            "too_many_pods",
            "node-1, node-2",
            id="as-many-pods-as-they-may",
        ),
        pytest.param(
            [
                stuck({}),
                named_node("node-1", spec=TAINT),
                named_node("node-2", spec={"unschedulable": True}),
            ],
            "cordoned",
            "fit on node-2, which is cordoned",
            id="cordoned-beside-a-tainted-pool",
        ),
        pytest.param(
            [
                stuck({"containers": [container(resources={"requests": {"cpu": "1"}})]}),
                named_node("node-1"),
                FULL,
                named_node("node-2", spec={"unschedulable": True}),
                pod(
                    "fat-2",
                    node="node-2",
                    spec={"containers": [container(resources={"requests": {"cpu": "4"}})]},
                ),
            ],
            "insufficient",
            "asks for 1 cpu",
            id="a-cordoned-node-that-is-full-too-is-not-to-blame",
        ),
    ],
)
def test_what_stands_in_the_way_is_computed(objects: list[Json], cause: str, words: str) -> None:
    finding = verdict(*objects)
    assert finding.facts["cause"] == cause
    assert words in finding.claim


@pytest.mark.parametrize(
    ("message", "words"),
    [
        pytest.param(
            'persistentvolumeclaim "data" is being deleted', "is being deleted", id="leaving"
        ),
        pytest.param('persistentvolumeclaim "data" not found', "does not exist", id="missing"),
        pytest.param("0/2 nodes: 2 node(s) exceed max volume count.", "volumes", id="max-volumes"),
        pytest.param(
            "0/2 nodes: 2 node(s) didn't match pod topology spread constraints.",
            "topology spread",
            id="spread",
        ),
        pytest.param("some plugin says no", "a reason of its own", id="unknown-plugin"),
    ],
)
def test_where_nothing_can_be_computed_the_words_are_taken(message: str, words: str) -> None:
    assert words in verdict(stuck({}, message), *two()).claim


def urgent() -> list[Json]:
    """A Deployment with no pods left, and the one that pushed them out."""
    return [*app("app", pods=[]), *app("urgent", revisions=[(300, container())])]


def preempted(message: str) -> Inventory:
    objects = urgent()
    objects[0]["spec"]["replicas"] = 1
    waits = stuck(HUGE, name="app-1-z", owner=objects[1])
    gone = make("Pod", "app-1-x")
    told_so = event(gone, "Preempted", message, namespace="shop")
    return seen(*objects, waits, *two(), told_so)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("Preempted by shop/urgent-1-0 on node node-1", id="up-to-1.25"),
        pytest.param("Preempted by pod Pod-shop-urgent-1-0 on node node-1", id="since-1.26"),
        pytest.param("Preempted by shop/urgent-1-gone on node node-1", id="whose-pod-is-gone-too"),
    ],
)
def test_who_took_the_place_of_a_pod_is_suspected(message: str) -> None:
    found = findings(preempted(message), NOW)
    (lost,) = told(found, "workload.preempted")
    (waits,) = told(found, "pod.unschedulable")
    for finding in (lost, waits):
        assert [one.path for one in finding.suspects] == ["Deployment/shop/urgent"]
        assert "preempted 1 pod of deployment shop/app" in finding.facts["accusation"]


def test_a_preemption_by_nobody_known_is_told_without_a_suspect() -> None:
    (lost,) = told(findings(preempted("Preempted by a pod"), NOW), "workload.preempted")
    assert lost.suspects == ()


def test_a_preemption_that_was_made_up_for_is_no_trouble() -> None:
    gone = make("Pod", "app-1-x")
    words = event(gone, "Preempted", "Preempted by shop/urgent-1-0 on node n", namespace="shop")
    assert told(findings(seen(*app(), words), NOW), "workload.preempted") == []


def test_the_port_is_held_against_whoever_came_later() -> None:
    younger = [*app("agent", revisions=[(60, PORT["containers"][0])])]
    older = deployment("app", replicas=1)
    rs = make(
        "ReplicaSet",
        "app-1",
        age=9 * DAY,
        owner=older,
        annotations={"deployment.kubernetes.io/revision": "1"},
        spec={"template": older["spec"]["template"]},
    )
    waits = stuck(PORT, name="app-1-x", owner=rs)
    for one, name in zip([x for x in younger if x["kind"] == "Pod"], ["1", "2"], strict=True):
        one["spec"]["nodeName"] = f"node-{name}"
    finding = verdict(*younger, older, rs, waits, *two())
    assert [one.path for one in finding.suspects] == ["Deployment/shop/agent"]


def test_a_scheduling_message_of_long_ago_is_no_trouble_of_a_pod_that_runs() -> None:
    one = pod()
    warned = event(one, "FailedScheduling", WORDS, since=1800)
    assert told(findings(seen(one, node(), warned), NOW), "pod.unschedulable") == []
