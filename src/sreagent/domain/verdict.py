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


class Autonomy(StrEnum):
    """How much runs with nobody asked. Each level may do what the one before may, and more."""

    OBSERVER = "observer"
    """Looks and explains; proposes no change."""
    ADVISOR = "advisor"
    """Proposes changes; makes none."""
    ASSISTANT = "assistant"
    """Makes a change when a person says yes."""
    RESPONDER = "responder"
    """Makes bounded changes by itself."""
    AUTONOMOUS = "autonomous"
    """Also makes reversible changes that no rule keeps for a person always."""


@dataclass(frozen=True, slots=True)
class Allow:
    """It runs with nobody asked."""

    rule: str
    """Which rule spoke, as one word: `read`, `always/payments`, `breaker/scalings`."""
    reason: str = ""
    """The same as a sentence that the reader can act on."""
    tier: Tier = Tier.READ


@dataclass(frozen=True, slots=True)
class Ask:
    """A person decides. `bounded` tells whether `--yes` may speak for the person."""

    rule: str
    reason: str = ""
    bounded: bool = False
    people: int = 1
    """How many different people have to say yes."""

    @property
    def tier(self) -> Tier:
        """How far it may go by itself."""
        return Tier.BOUNDED if self.bounded else Tier.PERSON


@dataclass(frozen=True, slots=True)
class Deny:
    """It does not run."""

    rule: str
    reason: str = ""
    passes: bool = False
    """It may run later, as it is: a halt is lifted, a freeze ends, an hour is over."""


Verdict = Allow | Ask | Deny
STOPPED = "all changes are stopped"
"""How every refusal begins that `sre halt` brings."""
