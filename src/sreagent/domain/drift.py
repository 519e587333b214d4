"""Where reality left Terraform state: what differs, who did it, how bad it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Json = Any
"""A JSON value."""


class Class(StrEnum):
    """What a difference is, once it is known who may change the field."""

    DRIFT = "drift"
    CONTROLLER = "controller"
    """A controller owns the field: an autoscaler, a deployment service, an operator."""
    IGNORED = "ignored"
    """`ignore_changes` or the ignore file says so."""


class Severity(StrEnum):
    """How bad it is; compares from LOW to HIGH."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for the lowest."""
        return list(Severity).index(self)

    # All four: what is left out would compare letters.
    def __lt__(self, other: str) -> bool:
        return self.rank < Severity(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Severity(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Severity(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Severity(other).rank


class Way(StrEnum):
    """By which way a change came."""

    CONSOLE = "console"
    CLI = "cli"
    CI = "ci"
    SERVICE = "service"
    TERRAFORM = "terraform"
    UNKNOWN = "unknown"


class Extent(StrEnum):
    """How far a type was looked at."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    """Something could not be read: what is missing there is not said."""
    SHALLOW = "shallow"
    """Only what a generic reading gives was compared."""
    NOT_LOOKED_AT = "not looked at"

    @property
    def lacks(self) -> bool:
        """Whether something there was not seen."""
        return self in (Extent.PARTIAL, Extent.NOT_LOOKED_AT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something lives. Empty parts are not known, or do not apply."""

    account: str = ""
    region: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.account, self.region) if part) or "unknown place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who made a change, as far as a record tells."""

    who: str
    """The person or program: `jo@example.com through role ops-admin`. Empty: no record tells, and
    `why` says what was looked at."""
    when: datetime | None
    how: Way = Way.UNKNOWN
    event: str = ""
    """The call: `AuthorizeSecurityGroupIngress`."""
    source: str = ""
    """The record that tells: `cloudtrail`, `managedFields`."""
    confidence: float = 0.0
    """0 to 1: how sure it is that this call made this change."""
    why: str = ""
    """What the confidence rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """An incident that is near a change in time, and perhaps in topology."""

    incident: str
    seconds: float
    """From the change to the alert: positive when the change came first."""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One attribute that is not what the state says."""

    address: str
    type: str
    id: str
    path: str
    """`ingress[0].cidr_blocks`."""
    before: Json
    """As the state has it; secrets are masked."""
    after: Json
    klass: Class = Class.DRIFT
    severity: Severity = Severity.LOW
    why: str = ""
    """What makes it so severe, or who owns the field: `opened to the world`."""
    opens: bool | None = None
    """Whether it lets more in than before; None when it is neither opened nor closed."""
    place: Place = Place()
    source: str = ""
    """The state it stands in."""
    tainted: bool = False
    shallow: bool = False
    author: Author | None = None
    near: tuple[Near, ...] = ()
    dependents: tuple[str, ...] = ()
    """Addresses of what depends on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A resource of the state that is not there."""

    address: str
    type: str
    id: str
    place: Place = Place()
    source: str = ""
    severity: Severity = Severity.MEDIUM
    why: str = ""
    author: Author | None = None
    near: tuple[Near, ...] = ()
    dependents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmanaged:
    """Something that is there and in no state that was read."""

    type: str
    id: str
    name: str = ""
    place: Place = Place()
    folded: str = ""
    """Why nobody would manage it: `default VPC`, `service-linked role`."""
    import_id: str = ""
    """What `terraform import` takes; empty where that is not known."""
    created: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    severity: Severity = Severity.LOW
    why: str = ""
    author: Author | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOver:
    """A deposed object: replaced, and its old self was not destroyed."""

    address: str
    type: str
    id: str
    key: str
    """The key of the deposed object in the state."""
    exists: bool | None = None
    """None where it was not looked for."""
    place: Place = Place()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How far one type was looked at in one place."""

    type: str
    extent: Extent
    place: Place = Place()
    resources: int = 0
    """In the states."""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that could not be read; the rest went on."""

    what: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSeen:
    """A state that was read."""

    source: str
    serial: int
    resources: int
    terraform_version: str = ""
    locked: str = ""
    """`apply in progress by jo@laptop since 22:14 UTC`: the result may be wrong soon."""
    lock_unknown: str = ""
    """Why it is not known whether somebody holds the lock."""
    changed_meanwhile: bool = False
    """Its serial moved while reality was read, also after it was read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """All that one run found."""

    at: datetime
    states: tuple[StateSeen, ...] = ()
    changed: tuple[Changed, ...] = ()
    missing: tuple[Missing, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    left_over: tuple[LeftOver, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    errors: tuple[Trouble, ...] = ()
    seconds: float = 0.0
    calls: int = 0
    known_before: int = 0
    """Findings that a baseline knows, which are left out."""
    ignored: int = 0
    """Missing and left-over resources that an ignore file leaves out."""

    @property
    def drifted(self) -> tuple[Changed, ...]:
        """What changed and is nobody's business but a person's."""
        return tuple(each for each in self.changed if each.klass is Class.DRIFT)

    @property
    def strangers(self) -> tuple[Unmanaged, ...]:
        """What is unmanaged, without what nobody would manage."""
        return tuple(each for each in self.unmanaged if not each.folded)

    @property
    def provisional(self) -> bool:
        """Whether somebody was changing things at the same time."""
        return any(state.locked or state.changed_meanwhile for state in self.states)

    @property
    def is_partial(self) -> bool:
        """Whether something that the states hold was not looked at."""
        return bool(self.errors) or any(
            each.resources and each.extent.lacks for each in self.coverage
        )
