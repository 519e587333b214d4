"""Rollouts that cannot end, and controllers that do not act."""

from typing import Any

import pytest
from tests.diagnose.build import (
    DAY,
    Json,
    ago,
    app,
    container,
    crashing,
    deployment,
    make,
    node,
    pod,
    running,
    service,
    spotted,
)

from sreagent.domain.finding import Severity

STUCK = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
DONE = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
TWO = [(9 * DAY, container(image="x:1")), (900, container(image="x:2"))]


def edited(at: float, field: str = "f:template") -> list[Json]:
    return [{"manager": "kubectl", "time": ago(at), "fieldsV1": {"f:spec": {field: {}}}}]


def observed(asked: int, seen: int | None, at: float) -> Json:
    one = deployment(managed=edited(at))
    one["metadata"]["generation"] = asked
    one["status"]["observedGeneration"] = seen
    return one


@pytest.mark.parametrize(
    ("one", "count"),
    [
        pytest.param(observed(4, 3, 600), 1, id="behind-for-ten-minutes"),
        pytest.param(observed(4, 3, 10), 0, id="edited-just-now"),
        pytest.param(observed(4, 4, 600), 0, id="acted-on"),
        pytest.param(observed(4, None, 600), 0, id="not-reported"),
    ],
)
def test_a_controller_that_does_not_act_is_told(one: Json, count: int) -> None:
    assert len(spotted("workload.not_observed", one)) == count


@pytest.mark.parametrize(
    ("replicas", "count"), [pytest.param(100_000, 1, id="absurd"), pytest.param(50, 0, id="fits")]
)
def test_more_pods_than_all_nodes_hold_are_told(replicas: int, count: int) -> None:
    one = deployment(replicas=replicas, available=replicas)
    found = spotted("workload.too_many_replicas", one, node())
    assert len(found) == count
    assert all("100000 pods, and all 1 nodes together hold 110" in one.claim for one in found)
    assert spotted("workload.too_many_replicas", one, refused=["Node"]) == []


def test_the_custom_resource_above_is_suspected_of_an_absurd_number() -> None:
    one = make("StatefulSet", "db", spec={"replicas": 9999}, status={"readyReplicas": 0})
    one["metadata"]["ownerReferences"] = [
        {"kind": "DbCluster", "name": "main", "uid": "c-1", "controller": True}
    ]
    (finding,) = spotted("workload.too_many_replicas", one, node())
    assert [above.path for above in finding.suspects] == ["DbCluster/shop/main"]
    (lacks,) = spotted("workload.unavailable", one, node())
    assert [above.path for above in lacks.suspects] == ["DbCluster/shop/main"]


@pytest.mark.parametrize(
    ("strategy", "more", "count"),
    [
        pytest.param({"rollingUpdate": {"maxUnavailable": "100%"}}, {}, 1, id="all-of-them"),
        pytest.param({"rollingUpdate": {"maxUnavailable": 2}}, {}, 1, id="as-many-as-there-are"),
        pytest.param({"type": "Recreate"}, {}, 1, id="recreate"),
        pytest.param({"rollingUpdate": {"maxUnavailable": "25%"}}, {}, 0, id="a-quarter"),
        pytest.param({"type": "Recreate"}, {"conditions": [DONE]}, 0, id="it-was-rolled-out"),
        pytest.param({"type": "Recreate"}, {"revisions": TWO[:1]}, 0, id="the-first-rollout"),
    ],
)
def test_a_strategy_that_takes_all_pods_away_is_told(
    strategy: Json, more: Json, count: int
) -> None:
    objects = app(pods=[crashing(), crashing()], **{"revisions": TWO, **more})
    objects[0]["spec"]["strategy"] = strategy
    assert len(spotted("workload.lets_all_go", *objects)) == count


@pytest.mark.parametrize(
    ("state", "have", "count"),
    [
        pytest.param(STUCK, 3, 1, id="stuck"),
        pytest.param(DONE, 3, 0, id="moving"),
        pytest.param(STUCK, 2, 0, id="no-more-than-wanted"),
    ],
)
def test_pods_left_over_by_a_stuck_rollout_are_told(state: Json, have: int, count: int) -> None:
    one = deployment(conditions=[state])
    one["status"]["replicas"] = have
    assert len(spotted("workload.surplus_pods", one)) == count


def stateful(spec: Json | None = None, **status: Any) -> Json:
    body = {"replicas": 3, "serviceName": "db", **(spec or {})}
    return make("StatefulSet", "db", spec=body, status={"readyReplicas": 3, **status})


HEADLESS = service("db")
FAST = [{"metadata": {"name": "data"}, "spec": {"storageClassName": "fast"}}]


