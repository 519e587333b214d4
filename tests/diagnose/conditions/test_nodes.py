"""Nodes: what their kubelets report, and pods that fail on one of them only."""

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    Json,
    ago,
    app,
    container,
    crashing,
    event,
    log,
    make,
    node,
    pod,
    running,
    seen,
    spotted,
)

from sreagent.diagnose.conditions.run import findings
from sreagent.domain.finding import Severity
from sreagent.domain.inventory import Inventory, PodLog

ZONE = "topology.kubernetes.io/zone"


def reports(name: str, status: str = "True") -> Json:
    return {"type": name, "status": status, "message": "told by a watcher"}


@pytest.mark.parametrize(
    ("name", "status", "severity"),
    [
        pytest.param("KernelDeadlock", "True", Severity.ERROR, id="deadlock"),
        pytest.param("KernelDeadlock", "False", None, id="no-deadlock"),
        pytest.param("ReadonlyFilesystem", "True", Severity.ERROR, id="read-only"),
        pytest.param("FrequentKubeletRestart", "True", Severity.WARNING, id="restarts"),
        pytest.param("NTPProblem", "True", Severity.ERROR, id="clock"),
        pytest.param("ContainerRuntimeUnhealthy", "True", Severity.ERROR, id="runtime"),
        pytest.param("NetworkingReady", "True", None, id="good-when-true"),
        pytest.param("NetworkingReady", "False", Severity.WARNING, id="bad-when-false"),
        pytest.param("EtcdIsVoter", "True", None, id="control-plane"),
        pytest.param("ExampleComFancy", "True", None, id="nobody-knows"),
        pytest.param("KernelDeadlock", "Unknown", None, id="unknown"),
    ],
)
def test_what_watchers_add_is_read_by_its_name(
    name: str, status: str, severity: Severity | None
) -> None:
    found = spotted("node.problem", node(conditions=[reports(name, status)]))
    assert [one.severity for one in found] == ([severity] if severity else [])


def lease(renewed: float, name: str = "node-1") -> Json:
    spec = {"renewTime": ago(renewed)}
    return make("Lease", name, namespace="kube-node-lease", spec=spec)


@pytest.mark.parametrize(
    ("objects", "count"),
    [
        pytest.param([node(), lease(120)], 1, id="stale"),
        pytest.param([node(), lease(15)], 0, id="renewed"),
        pytest.param([node(ready="Unknown"), lease(120)], 0, id="told-as-not-ready"),
        pytest.param([node()], 0, id="no-leases-in-view"),
    ],
)
def test_a_lease_that_is_not_renewed_is_told(objects: list[Json], count: int) -> None:
    assert len(spotted("node.lease_stale", *objects)) == count


def beating(name: str, ahead: float) -> Json:
    one = node(name)
    one["status"]["conditions"][0]["lastHeartbeatTime"] = ago(-ahead)
    return one


@pytest.mark.parametrize(
    ("objects", "count"),
    [
        pytest.param([beating("node-1", 300), beating("node-2", 0)], 1, id="one-ahead"),
        pytest.param([beating("node-1", 300), beating("node-2", 290)], 0, id="ours-is-behind"),
        pytest.param([beating("node-1", 300)], 0, id="nothing-to-compare-with"),
        pytest.param([beating("node-1", 5), beating("node-2", 0)], 0, id="a-little"),
        pytest.param([beating("node-1", -9 * DAY), beating("node-2", 0)], 0, id="no-beat-for-days"),
    ],
)
def test_a_clock_that_is_ahead_is_told(objects: list[Json], count: int) -> None:
    found = spotted("node.clock", *objects)
    assert len(found) == count
    assert all("node node-1 is 5 min ahead" in one.claim for one in found)


@pytest.mark.parametrize("uid", ["Node--node-1", "node-1"])
def test_a_reboot_is_told_by_either_way_of_naming_a_node(uid: str) -> None:
    words = event(node(), "Rebooted", "Node node-1 has been rebooted, boot id: 1", uid=uid)
    target = make("Node", "node-1") | {"metadata": node()["metadata"] | {"uid": "Node--node-1"}}
    (finding,) = spotted("node.rebooted", target | {"spec": {}, "status": node()["status"]}, words)
    assert "rebooted 60 s ago" in finding.claim


def evicted(message: str) -> Json:
    one = pod("gone", phase="Failed")
    one["status"] |= {"reason": "Evicted", "message": message}
    return one


DISK = reports("DiskPressure")
LOW = "The node was low on resource: ephemeral-storage. Threshold quantity: 90Gi, available: 80Gi."


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        pytest.param([node(conditions=[DISK]), evicted(LOW)], "evicts below 90Gi free", id="told"),
        pytest.param(
            [node(conditions=[DISK], allocatable={"ephemeral-storage": "10Gi"})],
            "keeps 90 % of the disk back",
            id="computed",
        ),
    ],
)
def test_disk_pressure_says_how_much_the_kubelet_wants_free(
    objects: list[Json], words: str
) -> None:
    objects[0]["status"]["capacity"] = {"ephemeral-storage": "100Gi"}
    (finding,) = spotted("node.pressure", *objects)
    assert words in finding.claim


