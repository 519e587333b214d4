"""Takes one change back, on request."""

from dataclasses import replace

from sreagent.domain.action import WAITING, ActionState
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.errors import BadInput, Denied
from sreagent.domain.incident import Incident
from sreagent.investigate.act import check_untouched
from sreagent.investigate.case import Case
from sreagent.investigate.desk import Desk
from sreagent.investigate.outcome import outcome_of
from sreagent.investigate.rules.reasoner import FIRST_KINDS, undo_draft
from sreagent.investigate.steps import Draft, Finish, Gather, Propose, Step
from sreagent.policy.facts import Origin
from sreagent.tools.looks import ListObjects


class UndoReasoner:
    """Looks once, proposes the undo, and is done."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def next(self, case: Case) -> Step:
        """Look, propose, finish."""
        first = ListObjects(namespace=self._draft.action.target.namespace, kinds=FIRST_KINDS)
        if str(first) not in case.asked_for:
            return Gather(lists=(first,))
        if "undo" not in case.asked_for:
            case.asked_for.add("undo")
            return Propose(drafts=(self._draft,))
        outcome = outcome_of(case.incident, asked=True)
        if open_undo(case.incident, self._draft.undoes):
            return Finish(outcome=Outcome.WAITING)
        taken_back = case.incident.proposal(self._draft.undoes)
        undone = taken_back is not None and taken_back.state is ActionState.UNDONE
        reason = f"{self._draft.undoes} was taken back" if undone else ""
        return Finish(outcome=outcome, reason=reason)


def open_undo(incident: Incident, action: str) -> str:
    """Id of the proposal that waits to take this change back; empty when there is none."""
    waiting = (p.id for p in incident.proposals if p.undoes == action and p.state in WAITING)
    return next(waiting, "")


def draft_undo(incident: Incident, action: str, desk: Desk) -> Draft:
    """The undo of a change of this incident.

    Raises:
        BadInput: There is no such change, or it was not made.
        Denied: It has no undo, or somebody changed the object since.
    """
    proposal = incident.proposal(action)
    if proposal is None:
        known = ", ".join(p.id for p in incident.proposals) or "none"
        msg = f"{incident.id} has no action {action!r}"
        raise BadInput(msg, why=f"actions of this incident: {known}")
    if proposal.state is not ActionState.DONE:
        msg = f"{action} was not made ({proposal.state}), so there is nothing to take back"
        raise BadInput(msg)
    if proposal.undo is None:
        msg = f"{action} ({proposal.title}) leaves nothing to take back"
        raise Denied(msg)
    check_untouched(incident, action, desk)
    draft = undo_draft(proposal, "a person asked")
    return replace(draft, id=open_undo(incident, action), origin=Origin.PERSON)
