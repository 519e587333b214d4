"""Windows of time in a named zone: freezes, and business hours.

A window is a stretch of real time. Where clocks are set back, a window that begins or ends in the
repeated hour covers both passes; where they are set forward, an end that does not exist is the
moment of the jump.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?")
_DAY = timedelta(days=1)
ALL_DAY = "00:00-24:00"


class Day(StrEnum):
    """A day of the week, Monday first."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_DAYS = tuple(Day)


def _known_zone(name: str) -> str:
    try:
        if _ZONE.fullmatch(name):
            ZoneInfo(name)
            return name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    msg = f"{name!r} is no time zone of the IANA database, such as Europe/Berlin"
    raise ValueError(msg)


def _local_time(text: str) -> str:
    if not _LOCAL.fullmatch(text):
        msg = "a date and time in the window's zone is expected, such as 2026-12-20T18:00"
        raise ValueError(msg)
    datetime.fromisoformat(text)
    return text


Zone = Annotated[str, AfterValidator(_known_zone)]
LocalTime = Annotated[str, AfterValidator(_local_time)]
Hours = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
    ),
]

Pattern = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.*?:/_-]{1,253}$")]
"""A name, in which `*` stands for any characters and `?` for one; case does not count."""


class Weekly(BaseModel):
    """Hours on days of the week; hours that end before they begin end on the next day."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    zone: Zone
    days: tuple[Day, ...] = Field(default=_DAYS, min_length=1)
    hours: Hours = ALL_DAY

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        begin, _, end = self.hours.partition("-")
        if begin == end:
            msg = f"hours {self.hours} begin where they end; the whole day is {ALL_DAY}"
            raise ValueError(msg)
        return self

    @property
    def told(self) -> str:
        """In words: `sat, sun 00:00-24:00 Europe/Berlin`."""
        return f"{', '.join(self.days)} {self.hours} {self.zone}"

    def covers(self, now: datetime) -> bool:
        """Whether a moment lies in one of the stretches."""
        today = now.astimezone(ZoneInfo(self.zone)).date()
        # Yesterday's may end today; where midnight is skipped, tomorrow's begins today.
        return any(self._covers(today + n * _DAY, now) for n in (-1, 0, 1))

    def _covers(self, day: date, now: datetime) -> bool:
        if _DAYS[day.weekday()] not in self.days:
            return False
        begin, _, end = self.hours.partition("-")
        last = day + _DAY if end == "24:00" or end < begin else day
        start = datetime.combine(day, time.fromisoformat(begin))
        stop = datetime.combine(last, time() if end == "24:00" else time.fromisoformat(end))
        return _between(start, stop, self.zone, now)


class Freeze(BaseModel):
    """A window in which nothing is changed: from one moment to another, or every week."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")]
    zone: Zone
    start: LocalTime | None = Field(default=None, alias="from")
    end: LocalTime | None = Field(default=None, alias="to")
    days: tuple[Day, ...] | None = Field(default=None, min_length=1)
    hours: Hours | None = None
    namespaces: tuple[Pattern, ...] | None = Field(default=None, min_length=1)
    """Only there; everywhere when it is not given."""
    reason: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        dated, weekly = self.start or self.end, self.days or self.hours
        if bool(dated) == bool(weekly):
            msg = "give either `from` and `to`, or `days` and `hours`"
            raise ValueError(msg)
        if dated and (self.start is None or self.end is None):
            msg = "`from` and `to` belong together"
            raise ValueError(msg)
        if self.start and self.end and _parsed(self.start) >= _parsed(self.end):
            msg = "`from` lies after `to`"
            raise ValueError(msg)
        if weekly:
            self.weekly()
        return self

    def weekly(self) -> Weekly:
        """The same without its name, for a window that comes every week."""
        return Weekly(zone=self.zone, days=self.days or _DAYS, hours=self.hours or ALL_DAY)

    @property
    def told(self) -> str:
        """In words, without its name."""
        where = f" in {', '.join(self.namespaces)}" if self.namespaces else ""
        if self.start and self.end:
            return f"{self.start} to {self.end} {self.zone}{where}"
        return f"{self.weekly().told}{where}"

    def covers(self, now: datetime, namespace: str | None = None) -> bool:
        """Whether a moment lies in the window; `namespace` None asks about any namespace."""
        patterns = [pattern.lower() for pattern in self.namespaces or ("*",)]
        if namespace and not any(fnmatchcase(namespace.lower(), one) for one in patterns):
            return False
        if self.start and self.end:
            return _between(_parsed(self.start), _parsed(self.end), self.zone, now)
        return self.weekly().covers(now)


def _parsed(text: str) -> datetime:
    """A wall-clock reading without a zone."""
    return datetime.fromisoformat(text)


def _between(start: datetime, stop: datetime, zone: str, now: datetime) -> bool:
    return _instant(start, zone, last=False) <= now < _instant(stop, zone, last=True)


@lru_cache(maxsize=1024)
def _instant(local: datetime, zone_name: str, *, last: bool) -> datetime:
    """The first or last moment at which clocks show a time; the jump, where they skip it."""
    zone = ZoneInfo(zone_name)
    one = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    two = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if one > two:
        return _jump(two, one, zone)
    return two if last else one


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second, between two moments, at which clocks are set forward."""
    low, high = int(before.timestamp()), int(after.timestamp())
    offset = before.astimezone(zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)
