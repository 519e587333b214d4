"""When a log line was written, in the formats of the usual programs."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

_HEAD = 400
"""Characters of a line in which its time is looked for; JSON has it anywhere."""
_AHEAD = timedelta(days=1)
"""How far clocks may differ before a stamp without a year is of the year before."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<word>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?"
_ZONE = r"(?:\s?(?P<zone>Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d\b))?"
_EARLIEST, _LATEST = 946_684_800, 4_102_444_800


def line_time(line: str | bytes, now: datetime | None = None) -> datetime | None:
    """The time a line tells, as UTC; None when it tells none that makes sense.

    Stamps without a zone are taken for UTC, those without a year for the last year in which they
    are not in the future of `now`; without `now` there is no telling.
    """
    head = line[:_HEAD]
    text = head if isinstance(head, str) else head.decode("latin-1")
    for form in _FORMS:
        if found := form.words.search(text, 0, form.within):
            try:
                return form.moment(found, now)
            except (ValueError, OverflowError):
                return None
    return None


def without_time(line: str) -> str:
    """The line without the stamp it begins with."""
    if found := _LEADING.match(line):
        return line[found.end() :]
    return line


def _dated(found: re.Match[str], now: datetime | None) -> datetime | None:
    """A stamp with its date: year, month, day."""
    told = found.groupdict()
    word = told.get("word")
    month = _MONTHS.index(word.lower()) + 1 if word else int(told["month"])
    if told.get("year"):
        return _moment(told, int(told["year"]), month)
    return _latest_year(told, month, now) if now else None


def _latest_year(told: dict[str, str | None], month: int, now: datetime) -> datetime | None:
    for year in range(now.year + 1, now.year - 5, -1):
        if month == 2 and int(told["day"] or 0) == 29 and year % 4:
            continue
        moment = _moment(told, year, month)
        if moment <= now + _AHEAD:
            return moment
    return None


def _moment(told: dict[str, str | None], year: int, month: int) -> datetime:
    part = (told.get("part") or "0").ljust(6, "0")[:6]
    return datetime(
        year,
        month,
        int(told["day"] or 0),
        int(told["hour"] or 0),
        int(told["minute"] or 0),
        # A leap second is told as 60.
        min(int(told["second"] or 0), 59),
        int(part),
        tzinfo=_zone(told.get("zone")),
    ).astimezone(UTC)


def _zone(text: str | None) -> timezone:
    if not text or text[0] not in "+-":
        return UTC
    length = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(length if text[0] == "+" else -length)


def _since_1970(found: re.Match[str], _: datetime | None) -> datetime | None:
    """Seconds, milliseconds, microseconds or nanoseconds, told apart by their size."""
    value = float(found["number"])
    for unit in (1, 1e3, 1e6, 1e9):
        if _EARLIEST < value / unit < _LATEST:
            return datetime.fromtimestamp(value / unit, UTC)
    return None


def _of_today(found: re.Match[str], now: datetime | None) -> datetime | None:
    """Only the time of day: the last time it was that late."""
    if now is None:
        return None
    told = {**found.groupdict(), "day": str(now.day), "zone": None}
    moment = _moment(told, now.year, now.month)
    return moment if moment <= now + timedelta(hours=1) else moment - timedelta(days=1)


class _Form(NamedTuple):
    """One way to write a time, and how many characters of a line it may begin in."""

    words: re.Pattern[str]
    moment: Callable[[re.Match[str], datetime | None], datetime | None]
    within: int = _HEAD


def _form(
    words: str,
    moment: Callable[[re.Match[str], datetime | None], datetime | None] = _dated,
    within: int = _HEAD,
) -> _Form:
    return _Form(re.compile(words), moment, within)


_FORMS = (
    # RFC 3339, log4j, Python, Postgres; Go's and nginx's with slashes.
    _form(
        rf"(?<!\d)(?P<year>\d{{4}})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ]{_CLOCK}{_ZONE}",
        within=80,
    ),
    # klog: I0304 02:59:58.895123
    _form(rf"^[IWEF](?P<month>\d\d)(?P<day>\d\d) {_CLOCK}"),
    # JSON and logfmt: seconds since 1970 and parts of them.
    _form(
        r"\b(?:ts|t|time|timestamp|timeMillis|epoch\w{0,10})\"?\s?[=:]\s?\"?"
        r"(?P<number>\d{10}(?:\.\d{1,9})?|\d{13}(?:\.\d{1,6})?|\d{16}|\d{19})(?!\d)",
        _since_1970,
    ),
    # nginx, Apache: 04/Mar/2026:02:59:58 +0000; Tomcat: 04-Mar-2026; Redis: 04 Mar 2026.
    _form(rf"(?<!\d)(?P<day>\d\d?)[-/ ]{_MONTH}[-/ ](?P<year>\d{{4}})[: ]{_CLOCK}{_ZONE}"),
    # Apache's errors, ctime: Wed Mar 04 02:59:58.895 2026
    _form(rf"\b{_MONTH} {{1,2}}(?P<day>\d\d?) {_CLOCK} (?P<year>\d{{4}})\b"),
    # syslog: Mar  4 02:59:58
    _form(rf"^(?:<\d{{1,3}}>)?{_MONTH} {{1,2}}(?P<day>\d\d?) {_CLOCK}"),
    _form(rf"(?<!\d)(?P<year>\d{{4}})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ]{_CLOCK}{_ZONE}"),
    # .NET: 03/04/2026 02:59:58
    _form(rf"^\[?(?P<month>\d\d)/(?P<day>\d\d)/(?P<year>\d{{4}}) {_CLOCK}"),
    _form(rf"^\[?{_CLOCK}\b", _of_today),
)
_LEADING = re.compile(
    r"\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"(?:\s?(?:Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d\b))?)\]?(?: (?:stdout|stderr) [FP](?= |$))?"
)
