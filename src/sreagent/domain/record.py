"""Everything that can happen to an incident, one class each.

The journal stores them, the incident is a fold over them, the live screen shows them as they come.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sreagent.domain.action import Action, Proposal
from sreagent.domain.alert import Alert
from sreagent.domain.change import Change
from sreagent.domain.conversation import ToolCall, Usage
from sreagent.domain.diagnosis import Diagnosis, Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.hypothesis import Hypothesis

RULES = "rules"
"""Who gives an account when no model does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An investigation began."""

    alert: Alert
    context: str
    server: str
    server_version: str
    user: str
    namespace: str
    """The namespace in view; empty for all."""
    prometheus: str = ""
    alertmanager: str = ""
    by: str = ""
    """The person at the keyboard."""
    tool: str = ""
    """Version of this program."""
    model: str = ""
    """The model that takes part; empty for the rules alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One read, done or refused."""

    source: str
    command: str
    result: str
    """A few words: `31 objects`, `403 not allowed`."""
    verdict: Health = Health.HEALTHY
    """`healthy` when it answered, `unknown` when it could not be looked at."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Saw:
    """One piece of evidence."""

    evidence: Evidence
    text: str = ""
    """The whole of what was read, where the excerpt is only a part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The hypotheses as they stand, best first."""

    hypotheses: tuple[Hypothesis, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundChanges:
    """What changed before the first symptom, likeliest first."""

    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """The account of the incident; `diagnosis` is None when nothing is wrong, or not known."""

    diagnosis: Diagnosis | None
    outcome: Outcome
    """What the account amounts to before any change: diagnosed, no_fault, escalated, unknown."""
    other_causes: tuple[Diagnosis, ...] = ()
    """Further faults that are independent of the first."""
    victims: tuple[Entity, ...] = ()
    impact: str = ""
    """What the people who use it notice, as far as it was seen."""
    summary: str = ""
    """One or two sentences for the screen and the report."""
    by: str = RULES
    """Who gave the account: `rules`, or the name of a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefed:
    """A model was told what the rules found; what follows are its turns."""

    text: str
    """What every request of this run says after the prompt."""
    version: str
    """Of prompts, tools and guardrails, as one unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A model was asked, and this is what it said."""

    role: str
    model: str
    version: str
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    problem: str = ""
    """Why the answer could not be used, or none came; the rules go on then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of one call of a model's turn, as the model reads it."""

    call: str
    text: str
    evidence: tuple[str, ...] = ()
    invented: str = ""
    """What the model made up: `tool`, `object`, `evidence`, `number`, `flag`; empty for nothing."""
    unusable: bool = False
    """The call could not be understood at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A person said something to the model: a hint, or a question."""

    text: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A change was proposed, or put to somebody again."""

    proposal: Proposal


class Answer(StrEnum):
    """What a person says to a proposal."""

    RUN = "run"
    DRY_RUN = "dry-run"
    EDIT = "edit"
    HINT = "hint"
    """Something for the model, which is written as `Asked`; then the question is put again."""
    SKIP = "skip"
    REJECT = "reject"
    QUIT = "quit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Somebody, or a rule, decided about a proposal."""

    action: str
    """Id of the proposal."""
    answer: Answer
    digest: str
    """Fingerprint of exactly what was shown."""
    by: str
    how: str
    """`keyboard`, `--yes`, `sre approve`, `policy`."""
    reason: str = ""
    proof: str = ""
    """Signature of who said it, where the policy asks for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """The change is about to be sent. On disk before it is."""

    action: str
    digest: str
    before: Mapping[str, Any]
    """The pre-state: JSON pointer to number, or to the hash of any other value."""
    after: Mapping[str, Any]
    """The same fields as they will be: who finds them so knows that the change was made."""
    undo: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of it."""

    action: str
    ok: bool
    message: str
    refused: bool = False
    """The cluster said no (rights, quota, validation, a conflict)."""
    settled: bool = False
    """The answer was lost; this was read from the cluster afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that had to get better."""

    name: str
    verdict: Health
    text: str
    """`pods ready 3/3`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Whether a change helped."""

    action: str
    helped: bool | None
    """None when it could not be looked at."""
    checks: tuple[Check, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A remark, by the program or a person."""

    text: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """Work went on after a stop."""

    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an investigation took."""

    api_calls: int = 0
    seconds: float = 0.0
    verify_seconds: float = 0.0
    tokens: int = 0
    """Read and written by models."""
    usd: float | None = 0.0
    """None when the price of a model is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The run ended; `outcome` may still be open (interrupted, waiting)."""

    outcome: Outcome
    reason: str = ""
    cost: Cost = field(default_factory=Cost)


Record = (
    Opened
    | Looked
    | Saw
    | Weighed
    | FoundChanges
    | Concluded
    | Briefed
    | Turn
    | Told
    | Asked
    | Proposed
    | Answered
    | Intended
    | Ran
    | Verified
    | Noted
    | Resumed
    | Closed
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record with its place in the journal."""

    seq: int
    at: datetime
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A passing word for the screen: never stored."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A piece of what a model says, as it comes: never stored, redacted only in its `Turn`."""

    text: str


Happening = Entry | Progress | Spoken
