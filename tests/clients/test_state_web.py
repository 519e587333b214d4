"""States behind HTTP, in HCP Terraform and in Kubernetes."""

import base64
import gzip
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.clients.conftest import KubeconfigWriter, StillClock
from tests.clients.servers import HTML, Reply, Server, reply, serving, status

from sreagent.clients.apiserver import ApiServer
from sreagent.clients.logins import read_login
from sreagent.clients.state_kubernetes import KubernetesStates
from sreagent.clients.state_tfe import TfeStates, token_for
from sreagent.clients.state_web import WebStates
from sreagent.domain.drift import Trouble
from sreagent.domain.errors import BadInput, BadSettings, Forbidden, NotFound, SreError, Unreachable
from sreagent.domain.ports import StateSource
from sreagent.domain.state_spec import spec_of
from sreagent.domain.terraform import StateSpec, StateText

STATE = json.dumps({"version": 4, "serial": 1, "lineage": "a", "resources": []}).encode()
PATH = "/api/v4/projects/7/terraform/state/prod"


def one(source: StateSource, spec: str | StateSpec) -> StateText:
    (text,) = source.fetch(spec if isinstance(spec, StateSpec) else spec_of(spec))
    assert isinstance(text, StateText)
    return text


def test_a_state_behind_http_is_read_with_its_login(server: Server) -> None:
    word = secrets.token_hex(8)
    server.on(PATH, Reply(body=STATE))
    address = server.url.replace("http://", f"http://jo:{word}@")
    text = one(WebStates(timeout=5), f"{address}{PATH}")
    assert text.source == f"{server.url}{PATH}"
    assert (text.body, text.held) == (STATE, None)
    assert "does not tell its lock" in text.lock_unknown
    (asked,) = server.asked
    wanted = base64.b64encode(f"jo:{word}".encode()).decode()
    assert asked.headers["Authorization"] == f"Basic {wanted}"
    assert asked.method == "GET"
    assert word not in repr(text)


def test_headers_and_the_usual_login_are_sent(server: Server) -> None:
    server.on(PATH, Reply(body=STATE))
    word = secrets.token_hex(8)
    one(WebStates(timeout=5, headers={"PRIVATE-TOKEN": word}), f"{server.url}{PATH}?x=1")
    one(WebStates(timeout=5, login=("ci", word)), f"{server.url}{PATH}")
    first, second = server.asked
    assert first.headers["PRIVATE-TOKEN"] == word
    assert first.query == {"x": "1"}
    assert second.headers["Authorization"].startswith("Basic ")


def test_a_redirect_to_another_host_is_not_followed_with_a_login(server: Server) -> None:
    with serving() as other:
        other.on("/x", Reply(body=STATE))
        server.on(PATH, Reply(status=302, headers={"Location": f"{other.url}/x"}))
        with pytest.raises(Unreachable, match="another host"):
            one(WebStates(timeout=5, headers={"PRIVATE-TOKEN": "x"}), f"{server.url}{PATH}")
        assert other.asked == []


def test_a_redirect_at_home_is_followed_and_one_without_an_end_is_not(server: Server) -> None:
    server.on(PATH, Reply(status=307, headers={"Location": "/there"}))
    server.on("/there", Reply(body=STATE))
    assert one(WebStates(timeout=5), f"{server.url}{PATH}").body == STATE
    server.on("/there", Reply(status=307, headers={"Location": "/there"}))
    with pytest.raises(Unreachable, match="without an end"):
        one(WebStates(timeout=5), f"{server.url}{PATH}")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(Reply(status=404), NotFound, id="never-written"),
        pytest.param(Reply(status=204, body=b""), NotFound, id="no-content"),
        pytest.param(Reply(status=401), Forbidden, id="no-login"),
        pytest.param(Reply(status=403), Forbidden, id="wrong-login"),
        pytest.param(Reply(status=500), Unreachable, id="broken"),
        pytest.param(Reply(status=302, headers={"Location": "http://["}), SreError, id="nowhere"),
        pytest.param(Reply(dropped=True), Unreachable, id="dropped"),
        pytest.param(Reply(body=STATE, missing=9), Unreachable, id="broken-off"),
        pytest.param(
            Reply(body=STATE, headers={"Content-MD5": "AAAA"}), Unreachable, id="another-digest"
        ),
    ],
)
def test_what_is_no_answer_is_told(server: Server, answer: Reply, error: type[SreError]) -> None:
    server.on(PATH, answer)
    with pytest.raises(error):
        one(WebStates(timeout=5), f"{server.url}{PATH}")


