"""Every Kubernetes verb and both of Alertmanager, really made and taken back once."""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.lab.conftest import Lab

from sreagent.clients.alertmanager import AlertmanagerAlerts
from sreagent.clients.clock import SystemClock
from sreagent.clients.kubernetes import KubernetesCluster, connect
from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Conflict, Refused
from sreagent.domain.inventory import Inventory, Obj
from sreagent.tools.changes import EveryChange, Prepared, remembered
from sreagent.tools.cluster import cluster_changes
from sreagent.tools.disruption import is_ready
from sreagent.tools.fields import field
from sreagent.tools.silences import SilenceChanges

MANIFESTS = Path(__file__).with_name("catalogue.yaml")
SPACE = "gate"
GUARDED = "node-2"
"""Here runs the one pod whose budget never allows a disruption."""

pytestmark = pytest.mark.lab("prometheus", "prometheus-alertmanager")


@dataclass(frozen=True, slots=True)
class World:
    """The lab's cluster and Alertmanager with everything that can be changed in them."""

    cluster: KubernetesCluster
    changes: EveryChange
    kubeconfig: str

    def kubectl(self, *words: str) -> str:
        command = ["kubectl", "--kubeconfig", self.kubeconfig, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def get(self, kind: str, name: str) -> Obj:
        return self.cluster.get(at(kind, name))

    def pods(self, app: str) -> list[Obj]:
        pods = self.cluster.list("Pod", SPACE).items
        return [
            pod
            for pod in pods
            if app_of(pod) == app and not pod["metadata"].get("deletionTimestamp")
        ]

    def calm(self) -> bool:
        """Whether every rollout ended, so that nothing moves by itself between two requests."""
        deployments = self.cluster.list("Deployment", SPACE).items
        pods = [pod for pod in self.cluster.list("Pod", SPACE).items if app_of(pod)]
        wanted = sum(one["spec"]["replicas"] for one in deployments)
        return all(map(rolled_out, deployments)) and [is_ready(pod) for pod in pods] == (
            [True] * wanted
        )

    def make(self, action: Action) -> Prepared:
        """Prepare and make a change in a calm world, and find it made."""
        wait_until(self.calm)
        prepared = self.changes.prepare(action)
        assert prepared.preview.accepted, prepared.preview.answer
        assert not self.changes.settle(action, remembered(prepared.after))
        self.changes.run(prepared)
        assert self.changes.settle(action, remembered(prepared.after))
        return prepared


def at(kind: str, name: str) -> Entity:
    namespace = "" if kind in ("Node", "Alert") else SPACE
    return Entity(kind=kind, namespace=namespace, name=name)


def act(verb: str, kind: str, name: str, **arguments: Any) -> Action:
    return Action(verb=verb, target=at(kind, name), arguments=arguments)


def app_of(pod: Obj) -> str | None:
    return (pod["metadata"].get("labels") or {}).get("app")


def rolled_out(deployment: Obj) -> bool:
    """Whether its controller saw the last edit, and every pod is of it and serves."""
    meta, spec, status = deployment["metadata"], deployment["spec"], deployment.get("status", {})
    seen = status.get("observedGeneration") == meta["generation"]
    counts = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas")]
    return seen and counts == [spec["replicas"]] * 3


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.3)


@pytest.fixture(scope="module")
def world(lab: Lab) -> Iterator[World]:
    lab.applied = ""
    kubeconfig = lab.environment["KUBECONFIG"]
    clock = SystemClock()
    cluster = connect(kubeconfig=kubeconfig, context="admin", clock=clock)
    alerts = AlertmanagerAlerts(lab.environment["ALERTMANAGER_URL"])
    silences = SilenceChanges(alerts, clock)
    changes = EveryChange((cluster_changes(cluster, Inventory(), clock), silences))
    made = World(cluster, changes, kubeconfig)
    made.kubectl("apply", "-f", str(MANIFESTS))
    wait_until(lambda: len(made.pods("web")) == 3)
    wait_until(lambda: made.get("PodDisruptionBudget", "guard").get("status"))
    made.kubectl("-n", SPACE, "set", "image", "deployment/web", "web=registry.local/web:1.1")
    made.kubectl("-n", SPACE, "set", "env", "deployment/web", "COLOUR=red", "EXTRA=1")
    made.kubectl("-n", SPACE, "rollout", "status", "deployment/web", "--timeout=60s")
    yield made
    made.kubectl("delete", "namespace", SPACE, "--wait=false", "--ignore-not-found")


