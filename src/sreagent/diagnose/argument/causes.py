"""What an explanation is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sreagent.domain.change import Change
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding

Part = tuple[str, float]
"""A named part of a confidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that is wrong by itself, with everything it explains."""

    entity: Entity
    statement: str
    category: Category
    confidence: float
    findings: tuple[Finding, ...]
    """What shows it, most telling first."""
    against: tuple[Finding, ...] = ()
    change: Change | None = None
    """The change that brought it."""
    refuted_by: str = ""
    """What would show that this is wrong."""
    victims: tuple[Entity, ...] = ()
    first_symptom: datetime | None = None
    relevant: bool = True
    """It explains the alert, or lies where the alert points."""
    parts: tuple[Part, ...] = ()
    """What the confidence is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledOut:
    """A suspicion that what was seen speaks against."""

    entity: Entity
    statement: str
    category: Category
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The whole account: causes best first, and what was looked at to find them."""

    causes: tuple[Cause, ...]
    ruled_out: tuple[RuledOut, ...] = ()
    victims: tuple[Entity, ...] = ()
    changes: tuple[Change, ...] = ()
    """Near ones first."""
    unchanged: str = ""
    """That nothing changed of what matters, and among what; empty when something did."""
    findings: tuple[Finding, ...] = ()
    looked: Mapping[str, int] = field(default_factory=dict)
    focus: tuple[Entity, ...] = ()
    namespaces: tuple[str, ...] = ()
    """Those that the alert is about; none when it names none."""
    is_over: bool = False
    """The alert is resolved, or only proves that alerting works."""
    impact: str = ""
