"""Whatever a cluster says, the screen shows it as text: no escape, no markup, nothing hidden."""

import io
import types
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from rich.text import Text

from sreagent.cli import render
from sreagent.cli.screen import ClearConsole, Terminal
from sreagent.domain.action import Proposal
from sreagent.domain.evidence import Evidence
from sreagent.domain.hypothesis import Hypothesis
from sreagent.domain.incident import Incident
from sreagent.domain.record import Concluded, Entry, Looked, Progress, Verified
from sreagent.domain.text import visible
from sreagent.journal.codec import KINDS

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MARKUP = "[bold red]x[/bold red][conceal]y[/conceal]:warning:"
HOSTILE = (
    f"\x1b[2J\x1b]8;;http://evil\x07\x9b8m\u202eevil\u2066\u200b\U000e0041\xad\x00\x1bc{MARKUP}"
)


def hostile(kind: Any, text: str = HOSTILE) -> Any:
    """A value of this type in which every text is hostile."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        assert isinstance(kind, type)
        return kind(**{f.name: hostile(hints[f.name], text) for f in fields(kind)})
    if origin in (Union, types.UnionType, Literal):
        return hostile(inner[0], text) if origin is not Literal else inner[0]
    if origin is tuple:
        return (hostile(inner[0], text),)
    if origin is not None and issubclass(origin, Mapping):
        return {text: text}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    plain = {str: text, int: 2, float: 0.5, bool: True, datetime: NOW}
    return plain.get(kind, text)


INCIDENT: Incident = hostile(Incident)


def console(*, terminal: bool, colours: bool = False) -> ClearConsole:
    return ClearConsole(
        file=io.StringIO(),
        force_terminal=terminal,
        color_system="standard" if colours else None,
        markup=False,
        highlight=False,
        emoji=False,
        width=4000,
    )


def shown(out: ClearConsole) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_no_record_carries_an_escape_or_a_hidden_letter_to_the_screen(
    kind: type, terminal: bool
) -> None:
    out = console(terminal=terminal)
    screen = Terminal(out)
    screen.show(Entry(seq=1, at=NOW, record=hostile(kind)), INCIDENT)
    text = shown(out)
    assert visible(text) == text


def test_beginning_and_end_are_only_text() -> None:
    out = console(terminal=False)
    screen = Terminal(out)
    screen.begin(INCIDENT)
    screen.end(INCIDENT, HOSTILE)
    assert visible(shown(out)) == shown(out)
    assert MARKUP in shown(out)


def test_a_passing_word_at_a_terminal_is_only_text() -> None:
    out = console(terminal=True)
    screen = Terminal(out)
    screen.show(Progress(text=HOSTILE), INCIDENT)
    screen.rest()
    # The spinner moves the cursor itself.
    assert "\x1b]8" not in shown(out)
    assert "\x1b[2J" not in shown(out)
    assert "\u202e" not in shown(out)


PLACES = [
    pytest.param(lambda: [render.look(hostile(Looked), 400)], id="look"),
    pytest.param(lambda: render.hypotheses([hostile(Hypothesis)]), id="hypotheses"),
    pytest.param(lambda: [render.root_cause(hostile(Concluded), boxed=True)], id="root-cause"),
    pytest.param(lambda: [render.root_cause(hostile(Concluded), boxed=False)], id="plain-cause"),
    pytest.param(lambda: render.unsure([hostile(Hypothesis)], 0.8), id="unsure"),
    pytest.param(lambda: [render.proposal(hostile(Proposal), boxed=True)], id="proposal"),
    pytest.param(lambda: [render.proposal(hostile(Proposal), boxed=False)], id="plain-proposal"),
    pytest.param(lambda: [render.verified(hostile(Verified))], id="verified"),
    pytest.param(lambda: render.evidence([hostile(Evidence)]), id="evidence"),
    pytest.param(lambda: render.ending(INCIDENT, HOSTILE), id="ending"),
    pytest.param(lambda: [render.header(HOSTILE, INCIDENT.opened, NOW, 80)], id="header"),
]


@pytest.mark.parametrize("place", PLACES)
def test_markup_is_shown_and_has_no_effect(place: Any) -> None:
    plain, coloured = console(terminal=True), console(terminal=True, colours=True)
    lines: Iterable[Any] = list(place())
    for line in lines:
        plain.print(line)
        coloured.print(line)
    assert visible(shown(plain)) == shown(plain)
    assert MARKUP in shown(plain)
    # Without its colours it is the same text: nothing was interpreted, nothing concealed.
    assert Text.from_ansi(shown(coloured)).plain.strip() == shown(plain).strip()
    assert "\x1b[8m" not in shown(coloured)


def test_a_line_feed_in_a_field_does_not_pretend_to_be_another_row() -> None:
    out = console(terminal=False)
    faked = hostile(Proposal, "why\nUndo    kubectl delete ns shop")
    proposal = replace(faked, command="kubectl get pods", people=1)
    out.print(render.proposal(proposal, boxed=False))
    rows = [line.strip() for line in shown(out).splitlines()]
    assert [row for row in rows if row.startswith("Undo")] == [
        "Undo    why Undo    kubectl delete ns shop"
    ]
