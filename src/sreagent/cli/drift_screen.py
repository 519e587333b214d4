"""What `sre drift` shows: findings worst first, each with who did it and what mends it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from sreagent.cli.waiting import Waiting
from sreagent.domain.drift import (
    Changed,
    Class,
    DriftReport,
    LeftOver,
    Missing,
    Place,
    Severity,
    Unmanaged,
)
from sreagent.domain.text import one_line
from sreagent.report import drift_words as words
from sreagent.report.drift_values import told

LABEL = 8
"""Width of `HIGH`, `MEDIUM`, `LOW`, `OWNED` and `IGNORED`."""
WIDE_LABEL = 11
"""Width of `MISSING`, `UNMANAGED`, `LEFT OVER` and `ERROR`."""
MOST_ALIKE = 10
"""Unmanaged things of one type that are shown; the rest is counted."""
MOST_GAPS = 10
LONGEST_PATH = 28
"""Letters of a path up to which values stand below each other."""
PIPE_ROOM = 240
"""Letters of a value in a pipe."""
TOGETHER = 200
"""Rows that are printed at once."""
ADDRESS = 300
WHY = 160

_STYLES = {Severity.HIGH: "bold red", Severity.MEDIUM: "bold yellow", Severity.LOW: "bold cyan"}
_OTHERS = {Class.CONTROLLER: ("OWNED", "dim"), Class.IGNORED: ("IGNORED", "dim")}
_SIGNS = {"-": "red", "+": "green", "": "dim"}

Row = tuple[Text, Text]
"""What stands on the left, and what is folded beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a report is shown."""

    width: int = 80
    mends: words.Mends = field(default_factory=dict)
    controlled: bool = False
    """Also what is owned by controllers, ignored, or managed by nobody; no list is cut short."""
    where: Callable[[Place], str] = str
    """How places are told apart; nothing where there is only one."""


def show(
    out: Console,
    report: DriftReport,
    *,
    code: int,
    mends: words.Mends | None = None,
    controlled: bool = False,
    warnings: Sequence[str] = (),
) -> None:
    """Print a whole report.

    Args:
        out: Where to; plain lines where it is no terminal.
        report: What was found.
        code: What the shell learns.
        mends: What mends a finding.
        controlled: Also what is hidden otherwise.
        warnings: Lines about the run itself, such as rules of an ignore file that are over.
    """
    shown = Shown(
        width=out.width if out.is_terminal else PIPE_ROOM,
        mends=mends or {},
        controlled=controlled,
        where=words.distinct_places(report),
    )
    rows = _all(report, shown, code, warnings)
    while batch := list(islice(rows, TOGETHER)):
        lines = [line for lead, text in batch for line in _lines(out, lead, text)]
        out.print(Text("\n").join(lines), soft_wrap=True)


def _lines(out: Console, lead: Text, text: Text) -> Iterable[Text]:
    """A row as lines that fit a terminal; where it is folded, it goes on below its beginning.

    A line that goes on never begins at the edge: what stands there is ours.
    """
    room = out.width - (cell_len(lead.plain) or 2)
    if not out.is_terminal or cell_len(text.plain) <= room:
        return (lead + text,)
    folded = text.wrap(out, max(room, 20))
    for line in folded:
        line.rstrip()
    first, *more = folded
    return (lead + first, *(_indent(len(lead) or 2) + line for line in more))


def _all(report: DriftReport, shown: Shown, code: int, warnings: Sequence[str]) -> Iterator[Row]:
    yield from _header(report, shown)
    yield from _banner(report)
    body = [*_changed(report, shown), *_rest(report, shown), *_gaps(report, shown)]
    yield from ([_row(), *body] if body else [])
    for warning in warnings:
        yield _label("WARNING", "yellow", WIDE_LABEL), Text(_clean(warning))
    yield _row()
    end = Text(words.summary(report, hidden=not shown.controlled), style="bold")
    yield Text(), end.append(f"  exit {code}", style="not bold dim")


def _row(text: str = "") -> Row:
    return Text(), Text(text)


def _clean(text: str, limit: int = ADDRESS) -> str:
    return one_line(text, limit)


def _label(word: str, style: str, width: int) -> Text:
    return Text(f"{word:<{width}}", style=style)


def _indent(width: int) -> Text:
    return Text(" " * width)


def _header(report: DriftReport, shown: Shown) -> Iterator[Row]:
    """Facts side by side, as many in a line as it takes."""
    line = ""
    for fact in map(_clean, words.facts(report)):
        joined = f"{line} · {fact}" if line else fact
        if line and cell_len(joined) > shown.width - 2:
            yield Text(), Text(line)
            line = fact
        else:
            line = joined
    yield Text(), Text(line)


def _banner(report: DriftReport) -> Iterator[Row]:
    for why in words.provisional(report):
        line = Text(_clean(why)).append("; what follows may be wrong soon", style="dim")
        yield _label("PROVISIONAL", "bold yellow", len("PROVISIONAL") + 2), line


def _changed(report: DriftReport, shown: Shown) -> Iterator[Row]:
    changes = report.changed if shown.controlled else report.drifted
    for resource in words.resources(changes):
        yield from _resource(resource, shown)


def _resource(resource: words.Resource, shown: Shown) -> Iterator[Row]:
    severity = resource.severity
    word, style = _OTHERS.get(resource.klass, (severity.upper(), _STYLES[severity]))
    head = _name(resource.address, resource.id, resource.place, shown)
    for mark in resource.marks:
        head.append(f"  {mark}", style="yellow")
    if len(resource.whys) == 1:
        head.append(f"  {_clean(resource.whys[0], WHY)}", style=style)
    yield _label(word, style, LABEL), head
    for (author, near), changes in resource.by_author.items():
        for change in changes:
            yield from _change(change, resource, shown)
        yield from _note(words.by_line(author, near), LABEL)
    yield from _note(words.dependents(resource.dependents), LABEL)
    if resource.klass is Class.DRIFT:
        yield from _mend(resource, shown, LABEL)


def _name(address: str, id_: str, place: Place, shown: Shown) -> Text:
    text = Text(_clean(address), style="bold")
    if id_ and id_ != address:
        text.append(f"  {_clean(id_, 120)}", style="not bold dim")
    if where := _clean(shown.where(place), 60):
        text.append(f"  {where}", style="not bold dim")
    # What follows decides about its own weight.
    return Text().append_text(text)


def _change(change: Changed, resource: words.Resource, shown: Shown) -> Iterator[Row]:
    """The path, and beside or below it what differs."""
    path = _clean(change.path)
    longest = max(len(_clean(each.path)) for each in resource.changes)
    wide = max(longest, len(path)) if longest <= LONGEST_PATH else len(path)
    room = shown.width - LABEL - wide - 3
    lines = told(change.before, change.after, room)
    why = "" if len(resource.whys) < 2 else _clean(change.why, WHY)
    if len(lines) == 1 and len(lines[0].text) <= room:
        text = Text(f"{path:<{wide}}   ").append(lines[0].text)
        yield _indent(LABEL), text.append(f"  {why}" if why else "", style="dim")
        return
    yield _indent(LABEL), Text(path).append(f"  {why}" if why else "", style="dim")
    for line in told(change.before, change.after, shown.width - LABEL - 4):
        sign = "" if line.sign == "~" else line.sign
        style = _SIGNS.get(line.sign, "default")
        yield _indent(LABEL + 2).append(f"{sign:<2}", style=style), Text(line.text, style=style)


def _note(text: str, indent: int) -> Iterator[Row]:
    if text:
        yield _indent(indent), Text(_clean(text, 500), style="dim")


def _mend(found: words.Resource | Missing | Unmanaged, shown: Shown, indent: int) -> Iterator[Row]:
    if line := words.mend(found, shown.mends):
        yield _indent(indent), Text("mend: ", style="green").append(_clean(line, 500), "default")


def _rest(report: DriftReport, shown: Shown) -> Iterator[Row]:
    for missing in sorted(report.missing, key=lambda one: -one.severity.rank):
        yield from _missing(missing, shown)
    yield from _strangers(report, shown)
    for left in report.left_over:
        yield from _left_over(left, shown)
    for error in report.errors:
        line = Text(f"{_clean(error.what)}: {_clean(error.message, 500)}")
        yield _label("ERROR", "bold red", WIDE_LABEL), line
        if error.hint:
            hint = _clean(error.hint).removeprefix("try: ")
            yield _indent(WIDE_LABEL), Text("try: ", style="dim").append(hint)


def _missing(missing: Missing, shown: Shown) -> Iterator[Row]:
    style = _STYLES[missing.severity]
    head = _name(missing.address, missing.id, missing.place, shown)
    head.append(f"  {missing.severity}" if missing.severity is Severity.HIGH else "", style=style)
    head.append(f"  {_clean(missing.why, WHY)}" if missing.why else "", style=style)
    yield _label("MISSING", style, WIDE_LABEL), head
    yield from _note(words.by_line(missing.author, missing.near), WIDE_LABEL)
    yield from _note(words.dependents(missing.dependents), WIDE_LABEL)
    yield from _mend(missing, shown, WIDE_LABEL)


def _strangers(report: DriftReport, shown: Shown) -> Iterator[Row]:
    found = report.unmanaged if shown.controlled else report.strangers
    seen: Counter[str] = Counter()
    for each in sorted(found, key=lambda one: (bool(one.folded), -one.severity.rank)):
        seen[each.type] += 1
        if shown.controlled or seen[each.type] <= MOST_ALIKE:
            yield from _stranger(each, shown)
    for type_, count in seen.items():
        if not shown.controlled and count > MOST_ALIKE:
            more = Text(f"… {count - MOST_ALIKE:,} more {_clean(type_)}", style="dim")
            yield _label("UNMANAGED", "bold blue", WIDE_LABEL), more


def _stranger(found: Unmanaged, shown: Shown) -> Iterator[Row]:
    style = "dim" if found.folded else "bold blue"
    head = _name(f"{_clean(found.type)} {_clean(found.id)}", "", found.place, shown)
    if found.name and found.name != found.id:
        head.append(f'  "{_clean(found.name, 80)}"')
    if found.severity > Severity.LOW:
        head.append(f"  {found.severity}", style=_STYLES[found.severity])
    for word in filter(None, (found.why, found.folded)):
        head.append(f"  {_clean(word, WHY)}", style="dim")
    if found.created:
        head.append(f"  made {found.created:%Y-%m-%d}", style="dim")
    yield _label("UNMANAGED", style, WIDE_LABEL), head
    yield from _note(words.by_line(found.author, ()), WIDE_LABEL)
    if not found.folded:
        yield from _mend(found, shown, WIDE_LABEL)


_STILL = {True: "still there", False: "no longer there", None: "not looked for"}


def _left_over(left: LeftOver, shown: Shown) -> Iterator[Row]:
    head = _name(left.address, left.id, left.place, shown)
    head.append(f"  deposed {_clean(left.key, 40)}, {_STILL[left.exists]}", style="dim")
    yield _label("LEFT OVER", "bold magenta", WIDE_LABEL), head


def _gaps(report: DriftReport, shown: Shown) -> Iterator[Row]:
    found = words.not_looked_at(report)
    most = len(found) if shown.controlled else MOST_GAPS
    for what, why in found[:most]:
        line = Text(_clean(what)).append(f"  {_clean(why)}" if why else "", style="dim")
        yield _label("NOT SEEN", "yellow", WIDE_LABEL), line
    if len(found) > most:
        yield _label("NOT SEEN", "yellow", WIDE_LABEL), Text(f"… {len(found) - most} more reasons")


class DriftProgress:
    """One live line while reality is read; nothing where it would stay behind in a pipe."""

    def __init__(self, out: Console) -> None:
        self._waiting = Waiting(out) if out.is_terminal else None
        self._done = self._found = 0
        self._last = ""

    def say(self, text: str) -> None:
        """What is done before there is anything to count: `reading s3://…`."""
        self._last = _clean(text)
        self._draw()

    def read(self, what: str, place: Place, found: int) -> None:
        """One more reading came: of what, where, and how many things there are."""
        self._done += 1
        self._found += found
        self._last = f"{_clean(what, 60)} in {_clean(str(place), 60)}"
        self._draw()

    def rest(self) -> None:
        """Take the line away."""
        if self._waiting:
            self._waiting.rest()

    @property
    def line(self) -> str:
        """The line as it is now."""
        if not self._done:
            return self._last
        return f"{self._done:,} lists read, {self._found:,} things · {self._last}"

    def _draw(self) -> None:
        if self._waiting:
            self._waiting.wait_for(lambda: self.line)
