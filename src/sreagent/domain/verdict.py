"""What the gate answers."""

from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    """How far an action may go by itself."""

    READ = "read"
    """Runs by itself."""
    BOUNDED = "bounded"
    """A small change within limits; `--yes` may approve it."""
    PERSON = "person"
    """A person says yes, each time."""


@dataclass(frozen=True, slots=True)
class Allow:
    """It may run."""

    rule: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A person decides. `bounded` tells whether `--yes` may speak for the person."""

    rule: str
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class Deny:
    """It does not run."""

    rule: str


Verdict = Allow | Ask | Deny
