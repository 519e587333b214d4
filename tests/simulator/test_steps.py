"""The steps of a scenario: what happened, how long ago, and what is said of a mistake."""

from pathlib import Path

import pytest
from tests.simulator.folders import Data, Lab, app, deployment, service, write

from sreagent.simulator.clock import moment_of
from sreagent.simulator.kinds import DEPLOYMENT, NODE, SERVICE
from sreagent.simulator.objects import Json, annotations_of, lookup, meta
from sreagent.simulator.staging.errors import StagingError

FIRST = {"apply": "manifests", "age": "6d"}


def play(tmp_path: Path, *steps: Data, **files: object) -> Lab:
    manifests = [deployment("web", 2), service("web")]
    return Lab(write(tmp_path, steps=[FIRST, *steps], manifests=manifests, **files))


def minutes_old(lab: Lab, stamp: str) -> float:
    return (lab.cluster.clock.now() - moment_of(stamp)) / 60


def web(lab: Lab) -> Json:
    return lab.one("Deployment", "web", "apps/v1")


@pytest.mark.parametrize(
    ("line", "path", "value"),
    [
        pytest.param("scale deployment web --replicas=4", "spec.replicas", 4, id="scale"),
        pytest.param("-n lab scale deploy/web --replicas 0", "spec.replicas", 0, id="scale-slash"),
        pytest.param("rollout pause deployment web", "spec.paused", True, id="pause"),
        pytest.param(
            'patch deployment web --type=merge -p \'{"spec": {"minReadySeconds": 9}}\'',
            "spec.minReadySeconds",
            9,
            id="patch",
        ),
        pytest.param(
            "label deployment web tier=front", "metadata.labels.tier", "front", id="label"
        ),
        pytest.param(
            "annotate deployment web note='by hand'",
            "metadata.annotations.note",
            "by hand",
            id="note",
        ),
        pytest.param(
            "set serviceaccount deployment web robot",
            "spec.template.spec.serviceAccountName",
            "robot",
            id="account",
        ),
    ],
)
def test_a_line_of_kubectl_changes_an_object(
    tmp_path: Path, line: str, path: str, value: object
) -> None:
    full = line if line.startswith("-n") else f"-n lab {line}"
    lab = play(tmp_path, {"kubectl": [full], "age": "5m"})
    assert lookup(web(lab), path) == value


@pytest.mark.parametrize(
    ("line", "part", "value"),
    [
        pytest.param("set image deploy web web=nginx:9", "image", "nginx:9", id="image"),
        pytest.param("set image deploy/web *=nginx:8", "image", "nginx:8", id="all-images"),
        pytest.param(
            "set env deploy web MODE=slow", "env", [{"name": "MODE", "value": "slow"}], id="env"
        ),
        pytest.param(
            "set resources deploy web --limits=cpu=1,memory=1Gi",
            "resources",
            {"limits": {"cpu": "1", "memory": "1Gi"}},
            id="resources",
        ),
    ],
)
def test_a_line_of_kubectl_changes_a_container(
    tmp_path: Path, line: str, part: str, value: object
) -> None:
    lab = play(tmp_path, {"kubectl": [f"-n lab {line}"], "age": "5m"})
    (container,) = web(lab)["spec"]["template"]["spec"]["containers"]
    assert container[part] == value
    managers = {entry["manager"] for entry in meta(web(lab))["managedFields"]}
    assert "kubectl-set" in managers


def test_what_is_deleted_created_and_selected_anew(tmp_path: Path) -> None:
    lines = [
        "-n lab delete service web",
        "-n lab create configmap words --from-literal=a=b --from-literal=c=d",
        "kubectl -n lab create secret generic key --from-literal=password=none",
        "-n lab delete pod -l app=web --wait=false",
    ]
    lab = play(tmp_path, {"kubectl": lines, "age": "5m"})
    assert lab.cluster.store.find(SERVICE, "lab", "web") is None
    assert lab.one("ConfigMap", "words")["data"] == {"a": "b", "c": "d"}
    ages = [minutes_old(lab, meta(pod)["creationTimestamp"]) for pod in lab.of("web")]
    assert ages == pytest.approx([5, 5], abs=0.1)


@pytest.mark.parametrize(
    ("lines", "unschedulable", "keys"),
    [
        pytest.param(["cordon node-2"], True, {"node.kubernetes.io/unschedulable"}, id="cordon"),
        pytest.param(["cordon node-2", "uncordon node-2"], None, set(), id="uncordon"),
        pytest.param(["taint nodes node-2 work=batch:NoSchedule"], None, {"work"}, id="taint"),
        pytest.param(
            ["taint nodes node-2 work=batch:NoSchedule", "taint node node-2 work-"],
            None,
            set(),
            id="untaint",
        ),
        pytest.param(
            ["drain node-2 --ignore-daemonsets"],
            True,
            {"node.kubernetes.io/unschedulable"},
            id="drain",
        ),
    ],
)
def test_nodes_are_cordoned_tainted_and_drained(
    tmp_path: Path, lines: list[str], unschedulable: bool | None, keys: set[str]
) -> None:
    lab = play(tmp_path, {"kubectl": lines, "age": "5m"})
    node = lab.cluster.store.find(NODE, "", "node-2") or {}
    assert lookup(node, "spec.unschedulable") == unschedulable
    assert {each["key"] for each in lookup(node, "spec.taints") or ()} == keys


