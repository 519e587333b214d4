"""Reads by command line, next to what kubectl itself prints, on a real API server."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from tests.lab.conftest import Lab

from sreagent.clients.apiserver import ApiServer
from sreagent.clients.clock import SystemClock
from sreagent.clients.kubeconfig import read_login
from sreagent.clients.kubernetes import KubernetesCluster
from sreagent.clients.kubernetes_reads import KubernetesReads
from sreagent.domain.command import KubectlRead
from sreagent.domain.evidence import Health
from sreagent.tools.lines import parse, render
from sreagent.tools.reads import KubectlReads
from sreagent.tools.sighting import Sighting

pytestmark = pytest.mark.lab("prometheus", "promtool", "prometheus-alertmanager")

See = Callable[..., Sighting]


@pytest.fixture
def see(lab: Lab) -> See:
    """Run a line against the bad deploy, as one of the users of the lab."""
    lab.apply(lab.example / "bad-deploy")
    clock = SystemClock()

    def run(line: str, context: str = "admin") -> Sighting:
        login = read_login(lab.environment["KUBECONFIG"], context)
        api = ApiServer(login, timeout=10.0, clock=clock)
        read = parse(f"kubectl {line}")
        assert isinstance(read, KubectlRead), read
        reads = KubectlReads(
            cluster=KubernetesCluster(api, clock=clock),
            api=KubernetesReads(api),
            clock=clock,
            render=render,
            preview=lambda action: action.verb,
        )
        return reads.run(read)

    return run


def kubectl(lab: Lab, line: str) -> str:
    command = ["kubectl", "--kubeconfig", lab.environment["KUBECONFIG"], *line.split()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def beside(lab: Lab, see: See, line: str, told: Callable[[str], Any]) -> tuple[Sighting, Any]:
    """Our answer, and kubectl's where it was the same before and after: pods crash meanwhile."""
    theirs = told(kubectl(lab, line))
    for _ in range(10):
        seen = see(line)
        before, theirs = theirs, told(kubectl(lab, line))
        if theirs == before:
            return seen, theirs
    pytest.fail(f"kubectl {line} never told the same twice")


def cells(text: str, columns: int) -> list[list[str]]:
    return [line.split()[:columns] for line in text.strip().split("\n") if line.strip()]


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        pytest.param("get deploy -n shop", 4, id="deployments"),
        pytest.param("get pods -A --field-selector=status.phase=Running", 2, id="everywhere"),
        pytest.param("get nodes -o wide", 4, id="wide"),
        pytest.param("get all -n shop", 1, id="all"),
        pytest.param("get svc,ep -n shop", 3, id="two kinds"),
        pytest.param("get pods -n shop -L app --sort-by=.metadata.name", 1, id="sorted"),
        pytest.param("get deploy -n shop -o name", 1, id="names"),
        pytest.param("get secrets -A", 4, id="secrets"),
        pytest.param("get crd", 1, id="nothing there"),
        pytest.param("top nodes", 1, id="top nodes"),
        pytest.param("top pods -n shop", 1, id="top pods"),
        pytest.param("api-resources --api-group=apps", 1, id="api-resources"),
        pytest.param("api-versions", 1, id="api-versions"),
        pytest.param("auth can-i delete pods -n shop", 1, id="a right"),
        pytest.param("rollout status deploy/cart -n shop", 4, id="rollout"),
    ],
)
def test_the_words_are_those_of_kubectl(lab: Lab, see: See, line: str, columns: int) -> None:
    seen, theirs = beside(lab, see, line, lambda text: cells(text, columns))
    assert seen.verdict is Health.HEALTHY
    assert cells(seen.text, columns) == theirs or not theirs


def test_objects_are_those_of_kubectl(lab: Lab, see: See) -> None:
    seen, theirs = beside(lab, see, "get deploy checkout -n shop -o json", json.loads)
    ours = json.loads(seen.text)
    assert ours["status"] == theirs["status"]
    assert ours["spec"]["template"]["spec"] == theirs["spec"]["template"]["spec"]
    assert ours["metadata"]["labels"] == theirs["metadata"]["labels"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("describe deploy checkout -n shop", "ScalingReplicaSet", id="describe"),
        pytest.param("describe node node-1", "Pods (", id="describe node"),
        pytest.param("describe po checkout -n shop", "CrashLoopBackOff", id="describe prefix"),
        pytest.param("logs deploy/checkout -n shop -p", "PAYMENT_PROVIDERS", id="logs"),
        pytest.param("logs -l app=cart -n shop --tail=1", "/cart] ", id="logs by selector"),
        pytest.param("events -n shop --types=Warning", "BackOff", id="events"),
        pytest.param("events -n shop --for deploy/checkout", "ScalingReplicaSet", id="events for"),
        pytest.param("explain deployment.spec.strategy", "rollingUpdate", id="explain"),
        pytest.param("rollout history deploy/checkout -n shop", "checkout:2.4.1", id="history"),
        pytest.param(
            "rollout history deploy/checkout -n shop --revision=1", "checkout:2.4.0", id="revision"
        ),
        pytest.param("wait --for=condition=Available deploy/cart -n shop", "met", id="wait"),
        pytest.param("version", "v1.20", id="version"),
        pytest.param("auth can-i --list -n shop", "*.*", id="rights"),
        pytest.param("cluster-info", "control plane", id="cluster-info"),
        pytest.param("get --raw /readyz?verbose", "[+]etcd ok", id="raw"),
        pytest.param(
            "get deploy checkout -n shop --subresource=status -o yaml", "status:", id="part"
        ),
    ],
)
def test_what_is_looked_for_is_there(see: See, line: str, expected: str) -> None:
    seen = see(line)
    assert seen.verdict is Health.HEALTHY
    assert expected in seen.text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("get pods -n kube-system", "not allowed", id="another namespace"),
        pytest.param("get nodes", "not allowed", id="nodes"),
        pytest.param("top nodes", "not allowed", id="usage"),
        pytest.param("get secrets -n shop", "not allowed", id="secrets"),
        pytest.param("auth whoami", "does not tell", id="who"),
    ],
)
def test_who_may_not_look_does_not_know(see: See, line: str, expected: str) -> None:
    seen = see(line, context="limited")
    assert seen.verdict is Health.UNKNOWN
    assert expected in seen.text


def test_no_value_of_a_secret_comes_back(lab: Lab, see: See) -> None:
    tokens = json.loads(kubectl(lab, "get secrets -A -o json"))["items"]
    values = [value for secret in tokens for value in (secret.get("data") or {}).values()]
    for line in ("get secrets -A -o wide", "get secrets -n shop", "get sa -A -o yaml"):
        text = see(line).text
        assert not [value for value in values if value in text]


def test_no_read_writes(lab: Lab, see: See) -> None:
    lab.run("calls", "--mark")
    for line in (
        *("get all -A", "get secrets -A", "describe node node-1", "logs deploy/cart -n shop"),
        *("top pods -A", "auth can-i delete pods -n shop", "auth can-i --list -n shop"),
        *("auth whoami", "rollout history deploy/cart -n shop", "explain pod.spec"),
        *("wait --for=condition=Available deploy/cart -n shop", "get --raw /healthz"),
    ):
        see(line)
    # The lab fails this when anybody but itself has written.
    lab.run("calls", "--writes")
