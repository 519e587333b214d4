"""Each verb on a cluster that is reached over HTTP: what it takes, shows, refuses and undoes."""

import copy
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.tools.conftest import World, enter

from sreagent.clients.alertmanager import AlertmanagerAlerts
from sreagent.clients.clock import SystemClock
from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Conflict, NotFound, Refused, SreError, TryAgain
from sreagent.domain.inventory import Inventory, Obj
from sreagent.domain.silence import Silence
from sreagent.simulator import Simulation
from sreagent.simulator.api import Caller, Place
from sreagent.simulator.kinds import Kind, kind_named
from sreagent.tools.catalogue import TOOLS
from sreagent.tools.changes import EveryChange, Prepared, remembered
from sreagent.tools.cluster import cluster_changes
from sreagent.tools.fields import field
from sreagent.tools.guarded import guarded
from sreagent.tools.silences import SilenceChanges
from sreagent.tools.versions import version_of

SOMEBODY = Caller(manager="somebody")
MADE: tuple[dict[str, Any], ...] = (
    {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "nightly"},
        "spec": {
            "schedule": "0 3 * * *",
            "jobTemplate": {
                "spec": {
                    "template": {
                        "spec": {
                            "restartPolicy": "Never",
                            "containers": [{"name": "job", "image": "shop/job:1"}],
                        }
                    }
                }
            },
        },
    },
    {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "frontend"},
        "spec": {
            "minReplicas": 2,
            "maxReplicas": 5,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "frontend"},
        },
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "shop"},
        "spec": {
            "rules": [
                {
                    "host": "shop.example.com",
                    "http": {
                        "paths": [
                            {
                                "path": "/cart",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "cart", "port": {"number": 80}}},
                            },
                            {
                                "path": "/files",
                                "pathType": "Prefix",
                                "backend": {"resource": {"kind": "Bucket", "name": "files"}},
                            },
                        ]
                    },
                }
            ]
        },
    },
)


def kind_of(obj: Obj) -> Kind:
    kind = kind_named(obj["apiVersion"], obj["kind"])
    assert kind is not None
    return kind


def create(simulation: Simulation, obj: dict[str, Any]) -> Obj:
    place = Place(kind=kind_of(obj), namespace="shop")
    return simulation.cluster.api.create(place, copy.deepcopy(obj), SOMEBODY)


def edit(simulation: Simulation, live: Obj, part: str = "", **patch: Any) -> None:
    """Somebody else's edit, as a merge patch."""
    place = Place(
        kind=kind_of(live),
        namespace=live["metadata"].get("namespace", ""),
        name=live["metadata"]["name"],
    )
    media = "application/merge-patch+json"
    simulation.cluster.api.patch(place, patch, media, SOMEBODY, part)


@pytest.fixture(scope="module")
def running() -> Iterator[Simulation]:
    with Simulation.start("bad-deploy") as simulation:
        for obj in MADE:
            create(simulation, obj)
        yield simulation


@pytest.fixture(scope="module")
def world(running: Simulation) -> World:
    return enter(running)


def at(kind: str, name: str) -> Entity:
    namespace = "" if kind in ("Node", "Alert") else "shop"
    return Entity(kind=kind, namespace=namespace, name=name)


def act(verb: str, kind: str, target: str, **arguments: Any) -> Action:
    return Action(verb=verb, target=at(kind, target), arguments=arguments)


def make(changes: EveryChange, action: Action) -> Prepared:
    prepared = changes.prepare(action)
    assert prepared.preview.accepted, prepared.preview.answer
    changes.run(prepared)
    assert changes.settle(action, remembered(prepared.after))
    return prepared


CART = "Deployment", "cart"
THERE_AND_BACK = [
    act("set_autoscaler_bounds", "HorizontalPodAutoscaler", "frontend", min_replicas=3),
    act("suspend", "CronJob", "nightly"),
    act("cordon", "Node", "node-3"),
    act(
        "patch_ingress",
        "Ingress",
        "shop",
        host="shop.example.com",
        path="/cart",
        service="checkout",
        port="http",
    ),
    act("rollout_undo", "Deployment", "checkout", revision=1),
]


