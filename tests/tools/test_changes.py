"""Changes are prepared, made, refused and settled on a cluster that is reached over HTTP."""

import time
from collections.abc import Mapping
from typing import Any, cast

import pytest
from tests.tools.conftest import World, enter

from sreagent.clients.clock import SystemClock
from sreagent.clients.kubernetes import KubernetesCluster
from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Conflict, Forbidden, TryAgain
from sreagent.domain.inventory import Listing
from sreagent.domain.ports import Cluster
from sreagent.simulator import Simulation
from sreagent.tools.changes import Prepared, remembered
from sreagent.tools.cluster import cluster_changes


def act(verb: str, kind: str, name: str, **arguments: Any) -> Action:
    return Action(
        verb=verb, target=Entity(kind=kind, namespace="shop", name=name), arguments=arguments
    )


UNDO = act("rollout_undo", "Deployment", "checkout", revision=1)
IMAGE = "/spec/template"


def image_of(world: World, name: str) -> str:
    live = world.cluster.get(Entity(kind="Deployment", namespace="shop", name=name))
    return str(live["spec"]["template"]["spec"]["containers"][0]["image"])


def test_preparing_a_rollback_shows_the_image_that_comes_back_and_changes_nothing(
    bad_deploy: Simulation,
) -> None:
    world = enter(bad_deploy)
    before = image_of(world, "checkout")
    prepared = world.changes.prepare(UNDO)
    assert prepared.command == "kubectl -n shop rollout undo deployment/checkout --to-revision=1"
    assert prepared.preview.accepted
    assert any(line.startswith("+ ") and "2.4.0" in line for line in prepared.preview.diff)
    assert prepared.undo == act("rollout_undo", "Deployment", "checkout", revision=2)
    assert image_of(world, "checkout") == before


class Noting:
    """A cluster that notes what is listed."""

    def __init__(self, cluster: KubernetesCluster) -> None:
        self.listed: list[str] = []
        self._cluster = cluster

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster, name)

    def list(self, kind: str, namespace: str = "") -> Listing:
        self.listed.append(kind)
        return self._cluster.list(kind, namespace)


def test_preparing_a_rollback_lists_each_kind_once(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy)
    noting = Noting(world.cluster)
    changes = cluster_changes(cast("Cluster", noting), world.inventory, SystemClock())
    prepared = changes.prepare(UNDO)
    assert "ReplicaSet" in noting.listed
    assert len(set(noting.listed)) == len(noting.listed)
    assert prepared.facts.pods == 3


def test_a_rollback_brings_the_earlier_template_back_and_can_itself_be_taken_back(
    bad_deploy: Simulation,
) -> None:
    world = enter(bad_deploy)
    prepared = world.changes.prepare(UNDO)
    world.changes.run(prepared)
    assert image_of(world, "checkout").endswith(":2.4.0")
    assert prepared.undo is not None
    world.changes.run(world.changes.prepare(prepared.undo))
    assert image_of(world, "checkout").endswith(":2.4.1")


def test_a_change_is_refused_when_somebody_changed_the_object_after_it_was_shown(
    bad_deploy: Simulation,
) -> None:
    world = enter(bad_deploy)
    shown = world.changes.prepare(UNDO)
    world.changes.run(world.changes.prepare(act("rollout_restart", "Deployment", "checkout")))
    with pytest.raises(Conflict):
        world.changes.run(shown)
    assert image_of(world, "checkout").endswith(":2.4.1")


def test_running_the_same_rollback_twice_does_nothing_the_second_time(
    bad_deploy: Simulation,
) -> None:
    world = enter(bad_deploy)
    world.changes.run(world.changes.prepare(UNDO))
    # The template of revision 1 becomes revision 3, so nothing can be sent twice.
    with pytest.raises(TryAgain, match=r"no revision 1 any more|is already as rollout_undo"):
        world.changes.prepare(UNDO)


def test_a_change_with_a_lost_answer_is_found_done_or_not_done(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy)
    prepared = world.changes.prepare(UNDO)
    after = remembered(prepared.after)
    assert not world.changes.settle(UNDO, after)
    world.changes.run(prepared)
    assert world.changes.settle(UNDO, after)


def test_a_restart_replaces_the_pods_and_keeps_what_they_run(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy)
    action = act("rollout_restart", "Deployment", "cart")
    before = {pod["metadata"]["uid"] for pod in world.cluster.list("Pod", "shop").items}
    prepared = world.changes.prepare(action)
    assert prepared.undo is None
    world.changes.run(prepared)
    assert world.changes.settle(action, remembered(prepared.after))
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        carts = [p for p in world.cluster.list("Pod", "shop").items if is_ready_cart(p)]
        if len(carts) >= 2 and not before & {pod["metadata"]["uid"] for pod in carts}:
            break
        time.sleep(0.3)
    else:
        pytest.fail("the cart pods were not replaced")
    assert image_of(world, "cart") == image_of(enter(world.simulation), "cart")


def is_ready_cart(pod: Mapping[str, Any]) -> bool:
    conditions = {c["type"]: c["status"] for c in pod["status"].get("conditions", ())}
    return pod["metadata"]["name"].startswith("cart-") and conditions.get("Ready") == "True"


