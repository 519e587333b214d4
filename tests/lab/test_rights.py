"""The roles that `sre rbac` prints suffice for their work on a real control plane, and no more."""

import base64
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.lab.conftest import Lab
from tests.lab.test_catalogue import (
    REVERSIBLE,
    SPACE,
    World,
    act,
    wait_until,
    world,  # noqa: F401 - a fixture
)
from tests.lab.test_examples import EXAMPLES, assert_right_cause, scenario
from tests.programs import Done, sre

from sreagent.clients.clock import SystemClock
from sreagent.clients.kubernetes import connect
from sreagent.domain.action import Action
from sreagent.domain.inventory import Inventory
from sreagent.tools.changes import EveryChange
from sreagent.tools.cluster import cluster_changes

pytestmark = pytest.mark.lab("prometheus", "prometheus-alertmanager")

CRASHING = "KubePodCrashLooping shop/checkout"
BY_DEFAULT = {"selfsubjectaccessreviews", "selfsubjectrulesreviews"}
"""What Kubernetes lets everybody do."""

Become = Callable[..., str]


def kubectl(kubeconfig: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = ["kubectl", "--kubeconfig", kubeconfig, *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)


def told(kubeconfig: str, *words: str) -> Any:
    return json.loads(kubectl(kubeconfig, *words, "-o", "json").stdout)


@pytest.fixture
def become(lab: Lab, tmp_path: Path) -> Become:
    """Apply what `sre rbac` prints, to nothing else; returns a kubeconfig of that account."""
    admin = lab.environment["KUBECONFIG"]

    def applied(role: str, *more: str) -> str:
        for kind in ("clusterrolebindings", "rolebindings"):
            kubectl(admin, "delete", kind, "-A", "-l", "app.kubernetes.io/name=sreagent")
        printed = sre("rbac", role, *more).out
        done = kubectl(admin, "apply", "-f", "-", stdin=printed)
        assert done.returncode == 0, done.stderr
        return login(admin, tmp_path / "account.json")

    return applied


def login(admin: str, path: Path) -> str:
    """A kubeconfig with the token that Kubernetes 1.20 makes for each account."""
    account = ("-n", "sreagent", "get", "serviceaccount", "sreagent")
    wait_until(lambda: told(admin, *account).get("secrets"))
    name = told(admin, *account)["secrets"][0]["name"]
    token = told(admin, "-n", "sreagent", "get", "secret", name)["data"]["token"]
    config = told(admin, "config", "view", "--raw", "--minify", "--flatten")
    user = {"token": base64.b64decode(token).decode()}
    config["users"] = [{"name": "account", "user": user}]
    cluster = config["clusters"][0]["name"]
    config["contexts"] = [{"name": "account", "context": {"cluster": cluster, "user": "account"}}]
    config["current-context"] = "account"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config), encoding="utf-8")
    return str(path)


def investigate(lab: Lab, kubeconfig: str, alert: str, *more: str) -> Done:
    env = {**lab.environment, "KUBECONFIG": kubeconfig}
    return sre("investigate", alert, "--json", *more, env=env)


def not_looked_at(done: Done) -> set[str]:
    return {look["what"] for look in done.json["unknown"]}


def test_an_observer_tells_the_fault_and_that_logs_were_not_allowed(
    lab: Lab, become: Become
) -> None:
    lab.apply(lab.example / "bad-deploy", again=True)
    done = investigate(lab, become("observer"), CRASHING, "--read-only")
    assert done.json["diagnosis"]["entity"]["name"] == "checkout"
    assert done.json["proposals"] == []
    assert done.code in (3, 5)
    missed = not_looked_at(done) - {"kubectl -n shop get secrets"}
    assert missed
    assert all(" logs " in command for command in missed)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_diagnostician_misses_nothing_but_secrets(lab: Lab, become: Become, example: str) -> None:
    folder = lab.example / example
    lab.apply(folder, again=True)
    done = investigate(lab, become("diagnostician"), scenario(folder)["alert"], "--read-only")
    assert_right_cause(done.json, scenario(folder))
    assert not_looked_at(done) == {"kubectl -n shop get secrets"}
    assert done.code == 3


def test_without_read_only_a_diagnostician_is_told_that_it_may_not_change(
    lab: Lab, become: Become
) -> None:
    lab.apply(lab.example / "bad-deploy", again=True)
    done = investigate(lab, become("diagnostician"), CRASHING)
    assert done.json["diagnosis"]["entity"]["name"] == "checkout"
    assert (done.json["outcome"], done.code) == ("refused", 4)
    (action,) = done.json["actions"]
    assert action["state"] == "failed"
    assert "not allowed to change" in action["message"]


def test_rights_in_one_namespace_are_enough_for_it_and_for_nothing_beside_it(
    lab: Lab, become: Become
) -> None:
    folder = lab.example / "bad-deploy"
    lab.apply(folder, again=True)
    kubeconfig = become("diagnostician", "--namespace", "shop")
    done = investigate(lab, kubeconfig, CRASHING, "--read-only")
    assert_right_cause(done.json, scenario(folder))
    assert not_looked_at(done) == {"kubectl -n shop get secrets"}
    assert "forbidden" in kubectl(kubeconfig, "-n", "kube-system", "get", "pods").stderr.lower()


