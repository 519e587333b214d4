"""States in Google Cloud Storage and Azure Blob Storage, and all places as one."""

import base64
import json
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import google.cloud.storage
import pytest
from azure.core.credentials import AzureSasCredential
from azure.storage.blob import BlobServiceClient
from google.auth.credentials import AnonymousCredentials
from tests.clients.servers import Reply, Server, reply

from sreagent.clients.state_azure import AzureStates, connect_azure
from sreagent.clients.state_gcs import GcsStates, connect_gcs
from sreagent.clients.state_sources import Access, StateSources
from sreagent.domain.drift import Trouble
from sreagent.domain.errors import (
    BadInput,
    BadSettings,
    Forbidden,
    NotFound,
    Refused,
    SreError,
    Unreachable,
)
from sreagent.domain.ports import StateSource
from sreagent.domain.state_spec import spec_of
from sreagent.domain.terraform import StateText

STATE = json.dumps({"version": 4, "serial": 1, "lineage": "a", "resources": []}).encode()
LOCK = json.dumps({"ID": "a1", "Operation": "OperationTypeApply", "Who": "jo@laptop"}).encode()


def texts(source: StateSource, spec: str) -> list[StateText]:
    found = list(source.fetch(spec_of(spec)))
    assert all(isinstance(each, StateText) for each in found), found
    return [each for each in found if isinstance(each, StateText)]


def put_gcs(server: Server, objects: Mapping[str, bytes]) -> None:
    """Keep objects in the bucket `tf`, as its JSON API shows them."""
    entries = [{"name": name, "size": str(len(body))} for name, body in objects.items()]
    server.on("/storage/v1/b/tf/o", reply({"items": entries}))
    for entry, body in zip(entries, objects.values(), strict=True):
        path = f"/storage/v1/b/tf/o/{entry['name'].replace('/', '%2F')}"
        server.on(path, reply(entry))
        server.on(f"/download{path}", Reply(body=body))


@pytest.fixture
def gcs(server: Server) -> GcsStates:
    def enter() -> Any:
        return google.cloud.storage.Client(
            project=None,
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": server.url},
        )

    return GcsStates(enter, timeout=2)


def test_a_state_in_google_cloud_storage_is_read_with_its_lock(
    server: Server, gcs: GcsStates
) -> None:
    put_gcs(server, {"prod/default.tfstate": STATE, "prod/default.tflock": LOCK})
    (text,) = texts(gcs, "gs://tf/prod/default.tfstate")
    assert (text.source, text.body) == ("gs://tf/prod/default.tfstate", STATE)
    assert text.held
    assert text.held.who == "jo@laptop"
    assert all(each.method == "GET" for each in server.asked)


def test_a_folder_of_google_cloud_storage_means_all_its_states(
    server: Server, gcs: GcsStates
) -> None:
    put_gcs(
        server,
        {"p/a.tfstate": STATE, "p/b.tfstate": b"", "p/b.tflock": LOCK, "p/c.tfstate": STATE},
    )
    found = texts(gcs, "gs://tf/p/")
    assert [(each.source, each.held) for each in found] == [
        ("gs://tf/p/a.tfstate", None),
        ("gs://tf/p/c.tfstate", None),
    ]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(reply({"error": {"message": "no"}}, 404), NotFound, id="not-there"),
        pytest.param(reply({"error": {"message": "no"}}, 403), Forbidden, id="forbidden"),
        pytest.param(reply({"error": {"message": "no"}}, 401), Forbidden, id="not-logged-in"),
        pytest.param(reply({"error": {"message": "no"}}, 400), Refused, id="refused"),
        pytest.param(Reply(body=b"<html>"), Unreachable, id="a-page"),
    ],
)
def test_what_google_does_not_give_is_told(
    server: Server, gcs: GcsStates, answer: Reply, error: type[SreError]
) -> None:
    server.on("/storage/v1/b/tf/o/x.tfstate", answer)
    with pytest.raises(error, match=r"gs://tf/x\.tfstate"):
        texts(gcs, "gs://tf/x.tfstate")


def test_without_google_credentials_it_is_said_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = tmp_path / "none.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    with pytest.raises(Forbidden) as error:
        connect_gcs()
    assert "gcloud auth" in error.value.hint


def put_azure(
    server: Server, blobs: Mapping[str, bytes], headers: Mapping[str, str] | None = None
) -> None:
    """Keep blobs in the container `tf` of the account `acc`."""
    listed = "".join(
        f"<Blob><Name>{name}</Name><Properties><Content-Length>{len(body)}</Content-Length>"
        "<BlobType>BlockBlob</BlobType></Properties></Blob>"
        for name, body in blobs.items()
    )
    body = f'<?xml version="1.0"?><EnumerationResults><Blobs>{listed}</Blobs></EnumerationResults>'
    xml = {"Content-Type": "application/xml"}
    server.on("/acc/tf", Reply(body=body.encode(), headers=xml))
    for name, content in blobs.items():
        sent = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}",
            "x-ms-blob-type": "BlockBlob",
            "ETag": '"1"',
            **(headers or {"x-ms-lease-state": "available", "x-ms-lease-status": "unlocked"}),
        }
        server.on(f"/acc/tf/{quote(name)}", Reply(body=content, status=206, headers=sent))


