"""The real kubectl works on it, as it would on any cluster."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from sreagent.simulator import Simulation

pytestmark = pytest.mark.skipif(
    not shutil.which("kubectl"), reason="kubectl is not installed: nothing to try it with"
)

Kubectl = Callable[..., str]


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("kubectl-cache"))


@pytest.fixture(scope="module")
def kubectl(running: Simulation, caches: str) -> Kubectl:
    """Runs kubectl as the admin in the namespace shop; a failure shows what it said."""

    def run(*arguments: str, fails: bool = False, stdin: str = "") -> str:
        done = subprocess.run(
            command(running, caches, *arguments), input=stdin, capture_output=True, text=True
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def command(running: Simulation, caches: str, *arguments: str) -> list[str]:
    front = ["kubectl", f"--kubeconfig={running.kubeconfig}", f"--cache-dir={caches}"]
    return [*front, "--namespace=shop", *arguments]


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


class TestReading:
    def test_get_prints_the_usual_columns(self, kubectl: Kubectl) -> None:
        head, *pods = rows(kubectl("get", "pods", "-l", "app=checkout"))
        assert head == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
        assert {(pod[1], pod[2]) for pod in pods} == {("0/1", "CrashLoopBackOff")}
        assert rows(kubectl("get", "pods", "-o", "wide"))[0][-6:-4] == ["IP", "NODE"]

    def test_short_names_and_all_are_known(self, kubectl: Kubectl) -> None:
        found = kubectl("get", "all,deploy,rs,svc,ep,cm,pdb,sa,ev,ns,no", "-o", "name").split()
        kinds = {each.partition("/")[0] for each in found}
        assert {"deployment.apps", "endpoints", "poddisruptionbudget.policy", "node"} <= kinds

    def test_objects_come_as_json_and_yaml(self, kubectl: Kubectl) -> None:
        found = json.loads(kubectl("get", "deploy", "checkout", "-o", "json"))
        assert found["kind"] == "Deployment"
        assert "kind: Deployment" in kubectl("get", "deploy", "checkout", "-o", "yaml")
        image = "jsonpath={.spec.template.spec.containers[0].image}"
        assert kubectl("get", "deploy", "checkout", "-o", image).endswith("checkout:2.4.1")

    @pytest.mark.parametrize(
        ("target", "expected"),
        [
            pytest.param("deploy/checkout", "MinimumReplicasUnavailable", id="deployment"),
            pytest.param("pod -l app=checkout", "Back-off restarting failed", id="pod"),
            pytest.param("svc/checkout", "Endpoints:", id="service"),
            pytest.param("node/node-1", "Non-terminated Pods", id="node"),
            pytest.param("pdb/frontend", "Allowed disruptions", id="budget"),
            pytest.param("cm/shop-settings", "CURRENCY", id="config-map"),
            pytest.param("endpointslices", "AddressType", id="slices"),
        ],
    )
    def test_describe_tells_the_story(self, kubectl: Kubectl, target: str, expected: str) -> None:
        assert expected in kubectl("describe", *target.split())

    def test_logs_of_now_and_before_can_be_read(self, kubectl: Kubectl) -> None:
        pod = kubectl("get", "pods", "-l", "app=checkout", "-o", "name").split()[0]
        assert "KeyError: 'PAYMENT_PROVIDERS'" in kubectl("logs", pod, "-p", "--tail=3")
        assert len(rows(kubectl("logs", "-l", "app=payment", "--tail=2", "--prefix"))) == 4
        assert "ERROR POST /checkout" in kubectl("logs", "deploy/frontend", "--since=30s")

    def test_events_are_sorted_and_chosen(self, kubectl: Kubectl) -> None:
        text = kubectl("get", "events", "--field-selector", "type=Warning")
        assert "BackOff" in text
        assert "ScalingReplicaSet" not in text
        assert "BackOff" in kubectl("events", "--types=Warning")

    def test_usage_is_shown(self, kubectl: Kubectl) -> None:
        assert ["90m", "310Mi"] in [row[1:] for row in rows(kubectl("top", "pods"))]
        assert len(rows(kubectl("top", "nodes"))) == 4

    def test_rights_can_be_asked_for(self, kubectl: Kubectl) -> None:
        assert "yes" in kubectl("auth", "can-i", "delete", "pods")
        assert "no" in kubectl("auth", "can-i", "delete", "pods", "--context=viewer", fails=True)
        assert "viewer" in kubectl("auth", "whoami", "--context=viewer")

    def test_the_viewer_is_refused_what_it_may_not_do(self, kubectl: Kubectl) -> None:
        text = kubectl("delete", "deploy/cart", "--context=viewer", fails=True)
        assert "Forbidden" in text
        assert "Forbidden" in kubectl("get", "secrets", "--context=viewer", fails=True)

    def test_a_watch_prints_changes_as_they_come(self, running: Simulation, caches: str) -> None:
        arguments = command(running, caches, "get", "cm", "-w", "-o", "name")
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as watching:
            assert watching.stdout is not None
            assert watching.stdout.readline() == "configmap/shop-settings\n"
            subprocess.run(command(running, caches, "create", "cm", "fresh"), check=True,
                           capture_output=True)  # fmt: skip
            assert watching.stdout.readline() == "configmap/fresh\n"
            os.kill(watching.pid, signal.SIGINT)

    def test_a_followed_log_goes_on(self, running: Simulation, caches: str) -> None:
        arguments = command(running, caches, "logs", "deploy/frontend", "-f", "--tail=1")
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as following:
            assert following.stdout is not None
            lines = {following.stdout.readline() for _ in range(3)}
            assert len(lines) == 3
            os.kill(following.pid, signal.SIGTERM)


DRY_RUNS = {
    "scale deploy/cart --replicas=3": "scaled",
    "rollout undo deploy/checkout": "rolled back",
    "set image deploy/cart cart=nginx:1": "image updated",
    "set env deploy/cart A=b": "env updated",
    "set resources deploy/cart --limits=memory=400Mi": "updated",
    "label deploy/cart tone=blue": "labeled",
    "annotate deploy/cart note=x": "annotated",
    "delete deploy/cart": "deleted",
    "delete pod -l app=cart": "deleted",
    "create cm x --from-literal=a=b": "created",
}


class TestWriting:
    def test_a_server_dry_run_changes_nothing(self, kubectl: Kubectl) -> None:
        before = self.specs(kubectl)
        for arguments, expected in DRY_RUNS.items():
            assert expected in kubectl(*arguments.split(), "--dry-run=server"), arguments
        assert self.specs(kubectl) == before

    def specs(self, kubectl: Kubectl) -> Any:
        items = json.loads(kubectl("get", "deploy,svc,cm", "-o", "json"))["items"]
        return {
            (item["kind"], item["metadata"]["name"]): (item["metadata"], item.get("spec"))
            for item in items
            if item["metadata"]["name"] != "fresh"
        }

    def test_scale_label_annotate_and_patch_are_kept(self, kubectl: Kubectl) -> None:
        kubectl("scale", "deploy/recommendation", "--replicas=3")
        kubectl("label", "deploy/recommendation", "tone=blue")
        kubectl("annotate", "deploy/recommendation", "note=hello")
        kubectl("set", "resources", "deploy/recommendation", "--limits=memory=400Mi")
        operation = {"op": "replace", "path": "/spec/revisionHistoryLimit", "value": 4}
        kubectl("patch", "deploy/recommendation", "--type=json", "-p", json.dumps([operation]))
        merged = '{"spec":{"progressDeadlineSeconds":60}}'
        kubectl("patch", "deploy/recommendation", "--type=merge", "-p", merged)
        found = json.loads(kubectl("get", "deploy/recommendation", "-o", "json"))
        container = found["spec"]["template"]["spec"]["containers"][0]
        assert found["metadata"]["labels"]["tone"] == "blue"
        assert found["metadata"]["annotations"]["note"] == "hello"
        assert found["spec"]["revisionHistoryLimit"] == 4
        assert container["resources"]["limits"] == {"cpu": "1", "memory": "400Mi"}

    @pytest.mark.parametrize(
        ("patch", "expected"),
        [
            pytest.param('{"spec":{"replicas":-1}}', "greater than or equal to 0", id="negative"),
            pytest.param('{"spec":{"replicas":"two"}}', "must be an integer", id="text"),
            pytest.param(
                '{"spec":{"selector":{"matchLabels":{"app":"x"}}}}', "immutable", id="selector"
            ),
        ],
    )
    def test_nonsense_is_refused_in_words(
        self, kubectl: Kubectl, patch: str, expected: str
    ) -> None:
        assert expected in kubectl("patch", "deploy/cart", "-p", patch, fails=True)

    def test_manifests_are_created_applied_and_deleted(self, kubectl: Kubectl) -> None:
        manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied}\ndata: {a: '1'}\n"
        assert "created" in kubectl("apply", "-f", "-", stdin=manifest)
        changed = manifest.replace("'1'", "'2'")
        assert "configured" in kubectl("apply", "-f", "-", stdin=changed)
        assert "unchanged" in kubectl("apply", "-f", "-", stdin=changed)
        assert kubectl("get", "cm/applied", "-o", "jsonpath={.data.a}") == "2"
        assert "deleted" in kubectl("delete", "cm/applied")
        assert "NotFound" in kubectl("get", "cm/applied", fails=True)

    def test_undo_brings_checkout_back(self, kubectl: Kubectl) -> None:
        history = kubectl("rollout", "history", "deploy/checkout")
        assert [row[0] for row in rows(history) if row and row[0].isdigit()] == ["1", "2"]
        assert "checkout:2.4.0" in kubectl("rollout", "history", "deploy/checkout", "--revision=1")
        assert "rolled back" in kubectl("rollout", "undo", "deploy/checkout", "--to-revision=1")
        kubectl("rollout", "status", "deploy/checkout", "--timeout=20s")
        kubectl("wait", "--for=condition=Available", "deploy/checkout", "--timeout=20s")
        pods = rows(kubectl("get", "pods", "-l", "app=checkout"))[1:]
        assert {(pod[1], pod[2]) for pod in pods} == {("1/1", "Running")}
        addresses = kubectl("get", "ep/checkout", "-o", "jsonpath={.subsets[*].addresses[*].ip}")
        assert len(addresses.split()) == 3
        time.sleep(0.2)
        history = kubectl("rollout", "history", "deploy/checkout")
        assert [row[0] for row in rows(history) if row and row[0].isdigit()] == ["2", "3"]

    def test_a_node_can_be_drained(self, kubectl: Kubectl) -> None:
        text = kubectl("drain", "node-1", "--ignore-daemonsets", "--timeout=20s")
        assert "node/node-1 drained" in text
        left = kubectl("get", "pods", "--field-selector=spec.nodeName=node-1", "-o", "name")
        assert left == ""
        assert "uncordoned" in kubectl("uncordon", "node-1")
