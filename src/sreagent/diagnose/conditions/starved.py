"""Whether a workload is short of CPU, and whether those who call it notice."""

from datetime import datetime

from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.metrics.readings import change, is_felt, is_hurt, is_share, of
from sreagent.diagnose.view.calling import complaints_about
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.signal import Measure

BUSY = 0.9
"""Share of the CPU limit from which on a program is short of CPU."""
THROTTLED = 0.25
OFTEN = 3
"""Complaints from which on they count."""
_ANSWERED_BADLY = frozenset({LogCause.TIMEOUT, LogCause.HTTP_5XX, LogCause.RESET})


def starved(scene: Scene, workload: Entity) -> str:
    """How short of CPU a workload is whose callers notice it, in words; empty when it is not."""
    for reading in of(scene, workload, Measure.CPU, Measure.THROTTLING):
        least = THROTTLED if reading.measure is Measure.THROTTLING else BUSY
        short = is_share(reading) and reading.now >= least
        if short and fails_its_callers(scene, workload, reading.since):
            return f"{reading.signal.name} {change(reading)}"
    return ""


def fails_its_callers(scene: Scene, workload: Entity, began: datetime | None) -> bool:
    """Whether those who call it fail or slow down since then, or complain of it."""
    item = scene.inventory.find(workload)
    if is_hurt(scene, workload, began):
        return True
    if item and began and is_felt(scene, workload, item, began):
        return True
    return any(
        one.error.cause in _ANSWERED_BADLY and one.error.count >= OFTEN
        for one in complaints_about(scene, workload)
    )
