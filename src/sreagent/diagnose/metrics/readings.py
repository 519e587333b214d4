"""Signals with what the statistics say of them, and how they become findings."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from math import isfinite
from typing import Any

from sreagent.diagnose.metrics.baselines import Baseline, baseline, median, rises
from sreagent.diagnose.metrics.change_points import ENOUGH, SHORTEST, Shift, shift
from sreagent.diagnose.objects.podspec import is_ready
from sreagent.diagnose.view.calling import callers, configured_calls
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.signal import Measure, Point, Signal, Unit, plot, say

STALE = 300
"""Seconds without a value, while others go on, after which a series is no longer about now."""
TOGETHER = timedelta(seconds=120)
"""How far apart two changes may be found that began together: rates climb for minutes."""
SHORTLY = timedelta(minutes=30)
"""How long before a change another one may be its cause."""
EBB = timedelta(minutes=25)
"""In which what ebbs away falls from most to little."""
SAME = 0.15
"""Share by which what is seen may lie beyond yesterday's and count as the same."""
RARE = 0.15
"""Share of yesterday's time, at its highest and at its lowest, that excuses nothing: minutes."""
DRIFTS = 0.5
"""How steadily (Kendall's tau) a series rises or falls that may have left its level unseen."""
SYMPTOMS = (Measure.LATENCY, Measure.ERROR_RATIO, Measure.ERRORS, Measure.CLIENT_ERRORS)
"""What those who call a program notice."""


@dataclass(frozen=True)
class Reading:
    """One signal, read."""

    signal: Signal
    fresh: bool
    """Whether it goes on until now, as far as any does."""

    @cached_property
    def shift(self) -> Shift | None:
        """The change it is still in; none where it is as it was at this time yesterday."""
        return None if self.yesterday else self._change

    @cached_property
    def _change(self) -> Shift | None:
        return shift(self.signal.points)

    @cached_property
    def yesterday(self) -> str:
        """`154 to 208`: what was seen at this time yesterday, where that is what is seen now.

        Empty where it is not, and where nothing is known of yesterday.
        """
        then = [value for _, value in self.signal.day_before if isfinite(value)]
        if not self.fresh or len(then) < ENOUGH:
            return ""
        # Told as the present is, and without what yesterday was only for minutes.
        levels = [median(then[n : n + SHORTEST]) for n in range(len(then) - SHORTEST + 1)]
        levels.sort()
        low, high = levels[int(RARE * len(levels))], levels[-1 - int(RARE * len(levels))]
        same = (1 - SAME) * low <= self.now <= (1 + SAME) * high
        return f"{self.say(low)} to {self.say(high)}" if same else ""

    @cached_property
    def values(self) -> list[float]:
        """Its numbers, oldest first."""
        return [value for _, value in self.signal.points if isfinite(value)]

    @property
    def comes_and_goes(self) -> bool:
        """Whether it changed, be it as every day."""
        return has_moved(self.signal.points)

    @property
    def ebbed(self) -> bool:
        """Whether it fell slowly, as in the evening: what breaks off does so within minutes."""
        if self._change is None or self._change.rose:
            return False
        usual, points = self._change.before.median, self.signal.points
        full = max((at for at, value in points if value >= 0.8 * usual), default=None)
        low = (at for at, value in points if full and at > full and value <= 0.2 * usual)
        end = next(low, None)
        return full is not None and end is not None and end - full >= EBB

    @property
    def now(self) -> float:
        """The median of its last few values; zero without any."""
        return median(self.values[-SHORTEST:]) if self.values else 0.0

    @cached_property
    def usual(self) -> Baseline | None:
        """How it was before its change, or always, if there was none."""
        if self.shift:
            return self.shift.before
        return baseline(self.values)

    @property
    def measure(self) -> Measure:
        """What is measured."""
        return self.signal.measure

    @property
    def since(self) -> datetime | None:
        """When it changed."""
        return self.shift.at if self.shift else None

    def say(self, value: float) -> str:
        """A value in its unit."""
        return say(value, self.signal.unit)

    @property
    def rose(self) -> bool:
        """Whether it left its usual level upwards."""
        return bool(self.shift and self.shift.rose)

    @property
    def fell(self) -> bool:
        """Whether it left its usual level downwards."""
        return bool(self.shift and not self.shift.rose)


def has_moved(points: Sequence[Point]) -> bool:
    """Whether a series is not as it was hours ago: it left its level, or went one way for long."""
    values = [value for _, value in points if isfinite(value)]
    return shift(points) is not None or abs(rises(values)) >= DRIFTS


