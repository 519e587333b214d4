"""The Kubernetes API as its clients see it, over HTTP."""

import json
import threading
import time
from typing import Any

import kubernetes
import pytest
from tests.simulator.staging import ask, eventually, fetch

from sreagent.simulator import Simulation

# The client is generated and half typed; here it is only a peer to speak with.
sdk: Any = kubernetes

PODS = "/api/v1/namespaces/shop/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
METADATA = {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
MERGE = {"Content-Type": "application/merge-patch+json"}
CONFIG_MAP = {"metadata": {"name": "notes"}, "data": {"a": "1"}}


def names(answer: Any) -> list[str]:
    return [item["metadata"]["name"] for item in answer.json()["items"]]


def changes_of(running: Simulation, path: str) -> list[Any]:
    return [json.loads(line) for line in ask(running, path).body.splitlines()]


class TestOfficialClient:
    def test_it_reads_typed_objects(self, client: Any) -> None:
        core, apps = sdk.client.CoreV1Api(client), sdk.client.AppsV1Api(client)
        pods = core.list_namespaced_pod("shop", label_selector="app=checkout").items
        assert min(pod.status.container_statuses[0].restart_count for pod in pods) >= 5
        assert apps.read_namespaced_deployment("checkout", "shop").status.updated_replicas == 3
        assert len(core.list_node().items) == 3
        text = core.read_namespaced_pod_log(pods[0].metadata.name, "shop", previous=True)
        assert "KeyError: 'PAYMENT_PROVIDERS'" in text

    def test_every_list_it_knows_can_be_read(self, client: Any) -> None:
        api = sdk.client
        lists = [
            api.CoreV1Api(client).list_event_for_all_namespaces,
            api.CoreV1Api(client).list_endpoints_for_all_namespaces,
            api.CoreV1Api(client).list_service_for_all_namespaces,
            api.AppsV1Api(client).list_replica_set_for_all_namespaces,
            api.AppsV1Api(client).list_daemon_set_for_all_namespaces,
            api.PolicyV1Api(client).list_pod_disruption_budget_for_all_namespaces,
            api.DiscoveryV1Api(client).list_endpoint_slice_for_all_namespaces,
            api.EventsV1Api(client).list_event_for_all_namespaces,
            api.StorageV1Api(client).list_storage_class,
            api.CoordinationV1Api(client).list_lease_for_all_namespaces,
        ]
        assert all(read().items for read in lists)

    def test_its_dynamic_client_discovers_the_kinds(self, client: Any) -> None:
        dynamic = sdk.dynamic.DynamicClient(client)
        deployments = dynamic.resources.get(api_version="apps/v1", kind="Deployment")
        assert deployments.get(name="cart", namespace="shop").spec.replicas == 2

    def test_it_scales_and_the_cluster_follows(self, client: Any) -> None:
        apps = sdk.client.AppsV1Api(client)
        apps.patch_namespaced_deployment_scale("payment", "shop", {"spec": {"replicas": 3}})
        eventually(
            lambda: apps.read_namespaced_deployment("payment", "shop").status.ready_replicas == 3,
            "payment never had three ready pods",
        )

    def test_it_watches_until_its_time_is_over(self, client: Any) -> None:
        core = sdk.client.CoreV1Api(client)
        seen: list[tuple[str, str]] = []

        def look() -> None:
            stream = sdk.watch.Watch().stream(
                core.list_namespaced_config_map, "shop", timeout_seconds=2
            )
            seen.extend((each["type"], each["object"].metadata.name) for each in stream)

        watcher = threading.Thread(target=look)
        watcher.start()
        time.sleep(0.5)
        core.create_namespaced_config_map("shop", {"metadata": {"name": "seen"}})
        core.delete_namespaced_config_map("seen", "shop")
        watcher.join()
        assert seen == [("ADDED", "shop-settings"), ("ADDED", "seen"), ("DELETED", "seen")]


class TestLists:
    @pytest.mark.parametrize(
        ("query", "apps"),
        [
            pytest.param("labelSelector=app=cart", {"cart"}, id="equal"),
            pytest.param("labelSelector=app==cart", {"cart"}, id="double-equal"),
            pytest.param("labelSelector=app%20in%20(cart,payment)", {"cart", "payment"}, id="in"),
            pytest.param(
                "labelSelector=app%20notin%20(cart,checkout,frontend,inventory)",
                {"payment", "recommendation"},
                id="not-in",
            ),
            pytest.param("labelSelector=team=payments,app!=checkout", {"payment"}, id="and"),
            pytest.param("labelSelector=app,!team", set(), id="exists-and-not"),
            pytest.param("fieldSelector=status.phase=Pending", set(), id="phase"),
            pytest.param("fieldSelector=metadata.namespace!=shop", set(), id="not-namespace"),
        ],
    )
    def test_selectors_choose(self, running: Simulation, query: str, apps: set[str]) -> None:
        items = ask(running, f"{PODS}?{query}").json()["items"]
        assert {item["metadata"]["labels"]["app"] for item in items} == apps

    def test_pods_are_found_by_node(self, running: Simulation) -> None:
        found = ask(running, "/api/v1/pods?fieldSelector=spec.nodeName=node-1").json()["items"]
        assert {item["spec"]["nodeName"] for item in found} == {"node-1"}

    def test_events_are_found_by_what_they_are_about(self, running: Simulation) -> None:
        query = "fieldSelector=involvedObject.kind=Deployment,reason=ScalingReplicaSet,type=Normal"
        found = ask(running, f"/api/v1/namespaces/shop/events?{query}").json()["items"]
        assert {event["involvedObject"]["kind"] for event in found} == {"Deployment"}
        newer = ask(
            running,
            "/apis/events.k8s.io/v1/namespaces/shop/events?fieldSelector=regarding.kind=Deployment",
        ).json()["items"]
        assert {event["regarding"]["kind"] for event in newer} == {"Deployment"}

    def test_pages_add_up_to_the_whole_list(self, running: Simulation) -> None:
        whole = names(ask(running, PODS))
        found: list[str] = []
        token = ""
        while True:
            page = ask(running, f"{PODS}?limit=4&continue={token}")
            found += names(page)
            assert len(names(page)) <= 4
            token = page.json()["metadata"].get("continue", "")
            if not token:
                break
        assert found == whole

    def test_a_table_has_the_columns_kubectl_prints(self, running: Simulation) -> None:
        table = ask(running, PODS, headers=TABLE).json()
        assert table["kind"] == "Table"
        titles = [each["name"] for each in table["columnDefinitions"] if not each["priority"]]
        assert titles == ["Name", "Ready", "Status", "Restarts", "Age"]
        assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
        whole = ask(running, f"{PODS}?includeObject=Object", headers=TABLE).json()
        assert whole["rows"][0]["object"]["spec"]["containers"]

    def test_metadata_alone_can_be_asked_for(self, running: Simulation) -> None:
        answer = ask(running, PODS, headers=METADATA).json()
        assert answer["kind"] == "PartialObjectMetadataList"
        assert set(answer["items"][0]) == {"kind", "apiVersion", "metadata"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("method", "path", "code", "reason"),
        [
            pytest.param("GET", f"{PODS}/no-such", 404, "NotFound", id="no-object"),
            pytest.param("GET", "/apis/apps/v1/gadgets", 404, "NotFound", id="no-resource"),
            pytest.param("GET", "/nonsense", 404, "NotFound", id="no-path"),
            pytest.param("PUT", PODS, 405, "MethodNotAllowed", id="put-on-a-list"),
            pytest.param("GET", f"{PODS}?labelSelector=((", 400, "BadRequest", id="selector"),
            pytest.param("GET", f"{PODS}?limit=many", 400, "BadRequest", id="limit"),
            pytest.param("GET", f"{PODS}?limit=1&continue=%21", 400, "BadRequest", id="continue"),
            pytest.param(
                "GET", f"{PODS}?watch=true&resourceVersion=7", 410, "Expired", id="forgotten"
            ),
        ],
    )
    def test_a_request_that_makes_no_sense_gets_a_status(
        self, running: Simulation, method: str, path: str, code: int, reason: str
    ) -> None:
        answer = ask(running, path, method=method)
        assert answer.code == code
        status = answer.json()
        assert (status["kind"], status["reason"], status["code"]) == ("Status", reason, code)

    def test_a_wrong_token_is_nobody(self, running: Simulation) -> None:
        assert ask(running, PODS, user="guessed").code == 401
        assert fetch(running.url + PODS).code == 401

    def test_the_version_is_no_secret(self, running: Simulation) -> None:
        assert fetch(running.url + "/version").json()["gitVersion"].startswith("v1.31")
        assert fetch(running.url + "/readyz").body == b"ok"

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            pytest.param("DELETE", f"{DEPLOYMENTS}/cart", id="delete"),
            pytest.param("PATCH", f"{DEPLOYMENTS}/cart", id="patch"),
            pytest.param("POST", "/api/v1/namespaces/shop/configmaps", id="create"),
            pytest.param("GET", "/api/v1/namespaces/shop/secrets", id="secrets"),
            pytest.param("GET", "/api/v1/namespaces/shop/secrets/payment-gateway", id="a-secret"),
        ],
    )
    def test_the_viewer_may_neither_write_nor_see_secrets(
        self, running: Simulation, method: str, path: str
    ) -> None:
        answer = ask(running, path, method=method, body={}, user="viewer", headers=MERGE)
        assert answer.code == 403
        assert 'User "viewer" cannot' in answer.json()["message"]
        assert ask(running, PODS, user="viewer").code == 200

    def test_a_patch_in_an_unknown_language_is_refused(self, running: Simulation) -> None:
        headers = {"Content-Type": "application/xml"}
        answer = ask(running, f"{DEPLOYMENTS}/cart", method="PATCH", body={}, headers=headers)
        assert answer.code == 415

    def test_a_body_that_is_not_json_is_refused(self, running: Simulation) -> None:
        path = "/api/v1/namespaces/shop/configmaps"
        assert ask(running, path, method="POST", body=b"{nonsense").code == 400

    def test_the_same_name_cannot_be_made_twice(self, running: Simulation) -> None:
        body = {"metadata": {"name": "shop-settings"}}
        answer = ask(running, "/api/v1/namespaces/shop/configmaps", method="POST", body=body)
        assert (answer.code, answer.json()["reason"]) == (409, "AlreadyExists")

    def test_an_object_cannot_be_made_in_a_namespace_that_is_not_there(
        self, running: Simulation
    ) -> None:
        path = "/api/v1/namespaces/nowhere/configmaps"
        assert ask(running, path, method="POST", body=CONFIG_MAP).code == 404

    def test_writing_an_old_version_is_a_conflict(self, running: Simulation) -> None:
        path = f"{DEPLOYMENTS}/recommendation"
        old = ask(running, path).json()
        patch = {"metadata": {"annotations": {"touched": "yes"}}}
        assert ask(running, path, method="PATCH", body=patch, headers=MERGE).code == 200
        answer = ask(running, path, method="PUT", body=old)
        assert (answer.code, answer.json()["reason"]) == (409, "Conflict")

    def test_deleting_something_else_than_meant_is_a_conflict(self, running: Simulation) -> None:
        options = {"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}}
        path = f"{DEPLOYMENTS}/recommendation"
        assert ask(running, path, method="DELETE", body=options).code == 409

    def test_a_negative_scale_is_invalid(self, running: Simulation) -> None:
        body = {"spec": {"replicas": -2}}
        path = f"{DEPLOYMENTS}/cart/scale"
        answer = ask(running, path, method="PATCH", body=body, headers=MERGE)
        assert (answer.code, answer.json()["reason"]) == (422, "Invalid")
        assert answer.json()["details"]["causes"][0]["field"] == "spec.replicas"


SHAPES: list[Any] = [
    {"spec": None},
    {"spec": []},
    {"spec": "x"},
    {"metadata": None},
    {"metadata": {"labels": "x"}},
    {"metadata": {"labels": {"a": {}}}},
    {"metadata": {"annotations": ["x"]}},
    {"metadata": {"ownerReferences": "x"}},
    {"spec": {"template": None}},
    {"spec": {"template": {"spec": None}}},
    {"spec": {"template": {"spec": {"containers": "x"}}}},
    {"spec": {"template": {"spec": {"containers": [7]}}}},
    {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "b", "env": "x"}]}}}},
    {"spec": {"template": {"spec": {"containers": [{"name": {}, "image": "b"}]}}}},
    {"spec": {"template": {"metadata": {"labels": None}}}},
    {"spec": {"strategy": "fast"}},
    {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "x%"}}}},
    {"spec": {"selector": "app=cart"}},
    "text",
    7,
    None,
]


