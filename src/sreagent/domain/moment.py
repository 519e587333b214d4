"""Times as people and servers write them; always UTC inside."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache


def parse_time(text: str | None) -> datetime | None:
    """Read an RFC 3339 stamp; None for an empty, zero or broken one.

    Go servers write a missing time as year 1.
    """
    return _parsed(text) if text else None


@lru_cache(maxsize=16_384)
def _parsed(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    if moment.year <= 1:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        # The end of year 9999 in a zone behind UTC.
        return None


def stamp(moment: datetime) -> str:
    """Write a time as RFC 3339 with milliseconds, UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc(moment: datetime) -> str:
    """Write a time for people: `2026-11-21 15:28:02 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def span(length: timedelta | float) -> str:
    """Say a length of time in one or two units: `70 s`, `12 min`, `3 h 5 min`, `6 days`."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    seconds = max(seconds, 0.0)
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds % 1 else f"{seconds:.0f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes, hours = int(seconds // 60), int(seconds // 3600)
    if minutes < 120:
        return f"{minutes} min"
    if hours < 48:
        rest = minutes % 60
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{hours // 24} days"
