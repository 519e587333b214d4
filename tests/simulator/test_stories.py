"""Each incident tells the story it promises, as old as it says, and heals when it is mended."""

import re
from datetime import UTC, datetime

import pytest
from tests.simulator.staging import Stage

from sreagent.simulator import incidents
from sreagent.simulator.clock import moment_of
from sreagent.simulator.kinds import DEPLOYMENT, EVENT, POD, REPLICA_SET, SERVICE, Kind
from sreagent.simulator.objects import Json, annotations_of, lookup, meta

GOOD_IMAGE = "registry.example.com/shop/checkout:2.4.0"


def minutes_old(stage: Stage, stamp: str) -> float:
    return (stage.cluster.clock.now() - moment_of(stamp)) / 60


def owner_of(obj: Json, field: str) -> str:
    """The manager whose managed fields hold a field, written as in `f:spec.f:replicas`."""
    for entry in meta(obj)["managedFields"]:
        if lookup(entry["fieldsV1"], field) is not None:
            return str(entry["manager"])
    return ""


def test_every_incident_says_what_it_is_about() -> None:
    told = {each.name: each for each in incidents()}
    assert list(told) == ["bad-deploy", "memory-limit", "selector-mismatch"]
    assert all(each.title and each.story and each.alert for each in told.values())
    assert {each.namespace for each in told.values()} == {"shop"}


@pytest.mark.parametrize("incident", [each.name for each in incidents()])
def test_a_story_begins_six_days_ago_with_events_of_the_last_hour_only(incident: str) -> None:
    stage = Stage(incident)
    made = meta(stage.read(DEPLOYMENT, "frontend"))["creationTimestamp"]
    assert 6 * 24 * 60 <= minutes_old(stage, made) < 6 * 24 * 60 + 1
    stamps = [event["lastTimestamp"] for event in stage.cluster.store.all(EVENT)]
    assert stamps or incident == "selector-mismatch"
    assert all(minutes_old(stage, stamp) <= 60 for stamp in stamps)


@pytest.mark.parametrize(
    ("incident", "quiet"),
    [
        pytest.param("bad-deploy", ["cart", "inventory", "payment", "recommendation"], id="deploy"),
        pytest.param("memory-limit", ["frontend", "payment"], id="memory"),
        pytest.param("selector-mismatch", ["cart", "checkout", "payment"], id="selector"),
    ],
)
def test_services_that_have_no_part_in_it_are_healthy_and_quiet(
    incident: str, quiet: list[str]
) -> None:
    stage = Stage(incident)
    for app in quiet:
        assert set(stage.states(app)) == {"running"}, app
        assert stage.ready(app) == len(stage.pods(app)), app
        assert "ERROR" not in stage.app_log(app, tail=200), app


@pytest.mark.parametrize(
    ("incident", "kind", "name", "manager", "minutes"),
    [
        pytest.param("bad-deploy", DEPLOYMENT, "checkout", "ci-deployer", 4, id="deploy"),
        pytest.param("memory-limit", DEPLOYMENT, "inventory", "kubectl-set", 12, id="memory"),
        pytest.param("selector-mismatch", SERVICE, "cart", "kubectl-edit", 7, id="selector"),
    ],
)
def test_the_root_of_a_story_is_what_somebody_changed_last(
    incident: str, kind: Kind, name: str, manager: str, minutes: float
) -> None:
    stage = Stage(incident)
    stamps = [
        entry["time"]
        for entry in meta(stage.read(kind, name))["managedFields"]
        if entry["manager"] == manager
    ]
    assert min(minutes_old(stage, stamp) for stamp in stamps) == pytest.approx(minutes, abs=0.1)