@pytest.mark.parametrize("action", THERE_AND_BACK, ids=lambda action: action.verb)
def test_a_change_shows_what_it_does_and_its_undo_brings_the_fields_back(
    world: World, action: Action
) -> None:
    prepared = make(world.changes, action)
    assert prepared.preview.diff
    assert prepared.undo is not None
    assert prepared.undo_command == TOOLS[prepared.undo.verb].command(prepared.undo)
    assert prepared.facts.reversible
    make(world.changes, prepared.undo)
    live = world.cluster.get(action.target)
    for pointer, value in prepared.before.items():
        assert (field(live, pointer) or None) == (value or None)


def test_only_an_image_that_the_container_ran_before_can_be_set(world: World) -> None:
    live = world.cluster.get(at("Deployment", "checkout"))
    (container,) = live["spec"]["template"]["spec"]["containers"]
    with pytest.raises(TryAgain, match=r"never ran 'evil/miner:1'.*it ran .*2\.4\.0"):
        world.changes.prepare(
            act("set_image", "Deployment", "checkout", container="checkout", image="evil/miner:1")
        )
    former = container["image"].replace("2.4.1", "2.4.0")
    prepared = world.changes.prepare(
        act("set_image", "Deployment", "checkout", container="checkout", image=former)
    )
    assert prepared.undo is not None
    assert prepared.undo.arguments["image"] == container["image"]


def test_a_variable_of_an_earlier_revision_comes_back_to_its_place(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy)
    live = world.cluster.get(at(*CART))
    (container,) = live["spec"]["template"]["spec"]["containers"]
    first = {"name": "FIRST", "value": "1"}
    image = container["image"]
    with_env = {"name": "cart", "image": image, "env": [first, {"name": "MODE", "value": "a"}]}
    without = {"name": "cart", "image": image, "env": [{"name": "MODE", "value": "b"}]}
    for changed in (with_env, without):
        edit(bad_deploy, live, spec={"template": {"spec": {"containers": [changed]}}})
        bad_deploy.cluster.play(bad_deploy.cluster.clock.now())
    revisions = {
        revision: template["spec"]["containers"][0].get("env")
        for revision, template in templates(world, "cart").items()
    }
    (source,) = [number for number, env in revisions.items() if env == with_env["env"]]
    action = act("rollout_restart", *CART)
    arguments = {"container": "cart", "name": "FIRST", "revision": source}
    restore = replace(action, verb="restore_env", arguments=arguments)
    prepared = make(world.changes, restore)
    assert env_of(world) == [first, {"name": "MODE", "value": "b"}]
    assert prepared.undo is not None
    make(world.changes, prepared.undo)
    assert env_of(world) == [{"name": "MODE", "value": "b"}]


def templates(world: World, name: str) -> dict[int, Any]:
    found = {}
    for item in world.cluster.list("ReplicaSet", "shop").items:
        if item["metadata"]["name"].startswith(f"{name}-"):
            notes = item["metadata"]["annotations"]
            found[int(notes["deployment.kubernetes.io/revision"])] = item["spec"]["template"]
    return found


def env_of(world: World) -> Any:
    live = world.cluster.get(at(*CART))
    return live["spec"]["template"]["spec"]["containers"][0].get("env")


