"""The answers that a person gives beside a run: `sre approve` and `sre reject`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sreagent.domain.errors import BadInput, Denied
from sreagent.domain.ports import Reply
from sreagent.domain.record import Answer, Answered, Closed
from sreagent.settings import Settings, load, person, state_folder
from sreagent.wiring import audit, connections, guards

if TYPE_CHECKING:
    from pathlib import Path

    from sreagent.domain.action import Proposal
    from sreagent.domain.incident import Incident

HEARD = 5.0
"""Seconds in which whoever asks at another terminal takes an answer."""
LISTEN = 0.5
"""Seconds between two looks whether it did."""


def waiting(incident: str, action: str) -> tuple[Incident, Proposal]:
    """An incident and one of its proposals that may still be answered.

    Raises:
        NotFound: There is no such incident.
        BadInput: No such proposal waits.
    """
    from sreagent.domain.action import UNDECIDED
    from sreagent.journal.shelf import incident as read_incident

    known = read_incident(state_folder(), incident)
    proposal = known.proposal(action)
    if proposal is None or proposal.state not in UNDECIDED:
        state = f"it is {proposal.state}" if proposal else "there is no such action"
        msg = f"{action} of {known.id} does not wait for an answer: {state}"
        raise BadInput(msg, hint=f"see: sre incidents show {known.id}")
    return known, proposal


def signed_yes(
    incident: Incident, proposal: Proposal, settings: Settings, key: Path | None
) -> Reply:
    """A yes to a proposal as it was shown, proved by a key where one is given.

    Raises:
        BadInput: The key cannot be used.
        Denied: The policy names nobody with this key.
    """
    said = Reply(answer=Answer.RUN, how="sre approve", by=person())
    if key is None:
        return said
    from sreagent.clients.person_key import load
    from sreagent.policy.approvers import owner_of, prove

    held = load(key)
    name = owner_of(held.public, guards.policy(settings).approvers)
    if not name:
        msg = f"the policy knows no approver with the key {key}"
        raise Denied(msg, hint=f"its public half is {held.public}; see `approvers` of the policy")
    proof = prove(
        held.sign,
        incident=incident.id,
        action=proposal.id,
        digest=proposal.fingerprint,
        now=connections.system_clock().now(),
    )
    return replace(said, by=name, proof=proof)


def hand_over(incident: Incident, proposal: Proposal, said: Reply) -> bool:
    """Hand an answer to the process that works on the incident; whether it wrote it down.

    One that asks nobody about this proposal now does not; then the answer is taken back.

    Raises:
        SreError: The folder cannot be written.
    """
    from sreagent.journal.mailbox import Letter, post, withdraw
    from sreagent.journal.shelf import incident as read_incident

    letter = Letter(
        action=proposal.id,
        answer=said.answer,
        digest=proposal.fingerprint,
        by=said.by or person(),
        how=said.how,
        reason=said.reason,
        proof=said.proof,
    )

    def written() -> bool:
        time.sleep(LISTEN)
        now = read_incident(state_folder(), incident.id)
        return _answers(now, proposal, said) > _answers(incident, proposal, said)

    time = connections.system_clock()
    deadline = time.monotonic() + HEARD
    post(state_folder(), incident.id, letter)
    while time.monotonic() < deadline:
        if written():
            return True
    taken = not withdraw(state_folder(), incident.id, proposal.id)
    return taken and written()


def _answers(incident: Incident, proposal: Proposal, said: Reply) -> int:
    """How often a proposal was answered so."""
    answer = (proposal.id, said.answer, said.how)
    records = (entry.record for entry in incident.entries)
    given = [(r.action, r.answer, r.how) for r in records if isinstance(r, Answered)]
    return given.count(answer)


def refuse(incident: str, action: str, reason: str) -> Incident:
    """Write down that a person refused a proposal; no cluster is needed for a no.

    Raises:
        NotFound: There is no such incident.
        BadInput: No such proposal waits.
        SreError: Somebody else works on the incident.
    """
    from sreagent.investigate.outcome import outcome_of
    from sreagent.journal.store import Journal
    from sreagent.policy.redaction import redact

    known, proposal = waiting(incident, action)
    no = Answered(
        action=action,
        answer=Answer.REJECT,
        digest=proposal.fingerprint,
        by=person(),
        how="sre reject",
        reason=reason,
    )
    time, signer = connections.system_clock(), audit.audit_signer(load({}))
    with Journal.open(state_folder(), known.id, time, redact=redact, signer=signer) as journal:
        # Somebody may have answered before the incident was ours.
        known, _ = waiting(known.id, action)
        known = known.apply(journal.append(no))
        outcome = outcome_of(known, asked=True)
        return known.apply(journal.append(Closed(outcome=outcome, cost=known.cost)))
