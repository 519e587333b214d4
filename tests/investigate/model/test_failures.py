"""Whatever goes wrong with a model, there is a diagnosis in the end, and it is told what it was."""

import time
from dataclasses import replace
from typing import Any

import pytest
from tests.investigate.model.conftest import ALERT, Play, Played, call, conclusion

from sreagent.domain.record import Noted

LOOK = call("look", lines=["kubectl -n shop get pods"])


def given_up(played: Played) -> str:
    """Why the model was not asked any more."""
    notes = [e.record.text for e in played.incident.entries if isinstance(e.record, Noted)]
    return next((text for text in notes if text.startswith("the model goes no further")), "")


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"status": 429, "retry_after": 0.1}, id="busy"),
        pytest.param({"status": 503}, id="server-error"),
        pytest.param({"text": "half of an answer that is lo", "reset": True}, id="reset"),
        pytest.param({"empty": True}, id="empty"),
        pytest.param({"text": "I think that it is the database."}, id="only-talk"),
        pytest.param(
            {"calls": [{"name": "conclude", "arguments": '{"root_cause": "x", '}]}, id="broken-json"
        ),
        pytest.param(call("conclude", root_cause="x"), id="fields-left-out"),
        pytest.param(call("look", lines=[], colour="red"), id="field-too-many"),
    ],
)
def test_one_trouble_is_got_over_and_the_model_concludes(
    play: Play, trouble: dict[str, Any]
) -> None:
    played = play([trouble, conclusion()])
    assert (played.blamed, played.by) == ("Deployment/shop/checkout", "openai/sim")


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        pytest.param({"status": 429, "retry_after": 0.1}, "busy", id="busy"),
        pytest.param({"status": 500}, "server had an error", id="server-error"),
        pytest.param({"html": True}, "model", id="page-of-a-proxy"),
        pytest.param({"status": 401}, "key", id="wrong-key"),
        pytest.param({"status": 404}, "sim", id="no-such-model"),
        pytest.param({"context_length": True}, "read", id="too-long"),
        pytest.param({"content_filter": True}, "filter", id="filtered"),
        pytest.param({"empty": True}, "empty", id="empty"),
        pytest.param({"text": "I think that it is the database."}, "tool", id="only-talk"),
        pytest.param(
            {"calls": [{"name": "conclude", "arguments": "{broken"}]}, "JSON", id="broken-json"
        ),
        pytest.param(call("restart"), "no tool", id="tool-that-does-not-exist"),
    ],
)
def test_trouble_that_stays_leaves_the_step_to_the_rules(
    play: Play, trouble: dict[str, Any], told: str
) -> None:
    played = play({"turns": [trouble], "repeat": True})
    assert played.blamed == "Deployment/shop/checkout"
    assert played.by == "rules"
    assert told.lower() in given_up(played).lower()


def test_a_model_that_gave_up_is_asked_anew_when_the_incident_is_resumed(play: Play) -> None:
    before = play({"turns": [{"status": 500}], "repeat": True})
    assert before.by == "rules"
    after = play([conclusion()], incident=before.incident.id)
    assert after.by == "openai/sim"
    assert len(after.turns) == len(before.turns) + 1


def test_an_endless_loop_of_looks_ends_at_the_limit(play: Play) -> None:
    played = play({"turns": [LOOK], "repeat": True}, turn_limit=4)
    assert len(played.turns) == 4
    assert "4 answers" in given_up(played)
    assert played.blamed == "Deployment/shop/checkout"


def test_a_limit_of_tokens_stops_and_still_answers(play: Play) -> None:
    played = play({"turns": [LOOK], "repeat": True}, token_limit=3000)
    assert "3000 tokens" in given_up(played)
    assert played.by == "rules"


def test_two_calls_with_one_id_are_both_answered(play: Play) -> None:
    both = [
        {"name": "look", "arguments": {"lines": ["kubectl -n shop get pods"]}, "id": "same"},
        {"name": "look", "arguments": {"lines": ["kubectl -n shop get events"]}, "id": "same"},
    ]
    played = play([{"calls": both}, conclusion()])
    assert len({one.call for one in played.told}) == len(played.told) == 3
    assert played.by == "openai/sim"


def test_a_silent_model_is_not_waited_for_longer_than_the_run_may_take(play: Play) -> None:
    began = time.monotonic()
    # Evidence comes first, which takes a busy machine seconds.
    played = play([{"slow": 120.0, "text": "late"}], time_limit=15.0)
    assert time.monotonic() - began < 100
    assert played.blamed == "Deployment/shop/checkout"
    assert played.turns[0].problem


def test_a_prompt_that_was_too_long_is_sent_shorter(play: Play) -> None:
    played = play([LOOK, LOOK, {"context_length": True}, conclusion()])
    assert played.by == "openai/sim"


def test_a_server_that_takes_no_tools_after_all_is_asked_in_words(play: Play) -> None:
    said = (
        '{"tool": "conclude", "arguments": {"root_cause": "PAYMENT_PROVIDERS is set nowhere", '
        '"entity": "Deployment/shop/checkout", "category": "deployment", "confidence": 0.9, '
        '"evidence": ["{{evidence:broken logs: pod shop/checkout}}"]}}'
    )
    played = play({"tools": False, "turns": [{"text": said}]})
    assert played.by == "openai/sim"


def test_nobody_is_asked_when_the_alert_is_over(play: Play) -> None:
    played = play([conclusion()], alert=replace(ALERT, status="resolved"))
    assert not played.turns