def test_a_rollout_is_restarted_and_undone(tmp_path: Path) -> None:
    lab = play(
        tmp_path,
        {"kubectl": ["-n lab set image deploy web web=nginx:9"], "age": "20m"},
        {"kubectl": ["-n lab rollout undo deployment web"], "age": "10m"},
    )
    (container,) = web(lab)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.example.com/web:1.0"
    assert annotations_of(web(lab))["deployment.kubernetes.io/revision"] == "3"


def test_a_step_is_as_old_as_it_says_and_made_by_whom_it_says(tmp_path: Path) -> None:
    changed = deployment("web", 2, env=[{"name": "A", "value": "b"}])
    step = {"apply": "changes", "age": "7m", "manager": "argocd-controller"}
    lab = play(tmp_path, step, changes=[changed])
    entries = meta(web(lab))["managedFields"]
    (changed_at,) = [e["time"] for e in entries if e["manager"] == "argocd-controller"]
    assert minutes_old(lab, changed_at) == pytest.approx(7, abs=0.1)
    assert minutes_old(lab, meta(web(lab))["creationTimestamp"]) == pytest.approx(6 * 1440, abs=1)


def test_applying_again_takes_away_what_the_manifest_no_longer_says(tmp_path: Path) -> None:
    before = deployment("web", env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}])
    after = deployment("web", env=[{"name": "B", "value": "2"}])
    after["spec"]["strategy"] = {"type": "Recreate"}
    steps = [FIRST, {"apply": "changes", "age": "5m"}]
    lab = Lab(write(tmp_path, steps=steps, manifests=[before], changes=[after]))
    (container,) = web(lab)["spec"]["template"]["spec"]["containers"]
    assert [each["name"] for each in container["env"]] == ["B"]
    assert web(lab)["spec"]["strategy"] == {"type": "Recreate"}


def test_another_behaviour_holds_from_its_step_on(tmp_path: Path) -> None:
    lab = play(
        tmp_path,
        {"behaviour": "later.yaml", "age": "3m"},
        later_yaml={"apps": [app("web", logs=[{"every": 5, "line": "now I say this"}])]},
    )
    assert "now I say this" in lab.text("web")
    assert lab.of("web")[0]["status"]["containerStatuses"][0]["restartCount"] == 0


@pytest.mark.parametrize(
    ("step", "told"),
    [
        pytest.param({"aply": "x"}, "unknown key 'aply' of a step", id="key"),
        pytest.param({"apply": "x", "age": "soon"}, "'soon' is no length of time", id="age"),
        pytest.param({"apply": "nothing"}, "'nothing' holds no manifests", id="no-manifests"),
        pytest.param({"kubectl": ["explode x"]}, "kubectl explode is not known", id="verb"),
        pytest.param(
            {"kubectl": ["-n lab delete svc gone"]}, 'services "gone" not found', id="not-found"
        ),
        pytest.param(
            {"kubectl": ["-n lab set image deploy web x=y"]}, "there is no container 'x'", id="name"
        ),
        pytest.param(
            {"age": "5m", "wait": [{"rollout": "lab/gone"}]}, "never came true", id="wait"
        ),
        pytest.param(
            {"age": "5m", "wait": [{"moon": "full"}]}, "unknown condition", id="condition"
        ),
        pytest.param({"run_cronjob": [["lab", "c", "j"]]}, "there is no CronJob lab/c", id="cron"),
    ],
)
def test_a_step_that_cannot_be_played_is_told_with_its_line(
    tmp_path: Path, step: Data, told: str
) -> None:
    with pytest.raises(StagingError, match=rf"scenario\.yaml:\d+: .*{told}"):
        play(tmp_path, step)


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        pytest.param({"kind": "Pod"}, "document 2 is no object", id="no-object"),
        pytest.param(
            deployment("bad", containers="x"), "Deployment is refused", id="refused-by-the-api"
        ),
    ],
)
def test_a_bad_manifest_is_told_with_its_line(tmp_path: Path, manifest: Json, told: str) -> None:
    if manifest.get("metadata"):
        manifest["spec"]["template"]["spec"]["containers"] = "none"
    folder = write(tmp_path, manifests=[deployment("web"), manifest])
    with pytest.raises(StagingError, match=rf"all\.yaml:[2-9]\d?: .*{told}"):
        Lab(folder)


def test_conditions_look_at_the_cluster_as_it_is(tmp_path: Path) -> None:
    ready = [
        {"rollouts": "lab"},
        {"pods": {"namespace": "lab", "selector": "app=web", "ready": True, "exact": 2}},
        {"log": {"namespace": "lab", "selector": "app=web", "matches": "hello"}},
        {"get": "deploy web -n lab", "jsonpath": "{.spec.replicas}", "equals": "2"},
        {
            "get": "node node-1",
            "jsonpath": '{.status.conditions[?(@.type=="Ready")].status}',
            "equals": "True",
        },
        {"promql": "up"},
        {"seconds": 4},
    ]
    behaviour = {"apps": [app("web", logs=[{"every": 5, "line": "hello"}])]}
    lab = play(tmp_path, {"age": "5m", "wait": ready}, behaviour_yaml=behaviour)
    assert lab.cluster.store.find(DEPLOYMENT, "lab", "web")
