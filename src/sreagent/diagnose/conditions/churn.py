"""Pods that somebody deletes again and again, though nothing is rolled out."""

from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.diagnose.view.scene import Scene, first_seen, times_seen
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj

WINDOW = 1800
"""Seconds over which new pods are counted."""
SETTLED = 3600
"""Age from which a template's pods should stay."""
MANY = 3
"""New pods for each one wanted that are no accident."""


@condition(
    "workload.pods_killed",
    "ReplicaSet",
    worth=0.62,
    even_mild=True,
    refuted_by="an eviction, a drain or a scaling that explains the new pods",
)
def pods_killed(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A controller makes new pods all the time: something deletes those that it has."""
    wanted = (item.get("spec") or EMPTY).get("replicas") or 0
    if not wanted or not scene.older(item, SETTLED):
        return
    made = scene.events(item, "SuccessfulCreate", within=WINDOW)
    taken = scene.events(item, "SuccessfulDelete", within=WINDOW)
    count = sum(map(times_seen, made)) - sum(map(times_seen, taken))
    if count < MANY * wanted:
        return
    workload = scene.inventory.workload_of(entity.kind, item)
    lacking = len(scene.ready_pods(workload)) < wanted
    yield Finding(
        condition="workload.pods_killed",
        entity=entity,
        claim=f"{workload} was given {count} new pods within {WINDOW // 60} min for {wanted} "
        "wanted, and nothing was rolled out: something deletes its pods",
        category=Category.AVAILABILITY,
        severity=Severity.ERROR if lacking else Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        since=first_seen(made),
        command=f"kubectl -n {entity.namespace} get events",
        facts={"made": str(count)},
    )
