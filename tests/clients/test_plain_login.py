"""Logins that are read without the official client, and those that are left to it."""

import base64
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from tests.clients.conftest import ClusterOf, KubeconfigWriter, StillClock
from tests.clients.servers import Server, reply, serving

from sreagent.clients import kubeconfig as official
from sreagent.clients.kubernetes import connect
from sreagent.clients.logins import read_login
from sreagent.clients.plain_login import plain_login
from sreagent.domain.errors import BadInput

SERVER = "https://10.1.2.3:6443"
OTHER = {"name": "dev", "context": {"cluster": "prod-eu", "user": "oncall"}}
PROD = {"name": "prod", "context": {"cluster": "prod-eu", "user": "oncall", "namespace": "shop"}}


def of_user(**account: Any) -> dict[str, Any]:
    return {"users": [{"name": "oncall", "user": account}]}


def of_cluster(**entry: Any) -> dict[str, Any]:
    return {"clusters": [{"name": "prod-eu", "cluster": {"server": SERVER, **entry}}]}


def encoded(text: bytes) -> str:
    return base64.b64encode(text).decode()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="token"),
        pytest.param({"contexts": [OTHER, PROD]}, id="several-contexts"),
        pytest.param(of_cluster(server=f"{SERVER}/k8s/"), id="path"),
        pytest.param(of_cluster(server="http://127.0.0.1:8001"), id="no-tls"),
        pytest.param(of_cluster(extensions=[{"name": "x"}]), id="extensions"),
        pytest.param(
            of_user(
                **{"token": "t0k3n", "as": "viewer", "as-groups": ["sre", "dev"]},
                **{"as-uid": "7", "as-user-extra": {"reason": ["page"]}},
            ),
            id="impersonation",
        ),
    ],
)
def test_a_plain_login_is_what_the_official_client_reads(
    changes: dict[str, Any], kubeconfig: KubeconfigWriter
) -> None:
    path = kubeconfig(SERVER, **changes)
    plain, other = plain_login(path, ""), official.read_login(path, "")
    assert plain
    for name in ("context", "cluster", "user", "namespace", "origin", "others", "server"):
        assert getattr(plain, name) == getattr(other, name)
    assert plain.headers().items() == other.headers().items()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(of_user(exec={"command": "login"}), id="program"),
        pytest.param(of_user(tokenFile="/var/token"), id="token-file"),
        pytest.param(of_user(**{"auth-provider": {"name": "oidc"}}), id="provider"),
        pytest.param(of_user(username="oncall"), id="password"),
        pytest.param(of_user(token=123), id="odd-token"),
        pytest.param(of_user(**{"client-certificate-data": encoded(b"x")}), id="half-a-pair"),
        pytest.param(of_cluster(**{"proxy-url": "http://10.0.0.9"}), id="proxy"),
        pytest.param(of_cluster(**{"insecure-skip-tls-verify": True}), id="insecure"),
        pytest.param(of_cluster(**{"tls-server-name": "kubernetes"}), id="other-name"),
        pytest.param(of_cluster(**{"certificate-authority": "/no/ca.pem"}), id="no-such-file"),
        pytest.param(of_cluster(**{"certificate-authority-data": "%%"}), id="no-base64"),
        pytest.param(of_cluster(server="10.1.2.3"), id="odd-address"),
        pytest.param({"contexts": [OTHER, PROD, PROD]}, id="the-same-twice"),
        pytest.param({"current-context": "nope"}, id="no-such-context"),
    ],
)
def test_any_other_login_is_left_to_the_official_client(
    changes: dict[str, Any], kubeconfig: KubeconfigWriter
) -> None:
    assert plain_login(kubeconfig(SERVER, **changes), "") is None


def test_a_proxy_of_the_environment_is_left_to_the_official_client(
    kubeconfig: KubeconfigWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kubeconfig(SERVER)
    assert plain_login(path, "")
    monkeypatch.setenv("https_proxy", "http://10.0.0.9:3128")
    assert plain_login(path, "") is None


def test_several_files_are_left_to_the_official_client(kubeconfig: KubeconfigWriter) -> None:
    both = f"{kubeconfig(SERVER)}:{kubeconfig(SERVER, name='other')}"
    assert plain_login(both, "") is None
    assert read_login(both, "").server == SERVER


def test_no_secret_stands_in_what_a_plain_login_shows_of_itself(
    kubeconfig: KubeconfigWriter,
) -> None:
    assert "s3cr3t" not in repr(plain_login(kubeconfig(SERVER), ""))


def _inline(pem: Path) -> tuple[dict[str, str], dict[str, str]]:
    content = encoded(pem.read_bytes())
    account = {"client-certificate-data": content, "client-key-data": content}
    return {"certificate-authority-data": content}, account


def _in_files(pem: Path | str) -> tuple[dict[str, str], dict[str, str]]:
    account = {"client-certificate": str(pem), "client-key": str(pem)}
    return {"certificate-authority": str(pem)}, account


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(_inline, id="data"),
        pytest.param(_in_files, id="files"),
        pytest.param(lambda pem: _in_files(pem.name), id="files-beside-the-kubeconfig"),
        pytest.param(lambda pem: _in_files(f"../{pem.parent.name}/{pem.name}"), id="by-its-folder"),
    ],
)
@pytest.mark.parametrize("extra", [{}, {"tls-server-name": ""}], ids=["plain", "official"])
def test_a_client_certificate_is_shown_to_the_server(
    written: Callable[[Path], tuple[dict[str, str], dict[str, str]]],
    extra: dict[str, str],
    certificate: Callable[..., Path],
    cluster_at: ClusterOf,
) -> None:
    pem = certificate()
    authority, account = written(pem)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    tls.load_verify_locations(pem)
    tls.verify_mode = ssl.CERT_REQUIRED
    with serving(tls) as server:
        server.on("/version", reply({"gitVersion": "v1.31.2"}))
        entry = of_cluster(**authority, **extra)
        entry["clusters"][0]["cluster"]["server"] = server.url
        cluster = cluster_at(server.url, **entry, **of_user(**account))
        assert cluster.version() == "v1.31.2"


def test_a_key_with_a_passphrase_asks_nothing_at_the_terminal(
    certificate: Callable[..., Path], kubeconfig: KubeconfigWriter
) -> None:
    pem = certificate()
    key = load_pem_private_key(pem.read_bytes(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open")
    )
    account = {
        "client-certificate-data": encoded(pem.read_bytes()),
        "client-key-data": encoded(key),
    }
    assert plain_login(kubeconfig(SERVER, **of_user(**account)), "") is None


def test_what_is_wrong_is_told_by_one_place(
    kubeconfig: KubeconfigWriter, clock: StillClock, server: Server
) -> None:
    path = kubeconfig(server.url)
    assert connect(kubeconfig=path, clock=clock).server == server.url
    with pytest.raises(BadInput, match="there is no context 'nope' in the kubeconfig"):
        connect(kubeconfig=path, context="nope", clock=clock)
