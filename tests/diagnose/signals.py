"""Signals for the tests of this room: level, unless told to change."""

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from tests.diagnose.build import NOW, SPACE, Json, seen

from sreagent.diagnose.conditions.run import found_in
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Finding
from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Point, Signal, Unit

STEP = 45
VALUES = 240


def named(name: str = "app", kind: str = "Deployment") -> Entity:
    return Entity(kind=kind, namespace="" if kind == "Node" else SPACE, name=name)


def level(*steps: tuple[float, float], stray: float = 0.05, until: float = 0) -> list[Point]:
    """Levels, each from so many seconds ago: `level((10_800, 0.1), (600, 0.4))`."""
    found, dice = [], random.Random(11)  # noqa: S311 - dice for data
    for n in reversed(range(VALUES)):
        ago = n * STEP
        if ago >= until:
            value = next(value for since, value in reversed(steps) if ago <= since)
            found.append((ago, value * (1 + dice.uniform(-stray, stray))))
    return [(NOW - timedelta(seconds=ago), value) for ago, value in found]


def climb(first: float, last: float, *, stray: float = 0.01) -> list[Point]:
    """From one value to another in three hours."""
    dice = random.Random(12)  # noqa: S311 - dice for data
    return [
        (
            NOW - timedelta(seconds=STEP * (VALUES - 1 - n)),
            (first + (last - first) * n / VALUES) * (1 + dice.uniform(-stray, stray)),
        )
        for n in range(VALUES)
    ]


def signal(
    measure: Measure,
    points: Iterable[Point],
    unit: Unit = Unit.SHARE,
    entity: Entity | None = None,
    **more: Any,
) -> Signal:
    return Signal(
        measure=measure,
        entity=entity or named(),
        unit=unit,
        points=tuple(points),
        promql="some_metric",
        command="promtool query range",
        **more,
    )


def rate(points: Iterable[Point] = (), entity: Entity | None = None) -> Signal:
    return signal(Measure.RATE, points or level((10_800, 20)), Unit.PER_SECOND, entity)


def inventory(objects: Iterable[Json], *signals: Signal) -> Inventory:
    found = seen(*objects)
    found.signals.extend(signals)
    return found


def findings(objects: Iterable[Json], *signals: Signal) -> list[Finding]:
    """What metrics show of these objects."""
    scene = Scene(inventory(objects, *signals), NOW)
    return [one for one in found_in(scene) if one.source == "prometheus"]
