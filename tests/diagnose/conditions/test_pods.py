"""Pods: how they end, what keeps them from serving, and what is over."""

from typing import Any

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    Json,
    ago,
    app,
    container,
    crashing,
    ended,
    event,
    log,
    make,
    named,
    node,
    pod,
    running,
    seen,
    spotted,
    waiting,
)
from tests.diagnose.signals import inventory, level, signal

from sreagent.diagnose.conditions.run import findings, found_in
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.finding import Severity
from sreagent.domain.signal import Measure, Point, Unit


def over(reason: str, message: str = "", since: float = 600, **more: Any) -> Json:
    one = pod("app-x", status={"name": "app", "state": ended(137, since=since)}, phase="Failed")
    one["status"] |= {"reason": reason, "message": message}
    one["status"]["conditions"] = []
    return one | more


def gated(*conditions: Json, **more: Any) -> Json:
    spec = {"readinessGates": [{"conditionType": "lb.example.com/registered"}]}
    one = pod(spec=spec, conditions=conditions, **more)
    one["status"]["conditions"][-1]["status"] = "False"
    return one


def restarted(*, ran: float, runs: float, restarts: int = 4, reason: str = "Error") -> Json:
    end = ended(1, since=runs + 5, ran=ran, reason=reason)
    return pod(status=running(since=runs, restartCount=restarts, lastState=end))


SIDECAR = {"initContainers": [container("proxy", restartPolicy="Always")]}


@pytest.mark.parametrize(
    ("reason", "words", "accused"),
    [
        pytest.param("Shutdown", "its node was shut down", True, id="node-shutdown"),
        pytest.param("Terminated", "its node was shut down", True, id="node-shutdown-since-1.22"),
        pytest.param("NodeLost", "stopped answering", True, id="node-lost"),
        pytest.param("OutOfcpu", "too little cpu left", False, id="out-of-cpu"),
        pytest.param("OutOfpods", "too little pods left", False, id="out-of-pods"),
        pytest.param("NodeAffinity", "no longer has the labels", False, id="affinity"),
        pytest.param("UnexpectedAdmissionError", "device", False, id="device-plugin"),
        pytest.param("Preempting", "critical pod", False, id="critical-pod"),
        pytest.param("DeadlineExceeded", "activeDeadlineSeconds", False, id="deadline"),
        pytest.param("Novelty", "told by the kubelet", False, id="unknown-reason"),
    ],
)
def test_a_pod_that_its_node_ended_says_why(reason: str, words: str, *, accused: bool) -> None:
    (finding,) = spotted("pod.rejected", over(reason, "told by the kubelet"), node())
    assert words in finding.claim
    assert [one.path for one in finding.suspects] == (["Node/node-1"] if accused else [])
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize("reason", ["Evicted", "Shutdown"])
def test_a_pod_that_was_made_up_for_long_ago_is_no_trouble(reason: str) -> None:
    condition = "pod.evicted" if reason == "Evicted" else "pod.rejected"
    objects = app()
    left = over(reason, since=2 * DAY)
    left["metadata"]["ownerReferences"] = named(objects, "Pod")["metadata"]["ownerReferences"]
    assert spotted(condition, *objects, left) == []
    fresh = over(reason)
    fresh["metadata"]["ownerReferences"] = left["metadata"]["ownerReferences"]
    (finding,) = spotted(condition, *objects, fresh)
    assert finding.severity is Severity.WARNING


def test_an_ended_pod_of_a_job_that_is_done_is_not_missed() -> None:
    job = make(
        "Job", "once", spec={}, status={"conditions": [{"type": "Complete", "status": "True"}]}
    )
    left = over("Evicted")
    left["metadata"]["ownerReferences"] = [
        {"kind": "Job", "name": "once", "uid": job["metadata"]["uid"], "controller": True}
    ]
    (finding,) = spotted("pod.evicted", job, left)
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("one", "count"),
    [
        pytest.param(gated(), 1, id="nobody-reports"),
        pytest.param(
            gated({"type": "lb.example.com/registered", "status": "False", "message": "wait"}),
            1,
            id="not-met",
        ),
        pytest.param(gated({"type": "lb.example.com/registered", "status": "True"}), 0, id="met"),
        pytest.param(gated(status=running(since=30)), 0, id="just-started"),
        pytest.param(gated(status=running(ready=False)), 0, id="container-not-ready-either"),
        pytest.param(pod(), 0, id="no-gates"),
    ],
)
def test_a_readiness_gate_is_told_when_only_it_is_missing(one: Json, count: int) -> None:
    assert len(spotted("pod.readiness_gate", one, node())) == count


@pytest.mark.parametrize(
    ("one", "count"),
    [
        pytest.param(restarted(ran=1800, runs=900), 1, id="each-half-hour"),
        pytest.param(restarted(ran=5, runs=3000), 0, id="a-flapping-that-has-ended"),
        pytest.param(restarted(ran=1800, runs=7200), 0, id="runs-longer-than-before"),
        pytest.param(restarted(ran=1800, runs=900, restarts=1), 0, id="once"),
        pytest.param(restarted(ran=1800, runs=900, reason="OOMKilled"), 0, id="told-as-memory"),
    ],
)
def test_restarts_at_intervals_are_told(one: Json, count: int) -> None:
    found = spotted("pod.keeps_restarting", one)
    assert len(found) == count
    assert all(one.severity is Severity.WARNING for one in found)


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        pytest.param({}, "from outside", id="no-probe"),
        pytest.param({"livenessProbe": {"exec": {"command": ["x"]}}}, "SIGKILL", id="probe"),
    ],
)
def test_a_kill_that_nothing_explains_came_from_outside(probe: Json, words: str) -> None:
    one = pod(status=crashing(code=137), spec={"containers": [container(**probe)]})
    (finding,) = spotted("pod.crash_loop", one)
    assert words in finding.claim
    assert ("outside" in finding.claim) is not bool(probe)


