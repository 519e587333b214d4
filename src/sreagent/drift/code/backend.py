"""Where code says that its state is kept: the `backend` or `cloud` block, and what init made of it.

Other tools' words stay: a backend's settings have the names that Terraform gives them.
"""

import json
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sreagent.domain.errors import BadInput
from sreagent.domain.state_spec import spec_of
from sreagent.domain.terraform import DEFAULT_WORKSPACE, CodeFolder, StateSpec
from sreagent.domain.text import one_line
from sreagent.drift.code.blocks import Block, Written, blocks_of

_PULL = "terraform state pull | sre drift --state -"
_LOCAL_STATE = "terraform.tfstate"
_STATE_FOLDER = "terraform.tfstate.d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A kind of backend with its settings."""

    kind: str
    settings: Mapping[str, Any]
    where: str
    """What says so: a file."""
    folder: str
    workspace: str

    def text(self, *names: str) -> str:
        """The first of these settings that is known, `a.b` for one in a block; else empty."""
        for name in names:
            found: Any = self.settings
            for step in name.split("."):
                while isinstance(found, list):
                    found = found[0] if found else None
                found = found.get(step) if isinstance(found, Mapping) else None
            if isinstance(found, bool):
                return str(found).lower()
            if isinstance(found, str | int | float):
                return str(found)
        return ""

    def needed(self, *names: str) -> str:
        """As `text`.

        Raises:
            BadInput: It is not known.
        """
        if found := self.text(*names):
            return found
        written = self.settings.get(names[0])
        how = f"is {one_line(written.text, 60)}" if isinstance(written, Written) else "is not there"
        msg = f"{self.where}: {names[0]} of the backend {self.kind!r} {how}"
        raise BadInput(
            msg,
            why="nothing was initialised in this folder that would tell it",
            hint=f"try: terraform init, or {_PULL}",
        )

    @property
    def is_default(self) -> bool:
        """Whether the workspace is the one that always is."""
        return self.workspace == DEFAULT_WORKSPACE


def state_spec(folder: CodeFolder, *, workspace: str = "") -> StateSpec:
    """The place of the state that the code of a folder means.

    Args:
        folder: The code, and what `terraform init` left.
        workspace: `TF_WORKSPACE`, or what the person says; empty for the one that was selected.

    Raises:
        BadInput: There is no code, or its backend is not known, or is one that cannot be read.
    """
    chosen = workspace or folder.workspace or DEFAULT_WORKSPACE
    found = _backend(folder, chosen)
    maker = _MAKERS.get(found.kind)
    if not maker:
        msg = f"{found.where}: states of the backend {one_line(found.kind, 40)!r} cannot be read"
        raise BadInput(msg, why=f"known: {', '.join(_MAKERS)}", hint=f"try: {_PULL}")
    return maker(found)


def _backend(folder: CodeFolder, workspace: str) -> Backend:
    declared = _declared(folder)
    made = _initialised(folder.initialised)
    if declared and made and made[0] == declared[0]:
        # What was given to `terraform init` by flags or files stands only there.
        known = {name: value for name, value in made[1].items() if value is not None}
        settings = {**declared[1], **known}
        kind, where = declared[0], declared[2]
    elif declared:
        kind, settings, where = declared[0], dict(declared[1]), declared[2]
    elif made:
        kind, settings, where = made[0], dict(made[1]), ".terraform/terraform.tfstate"
    elif folder.files:
        kind, settings, where = "local", {}, folder.path
    else:
        raise _no_code(folder)
    return Backend(
        kind=kind, settings=settings, where=where, folder=folder.path, workspace=workspace
    )


def _no_code(folder: CodeFolder) -> BadInput:
    if folder.has_terragrunt:
        msg = f"the code of {folder.path} is Terragrunt's, which makes the backend when it runs"
        return BadInput(msg, hint="try: terragrunt state pull | sre drift --state -")
    msg = f"there is no Terraform code in {folder.path}, so nothing says where its state is"
    return BadInput(msg, hint="try: sre drift --state s3://BUCKET/KEY, or in another folder")


def _declared(folder: CodeFolder) -> tuple[str, dict[str, Any], str] | None:
    found: tuple[str, dict[str, Any], str] | None = None
    for block in blocks_of(folder.files):
        for inner in block.inner if block.kind == "terraform" else ():
            if inner.kind == "cloud":
                found = "cloud", _settings(inner), inner.path
            elif inner.labels:
                found = inner.labels[0], _settings(inner), inner.path
    return found


def _settings(block: Block) -> dict[str, Any]:
    return {**block.values, **{each.kind: _settings(each) for each in block.inner}}


