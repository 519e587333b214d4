"""PromQL that somebody wrote, and what it shows, as text."""

import time
from collections.abc import Iterator
from datetime import timedelta
from math import isfinite
from statistics import median

from sreagent.domain.command import PrometheusRead
from sreagent.domain.ports import Clock, Labels, Metrics, Series
from sreagent.tools.metrics import query_command
from sreagent.tools.sighting import Sighting, shown

POINTS = 60
"""Values that are asked for of each series."""
PARTS = 8
"""Medians by which a series is shown."""
SERIES = 12
"""Series that are shown."""


class PrometheusReads:
    """Runs expressions; never more than a few dozen values of a series."""

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock

    def run(self, read: PrometheusRead) -> Sighting:
        """What the expression says now, or how it went over its minutes.

        Raises:
            TryAgain: The server cannot parse it.
            SreError: The server did not answer.
        """
        began = time.monotonic()
        lines = list(self._instant(read) if read.minutes == 0 else self._range(read))
        return shown(
            "\n".join(lines) or "no series: nothing has these labels, or nobody measures it",
            command=query_command(self._metrics.url, read.promql),
            source="prometheus",
            seconds=time.monotonic() - began,
        )

    def _instant(self, read: PrometheusRead) -> Iterator[str]:
        found = self._metrics.instant(read.promql)
        ranked = sorted(found, key=lambda one: -one[1] if isfinite(one[1]) else 0.0)
        for labels, value in ranked[:SERIES]:
            yield f"{_named(labels)} {value:.4g}"
        if len(found) > SERIES:
            yield f"… {len(found) - SERIES} more series, all lower"

    def _range(self, read: PrometheusRead) -> Iterator[str]:
        end = self._clock.now()
        step = max(read.minutes * 60 / POINTS, 15.0)
        start = end - timedelta(minutes=read.minutes)
        found = self._metrics.range(read.promql, start=start, end=end, step=step)
        yield from found.warnings
        if found.series:
            part = max(round(read.minutes / PARTS), 1)
            yield f"medians of {part} min each, oldest first; then the least and the most"
        for labels, points in sorted(found.series, key=_swing, reverse=True)[:SERIES]:
            values = [value for _, value in points if isfinite(value)]
            told = " ".join(f"{one:.4g}" for one in _medians(values)) or "no number"
            extremes = f" [{min(values):.4g} … {max(values):.4g}]" if values else ""
            yield f"{_named(labels)} {told}{extremes}"
        if len(found.series) > SERIES:
            yield f"… {len(found.series) - SERIES} more series that move less"


def _medians(values: list[float]) -> Iterator[float]:
    size = max(len(values) // PARTS, 1)
    for first in range(0, len(values), size):
        yield median(values[first : first + size])


def _swing(series: Series) -> float:
    """How far a series moves, against where it usually is."""
    values = [value for _, value in series[1] if isfinite(value)]
    if not values:
        return 0.0
    usual = abs(median(values)) or max(map(abs, values)) or 1.0
    return (max(values) - min(values)) / usual


def _named(labels: Labels) -> str:
    inner = ",".join(f"{k}={v}" for k, v in sorted(labels.items()) if k != "__name__")
    return f"{labels.get('__name__', '')}{{{inner}}}"
