"""What a reasoner can ask for next, and the parts it works with."""

from dataclasses import dataclass
from typing import Protocol

from sreagent.domain.action import Action
from sreagent.domain.change import Change
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Evidence
from sreagent.domain.hypothesis import Hypothesis
from sreagent.domain.record import Concluded, Record
from sreagent.investigate.case import Case
from sreagent.policy.facts import Origin
from sreagent.tools.looks import ListObjects, ReadLog

NO_MORE = "nothing more from the person"
"""Stands in `Case.asked_for` once they had nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Look at these, together."""

    lists: tuple[ListObjects, ...] = ()
    logs: tuple[ReadLog, ...] = ()
    expression: bool = False
    """Ask Prometheus whether the alert's expression is true now."""
    signals: tuple[Entity, ...] | None = None
    """Read what metrics say of these, and of what is around them; all in view if empty."""
    own_measures: tuple[Entity, ...] | None = None
    """Read what programs count of their business, in the namespaces of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclude:
    """This is the account, with the evidence it cites."""

    evidence: tuple[Evidence, ...]
    changes: tuple[Change, ...]
    hypotheses: tuple[Hypothesis, ...]
    concluded: Concluded


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A change worth making, before it was prepared."""

    action: Action
    reason: str
    evidence: tuple[str, ...]
    expected: str
    id: str = ""
    """Set when the proposal exists already and is asked again."""
    undoes: str = ""
    """Id of the proposal whose change it takes back."""
    origin: Origin = Origin.RULES
    """Who thought of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Run a written `kubectl` or `aws` line: a read at once, a change only if a person says yes."""

    line: str
    reason: str = ""
    """Why the reasoner wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Run the reads of one call of a model, together."""

    call: str
    lines: tuple[str, ...] = ()
    promql: tuple[str, ...] = ()
    minutes: int = 0
    """How far the PromQL looks back; 0 for only now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Think:
    """Ask the model of a role for its next turn."""

    role: str
    remark: str = ""
    """What was wrong with the answer before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Only write these down: what a model said, after code checked it."""

    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hear:
    """Ask the person for a hint or a question; what they type goes into the record."""

    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Propose:
    """Changes for one cause, best first; the next is tried when the one before was not made."""

    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """Look whether a change that was made helped."""

    action: str
    """Id of the proposal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Nothing more to do."""

    outcome: Outcome
    reason: str = ""


OfModel = LookUp | Think | Write
"""What only a model's reasoner asks for."""
Doable = Gather | Command | OfModel | Hear | Conclude | Propose | Verify
Step = Doable | Finish


class Reasoner(Protocol):
    """Decides what comes next. Holds nothing: all it knows is in the case."""

    def next(self, case: Case) -> Step:
        """The next step of this case."""
        ...
