"""The live screen: shows each happening as it comes."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from sreagent.cli import model_lines, render
from sreagent.cli.reasons import reasons
from sreagent.cli.waiting import Waiting
from sreagent.domain.change import Change
from sreagent.domain.diagnosis import CONFIDENT, Outcome
from sreagent.domain.hypothesis import Hypothesis
from sreagent.domain.incident import Incident
from sreagent.domain.record import (
    RULES,
    Answer,
    Answered,
    Asked,
    Briefed,
    Closed,
    Concluded,
    Entry,
    Happening,
    Looked,
    Noted,
    Progress,
    Proposed,
    Ran,
    Record,
    Resumed,
    Spoken,
    Told,
    Turn,
    Verified,
    Weighed,
)
from sreagent.domain.text import one_line, visible

ASKING = "asking the "
"""How a passing word begins while a model is waited for."""
PIPE_WIDTH = 10_000
"""In a pipe no line is folded."""


class ClearConsole(Console):
    """A console that passes no escape and no hidden letter on, wherever they come from.

    What gives colour and moves the cursor is made by Rich from styles, never from text.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Segments whose text is only text."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))


def console() -> Console:
    """The console of standard output; plain and unfolded in a pipe. Rich reads NO_COLOR itself."""
    terminal = sys.stdout.isatty()
    return ClearConsole(
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=not terminal,
        width=None if terminal else PIPE_WIDTH,
    )