def test_a_remediator_makes_verifies_and_undoes_a_rollback(lab: Lab, become: Become) -> None:
    lab.apply(lab.example / "bad-deploy", again=True)
    lab.applied = ""
    kubeconfig = become("remediator", "--namespace", "shop")
    env = {**lab.environment, "KUBECONFIG": kubeconfig}
    first = investigate(lab, kubeconfig, CRASHING).json
    fixed = sre("approve", first["incident"], first["proposals"][0]["id"], "--json", env=env)
    assert fixed.json["outcome"] == "fixed"
    assert fixed.json["actions"][0]["verb"] == "rollout_undo"
    undone = sre("undo", first["incident"], first["proposals"][0]["id"], "--yes", "--json", env=env)
    image = told(kubeconfig, "-n", "shop", "get", "deployment", "checkout")["spec"]["template"]
    assert image["spec"]["containers"][0]["image"].endswith(":2.4.1"), undone


@pytest.fixture
def remediator(world: World, become: Become) -> World:  # noqa: F811 - the fixture
    """The same world, changed with a remediator's rights."""
    clock = SystemClock()
    cluster = connect(kubeconfig=become("remediator"), clock=clock)
    return replace(
        world,
        cluster=cluster,
        changes=EveryChange((cluster_changes(cluster, Inventory(), clock),)),
    )


def test_a_remediator_makes_and_takes_back_every_change(remediator: World) -> None:
    for action in (case.values[0] for case in REVERSIBLE):
        assert isinstance(action, Action)
        prepared = remediator.make(action)
        assert prepared.undo is not None
        remediator.make(prepared.undo)


def test_a_remediator_restarts_removes_drains_and_restores(remediator: World) -> None:
    remediator.make(act("rollout_restart", "Deployment", "front"))
    for verb in ("evict_pod", "delete_pod"):
        wait_until(lambda: remediator.pods("web"))
        remediator.make(act(verb, "Pod", remediator.pods("web")[0]["metadata"]["name"]))
    wait_until(lambda: (remediator.get("Job", "import").get("status") or {}).get("conditions"))
    remediator.make(act("delete_job", "Job", "import"))
    wait_until(lambda: all(pod["spec"].get("nodeName") for pod in remediator.pods("web")))
    node = remediator.pods("web")[0]["spec"]["nodeName"]
    remediator.make(act("cordon", "Node", node))
    drained = remediator.changes.prepare(act("drain", "Node", node))
    assert drained.preview.accepted, drained.preview.answer
    assert "evicted" in remediator.changes.run(drained)
    remediator.make(act("uncordon", "Node", node))
    edit = '{"data":{"MODE":"slow"}}'
    remediator.kubectl("-n", SPACE, "patch", "configmap", "settings", "--type=merge", "-p", edit)
    remediator.make(act("restore_applied", "ConfigMap", "settings", key="MODE"))
    edit = '{"spec":{"ingress":[{"ports":[{"port":1}]}]}}'
    remediator.kubectl("-n", SPACE, "patch", "networkpolicy", "web", "--type=merge", "-p", edit)
    remediator.make(act("restore_applied", "NetworkPolicy", "web"))


BEYOND = (
    "delete deployments",
    "create pods",
    "create pods --subresource=exec",
    "get pods --subresource=portforward",
    "get pods --subresource=proxy",
    "get nodes --subresource=proxy",
    "list secrets",
    "get secrets",
    "patch secrets",
    "delete nodes",
    "delete namespaces",
    "delete configmaps",
    "patch pods",
    "patch serviceaccounts",
    "create serviceaccounts --subresource=token",
    "patch clusterroles",
    "create rolebindings",
    "impersonate users",
    "create customresourcedefinitions",
    "patch validatingwebhookconfigurations",
    "deletecollection pods",
    "watch pods",
)


def test_a_remediator_may_do_nothing_beside_the_catalogue(lab: Lab, become: Become) -> None:
    lab.apply(lab.example / "bad-deploy", again=True)
    kubeconfig = become("remediator")
    asked = {
        words: kubectl(kubeconfig, "auth", "can-i", *words.split(), "-n", "shop").stdout.strip()
        for words in BEYOND
    }
    assert asked == dict.fromkeys(BEYOND, "no")


def test_the_server_refuses_what_a_remediator_is_not_for(lab: Lab, become: Become) -> None:
    lab.apply(lab.example / "bad-deploy", again=True)
    done = kubectl(become("remediator"), "-n", "shop", "delete", "deployment", "checkout")
    assert done.returncode != 0
    assert "forbidden" in done.stderr.lower()
    assert kubectl(lab.environment["KUBECONFIG"], "-n", "shop", "get", "deploy/checkout").stdout


@pytest.mark.parametrize("role", ["observer", "diagnostician", "remediator"])
def test_the_server_knows_exactly_the_rights_that_were_printed(become: Become, role: str) -> None:
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview"}
    review = json.dumps({**body, "spec": {"namespace": "default"}})
    done = kubectl(become(role), "create", "-f", "-", "-o", "json", stdin=review)
    known = flat(json.loads(done.stdout)["status"]["resourceRules"])
    printed = [one for one in yaml.safe_load_all(sre("rbac", role).out) if "rules" in one]
    assert {right for right in known if right[1] not in BY_DEFAULT} == flat(printed[0]["rules"])


def flat(rules: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
