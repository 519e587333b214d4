"""Code says where its state is; what init left says what the code leaves out."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.drift.state.terraform import Terraform

from sreagent.clients.state_code import read_folder
from sreagent.clients.state_files import FileStates
from sreagent.domain.errors import BadInput, Forbidden, NotFound
from sreagent.domain.terraform import CodeFolder, StateText
from sreagent.drift.code.backend import state_spec
from sreagent.drift.state.reading import read


def folder(
    *files: str, initialised: Any = None, workspace: str = "", path: str = ".", **more: Any
) -> CodeFolder:
    return CodeFolder(
        path=path,
        files={f"f{place}.tf": text.encode() for place, text in enumerate(files)},
        initialised=json.dumps(initialised).encode() if initialised else b"",
        workspace=workspace,
        **more,
    )


def backend(kind: str, **settings: Any) -> str:
    lines = "".join(f"    {name} = {json.dumps(value)}\n" for name, value in settings.items())
    return f'terraform {{\n  backend "{kind}" {{\n{lines}  }}\n}}\n'


S3 = backend("s3", bucket="tf", key="prod/net.tfstate", region="eu-west-1", dynamodb_table="locks")
CLOUD = (
    'terraform {\n  cloud {\n    organization = "shop"\n    workspaces {\n      %s\n    }\n  }\n}'
)


@pytest.mark.parametrize(
    ("code", "workspace", "address", "options"),
    [
        pytest.param(
            S3,
            "",
            "s3://tf/prod/net.tfstate",
            {"region": "eu-west-1", "dynamodb_table": "locks"},
            id="s3",
        ),
        pytest.param(
            S3,
            "stage",
            "s3://tf/env:/stage/prod/net.tfstate",
            {"region": "eu-west-1", "dynamodb_table": "locks"},
            id="s3-workspace",
        ),
        pytest.param(
            backend("s3", bucket="tf", key="k", workspace_key_prefix="ws", use_lockfile=True),
            "stage",
            "s3://tf/ws/stage/k",
            {"use_lockfile": "true"},
            id="s3-prefix",
        ),
        pytest.param(
            backend("s3", bucket="tf", key="k", assume_role={"role_arn": "arn:r"}, profile="p"),
            "",
            "s3://tf/k",
            {"role_arn": "arn:r", "profile": "p"},
            id="s3-role",
        ),
        pytest.param(
            backend(
                "s3",
                bucket="tf",
                key="k",
                assume_role={"role_arn": "arn:r", "external_id": "e1", "session_name": "tf"},
            ),
            "",
            "s3://tf/k",
            {"role_arn": "arn:r", "external_id": "e1", "session_name": "tf"},
            id="s3-role-that-wants-names",
        ),
        pytest.param(
            backend("s3", bucket="tf", key="k", endpoints={"s3": "https://minio"}),
            "",
            "s3://tf/k",
            {"endpoint": "https://minio"},
            id="s3-elsewhere",
        ),
        pytest.param(
            backend("gcs", bucket="b", prefix="p/"), "", "gs://b/p/default.tfstate", {}, id="gcs"
        ),
        pytest.param(backend("gcs", bucket="b"), "ws", "gs://b/ws.tfstate", {}, id="gcs-workspace"),
        pytest.param(
            backend("azurerm", storage_account_name="a", container_name="c", key="k/x"),
            "ws",
            "azurerm://a/c/k/xenv:ws",
            {},
            id="azurerm",
        ),
        pytest.param(
            backend("kubernetes", namespace="infra", config_context="c", secret_suffix="net"),  # noqa: S106 - a name
            "",
            "kubernetes://infra/net",
            {"workspace": "default", "context": "c"},
            id="kubernetes",
        ),
        pytest.param(CLOUD % 'name = "net"', "", "tfc://shop/net", {}, id="cloud"),
        pytest.param(
            CLOUD % 'tags = ["a", "b"]', "", "tfc://shop/*", {"tags": "a,b"}, id="cloud-tags"
        ),
        pytest.param(CLOUD % 'tags = ["a"]', "net", "tfc://shop/net", {}, id="cloud-chosen"),
        pytest.param(
            'terraform {\n  backend "remote" {\n    hostname = "tfe.x"\n    organization = "o"\n'
            '    workspaces {\n      prefix = "app-"\n    }\n  }\n}',
            "prod",
            "tfc://o/app-prod",
            {"hostname": "tfe.x"},
            id="remote-prefix",
        ),
        pytest.param(backend("local", path="x/y.tfstate"), "", "x/y.tfstate", {}, id="local"),
        pytest.param(
            backend("local"), "ws", "terraform.tfstate.d/ws/terraform.tfstate", {}, id="local-ws"
        ),
        pytest.param('resource "a" "b" {}', "", "terraform.tfstate", {}, id="none"),
    ],
)
def test_a_backend_means_a_place(
    code: str, workspace: str, address: str, options: Mapping[str, str]
) -> None:
    spec = state_spec(folder(code), workspace=workspace)
    assert (spec.address, dict(spec.options)) == (address, options)


def test_a_login_of_a_backend_is_used_and_never_shown() -> None:
    word = secrets.token_hex(8)
    code = backend("http", address=f"https://x:{word}@git.local/s", username="ci")
    spec = state_spec(folder(code))
    assert (spec.scheme, spec.address) == ("https", "https://git.local/s")
    assert spec.options == {"username": "ci", "password": word}
    assert word not in repr(spec)


def test_what_init_knows_completes_the_code() -> None:
    made = {"backend": {"type": "s3", "config": {"bucket": "b", "key": "k", "region": None}}}
    spec = state_spec(folder(backend("s3", region="eu-west-1"), initialised=made))
    assert (spec.address, spec.options) == ("s3://b/k", {"region": "eu-west-1"})


def test_what_init_made_of_a_cloud_block_is_read() -> None:
    config = {"organization": "o", "hostname": None, "workspaces": {"name": "w", "tags": None}}
    made = {"version": 3, "backend": {"type": "cloud", "config": config}}
    assert state_spec(folder(initialised=made)).address == "tfc://o/w"


def test_code_that_moved_to_another_backend_since_init_counts() -> None:
    made = {"backend": {"type": "local", "config": {"path": "old"}}}
    assert state_spec(folder(S3, initialised=made)).address == "s3://tf/prod/net.tfstate"


def test_the_selected_workspace_counts_unless_another_is_named() -> None:
    selected = folder(backend("local"), workspace="test")
    assert "/test/" in state_spec(selected).address
    assert "/prod/" in state_spec(selected, workspace="prod").address
    assert state_spec(selected, workspace="default").address == "terraform.tfstate"


def test_a_path_is_told_from_the_folder_of_the_code() -> None:
    code = folder(backend("local", path="../x.tfstate"), path="infra/net")
    assert state_spec(code).address == "infra/x.tfstate"


@pytest.mark.parametrize(
    ("code", "told", "hint"),
    [
        pytest.param(folder(), "no Terraform code", "--state", id="no-code"),
        pytest.param(
            folder(has_terragrunt=True), "Terragrunt", "terragrunt state", id="terragrunt"
        ),
        pytest.param(folder(backend("s3", region="x")), "key of the backend", "init", id="partial"),
        pytest.param(
            folder('terraform {\n  backend "s3" {\n    bucket = var.b\n    key = "k"\n  }\n}'),
            "bucket of the backend 's3' is var.b",
            "init",
            id="an-expression",
        ),
        pytest.param(
            folder(backend("consul")), "'consul' cannot be read", "state pull", id="consul"
        ),
        pytest.param(
            folder(CLOUD % ""), "which workspace of shop", "TF_WORKSPACE", id="no-workspace"
        ),
    ],
)
def test_what_does_not_tell_the_place_says_what_would(
    code: CodeFolder, told: str, hint: str
) -> None:
    with pytest.raises(BadInput) as error:
        state_spec(code)
    assert told in error.value.message
    assert hint in error.value.hint


def test_json_overrides_and_opentofu_are_code_too() -> None:
    as_json = json.dumps({"terraform": [{"backend": {"s3": {"bucket": "j", "key": "k"}}}]})
    assert state_spec(CodeFolder(path=".", files={"x.tf.json": as_json.encode()})).address == (
        "s3://j/k"
    )
    override = backend("local", path="o.tfstate").encode()
    files = {"a_override.tf": override, "main.tf": S3.encode()}
    assert state_spec(CodeFolder(path=".", files=files)).address == "o.tfstate"
    files = {"b.tofu": override, "b.tf": S3.encode()}
    assert state_spec(CodeFolder(path=".", files=files)).address == "o.tfstate"


@pytest.mark.parametrize("broken", [b"terraform {\n backend", b"\xff\xfe{", b"{{{{", b"}" * 99])
def test_code_that_cannot_be_understood_never_fails_the_rest(broken: bytes) -> None:
    files = {"a.tf": broken, "a.tf.json": broken, "main.tf": S3.encode()}
    assert state_spec(CodeFolder(path=".", files=files)).address == "s3://tf/prod/net.tfstate"


def test_a_folder_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        read_folder("none")


@pytest.mark.parametrize(
    ("to", "why"),
    [
        # Root may read everything but this.
        pytest.param("/proc/self/mem", "input/output error", id="unreadable"),
        pytest.param("nothing", "no such file", id="leads-nowhere"),
        pytest.param("/dev/zero", "it is no file", id="without-end"),
    ],
)
def test_code_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path, to: str, why: str) -> None:
    (tmp_path / "main.tf").write_text("", encoding="utf-8")
    (tmp_path / "backend.tf").symlink_to(to)
    with pytest.raises(Forbidden, match=r"cannot read .*backend\.tf") as error:
        read_folder(str(tmp_path))
    assert why in error.value.why


def test_what_init_left_and_cannot_be_read_is_not_taken_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("", encoding="utf-8")
    (tmp_path / ".terraform").mkdir()
    assert read_folder(str(tmp_path)).initialised == b""
    (tmp_path / ".terraform" / "terraform.tfstate").symlink_to("/proc/self/mem")
    with pytest.raises(Forbidden, match=r"terraform\.tfstate"):
        read_folder(str(tmp_path))


def test_code_that_is_too_large_is_not_read_in_part(tmp_path: Path) -> None:
    with (tmp_path / "main.tf").open("wb") as file:
        file.truncate(9 * 1024 * 1024)
    with pytest.raises(Forbidden, match=r"main\.tf"):
        read_folder(str(tmp_path))


def test_the_state_that_terraform_wrote_is_found_by_its_code(tmp_path: Path) -> None:
    terraform = Terraform(tmp_path)
    terraform.write("main.tf", f'{backend("local")}\nresource "terraform_data" "a" {{}}\n')
    terraform.run("init", "-backend-config=path=partial.tfstate")
    terraform.run("apply", "-auto-approve")

    def found(**more: str) -> list[str]:
        spec = state_spec(read_folder(str(tmp_path)), **more)
        (text,) = FileStates().fetch(spec)
        assert isinstance(text, StateText)
        return [each.address for each in read(text).resources]

    assert found() == ["terraform_data.a"]
    terraform.run("workspace", "new", "stage")
    terraform.write("main.tf", f'{backend("local")}\nresource "terraform_data" "b" {{}}\n')
    terraform.run("apply", "-auto-approve")
    assert found() == ["terraform_data.b"]
    assert found(workspace="default") == ["terraform_data.a"]
