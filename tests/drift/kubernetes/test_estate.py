"""Objects as the client reads them: errors told apart, nothing stored, no value of a Secret."""

import base64
import json
import secrets

import pytest
from tests.clients.conftest import KubeconfigWriter, StillClock
from tests.clients.servers import Server, reply, status

from sreagent.clients.kubernetes_estate import KubernetesEstate, connect_estate
from sreagent.domain.errors import Forbidden, NotFound, Refused, SreError, Unreachable

MAPS = "/api/v1/namespaces/shop/configmaps"
SECRETS = "/api/v1/namespaces/shop/secrets"


@pytest.fixture
def estate(server: Server, kubeconfig: KubeconfigWriter, clock: StillClock) -> KubernetesEstate:
    return connect_estate(kubeconfig=kubeconfig(server.url), timeout=5.0, clock=clock)


def item(name: str, **more: object) -> dict[str, object]:
    return {"metadata": {"name": name, "namespace": "shop"}, **more}


def test_a_list_is_read_to_its_end(server: Server, estate: KubernetesEstate) -> None:
    server.on(
        MAPS,
        reply({"metadata": {"continue": "next"}, "items": [item("a")]}),
        reply({"metadata": {}, "items": [item("b")]}),
    )
    assert [each["metadata"]["name"] for each in estate.listed(MAPS)] == ["a", "b"]
    assert server.asked[1].query == {"limit": "500", "continue": "next"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(status(404, "not found", name="a"), NotFound, id="not there"),
        pytest.param(status(404, "the server could not find it"), Unreachable, id="not served"),
        pytest.param(status(403, 'cannot get resource "configmaps"'), Forbidden, id="closed"),
        pytest.param(status(503, "later"), Unreachable, id="busy"),
        pytest.param(reply({"kind": "Status"}), Unreachable, id="no object"),
    ],
)
def test_what_a_refusal_means(
    server: Server, estate: KubernetesEstate, answer: object, error: type[SreError]
) -> None:
    server.on(f"{MAPS}/a", answer)  # type: ignore[arg-type]
    with pytest.raises(SreError) as raised:
        estate.one(f"{MAPS}/a")
    assert type(raised.value) is error or isinstance(raised.value, error)
    assert isinstance(raised.value, NotFound) == (error is NotFound)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(status(403, 'cannot patch resource "configmaps"'), Forbidden, id="no right"),
        pytest.param(status(403, 'admission webhook "x" denied'), Refused, id="webhook"),
        pytest.param(status(422, "immutable"), Refused, id="unchangeable"),
        pytest.param(status(400, "does not support dry run"), Refused, id="no dry run"),
    ],
)
def test_a_dry_run_says_why_it_is_refused(
    server: Server, estate: KubernetesEstate, answer: object, error: type[SreError]
) -> None:
    server.on(f"{MAPS}/a", answer)  # type: ignore[arg-type]
    with pytest.raises(error):
        estate.as_applied(f"{MAPS}/a", {"kind": "ConfigMap"})


def test_manifests_are_only_ever_applied_as_dry_runs(
    server: Server, estate: KubernetesEstate
) -> None:
    server.on(f"{MAPS}/a", reply(item("a")))
    estate.as_applied(f"{MAPS}/a", {"kind": "ConfigMap"})
    (asked,) = server.asked
    assert asked.method == "PATCH"
    assert asked.query == {"dryRun": "All", "fieldManager": "sre-drift", "force": "true"}
    assert asked.headers["content-type"] == "application/apply-patch+yaml"
    assert json.loads(asked.body) == {"kind": "ConfigMap"}


def test_values_of_secrets_do_not_leave_the_client(
    server: Server, estate: KubernetesEstate
) -> None:
    value = secrets.token_hex(8)
    encoded = base64.b64encode(value.encode()).decode()
    applied = {"kubectl.kubernetes.io/last-applied-configuration": encoded, "owner": "jo"}
    metadata = {"name": "s", "annotations": applied}
    secret = {"metadata": metadata, "data": {"k": encoded}, "stringData": {"k": value}}
    server.on(SECRETS, reply({"items": [secret]}))
    server.on(f"{SECRETS}/s", reply(secret))
    for found in (*estate.listed(SECRETS), estate.one(f"{SECRETS}/s")):
        assert value not in repr(found)
        assert encoded not in repr(found)
        assert found["metadata"]["annotations"] == {"owner": "jo"}
        assert str(found["data"]["k"]).startswith("sha256:")


def test_secrets_are_never_sent(server: Server, estate: KubernetesEstate) -> None:
    with pytest.raises(Forbidden):
        estate.as_applied(f"{SECRETS}/s", {"kind": "Secret"})
    assert server.asked == []


@pytest.mark.parametrize("path", ["/api/v1/../x", "/api/v1/a%2fb", "/healthz", "/api/v1//x", "x"])
def test_paths_that_no_object_has_are_not_asked_for(
    server: Server, estate: KubernetesEstate, path: str
) -> None:
    with pytest.raises(Refused):
        estate.one(path)
    assert server.asked == []


def test_kinds_of_a_version_are_asked_for_once(server: Server, estate: KubernetesEstate) -> None:
    served = [{"name": "jobs", "kind": "Job"}, {"name": "jobs/status", "kind": "Job"}]
    server.on("/apis/batch/v1", reply({"resources": served}))
    for _ in range(3):
        assert [each["name"] for each in estate.kinds("batch", "v1")] == ["jobs"]
        assert estate.kinds("batch", "v9") == ()
    assert len(server.asked) == 2


def record(revision: int) -> dict[str, object]:
    labels = {"owner": "helm", "name": "web", "version": str(revision)}
    return {"metadata": {"name": f"sh.helm.release.v1.web.v{revision}", "labels": labels}}


def test_the_newest_record_of_a_release_is_read_and_no_other_secret(
    server: Server, estate: KubernetesEstate
) -> None:
    server.on(SECRETS, reply({"items": [record(9), record(10), record(2)]}))
    newest = f"{SECRETS}/sh.helm.release.v1.web.v10"
    data = {"release": base64.b64encode(b"cGFja2Vk").decode()}
    server.on(newest, reply({**record(10), "type": "helm.sh/release.v1", "data": data}))
    assert estate.release("shop", "web") == b"cGFja2Vk"
    assert server.paths() == [SECRETS, newest]
    assert "PartialObjectMetadata" in server.asked[0].headers["accept"]
    assert server.asked[0].query["labelSelector"] == "owner=helm,name=web"


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([], id="no record"),
        pytest.param([{"metadata": {"name": "x", "labels": {}}}], id="no revision"),
    ],
)
def test_without_a_record_there_is_no_release(
    server: Server, estate: KubernetesEstate, items: list[object]
) -> None:
    server.on(SECRETS, reply({"items": items}))
    assert estate.release("shop", "web") is None


def test_a_secret_that_only_looks_like_a_record_stays_closed(
    server: Server, estate: KubernetesEstate
) -> None:
    server.on(SECRETS, reply({"items": [record(1)]}))
    data = {"release": base64.b64encode(b"x").decode()}
    server.on(f"{SECRETS}/sh.helm.release.v1.web.v1", reply({**record(1), "data": data}))
    assert estate.release("shop", "web") is None


@pytest.mark.parametrize("name", ["web,owner!=helm", "../x", "", "WEB"])
def test_names_that_no_release_has_are_not_asked_for(
    server: Server, estate: KubernetesEstate, name: str
) -> None:
    with pytest.raises(Refused):
        estate.release("shop", name)
    assert server.asked == []
