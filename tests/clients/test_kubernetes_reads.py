"""Reads of any kind: what is asked of the server, and what is never asked."""

import json
from typing import Any

import pytest
from tests.clients.conftest import KubeconfigWriter, StillClock
from tests.clients.servers import Server, reply, status

from sreagent.clients.kubernetes_reads import KubernetesReads, connect_reads
from sreagent.domain.errors import Forbidden, NotFound, SreError, Unreachable

PODS = "/api/v1/namespaces/shop/pods"
SECRETS = "/api/v1/namespaces/shop/secrets"
ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@pytest.fixture
def reads(server: Server, kubeconfig: KubeconfigWriter, clock: StillClock) -> KubernetesReads:
    return connect_reads(kubeconfig=kubeconfig(server.url), timeout=5.0, clock=clock)


def table_of(*names: str, **metadata: Any) -> dict[str, Any]:
    rows = [
        {"cells": [name, "3"], "object": {"metadata": {"name": name, **metadata}}} for name in names
    ]
    columns = [{"name": "Name", "priority": 0}, {"name": "Data", "priority": 0}]
    return {"kind": "Table", "columnDefinitions": columns, "rows": rows}


def test_the_table_of_secrets_is_asked_for_without_objects(
    server: Server, reads: KubernetesReads
) -> None:
    server.on(SECRETS, reply(table_of("db", annotations={"copy": "of the value"})))
    found = reads.table(SECRETS, {"includeObject": "Metadata"})
    assert server.asked[0].query["includeObject"] == "None"
    assert "as=Table" in server.asked[0].headers["accept"]
    assert found["rows"] == [{"cells": ["db", "3"]}]


def test_of_the_object_behind_a_row_only_who_it_is_stays(
    server: Server, reads: KubernetesReads
) -> None:
    server.on(PODS, reply(table_of("a", labels={"app": "a"}, annotations={"x": "y"}, uid="1")))
    found = reads.table(PODS, {"includeObject": "Object"})
    assert server.asked[0].query["includeObject"] == "Metadata"
    assert found["rows"][0]["object"] == {"metadata": {"name": "a", "labels": {"app": "a"}}}


def test_a_server_that_makes_no_tables_still_tells_the_names(
    server: Server, reads: KubernetesReads
) -> None:
    server.on(PODS, reply({"items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]}))
    assert [row["cells"] for row in reads.table(PODS, {})["rows"]] == [["a"], ["b"]]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(SECRETS, id="list"),
        pytest.param(f"{SECRETS}/db", id="object"),
        pytest.param("/api/v1/secrets", id="everywhere"),
        pytest.param("/apis/vault.example.com/v1/namespaces/shop/secrets/db", id="another group"),
        pytest.param(f"{SECRETS}/db/status", id="a part"),
        pytest.param("/api/v1/namespaces/shop/SECRETS/db", id="upper case"),
    ],
)
def test_the_values_of_secrets_are_never_asked_for(
    server: Server, reads: KubernetesReads, path: str
) -> None:
    for ask in (reads.fetch, reads.text):
        with pytest.raises(Forbidden, match="never read"):
            ask(path, {})
    assert server.asked == []


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/v1/namespaces/shop/services/web/proxy", id="service proxy"),
        pytest.param("/api/v1/namespaces/shop/services/web/proxy/admin", id="below a proxy"),
        pytest.param("/api/v1/nodes/n1/proxy/logs", id="node proxy"),
        pytest.param("/api/v1/namespaces/shop/pods/web/exec", id="exec"),
        pytest.param("/api/v1/namespaces/shop/pods/web/attach", id="attach"),
        pytest.param("/api/v1/namespaces/shop/pods/web/portforward", id="port forward"),
        pytest.param("/api/v1/namespaces/shop/serviceaccounts/default/token", id="token"),
        pytest.param("/api/v1/watch/secrets", id="old watch"),
        pytest.param("/api/v1/proxy/nodes/n1", id="old proxy"),
        pytest.param("/api/v1/namespaces/shop/secrets/../pods", id="climbing"),
        pytest.param("/api/v1/namespaces/shop/%73ecrets", id="encoded"),
        pytest.param("/api/v1//pods", id="empty part"),
        pytest.param("/logs/kube-apiserver.log", id="log files"),
        pytest.param("/debug/pprof/profile", id="profile"),
        pytest.param(f"{PODS}?watch=1", id="query in the path"),
        pytest.param("//elsewhere.example.com/api/v1/pods", id="another host"),
    ],
)
def test_paths_that_do_something_are_not_asked_for(
    server: Server, reads: KubernetesReads, path: str
) -> None:
    for ask in (reads.fetch, reads.text, reads.table):
        with pytest.raises((Forbidden, NotFound)):
            ask(path, {})
    assert server.asked == []


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/v1/namespaces/secrets/pods", id="a namespace called secrets"),
        pytest.param("/api/v1/namespaces/shop/pods/secrets", id="a pod called secrets"),
        pytest.param("/api/v1/namespaces/shop/configmaps/proxy", id="a ConfigMap called proxy"),
        pytest.param("/api/v1/namespaces/secrets", id="the namespace itself"),
        pytest.param("/apis/apps/v1/namespaces/exec/deployments/watch", id="any such name"),
        pytest.param("/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node", id="a role"),
    ],
)
def test_names_may_be_any_word(server: Server, reads: KubernetesReads, path: str) -> None:
    server.on(path, reply({"kind": "Thing"}))
    assert reads.fetch(path, {}) == {"kind": "Thing"}


def test_a_read_never_goes_on_for_ever(server: Server, reads: KubernetesReads) -> None:
    server.on(PODS, reply({"items": []}))
    server.on(f"{PODS}/a/log", reply({}))
    reads.fetch(PODS, {"watch": "true", "limit": "5"})
    reads.text(f"{PODS}/a/log", {"follow": "true", "tailLines": "5"})
    assert [request.query for request in server.asked] == [{"limit": "5"}, {"tailLines": "5"}]


