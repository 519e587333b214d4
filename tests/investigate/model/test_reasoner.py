"""A model in the one loop, through the real litellm: what it may do, and what code makes of it."""

import json

import pytest
from tests.investigate.model.conftest import CRASH, Play, call, conclusion

from sreagent.domain.diagnosis import CONFIDENT, Outcome
from sreagent.domain.record import Briefed, Noted, Proposed, Saw


def test_the_rules_look_first_and_the_model_concludes_from_what_they_and_it_saw(play: Play) -> None:
    played = play(
        [
            {
                "text": "I look at the last words and at the rollout.",
                **call(
                    "look",
                    lines=[
                        "kubectl -n shop logs deploy/checkout --previous --tail=50",
                        "kubectl rollout history deploy/checkout",
                    ],
                    promql=["up"],
                ),
            },
            conclusion(),
        ]
    )
    assert (played.blamed, played.by) == ("Deployment/shop/checkout", "openai/sim")
    assert played.incident.outcome is Outcome.DIAGNOSED
    looked, concluded = played.told
    assert len(looked.evidence) == 3
    assert "E" in concluded.evidence[0]
    seen = [e.record for e in played.incident.entries if isinstance(e.record, Saw)]
    assert {one.evidence.source for one in seen} >= {"kubernetes", "logs", "prometheus"}
    assert not played.told[0].invented


def test_the_first_request_tells_what_the_rules_found_and_little_else(play: Play) -> None:
    played = play([conclusion()])
    (request,) = played.site.requests
    assert len(json.dumps(request.body)) / 3.6 < 3000
    said = request.body["messages"][1]["content"]
    assert "RULES SAY" in said
    assert "PAYMENT_PROVIDERS" in said
    tools = [tool["function"]["name"] for tool in request.body["tools"]]
    assert tools == ["look", "read", "weigh", "conclude", "escalate"]


def test_what_comes_first_stays_the_same_from_request_to_request(play: Play) -> None:
    played = play([call("look", lines=["kubectl get pods"]), conclusion()])
    first, second = (one.body["messages"] for one in played.site.requests)
    assert second[: len(first)] == first


@pytest.mark.parametrize(
    ("said", "invented"),
    [
        pytest.param(call("restart", deployment="checkout"), "tool", id="tool"),
        pytest.param(conclusion(entity="Deployment/shop/checkuot"), "object", id="object"),
        pytest.param(conclusion(evidence=["E99"]), "evidence", id="evidence"),
        pytest.param(conclusion(root_cause="it failed 7381 times"), "number", id="number"),
        pytest.param(
            call("look", lines=["kubectl get pods --everything"]), "flag", id="flag-of-kubectl"
        ),
    ],
)
def test_what_was_made_up_is_rejected_with_the_reason_and_counted(
    play: Play, said: dict[str, object], invented: str
) -> None:
    played = play([said, conclusion()])
    assert [one.invented for one in played.told] == [invented, ""]
    assert played.by == "openai/sim"


def test_a_conclusion_without_evidence_becomes_a_hypothesis(play: Play) -> None:
    played = play([conclusion(evidence=[]), conclusion()])
    assert "hypothesis" in played.told[0].text
    assert played.by == "openai/sim"


def test_confidence_is_the_least_of_the_models_and_what_the_evidence_gives(play: Play) -> None:
    sure = play([conclusion(confidence=1.0)])
    unsure = play([conclusion(confidence=0.4)])
    assert sure.incident.diagnosis
    assert CONFIDENT <= sure.incident.diagnosis.confidence < 1.0
    assert unsure.incident.diagnosis
    assert unsure.incident.diagnosis.confidence == pytest.approx(0.4)
    assert unsure.incident.outcome is Outcome.ESCALATED


def test_a_model_that_contradicts_sure_rules_is_not_believed_alone(play: Play) -> None:
    played = play(
        [
            conclusion(
                root_cause="the frontend is broken",
                entity="Deployment/shop/frontend",
                evidence=["{{evidence:broken logs: pod shop/frontend}}"],
                confidence=0.99,
            )
        ]
    )
    assert played.incident.diagnosis
    assert played.incident.diagnosis.confidence <= 0.7
    assert played.incident.outcome is Outcome.ESCALATED


def test_only_reads_run_when_a_model_looks(play: Play) -> None:
    lines = [
        "kubectl -n shop delete deployment checkout",
        "kubectl -n shop rollout undo deployment/checkout",
        "kubectl get secret -n shop -o yaml; id",
    ]
    played = play([call("look", lines=lines), conclusion()], read_only=False)
    assert played.told[0].text.count("refused") == len(lines)
    assert not played.told[0].evidence


def test_the_same_look_is_not_made_twice_in_a_row(play: Play) -> None:
    again = call("look", lines=["kubectl -n shop get pods"])
    played = play([again, again, conclusion()])
    assert "unchanged" in played.told[1].text
    assert played.told[0].evidence == played.told[1].evidence


def test_more_of_what_was_shortened_is_read_by_its_id(play: Play) -> None:
    played = play(
        [
            call("look", lines=["kubectl -n shop get pods -o yaml"]),
            call("read", evidence="{{match:(E\\d+) kubectl -n shop get pods -o yaml}}", find="uid"),
            conclusion(),
        ]
    )
    assert "shortened" in played.told[0].text
    assert "uid:" in played.told[1].text


def test_the_rules_propose_what_they_know_when_the_model_agrees(play: Play) -> None:
    played = play([conclusion()], read_only=False)
    (proposal,) = played.incident.proposals
    assert (proposal.action.verb, proposal.origin) == ("rollout_undo", "rules")
    assert len(played.turns) == 1


def test_hypotheses_are_written_down_with_what_the_evidence_allows(play: Play) -> None:
    guess = {
        "statement": "the new image lacks a setting",
        "entity": "Deployment/shop/checkout",
        "confidence": 0.99,
        "evidence_for": [CRASH],
    }
    played = play([call("weigh", hypotheses=[guess]), conclusion()])
    assert played.told[0].text == "noted"


def test_a_model_that_hands_over_does_not_take_away_what_the_rules_are_sure_of(play: Play) -> None:
    played = play([call("escalate", account="I cannot tell", missing="traces")])
    assert played.blamed == "Deployment/shop/checkout"
    assert played.incident.outcome is Outcome.DIAGNOSED
    notes = [e.record for e in played.incident.entries if isinstance(e.record, Noted)]
    assert any("traces" in note.text for note in notes)


def test_a_model_without_tools_answers_in_json(play: Play) -> None:
    arguments = conclusion()["calls"][0]["arguments"]
    said = json.dumps({"tool": "conclude", "arguments": arguments})
    script = {"tools": False, "turns": [{"text": f"Here it is:\n```json\n{said}\n```"}]}
    played = play(script, model_tools="no")
    assert played.by == "openai/sim"
    assert "tools" not in played.site.requests[0].body


def test_everything_is_written_down_with_the_version_of_the_prompts(play: Play) -> None:
    played = play([conclusion()])
    (briefed,) = [e.record for e in played.incident.entries if isinstance(e.record, Briefed)]
    assert {turn.version for turn in played.turns} == {briefed.version}
    assert len(briefed.version) == 12
    assert played.turns[0].usage.prompt > 0
    assert not [e for e in played.incident.entries if isinstance(e.record, Proposed)]
