"""Time series: where they are kept and how they are found."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isnan, nan

from sreagent.simulator.promql.syntax import Matcher

LOOKBACK = 300.0
"""How long the last sample of a series still counts as its value now."""

Labels = dict[str, str]
Point = tuple[float, float]


@dataclass(slots=True, kw_only=True)
class Series:
    """One series; a NaN says that it ended there."""

    labels: Labels
    times: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    interrupted: bool = False
    """Whether any of the values is a NaN."""

    def add(self, moment: float, value: float) -> None:
        """Append a sample; samples come in the order of time."""
        self.interrupted = self.interrupted or isnan(value)
        self.times.append(moment)
        self.values.append(value)

    def end(self, moment: float) -> None:
        """Mark that the series is gone, unless it is already."""
        if self.values and not isnan(self.values[-1]):
            self.add(moment, nan)

    def value_at(self, moment: float) -> Point | None:
        """The newest sample that still counts at a moment."""
        place = bisect_right(self.times, moment) - 1
        if place < 0 or self.times[place] < moment - LOOKBACK or isnan(self.values[place]):
            return None
        return self.times[place], self.values[place]

    def between(self, since: float, until: float) -> list[Point]:
        """The samples of a stretch of time, both ends included as in Prometheus 2."""
        first, last = bisect_left(self.times, since), bisect_right(self.times, until)
        points = list(zip(self.times[first:last], self.values[first:last], strict=True))
        if not self.interrupted:
            return points
        return [point for point in points if not isnan(point[1])]

    def has_samples(self, since: float, until: float) -> bool:
        """Whether it lived in a stretch of time."""
        place = bisect_left(self.times, since)
        return place < len(self.times) and self.times[place] <= until


class Database:
    """All series, found by name first."""

    def __init__(self) -> None:
        self._by_name: dict[str, dict[tuple[tuple[str, str], ...], Series]] = {}

    def series(self, labels: Labels) -> Series:
        """The series with exactly these labels, made when it is new."""
        named = self._by_name.setdefault(labels["__name__"], {})
        key = tuple(sorted(labels.items()))
        found = named.get(key)
        if found is None:
            found = named[key] = Series(labels=dict(labels))
        return found

    def all(self) -> Iterable[Series]:
        """Every series."""
        for named in self._by_name.values():
            yield from named.values()

    def select(self, matchers: Iterable[Matcher]) -> list[Series]:
        """The series that satisfy every matcher."""
        wanted = list(matchers)
        name = next((m.value for m in wanted if m.label == "__name__" and m.operator == "="), None)
        pool = self._by_name.get(name, {}).values() if name is not None else self.all()
        return [series for series in pool if all(each.holds(series.labels) for each in wanted)]