REVERSIBLE = [
    pytest.param(act("rollout_undo", "Deployment", "web", revision=1), id="rollout_undo"),
    pytest.param(act("scale", "Deployment", "web", replicas=4), id="scale"),
    pytest.param(
        act("set_resources", "Deployment", "web", container="web", memory_limit="96Mi"),
        id="set_resources",
    ),
    pytest.param(
        act("set_image", "Deployment", "web", container="web", image="registry.local/web:1.0"),
        id="set_image",
    ),
    pytest.param(
        act("set_autoscaler_bounds", "HorizontalPodAutoscaler", "front", max_replicas=6),
        id="set_autoscaler_bounds",
    ),
    pytest.param(act("suspend", "CronJob", "nightly"), id="suspend-and-resume"),
    pytest.param(act("cordon", "Node", "node-3"), id="cordon-and-uncordon"),
    pytest.param(
        act("patch_service", "Service", "web", port=80, target_port=9090), id="patch_service-port"
    ),
    pytest.param(
        act("patch_service", "Service", "web", selector={"app": "front"}),
        id="patch_service-selector",
    ),
    pytest.param(
        act(
            "patch_ingress",
            "Ingress",
            "web",
            host="shop.example.com",
            path="/api",
            service="front",
            port=8080,
        ),
        id="patch_ingress",
    ),
]


@pytest.mark.parametrize("action", REVERSIBLE)
def test_a_change_is_made_and_taken_back(world: World, action: Action) -> None:
    prepared = world.make(action)
    assert prepared.preview.diff
    assert prepared.facts.reversible
    assert prepared.undo is not None
    assert prepared.undo_command
    world.make(prepared.undo)
    live = world.cluster.get(action.target)
    for pointer, value in prepared.before.items():
        assert (field(live, pointer) or None) == (value or None)


def env_of(world: World) -> dict[str, str]:
    container = world.get("Deployment", "web")["spec"]["template"]["spec"]["containers"][0]
    return {one["name"]: one["value"] for one in container["env"]}


def revision_of(world: World) -> int:
    notes = world.get("Deployment", "web")["metadata"]["annotations"]
    return int(notes["deployment.kubernetes.io/revision"])


