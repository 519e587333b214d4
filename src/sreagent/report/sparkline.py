"""A series as one line of text, with the moment of its change marked."""

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

from sreagent.domain.signal import Plot, say

BLOCKS = "▁▂▃▄▅▆▇█"
LETTERS = "_.-:=+*#"
"""The same for places that show ASCII only."""
GAP = " "
SMALLEST = 0.25
"""Least share of its height that a picture shows: noise is not to look like a mountain."""


def sparkline(plot: Plot, *, width: int = 60, ascii_only: bool = False) -> str:
    """Draw a plot in at most `width` letters, the mark of its change included."""
    steps, mark = (LETTERS, "|") if ascii_only else (BLOCKS, "│")
    place = _changed_at(plot)
    if place is None:
        return _drawn(_narrowed(plot.values, width), steps, plot.values)
    room = max(width - 1, 2)
    lead = max(round(room * place / len(plot.values)), 1) if place else 0
    lead = min(lead, room - 1)
    if len(plot.values) <= room:
        lead = place
    before = _narrowed(plot.values[:place], lead)
    since = _narrowed(plot.values[place:], room - lead)
    drawn = (_drawn(part, steps, plot.values) for part in (before, since))
    return mark.join(drawn)


def caption(plot: Plot) -> str:
    """What the line shows: `120 ms to 2.5 s, 12:51 to 15:51 UTC, changed at 15:41:45`."""
    known = _finite(plot.values)
    if not known:
        return "no values"
    low, high = say(min(known), plot.unit), say(max(known), plot.unit)
    band = low if low == high else f"{low} to {high}"
    changed = f", changed at {plot.changed_at:%H:%M:%S}" if plot.changed_at else ""
    return f"{band}, {plot.start:%H:%M} to {plot.end:%H:%M} UTC{changed}"


def _changed_at(plot: Plot) -> int | None:
    """The first value of the new level; None when it did not change within the picture."""
    length = (plot.end - plot.start).total_seconds()
    if plot.changed_at is None or length <= 0 or len(plot.values) < 2:
        return None
    share = (plot.changed_at - plot.start).total_seconds() / length
    return min(max(int(share * len(plot.values)), 0), len(plot.values) - 1)


def _narrowed(values: Sequence[float | None], width: int) -> list[float | None]:
    """As many values as there is room for: of several the largest, so that no peak is lost."""
    if len(values) <= width:
        return list(values)
    if width <= 0:
        return []
    bounds = [round(n * len(values) / width) for n in range(width + 1)]
    parts = (values[a:b] for a, b in pairwise(bounds))
    return [max(_finite(part), default=None) for part in parts]


def _drawn(values: Sequence[float | None], steps: str, whole: Sequence[float | None]) -> str:
    known = _finite(whole)
    low, high = min(known, default=0.0), max(known, default=0.0)
    low = min(low, high - SMALLEST * abs(high))
    return "".join(_letter(value, low, high, steps) for value in values)


def _letter(value: float | None, low: float, high: float, steps: str) -> str:
    if value is None or not isfinite(value):
        return GAP
    if high <= low:
        return steps[0]
    return steps[min(int((value - low) / (high - low) * len(steps)), len(steps) - 1)]


def _finite(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None and isfinite(value)]