@pytest.mark.parametrize(
    ("objects", "refused", "count"),
    [
        pytest.param([stateful()], [], 1, id="missing"),
        pytest.param([stateful(), HEADLESS], [], 0, id="there"),
        pytest.param([stateful()], ["Service"], 0, id="services-refused"),
        pytest.param([stateful({"serviceName": ""})], [], 0, id="none-named"),
    ],
)
def test_the_service_of_a_stateful_set_must_exist(
    objects: list[Json], refused: list[str], count: int
) -> None:
    assert len(spotted("stateful.service_missing", *objects, refused=refused)) == count


@pytest.mark.parametrize(
    ("objects", "refused", "count"),
    [
        pytest.param([], [], 1, id="missing"),
        pytest.param([make("StorageClass", "fast")], [], 0, id="there"),
        pytest.param([], ["StorageClass"], 0, id="classes-refused"),
    ],
)
def test_the_storage_class_of_a_claim_template_must_exist(
    objects: list[Json], refused: list[str], count: int
) -> None:
    one = stateful({"volumeClaimTemplates": FAST})
    found = spotted("stateful.storage_class_missing", one, *objects, refused=refused)
    assert len(found) == count


def member(number: int, mark: str = "db-1", *, ready: bool = True, age: float = DAY) -> Json:
    owner = stateful()
    labels = {"app": "db", "controller-revision-hash": mark}
    status = running(ready=ready)
    return pod(f"db-{number}", owner=owner, labels=labels, status=status, age=age)


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        pytest.param([stateful(), member(0, ready=False)], "no db-1, db-2 yet", id="first"),
        pytest.param(
            [stateful({"ordinals": {"start": 5}}), member(5, ready=False)],
            "no db-6, db-7 yet",
            id="counted-from-five",
        ),
        pytest.param([stateful(), member(0, ready=False, age=20)], "", id="just-made"),
        pytest.param(
            [stateful({"podManagementPolicy": "Parallel"}), member(0, ready=False)],
            "",
            id="all-at-once",
        ),
        pytest.param([stateful(), member(0), member(1), member(2)], "", id="all-there"),
    ],
)
def test_the_pod_that_holds_up_the_others_is_named(objects: list[Json], words: str) -> None:
    found = spotted("stateful.blocked", *objects)
    assert [words in one.claim for one in found] == ([True] if words else [])


def updating(**strategy: Any) -> Json:
    return stateful(
        {"updateStrategy": strategy},
        updateRevision="db-2",
        currentRevision="db-1",
        updatedReplicas=1,
    )


@pytest.mark.parametrize(
    ("objects", "words", "severity"),
    [
        pytest.param(
            [updating(type="OnDelete"), member(0)],
            "OnDelete waits",
            Severity.WARNING,
            id="on-delete",
        ),
        pytest.param(
            [updating(rollingUpdate={"partition": 2}), member(0)],
            "partition 2",
            Severity.WARNING,
            id="partition",
        ),
        pytest.param(
            [updating(), member(0), member(1, ready=False)],
            "db-1 of an older template is not ready",
            Severity.ERROR,
            id="broken-old-pod",
        ),
        pytest.param(
            [updating(), member(0), member(2, "db-2", ready=False)],
            "db-2 with the new one does not become ready",
            Severity.ERROR,
            id="new-pod-not-ready",
        ),
        pytest.param([updating(), member(0), member(2, "db-2")], "", None, id="getting-on"),
        pytest.param([stateful(), member(0)], "", None, id="no-update"),
    ],
)
def test_an_update_of_a_stateful_set_says_why_it_is_stuck(
    objects: list[Json], words: str, severity: Severity | None
) -> None:
    found = spotted("stateful.update_stuck", *objects)
    assert [(words in one.claim, one.severity) for one in found] == (
        [(True, severity)] if severity else []
    )


def agent(strategy: str = "RollingUpdate", at: float = 3600, **status: int) -> Json:
    return make(
        "DaemonSet",
        "agent",
        spec={"updateStrategy": {"type": strategy}},
        status={"desiredNumberScheduled": 3, "numberReady": 3, **status},
        managed=edited(at),
    )


@pytest.mark.parametrize(
    ("one", "words"),
    [
        pytest.param(agent(updatedNumberScheduled=1, numberUnavailable=1), "1 of 3", id="stuck"),
        pytest.param(agent("OnDelete", updatedNumberScheduled=1), "OnDelete", id="on-delete"),
        pytest.param(agent(updatedNumberScheduled=3), "", id="done"),
        pytest.param(agent(updatedNumberScheduled=1), "", id="getting-on"),
        pytest.param(
            agent(at=60, updatedNumberScheduled=1, numberUnavailable=1), "", id="edited-just-now"
        ),
    ],
)
def test_an_update_of_a_daemon_set_says_why_it_is_stuck(one: Json, words: str) -> None:
    found = spotted("daemon.update_stuck", one)
    assert [words in one.claim for one in found] == ([True] if words else [])


def test_misplaced_daemon_pods_are_only_a_remark() -> None:
    (finding,) = spotted("daemon.misscheduled", agent(numberMisscheduled=2))
    assert finding.severity is Severity.INFO