def test_a_scaled_workload_goes_back_to_its_former_size(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy)
    prepared = world.changes.prepare(act("scale", "Deployment", "cart", replicas=3))
    assert prepared.undo == act("scale", "Deployment", "cart", replicas=2)
    world.changes.run(prepared)
    live = world.cluster.get(prepared.action.target)
    assert live["spec"]["replicas"] == 3


def test_only_the_named_limit_is_set_and_its_undo_names_the_old_one(
    bad_deploy: Simulation,
) -> None:
    world = enter(bad_deploy)
    action = act("set_resources", "Deployment", "cart", container="cart", memory_limit="768Mi")
    before = resources_of(world)
    prepared = world.changes.prepare(action)
    world.changes.run(prepared)
    after = resources_of(world)
    assert after["limits"]["memory"] == "768Mi"
    assert after["requests"] == before["requests"]
    assert prepared.undo is not None
    assert prepared.undo.arguments["memory_limit"] == before["limits"]["memory"]
    assert "-c cart --limits=memory=768Mi" in prepared.command


def resources_of(world: World) -> Mapping[str, Any]:
    live = world.cluster.get(Entity(kind="Deployment", namespace="shop", name="cart"))
    return dict(live["spec"]["template"]["spec"]["containers"][0]["resources"])


def test_a_service_gets_its_selector_and_its_target_port_back(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy)
    wrong = act("patch_service", "Service", "cart", selector={"app": "cart", "tier": "x"})
    prepared = world.changes.prepare(wrong)
    world.changes.run(prepared)
    assert prepared.undo is not None
    world.changes.run(world.changes.prepare(prepared.undo))
    live = world.cluster.get(wrong.target)
    assert live["spec"]["selector"] == {"app": "cart"}
    port = live["spec"]["ports"][0]
    moved = act("patch_service", "Service", "cart", port=port["port"], target_port=9999)
    world.changes.run(world.changes.prepare(moved))
    assert world.cluster.get(wrong.target)["spec"]["ports"][0]["targetPort"] == 9999


def test_a_deleted_pod_is_gone_and_settles_as_done(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy)
    name = next(
        pod["metadata"]["name"]
        for pod in world.cluster.list("Pod", "shop").items
        if pod["metadata"]["name"].startswith("cart-")
    )
    prepared = world.changes.prepare(act("delete_pod", "Pod", name))
    assert prepared.facts.controlled
    assert prepared.facts.ready
    world.changes.run(prepared)
    assert world.changes.settle(prepared.action, remembered(prepared.after))


def test_a_user_without_rights_sees_the_refusal_in_the_dry_run(bad_deploy: Simulation) -> None:
    world = enter(bad_deploy, "viewer")
    prepared = world.changes.prepare(UNDO)
    assert not prepared.preview.accepted
    assert prepared.preview.answer.startswith("not allowed to change deployment shop/checkout")
    assert prepared.preview.answer.count("not allowed") == 1
    with pytest.raises(Forbidden):
        world.changes.run(prepared)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        pytest.param(act("exec", "Pod", "n"), "not a change", id="unknown-verb"),
        pytest.param(act("scale", "Pod", "x", replicas=2), "works on", id="wrong-kind"),
        pytest.param(act("scale", "Deployment", "cart", replicas="3"), "replicas", id="text"),
        pytest.param(act("scale", "Deployment", "cart", replicas=True), "replicas", id="boolean"),
        pytest.param(act("scale", "Deployment", "cart", replicas=-1), "replicas", id="negative"),
        pytest.param(
            act("scale", "Deployment", "cart", replicas=2, force=True), "force", id="extra"
        ),
        pytest.param(act("scale", "Deployment", "Cart", replicas=2), "name", id="upper-case"),
        pytest.param(act("scale", "Deployment", "саrt", replicas=2), "name", id="look-alike"),  # noqa: RUF001
        pytest.param(act("scale", "Deployment", "cart\n", replicas=2), "name", id="line-feed"),
        pytest.param(
            act("set_resources", "Deployment", "cart", container="cart", memory_limit="1e3"),
            "memory_limit",
            id="quantity",
        ),
        pytest.param(
            act("set_resources", "Deployment", "cart", container="x", memory_limit="1Gi"),
            "no container",
            id="unknown-container",
        ),
        pytest.param(
            act("rollout_undo", "Deployment", "checkout", revision=99),
            "no revision 99",
            id="unknown-revision",
        ),
        pytest.param(act("patch_service", "Service", "cart"), "selector", id="nothing-given"),
    ],
)
def test_an_action_that_is_not_of_the_catalogue_is_refused_with_what_is_wrong(
    shared_world: World, action: Action, said: str
) -> None:
    with pytest.raises(TryAgain, match=said):
        prepare_and_run(shared_world, action)


def prepare_and_run(world: World, action: Action) -> Prepared:
    return world.changes.prepare(action)


@pytest.fixture(scope="module")
def shared_world() -> Any:
    with Simulation.start("bad-deploy") as simulation:
        yield enter(simulation)
