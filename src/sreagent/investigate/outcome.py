"""How an investigation ended, read from the incident."""

from sreagent.domain.action import WAITING, ActionState, Proposal
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.errors import Exit
from sreagent.domain.incident import Incident

REFUSED_STATES = frozenset({ActionState.REJECTED, ActionState.DENIED, ActionState.FAILED})


def outcome_of(incident: Incident, *, asked: bool) -> Outcome:
    """What came of it; `asked` tells that changes were put to a person, not only shown."""
    concluded = incident.concluded
    if concluded is None:
        return Outcome.OPEN
    if concluded.outcome is not Outcome.DIAGNOSED:
        return concluded.outcome
    proposals = [proposal for proposal in incident.proposals if not proposal.undoes]
    states = {proposal.state for proposal in proposals}
    outcome = Outcome.DIAGNOSED
    if ActionState.STARTED in states:
        outcome = Outcome.OPEN
    elif changed := [p for p in proposals if p.state in (ActionState.DONE, ActionState.UNDONE)]:
        outcome = _after_change(changed)
        if outcome is Outcome.FIXED and asked and open_proposals(incident):
            outcome = Outcome.WAITING
    elif asked and states & WAITING:
        outcome = Outcome.WAITING
    elif states & REFUSED_STATES:
        outcome = Outcome.REFUSED
    return outcome


def reason_of(incident: Incident, outcome: Outcome) -> str:
    """One line more where the outcome alone leaves a question."""
    made = any(p.state is ActionState.DONE for p in incident.proposals)
    if outcome is Outcome.UNKNOWN and made:
        return "a change was made; whether it helped could not be seen to the end"
    if outcome is Outcome.UNKNOWN:
        return "too little could be looked at"
    if outcome is Outcome.DIAGNOSED and not made:
        return "nothing was changed"
    return ""


def open_proposals(incident: Incident) -> tuple[Proposal, ...]:
    """Proposals that wait for somebody; a second choice for what was mended does not count."""
    mended = {p.action.target for p in incident.proposals if p.state is ActionState.DONE}
    return tuple(
        proposal
        for proposal in incident.proposals
        if proposal.state in WAITING and (proposal.undoes or proposal.action.target not in mended)
    )


def _after_change(changed: list[Proposal]) -> Outcome:
    if any(p.verified is False for p in changed):
        return Outcome.NOT_FIXED
    if any(p.state is ActionState.UNDONE for p in changed):
        return Outcome.DIAGNOSED
    return Outcome.FIXED if all(p.verified for p in changed) else Outcome.UNKNOWN


_EXITS = {
    Outcome.OPEN: Exit.FAILED,
    Outcome.NO_FAULT: Exit.OK,
    Outcome.DIAGNOSED: Exit.OK,
    Outcome.FIXED: Exit.OK,
    Outcome.NOT_FIXED: Exit.ESCALATED,
    Outcome.WAITING: Exit.ESCALATED,
    Outcome.ESCALATED: Exit.ESCALATED,
    Outcome.REFUSED: Exit.REFUSED,
    Outcome.UNKNOWN: Exit.PARTIAL,
}


def exit_of(incident: Incident) -> Exit:
    """What the shell is told: a look that was refused turns a plain "done" into "partial"."""
    code = _EXITS[incident.outcome]
    return Exit.PARTIAL if code is Exit.OK and incident.unknown else code
