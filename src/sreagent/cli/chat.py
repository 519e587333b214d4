"""`sre chat INC`: ask about an incident, also when it is over."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from sreagent.cli import options

if TYPE_CHECKING:
    from sreagent.cli.keyboard import Keyboard
    from sreagent.cli.screen import Terminal
    from sreagent.domain.action import Proposal
    from sreagent.domain.errors import Exit
    from sreagent.domain.evidence import Evidence
    from sreagent.domain.incident import Incident
    from sreagent.domain.verdict import Ask
    from sreagent.wiring.runs import Run


def chat(
    incident: options.Incident,
    model: options.Model = None,
    model_url: options.ModelUrl = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    prometheus: options.Prometheus = None,
    debug: options.Debug = False,
) -> None:
    """Ask about an incident: what is known is told from its record, more is looked up.

    Lines come from the terminal, or from standard input. An empty line or Ctrl-D ends it. Changes
    are only proposed.
    """
    from sreagent.cli.keyboard import Keyboard
    from sreagent.cli.screen import Terminal, console
    from sreagent.settings import person
    from sreagent.wiring import runs

    del debug
    settings = options.settings(
        model=model,
        model_url=model_url,
        context=context,
        kubeconfig=kubeconfig,
        prometheus=prometheus,
    )
    out = console()
    screen = Terminal(out)
    typed = out.is_terminal and sys.stdin.isatty()
    people = Talker(person(), Keyboard(person(), screen, yes=False) if typed else None)
    with runs.conversation(incident, settings, people) as run:
        code = _converse(run, screen)
    raise typer.Exit(code)


def _converse(run: "Run", screen: "Terminal") -> "Exit":
    from sreagent.cli import render
    from sreagent.domain.errors import Exit
    from sreagent.investigate.outcome import outcome_of

    out, known = screen.out, run.incident
    screen.begin(known, run.usd_limit, run.model)
    if known.concluded:
        out.print()
        out.print(render.root_cause(known.concluded, boxed=out.is_terminal))
    out.print()
    ended = False
    try:
        for happening in run.happenings():
            screen.show(happening, run.incident)
        ended = True
    except KeyboardInterrupt:
        out.print()
    finally:
        screen.rest()
        if not ended:
            # What came of the incident stays, however the talk about it ended.
            run.interrupt("", outcome_of(run.incident, asked=True))
    if run.untraced:
        print(f"sre: no traces of this run: {run.untraced}", file=sys.stderr)
    for line in render.open_questions(run.incident):
        out.print(line)
    return Exit.OK if _was_answered(run.incident) else Exit.FAILED


def _was_answered(incident: "Incident") -> bool:
    """Whether the last question got an answer, if there was one."""
    from sreagent.domain.record import Asked, Concluded, Resumed, Turn

    for entry in reversed(incident.entries):
        match entry.record:
            case Turn(role="communicator", text=text):
                return bool(text)
            case Asked():
                return False
            case Concluded() | Resumed():
                return True
            case _:
                pass
    return True


class Talker:
    """A person who asks, and decides nothing here: proposals wait for `sre approve`."""

    def __init__(self, name: str, keyboard: "Keyboard | None") -> None:
        self.name = name
        self._keyboard = keyboard

    def ask(self, proposal: "Proposal", verdict: "Ask", cited: "Sequence[Evidence]") -> None:
        """No answer."""
        del proposal, verdict, cited

    def hear(self, prompt: str) -> str | None:
        """The next line; at a terminal an empty one ends it, in a pipe the end of the input."""
        if self._keyboard:
            return self._keyboard.hear(prompt)
        return next((text for line in sys.stdin if (text := line.strip())), None)
