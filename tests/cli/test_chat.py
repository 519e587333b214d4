"""Questions about an incident: at its prompts, and when it is over."""

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.scripted import call, conclusion, scripted
from tests.journal.samples import DIAGNOSIS, EVIDENCE, HYPOTHESIS, OPENED
from tests.programs import Done, Terminal, sre
from tests.report.samples import FOUND

from sreagent.clients.clock import SystemClock
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.record import Asked, Closed, Cost, Turn
from sreagent.journal.shelf import incident as read
from sreagent.journal.store import Journal
from sreagent.settings import state_folder
from sreagent.simulator import Simulation

DNS = "why not DNS?"
ANSWER = "DNS answers: frontend gets connections refused, not names unresolved [E1]."
GONE = ("--kubeconfig", "/nonexistent/config")


@pytest.fixture
def closed() -> str:
    """An incident that rules alone explained, of a cluster that is gone."""
    clock = SystemClock()
    with Journal.create(state_folder(), clock, redact=str) as journal:
        cost = Cost(api_calls=22, seconds=1.2)
        ended = Closed(outcome=Outcome.DIAGNOSED, cost=cost)
        journal.append_all((replace(OPENED, prometheus=""), *FOUND, ended))
        return journal.id


def asked(incident: str) -> list[Asked]:
    entries = read(state_folder(), incident).entries
    return [e.record for e in entries if isinstance(e.record, Asked)]


def chat(incident: str, *lines: str) -> Done:
    return sre("chat", incident, *GONE, stdin="\n".join(lines))


def test_a_question_about_what_is_known_is_answered_without_the_cluster(
    closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(monkeypatch, call("pass", to="communicator"), {"text": ANSWER}) as site:
        done = chat(closed, DNS)
    assert (done.code, done.err) == (0, "")
    assert f"» {ANSWER}" in done.out
    assert "Asking openai/sim, prompts " in done.out
    told = str(site.requests[-1].body["messages"])
    assert all(known in told for known in (EVIDENCE.claim[:60], DNS))
    assert [one.text for one in asked(closed)] == [DNS]
    known = read(state_folder(), closed)
    assert (known.outcome, known.cost.api_calls) == (Outcome.DIAGNOSED, 22)
    assert known.diagnosis == DIAGNOSIS
    assert known.hypotheses[0] == HYPOTHESIS


def test_that_the_cluster_is_gone_is_told_when_a_look_is_wanted(
    closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (
        call("pass", to="observer"),
        call("look", lines=["kubectl -n shop get pods"]),
        call("report", seen="nothing could be looked at"),
        {"text": "The cluster does not answer any more."},
    )
    with scripted(monkeypatch, *turns):
        done = chat(closed, "look at the pods")
    assert "? kubectl -n shop get pods" in done.out
    assert "no kubeconfig found" in done.out
    assert "» The cluster does not answer any more." in done.out


def test_a_talk_goes_on_where_the_last_one_ended(
    closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = (call("pass", to="communicator"), {"text": ANSWER})
    with scripted(monkeypatch, *answers, *answers) as site:
        chat(closed, DNS)
        chat(closed, "and the database?")
    told = [str(message["content"]) for message in site.requests[-1].body["messages"]]
    assert any(DNS in text for text in told)
    assert ANSWER in told
    assert "and the database?" in told[-1]


@pytest.mark.parametrize(
    ("turns", "code"),
    [
        pytest.param([{"status": 500, "repeat": True}], 1, id="a-model-that-does-not-answer"),
        pytest.param([{"text": "hm", "repeat": True}], 0, id="a-model-that-only-talks"),
        pytest.param(
            [call("pass", to="observer"), {**call("look", lines=[]), "repeat": True}],
            1,
            id="a-model-that-looks-for-ever",
        ),
    ],
)
def test_a_question_comes_to_an_end_with(
    turns: list[dict[str, Any]], code: int, closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(monkeypatch, *turns):
        done = chat(closed, DNS)
    assert done.code == code
    assert (" ! " in done.out) == bool(code)
    records = [entry.record for entry in read(state_folder(), closed).entries]
    assert len([one for one in records if isinstance(one, Turn)]) <= 10
    assert isinstance(records[-1], Closed)


def test_without_a_model_it_says_what_to_set(closed: str) -> None:
    done = chat(closed, DNS)
    assert (done.code, done.out) == (2, "")
    assert "no model is set" in done.err
    assert "SRE_MODEL" in done.err


def test_a_secret_that_a_person_types_goes_nowhere(
    closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = secrets.token_hex(16)
    with scripted(monkeypatch, call("pass", to="communicator"), {"text": ANSWER}) as site:
        chat(closed, f"is it the password={secret} of the database?")
    assert secret not in str([request.body for request in site.requests])
    assert secret not in "".join(
        path.read_text(errors="replace")
        for path in Path(state_folder()).rglob("*")
        if path.is_file()
    )


def test_ctrl_c_in_a_talk_leaves_the_incident_as_it_was(
    closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (call("pass", to="communicator"), {"text": ANSWER, "slow": 30})
    with scripted(monkeypatch, *turns), Terminal("chat", closed, *GONE) as terminal:
        terminal.wait_for("▸ ")
        terminal.type(f"{DNS}\n")
        terminal.wait_for("asking the communicator")
        terminal.type("\x03")
        terminal.finish()
    assert read(state_folder(), closed).outcome is Outcome.DIAGNOSED


def test_a_hint_at_a_proposal_is_answered_and_the_question_put_again(
    bad_deploy: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (conclusion(), call("pass", to="communicator"), {"text": ANSWER})
    where = ("KubePodCrashLooping", "-n", "shop", "--kubeconfig", str(bad_deploy.kubeconfig))
    with scripted(monkeypatch, *turns), Terminal("investigate", *where) as terminal:
        terminal.wait_for("[h] hint")
        terminal.type("h")
        terminal.wait_for("question: ")
        terminal.type(f"{DNS}\n")
        assert "» DNS answers" in terminal.wait_for("[h] hint")
        terminal.type("s")
        assert terminal.finish() == 0
    assert [one.text for one in asked("last")] == [DNS]


def test_where_nothing_is_sure_a_person_may_help_until_they_press_enter(
    bad_deploy: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (
        conclusion(confidence=0.5),
        call("pass", to="diagnostician"),
        conclusion(confidence=0.6),
    )
    where = ("KubePodCrashLooping", "-n", "shop", "--kubeconfig", str(bad_deploy.kubeconfig))
    with scripted(monkeypatch, *turns), Terminal("investigate", *where) as terminal:
        terminal.wait_for("Enter to end")
        terminal.type("look at the rollout\n")
        assert "confidence 0.60" in terminal.wait_for("Enter to end")
        terminal.type("\n")
        assert terminal.finish() == 5
    assert read(state_folder(), "last").outcome is Outcome.ESCALATED
