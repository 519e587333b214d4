"""Remarks: told of the object, never of an incident."""

from typing import Any

import pytest
from tests.diagnose.build import (
    SPACE,
    Json,
    container,
    deployment,
    make,
    service,
    spotted,
)

from sreagent.diagnose.conditions.registry import Role
from sreagent.diagnose.conditions.run import registered
from sreagent.diagnose.objects.pod_security import violations
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Severity


def templated(spec: Json | None = None, **fields: Any) -> Json:
    body = {"containers": [container(**fields)], **(spec or {})}
    labels = {"app": "app"}
    return deployment(template={"metadata": {"labels": labels}, "spec": body})


def config(data: Json | None = None, **more: Any) -> Json:
    return make("ConfigMap", "settings", data=data or {}, **more)


USES = {"volumes": [{"name": "v", "configMap": {"name": "settings", "optional": True}}]}
PROJECTS = {
    "volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "settings"}}]}}]
}
SPACE_RESTRICTED = make(
    "Namespace", SPACE, labels={"pod-security.kubernetes.io/enforce": "restricted"}
)
SAFE = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
PULLS: Json = {"imagePullSecrets": [{"name": "registry"}]}


@pytest.mark.parametrize(
    ("condition", "objects", "words"),
    [
        pytest.param("config_map.unused", [config()], "no pod and no template", id="unused"),
        pytest.param("config_map.unused", [config(), templated(USES)], "", id="mounted"),
        pytest.param("config_map.unused", [config(), templated(PROJECTS)], "", id="projected"),
        pytest.param(
            "config_map.unused",
            [config(), templated(envFrom=[{"configMapRef": {"name": "settings"}}])],
            "",
            id="in-the-environment",
        ),
        pytest.param(
            "config_map.unused",
            [config(labels={"grafana_dashboard": "1"})],
            "",
            id="read-by-a-program",
        ),
        pytest.param(
            "config_map.unused",
            [make("ConfigMap", "kube-root-ca.crt", data={})],
            "",
            id="made-by-the-cluster",
        ),
        pytest.param("config_map.empty", [config(), templated(USES)], "is empty", id="empty"),
        pytest.param("config_map.empty", [config()], "", id="empty-and-used-by-nobody"),
        pytest.param(
            "config_map.large", [config({"a": "x" * 950_000})], "950000 bytes", id="large"
        ),
        pytest.param(
            "workload.privileged",
            [templated(securityContext={"privileged": True})],
            "app is privileged",
            id="privileged",
        ),
        pytest.param(
            "workload.privileged",
            [templated({"hostPID": True, "volumes": [{"name": "r", "hostPath": {"path": "/"}}]})],
            "hostPID, hostPath /",
            id="host",
        ),
        pytest.param(
            "workload.privileged",
            [templated(securityContext={"capabilities": {"add": ["SYS_ADMIN"]}})],
            "adds SYS_ADMIN",
            id="capability",
        ),
        pytest.param("workload.privileged", [templated()], "", id="no-rights"),
        pytest.param(
            "workload.no_security_context", [templated()], "no securityContext", id="says-nothing"
        ),
        pytest.param(
            "workload.no_security_context",
            [templated({"securityContext": {"runAsNonRoot": True}})],
            "",
            id="says-something",
        ),
        pytest.param(
            "workload.pod_security",
            [templated(), SPACE_RESTRICTED],
            "its next pod is refused: container app: allowPrivilegeEscalation",
            id="would-be-refused",
        ),
        pytest.param(
            "workload.pod_security",
            [templated(securityContext=SAFE), SPACE_RESTRICTED],
            "",
            id="would-be-let-in",
        ),
        pytest.param("workload.pod_security", [templated()], "", id="namespace-not-listed"),
        pytest.param(
            "workload.single_replica",
            [deployment(replicas=1), service()],
            "single pod",
            id="single",
        ),
        pytest.param("workload.single_replica", [deployment(replicas=1)], "", id="serves-nobody"),
        pytest.param("workload.single_replica", [deployment(), service()], "", id="two-of-them"),
        pytest.param(
            "workload.no_limits", [templated(resources={})], "container app", id="no-limit"
        ),
        pytest.param("workload.no_limits", [templated()], "", id="limit"),
        pytest.param(
            "workload.probe_port",
            [templated(livenessProbe={"tcpSocket": {"port": 9}})],
            "probes port 9 of container app, which declares 8080, http",
            id="port",
        ),
        pytest.param(
            "workload.probe_port",
            [templated(livenessProbe={"tcpSocket": {"port": "http"}})],
            "",
            id="named-port",
        ),
        pytest.param(
            "workload.pull_secret_missing", [templated(PULLS)], "secret shop/registry", id="missing"
        ),
        pytest.param(
            "workload.pull_secret_missing",
            [templated(), make("ServiceAccount", "default", **PULLS)],
            "secret shop/registry",
            id="missing-of-the-account",
        ),
        pytest.param(
            "workload.pull_secret_missing",
            [templated(PULLS), make("Secret", "registry")],
            "",
            id="there",
        ),
        pytest.param(
            "volume.small",
            [make("PersistentVolume", "v", spec={"capacity": {"storage": "500Mi"}})],
            "500Mi",
            id="small",
        ),
        pytest.param(
            "volume.small",
            [make("PersistentVolume", "v", spec={"capacity": {"storage": "5Gi"}})],
            "",
            id="large-enough",
        ),
    ],
)
def test_a_remark_is_made_of_the_object(condition: str, objects: list[Json], words: str) -> None:
    found = spotted(condition, *objects)
    assert [words in one.claim for one in found] == ([True] if words else [])
    assert {(one.severity, one.verdict) for one in found} <= {(Severity.INFO, Health.HEALTHY)}


