"""An incident is what its records say, in their order."""

from collections.abc import Iterable

import pytest
from tests.investigate.build import NOW
from tests.investigate.test_outcome import OPENED

from sreagent.domain.action import Action, ActionState, Proposal
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.incident import Incident, fold
from sreagent.domain.record import (
    Answer,
    Answered,
    Entry,
    Intended,
    Looked,
    Noted,
    Proposed,
    Ran,
    Record,
    Verified,
)
from sreagent.domain.verdict import Tier

ACTION = Action(
    verb="rollout_undo",
    target=Entity(kind="Deployment", namespace="shop", name="cart"),
    arguments={"revision": 1},
)
FIRST = Proposal(
    id="A1",
    title="t",
    action=ACTION,
    command="c",
    tier=Tier.PERSON,
    rule="r",
    reason="r",
    evidence=("E1",),
    expected="e",
)
YES = Answered(action="A1", answer=Answer.RUN, digest=ACTION.digest, by="me", how="keyboard")
INTENT = Intended(action="A1", digest=ACTION.digest, before={}, after={})
DONE = Ran(action="A1", ok=True, message="patched")


def after(records: Iterable[Record]) -> Incident:
    entries = [Entry(seq=n, at=NOW, record=r) for n, r in enumerate((OPENED, *records), 1)]
    return fold("INC-20261121-0001", entries)


@pytest.mark.parametrize(
    ("records", "state"),
    [
        pytest.param([], ActionState.PROPOSED, id="proposed"),
        pytest.param([YES], ActionState.APPROVED, id="approved"),
        pytest.param([YES, INTENT], ActionState.STARTED, id="in-doubt"),
        pytest.param([YES, INTENT, DONE], ActionState.DONE, id="done"),
        pytest.param(
            [YES, INTENT, Ran(action="A1", ok=False, message="403", refused=True)],
            ActionState.FAILED,
            id="refused-by-the-cluster",
        ),
        pytest.param(
            [YES, INTENT, Ran(action="A1", ok=False, message="not done", settled=True)],
            ActionState.PROPOSED,
            id="found-not-done-may-be-asked-again",
        ),
        pytest.param(
            [YES, INTENT, Ran(action="A1", ok=False, message="all changes are stopped")],
            ActionState.PROPOSED,
            id="halted-may-be-asked-again",
        ),
        pytest.param(
            [YES, INTENT, Ran(action="A2", ok=True, message="other")],
            ActionState.STARTED,
            id="the-result-of-another-action",
        ),
    ],
)
def test_a_proposal_moves_with_its_records(records: list[Record], state: ActionState) -> None:
    proposal = after([Proposed(proposal=FIRST), *records]).proposal("A1")
    assert proposal is not None
    assert proposal.state is state


def test_whether_it_helped_is_kept_with_the_proposal() -> None:
    verified = Verified(action="A1", helped=False, checks=(), seconds=1.0)
    proposal = after([Proposed(proposal=FIRST), YES, INTENT, DONE, verified]).proposal("A1")
    assert proposal is not None
    assert proposal.verified is False


def test_a_gap_is_closed_by_the_same_look_with_an_answer() -> None:
    gap = Looked(source="kubernetes", command="c", result="403", verdict=Health.UNKNOWN)
    answer = Looked(source="kubernetes", command="c", result="3 objects")
    assert after([gap]).unknown == (gap,)
    assert after([gap, answer]).unknown == ()


def test_a_gap_of_one_kind_is_closed_by_a_list_of_several() -> None:
    gap = Looked(
        source="kubernetes", command="kubectl -n a get pods", result="500", verdict=Health.UNKNOWN
    )
    elsewhere = Looked(source="kubernetes", command="kubectl -n b get pods,events", result="3")
    both = Looked(source="kubernetes", command="kubectl -n a get pods,events", result="3")
    assert after([gap, elsewhere]).unknown == (gap,)
    assert after([gap, elsewhere, both]).unknown == ()


def test_only_evidence_that_exists_can_be_cited() -> None:
    assert after([]).cited(["E1", "E99"]) == ()


def test_a_journal_that_does_not_begin_with_an_alert_is_no_incident() -> None:
    with pytest.raises(ValueError, match="does not begin"):
        fold("INC-1", [Entry(seq=1, at=NOW, record=Noted(text="x"))])


def test_an_approval_is_bound_to_verb_target_and_arguments() -> None:
    other = Action(verb=ACTION.verb, target=ACTION.target, arguments={"revision": 2})
    assert other.digest != ACTION.digest