@pytest.mark.parametrize("shape", SHAPES, ids=json.dumps)
def test_a_body_of_the_wrong_shape_is_refused_and_breaks_nothing(
    running: Simulation, shape: Any
) -> None:
    path = f"{DEPLOYMENTS}/cart"
    before = ask(running, path).json()
    body = json.dumps(shape).encode()
    answer = ask(running, path, method="PATCH", body=body, headers=MERGE)
    assert answer.code in (400, 422), answer.body
    assert ask(running, path).json() == before


@pytest.mark.parametrize(
    ("path", "patch"),
    [
        pytest.param(
            "/api/v1/namespaces/shop/services/cart",
            {"spec": {"selector": "x"}},
            id="service-selector",
        ),
        pytest.param(
            "/api/v1/namespaces/shop/services/cart", {"spec": {"ports": {}}}, id="service-ports"
        ),
        pytest.param(
            "/api/v1/namespaces/shop/endpoints/cart", {"subsets": "x"}, id="endpoints-subsets"
        ),
        pytest.param(
            "/apis/policy/v1/namespaces/shop/poddisruptionbudgets/frontend",
            {"spec": {"minAvailable": {"a": 1}}},
            id="budget",
        ),
        pytest.param("/api/v1/nodes/node-1", {"spec": "x"}, id="node-spec"),
    ],
)
def test_other_kinds_are_as_careful(running: Simulation, path: str, patch: Any) -> None:
    assert ask(running, path, method="PATCH", body=patch, headers=MERGE).code in (400, 422)


