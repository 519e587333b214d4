"""The clients against a real control plane, with a bad deploy in namespace shop."""

import pytest

from sreagent.clients.alertmanager import AlertmanagerAlerts
from sreagent.clients.clock import SystemClock
from sreagent.clients.kubernetes import KubernetesCluster, connect
from sreagent.clients.prometheus import PrometheusMetrics
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Conflict, Forbidden, NotFound, Refused
from sreagent.domain.intake import pick
from sreagent.domain.kinds import KINDS

pytestmark = pytest.mark.lab("prometheus", "prometheus-alertmanager")

CART = Entity(kind="Deployment", namespace="shop", name="cart")


@pytest.fixture
def lab(lab_addresses: dict[str, str]) -> KubernetesCluster:
    return as_user("admin", lab_addresses)


def as_user(context: str, addresses: dict[str, str]) -> KubernetesCluster:
    return connect(kubeconfig=addresses["KUBECONFIG"], context=context, clock=SystemClock())


def test_every_kind_can_be_listed(lab: KubernetesCluster) -> None:
    assert lab.version() == "v1.20.2"
    for kind, known in KINDS.items():
        if not known.custom:
            assert {item["kind"] for item in lab.list(kind).items} <= {kind}
    assert len(lab.list("Pod", "shop").items) >= 9
    assert {"kind", "apiVersion", "metadata"} == set(lab.list("Secret").items[0])


def test_old_kinds_are_read_in_their_old_versions(lab: KubernetesCluster) -> None:
    assert lab.list("CronJob").items == ()
    assert lab.list("HorizontalPodAutoscaler").items == ()
    assert lab.list("PodDisruptionBudget").items == ()


def test_the_last_words_of_the_crashed_container(lab: KubernetesCluster) -> None:
    crashed = next(
        pod["metadata"]["name"]
        for pod in lab.list("Pod", "shop").items
        if pod["status"]["containerStatuses"][0]["restartCount"]
    )
    log = lab.log(Entity(kind="Pod", namespace="shop", name=crashed), "checkout", previous=True)
    assert "KeyError: 'PAYMENT_PROVIDERS'" in log.text


def test_a_container_that_never_ended_has_no_previous_log(lab: KubernetesCluster) -> None:
    pods = [pod["metadata"]["name"] for pod in lab.list("Pod", "shop").items]
    cart = next(name for name in pods if name.startswith("cart-"))
    with pytest.raises(NotFound, match="previous terminated container"):
        lab.log(Entity(kind="Pod", namespace="shop", name=cart), "cart", previous=True)


def test_a_dry_run_answers_with_the_change_and_changes_nothing(lab: KubernetesCluster) -> None:
    replicas = lab.get(CART)["spec"]["replicas"]
    patch = [
        {"op": "test", "path": "/spec/replicas", "value": replicas},
        {"op": "replace", "path": "/spec/replicas", "value": replicas + 1},
    ]
    assert lab.patch(CART, patch, dry_run=True)["spec"]["replicas"] == replicas + 1
    assert lab.get(CART)["spec"]["replicas"] == replicas


def test_preconditions_hold_on_the_real_server(lab: KubernetesCluster) -> None:
    moved = [{"op": "test", "path": "/spec/replicas", "value": 77}]
    with pytest.raises(Conflict, match="/spec/replicas is now"):
        lab.patch(CART, moved, dry_run=True)
    with pytest.raises(Conflict, match="UID"):
        lab.delete(CART, uid="another", dry_run=True)
    nowhere = [{"op": "replace", "path": "/spec/nope/deep", "value": 1}]
    with pytest.raises(Refused):
        lab.patch(CART, nowhere, dry_run=True)
    negative = [{"op": "replace", "path": "/spec/replicas", "value": -1}]
    with pytest.raises(Refused, match="must be greater than or equal to 0"):
        lab.patch(CART, negative, dry_run=True)


def test_a_change_and_a_delete_for_real(lab: KubernetesCluster) -> None:
    label = [{"op": "add", "path": "/metadata/labels/tested", "value": "yes"}]
    assert lab.patch(CART, label, dry_run=False)["metadata"]["labels"]["tested"] == "yes"
    entry = next(
        field for field in lab.get(CART)["metadata"]["managedFields"] if "sreagent" in str(field)
    )
    assert entry["manager"] == "sreagent"
    name = next(
        pod["metadata"]
        for pod in lab.list("Pod", "shop").items
        if "payment" in str(pod["metadata"])
    )
    pod = Entity(kind="Pod", namespace="shop", name=name["name"])
    lab.delete(pod, uid=name["uid"], dry_run=True)
    assert lab.get(pod)["metadata"].get("deletionTimestamp") is None
    lab.delete(pod, uid=name["uid"], dry_run=False)
    with pytest.raises(NotFound):
        lab.get(Entity(kind="Pod", namespace="shop", name="never-was"))


def test_what_a_user_may_not_see_is_forbidden_not_empty(lab_addresses: dict[str, str]) -> None:
    limited, viewer = (as_user(name, lab_addresses) for name in ("limited", "viewer"))
    assert limited.default_namespace == "shop"
    assert limited.list("Pod", "shop").items
    with pytest.raises(Forbidden, match='User "limited" cannot list resource "pods"'):
        limited.list("Pod")
    with pytest.raises(Forbidden, match="secrets"):
        viewer.list("Secret", "shop")
    change = [{"op": "add", "path": "/metadata/labels/x", "value": "y"}]
    with pytest.raises(Forbidden, match="not allowed to change deployment shop/cart"):
        viewer.patch(CART, change, dry_run=True)


def test_metrics_and_alerts_of_the_incident(lab_addresses: dict[str, str]) -> None:
    metrics = PrometheusMetrics(lab_addresses["PROMETHEUS_URL"])
    assert {labels["job"] for labels, _ in metrics.instant("up")} >= {"checkout", "cart"}
    alerts = AlertmanagerAlerts(lab_addresses["ALERTMANAGER_URL"]).firing()
    assert pick(alerts).name == "KubePodCrashLooping"
