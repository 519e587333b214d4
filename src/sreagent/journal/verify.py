"""Whether a journal is still what was written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sreagent.domain.errors import BadJournal
from sreagent.journal.chain import Line, first_link, link, parse, split
from sreagent.journal.codec import decode, dumps
from sreagent.journal.shelf import JOURNAL, content_of
from sreagent.journal.store import HEAD, read_head


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One place where the journal is not what was written."""

    line: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a journal proves about itself.

    A journal alone proves that no line was changed, added, dropped or moved before its last
    line. It cannot show that whole lines are missing at its end: `anchored` says how far the
    file `head`, written when the journal was last closed, vouches for. Nor can it show that
    somebody with write access made up the whole folder anew: compare `head` with a copy of it
    that is kept elsewhere.
    """

    incident: str
    entries: int
    head: str
    """SHA-256 of the last line: note it elsewhere, and compare."""
    anchored: int = 0
    """Number of the entry up to which `head` vouches that nothing is missing; 0 without it."""
    problems: tuple[Problem, ...] = ()
    in_doubt: tuple[str, ...] = ()
    """Actions with an intent and no result: whether they ran has to be asked of the cluster."""

    @property
    def sound(self) -> bool:
        """Nothing was changed, as far as the journal can tell."""
        return not self.problems


def verify(path: Path) -> Verification:
    """Check every line of an incident's journal, and the journal against its `head`.

    `path` is the folder of the incident, or the `journal.jsonl` in it. Changes nothing.

    Raises:
        BadJournal: There is no journal.
        SreError: It cannot be read.
    """
    folder = path.parent if path.name == JOURNAL else path
    lines, torn = split(content_of(folder / JOURNAL))
    problems = list(_broken_lines(lines, folder.name))
    if torn:
        what = f"unfinished ({len(torn)} bytes): its writer was stopped; it counts for nothing"
        problems.append(Problem(line=len(lines) + 1, what=what))
    links = [link(raw) for raw in lines]
    anchored, missing = _against_head(folder / HEAD, links)
    return Verification(
        incident=folder.name,
        entries=len(lines),
        head=links[-1] if links else first_link(folder.name),
        anchored=anchored,
        problems=(*problems, *missing),
        in_doubt=tuple(_in_doubt(lines)),
    )


def _broken_lines(lines: Sequence[bytes], incident: str) -> Iterator[Problem]:
    prev = first_link(incident)
    for number, raw in enumerate(lines, start=1):
        try:
            yield from _oddities(parse(raw), raw, number, prev)
        except BadJournal as error:
            what = f"{error.message}: {error.why}" if error.why else error.message
            yield Problem(line=number, what=what)
        prev = link(raw)


def _oddities(line: Line, raw: bytes, number: int, prev: str) -> Iterator[Problem]:
    if line.seq != number:
        yield Problem(line=number, what=f"it says it is entry {line.seq}")
    if line.prev != prev:
        before = f"line {number - 1}" if number > 1 else "the incident's name"
        what = f"its hash of {before} does not fit: one of the two was changed, or one is missing"
        yield Problem(line=number, what=what)
    if dumps(line.body) != raw:
        yield Problem(line=number, what="it is not in the canonical form")
    decode(line.kind, line.data)


def _against_head(path: Path, links: Sequence[str]) -> tuple[int, tuple[Problem, ...]]:
    try:
        head = read_head(path)
    except BadJournal as error:
        return 0, (Problem(line=len(links), what=error.message),)
    if head is None:
        return 0, ()
    seq, hash_ = head
    if seq > len(links):
        what = f"the journal ends here, and `head` knows of {seq} entries"
        return 0, (Problem(line=len(links), what=what),)
    if links[seq - 1] != hash_:
        return 0, (Problem(line=seq, what="it is not the line that `head` names"),)
    return seq, ()


def _in_doubt(lines: Sequence[bytes]) -> list[str]:
    open_intents: dict[str, None] = {}
    for raw in lines:
        try:
            line = parse(raw)
        except BadJournal:
            continue
        action = _action_of(line.data)
        if line.kind == "intended":
            open_intents[action] = None
        elif line.kind == "ran":
            open_intents.pop(action, None)
    return list(open_intents)


def _action_of(data: Any) -> str:  # noqa: ANN401 - JSON data
    return str(data.get("action", "?")) if isinstance(data, dict) else "?"
