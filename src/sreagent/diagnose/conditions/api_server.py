"""An API server that gets more requests than it can answer, and who sends them."""

import re
from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.metrics.readings import Reading, change, finding, of
from sreagent.diagnose.view.scene import WORKLOADS, Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, PodLog
from sreagent.domain.signal import Measure

SERVER = Entity(kind="Service", namespace="default", name="kubernetes")
"""By this Service every cluster knows its API server."""
REJECTING = 0.02
"""Share of requests that are turned away for their number."""
FLOOD = 2.5
SLOWER = 3.0
OFTEN = 3
_TAIL = 200_000
_HELD_BACK = re.compile(
    r"due to client-side throttling"
    r"|the server has received too many requests and has asked us to try again later"
    r"|client rate limiter Wait returned an error"
)


@condition(
    "apiserver.overloaded",
    "Service",
    role=Role.SYMPTOM,
    worth=0.60,
    refuted_by="the same number of requests on a day without trouble",
)
def overloaded(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The API server turns requests away, or is slow under many more than usual."""
    reading = _overload(scene) if entity == SERVER else None
    if reading is None:
        return
    yield finding(
        reading,
        "apiserver.overloaded",
        f"(the API server) gets more than it can answer: {reading.measure} {change(reading)}",
        item,
        category=Category.RESOURCE,
        suspects=tuple(sorted(_pressing(scene))),
    )


@condition(
    "apiserver.flooded_by",
    *WORKLOADS,
    worth=0.70,
    vague=True,
    breaks_anything=True,
    refuted_by="as many requests at the API server while it is scaled to zero",
)
def flooded_by(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program asks the API server so often that it is held back, and the server suffers."""
    log = _pressing(scene).get(entity)
    reading = _overload(scene)
    if log is None or reading is None:
        return
    yield say(
        entity,
        item,
        "apiserver.flooded_by",
        f"asks the API server so often that it is held back, "
        f"{len(_HELD_BACK.findall(log.text[-_TAIL:]))} times in its log, and the API server "
        f"suffers: {reading.measure} {change(reading)}",
        category=Category.RESOURCE,
        severity=Severity.ERROR,
        since=reading.since,
        source="logs",
        command=log.command,
        tainted=True,
        facts={"explains": SERVER.path},
    )


@once_per_scene
def _pressing(scene: Scene) -> dict[Entity, PodLog]:
    """Workloads that are held back for asking too often, the one with most of it first."""
    found: dict[Entity, tuple[int, PodLog]] = {}
    for log in scene.inventory.logs:
        pod = scene.inventory.find(log.pod)
        count = len(_HELD_BACK.findall(log.text[-_TAIL:])) if not log.previous else 0
        if pod and count >= OFTEN:
            workload = scene.workload_of(pod)
            known = found.get(workload)
            if known is None or known[0] < count:
                found[workload] = count, log
    ranked = sorted(found.items(), key=lambda one: -one[1][0])
    return {workload: log for workload, (_, log) in ranked}


@once_per_scene
def _overload(scene: Scene) -> Reading | None:
    """What shows that the server is overloaded: it turns away, or is slow under a flood."""
    for one in of(scene, SERVER, Measure.REJECTED):
        if one.rose and one.now >= REJECTING:
            return one
    floods = [one for one in of(scene, SERVER, Measure.RATE) if _rose(one, FLOOD)]
    slow = any(_rose(one, SLOWER) for one in of(scene, SERVER, Measure.LATENCY))
    return floods[0] if floods and slow else None


def _rose(reading: Reading, times: float) -> bool:
    return bool(reading.rose and reading.shift and reading.shift.ratio >= times)
