"""How an incident ends, and what the shell is told."""

from dataclasses import replace

import pytest
from tests.investigate.build import NOW

from sreagent.domain.action import Action, ActionState, Proposal
from sreagent.domain.alert import Alert
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Exit
from sreagent.domain.evidence import Health
from sreagent.domain.incident import Incident
from sreagent.domain.record import Concluded, Looked, Opened
from sreagent.domain.verdict import Tier
from sreagent.investigate.outcome import exit_of, outcome_of

OPENED = Opened(
    alert=Alert(name="X"),
    context="c",
    server="s",
    server_version="v1",
    user="u",
    namespace="shop",
)
TARGET = Entity(kind="Deployment", namespace="shop", name="cart")
PROPOSAL = Proposal(
    id="A1",
    title="t",
    action=Action(verb="rollout_restart", target=TARGET),
    command="c",
    tier=Tier.PERSON,
    rule="r",
    reason="r",
    evidence=(),
    expected="e",
)
GAP = Looked(source="kubernetes", command="c", result="403", verdict=Health.UNKNOWN)


def incident(
    concluded: Outcome | None, *states: ActionState, verified: bool | None = None
) -> Incident:
    proposals = tuple(
        replace(PROPOSAL, id=f"A{n}", state=state, verified=verified)
        for n, state in enumerate(states, 1)
    )
    return Incident(
        id="INC-20261121-0001",
        opened=OPENED,
        opened_at=NOW,
        concluded=Concluded(diagnosis=None, outcome=concluded) if concluded else None,
        proposals=proposals,
    )


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        pytest.param(incident(None), Outcome.OPEN, id="no-account-yet"),
        pytest.param(incident(Outcome.NO_FAULT), Outcome.NO_FAULT, id="healthy"),
        pytest.param(incident(Outcome.UNKNOWN), Outcome.UNKNOWN, id="blind"),
        pytest.param(incident(Outcome.ESCALATED), Outcome.ESCALATED, id="not-sure"),
        pytest.param(incident(Outcome.DIAGNOSED), Outcome.DIAGNOSED, id="nothing-to-propose"),
        pytest.param(
            incident(Outcome.DIAGNOSED, ActionState.PROPOSED), Outcome.WAITING, id="waits"
        ),
        pytest.param(
            incident(Outcome.DIAGNOSED, ActionState.SKIPPED), Outcome.DIAGNOSED, id="skipped"
        ),
        pytest.param(
            incident(Outcome.DIAGNOSED, ActionState.REJECTED), Outcome.REFUSED, id="rejected"
        ),
        pytest.param(
            incident(Outcome.DIAGNOSED, ActionState.FAILED), Outcome.REFUSED, id="cluster-said-no"
        ),
        pytest.param(incident(Outcome.DIAGNOSED, ActionState.STARTED), Outcome.OPEN, id="in-doubt"),
        pytest.param(
            incident(Outcome.DIAGNOSED, ActionState.DONE, verified=True), Outcome.FIXED, id="fixed"
        ),
        pytest.param(
            incident(Outcome.DIAGNOSED, ActionState.DONE, verified=False),
            Outcome.NOT_FIXED,
            id="did-not-help",
        ),
        pytest.param(
            incident(Outcome.DIAGNOSED, ActionState.UNDONE, verified=True),
            Outcome.DIAGNOSED,
            id="taken-back-by-a-person",
        ),
        pytest.param(
            incident(Outcome.DIAGNOSED, ActionState.UNDONE, verified=False),
            Outcome.NOT_FIXED,
            id="taken-back-because-it-did-not-help",
        ),
        pytest.param(
            incident(Outcome.DIAGNOSED, ActionState.DONE, verified=None),
            Outcome.UNKNOWN,
            id="made-and-not-seen-whether-it-helped",
        ),
    ],
)
def test_the_outcome_follows_from_the_account_and_the_proposals(
    state: Incident, outcome: Outcome
) -> None:
    assert outcome_of(state, asked=True) is outcome


def test_a_proposal_that_was_only_shown_does_not_wait() -> None:
    shown = incident(Outcome.DIAGNOSED, ActionState.PROPOSED)
    assert outcome_of(shown, asked=False) is Outcome.DIAGNOSED


@pytest.mark.parametrize(
    ("outcome", "gaps", "code"),
    [
        pytest.param(Outcome.NO_FAULT, (), Exit.OK, id="healthy"),
        pytest.param(Outcome.NO_FAULT, (GAP,), Exit.PARTIAL, id="healthy-as-far-as-seen"),
        pytest.param(Outcome.FIXED, (GAP,), Exit.PARTIAL, id="fixed-as-far-as-seen"),
        pytest.param(Outcome.WAITING, (GAP,), Exit.ESCALATED, id="waiting"),
        pytest.param(Outcome.REFUSED, (GAP,), Exit.REFUSED, id="refused"),
        pytest.param(Outcome.UNKNOWN, (), Exit.PARTIAL, id="blind"),
        pytest.param(Outcome.OPEN, (), Exit.FAILED, id="not-ended"),
    ],
)
def test_the_exit_code_tells_the_outcome_and_never_hides_a_gap(
    outcome: Outcome, gaps: tuple[Looked, ...], code: Exit
) -> None:
    ended = replace(incident(Outcome.DIAGNOSED), outcome=outcome, unknown=gaps)
    assert exit_of(ended) is code
