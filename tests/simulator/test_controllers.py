"""The control loops do what the real ones do, seen in the cluster's own time."""

import pytest
from tests.simulator.staging import Stage

from sreagent.simulator.api import Place
from sreagent.simulator.kinds import (
    BUDGET,
    DAEMON_SET,
    DEPLOYMENT,
    ENDPOINTS,
    JOB,
    NODE,
    POD,
    REPLICA_SET,
    SERVICE,
    STATEFUL_SET,
)
from sreagent.simulator.objects import Json, condition, is_ready, lookup, name_of, owner_uids
from sreagent.simulator.problems import ApiError

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
"""
NO_SUCH_IMAGE = "registry.example.com/shop/cart:nope"


@pytest.fixture
def stage(selector_mismatch: Stage) -> Stage:
    return selector_mismatch


def reason(stage: Stage, app: str, kind: str) -> str:
    found = condition(stage.read(DEPLOYMENT, app), kind)
    return str(found and found["reason"])


def scale(stage: Stage, app: str, replicas: int) -> None:
    stage.patch(DEPLOYMENT, app, {"spec": {"replicas": replicas}})


class TestDeployments:
    def test_scaling_adds_and_removes_pods_of_the_same_revision(self, stage: Stage) -> None:
        before = stage.names("payment")
        scale(stage, "payment", 5)
        stage.pass_time(10)
        assert stage.ready("payment") == 5
        assert before < stage.names("payment")
        scale(stage, "payment", 1)
        stage.pass_time(10)
        assert len(stage.pods("payment")) == 1
        assert "ScalingReplicaSet" in stage.reasons("payment")

    def test_an_image_nobody_has_leaves_the_old_pods_serving(self, stage: Stage) -> None:
        stage.set_container("cart", image=NO_SUCH_IMAGE)
        stage.pass_time(40)
        assert stage.ready("cart") == 2
        assert sorted(stage.states("cart")) == ["ImagePullBackOff", "running", "running"]
        assert {"Failed", "BackOff"} <= stage.reasons("cart")

    def test_a_rollout_that_stands_still_passes_its_deadline(self, stage: Stage) -> None:
        stage.set_container("cart", image=NO_SUCH_IMAGE)
        stage.pass_time(300)
        assert reason(stage, "cart", "Progressing") == "ReplicaSetUpdated"
        stage.pass_time(400)
        assert reason(stage, "cart", "Progressing") == "ProgressDeadlineExceeded"
        assert reason(stage, "cart", "Available") == "MinimumReplicasAvailable"

    def test_a_rolling_update_never_goes_below_what_must_be_available(self, stage: Stage) -> None:
        stage.set_container("frontend", image="registry.example.com/shop/frontend:6.3.3")
        lowest = 3
        for _ in range(40):
            stage.pass_time(0.5)
            lowest = min(lowest, stage.ready("frontend"))
        assert lowest == 3
        images = {pod["spec"]["containers"][0]["image"] for pod in stage.pods("frontend")}
        assert images == {"registry.example.com/shop/frontend:6.3.3"}

    def test_recreate_ends_every_old_pod_before_the_first_new_one(self, stage: Stage) -> None:
        stage.set_container("checkout", image="registry.example.com/shop/checkout:2.4.2")
        stage.pass_time(0.5)
        assert stage.ready("checkout") == 0
        stage.pass_time(10)
        assert stage.ready("checkout") == 3

    def test_a_paused_deployment_does_not_roll_out(self, stage: Stage) -> None:
        stage.patch(DEPLOYMENT, "cart", {"spec": {"paused": True}})
        before = stage.names("cart")
        stage.set_container("cart", image="registry.example.com/shop/cart:3.1.0")
        stage.pass_time(20)
        assert stage.names("cart") == before
        assert reason(stage, "cart", "Progressing") == "DeploymentPaused"

    def test_a_deleted_pod_is_replaced(self, stage: Stage) -> None:
        gone = stage.pods("cart")[0]
        stage.delete(POD, name_of(gone))
        stage.pass_time(10)
        assert stage.ready("cart") == 2
        assert name_of(gone) not in stage.names("cart")
        assert "Killing" in stage.reasons(name_of(gone))

    def test_a_pod_whose_label_is_taken_away_is_let_go_and_replaced(self, stage: Stage) -> None:
        stray = stage.pods("cart")[0]
        stage.patch(POD, name_of(stray), {"metadata": {"labels": {"app": "quarantine"}}})
        stage.pass_time(10)
        assert stage.ready("cart") == 2
        assert owner_uids(stage.read(POD, name_of(stray))) == []

    def test_deleting_it_takes_its_replica_sets_and_pods_along(self, stage: Stage) -> None:
        stage.delete(DEPLOYMENT, "cart")
        stage.pass_time(5)
        assert stage.pods("cart") == []
        sets = stage.cluster.store.all(REPLICA_SET, "shop")
        assert not [each for each in sets if name_of(each).startswith("cart-")]


class TestPods:
    def test_a_pod_that_needs_a_missing_config_map_waits_for_it(self, stage: Stage) -> None:
        source = {"configMapKeyRef": {"name": "late", "key": "level"}}
        stage.set_container("cart", env=[{"name": "LEVEL", "valueFrom": source}])
        stage.pass_time(10)
        assert "CreateContainerConfigError" in stage.states("cart")
        stage.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: late}, data: {level: x}}")
        stage.pass_time(40)
        assert set(stage.states("cart")) == {"running"}
        assert stage.ready("cart") == 2

    def test_a_pod_too_large_for_every_node_stays_pending(self, stage: Stage) -> None:
        stage.set_container("cart", resources={"requests": {"cpu": "60"}, "limits": {"cpu": "60"}})
        stage.pass_time(10)
        pending = [pod for pod in stage.pods("cart") if lookup(pod, "status.phase") == "Pending"]
        told = condition(pending[0], "PodScheduled")
        assert told is not None
        assert told["message"].startswith("0/3 nodes are available: 3 Insufficient cpu.")
        assert "FailedScheduling" in stage.reasons("cart")
        assert stage.ready("cart") == 2

    def test_a_probe_on_the_wrong_port_never_succeeds(self, stage: Stage) -> None:
        stage.set_container("cart", readinessProbe={"httpGet": {"path": "/ready", "port": 9999}})
        stage.pass_time(40)
        unready = [pod for pod in stage.pods("cart") if not is_ready(pod)]
        assert len(unready) == 1
        assert "Unhealthy" in stage.reasons(name_of(unready[0]))

    def test_pauses_between_restarts_grow(self, bad_deploy: Stage) -> None:
        pod = bad_deploy.pods("checkout")[0]
        before = restarts(bad_deploy, name_of(pod))
        bad_deploy.pass_time(310)
        first = restarts(bad_deploy, name_of(pod)) - before
        bad_deploy.pass_time(1200)
        later = restarts(bad_deploy, name_of(pod)) - before - first
        assert 1 <= first <= 2
        assert 3 <= later <= 4

    def test_a_cordoned_node_gets_no_new_pod(self, stage: Stage) -> None:
        place = Place(kind=NODE, name="node-1")
        node = {**stage.cluster.api.read(place), "spec": {"unschedulable": True}}
        stage.cluster.api.update(place, node, stage.caller)
        scale(stage, "payment", 8)
        stage.pass_time(10)
        created = [pod for pod in stage.pods("payment") if pod["spec"]["nodeName"] == "node-1"]
        assert len(created) <= 1


def restarts(stage: Stage, pod: str) -> int:
    return int(stage.read(POD, pod)["status"]["containerStatuses"][0]["restartCount"])


class TestServices:
    def test_a_target_port_no_container_names_means_no_address(self, stage: Stage) -> None:
        ports = [{"port": 80, "name": "http", "targetPort": "web"}]
        stage.patch(SERVICE, "payment", {"spec": {"ports": ports}})
        stage.pass_time(5)
        assert stage.addresses("payment") == 0

    def test_pods_that_are_not_ready_are_listed_apart(self, bad_deploy: Stage) -> None:
        (subset,) = bad_deploy.read(ENDPOINTS, "checkout")["subsets"]
        assert len(subset["notReadyAddresses"]) == 3
        assert "addresses" not in subset

    def test_the_addresses_go_with_the_service(self, stage: Stage) -> None:
        stage.delete(SERVICE, "payment")
        stage.pass_time(5)
        assert stage.cluster.store.find(ENDPOINTS, "shop", "payment") is None


class TestOtherWorkloads:
    def test_a_stateful_set_starts_in_order_and_replaces_from_the_last(self, stage: Stage) -> None:
        text = (
            WEB.replace("Deployment", "StatefulSet").replace("web", "db").replace("nginx", "db:1")
        )
        stage.create(text.replace("db:1", "busybox"))
        stage.pass_time(0.3)
        assert stage.names("db") == {"db-0"}
        stage.pass_time(20)
        assert stage.names("db") == {"db-0", "db-1"}
        first = stage.read(POD, "db-0")["metadata"]["uid"]
        template = {"spec": {"containers": [{"name": "db", "image": "busybox:2"}]}}
        stage.patch(STATEFUL_SET, "db", {"spec": {"template": template}})
        stage.pass_time(2)
        assert stage.read(POD, "db-0")["metadata"]["uid"] == first
        stage.pass_time(30)
        assert stage.read(POD, "db-0")["metadata"]["uid"] != first
        assert stage.read(STATEFUL_SET, "db")["status"]["updatedReplicas"] == 2

    def test_a_daemon_set_covers_every_node(self, stage: Stage) -> None:
        text = WEB.replace("Deployment", "DaemonSet").replace("  replicas: 2\n", "")
        stage.create(text)
        stage.pass_time(10)
        assert {pod["spec"]["nodeName"] for pod in stage.pods("web")} == {
            "node-1",
            "node-2",
            "node-3",
        }
        assert stage.read(DAEMON_SET, "web")["status"]["numberReady"] == 3

    def test_a_daemon_set_leaves_a_node_that_it_does_not_select_any_more(
        self, stage: Stage
    ) -> None:
        text = WEB.replace("Deployment", "DaemonSet").replace("  replicas: 2\n", "")
        stage.create(text)
        stage.pass_time(10)
        wanted = {"kubernetes.io/hostname": "node-2"}
        stage.patch(DAEMON_SET, "web", {"spec": {"template": {"spec": {"nodeSelector": wanted}}}})
        stage.pass_time(60)
        assert {pod["spec"]["nodeName"] for pod in stage.pods("web")} == {"node-2"}
        status = stage.read(DAEMON_SET, "web")["status"]
        assert (status["desiredNumberScheduled"], status["numberReady"]) == (1, 1)

    def test_a_job_ends_when_its_pod_succeeded(self, stage: Stage) -> None:
        stage.create(
            "{apiVersion: batch/v1, kind: Job, metadata: {name: tidy}, spec: {template: {spec: "
            "{restartPolicy: Never, containers: [{name: tidy, image: busybox}]}}}}"
        )
        stage.pass_time(1)
        assert stage.read(JOB, "tidy")["status"]["active"] == 1
        stage.pass_time(5)
        status = stage.read(JOB, "tidy")["status"]
        assert (status["active"], status["succeeded"]) == (0, 1)
        assert status["conditions"][0]["type"] == "Complete"

    def test_a_budget_counts_what_may_be_disturbed(self, stage: Stage) -> None:
        assert stage.read(BUDGET, "frontend")["status"] == {
            "currentHealthy": 3,
            "desiredHealthy": 1,
            "disruptionsAllowed": 2,
            "expectedPods": 3,
            "observedGeneration": 1,
        }

    def test_an_eviction_against_the_budget_is_refused(self, stage: Stage) -> None:
        stage.patch(BUDGET, "frontend", {"spec": {"minAvailable": 3}})
        stage.pass_time(1)
        place = Place(kind=POD, namespace="shop", name=name_of(stage.pods("frontend")[0]))
        with pytest.raises(ApiError) as refusal:
            stage.cluster.api.evict(place, {}, stage.caller)
        assert refusal.value.code == 429


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"replicas": -1}, "must be greater than or equal to 0", id="negative"),
        pytest.param({"replicas": "3"}, "must be an integer", id="text"),
        pytest.param({"replicas": 1.5}, "must be an integer", id="fraction"),
        pytest.param({"replicas": True}, "must be an integer", id="boolean"),
        pytest.param({"selector": {"matchLabels": {"app": "x"}}}, "immutable", id="selector"),
        pytest.param({"strategy": {"type": "Slow"}}, "Unsupported value", id="strategy"),
    ],
)
def test_a_nonsense_deployment_is_refused(stage: Stage, change: Json, message: str) -> None:
    with pytest.raises(ApiError, match=message) as refusal:
        stage.patch(DEPLOYMENT, "cart", {"spec": change})
    assert refusal.value.code == 422


@pytest.mark.parametrize(
    ("container", "message"),
    [
        pytest.param({"image": ""}, "image: Required value", id="no-image"),
        pytest.param({"resources": {"limits": {"memory": "12Q"}}}, "quantities", id="quantity"),
        pytest.param({"resources": {"limits": {"cpu": "-1"}}}, "greater than or", id="negative"),
        pytest.param({"resources": {"limits": {"memory": "1Mi"}}}, "memory limit", id="below"),
        pytest.param({"env": [{"name": "A", "value": 3}]}, "must be a string", id="env-number"),
        pytest.param({"ports": [{"containerPort": 70000}]}, "between 1 and 65535", id="port"),
    ],
)
def test_a_nonsense_container_is_refused(stage: Stage, container: Json, message: str) -> None:
    with pytest.raises(ApiError, match=message) as refusal:
        stage.set_container("cart", **container)
    assert refusal.value.code == 422
