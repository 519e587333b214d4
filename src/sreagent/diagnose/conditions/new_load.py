"""Workloads that came to be shortly before what they call ran short."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.metrics.readings import (
    Reading,
    behind,
    callees,
    callers_of,
    change,
    is_share,
    of,
)
from sreagent.diagnose.view.scene import WORKLOADS, Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import span
from sreagent.domain.signal import Measure

SOON = timedelta(minutes=30)
"""How long after a new caller a program may take to run short."""
LEEWAY = timedelta(minutes=2)
YOUNG = 86_400
"""Seconds for which a workload is new."""
FULL = 0.9
"""Share in use from which on a program refuses more."""
_FILLED = (Measure.CACHE_MEMORY, Measure.FDS, Measure.POOL, Measure.HEAP)
"""What callers fill: memory for their data, and connections."""


@condition(
    "workload.new_load",
    *WORKLOADS,
    "Job",
    worth=0.66,
    vague=True,
    breaks_anything=True,
    refuted_by="the same shortage after the new workload is stopped",
)
def new_load(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A new workload calls a program whose memory or connections ran out right after it came."""
    began = scene.created(item)
    if began is None or scene.older(item, YOUNG):
        return
    for callee in callees(scene, entity):
        filled = next(iter(_filled_after(scene, callee, began)), None)
        if filled is None or _has_other_new_callers(scene, callee, entity):
            continue
        yield Finding(
            condition="workload.new_load",
            entity=entity,
            claim=f"{entity} is new since {span(scene.age(began) or 0)} and calls {callee}, whose "
            f"{filled.signal.name} rose right after ({change(filled)})",
            category=Category.RESOURCE,
            uid=item["metadata"].get("uid", ""),
            path="metadata.creationTimestamp",
            since=began,
            command=entity.get,
            facts={"explains": " ".join(one.path for one in (callee, *behind(scene, callee)))},
        )
        return


def _filled_after(scene: Scene, callee: Entity, began: datetime) -> list[Reading]:
    """What of a program filled up after this, and had room before."""
    return [
        one
        for one in of(scene, callee, *_FILLED)
        if is_share(one)
        and one.now >= FULL
        and one.rose
        and one.since
        and began - LEEWAY <= one.since <= began + SOON
    ]


def _has_other_new_callers(scene: Scene, callee: Entity, entity: Entity) -> bool:
    """Whether another caller came as lately, so that nobody can tell which of them it is."""
    item = scene.inventory.find(callee)
    others = [one for one in callers_of(scene, callee, item) if one != entity] if item else []
    found = [other for one in others if (other := scene.inventory.find(one))]
    return any(not scene.older(other, YOUNG) for other in found)
