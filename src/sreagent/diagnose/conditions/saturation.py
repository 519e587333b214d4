"""What runs short, in programs, volumes and nodes, as their metrics tell."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sreagent.diagnose.conditions.pod_templates import unbounded
from sreagent.diagnose.conditions.queues import fetchers
from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.metrics.baselines import rises, slope
from sreagent.diagnose.metrics.readings import (
    SERVED,
    SHORTLY,
    Reading,
    as_usual,
    behind,
    change,
    finding,
    is_felt,
    is_hurt,
    is_share,
    of,
    suspects,
)
from sreagent.diagnose.view.calling import failing_calls_of
from sreagent.diagnose.view.readers import NOBODY_READS, label_of
from sreagent.diagnose.view.scene import WORKLOADS, Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import span
from sreagent.domain.signal import Measure, Point

STEADY = 0.75
"""How steadily (Kendall's tau) something has to grow to be called growing."""
LONG_ENOUGH = 1500
"""Seconds of growth that are more than a warm-up."""
OFTEN = 3
"""Complaints from which on they count."""
SOON = 4 * 3600
"""Seconds until something is full that make it urgent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Growth:
    """A stretch in which a series only grew."""

    began: datetime
    seconds: float
    first: float
    last: float
    per_second: float
    restarts: int
    """How often it fell back before."""

    @property
    def gained(self) -> float:
        """How much it grew, as a share of where it began."""
        return (self.last - self.first) / self.first if self.first > 0 else 0.0

    def until(self, full: float) -> float | None:
        """Seconds until it reaches a value; None when it does not grow."""
        if self.per_second <= 0:
            return None
        return max(full - self.last, 0.0) / self.per_second


def _grade(scene: Scene, reading: Reading, *, hard: bool) -> Severity:
    """An error where it is at its end, or where callers notice something since then."""
    entity = reading.signal.entity
    item = scene.inventory.find(entity)
    hurts = is_hurt(scene, entity, reading.since)
    if item and reading.rose and reading.since:
        hurts = hurts or is_felt(scene, entity, item, reading.since)
    return Severity.ERROR if hard or hurts else Severity.WARNING


def _part(reading: Reading) -> str:
    return f" of {reading.signal.about}" if reading.signal.about else ""


# Programs


@condition(
    "workload.cpu_saturated",
    *WORKLOADS,
    worth=0.66,
    even_mild=True,
    refuted_by="the same load on the CPU on a day without trouble",
)
def cpu_saturated(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A container uses all the CPU it may, or many times what it usually does."""
    for reading in of(scene, entity, Measure.CPU):
        rose = reading.rose and reading.shift is not None
        if is_share(reading):
            if reading.now < 0.9:
                continue
            claim = f"uses {change(reading)} of the CPU that{_part(reading)} may use"
            severity = _grade(scene, reading, hard=rose and reading.now >= 0.95)
        else:
            if not rose or not reading.shift or reading.shift.ratio < 3 or reading.now < 0.5:
                continue
            claim = f"uses many times its usual CPU{_part(reading)}: {change(reading)}"
            severity = _grade(scene, reading, hard=False)
        yield finding(
            reading,
            "workload.cpu_saturated",
            claim,
            item,
            category=Category.RESOURCE,
            severity=severity,
            facts={"resource": "cpu", "container": _container(reading)},
        )


@condition(
    "workload.cpu_throttled",
    *WORKLOADS,
    worth=0.68,
    even_mild=True,
    refuted_by="the same throttling on a day without trouble",
)
def cpu_throttled(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The CPU limit of a container stops it again and again."""
    for reading in of(scene, entity, Measure.THROTTLING):
        if reading.now < 0.25:
            continue
        hard = reading.now >= 0.5 and reading.rose
        yield finding(
            reading,
            "workload.cpu_throttled",
            f"is stopped by the CPU limit{_part(reading)} in {change(reading)} of all periods",
            item,
            category=Category.RESOURCE,
            severity=_grade(scene, reading, hard=hard),
            facts={"resource": "cpu", "container": _container(reading)},
        )


@condition("workload.memory_near_limit", *WORKLOADS, worth=0.55, even_mild=True)
def memory_near_limit(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A container uses nearly all the memory it may."""
    for reading in of(scene, entity, Measure.MEMORY):
        if is_share(reading) and reading.now >= 0.9:
            yield finding(
                reading,
                "workload.memory_near_limit",
                f"uses {change(reading)} of the memory limit{_part(reading)}",
                item,
                category=Category.RESOURCE,
                severity=_grade(scene, reading, hard=reading.rose and reading.now >= 0.97),
                facts={"resource": "memory", "container": _container(reading)},
            )


@condition(
    "workload.memory_growing",
    *WORKLOADS,
    worth=0.64,
    vague=True,
    even_mild=True,
    refuted_by="memory that stays level under the same load",
)
def memory_growing(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The memory of a container grows and grows, as a leak does."""
    for reading in of(scene, entity, Measure.MEMORY):
        growth = _growth(reading)
        if growth is None or growth.gained < 0.25 or _is_collected(reading, growth):
            continue
        left = growth.until(1.0) if is_share(reading) else None
        full = f", its limit is reached in {span(left)}" if left is not None else ""
        again = " again and again, and falls when it is restarted" if growth.restarts else ""
        yield finding(
            reading,
            "workload.memory_growing",
            f"uses more and more memory{_part(reading)}{again}: "
            f"{reading.say(growth.first)} → {reading.say(growth.last)} in {span(growth.seconds)}"
            f"{full}",
            item,
            category=Category.RESOURCE,
            since=growth.began,
            severity=_grade(scene, reading, hard=is_share(reading) and reading.now >= 0.85),
            facts={"resource": "memory", "container": _container(reading)},
        )


def _is_collected(reading: Reading, growth: _Growth) -> bool:
    """Whether it has been as high before and fell by itself, as memory of a heap does.

    What fell from the top of its limit was killed there.
    """
    earlier = [value for at, value in reading.signal.points if at < growth.began]
    peak = max(earlier, default=0.0)
    killed = is_share(reading) and peak >= 0.85
    return bool(growth.restarts) and not killed and reading.now <= 1.1 * peak


@condition("workload.gc_pressure", *WORKLOADS, worth=0.60, vague=True, even_mild=True)
def gc_pressure(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program spends its time collecting garbage."""
    for reading in of(scene, entity, Measure.GC):
        if reading.now >= 0.25 or (reading.rose and reading.now >= 0.08):
            yield _short(scene, reading, item, "workload.gc_pressure", hard=reading.now >= 0.25)
    for reading in of(scene, entity, Measure.GC_RUNS):
        if reading.shift and reading.rose and reading.shift.ratio >= 5 and reading.now >= 1:
            yield _short(scene, reading, item, "workload.gc_pressure", hard=False)


@condition("workload.heap_full", *WORKLOADS, worth=0.60, even_mild=True)
def heap_full(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The heap of a virtual machine is nearly full and is not emptied any more."""
    for reading in of(scene, entity, Measure.HEAP):
        # A heap fills before each collection, so only its lowest values tell.
        if len(reading.values) >= 10 and min(reading.values[-10:]) >= 0.9:
            yield _short(scene, reading, item, "workload.heap_full", hard=reading.rose)


@condition("workload.fds_exhausted", *WORKLOADS, worth=0.74, even_mild=True)
def fds_exhausted(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program has nearly as many files and connections open as it may."""
    for reading in of(scene, entity, Measure.FDS):
        if reading.now >= 0.85:
            hard = reading.now >= 0.95
            yield _short(scene, reading, item, "workload.fds_exhausted", hard=hard)


@condition(
    "workload.pool_exhausted",
    *SERVED,
    worth=0.70,
    even_mild=True,
    refuted_by="free connections in the pool while requests still wait",
)
def pool_exhausted(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """All connections or workers of a pool are taken."""
    for reading in of(scene, entity, Measure.POOL, Measure.POOL_WAITING):
        if reading.measure is Measure.POOL:
            taken, hard = reading.now >= 0.9, reading.now >= 0.97
        else:
            taken, hard = reading.rose and reading.now >= 1, True
        if taken:
            found = _short(scene, reading, item, "workload.pool_exhausted", hard=hard)
            yield replace(found, suspects=_waited_for(scene, entity, reading))


_KEPT_WAITING = frozenset({LogCause.TIMEOUT, LogCause.AUTH_FAILED, LogCause.TLS_MISMATCH})
"""A pool whose new connections are refused runs dry, too."""


def _waited_for(scene: Scene, entity: Entity, reading: Reading) -> tuple[Entity, ...]:
    """Those that did not answer it in time since then: whoever waits for them keeps its workers.

    One that serves others as usual is not among them.
    """
    return tuple(
        dict.fromkeys(
            one.target.entity
            for one in failing_calls_of(scene).get(entity, ())
            if one.target.entity
            and one.error.cause in _KEPT_WAITING
            and one.error.count >= OFTEN
            and _is_no_later(one.error.first_at, reading.since)
            and not any(
                as_usual(scene, served)
                for served in behind(scene, one.target.entity) or [one.target.entity]
            )
        )
    )


def _is_no_later(one: datetime | None, other: datetime | None) -> bool:
    # Of a log only the end is read, so what it tells may be older than it seems.
    return one is None or other is None or one - other <= SHORTLY


@condition(
    "workload.queue_growing", *SERVED, role=Role.SYMPTOM, worth=0.45, vague=True, if_named=True
)
def queue_growing(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """More and more waits in a queue."""
    for reading in of(scene, entity, Measure.QUEUE):
        if _piles_up(reading, 10):
            yield _behind(scene, reading, item, "workload.queue_growing")


@condition(
    "workload.consumer_lag", *SERVED, role=Role.SYMPTOM, worth=0.48, vague=True, if_named=True
)
def consumer_lag(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A consumer or a replica falls behind."""
    for reading in of(scene, entity, Measure.LAG):
        if _piles_up(reading, 30):
            yield _behind(scene, reading, item, "workload.consumer_lag")


def _behind(scene: Scene, reading: Reading, item: Obj, name: str) -> Finding:
    """Those who should fetch it come first: a broker only counts what they leave."""
    readers = fetchers(scene, reading.signal)
    label, waits = label_of(reading.signal)
    return finding(
        reading,
        name,
        f"falls behind: {reading.signal.name} {change(reading)}, {reading.say(reading.now)} now",
        item,
        suspects=(*readers, *suspects(scene, reading.signal.entity, reading)),
        facts={NOBODY_READS: waits} if label and not readers else {},
    )


def _piles_up(reading: Reading, least: float) -> bool:
    """Whether a backlog left its level, or grew all the time."""
    if reading.now < least or reading.yesterday:
        return False
    if reading.shift and reading.rose and reading.shift.ratio >= 3:
        return True
    growth = _growth(reading)
    return growth is not None and not growth.restarts and growth.last >= 2 * growth.first


@condition("workload.cache_misses", *SERVED, worth=0.52, vague=True, even_mild=True)
def cache_misses(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A cache has much less of what it is asked for than it used to."""
    for reading in of(scene, entity, Measure.CACHE_HITS):
        if reading.shift and reading.fell:
            lost = reading.shift.before.median - reading.shift.level
            if lost >= 0.15:
                yield _short(scene, reading, item, "workload.cache_misses", hard=lost >= 0.4)


@condition("workload.cache_full", *SERVED, worth=0.60, even_mild=True)
def cache_full(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A cache is full, and throws out what is still wanted."""
    thrown = [one for one in of(scene, entity, Measure.EVICTIONS) if one.rose and one.now >= 1]
    for reading in of(scene, entity, Measure.CACHE_MEMORY):
        if reading.now >= 0.95:
            hard = bool(thrown) or reading.rose
            yield _short(scene, reading, item, "workload.cache_full", hard=hard)


def _short(scene: Scene, reading: Reading, item: Obj, name: str, *, hard: bool) -> Finding:
    """Something of a program runs short."""
    return finding(
        reading,
        name,
        f"runs short: {reading.signal.name} {change(reading)}"
        + (f", {reading.say(reading.now)} now" if reading.shift else ""),
        item,
        category=Category.RESOURCE,
        severity=_grade(scene, reading, hard=hard),
    )


def _container(reading: Reading) -> str:
    return reading.signal.about.removeprefix("container ")


# Volumes


@condition(
    "pvc.full",
    "PersistentVolumeClaim",
    worth=0.84,
    even_mild=True,
    even_near=True,
    refuted_by="free space in the volume as its pod sees it",
)
def volume_full(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A volume is full, or will be in a few hours."""
    for reading in of(_scene, entity, Measure.VOLUME, Measure.INODES):
        growth = _growth(reading)
        left = growth.until(1.0) if growth and reading.now >= 0.6 else None
        soon = left is not None and left <= SOON
        if reading.now < 0.85 and not soon:
            continue
        full = f", full in {span(left)}" if left is not None and reading.now < 0.99 else ""
        noun = "inodes" if reading.measure is Measure.INODES else "space"
        severity = Severity.ERROR if reading.now >= 0.95 or soon else Severity.WARNING
        yield finding(
            reading,
            "pvc.full",
            f"{'is full: it ' * (reading.now >= 0.99)}has {reading.say(reading.now)} of its {noun}"
            f" used{full}",
            item,
            category=Category.STORAGE,
            severity=Severity.CRITICAL if reading.now >= 0.99 else severity,
            since=reading.since or (growth.began if growth else None),
        )


# Nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """From where on a measure of a node is worth a word, and an error."""

    measure: Measure
    name: str
    meaning: str
    warning: float
    error: float
    says: str
    times: float = 0.0
    """How many times its usual level it must be; 0 where no machine is always so."""


_LINES = (
    _Line(
        measure=Measure.CONNTRACK,
        name="node.conntrack_full",
        meaning="A node has no room left in the table of its connections.",
        warning=0.8,
        error=0.95,
        says="has {now} of its connection tracking table in use: new connections are dropped",
    ),
    _Line(
        measure=Measure.NODE_MEMORY,
        name="node.memory_short",
        meaning="A node has hardly any memory left.",
        warning=0.93,
        error=0.97,
        says="has {now} of its memory in use",
    ),
    _Line(
        measure=Measure.NODE_DISK,
        name="node.disk_full",
        meaning="A file system of a node is full.",
        warning=0.88,
        error=0.95,
        says="has {now} of {about} in use",
    ),
    _Line(
        measure=Measure.NODE_CPU,
        name="node.cpu_saturated",
        meaning="A node works at the end of its CPU, which it usually does not.",
        warning=0.9,
        error=0.95,
        says="has {now} of its CPU in use",
        times=1.3,
    ),
    _Line(
        measure=Measure.NODE_LOAD,
        name="node.overloaded",
        meaning="Many more programs than usual wait for the CPU or the disk of a node.",
        warning=2.0,
        error=4.0,
        says="has a load of {now} for each CPU",
        times=2.0,
    ),
    _Line(
        measure=Measure.CLOCK,
        name="node.clock_skew",
        meaning="The clock of a node is wrong.",
        warning=0.1,
        error=0.5,
        says="has a clock that is {now} off",
    ),
    _Line(
        measure=Measure.DISK_LATENCY,
        name="node.disk_slow",
        meaning="A disk of a node takes many times longer than usual.",
        warning=0.03,
        error=0.1,
        says="has a disk ({about}) that takes {change} for a read or a write",
        times=3.0,
    ),
    _Line(
        measure=Measure.NETWORK_ERRORS,
        name="node.network_errors",
        meaning="A network card of a node loses packets.",
        warning=1.0,
        error=5.0,
        says="loses packets: {change}",
        times=3.0,
    ),
    _Line(
        measure=Measure.RETRANSMITS,
        name="node.retransmits",
        meaning="A node has to send much of its traffic twice, because the network loses it.",
        warning=0.02,
        error=0.05,
        says="sends {change} of its segments twice: the network loses them",
        times=3.0,
    ),
)


def _watch(line: _Line) -> None:
    """Register the condition of one line."""

    def crossed(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
        for reading in of(scene, entity, line.measure):
            if reading.now >= line.warning and _has_changed(reading, line):
                about = reading.signal.about or "its disk"
                said = line.says.format(
                    now=reading.say(reading.now), change=change(reading), about=about
                )
                yield finding(
                    reading,
                    line.name,
                    said,
                    item,
                    category=Category.NODE,
                    severity=Severity.ERROR if reading.now >= line.error else Severity.WARNING,
                    suspects=unbounded(scene, entity) if of_memory else (),
                    facts={"node": entity.name},
                )

    of_memory = line.measure is Measure.NODE_MEMORY
    crossed.__doc__ = line.meaning
    condition(line.name, "Node", worth=0.72, even_mild=True, even_near=True)(crossed)


for _line in _LINES:
    _watch(_line)


def _has_changed(reading: Reading, line: _Line) -> bool:
    if not line.times:
        return True
    return bool(reading.shift and reading.rose and reading.shift.ratio >= line.times)


# Programs of the control plane, whose disks are slow


@condition("workload.disk_slow", *WORKLOADS, "Pod", worth=0.66, even_mild=True)
def disk_slow(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program waits for its disk to write, as etcd does before it answers."""
    for reading in of(scene, entity, Measure.DISK_LATENCY):
        if reading.shift and reading.rose and reading.shift.ratio >= 3 and reading.now >= 0.05:
            yield finding(
                reading,
                "workload.disk_slow",
                f"waits {change(reading)} for its disk",
                item,
                category=Category.STORAGE,
                severity=_grade(scene, reading, hard=reading.now >= 0.2),
            )


@condition("workload.died_before", *WORKLOADS, role=Role.REMARK, worth=0.20)
def died_before(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Metrics remember since when its containers are restarted, or replicas are missing."""
    for reading in of(scene, entity, Measure.RESTARTS, Measure.MISSING):
        if reading.rose and reading.now >= 1:
            yield finding(
                reading,
                "workload.died_before",
                f"is not whole any more: {reading.signal.name} {change(reading)}",
                item,
                severity=Severity.INFO,
            )


@condition(
    "limit.reached_since",
    "ResourceQuota",
    "HorizontalPodAutoscaler",
    role=Role.REMARK,
    worth=0.20,
)
def reached_since(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Metrics remember since when a quota is used up, or an autoscaler is at its maximum."""
    for reading in of(scene, entity, Measure.QUOTA, Measure.SCALED):
        if reading.rose and reading.now >= 0.999:
            yield finding(
                reading,
                "limit.reached_since",
                f"has no room left: {reading.signal.name} {change(reading)}",
                item,
                category=Category.RESOURCE,
                severity=Severity.INFO,
            )


def _growth(reading: Reading) -> _Growth | None:
    """The growth that a series is still in, since it last fell back to where it began."""
    points = reading.signal.points
    start, falls = _last_fall(points)
    values = [value for _, value in points[start:]]
    if len(values) < 8:
        return None
    seconds = (points[-1][0] - points[start][0]).total_seconds()
    tail = values[-max(len(values) // 3, 3) :]
    if seconds < LONG_ENOUGH or rises(values) < STEADY or slope(tail) < 0.3 * slope(values):
        return None
    few = max(len(values) // 20, 1)
    return _Growth(
        began=points[start][0],
        seconds=seconds,
        first=sorted(values[: 2 * few + 1])[few],
        last=reading.now,
        per_second=slope(values) * (len(values) - 1) / seconds,
        restarts=falls,
    )


def _last_fall(points: tuple[Point, ...]) -> tuple[int, int]:
    """Where a series last fell by a third at once, and how often it did."""
    falls = [
        place
        for place in range(1, len(points))
        if points[place][1] < 0.67 * points[place - 1][1] and points[place - 1][1] > 0
    ]
    return (falls[-1], len(falls)) if falls else (0, 0)
