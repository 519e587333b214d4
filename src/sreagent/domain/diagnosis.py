"""How an investigation ends."""

from dataclasses import dataclass
from enum import StrEnum

from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category

CONFIDENT = 0.82
"""Below this a person is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The cause, with the evidence that shows it."""

    root_cause: str
    entity: Entity
    category: Category
    confidence: float
    evidence: tuple[str, ...]
    refuted_by: str = ""
    """What would show that this is wrong."""


class Outcome(StrEnum):
    """What came of the incident."""

    OPEN = "open"
    """Not ended: interrupted, or waiting for the next step."""
    NO_FAULT = "no_fault"
    DIAGNOSED = "diagnosed"
    """The cause is known; nothing was changed, and nothing was asked to be."""
    WAITING = "waiting"
    """A proposed change waits for a person."""
    FIXED = "fixed"
    """A change ran and what was wrong is gone."""
    NOT_FIXED = "not_fixed"
    """A change ran and did not help."""
    REFUSED = "refused"
    """The change was refused: by a person, by policy, or by the cluster."""
    ESCALATED = "escalated"
    """Not sure enough: handed over to a person."""
    UNKNOWN = "unknown"
    """Too little could be looked at to say anything."""
