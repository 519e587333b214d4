"""Which cluster is meant and who we are to it, as kubectl would read it."""

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from kubernetes.config import incluster_config
from tests.clients.conftest import ClusterOf, KubeconfigWriter, StillClock
from tests.clients.servers import Server, reply

from sreagent.clients import kubeconfig as login_module
from sreagent.clients.kubernetes import connect
from sreagent.domain.errors import BadInput, SreError

SERVER = "https://10.1.2.3:6443"


def context(name: str, cluster: str = "prod-eu", user: str = "oncall") -> dict[str, Any]:
    return {"name": name, "context": {"cluster": cluster, "user": user}}


def failure(kubeconfig: str, clock: StillClock, *, name: str = "") -> BadInput:
    with pytest.raises(BadInput) as caught:
        connect(kubeconfig=kubeconfig, context=name, clock=clock)
    return caught.value


def test_no_kubeconfig_at_all_points_to_one_and_to_the_demo(clock: StillClock) -> None:
    error = failure("", clock)
    assert error.message == "no kubeconfig found: ~/.kube/config does not exist"
    assert "sre demo" in error.hint
    assert error.exit_code == 2


def test_the_usual_place_is_read_when_none_is_named(
    kubeconfig: KubeconfigWriter, clock: StillClock
) -> None:
    usual = Path.home() / ".kube" / "config"
    usual.parent.mkdir()
    usual.write_text(Path(kubeconfig(SERVER)).read_text(encoding="utf-8"), encoding="utf-8")
    assert connect(clock=clock).server == SERVER
    error = failure("", clock, name="nope")
    assert error.message == "there is no context 'nope' in the kubeconfig ~/.kube/config"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "file is empty", id="empty"),
        pytest.param(b"clusters: [\n  a: b: c", "it is not YAML (line 2, column", id="not-yaml"),
        pytest.param(b"just a text", "it is no kubeconfig", id="a-text"),
        pytest.param(b"[1, 2]", "it is no kubeconfig", id="a-list"),
        pytest.param(b"clusters: 3", "it is no kubeconfig", id="odd-sections"),
        pytest.param(b"contexts: [{}]", "it is no kubeconfig", id="nameless-context"),
        pytest.param(b"\xff\xfe\x00", "it is no kubeconfig", id="binary"),
    ],
)
def test_a_file_that_is_no_kubeconfig(
    content: bytes, reason: str, tmp_path: Path, clock: StillClock
) -> None:
    path = tmp_path / "config"
    path.write_bytes(content)
    error = failure(str(path), clock)
    assert error.message.startswith(f"cannot use the kubeconfig {path}: ")
    assert reason in error.message


def test_a_folder_is_no_kubeconfig(tmp_path: Path, clock: StillClock) -> None:
    assert "is a directory" in failure(str(tmp_path), clock).message


def test_an_unknown_context_lists_those_there_are_nearest_first(
    kubeconfig: KubeconfigWriter, clock: StillClock
) -> None:
    contexts = [context("dev"), context("staging"), context("prod-eu-1")]
    error = failure(kubeconfig(SERVER, contexts=contexts), clock, name="prod-eu-2")
    assert error.why == "it has the contexts 'prod-eu-1', 'dev', 'staging'"
    assert error.hint == "try: sre investigate … --context prod-eu-1"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"current-context": ""}, "names no current context", id="none-chosen"),
        pytest.param({"contexts": []}, "there is no context 'prod'", id="no-contexts"),
        pytest.param({"contexts": None}, "there is no context 'prod'", id="empty-contexts"),
        pytest.param(
            {"contexts": [{"name": "prod", "context": {"user": "oncall"}}]},
            "context 'prod' names no cluster",
            id="context-without-cluster",
        ),
        pytest.param(
            {"contexts": [context("prod", cluster="gone")]},
            "context 'prod' names cluster 'gone', which is not there",
            id="cluster-not-there",
        ),
        pytest.param(
            {"contexts": [context("prod", user="gone")]},
            "context 'prod' names user 'gone', which is not there",
            id="user-not-there",
        ),
        pytest.param(
            {"clusters": [{"name": "prod-eu", "cluster": {}}]},
            "the server of cluster 'prod-eu' is '', not an http(s) address",
            id="no-server",
        ),
        pytest.param(
            {"clusters": [{"name": "prod-eu", "cluster": {"server": "https://a:port"}}]},
            "not an http(s) address",
            id="odd-server",
        ),
        pytest.param(
            {"users": [{"name": "oncall", "user": {"client-certificate": "/no/such.crt"}}]},
            "File does not exist: /no/such.crt",
            id="certificate-not-there",
        ),
        pytest.param(
            {"users": [{"name": "oncall", "user": {"client-certificate-data": "YWJ"}}]},
            "not base64",
            id="broken-certificate",
        ),
    ],
)
def test_a_kubeconfig_that_does_not_hang_together(
    changes: dict[str, Any], message: str, kubeconfig: KubeconfigWriter, clock: StillClock
) -> None:
    assert message in failure(kubeconfig(SERVER, **changes), clock).message


