"""An incident: a fold over its records, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from sreagent.domain.action import ActionState, Proposal
from sreagent.domain.change import Change
from sreagent.domain.conversation import Usage
from sreagent.domain.diagnosis import Diagnosis, Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.hypothesis import Hypothesis
from sreagent.domain.record import (
    Answer,
    Answered,
    Asked,
    Briefed,
    Closed,
    Concluded,
    Cost,
    Entry,
    FoundChanges,
    Intended,
    Looked,
    Noted,
    Opened,
    Proposed,
    Ran,
    Record,
    Resumed,
    Saw,
    Told,
    Turn,
    Verified,
    Weighed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Everything known of one incident."""

    id: str
    opened: Opened
    opened_at: datetime
    entries: tuple[Entry, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    changes: tuple[Change, ...] = ()
    concluded: Concluded | None = None
    proposals: tuple[Proposal, ...] = ()
    unknown: tuple[Looked, ...] = ()
    """Looks that gave no answer."""
    outcome: Outcome = Outcome.OPEN
    reason: str = ""
    cost: Cost = field(default_factory=Cost)
    model_usage: Usage = field(default_factory=Usage)
    """What models took so far, for all runs together."""
    closed_at: datetime | None = None

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The root cause, if one was found."""
        return self.concluded.diagnosis if self.concluded else None

    @property
    def victims(self) -> tuple[Entity, ...]:
        """What suffers without being at fault."""
        return self.concluded.victims if self.concluded else ()

    def proposal(self, action: str) -> Proposal | None:
        """The proposal with this id, as it stands."""
        return next((p for p in self.proposals if p.id == action), None)

    def cited(self, ids: Iterable[str]) -> tuple[Evidence, ...]:
        """The evidence with these ids, in their order; ids that do not exist are left out."""
        known = {evidence.id: evidence for evidence in self.evidence}
        return tuple(known[id_] for id_ in ids if id_ in known)

    def apply(self, entry: Entry) -> "Incident":
        """The incident after one more entry."""
        return replace(_fold(self, entry), entries=(*self.entries, entry))


def fold(incident: str, entries: Iterable[Entry]) -> Incident:
    """Rebuild an incident from its journal.

    Raises:
        ValueError: The first entry is not `Opened`.
    """
    steps = iter(entries)
    first = next(steps, None)
    if first is None or not isinstance(first.record, Opened):
        msg = f"the journal of {incident} does not begin with an alert"
        raise ValueError(msg)
    state = Incident(id=incident, opened=first.record, opened_at=first.at, entries=(first,))
    for entry in steps:
        state = state.apply(entry)
    return state


def _fold(state: Incident, entry: Entry) -> Incident:
    match entry.record:
        case Saw(evidence=evidence):
            state = replace(state, evidence=(*state.evidence, evidence))
        case Weighed(hypotheses=hypotheses):
            state = replace(state, hypotheses=hypotheses)
        case FoundChanges(changes=changes):
            state = replace(state, changes=changes)
        case Concluded() as concluded:
            state = replace(state, concluded=concluded)
        case Looked() as look:
            state = _with_look(state, look)
        case Closed(outcome=outcome, reason=reason, cost=cost):
            state = replace(state, outcome=outcome, reason=reason, cost=cost, closed_at=entry.at)
        case Resumed():
            state = replace(state, outcome=Outcome.OPEN, reason="", closed_at=None)
        case Proposed() | Answered() | Intended() | Ran() | Verified():
            state = _with_action(state, entry)
        case Turn() | Opened() | Noted() | Briefed() | Told() | Asked():
            state = _with_words(state, entry.record)
        case other:
            assert_never(other)
    return state


def _with_words(state: Incident, record: Record) -> Incident:
    """What somebody said moves nothing; what a model says costs."""
    if isinstance(record, Turn):
        return replace(state, model_usage=state.model_usage + record.usage)
    return state


def _with_look(state: Incident, look: Looked) -> Incident:
    """A look that answers later on clears the gap it left before."""
    gaps = tuple(gap for gap in state.unknown if not _covers(look.command, gap.command))
    if look.verdict is Health.UNKNOWN:
        gaps = (*gaps, look)
    return replace(state, unknown=gaps) if gaps != state.unknown else state


def _covers(command: str, other: str) -> bool:
    """Whether a command shows what another shows; one list may hold several kinds."""
    place, _, kinds = command.partition(" get ")
    other_place, _, other_kinds = other.partition(" get ")
    return place == other_place and set(other_kinds.split(",")) <= set(kinds.split(","))


def _with_action(state: Incident, entry: Entry) -> Incident:
    record = entry.record
    if isinstance(record, Proposed):
        known = {p.id: p for p in state.proposals} | {record.proposal.id: record.proposal}
        return replace(state, proposals=tuple(known.values()))
    proposals = tuple(_moved(proposal, entry) for proposal in state.proposals)
    undone = {p.undoes for p in proposals if p.state is ActionState.DONE}
    return replace(state, proposals=tuple(_taken_back(p, undone) for p in proposals))


_ANSWERED = {
    Answer.RUN: ActionState.APPROVED,
    Answer.SKIP: ActionState.SKIPPED,
    Answer.REJECT: ActionState.REJECTED,
}


def _taken_back(proposal: Proposal, undone: set[str]) -> Proposal:
    if proposal.id in undone and proposal.state is ActionState.DONE:
        return replace(proposal, state=ActionState.UNDONE)
    return proposal


def _moved(proposal: Proposal, entry: Entry) -> Proposal:
    match entry.record:
        case Answered(action=proposal.id, answer=answer, by=by, how=how, reason=reason):
            if answer in _ANSWERED:
                denied = how == "policy" and answer is Answer.REJECT
                state = ActionState.DENIED if denied else _ANSWERED[answer]
                proposal = replace(proposal, state=state, by=by, note=reason, at=entry.at)
        case Intended(action=proposal.id):
            proposal = replace(proposal, state=ActionState.STARTED, at=entry.at)
        case Ran(action=proposal.id, ok=False, refused=False, message=message):
            # Halted, or found not done after a crash: it may be asked for again.
            state = ActionState.PROPOSED
            proposal = replace(proposal, state=state, note=message, at=entry.at)
        case Ran(action=proposal.id, ok=ok, message=message):
            state = ActionState.DONE if ok else ActionState.FAILED
            proposal = replace(proposal, state=state, note=message, at=entry.at)
        case Verified(action=proposal.id, helped=helped):
            proposal = replace(proposal, verified=helped)
        case _:
            pass
    return proposal