@pytest.mark.parametrize(
    ("action", "said"),
    [
        pytest.param(act("suspend", "CronJob", "nightly", x=1), "x: Extra", id="extra"),
        pytest.param(act("resume", "CronJob", "nightly"), "not suspended already", id="resumed"),
        pytest.param(act("uncordon", "Node", "node-1"), "not cordoned already", id="uncordoned"),
        pytest.param(
            Action(verb="cordon", target=Entity(kind="Node", namespace="shop", name="node-1")),
            "namespace",
            id="node-in-a-namespace",
        ),
        pytest.param(
            act("set_autoscaler_bounds", "HorizontalPodAutoscaler", "frontend"),
            "give min_replicas",
            id="no-bound",
        ),
        pytest.param(
            act("set_autoscaler_bounds", "HorizontalPodAutoscaler", "frontend", min_replicas=9),
            "above the most, 5",
            id="least-above-most",
        ),
        pytest.param(
            act("set_autoscaler_bounds", "HorizontalPodAutoscaler", "frontend", max_replicas="010"),
            "max_replicas",
            id="octal-text",
        ),
        pytest.param(
            act("set_image", *CART, container="cart", image="a b"), "image", id="image-with-blank"
        ),
        pytest.param(
            act("set_image", *CART, container="cart", image="--x"), "image", id="image-as-flag"
        ),
        pytest.param(
            act("patch_ingress", "Ingress", "shop", host="", path="/", service="cart", port=80),
            r"no path \*/; it has shop.example.com/cart",
            id="unknown-path",
        ),
        pytest.param(
            act(
                "patch_ingress",
                "Ingress",
                "shop",
                host="shop.example.com",
                path="/files",
                service="cart",
                port=80,
            ),
            "leads to no Service",
            id="bucket-backend",
        ),
        pytest.param(
            act("patch_ingress", "Ingress", "shop", host="x", path="/'", service="a", port=1),
            "path",
            id="apostrophe",
        ),
        pytest.param(
            Action(
                verb="restore_applied",
                target=Entity(kind="Service", namespace="default", name="kubernetes"),
            ),
            "not made with kubectl apply",
            id="not-applied",
        ),
        pytest.param(
            act("restore_applied", "ConfigMap", "shop-settings", key="../x"), "key", id="bad-key"
        ),
        pytest.param(act("restore_applied", "Secret", "x"), "works on", id="no-secrets"),
        pytest.param(act("delete_job", "Pod", "x"), "works on Job", id="not-a-job"),
        pytest.param(act("drain", "Deployment", "cart"), "works on Node", id="not-a-node"),
    ],
)
def test_what_a_verb_does_not_take_is_refused_with_what_is_wrong(
    world: World, action: Action, said: str
) -> None:
    with pytest.raises(TryAgain, match=said):
        world.changes.prepare(action)


FAILED = {"conditions": [{"type": "Failed", "status": "True"}]}
OWNER = {"apiVersion": "x/v1", "name": "x", "uid": "1", "controller": True}


@pytest.mark.parametrize(
    ("status", "owner", "said"),
    [
        pytest.param(FAILED, None, "", id="failed"),
        pytest.param(FAILED, "CronJob", "", id="failed-run-of-a-schedule"),
        pytest.param(FAILED, "Workflow", "belongs to Workflow", id="somebody-watches-over-it"),
        pytest.param({}, None, "has not failed", id="runs"),
        pytest.param(
            {"conditions": [{"type": "Complete", "status": "True"}]}, None, "has not", id="done"
        ),
    ],
)
def test_only_a_failed_job_that_nothing_else_watches_over_is_deleted(
    running: Simulation, world: World, status: dict[str, Any], owner: str | None, said: str
) -> None:
    template = copy.deepcopy(MADE[0]["spec"]["jobTemplate"]["spec"]["template"])
    meta: dict[str, Any] = {"name": "import"}
    if owner:
        meta["ownerReferences"] = [{**OWNER, "kind": owner}]
    job = create(
        running,
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {"template": template}},
    )
    edit(running, job, "status", status=status)
    action = act("delete_job", "Job", "import")
    if said:
        with pytest.raises(TryAgain, match=said):
            world.changes.prepare(action)
        running.cluster.api.delete(
            Place(kind=kind_of(job), namespace="shop", name="import"), {}, SOMEBODY
        )
    else:
        make(world.changes, action)
        with pytest.raises(NotFound):
            world.cluster.get(action.target)


def applied(obj: dict[str, Any]) -> dict[str, Any]:
    """An object as `kubectl apply` leaves it."""
    text = json.dumps(obj)
    notes = {"kubectl.kubernetes.io/last-applied-configuration": text}
    return {**obj, "metadata": {**obj["metadata"], "annotations": notes}}


CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "limits"},
    "data": {"MODE": "fast", "MOST": "5"},
}
ROUTES = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "routes"},
    "spec": {"selector": {"app": "cart"}, "ports": [{"port": 80, "targetPort": 8080}]},
}


