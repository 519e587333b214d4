"""When the errors of a log became many more than before, by five-minute buckets."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from sreagent.diagnose.logs.templates import BUCKET, Template

LEAST = 5
"""Errors in five minutes below which there is no spike."""
_BEFORE = 2
"""Buckets that must come before, else nobody knows what is usual."""
_MOST_BUCKETS = 10_000
_SIGMAS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """Errors became many more."""

    since: datetime
    """When the five minutes begin in which they did."""
    usual: float
    """Errors in five minutes before that: the median."""
    peak: int
    """Errors in the worst five minutes since."""


def spike_of(
    templates: Iterable[Template], begins_at: datetime | None, ends_at: datetime | None
) -> Spike | None:
    """The first jump of a log's errors; None when there is none, or no telling.

    Robust: each bucket is compared with median and median absolute deviation of those before.
    """
    counts: Counter[int] = Counter()
    for template in templates:
        if template.loud:
            for moment, count in template.buckets:
                counts[_number(moment)] += count
    if not counts or begins_at is None or ends_at is None:
        return None
    first = _number(min(begins_at, ends_at))
    series = [counts[n] for n in range(first, min(max(counts), first + _MOST_BUCKETS) + 1)]
    for at in range(_BEFORE, len(series)):
        usual, limit = _limit(series[:at])
        if series[at] >= LEAST and series[at] > limit:
            since = datetime.fromtimestamp((first + at) * BUCKET, UTC)
            return Spike(since=since, usual=usual, peak=max(series[at:]))
    return None


def _limit(before: Sequence[int]) -> tuple[float, float]:
    """What is usual, and what is too much."""
    usual = median(before)
    spread = 1.4826 * median(abs(count - usual) for count in before)
    # Counts vary by their root even when nothing happens.
    return usual, usual + _SIGMAS * max(spread, usual**0.5, 0.5)


def _number(moment: datetime) -> int:
    return int(moment.timestamp()) // BUCKET
