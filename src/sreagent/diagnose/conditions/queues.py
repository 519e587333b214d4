"""Queues that nobody fetches from any more, and brokers that let nobody publish."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from functools import partial

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.times import line_time
from sreagent.diagnose.metrics.change_points import SHORTEST
from sreagent.diagnose.metrics.readings import (
    SYMPTOMS,
    TOGETHER,
    Reading,
    callers_of,
    numbers,
    of,
    readings,
)
from sreagent.diagnose.view.readers import (
    NOBODY_READS,
    Reader,
    at_broker,
    label_of,
    readers,
    readers_of,
)
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, PodLog
from sreagent.domain.signal import Measure, Signal, plot

WAITING = 100
"""What waits in a queue that is worth a word."""
GREW = 1.2
"""Times by which a queue grew while it was seen."""
MOVED = timedelta(minutes=4)
"""How far apart readers may leave one queue and be seen at another."""
BEFORE, AFTER = timedelta(minutes=15), timedelta(minutes=3)
"""How long before its readers left a queue a rollout may have made them, and seem to come after."""
AKIN, ALIKE = 0.5, 0.75
"""How like each other the names of two queues are, where the broker saw readers move, and else."""
_SET_ASIDE = re.compile(r"dead|dl[qx]|park|poison|error|fail|retry|delay|quarantine|unrout", re.I)
"""Queues that are meant to lie until somebody looks."""
# In the words of the brokers alone: those who publish complain in words of their own.
_RAISED = re.compile(
    r"(?P<what>memory|disk)\w{0,8} resource limit alarm set|publishers will be blocked until"
    r"|producers will be throttled to the rate at which messages are removed"
    r"|AMQ\d{6}: blocking message production",
    re.I,
)
_CLEARED = re.compile(r"resource limit alarm cleared|unblocking message production", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unread:
    """A queue, or what waits for a group, that nobody fetches from."""

    broker: Entity
    name: str
    consumers: Reading
    waiting: Reading

    @property
    def since(self) -> datetime | None:
        """When its last reader left, where that was seen."""
        return self.consumers.since

    @property
    def told(self) -> str:
        """`queue orders has 4,000 waiting and no reader (2 → 0)`."""
        gone = ""
        if self.consumers.shift:
            before = self.consumers.say(self.consumers.shift.before.median)
            gone = f" (consumers {before} → 0)"
        waits = self.waiting.say(self.waiting.now)
        return f"{self.name} has {waits} waiting and no reader{gone}"


@once_per_scene
def _unread(scene: Scene) -> Sequence[_Unread]:
    """Queues that lost all readers, or that grow without one."""
    return [
        one for broker in (readings(scene) or ()) for one in _unread_at(scene, broker) if _lies(one)
    ]


def _unread_at(scene: Scene, broker: Entity) -> Iterator[_Unread]:
    waiting: dict[tuple[str, str], Reading] = {}
    for reading in of(scene, broker, Measure.QUEUE, Measure.LAG):
        key = label_of(reading.signal)
        known = waiting.get(key)
        if known is None or reading.now > known.now:
            waiting[key] = reading
    for reading in of(scene, broker, Measure.CONSUMERS) if waiting else ():
        label, name = label_of(reading.signal)
        if name and reading.now == 0 and (label, name) in waiting:
            yield _Unread(broker=broker, name=name, consumers=reading, waiting=waiting[label, name])


def _lies(one: _Unread) -> bool:
    """Whether it is not meant to be so: something waits there that did not before."""
    values = one.waiting.values
    if one.waiting.now < WAITING or len(values) < 2 * SHORTEST or _SET_ASIDE.search(one.name):
        return False
    grew = one.waiting.now >= GREW * max(values[0], 1.0) and not one.waiting.yesterday
    return one.consumers.fell or grew


def fetchers(scene: Scene, signal: Signal) -> list[Entity]:
    """Who should fetch what a series counts; without any, who went over to another queue."""
    found = readers_of(scene, signal)
    name = label_of(signal)[1]
    for one in _unread(scene) if name and not found else ():
        if (one.broker, one.name) == (signal.entity, name):
            found = _guilty(scene, one)
    return list(dict.fromkeys(one.workload for one in found))


@condition(
    "workload.leaves_queue",
    *WORKLOADS,
    worth=0.82,
    even_mild=True,
    refuted_by="consumers of the queue that the broker shows while it still grows",
)
def leaves_queue(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program is up, and the queue that it is there to read has no reader."""
    for one in _unread(scene):
        for reader in _guilty(scene, one):
            if reader.workload == entity and scene.ready_pods(entity):
                yield Finding(
                    condition="workload.leaves_queue",
                    entity=entity,
                    claim=_said(entity, one, reader),
                    category=Category.CONFIGURATION,
                    uid=item["metadata"].get("uid", ""),
                    since=one.since,
                    source="prometheus",
                    command=one.consumers.signal.command,
                    excerpt=numbers(one.consumers),
                    plot=plot(one.waiting.signal.points, one.waiting.signal.unit, one.since),
                    facts={"queue": one.name},
                )


def _said(entity: Entity, one: _Unread, reader: Reader) -> str:
    if reader.name == one.name:
        return f"{entity} is up and does not consume: {one.told}, and it is set to read it "\
               f"({reader.where})"  # fmt: skip
    return (
        f"{entity} is set to read another queue, {reader.name} ({reader.where}), and not "
        f"{one.name}: {one.told}"
    )