class TestBadDeploy:
    def test_every_pod_of_the_new_revision_is_crash_looping(self, bad_deploy: Stage) -> None:
        assert bad_deploy.states("checkout") == ["CrashLoopBackOff"] * 3
        status = bad_deploy.pods("checkout")[0]["status"]["containerStatuses"][0]
        assert status["lastState"]["terminated"]["exitCode"] == 1
        assert 3 <= status["restartCount"] <= 7
        assert bad_deploy.addresses("checkout") == 0

    def test_the_log_of_the_ended_run_says_why(self, bad_deploy: Stage) -> None:
        text = bad_deploy.log(bad_deploy.pods("checkout")[0], previous=True)
        assert text.rstrip().endswith("KeyError: 'PAYMENT_PROVIDERS'")
        assert "Traceback (most recent call last):" in text

    def test_callers_log_errors_because_nothing_stands_behind_the_service(
        self, bad_deploy: Stage
    ) -> None:
        assert re.search(
            r"ERROR .*Post \"http://checkout:80/orders\": dial tcp 10\.96\.\d+\.\d+:80: "
            r"connect: connection refused",
            bad_deploy.app_log("frontend"),
        )

    def test_the_history_tells_who_rolled_out_what_and_when(self, bad_deploy: Stage) -> None:
        deployment = bad_deploy.read(DEPLOYMENT, "checkout")
        image = 'f:spec.f:template.f:spec.f:containers.k:{"name":"checkout"}.f:image'
        assert owner_of(deployment, image) == "ci-deployer"
        assert owner_of(deployment, "f:status.f:conditions") == "kube-controller-manager"
        sets = [
            each
            for each in bad_deploy.cluster.store.all(REPLICA_SET, "shop")
            if each["metadata"]["labels"]["app"] == "checkout"
        ]
        told = {
            annotations_of(each)["deployment.kubernetes.io/revision"]: (
                each["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2],
                round(minutes_old(bad_deploy, meta(each)["creationTimestamp"])),
            )
            for each in sets
        }
        assert told == {"1": ("2.4.0", 6 * 24 * 60), "2": ("2.4.1", 4)}

    def test_the_old_image_brings_every_pod_and_address_back(self, bad_deploy: Stage) -> None:
        bad_deploy.set_container("checkout", image=GOOD_IMAGE)
        bad_deploy.pass_time(10)
        assert bad_deploy.states("checkout") == ["running"] * 3
        assert bad_deploy.addresses("checkout") == 3
        revision = annotations_of(bad_deploy.read(DEPLOYMENT, "checkout"))
        assert revision["deployment.kubernetes.io/revision"] == "3"
        bad_deploy.pass_time(30)
        assert "ERROR" not in bad_deploy.app_log("frontend", tail=10)

    def test_the_missing_variable_mends_it_too(self, bad_deploy: Stage) -> None:
        bad_deploy.set_container("checkout", env=[{"name": "PAYMENT_PROVIDERS", "value": "[]"}])
        bad_deploy.pass_time(10)
        assert bad_deploy.ready("checkout") == 3


class TestMemoryLimit:
    def test_inventory_is_killed_before_its_cache_is_full(self, memory_limit: Stage) -> None:
        status = memory_limit.pods("inventory")[0]["status"]["containerStatuses"][0]
        assert status["lastState"]["terminated"]["reason"] == "OOMKilled"
        assert status["lastState"]["terminated"]["exitCode"] == 137
        assert status["restartCount"] >= 4

    def test_callers_say_that_inventory_refuses_connections(self, memory_limit: Stage) -> None:
        for app in ("cart", "checkout", "recommendation"):
            assert "http://inventory:80/" in memory_limit.app_log(app, tail=40)

    def test_who_lowered_the_limit_can_be_read(self, memory_limit: Stage) -> None:
        limit = (
            'f:spec.f:template.f:spec.f:containers.k:{"name":"inventory"}'
            ".f:resources.f:limits.f:memory"
        )
        deployment = memory_limit.read(DEPLOYMENT, "inventory")
        assert owner_of(deployment, limit) == "kubectl-set"

    def test_the_old_limit_brings_it_back_for_good(self, memory_limit: Stage) -> None:
        memory_limit.set_container("inventory", resources={"limits": {"memory": "512Mi"}})
        memory_limit.pass_time(180)
        assert memory_limit.states("inventory") == ["running"] * 3
        assert memory_limit.addresses("inventory") == 3
        restarts = [
            pod["status"]["containerStatuses"][0]["restartCount"]
            for pod in memory_limit.pods("inventory")
        ]
        assert restarts == [0, 0, 0]


class TestSelectorMismatch:
    def test_cart_is_healthy_and_nothing_stands_behind_its_service(
        self, selector_mismatch: Stage
    ) -> None:
        assert selector_mismatch.ready("cart") == 2
        assert selector_mismatch.addresses("cart") == 0
        text = selector_mismatch.app_log("frontend", tail=10)
        assert re.search(r'Get "http://cart:80/.*": dial tcp .*: connect: connection refused', text)

    def test_who_changed_the_selector_can_be_read(self, selector_mismatch: Stage) -> None:
        service = selector_mismatch.read(SERVICE, "cart")
        assert owner_of(service, "f:spec.f:selector.f:tier") == "kubectl-edit"
        assert owner_of(service, "f:spec.f:selector.f:app") == "ci-deployer"

    def test_the_old_selector_brings_the_addresses_back(self, selector_mismatch: Stage) -> None:
        selector_mismatch.patch(SERVICE, "cart", {"spec": {"selector": {"tier": None}}})
        selector_mismatch.pass_time(30)
        assert selector_mismatch.addresses("cart") == 2
        assert "ERROR" not in selector_mismatch.app_log("frontend", tail=8)

    def test_a_missing_service_sounds_different_from_one_without_pods(
        self, selector_mismatch: Stage
    ) -> None:
        selector_mismatch.delete(SERVICE, "cart")
        selector_mismatch.pass_time(10)
        assert "lookup cart on 10.96.0.10:53: no such host" in selector_mismatch.app_log("frontend")


def test_log_lines_carry_the_time_they_were_written(bad_deploy: Stage) -> None:
    now = datetime.fromtimestamp(bad_deploy.cluster.clock.now(), UTC)
    lines = bad_deploy.app_log("payment", tail=50).splitlines()
    stamps = [datetime.fromisoformat(line.split(" ")[0]) for line in lines]
    assert stamps == sorted(stamps)
    assert (now - stamps[-1]).total_seconds() < 60


def test_a_log_reads_the_same_each_time(bad_deploy: Stage) -> None:
    pod = bad_deploy.pods("frontend")[0]
    assert bad_deploy.log(pod) == bad_deploy.log(pod)


def test_pods_of_one_app_are_spread_over_the_nodes(bad_deploy: Stage) -> None:
    nodes = {pod["spec"]["nodeName"] for pod in bad_deploy.cluster.store.all(POD, "shop")}
    assert nodes == {"node-1", "node-2", "node-3"}