@pytest.mark.parametrize(
    ("obj", "arguments", "wrong", "undo"),
    [
        pytest.param(CONFIG, {"key": "MODE"}, {"data": {"MODE": "x"}}, None, id="another-value"),
        pytest.param(CONFIG, {"key": "MODE"}, {"data": {"MODE": None}}, None, id="key-is-gone"),
        pytest.param(CONFIG, {"key": "NEW"}, {"data": {"NEW": "x"}}, None, id="key-is-new"),
        pytest.param(CONFIG, {}, {"data": {"NEW": "x", "MOST": "9"}}, None, id="whole"),
        pytest.param(
            ROUTES,
            {},
            {"spec": {"selector": {"app": "cart", "tier": "x"}}},
            "patch_service",
            id="selector",
        ),
        pytest.param(
            ROUTES, {}, {"spec": {"ports": [{"port": 80, "targetPort": 1}]}}, None, id="target-port"
        ),
    ],
)
def test_a_manual_edit_goes_back_to_what_was_applied(
    bad_deploy: Simulation,
    obj: dict[str, Any],
    arguments: dict[str, str],
    wrong: dict[str, Any],
    undo: str | None,
) -> None:
    made = create(bad_deploy, applied(obj))
    world = enter(bad_deploy)
    part = "data" if "data" in obj else "spec"
    target = at(obj["kind"], obj["metadata"]["name"])
    before = world.cluster.get(target)[part]
    edit(bad_deploy, made, **wrong)
    action = Action(verb="restore_applied", target=target, arguments=arguments)
    prepared = make(world.changes, action)
    assert world.cluster.get(target)[part] == before
    assert (prepared.undo.verb if prepared.undo else None) == undo
    with pytest.raises(TryAgain, match=r"already|as it was applied|there is no key"):
        world.changes.prepare(action)


def test_a_drain_is_refused_while_nothing_would_make_a_pod_again(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy)
    bare = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "debug"},
        "spec": {"nodeName": "node-1", "containers": [{"name": "c", "image": "i"}]},
    }
    create(bad_deploy, bare)
    with pytest.raises(TryAgain, match="nothing would make pod shop/debug again"):
        world.changes.prepare(act("drain", "Node", "node-1"))


class Stopped:
    """A kill switch that is thrown after some reads."""

    def __init__(self, after: int) -> None:
        self.left = after

    def reason(self) -> str:
        self.left -= 1
        return "" if self.left >= 0 else "too much at once"


def test_a_drain_stops_between_two_pods_when_changes_are_stopped(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy)
    cluster = guarded(world.cluster, Stopped(after=2), ("patch", "evict"))
    changes = cluster_changes(cluster, Inventory(), SystemClock())
    prepared = changes.prepare(act("drain", "Node", "node-2"))
    said = changes.run(prepared)
    assert said.startswith(f"cordoned; 1 of {prepared.facts.pods} pods evicted; only partly done")
    assert "changes are stopped: too much at once" in said


def test_the_pods_of_a_drain_are_those_that_were_shown(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy)
    prepared = world.changes.prepare(act("drain", "Node", "node-2"))
    shown = {name.removeprefix("pod ") for name in prepared.before if name.startswith("pod ")}
    on_node = {
        f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        for pod in world.cluster.list("Pod", "").items
        if pod["spec"].get("nodeName") == "node-2"
    }
    assert shown == {name for name in on_node if not name.startswith("kube-system/kube-proxy")}


def test_a_pod_that_became_ready_since_it_was_shown_is_not_deleted(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy)
    pod = next(
        pod
        for pod in world.cluster.list("Pod", "shop").items
        if pod["metadata"]["name"].startswith("cart-")
    )
    shown = world.changes.prepare(act("delete_pod", "Pod", pod["metadata"]["name"]))
    shown = replace(shown, facts=replace(shown.facts, ready=False))
    with pytest.raises(Conflict, match="became ready"):
        world.changes.run(shown)


BOOKKEEPING: dict[str, Any] = {
    "metadata": {"annotations": {"deployment.kubernetes.io/revision": "7"}},
    "status": {"readyReplicas": 0},
}
EDITS: dict[str, Any] = {
    "label": {"metadata": {"labels": {"tier": "x"}}},
    "annotation": {"metadata": {"annotations": {"note": "mine"}}},
    "paused": {"spec": {"paused": True}},
}