def test_what_the_cluster_itself_writes_cannot_be_made_up(running: Simulation) -> None:
    for path in ("/api/v1/nodes", "/api/v1/namespaces/shop/events"):
        assert ask(running, path, method="POST", body={"metadata": {"name": "x"}}).code == 405
    path = "/api/v1/nodes/node-1/status"
    assert ask(running, path, method="PATCH", body={"status": {}}, headers=MERGE).code == 405


def test_the_cluster_still_works_after_all_that(running: Simulation) -> None:
    pods = ask(running, f"{PODS}?labelSelector=app=cart").json()["items"]
    gone = pods[0]["metadata"]["name"]
    assert ask(running, f"{PODS}/{gone}", method="DELETE").code == 200
    eventually(lambda: ask(running, f"{PODS}/{gone}").code == 404, "the pod never went")


class TestUnknownFields:
    path = f"{DEPLOYMENTS}/cart"

    @pytest.fixture
    def patch(self) -> Any:
        containers = [{"name": "cart", "resource": {}}]
        return {"spec": {"replica": 5, "template": {"spec": {"containers": containers}}}}

    def test_they_are_refused_when_the_caller_is_strict(
        self, running: Simulation, patch: Any
    ) -> None:
        path = f"{self.path}?fieldValidation=Strict"
        answer = ask(running, path, method="PATCH", body=patch, headers=STRATEGIC)
        assert answer.code == 400
        told = answer.json()["message"]
        assert 'unknown field "spec.replica"' in told
        assert 'unknown field "spec.template.spec.containers[0].resource"' in told

    def test_they_are_dropped_with_a_warning_otherwise(
        self, running: Simulation, patch: Any
    ) -> None:
        answer = ask(running, self.path, method="PATCH", body=patch, headers=STRATEGIC)
        assert answer.code == 200
        assert "replica" not in answer.json()["spec"]
        assert 'unknown field \\"spec.replica\\"' in answer.headers["Warning"]


