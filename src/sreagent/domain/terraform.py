"""A Terraform state as it is kept somewhere, before anybody reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

LARGEST = 256 * 1024 * 1024
"""Bytes of a state that are read: its objects take five times as much memory."""
DEFAULT_WORKSPACE = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Somebody holds the lock of a state."""

    who: str
    operation: str = ""
    """`OperationTypeApply`."""
    since: datetime | None = None
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateText:
    """The bytes of one state, or of what `terraform show -json` printed."""

    source: str
    """`s3://bucket/prod/network.tfstate`, a path, `stdin`."""
    body: bytes = field(repr=False)
    """Secrets stand in it."""
    held: Held | None = None
    lock_unknown: str = ""
    """Why it is not known whether somebody holds the lock."""
    region: str = ""
    """Where the state itself is kept: of use where a resource does not tell its own."""
    profile: str = ""
    doubts: tuple[str, ...] = ()
    """What its place says against it: a digest that is another."""
    spec: "StateSpec | None" = None
    """What leads to this one state again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSpec:
    """A place where one state is kept, or many."""

    scheme: str
    """`file`, `stdin`, `s3`, `http`, `gs`, `azurerm`, `tfc`, `kubernetes`."""
    address: str
    """As a person writes it, without options and logins: `s3://tf/prod/**`."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`region`, `profile`, `dynamodb_table`. Passwords may stand in it."""

    def __str__(self) -> str:
        """Render for messages."""
        return self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFolder:
    """A folder with Terraform code, and what `terraform init` left in it."""

    path: str
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Names of `*.tf`, `*.tofu` and their JSON kin, and what stands in them."""
    initialised: bytes = field(default=b"", repr=False)
    """`.terraform/terraform.tfstate`: the backend with all its settings."""
    modules: bytes = field(default=b"", repr=False)
    """`.terraform/modules/modules.json`: where modules from elsewhere were put."""
    workspace: str = ""
    """Of `.terraform/environment`; empty where none was chosen."""
    has_terragrunt: bool = False