@pytest.fixture
def azure(server: Server) -> AzureStates:
    def enter(account: str, environment: str) -> BlobServiceClient:
        assert environment == ""
        signature = AzureSasCredential(f"sig={secrets.token_hex(8)}")
        return BlobServiceClient(
            f"{server.url}/{account}", credential=signature, retry_total=0, read_timeout=5
        )

    return AzureStates(enter)


def test_a_state_in_azure_is_read_with_its_lock(server: Server, azure: AzureStates) -> None:
    leased = {
        "x-ms-lease-state": "leased",
        "x-ms-lease-status": "locked",
        "x-ms-meta-terraformlockid": base64.b64encode(LOCK).decode(),
    }
    put_azure(server, {"net.tfstate": STATE}, leased)
    (text,) = texts(azure, "azurerm://acc/tf/net.tfstate")
    assert (text.source, text.body) == ("azurerm://acc/tf/net.tfstate", STATE)
    assert text.held
    assert (text.held.who, text.held.operation) == ("jo@laptop", "OperationTypeApply")
    assert all(each.method == "GET" for each in server.asked)


def test_a_container_of_azure_means_all_its_states(server: Server, azure: AzureStates) -> None:
    put_azure(server, {"a.tfstate": STATE, "a.tfstateenv:prod": STATE, "x.zip": b"PK"})
    found = texts(azure, "azurerm://acc/tf")
    assert [(each.source, each.held) for each in found] == [
        ("azurerm://acc/tf/a.tfstate", None),
        ("azurerm://acc/tf/a.tfstateenv:prod", None),
    ]


@pytest.mark.parametrize(
    ("code", "error"),
    [(404, NotFound), (403, Forbidden), (400, Refused), (500, Unreachable)],
)
def test_what_azure_does_not_give_is_told(
    server: Server, azure: AzureStates, code: int, error: type[SreError]
) -> None:
    server.on("/acc/tf/x", Reply(body=b"", status=code))
    with pytest.raises(error, match="azurerm://acc/tf/x"):
        texts(azure, "azurerm://acc/tf/x")


def test_an_account_key_of_terraform_is_used_for_azure() -> None:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    client = connect_azure("acc", "usgovernment", variables={"ARM_ACCESS_KEY": key}, timeout=5)
    assert client.url == "https://acc.blob.core.usgovcloudapi.net/"
    with pytest.raises(BadSettings, match="moon"):
        connect_azure("acc", "moon", variables={}, timeout=5)


@pytest.mark.parametrize(
    ("missing", "connecting", "extra"),
    [
        pytest.param("google.cloud.storage", connect_gcs, "sreagent[gcs]", id="gcs"),
        pytest.param(
            "azure.storage.blob",
            lambda: connect_azure("a", "", variables={}, timeout=1),
            "sreagent[azure]",
            id="azure",
        ),
    ],
)
def test_a_library_that_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, missing: str, connecting: Callable[[], Any], extra: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(BadSettings) as error:
        connecting()
    assert extra in error.value.hint


def no_cluster(_: str) -> Any:
    msg = "no cluster"
    raise Unreachable(msg)


def no_account(_: str, __: str) -> Any:
    msg = "no account"
    raise Unreachable(msg)


@pytest.fixture
def everywhere(tmp_path: Path) -> StateSources:
    return StateSources(
        Access(aws=no_account, cluster=no_cluster, timeout=5, home=tmp_path, headers={"X": "y"})
    )


def test_each_spec_goes_to_its_place(everywhere: StateSources, server: Server) -> None:
    Path("a.tfstate").write_bytes(STATE)
    server.on("/s", Reply(body=STATE))
    assert texts(everywhere, "a.tfstate")[0].source == "a.tfstate"
    assert texts(everywhere, f"{server.url}/s")[0].body == STATE
    assert server.asked[0].headers["X"] == "y"
    for spec, told in (
        ("s3://b/k", "no account"),
        ("k8s://ns/x", "no cluster"),
        ("tfc://o/w", "no token"),
    ):
        with pytest.raises(SreError, match=told):
            texts(everywhere, spec)


def test_a_place_that_cannot_be_read_says_how_to_hand_the_state_over(
    everywhere: StateSources,
) -> None:
    with pytest.raises(BadInput, match="pg://") as error:
        texts(everywhere, "pg://db.local/tf")
    assert "state pull" in error.value.hint


def test_a_trouble_is_one_of_many_and_never_the_only_answer(everywhere: StateSources) -> None:
    Path("a.tfstate").write_bytes(STATE)
    found = list(everywhere.fetch(spec_of("*.tfstate")))
    assert not any(isinstance(each, Trouble) for each in found)