def _guilty(scene: Scene, one: _Unread) -> tuple[Reader, ...]:
    """Those set to read it; without any, those that went over to another queue when it lost all."""
    return scene.keep(("guilty", one.broker, one.name), _left, scene, one)


def _left(scene: Scene, one: _Unread) -> tuple[Reader, ...]:
    if named := readers_of(scene, one.consumers.signal):
        return named
    elsewhere = [reader for name, each in readers(scene).items() for reader in each
                 if name != one.name and _went_to(scene, one, reader)]  # fmt: skip
    known = {reader.workload: reader for reader in at_broker(scene, one.broker, elsewhere)}
    return tuple(known.values())


def _went_to(scene: Scene, one: _Unread, reader: Reader) -> bool:
    """Whether the readers of a queue came when the other lost its own, by what the broker says.

    Where that was not measured, a rollout and a name that is much alike tell the same.
    """
    left = one.since
    likeness = SequenceMatcher(None, one.name, reader.name).ratio()
    if left is None or likeness < AKIN:
        return False
    for other in of(scene, one.broker, Measure.CONSUMERS):
        if label_of(other.signal)[1] == reader.name:
            came = _came_at(scene, other)
            return came is not None and abs(came - left) <= MOVED
    return likeness >= ALIKE and _was_rolled_out(scene, reader.workload, left)


def _came_at(scene: Scene, reading: Reading) -> datetime | None:
    """When the readers of a queue became more, or the queue came to be."""
    if reading.rose:
        return reading.since
    first = reading.signal.points[0][0]
    oldest = min(one.signal.points[0][0] for one in of(scene, reading.signal.entity, *Measure))
    return first if first - oldest > MOVED and reading.now > 0 else None


def _was_rolled_out(scene: Scene, workload: Entity, left: datetime) -> bool:
    known = workload_revisions(scene, workload)
    at = known[0].at if known else None
    return at is not None and -AFTER <= left - at <= BEFORE


@condition(
    "workload.blocks_publishers",
    *WORKLOADS,
    worth=0.80,
    even_mild=True,
    even_near=True,
    refuted_by="messages that the broker accepts while its alarm is set",
)
def blocks_publishers(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A broker is short of memory or disk, and takes nothing from those who publish."""
    alarm = _alarm_of(scene, entity)
    if alarm is None:
        return
    unread = [one for one in _unread(scene) if one.broker == entity]
    guilty = {one.name: [each.workload for each in _guilty(scene, one)] for one in unread}
    lonely = [name for name, found in guilty.items() if not found]
    suspects = tuple(dict.fromkeys(one for found in guilty.values() for one in found))
    held_up = _held_up(scene, entity, item, alarm.since)
    yield Finding(
        condition="workload.blocks_publishers",
        entity=entity,
        claim=f"{entity} takes nothing from those who publish: its {alarm.what} alarm is set"
        + "".join(f"; {one.told}" for one in unread[:2]),
        category=Category.RESOURCE,
        severity=Severity.CRITICAL,
        uid=item["metadata"].get("uid", ""),
        since=alarm.since,
        source=alarm.source,
        command=alarm.command,
        excerpt=alarm.excerpt,
        tainted=alarm.source == "logs",
        suspects=suspects,
        facts={"explains": " ".join(one.path for one in held_up if one not in suspects)}
        | ({NOBODY_READS: lonely[0]} if lonely else {}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alarm:
    """What a broker says it is short of."""

    what: str
    since: datetime | None
    source: str
    command: str
    excerpt: str


def _alarm_of(scene: Scene, entity: Entity) -> _Alarm | None:
    """By its metrics; only where they tell nothing, by its logs."""
    measured = of(scene, entity, Measure.BLOCKED)
    for reading in measured:
        if reading.now >= 1:
            return _Alarm(
                what=reading.signal.about,
                since=reading.since,
                source="prometheus",
                command=reading.signal.command,
                excerpt=numbers(reading),
            )
    logs = (log for pod in scene.pods(entity) for log, _ in scene.logs(pod))
    return None if measured else next(filter(None, map(partial(_raised, scene), logs)), None)


def _raised(scene: Scene, log: PodLog) -> _Alarm | None:
    """The alarm that a log tells of and not that it is over."""
    first = None
    for line in log.text.splitlines() if not log.previous else ():
        if _CLEARED.search(line):
            first = None
        elif first is None and (found := _RAISED.search(line)):
            first = (found["what"] or "memory").lower(), line
    if first is None:
        return None
    what, line = first
    return _Alarm(
        what=what,
        since=line_time(line, scene.now),
        source="logs",
        command=log.command,
        excerpt=line,
    )


def _held_up(scene: Scene, entity: Entity, item: Obj, since: datetime | None) -> list[Entity]:
    """Those who use the broker, but for those whose trouble began before."""
    callers = callers_of(scene, entity, item)
    return [one for one in callers if not _hurt_before(scene, one, since)]


def _hurt_before(scene: Scene, caller: Entity, since: datetime | None) -> bool:
    began = [one.since for one in of(scene, caller, *SYMPTOMS) if one.rose and one.since]
    return since is not None and any(since - at > 2 * TOGETHER for at in began)