class TestDryRun:
    @pytest.mark.parametrize(
        ("method", "path", "body", "headers"),
        [
            pytest.param(
                "PATCH",
                f"{DEPLOYMENTS}/cart?dryRun=All",
                {"spec": {"replicas": 7}},
                STRATEGIC,
                id="patch",
            ),
            pytest.param(
                "PATCH",
                f"{DEPLOYMENTS}/cart/scale?dryRun=All",
                {"spec": {"replicas": 7}},
                MERGE,
                id="scale",
            ),
            pytest.param("DELETE", f"{DEPLOYMENTS}/cart?dryRun=All", None, {}, id="delete"),
            pytest.param(
                "DELETE", f"{DEPLOYMENTS}/cart", {"dryRun": ["All"]}, {}, id="delete-by-body"
            ),
        ],
    )
    def test_nothing_is_kept(
        self, running: Simulation, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> None:
        before = ask(running, f"{DEPLOYMENTS}/cart").json()
        answer = ask(running, path, method=method, body=body, headers=headers)
        assert answer.code == 200
        assert ask(running, f"{DEPLOYMENTS}/cart").json() == before

    def test_the_answer_shows_what_would_be(self, running: Simulation) -> None:
        body = {"spec": {"replicas": 7}}
        path = f"{DEPLOYMENTS}/cart?dryRun=All"
        told = ask(running, path, method="PATCH", body=body, headers=STRATEGIC).json()
        assert told["spec"]["replicas"] == 7
        assert told["metadata"]["generation"] == 2

    def test_a_new_object_is_checked_and_not_made(self, running: Simulation) -> None:
        path = "/api/v1/namespaces/shop/configmaps?dryRun=All"
        assert ask(running, path, method="POST", body=CONFIG_MAP).code == 201
        assert ask(running, "/api/v1/namespaces/shop/configmaps/notes").code == 404
        bad = {"metadata": {"name": "Not A Name"}}
        assert ask(running, path, method="POST", body=bad).code == 422

    def test_only_all_can_be_asked_for(self, running: Simulation) -> None:
        path = f"{DEPLOYMENTS}/cart?dryRun=Some"
        assert ask(running, path, method="DELETE").code == 400


class TestWatches:
    def test_an_object_that_leaves_the_selection_is_told_as_deleted(
        self, running: Simulation
    ) -> None:
        path = "/api/v1/namespaces/shop/configmaps"
        body = {"metadata": {"name": "moves", "labels": {"in": "yes"}}}
        start = ask(running, path).json()["metadata"]["resourceVersion"]
        ask(running, path, method="POST", body=body)
        patch = {"metadata": {"labels": {"in": "no"}}}
        ask(running, f"{path}/moves", method="PATCH", body=patch, headers=MERGE)
        watched = f"{path}?watch=true&labelSelector=in=yes&timeoutSeconds=1&resourceVersion={start}"
        told = [
            (each["type"], each["object"]["metadata"]["name"])
            for each in changes_of(running, watched)
        ]
        assert told == [("ADDED", "moves"), ("DELETED", "moves")]

    def test_a_streamed_list_ends_with_a_bookmark(self, running: Simulation) -> None:
        query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
        told = changes_of(running, f"{PODS}?{query}&timeoutSeconds=1&labelSelector=app=inventory")
        assert [each["type"] for each in told] == ["ADDED"] * 3 + ["BOOKMARK"]
        annotations = told[-1]["object"]["metadata"]["annotations"]
        assert annotations == {"k8s.io/initial-events-end": "true"}


class TestLogs:
    def pod(self, running: Simulation) -> str:
        return f"{PODS}/{names(ask(running, f'{PODS}?labelSelector=app=frontend'))[0]}/log"

    def test_the_tail_can_be_asked_for(self, running: Simulation) -> None:
        assert len(ask(running, self.pod(running) + "?tailLines=7").body.splitlines()) == 7
        assert ask(running, self.pod(running) + "?tailLines=0").body == b""

    def test_only_new_lines_can_be_asked_for(self, running: Simulation) -> None:
        path = self.pod(running)
        recent = ask(running, f"{path}?sinceSeconds=60").body.splitlines()
        assert 20 < len(recent) < len(ask(running, path).body.splitlines())
        since = recent[10].split(b" ")[0].decode()
        later = ask(running, f"{path}?sinceTime={since}").body.splitlines()
        assert recent[11] in later
        assert recent[9] not in later

    def test_stamps_and_a_byte_limit_can_be_asked_for(self, running: Simulation) -> None:
        line = ask(running, self.pod(running) + "?tailLines=1&timestamps=true").body
        stamp, _, rest = line.decode().partition(" ")
        assert stamp.endswith("Z")
        assert len(stamp) == 30
        assert rest.startswith(stamp[:19])
        assert len(ask(running, self.pod(running) + "?limitBytes=33").body) == 33

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            pytest.param("previous=true", "previous terminated container", id="never-ended"),
            pytest.param("container=nginx", "container nginx is not valid", id="unknown-container"),
            pytest.param("tailLines=x", "invalid log options", id="nonsense"),
        ],
    )
    def test_a_log_that_is_not_there_is_refused(
        self, running: Simulation, query: str, message: str
    ) -> None:
        answer = ask(running, f"{self.pod(running)}?{query}")
        assert answer.code == 400
        assert message in answer.json()["message"]