def _initialised(text: bytes) -> tuple[str, Mapping[str, Any]] | None:
    try:
        told = json.loads(text or b"{}")
    except (ValueError, RecursionError):
        return None
    backend = told.get("backend") if isinstance(told, dict) else None
    if not isinstance(backend, dict) or not isinstance(backend.get("type"), str):
        return None
    config = backend.get("config")
    return backend["type"], config if isinstance(config, dict) else {}


def _spec(scheme: str, address: str, **options: str) -> StateSpec:
    known = {name: value for name, value in options.items() if value}
    return StateSpec(scheme=scheme, address=address, options=known)


def _local(backend: Backend) -> StateSpec:
    if backend.is_default:
        path = backend.text("path") or _LOCAL_STATE
    else:
        below = backend.text("workspace_dir") or _STATE_FOLDER
        path = posixpath.join(below, backend.workspace, _LOCAL_STATE)
    return _spec("file", posixpath.normpath(posixpath.join(backend.folder, path)))


def _s3(backend: Backend) -> StateSpec:
    key = backend.needed("key").lstrip("/")
    if not backend.is_default:
        prefix = backend.text("workspace_key_prefix") or "env:"
        key = f"{prefix.strip('/')}/{backend.workspace}/{key}"
    return _spec(
        "s3",
        f"s3://{backend.needed('bucket')}/{key}",
        region=backend.text("region"),
        profile=backend.text("profile"),
        dynamodb_table=backend.text("dynamodb_table"),
        use_lockfile=backend.text("use_lockfile"),
        role_arn=backend.text("assume_role.role_arn", "role_arn"),
        external_id=backend.text("assume_role.external_id", "external_id"),
        session_name=backend.text("assume_role.session_name", "session_name"),
        endpoint=backend.text("endpoints.s3", "endpoint"),
    )


def _gcs(backend: Backend) -> StateSpec:
    prefix = backend.text("prefix").strip("/")
    name = f"{backend.workspace}.tfstate"
    key = f"{prefix}/{name}" if prefix else name
    return _spec("gs", f"gs://{backend.needed('bucket')}/{key}")


def _azurerm(backend: Backend) -> StateSpec:
    key = backend.needed("key")
    if not backend.is_default:
        key = f"{key}env:{backend.workspace}"
    account = backend.needed("storage_account_name")
    container = backend.needed("container_name")
    return _spec(
        "azurerm",
        f"azurerm://{account}/{container}/{key}",
        environment=backend.text("environment"),
    )


def _http(backend: Backend) -> StateSpec:
    if not backend.is_default:
        msg = f"{backend.where}: a backend 'http' has no workspaces"
        raise BadInput(msg, hint=f"unset TF_WORKSPACE, or try: {_PULL}")
    spec = spec_of(backend.needed("address"))
    login = {name: backend.text(name) for name in ("username", "password")}
    return replace(
        spec, options={**spec.options, **{name: value for name, value in login.items() if value}}
    )


def _kubernetes(backend: Backend) -> StateSpec:
    namespace = backend.text("namespace") or "default"
    return _spec(
        "kubernetes",
        f"kubernetes://{namespace}/{backend.needed('secret_suffix')}",
        workspace=backend.workspace,
        context=backend.text("config_context"),
    )


def _pg(backend: Backend) -> StateSpec:
    return _spec("pg", "pg://the-database-of-the-backend", workspace=backend.workspace)


def _tfc(backend: Backend) -> StateSpec:
    organization = backend.needed("organization")
    host = backend.text("hostname")
    prefix = backend.text("workspaces.prefix")
    if name := backend.text("workspaces.name"):
        return _spec("tfc", f"tfc://{organization}/{name}", hostname=host)
    tags = _tags(backend)
    if not backend.is_default:
        return _spec("tfc", f"tfc://{organization}/{prefix}{backend.workspace}", hostname=host)
    if not prefix and not tags:
        msg = f"{backend.where}: which workspace of {organization} is meant is not told"
        raise BadInput(msg, hint=f"try: TF_WORKSPACE=NAME, or --state tfc://{organization}/NAME")
    return _spec("tfc", f"tfc://{organization}/{prefix}*", hostname=host, tags=tags)


def _tags(backend: Backend) -> str:
    inside = backend.settings.get("workspaces")
    while isinstance(inside, list):
        inside = inside[0] if inside else None
    tags = inside.get("tags") if isinstance(inside, Mapping) else None
    if not isinstance(tags, list):
        return ""
    return ",".join(str(tag) for tag in tags if isinstance(tag, str))


_MAKERS: Mapping[str, Callable[[Backend], StateSpec]] = {
    "local": _local,
    "s3": _s3,
    "gcs": _gcs,
    "azurerm": _azurerm,
    "http": _http,
    "kubernetes": _kubernetes,
    "pg": _pg,
    "remote": _tfc,
    "cloud": _tfc,
}
