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
