"""What was read, made short enough for a model: the rest can be read on by evidence id."""

from sreagent.diagnose.logs.templates import TemplateMiner
from sreagent.domain.text import one_line

SHORT = 1200
"""Characters of one answer that a model is shown at first."""
PAGE = 3000
"""Characters of one page when it reads on."""
SORTS = 12
"""Sorts of log lines that are shown."""
WIDEST = 240


def digest(text: str, source: str, evidence: str, limit: int = SHORT) -> str:
    """The text whole if it is short; a log by its sorts of lines; else its beginning."""
    if len(text) <= limit:
        return text
    if source == "logs":
        return _sorts(text, evidence, limit)
    return _beginning(text, evidence, limit)


def _sorts(text: str, evidence: str, limit: int) -> str:
    miner = TemplateMiner().feed(text + "\n")
    # Rare and loud ones tell most; the last lines tell how it ended.
    ordered = sorted(miner.templates(), key=lambda one: (not one.loud, one.count))
    shown = [f"{one.count}x {one_line(one.example, WIDEST)}" for one in ordered[:SORTS]]
    last = [one_line(line, WIDEST) for line in text.rstrip().splitlines()[-3:]]
    head = f"{miner.lines} lines, {len(ordered)} sorts, loud and rare ones first:"
    return _fitting([head, *shown, "the last lines:", *last], text, evidence, limit)


def _beginning(text: str, evidence: str, limit: int) -> str:
    return _fitting(text.splitlines(), text, evidence, limit)


def _fitting(lines: list[str], text: str, evidence: str, limit: int) -> str:
    kept: list[str] = []
    room = limit
    for line in lines:
        cut = one_line(line, WIDEST) if len(line) > WIDEST else line
        room -= len(cut) + 1
        if room < 0:
            break
        kept.append(cut)
    more = text.count("\n") + 1
    return "\n".join([*kept, f"… shortened; all {more} lines: read {evidence}"])


def page(text: str, *, start: int, find: str) -> str:
    """Numbered lines from one on, or those that contain a text."""
    lines = list(enumerate(text.splitlines(), start=1))
    wanted = [(n, line) for n, line in lines if n >= start and find.lower() in line.lower()]
    shown: list[str] = []
    room = PAGE
    for n, line in wanted:
        told = f"{n}: {one_line(line, 2 * WIDEST)}"
        room -= len(told) + 1
        if room < 0:
            return "\n".join([*shown, f"… go on with start={n}"])
        shown.append(told)
    return "\n".join(shown) or f"no such line; it has {len(lines)} lines"