@pytest.mark.parametrize(
    ("condition", "objects", "refused"),
    [
        pytest.param("config_map.unused", [config()], "Pod", id="pods"),
        pytest.param("config_map.unused", [config()], "CronJob", id="templates"),
        pytest.param("workload.pull_secret_missing", [templated(PULLS)], "Secret", id="secrets"),
        pytest.param(
            "workload.pod_security", [templated(), SPACE_RESTRICTED], "Namespace", id="ns"
        ),
    ],
)
def test_nothing_is_remarked_that_could_not_be_looked_at(
    condition: str, objects: list[Json], refused: str
) -> None:
    assert spotted(condition, *objects, refused=[refused]) == []


@pytest.mark.parametrize(
    ("spec", "level", "words"),
    [
        pytest.param({"hostNetwork": True}, "baseline", ["hostNetwork"], id="host-network"),
        pytest.param(
            {"containers": [{"name": "a", "ports": [{"hostPort": 1}]}]},
            "baseline",
            ["container a takes a hostPort"],
            id="host-port",
        ),
        pytest.param(
            {"containers": [{"name": "a", "securityContext": {**SAFE, "runAsUser": 0}}]},
            "restricted",
            ["container a: runAsUser = 0"],
            id="root",
        ),
        pytest.param(
            {
                "securityContext": {k: SAFE[k] for k in ("runAsNonRoot", "seccompProfile")},
                "containers": [
                    {
                        "name": "a",
                        "securityContext": {
                            k: SAFE[k] for k in ("allowPrivilegeEscalation", "capabilities")
                        },
                    }
                ],
            },
            "restricted",
            [],
            id="said-by-the-pod",
        ),
        pytest.param({"hostNetwork": True}, "privileged", [], id="all-is-allowed"),
        pytest.param({"hostNetwork": True}, "", [], id="no-level"),
    ],
)
def test_levels_of_pod_security(spec: Json, level: str, words: list[str]) -> None:
    assert violations(spec, level) == words


def test_no_remark_can_explain_an_alert() -> None:
    remarks = [one for one in registered() if one.role is Role.REMARK]
    assert len(remarks) > 15
    assert not any(one.even_mild or one.even_near for one in remarks)
