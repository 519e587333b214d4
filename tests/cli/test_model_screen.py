"""What a person sees while a model takes part, and what a pipe gets."""

import io
import secrets
from dataclasses import replace

import pytest
from tests.cli.scripted import call, conclusion, scripted
from tests.journal.samples import CHANGE, HYPOTHESIS
from tests.programs import sre
from tests.report.samples import CONCLUDED, FOUND, PROPOSED, TALK, incident

from sreagent.cli.screen import ClearConsole, Terminal
from sreagent.domain.conversation import Usage
from sreagent.domain.incident import Incident
from sreagent.domain.record import (
    FoundChanges,
    Happening,
    Progress,
    Record,
    Spoken,
    Turn,
    Weighed,
)
from sreagent.simulator import Simulation

BY_MODEL = replace(CONCLUDED, by="openai/sim")
MUTE = Turn(role="diagnostician", model="openai/sim", version="", problem="no answer came")


def console(*, terminal: bool = False, width: int = 200) -> ClearConsole:
    file = io.StringIO()
    return ClearConsole(
        file=file, force_terminal=terminal, width=width, height=24, color_system=None, markup=False
    )


def shown(out: ClearConsole) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def watched(*records: Record, usd_limit: float | None = 0.5) -> str:
    """What a pipe gets of these records."""
    out, whole = console(), incident(*records)
    screen = Terminal(out)
    screen.begin(whole, usd_limit)
    for entry in whole.entries:
        screen.show(entry, whole)
    screen.end(whole, "")
    return shown(out)


def drawn(*happenings: Happening, known: Incident) -> str:
    """What a terminal is drawn at last; the thread that draws it comes in between as it likes."""
    out = console(terminal=True, width=80)
    screen = Terminal(out)
    screen.begin(known, 0.5)
    for happening in happenings:
        screen.show(happening, known)
    live = console(width=80)
    live.print(screen._waiting)
    screen.rest()
    return shown(live)


def test_the_rules_account_is_short_while_a_models_follows() -> None:
    text = watched(*FOUND, *TALK, BY_MODEL)
    assert "Rules: revision 8 of checkout crashes at start, confidence 0.93" in text
    assert text.count("Root cause") == 1
    assert text.index("Root cause") > text.index("Asking")


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param((), id="it-was-never-asked"),
        pytest.param((TALK[0], MUTE), id="it-did-not-answer"),
        pytest.param((TALK[0], MUTE, PROPOSED), id="a-change-is-proposed"),
    ],
)
def test_the_rules_account_is_whole_where_the_model_gives_none(rest: tuple[Record, ...]) -> None:
    text = watched(*FOUND, *rest)
    assert text.count("Root cause  (confidence 0.93)") == 1
    if PROPOSED in rest:
        assert text.index("Root cause  (") < text.index("A1  ")


def test_without_a_model_the_rules_account_is_shown_at_once() -> None:
    text = watched(*FOUND, usd_limit=None)
    assert "Rules:" not in text
    assert "model none (rules)" in text
    assert "Cost: 0 tokens, 0 API calls" in text


def test_what_was_weighed_alike_is_not_shown_twice() -> None:
    near = FoundChanges(changes=(replace(CHANGE, nearness="70 s before the first symptom"),))
    less = Weighed(hypotheses=(HYPOTHESIS,))
    found = (near, *FOUND[-2:])
    assert watched(*found, *TALK, FOUND[-2], BY_MODEL).count("Hypotheses\n") == 1
    text = watched(*found, *TALK, less, BY_MODEL)
    assert (text.count("Hypotheses\n"), text.count("Changes\n")) == (2, 1)


def test_a_pipe_gets_whole_turns_what_was_rejected_and_why_the_rules_go_on() -> None:
    text = watched(*FOUND, *TALK, MUTE)
    assert " │ It is the *rollout*." in text
    assert " ✗ rejected: made-up evidence: there is no E99" in text
    assert " ▸ oncall: why not DNS?" in text
    assert " ! the diagnostician (openai/sim) gave no usable answer: no answer came" in text


def test_pieces_are_shown_only_at_a_terminal() -> None:
    out, known = console(), incident(*FOUND)
    Terminal(out).show(Spoken(text="I think that "), known)
    assert shown(out) == ""
    assert "│ I think that" in drawn(Spoken(text="I think that "), known=known)


def test_what_is_said_is_wrapped_and_only_its_end_is_shown() -> None:
    words = " ".join(f"word{n}" for n in range(200))
    lines = drawn(Spoken(text=f"{words} "), known=incident()).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) == 7
    assert "word199" in lines[-2]


def test_a_secret_and_markup_are_no_more_than_text_while_they_are_said() -> None:
    secret = secrets.token_hex(16)
    pieces = [Spoken(text=piece) for piece in (f"password={secret[:9]}", secret[9:], " [bold]it")]
    for n in range(1, 4):
        text = drawn(*pieces[:n], known=incident())
        assert secret[:9] not in text
    assert "[bold]it" in drawn(*pieces, Spoken(text="\x1b[2J\u202e "), known=incident())


def test_calls_that_a_model_without_tools_writes_are_not_shown_as_words() -> None:
    text = drawn(Spoken(text='{"tool": "look", "arguments": {} '), known=incident())
    assert "tool" not in text


@pytest.mark.parametrize(
    ("usd", "told"),
    [
        pytest.param(0.006, "· 2 answers · 10,240 tokens · USD 0.012 of 0.50 · ", id="known"),
        pytest.param(None, "· 2 answers · 10,240 tokens · price not known · ", id="not-known"),
    ],
)
def test_a_meter_runs_while_a_model_is_waited_for(usd: float | None, told: str) -> None:
    usage = Usage(prompt=5000, cached=1200, answer=120, usd=usd)
    talk = [replace(one, usage=usage) if isinstance(one, Turn) else one for one in TALK]
    text = drawn(Progress(text="asking the diagnostician"), known=incident(*FOUND, *talk))
    assert f"asking the diagnostician {told}" in text


def test_a_whole_run_in_a_pipe_tells_what_the_model_did_and_what_it_cost(
    bad_deploy: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (
        call("look", text="I look.", lines=["kubectl -n shop rollout history deploy/checkout"]),
        conclusion(evidence=["E99"]),
        conclusion(),
    )
    where = ("-n", "shop", "--read-only", "--kubeconfig", str(bad_deploy.kubeconfig))
    with scripted(monkeypatch, *turns):
        done = sre("investigate", "KubePodCrashLooping", *where)
    assert done.code == 0, done.err
    order = (
        "model openai/sim",
        "Rules: ",
        "Asking openai/sim, prompts ",
        " │ I look.",
        " ✓ kubectl -n shop rollout history deploy/checkout",
        " ✗ rejected: made-up evidence: there is no evidence E99",
        "Root cause  (",
        "  checkout revision 2 was rolled out and crashes",
        " cached), price not known, ",
    )
    places = [done.out.index(text) for text in order]
    assert places == sorted(places)
    found = sre("incidents", "show", "last")
    assert "Concluded by: openai/sim" in found.out
    assert "3 answers, 1 rejected, made up: 1 (1 evidence)" in found.out
    assert sre("incidents", "show", "last", "--json").json["model"]["invented"] == {"evidence": 1}