def test_what_controllers_write_leaves_the_version_as_it_is(
    running: Simulation, world: World
) -> None:
    live = world.cluster.get(at("Deployment", "payment"))
    edit(running, live, **BOOKKEEPING)
    edit(running, live, "status", status={"readyReplicas": 0})
    after = world.cluster.get(at("Deployment", "payment"))
    assert after["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]
    assert version_of(after) == version_of(live)


@pytest.mark.parametrize(
    ("key", "same"),
    [("node.kubernetes.io/unschedulable", True), ("dedicated", False)],
    ids=["of-the-node-controller", "of-a-person"],
)
def test_a_taint_counts_when_a_person_set_it(key: str, same: bool) -> None:
    meta, spec = {"name": "n", "uid": "u"}, {"unschedulable": True}
    node = {"kind": "Node", "metadata": meta, "spec": spec}
    tainted = {**node, "spec": {**spec, "taints": [{"key": key, "effect": "NoSchedule"}]}}
    assert (version_of(tainted) == version_of(node)) is same


@pytest.mark.parametrize("patch", EDITS.values(), ids=EDITS)
def test_an_edit_of_anything_else_makes_what_was_shown_invalid(
    running: Simulation, world: World, patch: dict[str, Any]
) -> None:
    live = world.cluster.get(at("Deployment", "inventory"))
    shown = world.changes.prepare(act("rollout_restart", "Deployment", "inventory"))
    edit(running, live, **patch)
    with pytest.raises(Conflict, match="changed since it was shown"):
        world.changes.run(shown)
    again = world.changes.prepare(act("rollout_restart", "Deployment", "inventory"))
    assert again.fingerprint != shown.fingerprint


def test_the_fingerprint_moves_with_the_policy(world: World) -> None:
    shown = world.changes.prepare(act("rollout_restart", "Deployment", "frontend"))
    assert replace(shown, policy="another").fingerprint != shown.fingerprint


class Busy:
    """A cluster in which a status update comes between each reading and writing."""

    def __init__(self, world: World, updates: int) -> None:
        self._world, self._left = world, updates

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.cluster, name)

    def get(self, entity: Entity) -> Obj:
        live = self._world.cluster.get(entity)
        if self._left:
            self._left -= 1
            status = {"observedGeneration": 1000 + self._left}
            edit(self._world.simulation, live, "status", status=status)
        return live


@pytest.mark.parametrize(
    ("updates", "made"),
    [pytest.param(4, True, id="a-few"), pytest.param(99, False, id="without-end")],
)
def test_status_updates_only_mean_another_try(world: World, updates: int, *, made: bool) -> None:
    action = act("rollout_restart", "Deployment", "recommendation")
    shown = world.changes.prepare(action)
    busy: Any = Busy(world, updates)
    changes = cluster_changes(busy, Inventory(), SystemClock())
    if made:
        changes.run(shown)
    else:
        with pytest.raises(Conflict):
            changes.run(shown)
    assert world.changes.settle(action, remembered(shown.after)) is made


def test_a_pod_that_goes_by_itself_settles_as_gone_and_one_that_stays_does_not(
    bad_deploy: Simulation,
) -> None:
    world = enter(bad_deploy)
    pod = world.cluster.list("Pod", "shop").items[0]["metadata"]["name"]
    shown = world.changes.prepare(act("evict_pod", "Pod", pod))
    after = remembered(shown.after)
    assert not world.changes.settle(shown.action, after)
    world.changes.run(shown)
    assert world.changes.settle(shown.action, after)


def test_the_budget_says_why_a_pod_is_not_evicted(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy)
    target = at("PodDisruptionBudget", "frontend")
    edit(bad_deploy, world.cluster.get(target), spec={"minAvailable": "100%"})
    deadline = time.monotonic() + 20
    while world.cluster.get(target)["status"]["disruptionsAllowed"]:
        assert time.monotonic() < deadline, "the budget was not counted again"
        time.sleep(0.2)
    pod = next(
        pod["metadata"]["name"]
        for pod in world.cluster.list("Pod", "shop").items
        if pod["metadata"]["name"].startswith("frontend-")
    )
    shown = world.changes.prepare(act("evict_pod", "Pod", pod))
    assert (shown.facts.budget, shown.facts.headroom) == ("frontend", 0)
    assert "disruption budget" in shown.preview.answer
    with pytest.raises(Refused, match="disruption budget"):
        world.changes.run(shown)