def test_of_several_files_the_first_says_which_context_is_current(
    kubeconfig: KubeconfigWriter, clock: StillClock
) -> None:
    staging = {
        "clusters": [{"name": "staging-eu", "cluster": {"server": "https://10.9.9.9"}}],
        "contexts": [context("staging", cluster="staging-eu")],
        "current-context": "staging",
    }
    files = ("/no/such/file", kubeconfig(SERVER), kubeconfig("", name="second", **staging))
    joined = ":".join(files)
    assert connect(kubeconfig=joined, clock=clock).server == SERVER
    other = connect(kubeconfig=joined, context="staging", clock=clock)
    assert (other.server, other.default_namespace) == ("https://10.9.9.9", "")


def program(folder: Path, script: str) -> str:
    path = folder / "cloud-login"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def certificate_of(folder: Path, name: str) -> str:
    (folder / name).write_text("a certificate", encoding="utf-8")
    return name


def test_files_are_looked_for_beside_the_kubeconfig_that_names_them(
    tmp_path: Path, kubeconfig: KubeconfigWriter
) -> None:
    (tmp_path / "team").mkdir()
    cluster = {"server": SERVER, "certificate-authority": certificate_of(tmp_path, "ca.crt")}
    account = {
        "client-certificate": certificate_of(tmp_path / "team", "me.crt"),
        "client-key": certificate_of(tmp_path / "team", "me.key"),
    }
    first = kubeconfig("", clusters=[{"name": "prod-eu", "cluster": cluster}], users=[])
    second = kubeconfig("", name="team/config", users=[{"name": "oncall", "user": account}])
    settings = login_module.read_login(f"{first}:{second}", "").settings
    assert settings.ssl_ca_cert == str(tmp_path / "ca.crt")
    assert settings.cert_file == str(tmp_path / "team/me.crt")
    assert settings.key_file == str(tmp_path / "team/me.key")


def test_a_login_program_lies_beside_the_kubeconfig_and_runs_in_the_current_folder(
    tmp_path: Path, server: Server, cluster_at: ClusterOf
) -> None:
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "fresh"},
    }
    program(tmp_path, f"pwd > {tmp_path}/ran-in; echo '{json.dumps(credential)}'")
    server.on("/version", reply({"gitVersion": "v1.31.2"}))
    cluster_at(server.url, users=logs_in_with("./cloud-login")).version()
    assert server.asked[0].headers["authorization"] == "Bearer fresh"
    assert (tmp_path / "ran-in").read_text(encoding="utf-8").strip() == str(Path.cwd())


def logs_in_with(command: str, **more: Any) -> list[dict[str, Any]]:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": command, **more}
    return [{"name": "oncall", "user": {"exec": plugin}}]


def test_a_login_program_gives_the_token(
    tmp_path: Path, server: Server, cluster_at: ClusterOf
) -> None:
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "fresh"},
    }
    command = program(tmp_path, f"echo '{json.dumps(credential)}'")
    server.on("/version", reply({"gitVersion": "v1.31.2"}))
    cluster_at(server.url, users=logs_in_with(command)).version()
    assert server.asked[0].headers["authorization"] == "Bearer fresh"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param("echo 'session has ended' >&2; exit 3", "session has ended", id="failed"),
        pytest.param("echo hello", "failed to decode process output", id="no-json"),
    ],
)
def test_a_login_program_that_fails_is_told_and_not_passed_over(
    script: str,
    reason: str,
    tmp_path: Path,
    cluster_at: ClusterOf,
    capfd: pytest.CaptureFixture[str],
) -> None:
    users = logs_in_with(program(tmp_path, script), args=["get-token"])
    with pytest.raises(SreError) as caught:
        cluster_at(SERVER, users=users)
    assert reason in caught.value.message
    assert caught.value.hint.startswith(f"try: {tmp_path}/cloud-login get-token, to see why")
    assert capfd.readouterr().err == ""


