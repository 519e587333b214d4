"""When a series left its usual level, found from the series alone.

Binary segmentation with the least absolute deviations: a series is cut where two medians describe
it better than one (Bai, 1995, "Least absolute deviation estimation of a shift"), each half again,
until a cut gains no more than noise would (a penalty of log n, after Yao, 1988). Medians rather
than means, so that a single spike is no change. No alert's start time is ever used: it may be late.
"""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from heapq import heappop, heappush, heappushpop
from math import isfinite, log

from sreagent.diagnose.metrics.baselines import Baseline, baseline, median
from sreagent.domain.signal import Point

SHORTEST = 3
"""Values of which a level is made: fewer are a spike."""
ENOUGH = 8
"""Values before a change from which a baseline can be learned."""
MOST_CUTS = 6
LAG = 4
"""Values between which noise is told: neighbours of a rate share most of their samples."""
CAUTION = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A series left its usual level and has not come back."""

    at: datetime
    before: Baseline
    level: float
    """The median since then."""
    now: float
    """The median of the last few values."""
    score: float
    """Usual deviations between the level and the baseline; below zero when it fell."""

    @property
    def rose(self) -> bool:
        """Whether it went up."""
        return self.score > 0

    @property
    def ratio(self) -> float:
        """The level as a multiple of what it was; infinite when it was nothing."""
        if not self.before.median:
            return float("inf") if self.level else 1.0
        return self.level / self.before.median


def shift(points: Sequence[Point]) -> Shift | None:
    """The change that a series is still in; None when it is as usual, or too short to tell."""
    finite = [point for point in points if isfinite(point[1])]
    values = tuple(value for _, value in finite)
    if len(values) < ENOUGH + SHORTEST:
        return None
    last = median(values[-SHORTEST:])
    found = [cut for cut in cuts(values) if cut >= ENOUGH and _left(values, cut, last)]
    if not found:
        return None
    cut = _first_outside(values, min(found, key=lambda one: _cost(values, one)))
    before = baseline(values[:cut])
    if before is None:
        return None
    level = median(values[cut:])
    return Shift(at=finite[cut][0], before=before, level=level, now=last, score=before.score(level))


def cuts(values: Sequence[float]) -> list[int]:
    """Places where the level of a series changes, in order: the first value of each new level."""
    return list(_cuts(tuple(values)))


@lru_cache(maxsize=4096)
def _cuts(values: tuple[float, ...]) -> tuple[int, ...]:
    least = CAUTION * _noise(values) * log(max(len(values), 2))
    found: list[int] = []
    waiting = [(0, len(values))]
    while waiting and len(found) < MOST_CUTS:
        start, end = waiting.pop(0)
        best = _best_cut(values[start:end], least)
        if best is not None:
            insort(found, start + best)
            waiting += [(start, start + best), (start + best, end)]
    return tuple(found)


def _best_cut(values: Sequence[float], least: float) -> int | None:
    """Where two medians describe the values best, if that gains enough over one."""
    if len(values) < 2 * SHORTEST:
        return None
    ahead = _running_costs(values)
    behind = _running_costs(values[::-1])[::-1]
    places = range(SHORTEST, len(values) - SHORTEST + 1)
    best = min(places, key=lambda place: ahead[place - 1] + behind[place])
    gain = ahead[-1] - (ahead[best - 1] + behind[best])
    return best if gain > least else None


def _running_costs(values: Sequence[float]) -> list[float]:
    """For each beginning of the values, the sum of distances from its median."""
    lower: list[float] = []  # negated, so that the largest comes first
    upper: list[float] = []
    below = above = 0.0
    costs = []
    for value in values:
        moved = -heappushpop(lower, -value)
        below += value - moved
        heappush(upper, moved)
        above += moved
        if len(upper) > len(lower):
            moved = upper[0]
            heappush(lower, -heappop(upper))
            above -= moved
            below += moved
        middle = -lower[0]
        costs.append(middle * len(lower) - below + above - middle * len(upper))
    return costs


def _noise(values: Sequence[float]) -> float:
    """How far values stray that belong to one level; a change of level does not raise it."""
    steps = [abs(b - a) for a, b in zip(values, values[LAG:], strict=False)] or [0.0]
    usual = median(steps) / (0.6745 * 2**0.5)
    return max(usual, 0.005 * abs(median(values)), 1e-9)


def _left(values: Sequence[float], cut: int, last: float) -> bool:
    """Whether all since the cut, up to the last, lies on one side of what was usual before."""
    before = baseline(values[:cut])
    if before is None or before.holds(last) or before.holds(median(values[cut:])):
        return False
    return (last > before.median) == (median(values[cut:]) > before.median)


def _cost(values: Sequence[float], cut: int) -> float:
    """How badly two levels with a change at the cut describe the values."""
    total = 0.0
    for part in (values[:cut], values[cut:]):
        middle = median(part)
        total += sum(abs(value - middle) for value in part)
    return total


def _first_outside(values: Sequence[float], cut: int) -> int:
    """The first of the values that lead to the change without a break: a rate climbs to it."""
    before = baseline(values[: max(cut - LAG, ENOUGH)])
    while before and cut > ENOUGH and not before.holds(values[cut - 1], deviations=3.0):
        cut -= 1
    return cut