def test_a_review_is_a_question_in_a_post(server: Server, reads: KubernetesReads) -> None:
    server.on(ACCESS, reply({"status": {"allowed": True}}, 201))
    asked = {"kind": "SelfSubjectAccessReview", "spec": {}}
    assert reads.review(ACCESS, asked) == {"status": {"allowed": True}}
    assert server.asked[0].method == "POST"
    assert json.loads(server.asked[0].body) == asked


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(PODS, id="pods"),
        pytest.param("/api/v1/namespaces/shop/serviceaccounts/a/token", id="token"),
        pytest.param("/apis/authorization.k8s.io/v1/subjectaccessreviews", id="rights of others"),
        pytest.param("/apis/authentication.k8s.io/v1/tokenreviews", id="tokens"),
        pytest.param(f"{ACCESS}/../../../../api/v1/pods", id="climbing"),
    ],
)
def test_nothing_else_is_posted(server: Server, reads: KubernetesReads, path: str) -> None:
    with pytest.raises(Forbidden):
        reads.review(path, {})
    assert server.asked == []


def test_an_object_that_is_not_there_differs_from_a_path_that_is_not_served(
    server: Server, reads: KubernetesReads
) -> None:
    server.on(f"{PODS}/gone", status(404, 'pods "gone" not found', name="gone"))
    with pytest.raises(NotFound, match="pods/gone in shop"):
        reads.fetch(f"{PODS}/gone", {})
    with pytest.raises(Unreachable, match="does not serve"):
        reads.fetch("/apis/example.com/v1/things", {})


def test_what_may_not_be_seen_says_so(server: Server, reads: KubernetesReads) -> None:
    server.on(PODS, status(403, 'pods is forbidden: User "oncall" cannot list resource "pods"'))
    for ask in (reads.fetch, reads.table, reads.text):
        with pytest.raises(Forbidden, match="pods of namespace shop"):
            ask(PODS, {})


def resources(*names: str, **more: Any) -> dict[str, Any]:
    listed = [{"name": name, "kind": name.title(), "namespaced": True, **more} for name in names]
    return {"kind": "APIResourceList", "resources": listed}


def test_discovery_puts_the_core_and_preferred_versions_first(
    server: Server, reads: KubernetesReads
) -> None:
    versions = [{"version": "v2beta2"}, {"version": "v2"}]
    group = {"name": "autoscaling", "versions": versions, "preferredVersion": {"version": "v2"}}
    server.on("/api", reply({"kind": "APIVersions", "versions": ["v1"]}))
    server.on("/apis", reply({"kind": "APIGroupList", "groups": [group]}))
    server.on("/api/v1", reply(resources("pods", "pods/log")))
    server.on("/apis/autoscaling/v2", reply(resources("scalers")))
    server.on("/apis/autoscaling/v2beta2", reply(resources("scalers")))
    found = [(entry["group"], entry["version"], entry["name"]) for entry in reads.discovery()]
    assert found == [
        ("", "v1", "pods"),
        ("autoscaling", "v2", "scalers"),
        ("autoscaling", "v2beta2", "scalers"),
    ]


def test_a_group_that_does_not_answer_is_told_and_does_not_hide_the_others(
    server: Server, reads: KubernetesReads
) -> None:
    group = {"name": "metrics.k8s.io", "versions": [{"version": "v1beta1"}]}
    server.on("/api", reply({"versions": ["v1"]}))
    server.on("/apis", reply({"groups": [group]}))
    server.on("/api/v1", reply(resources("pods")))
    server.on("/apis/metrics.k8s.io/v1beta1", status(503, "the server is unable to handle it"))
    pods, metrics = reads.discovery()
    assert pods["name"] == "pods"
    assert (metrics["group"], metrics["name"]) == ("metrics.k8s.io", "")
    assert "unable to handle it" in metrics["error"]


def aggregated(group: str, **more: Any) -> dict[str, Any]:
    told = {
        "resource": "widgets",
        "responseKind": {"kind": "Widget"},
        "scope": "Cluster",
        "singularResource": "widget",
        "shortNames": ["wi"],
        "categories": ["all"],
        "verbs": ["get", "list"],
        "subresources": [{"subresource": "status"}],
    }
    version = {"version": "v1", "resources": [told], "freshness": "Current", **more}
    items = [{"metadata": {"name": group}, "versions": [version]}]
    return {"kind": "APIGroupDiscoveryList", "items": items}


def test_discovery_in_two_calls_where_the_server_can(
    server: Server, reads: KubernetesReads
) -> None:
    server.on("/api", reply(aggregated("")))
    server.on("/apis", reply(aggregated("example.com", freshness="Stale", resources=[])))
    widget, stale = reads.discovery()
    reads.discovery()
    assert widget == {
        "name": "widgets",
        "singularName": "widget",
        "shortNames": ["wi"],
        "kind": "Widget",
        "namespaced": False,
        "verbs": ["get", "list"],
        "categories": ["all"],
        "group": "",
        "version": "v1",
    }
    assert (stale["group"], stale["name"]) == ("example.com", "")
    assert server.paths() == ["/api", "/apis"]


def test_discovery_that_failed_is_asked_again(server: Server, reads: KubernetesReads) -> None:
    server.on("/api", status(403, "no"), reply({"versions": ["v1"]}))
    server.on("/apis", reply({"groups": []}))
    server.on("/api/v1", reply(resources("pods")))
    with pytest.raises(SreError):
        reads.discovery()
    assert [entry["name"] for entry in reads.discovery()] == ["pods"]