def test_memory_pressure_suspects_who_lost_the_memory_limit() -> None:
    free = container(resources={"requests": {"memory": "128Mi"}})
    objects = app(revisions=[(9 * DAY, container()), (600, free)])
    (finding,) = spotted("node.pressure", *objects, node(conditions=[reports("MemoryPressure")]))
    assert [one.path for one in finding.suspects] == ["Deployment/shop/app"]


def test_nodes_of_one_zone_that_fail_together_are_told_as_such() -> None:
    down = [node(f"node-{n}", ready="Unknown", labels={ZONE: "a"}) for n in (1, 2)]
    well = node("node-3", labels={ZONE: "b"})
    found = spotted("node.not_ready", *down, well)
    assert all("all 2 nodes of zone a and none elsewhere" in one.claim for one in found)
    assert len(found) == 2
    assert "zone" not in spotted("node.not_ready", *down)[0].claim


def test_a_node_that_is_nearly_full_is_remarked_upon() -> None:
    fat = pod(spec={"containers": [container(resources={"requests": {"cpu": "3920m"}})]})
    (finding,) = spotted("node.full", node(), fat)
    assert "cpu 98 %" in finding.claim
    assert finding.severity is Severity.INFO
    assert spotted("node.full", node(), fat, refused=["Pod"]) == []
    assert spotted("node.full", node(), pod()) == []


@pytest.mark.parametrize(
    ("kubelet", "server", "count"),
    [
        pytest.param("v1.31.1", "v1.30.2", 1, id="newer-than-the-server"),
        pytest.param("v1.26.0", "v1.30.2", 1, id="four-behind"),
        pytest.param("v1.27.0", "v1.30.2", 0, id="three-behind"),
        pytest.param("v1.30.0", "", 0, id="server-not-known"),
    ],
)
def test_versions_that_do_not_go_together_are_remarked_upon(
    kubelet: str, server: str, count: int
) -> None:
    one = node()
    one["status"]["nodeInfo"] = {"kubeletVersion": kubelet}
    inventory = seen(one)
    inventory.server_version = server
    found = [one for one in findings(inventory, NOW) if one.condition == "node.version_skew"]
    assert len(found) == count


def spread(name: str, bad: str = "", status: Json | None = None) -> list[Json]:
    """An application with a pod on each of two nodes; the one on `bad` crashes."""
    objects = app(name)
    for number, one in enumerate([one for one in objects if one["kind"] == "Pod"], start=1):
        one["spec"] = {**one["spec"], "nodeName": f"node-{number}"}
        if one["spec"]["nodeName"] == bad:
            one["status"]["containerStatuses"] = [status or crashing(code=139)]
            one["status"]["conditions"] = [
                {"type": "Ready", "status": "False", "lastTransitionTime": ago(600)}
            ]
    return objects


def cluster(*apps: list[Json], second: str = "True") -> Inventory:
    nodes = [node("node-1"), node("node-2", ready=second)]
    return seen(*nodes, *(one for objects in apps for one in objects))


@pytest.mark.parametrize(
    ("inventory", "count"),
    [
        pytest.param(cluster(spread("a", "node-2"), spread("b", "node-2")), 1, id="both-there"),
        pytest.param(cluster(spread("a", "node-2"), spread("b")), 0, id="only-one-workload"),
        pytest.param(
            cluster(spread("a", "node-2"), spread("b", "node-1")), 0, id="on-different-nodes"
        ),
        pytest.param(
            cluster(spread("a", "node-2"), spread("b", "node-2"), *(spread(n) for n in "cdef")),
            0,
            id="most-are-well-there",
        ),
        pytest.param(
            cluster(spread("a", "node-2"), spread("b", "node-2"), second="Unknown"),
            0,
            id="told-as-not-ready",
        ),
    ],
)
def test_a_node_that_fails_its_pods_is_told(inventory: Inventory, count: int) -> None:
    found = findings(inventory, NOW)
    assert len([one for one in found if one.condition == "node.fails_its_pods"]) == count
    blamed = {
        suspect.path
        for one in found
        if one.condition == "pod.crash_loop"
        for suspect in one.suspects
    }
    assert blamed == ({"Node/node-2"} if count else set())


def test_pods_that_are_not_ready_there_blame_the_node_too() -> None:
    unready = running(ready=False)
    inventory = cluster(spread("a", "node-2", unready), spread("b", "node-2", unready))
    found = [one for one in findings(inventory, NOW) if one.condition == "pod.not_ready"]
    assert {suspect.path for one in found for suspect in one.suspects} == {"Node/node-2"}