def test_a_pod_that_is_started_once_tells_how_it_ended() -> None:
    one = pod(status={"name": "app", "state": ended(3)}, phase="Failed")
    words = log(one, "ERROR missing required setting REGION_NAME\n")
    (finding,) = spotted("pod.failed", one, logs=[words])
    assert "exit code 3" in finding.claim
    assert finding.facts["log"] == "read"


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(
            pod(status={"name": "app", "state": ended(3, since=3 * DAY)}, phase="Failed"),
            id="days-ago",
        ),
        pytest.param(
            pod(status={"name": "app", "state": ended(0)}, phase="Succeeded"), id="ended-well"
        ),
        pytest.param(
            pod(
                status={"name": "app", "state": ended(3)},
                phase="Failed",
                owner=make("Job", "once"),
            ),
            id="of-a-job-that-tries-again",
        ),
    ],
)
def test_an_end_that_is_nobodys_business_is_left_alone(one: Json) -> None:
    assert spotted("pod.failed", one) == []


@pytest.mark.parametrize(
    ("age", "count"), [pytest.param(600, 1, id="long"), pytest.param(60, 0, id="queued-just-now")]
)
def test_a_scheduling_gate_is_told_after_a_while(age: float, count: int) -> None:
    one = pod(
        status={"name": "app"},
        phase="Pending",
        node="",
        age=age,
        spec={"schedulingGates": [{"name": "example.com/queue"}]},
    )
    found = spotted("pod.scheduling_gated", one)
    assert len(found) == count
    assert all("example.com/queue" in one.claim for one in found)


def test_a_sidecar_that_is_not_ready_makes_its_pod_not_ready() -> None:
    one = pod(init=running("proxy", ready=False), spec=SIDECAR)
    one["status"]["conditions"][-1]["status"] = "False"
    (finding,) = spotted("pod.not_ready", one)
    assert finding.facts["container"] == "proxy"


def test_an_init_container_that_runs_is_not_expected_to_be_ready() -> None:
    one = pod(
        init=running("prepare", ready=False, since=50),
        status=waiting("PodInitializing"),
        phase="Pending",
        spec={"initContainers": [container("prepare")]},
    )
    assert findings(seen(one, node()), NOW) == ()


CLAIM = make(
    "PersistentVolumeClaim",
    "data",
    deletionTimestamp=ago(900),
    finalizers=["kubernetes.io/pvc-protection"],
    status={"phase": "Bound"},
)
USER = pod(spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]})
LEFT = {
    "type": "NamespaceContentRemaining",
    "status": "True",
    "message": "Some resources are remaining: widgets.example.com has 1 resource instances",
}


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        pytest.param(
            [make("ConfigMap", "c", deletionTimestamp=ago(900), finalizers=["example.com/hold"])],
            "finalizers example.com/hold keep it",
            id="finalizer",
        ),
        pytest.param([CLAIM, USER], "pod shop/app-1 still uses it", id="claim-in-use"),
        pytest.param([CLAIM], "finalizers kubernetes.io/pvc-protection", id="claim-of-nobody"),
        pytest.param(
            [
                make(
                    "Namespace",
                    "old",
                    deletionTimestamp=ago(900),
                    spec={"finalizers": ["kubernetes"]},
                    status={"conditions": [LEFT]},
                )
            ],
            "widgets.example.com has 1",
            id="namespace",
        ),
    ],
)
def test_what_was_deleted_and_stays_says_what_keeps_it(objects: list[Json], words: str) -> None:
    (finding,) = spotted("object.stuck_deleting", *objects)
    assert words in finding.claim
    assert "15 min ago" in finding.claim


def test_what_was_deleted_just_now_may_take_its_time() -> None:
    fresh = make("ConfigMap", "c", deletionTimestamp=ago(60), finalizers=["example.com/hold"])
    assert spotted("object.stuck_deleting", fresh) == []


def test_an_eviction_told_by_an_event_counts_from_the_event() -> None:
    one = over("Evicted", "The node was low on resource: memory.", since=3 * DAY)
    one["status"]["containerStatuses"] = []
    (finding,) = spotted("pod.evicted", one, event(one, "Evicted", "low on memory", since=120))
    assert finding.severity is Severity.ERROR
    assert finding.since is not None
    assert (NOW - finding.since).total_seconds() == 120


@pytest.mark.parametrize(
    ("restarts", "since"),
    [
        pytest.param(level((10_800, 0), (600, 4)), 600, id="calm-for-hours-and-then-again"),
        pytest.param(level((10_800, 4)), 9 * DAY + 300, id="all-the-time"),
        pytest.param(None, 9 * DAY + 300, id="not-measured"),
    ],
)
def test_a_container_that_dies_again_after_calm_hours_began_to_then(
    restarts: list[Point] | None, since: float
) -> None:
    killed = crashing(code=137, since=30, reason="OOMKilled")
    objects = app(pods=[killed], revisions=[(20 * DAY, container())])
    dies = event(named(objects, "Pod"), "BackOff", "Back-off restarting", since=9 * DAY)
    dies["lastTimestamp"] = ago(20)
    signals = [signal(Measure.RESTARTS, restarts, Unit.COUNT)] if restarts else []
    scene = Scene(inventory([*objects, dies], *signals), NOW)
    (found,) = [one for one in found_in(scene) if one.condition == "pod.oom_killed"]
    assert found.since is not None
    assert abs((NOW - found.since).total_seconds() - since) <= 60