class Terminal:
    """Colour, panels and a spinner at a terminal; plain lines in a pipe."""

    def __init__(self, out: Console, *, explain: bool = False) -> None:
        self.out = out
        self._explain = explain
        self._boxed = out.is_terminal
        self._waiting = Waiting(out)
        self._looking = False
        self._began = out.get_time()
        self._usd_limit: float | None = None
        self._model = ""
        self._held: Concluded | None = None
        self._weighed_last: tuple[Hypothesis, ...] = ()
        self._changes_last: tuple[Change, ...] = ()

    def begin(self, incident: Incident, usd_limit: float | None = None, model: str = "") -> None:
        """Which incident, alert and cluster.

        `model` takes part in this run. `usd_limit` is what it may cost, 0 for no limit; None where
        none takes part. Where one does, the rules' account is shown in short, and whole only if the
        model gives none.
        """
        self._began, self._usd_limit = self.out.get_time(), usd_limit
        self._model = model or incident.opened.model
        opened, began = replace(incident.opened, model=self._model), incident.opened_at
        self.out.print(render.header(incident.id, opened, began, self.out.width))

    def show(self, happening: Happening, incident: Incident) -> None:
        """One or a few lines; a passing word only at a terminal."""
        match happening:
            case Progress(text=text):
                self._progress(text, incident)
            case Spoken(text=text):
                self._spoken(text)
            case Entry(record=Proposed(proposal=proposal), at=at):
                self._let_go(incident)
                self._section("")
                self.out.print(render.proposal(proposal, boxed=self._boxed, at=at))
            case Entry(record=record):
                self._record(record, incident)

    def end(self, incident: Incident, report: str) -> None:
        """What came of it."""
        self._let_go(incident)
        self.rest()
        self.out.print()
        for line in render.ending(incident, report):
            self.out.print(line)

    def rest(self) -> None:
        """Take the spinner away, so that others may print or read keys."""
        self._waiting.rest()

    def _progress(self, text: str, incident: Incident) -> None:
        if not self.out.is_terminal:
            return
        limit = self._usd_limit
        if limit is None or not text.startswith(ASKING):
            self._waiting.wait_for(lambda: text)
            return
        clock, began = self.out.get_time, self._began
        self._waiting.wait_for(lambda: model_lines.meter(text, incident, limit, clock() - began))

    def _spoken(self, text: str) -> None:
        """In a pipe the whole of it comes with its turn."""
        if self.out.is_terminal:
            self._waiting.hear(text)

    def _record(self, record: Record, incident: Incident) -> None:
        match record:
            case Looked():
                self._heading_once()
                self.out.print(render.look(record, self.out.width), soft_wrap=True)
            case Weighed(hypotheses=hypotheses) if hypotheses not in ((), self._weighed_last):
                self._weighed_last = hypotheses
                self._section("Hypotheses")
                for line in self._weighed(hypotheses, incident):
                    self.out.print(line)
                self._changed(incident)
            case Concluded():
                self._concluded(record, incident)
            case Closed():
                self._let_go(incident)
            case Briefed() | Turn() | Told() | Asked() | Noted(by="budget"):
                self._talk(record)
            case Verified():
                self.rest()
                self.out.print(render.verified(record))
            case Answered() | Ran() | Noted() | Resumed():
                self.rest()
                self.out.print(_said(record))
            case _:
                pass

    def _concluded(self, record: Concluded, incident: Incident) -> None:
        """The account; that of the rules in short while a model's is to come."""
        if record.by == RULES and self._usd_limit is not None:
            self._held = record
            self._section("")
            self.out.print(model_lines.rules_account(record))
        else:
            self._held = None
            self._account(record, incident)

    def _talk(self, record: Briefed | Turn | Told | Asked | Noted) -> None:
        match record:
            case Briefed():
                self._section(model_lines.briefed(record, self._model))
            case Noted(text=text):
                self._lines(model_lines.gone_no_further(text))
            case Turn():
                self._lines(*model_lines.turn(record))
            case Asked() if not self.out.is_terminal:
                # At a terminal they typed it just now.
                self._lines(model_lines.asked(record))
            case Told() if line := model_lines.told(record):
                self._lines(line)

    def _lines(self, *lines: RenderableType) -> None:
        self.rest()
        for line in lines:
            self.out.print(line)

    def _let_go(self, incident: Incident) -> None:
        """Show the rules' account whole, where no model's came in its place."""
        held, self._held = self._held, None
        if held:
            self._account(held, incident)

    def _weighed(self, found: Sequence[Hypothesis], incident: Incident) -> Iterable[RenderableType]:
        if not self._explain:
            return render.hypotheses(found)
        alert = incident.opened.alert.name
        return reasons(alert, found, incident.evidence, drawn=self.out.is_terminal)

    def _changed(self, incident: Incident) -> None:
        if incident.changes == self._changes_last:
            return
        self._changes_last = incident.changes
        lines = list(render.changes(incident.changes))
        if lines:
            self._section("Changes")
        for line in lines:
            self.out.print(line)

    def _account(self, record: Concluded, incident: Incident) -> None:
        self._section("")
        if record.outcome is Outcome.ESCALATED:
            for line in render.unsure(incident.hypotheses, CONFIDENT):
                self.out.print(line)
        self.out.print(render.root_cause(record, boxed=self._boxed))
        if record.diagnosis:
            for picture in render.plots(incident.cited(record.diagnosis.evidence)):
                self.out.print(picture)

    def _heading_once(self) -> None:
        if not self._looking:
            self._section("Looking")
            self._looking = True

    def _section(self, name: str) -> None:
        self.rest()
        self.out.print()
        if name:
            self.out.print(Text(name, style="bold"))


def _said(record: Answered | Ran | Noted | Resumed) -> RenderableType:
    note = Text(" · ", style="dim")
    match record:
        case Ran(action=action, ok=True, message=message):
            return render.hanging(Text(" ✓ ", style="green"), Text(f"{action} {_folded(message)}"))
        case Ran(action=action, message=message):
            said = Text(f"{action} not done: {_folded(message)}")
            return render.hanging(Text(" ✗ ", style="red"), said)
        case Noted(text=text):
            return render.hanging(note, Text(_folded(text), style="dim"))
        case Resumed(by=by):
            return Text(f"Resumed by {by}", style="bold")
        case Answered(action=action, answer=answer, by=by, how=how, reason=reason):
            words = f"{action} {_ANSWERS[answer]} by {by} ({how})"
            words += f": {_folded(reason)}" if reason else ""
            return render.hanging(note, Text(words, style="dim"))


def _folded(text: str) -> str:
    """On one line: a line feed in it could pretend to be another record."""
    return one_line(text, max(len(text), 1))


_ANSWERS = {
    Answer.RUN: "approved",
    Answer.DRY_RUN: "dry-run again",
    Answer.EDIT: "edited",
    Answer.HINT: "hint given",
    Answer.SKIP: "skipped",
    Answer.REJECT: "refused",
    Answer.QUIT: "left open",
}