@once_per_scene
def readings(scene: Scene) -> Mapping[Entity, tuple[Reading, ...]]:
    """Readings of each object that has signals."""
    signals = [one for one in scene.inventory.signals if one.points]
    newest = max((one.points[-1][0] for one in signals), default=scene.now)
    found: dict[Entity, list[Reading]] = defaultdict(list)
    for signal in signals:
        fresh = (newest - signal.points[-1][0]).total_seconds() <= STALE
        found[signal.entity].append(Reading(signal, fresh))
    return {entity: tuple(each) for entity, each in found.items()}


def of(scene: Scene, entity: Entity, *measures: Measure) -> list[Reading]:
    """Readings of an object that are about now."""
    every = readings(scene)
    found = every.get(entity, ()) if every else ()
    return [one for one in found if one.fresh and one.measure in measures]


def is_hurt(scene: Scene, entity: Entity, since: datetime | None = None) -> bool:
    """Whether those who call it notice something, that did not begin before then."""
    return any(
        one.rose and (since is None or one.shift is None or one.shift.at >= since - TOGETHER)
        for one in of(scene, entity, *SYMPTOMS)
    )


def is_felt(scene: Scene, entity: Entity, item: Obj, since: datetime) -> bool:
    """Whether those who call it fail or slow down at the same time or soon after."""
    return any(
        one.rose and one.shift is not None and -TOGETHER <= one.shift.at - since <= SHORTLY
        for caller in callers_of(scene, entity, item)
        for one in of(scene, caller, *SYMPTOMS)
    )


def callers_of(scene: Scene, entity: Entity, item: Obj) -> list[Entity]:
    """Workloads that call an object, or a Service of it."""
    known = callers(scene)
    found = set(known.get(entity, ()))
    if entity.kind != "Service":
        template = (item.get("spec") or {}).get("template") or {"metadata": {}}
        for service in scene.services_of(labels_of(template), entity.namespace):
            found |= known.get(entity_of("Service", service), set())
    return sorted(found - {entity})


def callees(scene: Scene, entity: Entity) -> list[Entity]:
    """Workloads and Services that an object is configured to call."""
    item = scene.inventory.find(entity)
    callers = [entity]
    if entity.kind == "Service" and item:
        callers += scene.workloads_behind(item)
    calls = [call for caller in callers for call in configured_calls(scene).get(caller, ())]
    called = [call.target.entity for call in calls if call.target.entity]
    found = [one for callee in called for one in (*behind(scene, callee), callee)]
    return [one for one in dict.fromkeys(found) if one not in callers]


def behind(scene: Scene, entity: Entity) -> list[Entity]:
    """The workloads behind a Service."""
    item = scene.inventory.find(entity)
    return scene.workloads_behind(item) if entity.kind == "Service" and item else []


def suspects(scene: Scene, entity: Entity, reading: Reading) -> tuple[Entity, ...]:
    """Those that it calls and that may have caused a change: those that changed come first.

    One that changed later than it, or that serves as usual, is no suspect. Of one without signals
    nothing is known, so it stays one.
    """
    changed, unknown = [], []
    for callee in callees(scene, entity):
        own = readings(scene).get(callee, ())
        came_first = [one for one in own if _may_cause(one) and is_no_later(one, reading)]
        if came_first:
            changed.append((-max(_force(one) for one in came_first), callee))
        elif not _serves(scene, callee):
            unknown.append(callee)
    return (*(callee for _, callee in sorted(changed)), *unknown)


def _may_cause(one: Reading) -> bool:
    """Whether a change of a callee may trouble its callers: that it is asked less does not."""
    return one.measure in _CAUSING and not (one.measure is Measure.RATE and one.fell)


def _serves(scene: Scene, entity: Entity) -> bool:
    """Whether what its callers notice of it is known; of a Service, of what is behind it.

    One that leads to no ready pod does not serve, whatever its series say of the past.
    """
    item = scene.inventory.find(entity)
    if entity.kind == "Service" and item and not any(map(is_ready, scene.backing(item))):
        return False
    found = behind(scene, entity) or [entity]
    return all(of(scene, one, Measure.RATE, *SYMPTOMS) for one in found)


_CAUSING = (
    *SYMPTOMS,
    *(Measure.CPU, Measure.THROTTLING, Measure.MEMORY, Measure.HEAP, Measure.GC, Measure.FDS),
    *(Measure.POOL, Measure.POOL_WAITING, Measure.QUEUE, Measure.LAG, Measure.CACHE_HITS),
    *(Measure.RATE, Measure.RESTARTS, Measure.MISSING, Measure.EVICTIONS),
)


