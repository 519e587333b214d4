"""Schedules of CronJobs: five fields, names, steps, `@daily`; when one was due."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FURTHEST = 400
"""Days to look back."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMES = {
    **{name: str(number) for number, name in enumerate(_MONTHS, start=1)},
    **{name: str(number) for number, name in enumerate(_DAYS)},
}
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_PART = re.compile(r"(\*|\?|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,4}))?")
_ZONE = re.compile(r"(?:CRON_)?TZ=(\S{1,64})\s+")
_EVERY = re.compile(r"@every\s+\S{1,40}")


def last_due(schedule: str, zone: str, now: datetime) -> datetime | None:
    """When a schedule was due last, UTC; None for `@every`, which counts from the last run.

    Raises:
        ValueError: It is no schedule, or the zone is not known.
    """
    text = schedule.strip()
    if own := _ZONE.match(text):
        zone, text = own[1], text[own.end() :]
    place = _zone(zone)
    if _EVERY.fullmatch(text):
        return None
    minutes, hours, days, months, weekdays = _fields(text)
    local = now.astimezone(place)
    for back in range(FURTHEST):
        day = local - timedelta(days=back)
        if day.month not in months or not _is_day(day, days, weekdays):
            continue
        latest = local if back == 0 else day.replace(hour=23, minute=59)
        for hour in sorted(hours, reverse=True):
            for minute in sorted(minutes, reverse=True):
                if (hour, minute) <= (latest.hour, latest.minute):
                    due = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
                    return due.astimezone(UTC)
    return None


def _zone(name: str) -> tzinfo:
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        msg = f"no time zone {name}"
        raise ValueError(msg) from error


Days = tuple[frozenset[int], bool]
"""Allowed values, and whether all are."""


def _fields(
    text: str,
) -> tuple[frozenset[int], frozenset[int], Days, frozenset[int], Days]:
    words = _MACROS.get(text.lower(), text).split()
    if len(words) != len(_LIMITS):
        msg = f"{len(words)} fields instead of 5"
        raise ValueError(msg)
    sets = [_values(word, *limit) for word, limit in zip(words, _LIMITS, strict=True)]
    weekdays = frozenset(value % 7 for value in sets[4])
    free = [word[0] in "*?" for word in words]
    return sets[0], sets[1], (sets[2], free[2]), sets[3], (weekdays, free[4])


def _values(word: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in word.lower().split(","):
        named = re.sub(r"[a-z]{3}", lambda name: _NAMES.get(name[0], name[0]), part)
        told = _PART.fullmatch(named)
        if not told:
            msg = f"{word} is no field of a schedule"
            raise ValueError(msg)
        first = int(told[2]) if told[2] else low
        last = int(told[3]) if told[3] else high if told[4] or not told[2] else first
        step = int(told[4] or 1)
        if not (low <= first <= last <= high and step):
            msg = f"{word} is not between {low} and {high}"
            raise ValueError(msg)
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _is_day(day: datetime, days: Days, weekdays: Days) -> bool:
    """Day of the month and of the week: either counts when both are restricted."""
    by_month, by_week = day.day in days[0], day.isoweekday() % 7 in weekdays[0]
    return by_month and by_week if days[1] or weekdays[1] else by_month or by_week
