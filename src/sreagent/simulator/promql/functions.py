"""What the functions of PromQL compute from samples."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from sreagent.simulator.promql.series import Labels, Point

Window = Sequence[Point]
RangeFunction = Callable[[Window, float, float], float | None]
"""From samples, the start and the end of the range to a value."""


def increase(window: Window, start: float, end: float) -> float | None:
    """How much a counter grew, extrapolated to the whole range."""
    return _extrapolated(window, start, end, is_counter=True)


def rate(window: Window, start: float, end: float) -> float | None:
    """How much a counter grew per second."""
    grown = increase(window, start, end)
    return None if grown is None else grown / (end - start)


def delta(window: Window, start: float, end: float) -> float | None:
    """How much a gauge moved, extrapolated to the whole range."""
    return _extrapolated(window, start, end, is_counter=False)


def irate(window: Window, _start: float, _end: float) -> float | None:
    """The growth per second between the last two samples."""
    if len(window) < 2:
        return None
    (before, old), (now, new) = window[-2], window[-1]
    return (new if new < old else new - old) / (now - before)


def deriv(window: Window, _start: float, _end: float) -> float | None:
    """The slope of a straight line through the samples."""
    if len(window) < 2:
        return None
    origin = window[0][0]
    moments = [moment - origin for moment, _ in window]
    values = [value for _, value in window]
    middle, level = _mean(moments), _mean(values)
    spread = sum((moment - middle) ** 2 for moment in moments)
    joint = sum((m - middle) * (v - level) for m, v in zip(moments, values, strict=True))
    return joint / spread if spread else None


def changes(window: Window, _start: float, _end: float) -> float | None:
    """How often the value changed."""
    return float(sum(new[1] != old[1] for old, new in pairwise(window)))


def resets(window: Window, _start: float, _end: float) -> float | None:
    """How often a counter started over."""
    return float(sum(new[1] < old[1] for old, new in pairwise(window)))


def over_time(fold: Callable[[list[float]], float]) -> RangeFunction:
    """A function of the values of a range alone."""

    def folded(window: Window, _start: float, _end: float) -> float | None:
        return fold([value for _, value in window])

    return folded


def quantile(share: float, values: Sequence[float]) -> float:
    """The value below which a share of the values lies, interpolated."""
    if not values:
        return math.nan
    if share < 0 or share > 1:
        return math.inf if share > 1 else -math.inf
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def histogram_quantile(share: float, buckets: Sequence[tuple[float, float]]) -> float:
    """The quantile of a histogram given as (upper bound, count up to it)."""
    ordered = sorted(buckets)
    if len(ordered) < 2 or ordered[-1][0] != math.inf or not ordered[-1][1]:
        return math.nan
    rank = share * ordered[-1][1]
    place = next(at for at, (_, count) in enumerate(ordered) if count >= rank)
    if place == len(ordered) - 1:
        return ordered[-2][0]
    low, below = ordered[place - 1] if place else (0.0, 0.0)
    high, upto = ordered[place]
    return low + (high - low) * ((rank - below) / (upto - below)) if upto > below else high


def deviation(values: list[float]) -> float:
    """The standard deviation of the values."""
    level = _mean(values)
    return math.sqrt(sum((value - level) ** 2 for value in values) / len(values))


def rounded(value: float, to: float) -> float:
    """The nearest multiple, halves up."""
    return math.floor(value / to + 0.5) * to if to else math.nan


def without_name(labels: Labels) -> Labels:
    """Labels of a value that is no longer the metric itself."""
    return {name: value for name, value in labels.items() if name != "__name__"}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _extrapolated(window: Window, start: float, end: float, *, is_counter: bool) -> float | None:
    if len(window) < 2:
        return None
    (first, low), (last, high) = window[0], window[-1]
    grown = high - low
    if is_counter:
        grown += sum(old[1] for old, new in pairwise(window) if new[1] < old[1])
    covered = last - first
    step = covered / (len(window) - 1)
    before, after = first - start, end - last
    if is_counter and grown > 0 and low >= 0:
        # A counter cannot have been below zero: do not stretch past where it began.
        before = min(before, covered * (low / grown))
    reach = covered
    reach += before if before < step * 1.1 else step / 2
    reach += after if after < step * 1.1 else step / 2
    return grown * (reach / covered)


RANGE_FUNCTIONS: dict[str, RangeFunction] = {
    "avg_over_time": over_time(_mean),
    "changes": changes,
    "count_over_time": over_time(lambda values: float(len(values))),
    "delta": delta,
    "deriv": deriv,
    "increase": increase,
    "irate": irate,
    "last_over_time": over_time(lambda values: values[-1]),
    "max_over_time": over_time(max),
    "min_over_time": over_time(min),
    "rate": rate,
    "resets": resets,
    "stddev_over_time": over_time(deviation),
    "sum_over_time": over_time(sum),
}
VALUE_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "ceil": lambda value: float(math.ceil(value)),
    "clamp": lambda value, low, high: max(low, min(high, value)),
    "clamp_max": min,
    "clamp_min": max,
    "floor": lambda value: float(math.floor(value)),
    "round": lambda value, to=1.0: rounded(value, to),
}
FOLDS: dict[str, Callable[[list[float]], float]] = {
    "avg": _mean,
    "count": lambda values: float(len(values)),
    "group": lambda _values: 1.0,
    "max": max,
    "min": min,
    "sum": sum,
}
