"""Members of clusters, of brokers and stores, that lost each other."""

import re
from collections.abc import Iterator

from sreagent.diagnose.conditions.footing import nodes_at_fault
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.metrics.readings import Reading, change, finding, of
from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.diagnose.objects.shapes import word
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj
from sreagent.domain.signal import Measure

_COUNTED = "max_over_time"
"""In the expressions of those that only count their members."""
_DELETED = re.compile(r"delete Pod \S{1,253}-(\d{1,6}) in StatefulSet")


@condition(
    "workload.peers_lost",
    "StatefulSet",
    "Deployment",
    worth=0.80,
    even_near=True,
    refuted_by="each member of the cluster listing all the others as running",
)
def peers_lost(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Members of a cluster do not reach others of it any more, or are gone from it."""
    lost = [
        one
        for one in of(scene, entity, Measure.PEERS_LOST)
        if _are_lost(one) and (_COUNTED not in one.signal.promql or _lacks_pods(item))
    ]
    if lost and not _was_made_smaller(scene, item):
        worst = max(lost, key=lambda one: one.now)
        yield finding(
            worst,
            "workload.peers_lost",
            f"has members that lost each other: {worst.signal.name} {change(worst)}",
            item,
            category=Category.NETWORK,
            suspects=nodes_at_fault(scene, scene.pods(entity), LogCause.TIMEOUT),
        )


def _are_lost(reading: Reading) -> bool:
    """Whether there are fewer than before: a member that was taken out for good is missed, too."""
    return reading.rose and reading.now >= 1


def _lacks_pods(item: Obj) -> bool:
    """Whether pods are not ready: fewer members alone may be what somebody wanted."""
    wanted = (item.get("spec") or EMPTY).get("replicas")
    ready = (item.get("status") or EMPTY).get("readyReplicas") or 0
    return item.get("kind") == "StatefulSet" and wanted is not None and ready < wanted


def _was_made_smaller(scene: Scene, item: Obj) -> bool:
    """Whether a pod was deleted because fewer are wanted: its number is none of theirs."""
    wanted = (item.get("spec") or EMPTY).get("replicas")
    told = (_DELETED.search(word(one, "message")) for one in scene.events(item, "SuccessfulDelete"))
    return any(one and wanted is not None and int(one[1]) >= wanted for one in told)