def first_revision(world: World) -> int:
    """The oldest one that is kept: an undo moves a revision to the end."""
    sets = world.cluster.list("ReplicaSet", SPACE).items
    web = [one for one in sets if one["metadata"]["name"].startswith("web-")]
    blue = [
        one
        for one in web
        if {"name": "COLOUR", "value": "blue"}
        in one["spec"]["template"]["spec"]["containers"][0]["env"]
    ]
    notes = [one["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for one in blue]
    return min(map(int, notes))


@pytest.mark.parametrize(
    ("name", "then"),
    [pytest.param("COLOUR", "blue", id="another-value"), pytest.param("EXTRA", None, id="absent")],
)
def test_a_variable_goes_back_to_what_an_earlier_revision_had(
    world: World, name: str, then: str | None
) -> None:
    now = env_of(world)[name]
    arguments = {"container": "web", "name": name, "revision": first_revision(world)}
    action = Action(verb="restore_env", target=at("Deployment", "web"), arguments=arguments)
    prepared = world.make(action)
    assert env_of(world).get(name) == then
    assert prepared.undo is not None
    world.make(prepared.undo)
    assert env_of(world)[name] == now


def test_a_restart_makes_every_pod_anew(world: World) -> None:
    before = {pod["metadata"]["uid"] for pod in world.pods("front")}
    world.make(act("rollout_restart", "Deployment", "front"))
    wait_until(
        lambda: (
            before.isdisjoint(pod["metadata"]["uid"] for pod in world.pods("front"))
            and world.pods("front")
        )
    )


def test_a_pod_whose_budget_is_used_up_is_not_evicted_and_the_budget_says_why(
    world: World,
) -> None:
    name = world.pods("guarded")[0]["metadata"]["name"]
    prepared = world.changes.prepare(act("evict_pod", "Pod", name))
    assert not prepared.preview.accepted
    assert "disruption budget" in prepared.preview.answer
    assert (prepared.facts.budget, prepared.facts.headroom) == ("guard", 0)
    with pytest.raises(Refused, match="disruption budget"):
        world.changes.run(prepared)


@pytest.mark.parametrize("verb", ["evict_pod", "delete_pod"])
def test_a_pod_goes_and_is_made_again(world: World, verb: str) -> None:
    wait_until(lambda: [is_ready(pod) for pod in world.pods("front")] == [True])
    (pod,) = world.pods("front")
    prepared = world.make(act(verb, "Pod", pod["metadata"]["name"]))
    assert prepared.facts.controlled
    wait_until(
        lambda: [p["metadata"]["uid"] for p in world.pods("front")] not in ([], [prepared.uid])
    )


def test_a_failed_job_is_deleted_with_its_pods(world: World) -> None:
    wait_until(lambda: (world.get("Job", "import").get("status") or {}).get("conditions"))
    world.make(act("delete_job", "Job", "import"))


def test_a_drained_node_holds_only_what_belongs_to_it_and_takes_pods_again(world: World) -> None:
    wait_until(lambda: len(world.pods("web")) == 3)
    nodes = {pod["spec"]["nodeName"] for pod in world.pods("web")} - {GUARDED}
    node = nodes.pop()
    prepared = world.make(act("drain", "Node", node))
    assert prepared.facts.pods >= 1
    assert prepared.undo == act("uncordon", "Node", node)
    wait_until(lambda: all(pod["spec"].get("nodeName") != node for pod in world.pods("web")))
    world.make(prepared.undo)


class Hurried(SystemClock):
    """A clock for which waiting takes no time."""

    waited = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds


def test_a_drain_tells_which_pods_their_budget_kept(world: World) -> None:
    changes = cluster_changes(world.cluster, Inventory(), Hurried())
    prepared = changes.prepare(act("drain", "Node", GUARDED))
    assert "hold 1 of" in prepared.preview.answer
    assert (prepared.facts.budget, prepared.facts.headroom) == ("guard", 0)
    said = changes.run(prepared)
    assert said.startswith("cordoned; ")
    assert "still there: gate/guarded-" in said
    assert not changes.settle(prepared.action, remembered(prepared.after))
    assert world.get("Node", GUARDED)["spec"]["unschedulable"]
    world.make(act("uncordon", "Node", GUARDED))


@pytest.mark.parametrize(
    ("kind", "name", "arguments", "edit"),
    [
        pytest.param(
            "ConfigMap", "settings", {"key": "MODE"}, '{"data":{"MODE":"slow"}}', id="config-key"
        ),
        pytest.param(
            "ConfigMap", "settings", {}, '{"data":{"NEW":"1","LIMIT":"9"}}', id="config-whole"
        ),
        pytest.param(
            "Service", "web", {}, '{"spec":{"selector":{"app":"web","tier":"x"}}}', id="service"
        ),
        pytest.param(
            "NetworkPolicy",
            "web",
            {},
            '{"spec":{"ingress":[{"ports":[{"port":1}]}]}}',
            id="network-policy",
        ),
        pytest.param(
            "Ingress", "web", {}, '{"spec":{"rules":[{"host":"other.example.com"}]}}', id="ingress"
        ),
    ],
)
def test_a_manual_edit_goes_back_to_what_was_applied(
    world: World, kind: str, name: str, arguments: dict[str, str], edit: str
) -> None:
    part = "data" if kind == "ConfigMap" else "spec"
    before = world.get(kind, name)[part]
    world.kubectl("-n", SPACE, "patch", kind, name, "--type=merge", "-p", edit)
    assert world.get(kind, name)[part] != before
    world.make(act("restore_applied", kind, name, **arguments))
    assert world.get(kind, name)[part] == before


def test_an_alert_is_silenced_once_and_heard_again(world: World) -> None:
    matchers = {"alertname": "WebDown", "namespace": SPACE}
    action = act(
        "silence", "Alert", "WebDown", matchers=matchers, minutes=5, comment="rolling back"
    )
    prepared = world.make(action)
    assert prepared.undo is not None
    world.make(prepared.undo)


def test_a_status_update_between_showing_and_running_is_no_conflict_but_an_edit_is(
    world: World,
) -> None:
    action = act("scale", "Deployment", "front", replicas=2)
    shown = world.changes.prepare(action)
    pod = world.pods("front")[0]["metadata"]["name"]
    world.kubectl("-n", SPACE, "delete", "pod", pod)
    wait_until(
        lambda: (
            world.get("Deployment", "front")["metadata"]["resourceVersion"]
            != shown.resource_version
        )
    )
    world.changes.run(shown)
    assert shown.undo is not None
    world.make(shown.undo)
    shown = world.changes.prepare(action)
    world.kubectl("-n", SPACE, "annotate", "deployment", "front", "note=mine", "--overwrite")
    with pytest.raises(Conflict, match="changed since it was shown"):
        world.changes.run(shown)
