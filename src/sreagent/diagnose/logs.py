"""Reads the log of a container: which errors it tells of, how often, and about whom."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sreagent.diagnose.addresses import best_target
from sreagent.diagnose.log_patterns import (
    HARMLESS,
    NETWORK,
    LogCause,
    is_loud,
    level,
    may_tell,
    recognise,
)
from sreagent.diagnose.stack_traces import block_at, thrown
from sreagent.domain.moment import parse_time
from sreagent.domain.text import one_line

KINDS_OF_ERROR = 60
"""Different errors of one log that are told apart."""
KINDS_OF_LINE = 5000
BLOCK_LINES = 40
_QUIET = ("TRACE", "DEBUG", "INFO", "NOTICE")
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)?")
# Not the digits of names, addresses and ports: they tell one target from another.
_NUMBERS = re.compile(r"(?<![\w.:-])\d+(?:[.:T-]\d+){0,8}|\b[0-9a-f]{8,}\b|(?<=/)\d+|(?<=:)\d+->")
_SECONDS_QUIET = 120
_LINES_QUIET = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class LogError:
    """One sort of error of a log, with how often it was told."""

    cause: LogCause
    target: str
    """`payment:80`: who could not be reached; empty when nobody is named."""
    line: str
    """The telling line: the exception, else the message."""
    count: int
    block: str
    """The last occurrence with its stack trace, at most 40 lines."""
    key: str = ""
    """The variable, file or option it is about."""
    place: str = ""
    """`providers.py:88`."""
    first_at: datetime | None = None
    last_at: datetime | None = None
    last_line: int = 0
    recovered: bool = False
    """It stopped a good while before the end of the log."""
    loud: bool = False
    """Logged as an error, or thrown."""

    @property
    def weight(self) -> float:
        """How much it should count, 0 to 1."""
        known = 0.4 if self.cause is LogCause.ERROR else 1.0
        return known * (0.3 if self.recovered else 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReading:
    """What a log tells."""

    errors: tuple[LogError, ...]
    """Heaviest and latest first."""
    lines: int
    ends_at: datetime | None = None

    @property
    def last_words(self) -> LogError | None:
        """The error that ended the run: the last of those that say what was wrong."""
        known = [one for one in self.errors if one.cause is not LogCause.ERROR]
        return max(known or self.errors, key=lambda one: one.last_line, default=None)


@dataclass(slots=True)
class _Tally:
    latest: LogError
    count: int
    first_at: datetime | None


def read(text: str) -> LogReading:
    """Read a log. Any text will do: broken, empty, or ten megabytes of it."""
    lines = text.split("\n")
    tallies: dict[tuple[str, ...], _Tally] = {}
    for error in _errors(lines):
        shape = "" if error.target or error.key else _shape(error.line)
        key = (error.cause, error.target, error.key, shape)
        if tally := tallies.get(key):
            tally.latest = error
            tally.count += 1
        elif len(tallies) < KINDS_OF_ERROR:
            tallies[key] = _Tally(latest=error, count=1, first_at=error.first_at)
    ends_at = _last_stamp(lines)
    found = [_settled(tally, len(lines), ends_at) for tally in tallies.values()]
    found.sort(key=lambda one: (-one.weight, -one.last_line))
    return LogReading(errors=tuple(found), lines=len(lines), ends_at=ends_at)


def _errors(lines: list[str]) -> Iterator[LogError]:
    """Each error as it comes. Lines of a shape seen before are not worked out again."""
    known: dict[str, LogError | None] = {}
    done = 0
    for start, line in enumerate(lines):
        if start < done or not may_tell(line.lower()):
            continue
        done = block_at(lines, start)
        shape = _shape(line) if done == start + 1 else ""
        if shape and shape in known:
            if error := known[shape]:
                yield _again(error, line, start)
            continue
        error = _error(_block(lines, start, done), start)
        if shape and len(known) < KINDS_OF_LINE:
            known[shape] = error
        if error:
            yield error


def _block(lines: list[str], start: int, end: int) -> str:
    """The lines of one message; of a long trace the beginning and the last line."""
    if end <= start + BLOCK_LINES:
        return "\n".join(lines[start:end])
    return "\n".join([*lines[start : start + BLOCK_LINES], lines[end - 1]])


def _shape(line: str) -> str:
    return _NUMBERS.sub("#", line[:1000])


def _again(error: LogError, line: str, at_line: int) -> LogError:
    seen = _stamp(line)
    told = one_line(_unstamped(line), 240)
    return replace(error, line=told, block=line, first_at=seen, last_at=seen, last_line=at_line)


def _error(block: str, at_line: int) -> LogError | None:
    text = _from_json(block) if block.startswith("{") else block
    text = HARMLESS.sub("", text)
    head = text.partition("\n")[0]
    loudness = level(head)
    exception = thrown(text)
    known = recognise(exception.text) or recognise(text) if exception else recognise(text)
    if not known and (exception or is_loud(loudness)):
        known = (LogCause.EXCEPTION if exception else LogCause.ERROR, "")
    if not known or (not exception and _only_talk(loudness, known[0])):
        return None
    cause, key = known
    seen = _stamp(head)
    return LogError(
        cause=cause,
        key=key,
        target=best_target(text) if cause in NETWORK or cause in _ABOUT_A_SERVER else "",
        line=one_line(exception.text if exception else _unstamped(head), 240),
        place=exception.place if exception else "",
        count=1,
        block=block,
        first_at=seen,
        last_at=seen,
        last_line=at_line,
        loud=bool(exception) or is_loud(loudness),
    )


_ABOUT_A_SERVER = frozenset({LogCause.AUTH_FAILED, LogCause.CERTIFICATE, LogCause.POOL_EXHAUSTED})


def _only_talk(loudness: str, cause: LogCause) -> bool:
    """An INFO line may tell that somebody is waited for; other words in it mean little."""
    return loudness in _QUIET and (cause not in NETWORK or cause is LogCause.TIMEOUT)


def _settled(tally: _Tally, lines: int, ends_at: datetime | None) -> LogError:
    last = tally.latest
    recovered = lines - last.last_line > _LINES_QUIET and last.last_line < 0.7 * lines
    if ends_at and last.last_at:
        recovered = (ends_at - last.last_at).total_seconds() > _SECONDS_QUIET
    return replace(last, count=tally.count, first_at=tally.first_at, recovered=recovered)


def _from_json(block: str) -> str:
    """A JSON log line as plain text: level, message, error, stack."""
    try:
        line = json.loads(block.partition("\n")[0])
    except ValueError:
        return block
    if not isinstance(line, dict):
        return block
    told = {str(name).lower(): value for name, value in line.items()}
    parts = [str(told.get(name) or "") for name in ("time", "timestamp", "ts", "@timestamp")]
    grade = str(told.get("level") or told.get("severity") or told.get("lvl") or "").upper()
    parts.append(grade)
    for name in ("msg", "message", "log", "err", "error", "cause", "url", "target"):
        value = told.get(name)
        if isinstance(value, dict):
            value = value.get("message") or json.dumps(value)
        parts.append(str(value or ""))
    head = " ".join(part for part in parts if part)
    stack = next(
        (told[name] for name in ("stack", "stacktrace", "exception", "stack_trace", "traceback")
         if told.get(name)),
        "",
    )  # fmt: skip
    return f"{head}\n{stack}" if stack else head


def _stamp(line: str) -> datetime | None:
    found = _STAMP.search(line[:60])
    return parse_time(f"{found[1]}T{found[2]}{found[3] or 'Z'}") if found else None


def _unstamped(line: str) -> str:
    return _STAMP.sub("", line, count=1).strip() if _STAMP.match(line) else line


def _last_stamp(lines: list[str]) -> datetime | None:
    for line in reversed(lines[-200:]):
        if seen := _stamp(line):
            return seen
    return None
