"""Who keeps whom waiting for a lock, as the log of a database tells it.

PostgreSQL names processes only by number; who they are stands in the prefix of their lines.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sreagent.diagnose.logs.times import line_time

_HINT = "holding the lock: "
_HELD = re.compile(
    r"process(?:es)? holding the lock: (?P<holders>\d[\d, ]{0,200})\. "
    r"Wait queue: (?P<queue>\d[\d, ]{0,400})\.",
    re.IGNORECASE,
)
_GAVE_UP = re.compile(
    r"canceling statement due to (?:lock|statement) timeout|could not obtain lock", re.IGNORECASE
)
_LEVEL = re.compile(r"\b(?:LOG|DETAIL|STATEMENT|ERROR|FATAL|WARNING|HINT|CONTEXT): ")
_PROCESS = re.compile(r"\[(\d{1,10})(?:-\d{1,10})?\]|\b(?:pid|process_id)\"?[=:] ?\"?(\d{1,10})")
_AT = re.compile(r"(?P<user>[\w.-]{1,63})@[\w.-]{1,63}(?:/(?P<app>[^\]]{1,63}?))?[\s:,]*$")
_USER = re.compile(r"\buser(?:_name)?\"?[=:] ?\"?(?P<user>[\w.-]{1,63})")
_APP = re.compile(r"\bapp(?:lication)?(?:_name)?\"?[=:] ?\"?(?P<app>[^\",\]]{1,63})")
_PREFIX = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A process of a database, and who logged in as what."""

    process: str
    user: str = ""
    application: str = ""

    def __str__(self) -> str:
        names = ", ".join(name for name in (self.user, self.application) if name)
        return f"process {self.process} ({names})" if names else f"process {self.process}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWait:
    """One process that kept others waiting."""

    holder: Session
    waiting: tuple[Session, ...]
    count: int
    """Times that it was told."""
    gave_up: bool
    """One of those who waited was cancelled for it."""
    first_at: datetime | None
    line: str
    """The last that tells it."""


def lock_waits(text: str, now: datetime | None) -> tuple[LockWait, ...]:
    """Who kept whom waiting; nothing from a log that does not name the holder."""
    if _HINT not in text:
        return ()
    lines = text.split("\n")
    told = [(line, found) for line in lines if (found := _HELD.search(line))]
    queues: dict[str, set[str]] = {}
    for _, found in told:
        for holder in _numbers(found["holders"]):
            queues.setdefault(holder, set()).update(_numbers(found["queue"]))
    named = {*queues, *(one for queue in queues.values() for one in queue)}
    known, given_up = _sessions(lines, named)
    return tuple(
        _wait(told, holder, known, given_up, now)
        for holder in queues
        if not any(holder in queue for queue in queues.values())
    )


def _wait(
    told: list[tuple[str, re.Match[str]]],
    holder: str,
    known: Mapping[str, Session],
    given_up: set[str],
    now: datetime | None,
) -> LockWait:
    mine = [(line, found) for line, found in told if holder in _numbers(found["holders"])]
    queue = sorted({one for _, found in mine for one in _numbers(found["queue"])})
    times = (line_time(line, now) for line, _ in mine)
    return LockWait(
        holder=known.get(holder, Session(process=holder)),
        waiting=tuple(known.get(one, Session(process=one)) for one in queue),
        count=len(mine),
        gave_up=bool(given_up & set(queue)),
        first_at=min((at for at in times if at), default=None),
        line=mine[-1][0],
    )


def _sessions(lines: list[str], named: set[str]) -> tuple[Mapping[str, Session], set[str]]:
    """Who these processes are, and which of them were cancelled while they waited."""
    known: dict[str, Session] = {}
    given_up: set[str] = set()
    for line in lines:
        process = next(_processes(line), "")
        if process not in named:
            continue
        if process not in known and (session := _session(process, line)):
            known[process] = session
        if _GAVE_UP.search(line):
            given_up.add(process)
    return known, given_up


def _processes(line: str) -> Iterator[str]:
    for found in _PROCESS.finditer(line[:_PREFIX]):
        yield found[1] or found[2]


def _session(process: str, line: str) -> Session | None:
    """By `user@database/application` or by names with values, before the level or in JSON."""
    is_json = line.lstrip().startswith("{")
    prefix = line if is_json else _LEVEL.split(line, maxsplit=1)[0][:_PREFIX]
    if found := None if is_json else _AT.search(prefix):
        return Session(process=process, user=found["user"], application=found["app"] or "")
    user, app = _USER.search(prefix), _APP.search(prefix)
    if not user and not app:
        return None
    return Session(
        process=process,
        user=user["user"] if user else "",
        application=app["app"].strip() if app else "",
    )


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d+", text)
