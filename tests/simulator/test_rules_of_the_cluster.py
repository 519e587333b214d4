"""What follows from the manifests alone: quota, admission, scheduling, volumes, jobs, nodes."""

from pathlib import Path
from typing import Any

import pytest
from tests.simulator.folders import Data, Lab, app, container, deployment, service, write

from sreagent.simulator.kinds import OLDEST, TODAY
from sreagent.simulator.objects import Json, condition, is_ready, lookup

SMALL = {"resources": {"requests": {"cpu": "50m", "memory": "64Mi"}}}


def thing(kind: str, name: str, version: str = "v1", **parts: Any) -> Json:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "lab"},
        **parts,
    }


def quota(**hard: str) -> Json:
    spec = {"hard": {key.replace("_", "."): value for key, value in hard.items()}}
    return thing("ResourceQuota", "small", spec=spec)


LIMITS = thing(
    "LimitRange", "limits", spec={"limits": [{"type": "Container", "max": {"memory": "1Gi"}}]}
)
ACCOUNT = {"spec": {"serviceAccountName": "ghost"}}
HOOK = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "guard"},
    "webhooks": [
        {
            "name": "guard.example.com",
            "clientConfig": {"service": {"name": "guard", "namespace": "lab"}},
            "rules": [{"apiGroups": [""], "operations": ["CREATE"], "resources": ["pods"]}],
        }
    ],
}


@pytest.mark.parametrize(
    ("rule", "more", "told"),
    [
        pytest.param(
            quota(pods="1"),
            SMALL,
            "exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1",
            id="count",
        ),
        pytest.param(
            quota(requests_memory="100Mi"),
            SMALL,
            "requested: requests.memory=64Mi, used: requests.memory=64Mi, limited: "
            "requests.memory=100Mi",
            id="amount",
        ),
        pytest.param(quota(limits_cpu="4"), SMALL, "must specify limits.cpu for: web", id="named"),
        pytest.param(
            LIMITS,
            {"resources": {"limits": {"memory": "2Gi"}}},
            "maximum memory usage per Container is 1Gi, but limit is 2Gi",
            id="limit-range",
        ),
        pytest.param(HOOK, SMALL, 'failed calling webhook "guard.example.com"', id="webhook"),
        pytest.param(
            LIMITS, {**SMALL, **ACCOUNT}, 'serviceaccount "ghost" not found', id="account"
        ),
    ],
)
def test_a_pod_that_breaks_a_rule_is_refused_and_its_owner_says_so(
    tmp_path: Path, rule: Json, more: Data, told: str
) -> None:
    folder = write(
        tmp_path,
        rules=[rule],
        manifests=[deployment("web", 3, **more)],
        behaviour_yaml={},
        steps=[{"apply": "rules", "age": "40m"}, {"apply": "manifests", "age": "20m"}],
    )
    lab = Lab(folder)
    assert any(told in message for message in lab.events("FailedCreate"))
    failure = condition(lab.one("Deployment", "web", "apps/v1"), "ReplicaFailure")
    assert failure is not None
    assert told in failure["message"]


def test_a_quota_counts_what_is_taken(tmp_path: Path) -> None:
    rules = [quota(pods="10", requests_memory="1Gi", services="5")]
    lab = Lab(write(tmp_path, manifests=[*rules, deployment("web", 3, **SMALL), service("web")]))
    used = lab.one("ResourceQuota", "small")["status"]["used"]
    assert used == {"pods": "3", "requests.memory": "192Mi", "services": "1"}


REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
APART = {"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "kubernetes.io/hostname"}
IN_POOL = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "pool", "operator": "Exists"}]}]}
CLAIMED = {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}


@pytest.mark.parametrize(
    ("spec", "more", "told"),
    [
        pytest.param(
            {"nodeSelector": {"pool": "gpu"}}, {}, "didn't match Pod's node affinity", id="selector"
        ),
        pytest.param(
            {"affinity": {"nodeAffinity": {REQUIRED: IN_POOL}}},
            {},
            "didn't match Pod's node affinity",
            id="affinity",
        ),
        pytest.param(
            {"affinity": {"podAntiAffinity": {REQUIRED: [APART]}}},
            {},
            "3 node(s) didn't match pod anti-affinity rules",
            id="apart",
        ),
        pytest.param(
            {},
            {"resources": {"requests": {"memory": "99Gi"}}},
            "3 Insufficient memory",
            id="memory",
        ),
        pytest.param(
            {}, {"ports": [{"containerPort": 80, "hostPort": 80}]}, "free ports", id="host-port"
        ),
        pytest.param(CLAIMED, {}, 'persistentvolumeclaim "data" not found', id="no-claim"),
    ],
)
def test_a_pod_without_a_place_waits_and_the_scheduler_says_why(
    tmp_path: Path, spec: Data, more: Data, told: str
) -> None:
    lab = Lab(write(tmp_path, manifests=[deployment("web", 4, spec=spec, **more)]))
    assert any(told in message for message in lab.events("FailedScheduling"))


