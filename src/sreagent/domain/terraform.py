"""A Terraform state as it is kept somewhere, before anybody reads it."""

from dataclasses import dataclass
from datetime import datetime


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
    body: bytes
    held: Held | None = None
    lock_unknown: str = ""
    """Why it is not known whether somebody holds the lock."""
    region: str = ""
    """Where the state itself is kept: of use where a resource does not tell its own."""
    profile: str = ""
