"""The tree of decisions tells what the journal holds, each thing once and in its place."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.journal.samples import EVIDENCE, PROPOSAL
from tests.report.samples import FOUND, INTENT, PROPOSED, YES, endings, incident

from sreagent.domain.evidence import Health
from sreagent.domain.record import Noted, Proposed, Ran, Saw
from sreagent.report.decisions import Step, as_json, decisions

EVERY_ENDING = [pytest.param(one, id=name) for name, one in endings().items()]


def flat(step: Step) -> Iterator[Step]:
    yield step
    for child in step.steps:
        yield from flat(child)


def of_kind(tree: Step, kind: str) -> list[Step]:
    return [step for step in flat(tree) if step.kind == kind]


def texts(steps: Iterator[Step] | tuple[Step, ...]) -> list[str]:
    return [step.text for step in steps]


@pytest.mark.parametrize("one", EVERY_ENDING)
def test_every_entry_of_every_ending_stands_in_the_tree(one: Any) -> None:
    named = {step.entry for step in flat(decisions(one))}
    assert [f"J{entry.seq}" for entry in one.entries if f"J{entry.seq}" not in named] == []


@pytest.mark.parametrize("one", EVERY_ENDING)
def test_the_tree_can_be_printed_as_json(one: Any) -> None:
    tree = json.loads(json.dumps(as_json(decisions(one))))
    assert set(tree) == {"kind", "text", "entry", "at", "health", "steps"}
    assert tree["text"].startswith(one.id)


def test_a_hypothesis_shows_what_speaks_for_and_against_it() -> None:
    likely, refuted = of_kind(decisions(endings()["fixed"]), "hypothesis")
    assert [(step.kind, step.text[:2]) for step in likely.steps] == [("for", "E1")]
    assert [step.kind for step in refuted.steps] == ["against", "refuted_by"]
    assert refuted.steps[0].text.startswith("E2")
    assert "(refuted, 0.04)" in refuted.text


def test_evidence_stands_below_the_look_that_showed_it() -> None:
    shown = replace(EVIDENCE, command="kubectl logs checkout -p")
    tree = decisions(incident(*FOUND[:3], Saw(evidence=shown)))
    (look,) = [step for step in of_kind(tree, "look") if "logs checkout" in step.text]
    assert [step.kind for step in look.steps] == ["evidence"]


def test_what_could_not_be_looked_at_is_counted_and_marked() -> None:
    tree = decisions(endings()["diagnosed"])
    (looked,) = of_kind(tree, "looked")
    assert looked.text == "Looked: 3 reads, 1 without an answer"
    assert [step.health for step in of_kind(tree, "look")][-1] is Health.UNKNOWN


def test_a_change_keeps_its_verdict_answer_intent_and_result_together() -> None:
    ruled = replace(PROPOSAL, rule="tier/rollout_undo", ruling="a person decides", policy="29e23d")
    ran = Ran(action="A1", ok=True, message="patched")
    tree = decisions(incident(*FOUND, Proposed(proposal=ruled), YES, Noted(text="x"), INTENT, ran))
    (proposal,) = of_kind(tree, "proposal")
    kinds = [step.kind for step in proposal.steps]
    assert kinds[-4:] == ["verdict", "answer", "intent", "result"]
    (verdict,) = of_kind(proposal, "verdict")
    assert verdict.text == "verdict: a person is asked (tier person, policy 29e23d)"
    assert verdict.steps[0].text == "rule tier/rollout_undo: a person decides"
    assert of_kind(proposal, "answer")[0].text == "approved by oncall@prod (keyboard)"
    assert texts(of_kind(proposal, "intent")[0].steps) == ["image: 2.4.1 → 2.4.0"]


def test_two_people_and_a_proof_are_told() -> None:
    two = Proposed(proposal=replace(PROPOSAL, people=2))
    tree = decisions(incident(two, replace(YES, proof="time.signature")))
    assert ", 2 people" in of_kind(tree, "verdict")[0].text
    assert "proved by a key" in of_kind(tree, "answer")[0].text


def test_a_change_proposed_again_shows_both_as_they_were() -> None:
    again = Proposed(proposal=replace(PROPOSAL, command="kubectl scale deployment/checkout"))
    tree = decisions(incident(*FOUND, PROPOSED, again, YES))
    outer, inner = of_kind(tree, "proposal")
    assert inner in outer.steps
    assert outer.steps[0].text == PROPOSAL.command
    assert inner.steps[0].text == "kubectl scale deployment/checkout"


def test_a_denial_by_policy_is_no_answer_of_a_person() -> None:
    (answer,) = of_kind(decisions(endings()["denied by policy"]), "answer")
    assert answer.text == "denied by policy: read-only: this run changes nothing"


def test_an_answer_without_its_proposal_is_still_told() -> None:
    (proposal,) = of_kind(decisions(incident(*FOUND, YES)), "proposal")
    assert proposal.text == "A1, of which no proposal is recorded"
    assert [step.kind for step in proposal.steps] == ["answer"]


def test_hostile_text_is_one_harmless_line() -> None:
    hostile = replace(EVIDENCE, claim="\x1b[2Jfirst\nsecond \u202egnp", tainted=True)
    (evidence,) = of_kind(decisions(incident(Saw(evidence=hostile))), "evidence")
    assert evidence.text.startswith("E1 first second gnp (repeats text")
