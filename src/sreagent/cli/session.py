"""Drives a run: shows it, writes the postmortem, prints the JSON object, picks the exit code."""

import gc
import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sreagent.cli.person import Helps, Listens, Nobody
from sreagent.domain.errors import BadInput, Exit, SreError
from sreagent.domain.incident import Incident
from sreagent.domain.ports import Person
from sreagent.domain.record import Happening
from sreagent.investigate.outcome import exit_of
from sreagent.report.outcome import as_json
from sreagent.report.postmortem import postmortem
from sreagent.settings import person, state_folder
from sreagent.wiring import connections
from sreagent.wiring.runs import Run

SELDOM = (2_000_000, 50, 100)
"""New objects between two looks for cycles: the lists of a large cluster are no garbage."""
Start = Callable[[Person], AbstractContextManager[Run]]
"""Opens a run for the person who will be asked."""


class Screen(Protocol):
    """Something that shows a run."""

    def begin(self, incident: Incident, usd_limit: float | None = None, model: str = "") -> None:
        """The incident is open; a model that takes part may cost `usd_limit`, 0 for any."""
        ...

    def show(self, happening: Happening, incident: Incident) -> None:
        """Something happened; the incident already knows."""
        ...

    def rest(self) -> None:
        """Others may print now."""
        ...

    def end(self, incident: Incident, report: str) -> None:
        """The run is over."""
        ...


class Silent:
    """Shows nothing: `--json` prints its object at the end."""

    def begin(self, incident: Incident, usd_limit: float | None = None, model: str = "") -> None:
        """Nothing."""

    def show(self, happening: Happening, incident: Incident) -> None:
        """Nothing."""

    def rest(self) -> None:
        """Nothing."""

    def end(self, incident: Incident, report: str) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """How a run is shown and who answers."""

    yes: bool = False
    as_json: bool = False
    explain: bool = False
    """With the whole tree of hypotheses."""
    out: Path | None = None
    answers: Person | None = None
    """Who answers instead of the keyboard."""


def conduct(start: Start, show: Show) -> Exit:
    """Run to the end; Ctrl-C leaves a readable journal and no half-done change."""
    _check_writable(show.out)
    gc.set_threshold(*SELDOM)
    screen, people = _unseen(show) if show.as_json else _watched(show)
    people = show.answers or people
    with ExitStack() as stack:
        run = _opened(start, people, stack)
        if isinstance(people, Listens):
            people.letters = run.letters
        if isinstance(people, Helps):
            people.helps = run.usd_limit is not None
        screen.begin(run.incident, run.usd_limit, run.model)
        stopped = _follow(run, screen)
        if why := run.case.journal.unsigned:
            print(f"sre: the end of the record is not signed: {why}", file=sys.stderr)
        if run.untraced:
            print(f"sre: no traces of this run: {run.untraced}", file=sys.stderr)
        report = write_report(run.incident, show.out)
        screen.end(run.incident, report)
        if show.as_json:
            print(json.dumps(as_json(run.incident), indent=2, ensure_ascii=False))
        return Exit.INTERRUPTED if stopped else exit_of(run.incident)


def _opened(start: Start, people: Person, stack: ExitStack) -> Run:
    """The run, ready to be followed; it is closed with the stack."""
    try:
        return stack.enter_context(start(people))
    except KeyboardInterrupt as stop:
        msg = "nothing was changed"
        raise KeyboardInterrupt(msg) from stop


def write_report(incident: Incident, out: Path | None) -> str:
    """Write the postmortem; where that is not possible, into the state folder. Says where."""
    text = postmortem(incident, now=connections.system_clock().now())
    path = out or Path(f"postmortem-{incident.id}.md")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError:
        # An answer that was found is not lost over a file.
        path = state_folder() / "incidents" / incident.id / "postmortem.md"
        path.write_text(text, encoding="utf-8")
    return str(path)


def _check_writable(out: Path | None) -> None:
    """Find out before the work, not after it.

    Raises:
        BadInput: The postmortem cannot be written there.
    """
    if out is None:
        return
    folder = out.absolute().parent
    if out.is_dir() or not os.access(out if out.exists() else folder, os.W_OK):
        msg = f"cannot write the postmortem to {str(out)!r}"
        why = "it is a folder" if out.is_dir() else f"{folder} is not there or not writable"
        raise BadInput(msg, why=why, hint="try: --out postmortem.md")


def _follow(run: Run, screen: Screen) -> bool:
    """Show everything that happens; True when it was stopped.

    However it ends, the journal says so: `sre resume` goes on from there.
    """
    reason = "stopped by an error"
    try:
        for happening in run.happenings():
            screen.show(happening, run.incident)
        reason = ""
    except KeyboardInterrupt:
        reason = "interrupted"
    except SreError as error:
        reason = error.message
        raise
    finally:
        screen.rest()
        if reason:
            run.interrupt(reason)
    return bool(reason)


def _unseen(show: Show) -> tuple[Screen, Person]:
    return Silent(), Nobody(person(), yes=show.yes)


def _watched(show: Show) -> tuple[Screen, Person]:
    from sreagent.cli.keyboard import Keyboard
    from sreagent.cli.screen import Terminal, console

    out = console()
    screen = Terminal(out, explain=show.explain)
    if out.is_terminal and sys.stdin.isatty():
        return screen, Keyboard(person(), screen, yes=show.yes)
    return screen, Nobody(person(), yes=show.yes)