def test_a_login_program_that_is_missing_tells_how_to_install_it(cluster_at: ClusterOf) -> None:
    users = logs_in_with("no-such-cloud", installHint="Install it from\nyour cloud.")
    with pytest.raises(SreError) as caught:
        cluster_at(SERVER, users=users)
    assert "the program 'no-such-cloud' is not installed" in caught.value.message
    assert caught.value.hint == "Install it from your cloud."


def test_a_login_that_runs_out_later_is_told_too(
    tmp_path: Path, server: Server, cluster_at: ClusterOf
) -> None:
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "old", "expirationTimestamp": "2020-01-01T00:00:00Z"},
    }
    first = f"touch used; echo '{json.dumps(credential)}'"
    script = f"if test -e used; then echo 'log in again' >&2; exit 1; fi; {first}"
    cluster = cluster_at(server.url, users=logs_in_with(program(tmp_path, script)))
    with pytest.raises(SreError, match="log in again"):
        cluster.version()


@pytest.mark.parametrize("folder", ["{}/", ""], ids=["absolute", "beside-the-kubeconfig"])
def test_a_token_file_may_end_in_a_line_feed(
    folder: str, tmp_path: Path, server: Server, cluster_at: ClusterOf
) -> None:
    (tmp_path / "token").write_text("fresh\n", encoding="utf-8")
    file = f"{folder.format(tmp_path)}token"
    users = [{"name": "oncall", "user": {"tokenFile": file}}]
    server.on("/version", reply({"gitVersion": "v1.31.2"}))
    cluster_at(server.url, users=users).version()
    assert server.asked[0].headers["authorization"] == "Bearer fresh"


def test_an_identity_provider_that_gives_no_new_token_is_told(
    server: Server, cluster_at: ClusterOf
) -> None:
    issuer = {"token_endpoint": f"{server.url}/token"}
    server.on("/.well-known/openid-configuration", reply(issuer))
    claims = base64.urlsafe_b64encode(b'{"exp": 1}').decode().rstrip("=")
    provider = {
        "id-token": f"head.{claims}.signature",
        "refresh-token": "used",
        "client-id": "sre",
        "client-secret": "none",
        "idp-issuer-url": server.url,
    }
    account = {"auth-provider": {"name": "oidc", "config": provider}}
    with pytest.raises(SreError, match="cannot log in to cluster 'prod-eu'"):
        cluster_at(server.url, users=[{"name": "oncall", "user": account}])


def test_no_secret_stands_in_what_a_login_shows_of_itself(kubeconfig: KubeconfigWriter) -> None:
    assert "s3cr3t" not in repr(login_module.read_login(kubeconfig(SERVER), ""))


@pytest.mark.parametrize(
    ("changes", "through_proxy"),
    [
        pytest.param({}, False, id="not-to-our-own-machine"),
        pytest.param({"proxy-url": "PROXY"}, True, id="unless-the-kubeconfig-says-so"),
    ],
)
def test_a_proxy_is_used_as_kubectl_would(
    changes: dict[str, str],
    through_proxy: bool,
    server: Server,
    cluster_at: ClusterOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    target = "http://127.0.0.1:10/cluster" if through_proxy else server.url
    entry = {"server": target, **{key: server.url for key in changes}}
    server.on("/version", reply({"gitVersion": "v1.31.2"}))
    server.on("/cluster/version", reply({"gitVersion": "v1.31.2"}))
    cluster = cluster_at(target, clusters=[{"name": "prod-eu", "cluster": entry}])
    assert cluster.version() == "v1.31.2"


def test_inside_a_pod_its_service_account_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = {"sub": "system:serviceaccount:sre:agent"}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    (tmp_path / "token").write_text(f"head.{payload}.signature", encoding="utf-8")
    (tmp_path / "ca.crt").write_text("certificate", encoding="utf-8")
    (tmp_path / "namespace").write_text("sre", encoding="utf-8")
    monkeypatch.setattr(login_module, "ACCOUNT", tmp_path)
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    login = login_module.read_login("", "")
    assert (login.context, login.server) == ("in-cluster", "https://10.0.0.1:443")
    assert (login.user, login.namespace) == ("system:serviceaccount:sre:agent", "sre")
    assert login.headers()["authorization"].startswith("bearer head.")


def test_a_broken_service_account_is_told(
    tmp_path: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("token", encoding="utf-8")
    monkeypatch.setattr(login_module, "ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "")
    assert "cannot use the pod's service account" in failure("", clock).message


def test_reading_a_kubeconfig_leaves_it_as_it_is(
    kubeconfig: KubeconfigWriter, clock: StillClock
) -> None:
    path = kubeconfig(SERVER)
    before = Path(path).read_bytes()
    connect(kubeconfig=path, clock=clock)
    assert Path(path).read_bytes() == before
