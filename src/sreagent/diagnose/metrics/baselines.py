"""What is usual for a series, told by medians and quartiles, which a few odd values cannot move.

Scores follow BARO (Pham et al., FSE 2024): the distance from the median of the baseline in units
of its interquartile range. A mean and a standard deviation would be spoilt by the first minute of
the trouble, when the baseline reaches into it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

NORMAL_IQR = 1.349
"""Interquartile range of a normal distribution with a standard deviation of one."""
STILL = 0.02
"""Share of its level by which a series may stray before that counts, however still it was."""
TINY = 1e-9
HIGHEST_SCORE = 1000.0
"""What a series that never moved reaches at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """How a series usually is."""

    median: float
    iqr: float
    low: float
    """Below which it hardly ever was (5 %)."""
    high: float
    """Above which it hardly ever was (95 %)."""
    least: float
    most: float
    """Where it never was but for single values (1 %)."""
    count: int

    @property
    def spread(self) -> float:
        """One usual deviation, never quite zero."""
        return max(self.iqr / NORMAL_IQR, STILL * abs(self.median), TINY)

    def score(self, value: float) -> float:
        """Usual deviations between a value and the median; below zero for a lower value."""
        away = (value - self.median) / self.spread
        return max(-HIGHEST_SCORE, min(HIGHEST_SCORE, away))

    def holds(self, value: float, deviations: float = 4.0) -> bool:
        """Whether the value is one that is seen on a usual day."""
        room = deviations * self.spread
        least, most = min(self.least, self.median - room), max(self.most, self.median + room)
        return least <= value <= most


def baseline(values: Iterable[float]) -> Baseline | None:
    """Learn what is usual; None without a single number."""
    found = sorted(value for value in values if isfinite(value))
    if not found:
        return None
    return Baseline(
        median=quantile(found, 0.5),
        iqr=quantile(found, 0.75) - quantile(found, 0.25),
        low=quantile(found, 0.05),
        high=quantile(found, 0.95),
        least=quantile(found, 0.01),
        most=quantile(found, 0.99),
        count=len(found),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which a share of the ordered values lies, interpolated."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def median(values: Iterable[float]) -> float:
    """The middle of at least one value."""
    return quantile(sorted(values), 0.5)


def rank(before: Mapping[str, Sequence[float]], since: Mapping[str, Sequence[float]]) -> list[str]:
    """Names of series, those first that left their own baseline furthest behind."""
    scores = {}
    for name, values in before.items():
        usual = baseline(values)
        later = [value for value in since.get(name, ()) if isfinite(value)]
        if usual and later:
            scores[name] = max(abs(usual.score(value)) for value in later)
    return sorted(scores, key=lambda name: -scores[name])


def slope(values: Sequence[float]) -> float:
    """How much a series grows from value to value: the median of all slopes (Theil and Sen)."""
    few = _thinned(values, 48)
    step = max((len(values) - 1) / (len(few) - 1), 1.0) if len(few) > 1 else 1.0
    slopes = [
        (few[later] - few[earlier]) / ((later - earlier) * step)
        for earlier in range(len(few))
        for later in range(earlier + 1, len(few))
    ]
    return median(slopes) if slopes else 0.0


def rises(values: Sequence[float]) -> float:
    """How steadily a series grows: share of pairs that grow less those that fall (Kendall's tau).

    1 where each value is above the one before, 0 where ups and downs are even.
    """
    few = _thinned(values, 48)
    pairs = signs = 0
    for earlier, first in enumerate(few):
        for second in few[earlier + 1 :]:
            pairs += 1
            signs += (second > first) - (second < first)
    return signs / pairs if pairs else 0.0


def _thinned(values: Sequence[float], most: int) -> list[float]:
    """At most so many values, evenly spaced, both ends included."""
    if len(values) <= most:
        return list(values)
    step = (len(values) - 1) / (most - 1)
    return [values[round(place * step)] for place in range(most)]