# Alertmanager

MATCHERS = {"alertname": "HighErrorRate", "namespace": "shop"}


def quiet(**changed: Any) -> Action:
    given = {"matchers": MATCHERS, "minutes": 30, "comment": "rolling back", **changed}
    return act("silence", "Alert", "HighErrorRate", **given)


@pytest.fixture
def silences(running: Simulation) -> Iterator[SilenceChanges]:
    # The first answer evaluates the rules over an hour, which takes a busy machine long.
    alerts = AlertmanagerAlerts(running.alertmanager_url, timeout=60)
    yield SilenceChanges(alerts, SystemClock())
    for silence in alerts.silences():
        alerts.expire(silence.id)


def test_a_silence_is_made_once_and_can_be_ended(silences: SilenceChanges) -> None:
    prepared = silences.prepare(quiet())
    silences.run(prepared)
    assert silences.settle(prepared.action, remembered(prepared.after))
    (made,) = silences.alerts.silences()
    assert (made.matchers, made.created_by, made.comment) == (MATCHERS, "sreagent", "rolling back")
    assert timedelta(minutes=29) < made.ends_at - SystemClock().now() <= timedelta(minutes=30)
    with pytest.raises(TryAgain, match="silenced already"):
        silences.prepare(quiet())
    with pytest.raises(Conflict):
        silences.run(prepared)
    assert len(silences.alerts.silences()) == 1
    assert prepared.undo is not None
    ending = silences.prepare(prepared.undo)
    silences.run(ending)
    assert silences.settle(ending.action, remembered(ending.after))
    assert silences.alerts.silences() == []
    assert ending.undo is not None
    assert ending.undo.arguments["minutes"] in (29, 30)


def test_a_silence_of_a_person_is_left_alone(silences: SilenceChanges) -> None:
    now = SystemClock().now()
    theirs = Silence(
        matchers=MATCHERS,
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        created_by="ana",
        comment="known",
    )
    silences.alerts.silence(theirs)
    with pytest.raises(TryAgain, match=r"silenced already until .* by ana"):
        silences.prepare(quiet())
    assert silences.prepare(quiet(minutes=120)).preview.accepted
    with pytest.raises(TryAgain, match="made no silence"):
        silences.prepare(act("unsilence", "Alert", "HighErrorRate", matchers=MATCHERS))


@pytest.mark.parametrize(
    ("action", "said"),
    [
        pytest.param(quiet(matchers={}), "matchers", id="everything"),
        pytest.param(quiet(matchers={"namespace": "shop"}), "alertname", id="no-name"),
        pytest.param(quiet(matchers={"alertname": "Other"}), "alertname", id="another-alert"),
        pytest.param(
            quiet(matchers={**MATCHERS, "pod": ""}), "matchers.pod", id="empty-matches-absent"
        ),
        pytest.param(quiet(matchers={**MATCHERS, "a=~b": "x"}), "matchers", id="bad-label"),
        pytest.param(quiet(minutes=0), "minutes", id="no-time"),
        pytest.param(quiet(minutes=241), "minutes", id="too-long"),
        pytest.param(quiet(minutes="30"), "minutes", id="minutes-as-text"),
        pytest.param(quiet(comment=""), "comment", id="no-comment"),
        pytest.param(quiet(comment="a\nb"), "comment", id="two-lines"),
        pytest.param(quiet(created_by="ana"), "created_by", id="extra"),
    ],
)
def test_a_silence_that_is_too_wide_or_not_ours_is_refused(
    silences: SilenceChanges, action: Action, said: str
) -> None:
    with pytest.raises(TryAgain, match=said):
        silences.prepare(action)


def test_an_alertmanager_that_is_away_is_told_before_anything_is_sent() -> None:
    away = SilenceChanges(AlertmanagerAlerts("http://127.0.0.1:9"), SystemClock())
    with pytest.raises(SreError):
        away.prepare(quiet())
