"""The last lines say what to type next, and nothing that would be refused."""

from dataclasses import replace

import pytest
from tests.journal.samples import PROPOSAL
from tests.programs import sre
from tests.report.samples import FOUND, ID, incident

from sreagent.cli import render
from sreagent.domain.action import ActionState, Preview, Proposal
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.record import Closed, Cost, Proposed, Ran

WAITS = replace(PROPOSAL, state=ActionState.PROPOSED, verdict="ask", people=1, at=None)
FROZEN = replace(WAITS, verdict="deny", rule="freeze/black-friday")
HALTED = replace(WAITS, verdict="deny", rule="halt")


def ending(proposal: Proposal, outcome: Outcome, *more: Ran) -> str:
    closed = Closed(outcome=outcome, cost=Cost())
    known = incident(*FOUND, Proposed(proposal=proposal), *more, closed)
    return "\n".join(line.plain for line in render.ending(known, ""))


@pytest.mark.parametrize(
    ("proposal", "says"),
    [
        pytest.param(WAITS, f"approve it: sre approve {ID} A1", id="waits"),
        pytest.param(
            replace(WAITS, people=2), f"another person approves it: sre approve {ID} A1", id="two"
        ),
        pytest.param(HALTED, f"after `sre halt --lift`: sre approve {ID} A1", id="halted"),
        pytest.param(FROZEN, f"when freeze/black-friday is over: sre approve {ID} A1", id="frozen"),
    ],
)
def test_a_change_that_waits_says_what_comes_before_the_yes(proposal: Proposal, says: str) -> None:
    assert f"      {says}" in ending(proposal, Outcome.WAITING).splitlines()


def test_a_change_that_the_cluster_denies_this_account_can_be_handed_on() -> None:
    preview = Preview(accepted=False, answer="not allowed to change deployment shop/checkout")
    refused = Ran(action="A1", ok=False, refused=True, message=f"dry run: {preview.answer}")
    shown = ending(replace(WAITS, preview=preview), Outcome.REFUSED, refused)
    assert f"for somebody who may: {PROPOSAL.command}" in shown
    assert "sre rbac remediator" in shown


def test_a_refusal_by_command_needs_a_reason() -> None:
    done = sre("reject", "last", "A1", "--reason", " ")
    assert done.code == 2
    assert "the reason is empty" in done.err


def test_a_halt_says_how_it_ends() -> None:
    assert "sre halt --lift" in sre("halt", "--reason", "failover").out
