"""What a cluster is asked, and what its answers become."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.clients.conftest import NOON, ClusterOf
from tests.clients.servers import Server, reply, status

from sreagent.clients.kubernetes import KubernetesCluster
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Conflict, Forbidden, NotFound, Refused, SreError
from sreagent.domain.kinds import KINDS

PODS = "/api/v1/pods"
CHECKOUT = Entity(kind="Deployment", namespace="shop", name="checkout")
CHECKOUT_PATH = "/apis/apps/v1/namespaces/shop/deployments/checkout"
GROUPS = {
    "groups": [
        {"name": "apps", "versions": [{"version": "v1"}]},
        {"name": "batch", "versions": [{"version": "v1"}, {"version": "v1beta1"}]},
        {"name": "autoscaling", "versions": [{"version": "v1"}, {"version": "v2beta2"}]},
    ]
}


def named(*names: str, rest: str = "") -> dict[str, Any]:
    items = [{"metadata": {"name": name, "namespace": "shop"}} for name in names]
    return {"metadata": {"continue": rest}, "items": items}


def names(items: Any) -> list[str]:
    return [item["metadata"]["name"] for item in items]


@pytest.fixture(autouse=True)
def groups(server: Server) -> None:
    server.on("/apis", reply(GROUPS))


def test_the_version_is_that_of_the_server(server: Server, cluster: KubernetesCluster) -> None:
    server.on("/version", reply({"gitVersion": "v1.31.2"}))
    assert cluster.version() == "v1.31.2"


def test_a_cluster_tells_who_asks_and_where(server: Server, cluster: KubernetesCluster) -> None:
    assert (cluster.context, cluster.user, cluster.server, cluster.default_namespace) == (
        "prod",
        "oncall",
        server.url,
        "shop",
    )


def test_every_request_carries_the_token(server: Server, cluster: KubernetesCluster) -> None:
    server.on(PODS, reply(named()))
    cluster.list("Pod")
    assert server.asked[0].headers["authorization"] == "Bearer s3cr3t"


def test_a_long_list_is_read_page_by_page(server: Server, cluster: KubernetesCluster) -> None:
    server.on(PODS, reply(named("a", rest="t1")), reply(named("b", rest="t2")), reply(named("c")))
    assert names(cluster.list("Pod").items) == ["a", "b", "c"]
    assert [request.query for request in server.asked] == [
        {"limit": "500"},
        {"limit": "500", "continue": "t1"},
        {"limit": "500", "continue": "t2"},
    ]


def test_a_list_that_expired_between_pages_is_read_again_in_one(
    server: Server, cluster: KubernetesCluster
) -> None:
    gone = status(410, "The provided continue parameter is too old")
    server.on(PODS, reply(named("a", rest="t1")), gone, reply(named("a", "b")))
    assert names(cluster.list("Pod").items) == ["a", "b"]
    assert server.asked[-1].query == {}


def test_the_items_of_a_list_say_what_they_are(server: Server, cluster: KubernetesCluster) -> None:
    server.on("/apis/apps/v1/deployments", reply(named("checkout")))
    listing = cluster.list("Deployment")
    assert listing.items[0]["kind"] == "Deployment"
    assert listing.items[0]["apiVersion"] == "apps/v1"
    assert listing.seen_at == NOON


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"items": []}, id="an-empty-list"),
        pytest.param({"items": None}, id="what-old-servers-write-for-one"),
    ],
)
def test_nothing_there_is_an_empty_listing(
    answer: dict[str, Any], server: Server, cluster: KubernetesCluster
) -> None:
    server.on(PODS, reply(answer))
    assert cluster.list("Pod").items == ()


@pytest.mark.parametrize(
    ("kind", "namespace", "path", "command"),
    [
        pytest.param(
            "Pod",
            "shop",
            "/api/v1/namespaces/shop/pods",
            "kubectl -n shop get pods -o json",
            id="one-namespace",
        ),
        pytest.param("Pod", "", PODS, "kubectl get pods -A -o json", id="all-namespaces"),
        pytest.param(
            "Node", "shop", "/api/v1/nodes", "kubectl get nodes -o json", id="cluster-scoped"
        ),
        pytest.param(
            "Secret",
            "shop",
            "/api/v1/namespaces/shop/secrets",
            "kubectl -n shop get secrets",
            id="a-line-that-prints-no-secret-values",
        ),
        pytest.param(
            "Pod",
            "a b;c",
            "/api/v1/namespaces/a%20b%3Bc/pods",
            "kubectl -n 'a b;c' get pods -o json",
            id="a-hostile-namespace-stays-one-word",
        ),
    ],
)
def test_a_listing_shows_the_line_that_lists_the_same(
    kind: str, namespace: str, path: str, command: str, server: Server, cluster: KubernetesCluster
) -> None:
    server.on(path, reply(named()))
    listing = cluster.list(kind, namespace)
    assert server.paths() == [path]
    assert listing.command == command


def test_the_values_of_secrets_are_not_asked_for_and_never_kept(
    server: Server, cluster: KubernetesCluster
) -> None:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"p":"aHVudGVyMg=="}}'}
    meta = {"name": "db", "annotations": {**applied, "team": "shop"}, "managedFields": [{}]}
    server.on("/api/v1/secrets", reply({"items": [{"metadata": meta, "data": {"p": "aHVudA=="}}]}))
    (secret,) = cluster.list("Secret").items
    accepted = server.asked[0].headers["accept"]
    assert accepted == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    assert secret == {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": {"name": "db", "annotations": {"team": "shop"}, "managedFields": [{}]},
    }


def test_one_secret_is_asked_for_without_its_values(
    server: Server, cluster: KubernetesCluster
) -> None:
    server.on("/api/v1/namespaces/shop/secrets/db", reply({"metadata": {"name": "db"}}))
    secret = cluster.get(Entity(kind="Secret", namespace="shop", name="db"))
    accepted = server.asked[0].headers["accept"]
    assert accepted == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    assert secret["kind"] == "Secret"


@pytest.mark.parametrize(
    ("kind", "served", "asked"),
    [
        pytest.param(
            "HorizontalPodAutoscaler",
            "/apis/autoscaling/v2beta2/horizontalpodautoscalers",
            ["/apis", "/apis/autoscaling/v2beta2/horizontalpodautoscalers"],
            id="the-newest-that-both-know",
        ),
        pytest.param(
            "CronJob",
            "/apis/batch/v1beta1/cronjobs",
            ["/apis", "/apis/batch/v1/cronjobs", "/apis/batch/v1beta1/cronjobs"],
            id="the-next-when-the-version-lacks-the-kind",
        ),
    ],
)
def test_a_kind_is_read_in_a_version_the_server_has(
    kind: str, served: str, asked: list[str], server: Server, cluster: KubernetesCluster
) -> None:
    server.on(served, reply(named("one")))
    assert names(cluster.list(kind).items) == ["one"]
    assert server.paths() == asked
    cluster.list(kind)
    assert server.paths() == [*asked, served]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        pytest.param("NetworkPolicy", "does not serve networkpolicies", id="group-absent"),
        pytest.param("CronJob", "does not serve cronjobs", id="group-there-kind-absent"),
        pytest.param("Widget", "'Widget' is not a kind that sre reads", id="unknown-kind"),
    ],
)
def test_a_kind_that_is_not_served_is_not_an_empty_list(
    kind: str, message: str, cluster: KubernetesCluster
) -> None:
    with pytest.raises(NotFound, match=message):
        cluster.list(kind)


def test_where_discovery_is_closed_the_kinds_are_tried(
    server: Server, cluster: KubernetesCluster
) -> None:
    server.on("/apis", status(403, 'User "oncall" cannot get path "/apis"'))
    server.on("/apis/batch/v1beta1/cronjobs", reply(named("nightly")))
    assert names(cluster.list("CronJob").items) == ["nightly"]


@pytest.mark.parametrize(
    ("versions", "preferred", "asked"),
    [
        pytest.param(["v1beta1", "v1"], "v1", "v1", id="the-preferred-one"),
        pytest.param(["v1", "v1beta1"], "v1beta1", "v1beta1", id="an-older-one-preferred"),
        pytest.param(["v3", "v1"], "v3", "v1", id="one-whose-shape-is-known"),
        pytest.param(["v7"], "v7", "v7", id="only-one-that-nobody-knows"),
    ],
)
def test_a_kind_of_an_extension_is_read_in_the_version_that_the_server_prefers(
    versions: list[str], preferred: str, asked: str, server: Server, cluster: KubernetesCluster
) -> None:
    served = [{"version": version} for version in versions]
    group = {"name": "gateway.networking.k8s.io", "versions": served}
    server.on("/apis", reply({"groups": [{**group, "preferredVersion": {"version": preferred}}]}))
    path = f"/apis/gateway.networking.k8s.io/{asked}/httproutes"
    server.on(path, reply(named("shop")))
    assert names(cluster.list("HTTPRoute").items) == ["shop"]
    assert server.paths() == ["/apis", path]


def test_kinds_of_extensions_that_are_not_there_cost_one_call_in_all(
    server: Server, cluster: KubernetesCluster
) -> None:
    for kind in (name for name, kind in KINDS.items() if kind.custom):
        with pytest.raises(NotFound, match="does not serve"):
            cluster.list(kind)
    assert server.paths() == ["/apis"]


def test_kinds_of_extensions_are_not_tried_where_discovery_is_closed(
    server: Server, cluster: KubernetesCluster
) -> None:
    server.on("/apis", status(403, 'User "oncall" cannot get path "/apis"'))
    with pytest.raises(Forbidden):
        cluster.list("VirtualService")
    assert set(server.paths()) == {"/apis"}


def test_threads_share_one_discovery_and_every_call_is_counted(
    server: Server, cluster: KubernetesCluster
) -> None:
    kinds = ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "Pod", "Node", "Event"]
    for path in ("deployments", "replicasets", "statefulsets", "daemonsets"):
        server.on(f"/apis/apps/v1/{path}", reply(named(path)))
    server.on("/apis/batch/v1/jobs", reply(named("jobs")))
    for path in ("pods", "nodes", "events"):
        server.on(f"/api/v1/{path}", reply(named(path)))
    with ThreadPoolExecutor(8) as threads:
        listings = list(threads.map(cluster.list, kinds))
    assert [len(listing.items) for listing in listings] == [1] * 8
    assert server.paths().count("/apis") == 1
    assert cluster.calls == len(server.asked) == 9


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("..", id="up"),
        pytest.param("../../nodes", id="up-and-over"),
        pytest.param("%2e%2e", id="encoded"),
        pytest.param("", id="empty-would-be-the-list"),
    ],
)
def test_a_name_cannot_lead_to_another_path(
    name: str, server: Server, cluster: KubernetesCluster
) -> None:
    with pytest.raises(NotFound, match="is not a name"):
        cluster.get(Entity(kind="Pod", namespace="shop", name=name))
    assert server.asked == []


def test_an_object_that_is_not_there_is_told_apart_from_a_kind_that_is_not(
    server: Server, cluster: KubernetesCluster
) -> None:
    server.on(CHECKOUT_PATH, status(404, 'deployments.apps "checkout" not found', name="checkout"))
    with pytest.raises(NotFound, match="there is no deployment shop/checkout"):
        cluster.get(CHECKOUT)


PATCH = [
    {"op": "test", "path": "/spec/replicas", "value": 3},
    {"op": "replace", "path": "/spec/replicas", "value": 5},
]
FAILED = "the server rejected our request due to an error in our request"


@pytest.mark.parametrize(
    ("dry_run", "query"),
    [
        pytest.param(True, {"fieldManager": "sreagent", "dryRun": "All"}, id="dry-run"),
        pytest.param(False, {"fieldManager": "sreagent"}, id="for-real"),
    ],
)
def test_a_patch_is_sent_as_json_patch(
    dry_run: bool, query: dict[str, str], server: Server, cluster: KubernetesCluster
) -> None:
    server.on(CHECKOUT_PATH, reply({"metadata": {"name": "checkout"}, "spec": {"replicas": 5}}))
    changed = cluster.patch(CHECKOUT, PATCH, dry_run=dry_run)
    sent = server.asked[-1]
    assert (sent.method, sent.query, json.loads(sent.body)) == ("PATCH", query, PATCH)
    assert sent.headers["content-type"] == "application/json-patch+json"
    assert changed["spec"]["replicas"] == 5


@pytest.mark.parametrize(
    ("live", "error", "message"),
    [
        pytest.param({"replicas": 4}, Conflict, "/spec/replicas is now 4", id="moved"),
        pytest.param({}, Conflict, "/spec/replicas is gone", id="gone"),
        pytest.param({"replicas": 3}, Refused, FAILED, id="another-operation-failed"),
    ],
)
def test_a_failed_precondition_is_a_conflict_that_names_it(
    live: dict[str, Any],
    error: type[SreError],
    message: str,
    server: Server,
    cluster: KubernetesCluster,
) -> None:
    server.on(
        CHECKOUT_PATH, status(422, FAILED), reply({"metadata": {"name": "checkout"}, "spec": live})
    )
    with pytest.raises(error, match=message):
        cluster.patch(CHECKOUT, PATCH, dry_run=False)


def test_a_pointer_leads_through_lists_and_escaped_keys(
    server: Server, cluster: KubernetesCluster
) -> None:
    tests = [
        {"op": "test", "path": "/spec/containers/0/image", "value": "a:1"},
        {"op": "test", "path": "/metadata/labels/example.com~1team", "value": "old"},
    ]
    live = {
        "metadata": {"name": "checkout", "labels": {"example.com/team": "new"}},
        "spec": {"containers": [{"image": "a:1"}]},
    }
    server.on(CHECKOUT_PATH, status(422, FAILED), reply(live))
    with pytest.raises(Conflict, match=r'example\.com~1team is now "new"'):
        cluster.patch(CHECKOUT, tests, dry_run=True)


RBAC = 'deployments.apps "checkout" is forbidden: User "oncall" cannot patch resource "deployments"'


@pytest.mark.parametrize(
    ("code", "told", "error"),
    [
        pytest.param(403, RBAC, Forbidden, id="no-right"),
        pytest.param(403, "exceeded quota: pods=10", Refused, id="quota"),
        pytest.param(403, 'admission webhook "opa" denied the request', Refused, id="webhook-403"),
        pytest.param(400, 'admission webhook "opa" denied the request', Refused, id="webhook-400"),
        pytest.param(500, 'failed calling webhook "opa": refused', Refused, id="webhook-is-down"),
        pytest.param(409, "the object has been modified", Conflict, id="modified"),
        pytest.param(422, "spec.replicas: must be positive", Refused, id="not-valid"),
        pytest.param(405, "the server does not allow this method", Refused, id="not-patchable"),
    ],
)
def test_a_change_the_server_does_not_make(
    code: int, told: str, error: type[SreError], server: Server, cluster: KubernetesCluster
) -> None:
    server.on(CHECKOUT_PATH, status(code, told, name="checkout"))
    with pytest.raises(error) as caught:
        cluster.patch(CHECKOUT, PATCH, dry_run=False)
    assert told in caught.value.message
    assert cluster.calls == 2


def test_a_delete_names_the_very_object(server: Server, cluster: KubernetesCluster) -> None:
    path = "/api/v1/namespaces/shop/pods/checkout-1"
    server.on(path, reply({"metadata": {"name": "checkout-1"}}))
    pod = Entity(kind="Pod", namespace="shop", name="checkout-1")
    cluster.delete(pod, uid="u-1", dry_run=True)
    sent = json.loads(server.asked[-1].body)
    assert server.asked[-1].method == "DELETE"
    assert sent["preconditions"] == {"uid": "u-1"}
    assert sent["dryRun"] == ["All"]
    cluster.delete(pod, uid="u-1", dry_run=False)
    assert "dryRun" not in json.loads(server.asked[-1].body)


def test_deleting_an_object_that_was_made_anew_is_a_conflict(
    server: Server, cluster: KubernetesCluster
) -> None:
    told = "the UID in the precondition (u-1) does not match the UID in record (u-2)"
    server.on("/api/v1/namespaces/shop/pods/web", status(409, told, name="web"))
    pod = Entity(kind="Pod", namespace="shop", name="web")
    with pytest.raises(Conflict, match="u-2"):
        cluster.delete(pod, uid="u-1", dry_run=False)


def test_impersonation_of_the_kubeconfig_is_asked_for(
    server: Server, cluster_at: ClusterOf
) -> None:
    account = {
        "token": "s3cr3t",
        "as": "readonly",
        "as-groups": ["viewers", "oncall"],
        "as-user-extra": {"scopes": ["cluster"]},
    }
    cluster = cluster_at(server.url, users=[{"name": "oncall", "user": account}])
    server.on(PODS, reply(named()))
    cluster.list("Pod")
    sent = server.asked[0].headers
    assert cluster.user == "readonly"
    assert sent["Impersonate-User"] == "readonly"
    assert sent["Impersonate-Extra-scopes"] == "cluster"
    assert sent.get_all("Impersonate-Group") == ["viewers", "oncall"]
