"""The models of a run, what they are told, and how much they may take."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sreagent.domain.conversation import Usage
from sreagent.domain.incident import Incident
from sreagent.domain.ports import Model
from sreagent.domain.record import Told, Turn
from sreagent.investigate.model.prompts import Prompts
from sreagent.investigate.model.roles import Role

SMALL = frozenset({Role.SUPERVISOR.value, Role.OBSERVER.value, Role.COMMUNICATOR.value})
"""Roles that a cheaper model can take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where a model has to stop."""

    turns: int = 15
    tokens: int = 100_000
    """Read and written together, for one incident."""
    usd: float = 0.0
    """US dollars for one incident; 0 for no limit."""
    answer: int = 1500
    """Tokens of one answer."""


@dataclass(slots=True, kw_only=True)
class Minds:
    """Everything a model needs beside the case."""

    models: Callable[[str], Model]
    """The model of a role; loaded in the background, waited for when first asked."""
    prompts: Prompts
    limits: Limits = field(default_factory=Limits)
    own: frozenset[str] = frozenset()
    """Roles that have a model of their own."""
    _known: dict[Role, Model] = field(default_factory=dict)

    def model(self, role: Role) -> Model:
        """The model that takes a role."""
        if role not in self._known:
            self._known[role] = self.models(role.value)
        return self._known[role]

    def has_own(self, role: Role) -> bool:
        """Whether a role has another model than the others."""
        return role.value in self.own


def spent(incident: Incident) -> Usage:
    """What models took so far."""
    return incident.model_usage


def turns(incident: Incident) -> tuple[Turn, ...]:
    """What models said so far."""
    records = (entry.record for entry in incident.entries)
    return tuple(record for record in records if isinstance(record, Turn))


def over(incident: Incident, limits: Limits) -> str:
    """Which limit was reached, in words; empty for none."""
    taken = spent(incident)
    tokens = taken.prompt + taken.answer
    if tokens >= limits.tokens:
        return f"the limit of {limits.tokens} tokens was reached ({tokens})"
    if limits.usd and (taken.usd or 0.0) >= limits.usd:
        return f"the limit of {limits.usd:g} USD was reached ({taken.usd:.3f})"
    if len(turns(incident)) >= limits.turns:
        return f"the limit of {limits.turns} answers of the model was reached"
    return ""


def invented(incident: Incident) -> Mapping[str, int]:
    """How often models made something up, by what it was."""
    counts: dict[str, int] = {}
    for entry in incident.entries:
        if isinstance(entry.record, Told) and entry.record.invented:
            counts[entry.record.invented] = counts.get(entry.record.invented, 0) + 1
    return counts