def test_usage_is_measured(running: Simulation) -> None:
    path = "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?labelSelector=app=inventory"
    items = ask(running, path).json()["items"]
    used = {item["containers"][0]["usage"]["memory"] for item in items}
    assert used == {f"{310 * 1024}Ki"}
    assert len(ask(running, "/apis/metrics.k8s.io/v1beta1/nodes").json()["items"]) == 3


def test_whoever_writes_is_remembered_by_name(running: Simulation) -> None:
    path = f"{DEPLOYMENTS}/inventory"
    body = {"metadata": {"annotations": {"note": "x"}}}
    agent = {"User-Agent": "tidy-tool/1.2 (linux)", **MERGE}
    changed = ask(running, path, method="PATCH", body=body, headers=agent).json()
    entry = changed["metadata"]["managedFields"][-1]
    assert entry["manager"] == "tidy-tool"
    assert entry["fieldsV1"] == {"f:metadata": {"f:annotations": {"f:note": {}}}}
    named = ask(
        running,
        f"{path}?fieldManager=night-shift",
        method="PATCH",
        body={"metadata": {"annotations": {"note": "y"}}},
        headers=MERGE,
    ).json()
    assert named["metadata"]["managedFields"][-1]["manager"] == "night-shift"
    assert "tidy-tool" not in {each["manager"] for each in named["metadata"]["managedFields"]}


def test_the_version_of_an_object_moves_and_its_generation_follows_the_spec(
    running: Simulation,
) -> None:
    path = f"{DEPLOYMENTS}/inventory"
    before = ask(running, path).json()["metadata"]
    label = {"metadata": {"labels": {"tone": "blue"}}}
    labelled = ask(running, path, method="PATCH", body=label, headers=MERGE).json()["metadata"]
    assert int(labelled["resourceVersion"]) > int(before["resourceVersion"])
    assert labelled["generation"] == before["generation"]
    spec = {"spec": {"minReadySeconds": 1}}
    changed = ask(running, path, method="PATCH", body=spec, headers=MERGE).json()["metadata"]
    assert changed["generation"] == before["generation"] + 1