def test_a_web_server_does_not_list_states(server: Server) -> None:
    with pytest.raises(BadInput, match="pattern"):
        one(WebStates(timeout=5), f"{server.url}/**")


def test_a_state_that_is_too_large_is_not_read_to_its_end(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sreagent.clients.state_many.LARGEST", 10)
    server.on(PATH, Reply(body=STATE, chunked=True))
    with pytest.raises(BadInput, match="too large"):
        one(WebStates(timeout=5), f"{server.url}{PATH}")


ORGANIZATION = "/api/v2/organizations/shop/workspaces"


def workspace(name: str, **attributes: Any) -> dict[str, Any]:
    return {"id": f"ws-{name}", "type": "workspaces", "attributes": {"name": name, **attributes}}


@pytest.fixture
def house(server: Server) -> Server:
    """HCP Terraform with two workspaces, whose states are on the same host."""
    for name in ("net", "app"):
        server.on(f"{ORGANIZATION}/{name}", reply({"data": workspace(name, locked=False)}))
        link = {"hosted-state-download-url": f"{server.url}/state/{name}"}
        server.on(
            f"/api/v2/workspaces/ws-{name}/current-state-version",
            reply({"data": {"attributes": link}}),
        )
        server.on(f"/state/{name}", Reply(body=STATE))
    return server


def at(server: Server, workspace: str, **options: str) -> StateSpec:
    host = server.url.removeprefix("http://")
    return StateSpec(
        scheme="tfc", address=f"tfc://shop/{workspace}", options={"hostname": host, **options}
    )


@pytest.fixture
def tfe() -> TfeStates:
    word = secrets.token_hex(8)
    return TfeStates(lambda _: word, timeout=5)


def test_a_state_of_a_workspace_is_read(house: Server, tfe: TfeStates) -> None:
    text = one(tfe, at(house, "net"))
    assert (text.source, text.body, text.held) == ("tfc://shop/net", STATE, None)
    assert text.spec
    assert one(tfe, text.spec) == text


def test_a_state_on_another_host_is_fetched_without_the_token(
    house: Server, tfe: TfeStates
) -> None:
    with serving() as archive:
        archive.on("/signed", Reply(body=STATE))
        house.on("/state/net", Reply(status=302, headers={"Location": f"{archive.url}/signed"}))
        assert one(tfe, at(house, "net")).body == STATE
        (asked,) = archive.asked
    assert "Authorization" not in asked.headers
    assert all(each.headers["Authorization"].startswith("Bearer ") for each in house.asked)


def test_who_locked_a_workspace_is_told(house: Server, tfe: TfeStates) -> None:
    locked = {
        **workspace("net", locked=True),
        "relationships": {"locked-by": {"data": {"id": "run-1", "type": "runs"}}},
    }
    run = {
        "id": "run-1",
        "type": "runs",
        "attributes": {"message": "Apply", "created-at": "2026-11-21T22:14:05.000Z"},
    }
    house.on(f"{ORGANIZATION}/net", reply({"data": locked, "included": [run]}))
    held = one(tfe, at(house, "net")).held
    assert held
    assert (held.who, held.operation) == ("run run-1", "Apply")
    assert held.since == datetime(2026, 11, 21, 22, 14, 5, tzinfo=UTC)


def test_all_workspaces_of_a_pattern_are_read_page_by_page(house: Server, tfe: TfeStates) -> None:
    page = {"meta": {"pagination": {"next-page": 2}}, "data": [workspace("app"), workspace("old")]}
    house.on(ORGANIZATION, reply(page), reply({"data": [workspace("net"), workspace("none")]}))
    house.on(f"{ORGANIZATION}/none", reply({"errors": []}, 404))
    found = list(tfe.fetch(at(house, "{app,n*}", tags="prod")))
    assert [each.source if isinstance(each, StateText) else each.what for each in found] == [
        "tfc://shop/app",
        "tfc://shop/net",
        "tfc://shop/none",
    ]
    assert isinstance(found[2], Trouble)
    listed = [each for each in house.asked if each.path == ORGANIZATION]
    assert [each.query["page[number]"] for each in listed] == ["1", "2"]
    assert listed[0].query["search[tags]"] == "prod"


def test_a_list_of_workspaces_that_does_not_end_is_told_and_not_cut(
    house: Server, tfe: TfeStates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sreagent.clients.state_tfe._PAGES", 3)
    page = {"meta": {"pagination": {"next-page": 2}}, "data": [workspace("app"), workspace("net")]}
    house.on(ORGANIZATION, reply(page))
    with pytest.raises(BadInput, match="more workspaces than the 6") as error:
        list(tfe.fetch(at(house, "*")))
    assert "tfc://shop/NAME" in error.value.hint


@pytest.mark.parametrize(
    ("path", "answer", "error"),
    [
        pytest.param(f"{ORGANIZATION}/net", Reply(status=404), NotFound, id="no-workspace"),
        pytest.param(f"{ORGANIZATION}/net", Reply(status=401), Forbidden, id="bad-token"),
        pytest.param(f"{ORGANIZATION}/net", Reply(body=HTML), Unreachable, id="a-page"),
        pytest.param(f"{ORGANIZATION}/net", Reply(body=b"[]"), Unreachable, id="another-shape"),
        pytest.param(
            "/api/v2/workspaces/ws-net/current-state-version",
            Reply(status=404),
            NotFound,
            id="no-state",
        ),
    ],
)
def test_what_hcp_does_not_give_is_told(
    house: Server, tfe: TfeStates, path: str, answer: Reply, error: type[SreError]
) -> None:
    house.on(path, answer)
    with pytest.raises(error):
        one(tfe, at(house, "net"))


def test_a_token_that_does_not_do_asks_for_another_login(house: Server, tfe: TfeStates) -> None:
    house.on(f"{ORGANIZATION}/net", Reply(status=401))
    with pytest.raises(Forbidden) as error:
        one(tfe, at(house, "net"))
    assert "terraform login" in error.value.hint


def test_without_a_token_nothing_is_asked() -> None:
    with pytest.raises(Forbidden, match=r"app\.terraform\.io") as error:
        one(TfeStates(lambda _: "", timeout=5), "tfc://shop/net")
    assert "TF_TOKEN_app_terraform_io" in error.value.hint


def test_the_token_is_that_of_the_variable_or_of_terraform_login(tmp_path: Path) -> None:
    word, other = secrets.token_hex(8), secrets.token_hex(8)
    file = tmp_path / "credentials.tfrc.json"
    assert token_for("app.terraform.io", {}, file) == ""
    told = {"credentials": {"app.terraform.io": {"token": word}}}
    file.write_text(json.dumps(told), encoding="utf-8")
    assert token_for("app.terraform.io", {}, file) == word
    assert token_for("app.terraform.io", {"TF_TOKEN_app_terraform_io": other}, file) == other
    assert token_for("a-b.example.com", {"TF_TOKEN_a__b_example_com": other}, file) == other
    assert token_for("other.example.com", {"TF_TOKEN_app_terraform_io": other}, file) == ""
    file.write_text("{", encoding="utf-8")
    with pytest.raises(BadSettings):
        token_for("app.terraform.io", {}, file)


SECRET_PATH = "/api/v1/namespaces/infra/secrets/tfstate-default-net"  # noqa: S105 - a path
LEASE = "/apis/coordination.k8s.io/v1/namespaces/infra/leases/lock-tfstate-default-net"


def secret(body: bytes, key: str = "tfstate") -> Reply:
    return reply({"kind": "Secret", "data": {key: base64.b64encode(body).decode()}})


@pytest.fixture
def in_cluster(
    server: Server, kubeconfig: KubeconfigWriter, clock: StillClock
) -> Callable[[str], StateText]:
    path = kubeconfig(server.url)
    states = KubernetesStates(
        lambda context: ApiServer(read_login(path, context), timeout=5, clock=clock)
    )
    return lambda text: one(states, text)


def test_a_state_in_a_secret_is_unpacked(
    server: Server, in_cluster: Callable[[str], StateText]
) -> None:
    server.on(SECRET_PATH, secret(gzip.compress(STATE)))
    text = in_cluster("kubernetes://infra/net")
    assert (text.source, text.body) == ("kubernetes://infra/tfstate-default-net", STATE)
    assert (text.held, text.lock_unknown) == (None, "")
    assert sorted(server.paths()) == sorted([LEASE, SECRET_PATH])
    assert all(each.method == "GET" for each in server.asked)


def test_a_state_that_is_cut_into_parts_is_put_together(
    server: Server, in_cluster: Callable[[str], StateText]
) -> None:
    packed = gzip.compress(STATE)
    server.on(SECRET_PATH, secret(packed[:20]))
    server.on(f"{SECRET_PATH}-part-1", secret(packed[20:40]))
    server.on(f"{SECRET_PATH}-part-2", secret(packed[40:]))
    assert in_cluster("kubernetes://infra/net").body == STATE
    assert len(server.asked) == 4


def test_a_secret_that_swells_is_refused(
    server: Server, in_cluster: Callable[[str], StateText], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("state_many", "state_kubernetes"):
        monkeypatch.setattr(f"sreagent.clients.{module}.LARGEST", 1000)
    server.on(SECRET_PATH, secret(gzip.compress(b" " * 1_000_000)))
    with pytest.raises(BadInput, match="too large"):
        in_cluster("kubernetes://infra/net")


def test_a_workspace_has_a_secret_of_its_own(
    server: Server, in_cluster: Callable[[str], StateText]
) -> None:
    server.on(SECRET_PATH.replace("default", "prod"), secret(gzip.compress(STATE)))
    assert in_cluster("kubernetes://infra/net?workspace=prod").body == STATE


def test_the_lease_tells_who_holds_the_lock(
    server: Server, in_cluster: Callable[[str], StateText]
) -> None:
    server.on(SECRET_PATH, secret(gzip.compress(STATE)))
    info = json.dumps({"ID": "a1", "Operation": "OperationTypeApply", "Who": "jo@laptop"})
    notes = {"annotations": {"app.terraform.io/lock-info": info}}
    server.on(LEASE, reply({"metadata": notes, "spec": {"holderIdentity": "a1"}}))
    held = in_cluster("k8s://infra/net").held
    assert held
    assert held.who == "jo@laptop"
    server.on(LEASE, reply({"metadata": notes, "spec": {"holderIdentity": None}}))
    assert in_cluster("k8s://infra/net").held is None
    server.on(LEASE, status(403, "leases is forbidden: cannot get resource"))
    assert "not allowed" in in_cluster("k8s://infra/net").lock_unknown


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(secret(STATE), BadInput, id="not-packed"),
        pytest.param(secret(gzip.compress(STATE)[:-20]), BadInput, id="a-part"),
        pytest.param(secret(STATE, "other"), BadInput, id="another-secret"),
        pytest.param(status(404, "not found", name="tfstate"), NotFound, id="none"),
        pytest.param(status(403, "cannot get resource"), Forbidden, id="forbidden"),
    ],
)
def test_a_secret_that_gives_no_state_is_told(
    server: Server,
    in_cluster: Callable[[str], StateText],
    answer: Reply,
    error: type[SreError],
) -> None:
    server.on(SECRET_PATH, answer)
    with pytest.raises(error):
        in_cluster("k8s://infra/net")


def test_secrets_are_not_looked_through(
    server: Server, in_cluster: Callable[[str], StateText]
) -> None:
    with pytest.raises(BadInput, match="only the one Secret"):
        in_cluster("k8s://infra/*")
    assert server.asked == []
