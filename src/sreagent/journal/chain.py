"""The lines of a journal and the hashes that tie each to the one before."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sreagent.domain.errors import BadJournal
from sreagent.domain.moment import parse_time
from sreagent.domain.record import Entry
from sreagent.journal.codec import decode, dumps, encode, kind_of, moment

FIELDS = {"at", "data", "kind", "mono", "prev", "seq"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line, understood but not yet checked against its neighbours."""

    seq: int
    at: datetime
    kind: str
    data: Any
    prev: str
    body: Any
    """The whole line as JSON data."""
    link: str
    """What the next line has to name as its `prev`."""


def first_link(incident: str) -> str:
    """The `prev` of line 1: it ties a journal to its incident."""
    return hashlib.sha256(incident.encode()).hexdigest()


def link(raw: bytes) -> str:
    """SHA-256 of a line, without its line feed."""
    return hashlib.sha256(raw).hexdigest()


def write_line(entry: Entry, *, prev: str, mono: float) -> bytes:
    """The canonical line of an entry, without its line feed.

    `mono` is the machine's monotonic clock: it tells real spans where the wall clock jumped.
    """
    return dumps(
        {
            "at": moment(entry.at),
            "data": encode(entry.record),
            "kind": kind_of(entry.record),
            "mono": round(mono, 6),
            "prev": prev,
            "seq": entry.seq,
        }
    )


def split(content: bytes) -> tuple[list[bytes], bytes]:
    """The finished lines, and what was left of one that was being written at a crash."""
    whole, _, torn = content.rpartition(b"\n")
    lines = whole.split(b"\n") if whole else []
    if lines and not torn and not _is_json(lines[-1]):
        torn = lines.pop() + b"\n"
    return lines, torn


def parse(raw: bytes) -> Line:
    """One line.

    Raises:
        BadJournal: It is not a line that this program wrote.
    """
    try:
        body = json.loads(raw, parse_constant=_refuse)
    except ValueError as error:
        problem = "it is not JSON"
        raise BadJournal(problem) from error
    if not isinstance(body, dict) or set(body) != FIELDS:
        problem = f"its fields are not {', '.join(sorted(FIELDS))}"
        raise BadJournal(problem)
    at = _time(body["at"])
    texts = isinstance(body["kind"], str) and isinstance(body["prev"], str)
    if at is None or not texts or type(body["seq"]) is not int:
        problem = "a field has the wrong type"
        raise BadJournal(problem)
    return Line(
        seq=body["seq"],
        at=at,
        kind=body["kind"],
        data=body["data"],
        prev=body["prev"],
        body=body,
        link=link(raw),
    )


def walk(lines: list[bytes], incident: str) -> Iterator[Line]:
    """The lines in order, each checked against the one before.

    Raises:
        BadJournal: A line is not what was written; the message names it.
    """
    prev = first_link(incident)
    for number, raw in enumerate(lines, start=1):
        try:
            line = parse(raw)
            _check(line, number, prev)
        except BadJournal as error:
            raise broken(incident, number, error) from error
        prev = line.link
        yield line


def entry_of(line: Line, incident: str) -> Entry:
    """The entry that a line holds.

    Raises:
        BadJournal: An unknown kind or field; the message names the line.
    """
    try:
        return Entry(seq=line.seq, at=line.at, record=decode(line.kind, line.data))
    except BadJournal as error:
        raise broken(incident, line.seq, error) from error


def broken(incident: str, number: int, error: BadJournal) -> BadJournal:
    """The same trouble, told to a person."""
    why = f"{error.message}: {error.why}" if error.why else error.message
    return BadJournal(
        f"line {number} of the journal of {incident} is not what was written",
        why=why,
        hint=error.hint or "Nothing was changed on disk; keep a copy and look at the line.",
    )


def _check(line: Line, number: int, prev: str) -> None:
    if line.seq != number:
        problem = f"it says it is entry {line.seq}"
        raise BadJournal(problem)
    if line.prev != prev:
        problem = "it does not follow from the line before it"
        raise BadJournal(problem)


def _time(text: object) -> datetime | None:
    try:
        return parse_time(text) if isinstance(text, str) else None
    except OverflowError:
        # The first and last hours of time, in a zone far from UTC.
        return None


def _refuse(constant: str) -> None:
    """NaN and Infinity, which Python reads and JSON does not know."""
    raise ValueError(constant)


def _is_json(raw: bytes) -> bool:
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True
