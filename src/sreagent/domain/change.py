"""What changed before it broke."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sreagent.domain.entity import Entity

VAGUE = timedelta(minutes=10)
"""A change that is dated no better than this says nothing about which came first."""


class Sort(StrEnum):
    """What sort of change it was."""

    ROLLOUT = "rollout"
    EDIT = "edit"
    SCALING = "scaling"
    CREATION = "creation"
    DELETION = "deletion"
    RELEASE = "release"
    """Helm, Argo CD or Flux installed something, or failed to."""
    NODE = "node"
    """Something happened to a node: it was drained, it started again, it went away."""
    TROUBLE = "trouble"
    """A node fell ill: others suffer from it, and nobody did it."""
    KILL = "kill"
    """Pods that somebody else than their controller took away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change to one object, with its diff."""

    entity: Entity
    at: datetime
    """When; of a change whose time is not known, the earliest that it can have been."""
    summary: str
    """`revision 1 → 2: image 2.4.0 → 2.4.1`."""
    by: str = ""
    """Field manager or user, where the object tells."""
    diff: tuple[str, ...] = ()
    """Lines beginning with `- ` and `+ `."""
    revision: int | None = None
    previous_revision: int | None = None
    command: str = ""
    """The call that shows it again."""
    sort: Sort = Sort.EDIT
    until: datetime | None = None
    """The latest that it can have been; None when `at` is the time."""
    nearness: str = ""
    """How near it is to the trouble: `70 s before the first symptom, on the object itself`."""

    @property
    def is_dated(self) -> bool:
        """Whether its time is known well enough to tell what came first."""
        return self.until is None or self.until - self.at <= VAGUE
