"""A possible cause, with what speaks for and against it."""

from dataclasses import dataclass
from enum import StrEnum

from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category


class Standing(StrEnum):
    """Where a hypothesis stands."""

    LIKELY = "likely"
    OPEN = "open"
    REFUTED = "refuted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """One account of what is wrong. Evidence is cited by id."""

    id: str
    """`H1`, `H2`, … best first."""
    statement: str
    entity: Entity
    category: Category
    confidence: float
    """0 to 1."""
    standing: Standing = Standing.OPEN
    evidence_for: tuple[str, ...] = ()
    evidence_against: tuple[str, ...] = ()
    refuted_by: str = ""
    """What would refute it, or what did."""
    parent: str = ""
    """Id of the hypothesis whose rival it was; empty for one that answers the alert itself."""
    parts: tuple[tuple[str, float], ...] = ()
    """What the confidence is made of: a reason and its share, adding up to it."""
    explains: tuple[Entity, ...] = ()
    """Objects that suffer from it and are not at fault."""
    would_tell: tuple[str, ...] = ()
    """Reads not made (refused, or not worth the call) that would separate it from the next best."""
