"""Reading journals: one of them, or what there is."""

import difflib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sreagent.domain.diagnosis import Outcome
from sreagent.domain.errors import BadInput, BadJournal, NotFound, SreError
from sreagent.domain.incident import Incident, fold
from sreagent.domain.record import Closed, Concluded, Entry, Opened, Resumed
from sreagent.journal.chain import entry_of, parse, split, walk

JOURNAL = "journal.jsonl"
LAST = "last"
LIST_HINT = "sre incidents list"

_TELLING = {"opened", "concluded", "resumed", "closed"}
"""Records that change a summary; the others are only checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One incident, as a list shows it."""

    id: str
    opened_at: datetime
    alert: str = ""
    severity: str = ""
    namespace: str = ""
    outcome: Outcome = Outcome.OPEN
    root_cause: str = ""
    closed_at: datetime | None = None
    trouble: str = ""
    """Why the journal cannot be read; empty when it can."""


def folder_of(root: Path, incident: str) -> Path:
    """Where an incident is kept."""
    return root / "incidents" / incident


def read(root: Path, incident: str) -> tuple[Entry, ...]:
    """All entries of an incident; `incident` may be short, as in `resolve`.

    A last line that was never finished is left out: its writer did not rely on it either.

    Raises:
        NotFound: There is no such incident.
        BadJournal: The journal is not what was written; the message names the line.
    """
    name = resolve(root, incident)
    lines, _ = split(content_of(folder_of(root, name) / JOURNAL))
    return tuple(entry_of(line, name) for line in walk(lines, name))


def incident(root: Path, incident: str) -> Incident:
    """An incident, rebuilt from its journal.

    Raises:
        NotFound: There is no such incident.
        BadJournal: The journal is not what was written, or holds nothing yet.
    """
    name = resolve(root, incident)
    entries = read(root, name)
    if not entries:
        raise empty(name)
    try:
        return fold(name, entries)
    except ValueError as error:
        raise BadJournal(str(error)) from error


def incidents(root: Path) -> tuple[Summary, ...]:
    """All incidents, newest first. A journal that cannot be read is listed with its trouble."""
    found = (_summary(root, name) for name in _names(root))
    return tuple(sorted(found, key=lambda one: (one.opened_at, one.id), reverse=True))


def resolve(root: Path, text: str) -> str:
    """The id that a person means: whole, its beginning or end (`7f3a`), or `last`.

    Raises:
        NotFound: No incident is called so.
        BadInput: Several are.
    """
    names = _names(root)
    wanted = text.strip().lower()
    if wanted == LAST and names:
        return _newest(root, names)
    fitting = [n for n in names if n.lower() == wanted] or [
        n for n in names if wanted and (n.lower().startswith(wanted) or n.lower().endswith(wanted))
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        message = f"{text!r} fits {len(fitting)} incidents"
        raise BadInput(message, why=_some(fitting), hint="Give more of the id, or `last`.")
    raise _unknown(text, names)


def content_of(path: Path) -> bytes:
    """The bytes of a journal.

    Raises:
        SreError: The file is there and cannot be read.
        BadJournal: The file is gone.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        message = f"{path} is missing"
        raise BadJournal(message) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def empty(incident: str) -> BadJournal:
    """The trouble of a journal without a finished line."""
    return BadJournal(
        f"the journal of {incident} is empty",
        why="the program was stopped before the first entry was on disk",
        hint="Nothing was looked at and nothing was changed: investigate again.",
    )


def _names(root: Path) -> list[str]:
    folder = root / "incidents"
    try:
        return sorted(path.name for path in folder.iterdir() if path.name.startswith("INC-"))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(folder, error) from error


def _unreadable(path: Path, error: OSError) -> SreError:
    return SreError(f"cannot read {path}", why=error.strerror or str(error))


def _newest(root: Path, names: list[str]) -> str:
    """Ids hold the day only, so the incidents of the last day are opened."""
    day = names[-1].rpartition("-")[0]
    of_that_day = [name for name in names if name.startswith(day)]
    return max(of_that_day, key=lambda name: (_opened_at(root, name), name))


def _opened_at(root: Path, name: str) -> datetime:
    try:
        lines, _ = split(content_of(folder_of(root, name) / JOURNAL))
        return parse(lines[0]).at if lines else _day_of(name)
    except SreError:
        return _day_of(name)


def _unknown(text: str, names: list[str]) -> NotFound:
    near = difflib.get_close_matches(text.upper(), [name.upper() for name in names], cutoff=0.7)
    near = [name for name in names if name.upper() in near]
    if text.lower() == LAST or not names:
        message = f"there is no incident {text!r}, nor any other yet"
        return NotFound(message, hint="try: sre investigate ALERT")
    why = f"near: {_some(near)}" if near else f"{len(names)} incidents, none with this id"
    return NotFound(f"no incident {text!r}", why=why, hint=LIST_HINT)


def _some(names: list[str]) -> str:
    return ", ".join(names[-5:]) + (" …" if len(names) > 5 else "")


def _summary(root: Path, name: str) -> Summary:
    summary = Summary(id=name, opened_at=_day_of(name))
    try:
        lines, _ = split(content_of(folder_of(root, name) / JOURNAL))
        for line in walk(lines, name):
            if line.kind in _TELLING:
                summary = _retold(summary, entry_of(line, name))
    except SreError as error:
        return replace(summary, trouble=error.message)
    return summary if lines else replace(summary, trouble=empty(name).message)


def _retold(summary: Summary, entry: Entry) -> Summary:
    match entry.record:
        case Opened(alert=alert, namespace=namespace):
            return replace(
                summary,
                opened_at=entry.at,
                alert=alert.name,
                severity=alert.severity,
                namespace=namespace or alert.namespace,
            )
        case Concluded(diagnosis=diagnosis):
            return replace(summary, root_cause=diagnosis.root_cause if diagnosis else "")
        case Closed(outcome=outcome):
            return replace(summary, outcome=outcome, closed_at=entry.at)
        case Resumed():
            return replace(summary, outcome=Outcome.OPEN, closed_at=None)
        case _:
            return summary


def _day_of(name: str) -> datetime:
    """The day in an id, for a journal that does not tell its time."""
    try:
        return datetime.strptime(name.split("-")[1], "%Y%m%d").replace(tzinfo=UTC)
    except (IndexError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
