"""What a metric says of one object over time, and the picture that is kept of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import isfinite

from sreagent.domain.entity import Entity

Point = tuple[datetime, float]

PLOTTED = 60
"""Values that are kept of a series for its picture."""


class Unit(StrEnum):
    """What a value counts."""

    PER_SECOND = "/s"
    SECONDS = "s"
    SHARE = "%"
    """0 to 1."""
    BYTES = "B"
    CORES = "cores"
    COUNT = ""


class Measure(StrEnum):
    """What is measured, as an operator calls it."""

    RATE = "request rate"
    CALLS = "rate of requests made"
    """Of those that a program makes to others, as it counts them itself."""
    ERRORS = "rate of errors"
    ERROR_RATIO = "error ratio"
    CLIENT_ERRORS = "share answered with 4xx"
    LATENCY = "latency"
    NAME_ERRORS = "share of names not found"
    CPU = "CPU"
    THROTTLING = "CPU throttling"
    MEMORY = "memory"
    HEAP = "heap"
    GC = "time in garbage collection"
    GC_RUNS = "garbage collections"
    FDS = "open files"
    POOL = "connection pool"
    POOL_WAITING = "waiting for a connection"
    QUEUE = "queue length"
    LAG = "consumer lag"
    CONSUMERS = "consumers"
    BLOCKED = "alarm that blocks publishers"
    PEERS_LOST = "unreachable peers"
    """Members of a cluster that another member of it does not reach, or that are gone."""
    CACHE_HITS = "cache hit ratio"
    CACHE_MEMORY = "cache memory"
    EVICTIONS = "cache evictions"
    KEYS = "keys"
    VOLUME = "volume"
    INODES = "inodes of the volume"
    NODE_CPU = "CPU of the node"
    NODE_LOAD = "load per CPU"
    NODE_MEMORY = "memory of the node"
    NODE_DISK = "disk of the node"
    DISK_LATENCY = "disk latency"
    CONNTRACK = "connection tracking table"
    CLOCK = "clock offset"
    LINK = "network link"
    """1 where a card of a node has a link, 0 where it has none."""
    NETWORK_ERRORS = "network errors"
    RETRANSMITS = "retransmitted segments"
    REJECTED = "share of rejected API requests"
    MISSING = "missing replicas"
    RESTARTS = "restarts"
    QUOTA = "quota"
    SCALED = "replicas of the most allowed"
    CERTIFICATE = "time left of a certificate"
    OWN = "own measure"
    """What a program counts of its business, under a name of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One measure of one object over time."""

    measure: Measure
    entity: Entity
    unit: Unit
    points: tuple[Point, ...]
    """Finite values only, oldest first; a gap is where points are missing."""
    promql: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the series that it was read from, or of the one that is worst now."""
    about: str = ""
    """The part of the object: `container app`, `topic orders`, `/var`."""
    limit: float | None = None
    """What a share is a share of, where that is known: bytes, cores."""
    command: str = ""
    """The line that reads it again."""
    day_before: tuple[Point, ...] = ()
    """The same a day earlier, from before the time of the last point until after it.

    Read only of what changed and may do so every day; empty where nothing is known.
    """

    @property
    def name(self) -> str:
        """The measure and the part: `memory of container app`."""
        return f"{self.measure} of {self.about}" if self.about else str(self.measure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A series in few values, evenly spaced, for a small picture."""

    start: datetime
    end: datetime
    values: tuple[float | None, ...]
    """At most 60; None where there was no value."""
    unit: str = ""
    changed_at: datetime | None = None


def plot(points: Sequence[Point], unit: Unit, changed_at: datetime | None = None) -> Plot | None:
    """Fold points into at most 60 values, the median of each stretch; None without points."""
    finite = [point for point in points if isfinite(point[1])]
    if not finite:
        return None
    start, end = finite[0][0], finite[-1][0]
    length = (end - start).total_seconds()
    count = min(PLOTTED, len(finite))
    folded: list[list[float]] = [[] for _ in range(count)]
    for at, value in finite:
        share = (at - start).total_seconds() / length if length else 0.0
        folded[min(int(share * count), count - 1)].append(value)
    values = tuple(_short(sorted(one)[len(one) // 2]) if one else None for one in folded)
    return Plot(start=start, end=end, values=values, unit=unit.value, changed_at=changed_at)


def say(value: float, unit: Unit | str) -> str:
    """A value as people write it: `61/s`, `14 %`, `120 ms`, `183 MiB`."""
    match unit:
        case Unit.SHARE:
            return f"{_number(100 * value)} %"
        case Unit.SECONDS:
            return f"{_number(1000 * value)} ms" if abs(value) < 1 else f"{_number(value)} s"
        case Unit.BYTES:
            return _bytes(value)
        case Unit.PER_SECOND:
            return f"{_number(value)}/s"
        case Unit.CORES:
            return f"{_number(value)} CPU"
        case _:
            return _number(value)


def _number(value: float) -> str:
    size = abs(value)
    if size >= 100 or value == round(value):
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.0f}"
    return f"{value:.1f}" if size >= 1 else f"{value:.2g}"


def _bytes(value: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{_number(value)} {unit}"
        value /= 1024
    return f"{_number(value)} TiB"


def _short(value: float) -> float:
    return float(f"{value:.4g}")