@pytest.mark.parametrize(
    ("version", "words"),
    [
        pytest.param(TODAY, "untolerated taint {work: batch}", id="today"),
        pytest.param(OLDEST, "had taint {work: batch}, that the pod didn't tolerate", id="old"),
    ],
)
def test_taints_keep_pods_away_unless_they_tolerate_them(
    tmp_path: Path, version: str, words: str
) -> None:
    taint = [{"key": "work", "value": "batch", "effect": "NoSchedule"}]
    nodes = [{"name": f"node-{number}", "taints": taint} for number in (1, 2, 3)]
    batch = {"tolerations": [{"key": "work", "operator": "Exists"}]}
    manifests = [deployment("web"), deployment("batch", spec=batch)]
    lab = Lab(write(tmp_path, manifests=manifests, behaviour_yaml={"nodes": nodes}), version)
    assert words in lab.events("FailedScheduling")[0]
    assert lab.state("batch") == "running"


def claim(**spec: Any) -> Json:
    size = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}}
    return thing("PersistentVolumeClaim", "data", spec={**size, **spec})


@pytest.mark.parametrize(
    ("wanted", "phase", "reason"),
    [
        pytest.param(claim(), "Bound", "ProvisioningSucceeded", id="default-class"),
        pytest.param(claim(storageClassName="nvme"), "Pending", "ProvisioningFailed", id="class"),
        pytest.param(claim(storageClassName=""), "Pending", "FailedBinding", id="no-volume"),
    ],
)
def test_a_claim_is_served_or_says_why_not(
    tmp_path: Path, wanted: Json, phase: str, reason: str
) -> None:
    lab = Lab(write(tmp_path, manifests=[wanted, deployment("web", spec=CLAIMED)]))
    assert lookup(lab.one("PersistentVolumeClaim", "data"), "status.phase") == phase
    assert lab.events(reason)
    assert bool(lab.events("FailedScheduling")) is (phase == "Pending")


def test_each_pod_of_a_stateful_set_gets_claims_of_its_own(tmp_path: Path) -> None:
    stateful = deployment("db", 2)
    template = {"metadata": {"name": "data"}, "spec": claim()["spec"]}
    stateful["kind"] = "StatefulSet"
    stateful["spec"] |= {"serviceName": "db", "volumeClaimTemplates": [template]}
    lab = Lab(write(tmp_path, manifests=[stateful]))
    found = {each["metadata"]["name"] for each in lab.all("PersistentVolumeClaim")}
    assert found == {"data-db-0", "data-db-1"}
    assert [lookup(pod, "status.phase") for pod in lab.of("db")] == ["Running"] * 2


def job_spec(**more: Any) -> Json:
    pod = {"restartPolicy": "Never", "containers": [container("task")]}
    return {**more, "template": {"metadata": {"labels": {"app": "task"}}, "spec": pod}}


def test_a_job_gives_up_after_its_last_try_with_growing_pauses(tmp_path: Path) -> None:
    manifests = [thing("Job", "task", "batch/v1", spec=job_spec(backoffLimit=2))]
    lab = Lab(
        write(tmp_path, manifests=manifests, behaviour_yaml={"apps": [app("task", exit_after=1)]})
    )
    told = condition(lab.one("Job", "task", "batch/v1"), "Failed")
    assert told is not None
    assert told["reason"] == "BackoffLimitExceeded"
    assert len(lab.of("task")) == 3


def test_a_job_is_ended_at_its_deadline(tmp_path: Path) -> None:
    spec = job_spec(activeDeadlineSeconds=60)
    apps = [app("task", runs_forever=True)]
    manifests = [thing("Job", "task", "batch/v1", spec=spec)]
    lab = Lab(write(tmp_path, manifests=manifests, behaviour_yaml={"apps": apps}))
    told = condition(lab.one("Job", "task", "batch/v1"), "Failed")
    assert told is not None
    assert told["reason"] == "DeadlineExceeded"


def test_a_schedule_runs_and_old_jobs_are_tidied_up(tmp_path: Path) -> None:
    spec = {"schedule": "*/10 * * * *", "jobTemplate": {"spec": job_spec()}}
    folder = write(
        tmp_path,
        manifests=[thing("CronJob", "tick", "batch/v1", spec=spec)],
        steps=[{"apply": "manifests", "age": "9d"}],
    )
    lab = Lab(folder)
    # One more may run just now.
    done = [one for one in lab.all("Job", "batch/v1") if one["status"].get("succeeded")]
    assert len(done) == 3
    assert lab.one("CronJob", "tick", "batch/v1")["status"]["lastScheduleTime"]