OLD_WORDS = "Container app was using 3145728Ki, which exceeds its request of {}. "
NEW_WORDS = (
    "Threshold quantity: 100Mi, available: 61Mi. Container app was using 3145728Ki, request is {}, "
    "has larger consumption of memory. "
)
FREE = {"containers": [container(resources={"requests": {"memory": "64Mi"}})]}


def thrown_out(words: str, asked: str = "64Mi", spec: Json = FREE) -> Json:
    one = evicted("The node was low on resource: memory. " + words.format(asked))
    return one | {"spec": {**one["spec"], **spec}}


@pytest.mark.parametrize(
    ("one", "greedy"),
    [
        pytest.param(thrown_out(OLD_WORDS), True, id="words-up-to-1.26"),
        pytest.param(thrown_out(NEW_WORDS), True, id="words-of-today"),
        pytest.param(thrown_out(OLD_WORDS, asked="0"), True, id="no-request-at-all"),
        pytest.param(thrown_out(OLD_WORDS, asked="2Gi"), False, id="a-little-more-than-asked"),
        pytest.param(
            thrown_out(OLD_WORDS, spec={"containers": [container()]}), False, id="with-a-limit"
        ),
        pytest.param(evicted(LOW), False, id="another-resource"),
        pytest.param(
            thrown_out(OLD_WORDS.replace("3145728Ki", "327680Ki"), asked="0"),
            False,
            id="one-of-many-small-ones",
        ),
    ],
)
def test_an_evicted_pod_is_to_blame_when_it_took_all_memory(one: Json, *, greedy: bool) -> None:
    short = node(conditions=[reports("MemoryPressure")])
    (finding,) = spotted("pod.evicted", one, short)
    (pressure,) = spotted("node.pressure", one, short)
    assert ("used 3Gi without a memory limit" in finding.claim) is greedy
    assert [each.path for each in finding.suspects] == ([] if greedy else ["Node/node-1"])
    assert [each.path for each in pressure.suspects] == (["Pod/shop/gone"] if greedy else [])


def heard(objects: list[Json], complains_on: str, line: str, since: float = 600) -> list[PodLog]:
    """Logs of an hour and more of all its pods; those on one node complain since a while."""
    pods = [one for one in objects if one["kind"] == "Pod"]
    return [
        log(
            one,
            "\n".join(
                f"{ago(second)} {line if second <= since and cut else 'INFO served'}"
                for second in range(4000, 0, -10)
            ),
        )
        for one in pods
        for cut in [one["spec"]["nodeName"] == complains_on]
    ]


DOWN = "ERROR connect ENETDOWN 10.66.4.61:4001"
OTHER = DOWN.replace("61", "62")
REFUSED = DOWN.replace("ENETDOWN", "ECONNREFUSED")
A, B = spread("a"), spread("b")


@pytest.mark.parametrize(
    ("logs", "count"),
    [
        pytest.param([*heard(A, "node-2", DOWN), *heard(B, "node-2", OTHER)], 1, id="both-there"),
        pytest.param([*heard(A, "node-2", DOWN), *heard(B, "node-2", DOWN)], 0, id="one-end"),
        pytest.param([*heard(A, "node-2", DOWN), *heard(B, "none", OTHER)], 0, id="one-program"),
        pytest.param([*heard(A, "node-2", DOWN), *heard(B, "node-1", OTHER)], 0, id="elsewhere"),
        pytest.param(
            [*heard(A, "node-2", REFUSED), *heard(B, "node-2", REFUSED.replace("61", "62"))],
            0,
            id="they-are-refused",
        ),
        pytest.param(
            [*heard(A, "node-2", DOWN, 9000), *heard(B, "node-2", OTHER, 9000)], 0, id="always"
        ),
        pytest.param(
            [*heard(A, "node-2", DOWN)[1:], *heard(B, "node-2", OTHER)[1:]],
            0,
            id="the-others-were-not-heard",
        ),
    ],
)
def test_a_node_on_which_alone_programs_lose_the_network_is_told(
    logs: list[PodLog], count: int
) -> None:
    inventory = seen(node("node-1"), node("node-2"), *A, *B, logs=logs)
    found = findings(inventory, NOW)
    told = [one for one in found if one.condition == "node.cuts_off_its_pods"]
    assert [(one.entity.path, "ENETDOWN" in one.claim) for one in told] == [
        ("Node/node-2", True)
    ] * count
    blamed = {suspect.path for one in found for suspect in one.suspects if suspect.kind == "Node"}
    assert blamed == ({"Node/node-2"} if count else set())


def test_on_a_large_node_too_who_takes_gigabytes_unasked_is_greedy() -> None:
    words = OLD_WORDS.replace("3145728Ki", "9437184Ki")
    large = node(conditions=[reports("MemoryPressure")], allocatable={"memory": "62Gi"})
    (finding,) = spotted("pod.evicted", thrown_out(words), large)
    assert "used 9Gi without a memory limit" in finding.claim
