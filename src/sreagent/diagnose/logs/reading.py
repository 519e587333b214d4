"""Reads the log of a container: which errors it tells of, how often, and about whom."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sreagent.diagnose.logs.addresses import best_target, called_url
from sreagent.diagnose.logs.clusters import Cluster
from sreagent.diagnose.logs.fields import fields_of
from sreagent.diagnose.logs.patterns import (
    EVERYDAY,
    NAMES_A_SERVER,
    NETWORK,
    LogCause,
    is_loud,
    level,
    without_harmless,
)
from sreagent.diagnose.logs.spikes import Spike, spike_of
from sreagent.diagnose.logs.stack_traces import block_at, thrown, unprefixed
from sreagent.diagnose.logs.templates import Template, TemplateMiner
from sreagent.diagnose.logs.times import line_time, without_time
from sreagent.diagnose.logs.words import Pattern, has_bad_status, recognise, recognise_again
from sreagent.domain.text import one_line

KINDS_OF_ERROR = 60
"""Different errors of one log that are told apart."""
KINDS_OF_LINE = 5000
BLOCK_LINES = 40
TEMPLATES = 500
"""Sorts of lines of one log that are kept, the loud ones first."""
_LINE = 8192
"""Characters of one line that are searched."""
_HEARD = NETWORK | {LogCause.RATE_LIMITED}
_QUIET = ("TRACE", "DEBUG", "INFO", "NOTICE")
# Not the digits of names, addresses and ports: they tell one target from another.
_NUMBERS = re.compile(r"(?<![\w.:-])\d+(?:[.:T-]\d+){0,8}|\b[0-9a-f]{8,}\b|(?<=/)\d+|(?<=:)\d+->")
_ENOUGH = 3
"""Lines of one sort after which the others are taken to be alike."""
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
        known = 0.7 if self.cause in EVERYDAY else 1.0
        known = 0.4 if self.cause is LogCause.ERROR else known
        return known * (0.3 if self.recovered else 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReading:
    """What a log tells."""

    errors: tuple[LogError, ...]
    """Heaviest and latest first."""
    lines: int
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    templates: tuple[Template, ...] = ()
    """The sorts of lines, the most frequent first."""
    spike: Spike | None = None
    """When errors became many more than before, if they did."""

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


@dataclass(slots=True)
class _Sort:
    """What was found in lines of one sort, so that the next of them is read quickly."""

    known: bool = False
    pattern: Pattern | None = None
    silent: int = 0
    """Lines in which nothing was found."""
    nameless: int = 0
    """Lines that were loud, and said nothing that is known."""

    @property
    def is_dull(self) -> bool:
        return self.known and self.silent >= _ENOUGH and not self.pattern and not self.nameless

    def recognise(self, text: str, *, talk: bool) -> tuple[Pattern, str] | None:
        if self.pattern and (found := recognise_again(text, self.pattern)):
            return found
        if self.known and self.nameless >= _ENOUGH:
            return None
        found = recognise(text, talk=talk)
        self.pattern = found[0] if found else self.pattern
        return found


def read(text: str, now: datetime | None = None) -> LogReading:
    """Read a log. Any text will do: broken, empty, or ten megabytes of it.

    `now` is needed only for stamps without a year.
    """
    lines = text.split("\n")
    miner = TemplateMiner(now).feed(text)
    templates = miner.templates()
    ends_at = _last_time(lines, now)
    tallies: dict[tuple[str, ...], _Tally] = {}
    for error in _errors(lines, miner, now or ends_at):
        shape = "" if error.target or error.key else _shape(error.line)
        key = (error.cause, error.target, error.key, shape)
        if tally := tallies.get(key):
            tally.latest = error
            tally.count += 1
        elif len(tallies) < KINDS_OF_ERROR:
            tallies[key] = _Tally(latest=error, count=1, first_at=error.first_at)
    found = [_settled(tally, len(lines), ends_at) for tally in tallies.values()]
    found.sort(key=lambda one: (-one.weight, -one.last_line))
    begins_at = _first_time(lines, now)
    return LogReading(
        errors=tuple(found),
        lines=len(lines),
        begins_at=begins_at,
        ends_at=ends_at,
        templates=_most_telling(templates),
        spike=spike_of(templates, begins_at, ends_at),
    )


def _most_telling(templates: tuple[Template, ...]) -> tuple[Template, ...]:
    if len(templates) <= TEMPLATES:
        return templates
    kept = sorted(templates, key=lambda one: not one.loud)[:TEMPLATES]
    return tuple(sorted(kept, key=lambda one: -one.count))


def _errors(lines: list[str], miner: TemplateMiner, now: datetime | None) -> Iterator[LogError]:
    """Each error as it comes. Lines of a sort that is known are not worked out anew."""
    known: dict[str, LogError | None] = {}
    sorts: dict[Cluster | None, _Sort] = {}
    done = 0
    for start, (line, cluster) in enumerate(zip(lines, miner.sorts(lines), strict=True)):
        if start < done:
            continue
        sort = sorts.get(cluster) or sorts.setdefault(cluster, _Sort(known=cluster is not None))
        if sort.is_dull and not has_bad_status(line):
            continue
        done = block_at(lines, start)
        if done > start + 1:
            error = _error(_block(lines, start, done), start, now, _Sort())
        else:
            fine = _shape(line)
            if fine in known:
                error = _again(known[fine], line, start, now)
            else:
                error = _error(line[:_LINE], start, now, sort)
                if len(known) < KINDS_OF_LINE:
                    known[fine] = error
        if error:
            yield error


def _block(lines: list[str], start: int, end: int) -> str:
    """The lines of one message; of a long trace the beginning and the last line."""
    kept = lines[start:end]
    if len(kept) > BLOCK_LINES:
        kept = [*kept[:BLOCK_LINES], kept[-1]]
    return "\n".join(line[:_LINE] for line in kept)


def _shape(line: str) -> str:
    return _NUMBERS.sub("#", line[:1000])


def _again(
    error: LogError | None, line: str, at_line: int, now: datetime | None
) -> LogError | None:
    if error is None:
        return None
    seen = line_time(line, now)
    block = line[:_LINE]
    return replace(error, block=block, first_at=seen, last_at=seen, last_line=at_line)


def _error(block: str, at_line: int, now: datetime | None, sort: _Sort) -> LogError | None:
    text = without_harmless(_plain(block))
    head = text.partition("\n")[0]
    loudness = level(without_time(head))
    exception = thrown(text)
    told = exception.text if exception else ""
    known = _exceptional(text, told) if told else _told(text, loudness, sort)
    if known is None:
        return None
    cause, key = known
    seen = line_time(block.partition("\n")[0], now)
    return LogError(
        cause=cause,
        key=key,
        target=_target(text, block) if cause in NAMES_A_SERVER else "",
        line=one_line(told or without_time(head).strip(), 240),
        place=exception.place if exception else "",
        count=1,
        block=block,
        first_at=seen,
        last_at=seen,
        last_line=at_line,
        loud=bool(exception) or is_loud(loudness),
    )


def _target(text: str, block: str) -> str:
    """Whom it is about: by the message, else by a URL in the fields beside it."""
    head = block.partition("\n")[0]
    return best_target(text) or (called_url(head) if "{" in head[:80] else "")


def _exceptional(text: str, exception: str) -> tuple[LogCause, str]:
    found = recognise(exception) or recognise(text)
    return (found[0].cause, found[1]) if found else (LogCause.EXCEPTION, "")


def _told(text: str, loudness: str, sort: _Sort) -> tuple[LogCause, str] | None:
    talk = loudness in _QUIET
    found = sort.recognise(text, talk=talk)
    if found and not (talk and _is_only_talk(found[0].cause)):
        return found[0].cause, found[1]
    if is_loud(loudness):
        sort.nameless += 1
        return LogCause.ERROR, ""
    sort.silent += 1
    return None


def _is_only_talk(cause: LogCause) -> bool:
    """At INFO, that somebody is waited for may be told; other words mean little there."""
    return cause not in _HEARD or cause is LogCause.TIMEOUT


def _settled(tally: _Tally, lines: int, ends_at: datetime | None) -> LogError:
    last = tally.latest
    recovered = lines - last.last_line > _LINES_QUIET and last.last_line < 0.7 * lines
    if ends_at and last.last_at:
        recovered = (ends_at - last.last_at).total_seconds() > _SECONDS_QUIET
    # A line of a known shape was not read again: what is told of it stands in the last of them.
    again = _error(last.block, last.last_line, None, _Sort()) if tally.count > 1 else None
    line = again.line if again else last.line
    return replace(last, count=tally.count, first_at=tally.first_at, recovered=recovered, line=line)


def _plain(block: str) -> str:
    """A block as plain text, also when it is a JSON line, without stamps."""
    head, *rest = block.split("\n")
    fields = fields_of(head) if "{" in head[:80] else None
    told = [fields.text, fields.stack] if fields else [unprefixed(head)]
    return "\n".join(part for part in (*told, *map(unprefixed, rest)) if part)


def _first_time(lines: list[str], now: datetime | None) -> datetime | None:
    return next((seen for line in lines[:200] if (seen := line_time(line, now))), None)


def _last_time(lines: list[str], now: datetime | None) -> datetime | None:
    return next((seen for line in reversed(lines[-200:]) if (seen := line_time(line, now))), None)