def autoscaler(target: str) -> Json:
    metric = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
        "maxReplicas": 3,
        "metrics": [{"type": "Resource", "resource": metric}],
    }
    return thing("HorizontalPodAutoscaler", "web", "autoscaling/v2", spec=spec)


@pytest.mark.parametrize(
    ("target", "more", "kind", "reason"),
    [
        pytest.param("web", SMALL, "ScalingLimited", "TooManyReplicas", id="at-its-end"),
        pytest.param("web", {}, "ScalingActive", "FailedGetResourceMetric", id="no-request"),
        pytest.param("other", SMALL, "AbleToScale", "FailedGetScale", id="no-target"),
    ],
)
def test_an_autoscaler_scales_or_says_why_not(
    tmp_path: Path, target: str, more: Data, kind: str, reason: str
) -> None:
    apps = [app("web", cpu_millis=200)]
    manifests = [deployment("web", **more), autoscaler(target)]
    lab = Lab(write(tmp_path, manifests=manifests, behaviour_yaml={"apps": apps}))
    told = condition(lab.one("HorizontalPodAutoscaler", "web", "autoscaling/v2"), kind)
    assert told is not None
    assert told["reason"] == reason
    assert len(lab.of("web")) == (3 if reason == "TooManyReplicas" else 1)


def test_an_autoscaler_notices_work_that_came_after_weeks_of_calm(tmp_path: Path) -> None:
    steps = [{"apply": "manifests", "age": "34d"}, {"behaviour": "later.yaml", "age": "20m"}]
    folder = write(
        tmp_path,
        steps=steps,
        manifests=[deployment("web", resources=SMALL["resources"]), autoscaler("web")],
        behaviour_yaml={"apps": [app("web", cpu_millis=20)]},
        later_yaml={"apps": [app("web", cpu_millis=200)]},
    )
    assert len(Lab(folder).of("web")) == 3


def played_nodes(tmp_path: Path, plan: Data, age: str) -> Lab:
    files: Data = {"later_yaml": {"nodes": [{"name": "node-2", **plan}]}}
    steps = [{"apply": "manifests", "age": "2h"}, {"behaviour": "later.yaml", "age": age}]
    return Lab(write(tmp_path, steps=steps, manifests=[deployment("web", 3)], **files))


@pytest.mark.parametrize(
    ("plan", "kind", "status", "taint"),
    [
        pytest.param({"down": True}, "Ready", "Unknown", "unreachable", id="down"),
        pytest.param({"not_ready": "CNI is gone"}, "Ready", "False", "not-ready", id="not-ready"),
        pytest.param(
            {"disk_pressure": True}, "DiskPressure", "True", "disk-pressure", id="disk-full"
        ),
        pytest.param({"unschedulable": True}, "Ready", "True", "unschedulable", id="cordoned"),
    ],
)
def test_a_sick_node_says_so_and_is_tainted(
    tmp_path: Path, plan: Data, kind: str, status: str, taint: str
) -> None:
    node = played_nodes(tmp_path, plan, "3m").one("Node", "node-2")
    told = condition(node, kind)
    assert told is not None
    assert told["status"] == status
    assert f"node.kubernetes.io/{taint}" in {each["key"] for each in node["spec"]["taints"]}


def test_the_pods_of_a_dead_node_are_replaced_after_five_minutes(tmp_path: Path) -> None:
    lab = played_nodes(tmp_path, {"down": True}, "4m")
    (lost,) = [pod for pod in lab.of("web") if pod["spec"]["nodeName"] == "node-2"]
    ready = condition(lost, "Ready")
    assert ready is not None
    assert ready["status"] == "False"
    lab.pass_time(240)
    assert len(lab.of("web")) == 4
    assert sum(is_ready(pod) for pod in lab.of("web")) == 3


def test_a_full_disk_evicts(tmp_path: Path) -> None:
    disk = played_nodes(tmp_path, {"disk_pressure": True, "disk_evict": ["lab/web-*"]}, "3m")
    assert any("ephemeral-storage" in message for message in disk.events("Evicted"))


def test_a_program_that_grows_without_a_limit_is_evicted(tmp_path: Path) -> None:
    growing = app("web", memory_mib={"base": 100, "per_minute": 200, "max": 9000})
    nodes = [{"name": f"node-{number}", "memory": "2Gi"} for number in (1, 2, 3)]
    folder = write(
        tmp_path, manifests=[deployment("web")], behaviour_yaml={"apps": [growing], "nodes": nodes}
    )
    lab = Lab(folder)
    assert any("low on resource: memory" in message for message in lab.events("Evicted"))
    assert lab.events("NodeHasInsufficientMemory")