def is_no_later(one: Reading, reading: Reading) -> bool:
    """Whether a change came with another one or shortly before, or has led to an end since."""
    if one.shift is None or reading.shift is None:
        return one.shift is not None
    lead = reading.shift.at - one.shift.at
    at_its_end = is_share(one) and one.now >= 0.9
    return lead >= -TOGETHER and (lead <= SHORTLY or at_its_end)


def _force(one: Reading) -> float:
    return abs(one.shift.score) if one.shift else 0.0


def finding(
    reading: Reading,
    condition: str,
    claim: str,
    item: Obj,
    **more: Any,  # noqa: ANN401 - fields of different types
) -> Finding:
    """A finding with the numbers that show it.

    Args:
        reading: What it is seen in.
        condition: Its name in the registry.
        claim: What is wrong, without the name of the object.
        item: The object.
        more: Fields of `Finding`, beside those that follow from the reading.
    """
    signal = reading.signal
    found = Finding(
        condition=condition,
        entity=signal.entity,
        claim=f"{signal.entity} {claim}",
        category=Category.AVAILABILITY,
        uid=item["metadata"].get("uid", ""),
        since=reading.since,
        source="prometheus",
        command=signal.command,
        excerpt=numbers(reading),
        tainted=bool(signal.about) and not signal.about.startswith("container "),
        plot=plot(signal.points, signal.unit, reading.since),
    )
    return replace(found, **{**more, "facts": {**_facts(reading), **more.get("facts", {})}})


def numbers(reading: Reading) -> str:
    """`latency: 120 ms (110 ms to 130 ms) until 15:41:45 UTC, 2.4 s since then, 2.5 s now`."""
    usual = reading.usual
    if usual is None:
        return f"{reading.signal.name}: no values"
    band = f"{reading.say(usual.low)} to {reading.say(usual.high)}"
    if reading.yesterday:
        return f"{reading.signal.name}: {reading.say(reading.now)} now, {_as_then(reading)}"
    if reading.shift is None:
        return f"{reading.signal.name}: {reading.say(reading.now)} now, usually {band}"
    return (
        f"{reading.signal.name}: {reading.say(usual.median)} ({band}) until "
        f"{reading.shift.at:%H:%M:%S} UTC, {reading.say(reading.shift.level)} since then, "
        f"{reading.say(reading.now)} now"
    )


def _as_then(reading: Reading) -> str:
    return f"as at this time yesterday ({reading.yesterday})"


def change(reading: Reading) -> str:
    """`120 ms → 2.4 s`; only the present where there was no change."""
    if reading.shift is None:
        return reading.say(reading.now)
    return f"{reading.say(reading.shift.before.median)} → {reading.say(reading.shift.level)}"


def _facts(reading: Reading) -> dict[str, str]:
    facts = {
        "measure": reading.measure.value,
        "now": reading.say(reading.now),
        "promql": reading.signal.promql,
    }
    if reading.signal.about:
        facts["about"] = reading.signal.about
    if reading.shift:
        facts |= {
            "before": reading.say(reading.shift.before.median),
            "after": reading.say(reading.shift.level),
            "at": reading.shift.at.isoformat(),
            "score": f"{reading.shift.score:.1f}",
        }
    return facts


def as_usual(scene: Scene, entity: Entity) -> str:
    """What its callers notice of it, where that is inside its usual band; else an empty text.

    `request rate 61/s (usually 48/s to 70/s), error ratio 0.1 % (…)`.
    """
    found = of(scene, entity, Measure.RATE, *SYMPTOMS)
    if not found or any(one.shift for one in found if one.measure in SYMPTOMS):
        return ""
    return ", ".join(_banded(one) for one in found if not one.shift and one.usual)


def _banded(reading: Reading) -> str:
    usual = reading.usual
    if usual is None:
        return ""
    if reading.yesterday:
        return f"{reading.signal.name} {reading.say(reading.now)}, {_as_then(reading)}"
    band = f"usually {reading.say(usual.low)} to {reading.say(usual.high)}"
    return f"{reading.measure} {reading.say(reading.now)} ({band})"


def as_yesterday(scene: Scene, entity: Entity) -> str:
    """What waits at it, where that comes every day: `queue length 203, as at this time yesterday`.

    An empty text without any.
    """
    waiting = of(scene, entity, Measure.QUEUE, Measure.LAG)
    return ", ".join(_banded(one) for one in waiting if one.yesterday and one.comes_and_goes)


SERVED = (*WORKLOADS, "Service")
"""Kinds that signals of requests are told at."""


def is_share(reading: Reading) -> bool:
    """Whether it tells a share of what there is."""
    return reading.signal.unit is Unit.SHARE
