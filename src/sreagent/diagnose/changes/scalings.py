"""Who set how many pods a workload has: people, their tools, and autoscalers."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from sreagent.diagnose.changes.edits import who
from sreagent.diagnose.objects.managers import Edit, is_controller
from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.diagnose.view.revisions import Revision, revisions
from sreagent.diagnose.view.scene import Scene, last_seen, once_per_scene
from sreagent.domain.change import Change, Sort
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import parse_time
from sreagent.domain.text import one_line

SAME_MOMENT = 30
SETTLED = timedelta(hours=1)
"""A revision older than this is rolled out: pods that come now come by a scaling."""
CLOSE = timedelta(minutes=1)
_NEW_SIZE = re.compile(r"New size: (\d{1,6})(?:; reason: (.{1,200}))?")
_SCALED = re.compile(r"Scaled (up|down) replica set (\S{1,253}) to (\d{1,6})")


def scalings(scene: Scene) -> Iterator[Change]:
    """Workloads that somebody scaled."""
    for kind in ("Deployment", "StatefulSet"):
        for workload in scene.all(kind):
            entity = entity_of(kind, workload)
            edit = scaled_by(workload)
            created = scene.created(workload)
            at = _newest(edit, _seen_scaled(scene, kind, workload))
            if at and (not created or (at - created).total_seconds() > SAME_MOMENT):
                replicas = (workload.get("spec") or EMPTY).get("replicas")
                yield Change(
                    entity=entity,
                    at=at,
                    summary=f"replicas set to {replicas}",
                    by=who(scene, entity, edit) if edit and edit.at == at else "",
                    command=f"{entity.get} --show-managed-fields",
                    sort=Sort.SCALING,
                )


def autoscalings(scene: Scene) -> Iterator[Change]:
    """The last scaling of each autoscaler that is still remembered."""
    for scaler in scene.all("HorizontalPodAutoscaler"):
        events = scene.events(scaler, "SuccessfulRescale")
        at = last_seen(events[-1]) if events else None
        found = _NEW_SIZE.search(str(events[-1].get("message"))) if events else None
        if at and found:
            entity = entity_of("HorizontalPodAutoscaler", scaler)
            why = f": {one_line(found[2], 120)}" if found[2] else ""
            yield Change(
                entity=_target(scaler) or entity,
                at=at,
                summary=f"scaled to {found[1]} by its autoscaler{why}",
                by=str(entity),
                command=f"kubectl -n {entity.namespace} get events "
                f"--field-selector involvedObject.name={entity.name}",
                sort=Sort.SCALING,
            )


def scaled_by(workload: Obj) -> Edit | None:
    """The edit that owns the number of replicas, when its owner touched little else."""
    for entry in workload["metadata"].get("managedFields") or ():
        spec = (entry.get("fieldsV1") or EMPTY).get("f:spec") or EMPTY
        at = parse_time(entry.get("time"))
        alone = "f:replicas" in spec and "f:template" not in spec
        if alone and at and not is_controller(entry.get("manager", "")):
            return Edit(by=entry.get("manager", ""), at=at, told=("spec.replicas",))
    return None


def _newest(edit: Edit | None, seen: datetime | None) -> datetime | None:
    """Old servers note no new time for a second scaling by the same program."""
    if edit and seen and seen - edit.at > timedelta(seconds=SAME_MOMENT):
        return seen
    return edit.at if edit else seen


def _target(scaler: Obj) -> Entity | None:
    ref = (scaler.get("spec") or EMPTY).get("scaleTargetRef") or EMPTY
    if not ref.get("kind") or not ref.get("name"):
        return None
    namespace = scaler["metadata"].get("namespace", "")
    return Entity(kind=ref["kind"], namespace=namespace, name=ref["name"])


def _seen_scaled(scene: Scene, kind: str, workload: Obj) -> datetime | None:
    """When it was scaled, by its events: not by a rollout, and not by an autoscaler."""
    events = scene.events(workload, "ScalingReplicaSet")
    known = revisions(scene, kind, workload) if events else ()
    newest = known[0] if known else None
    to_nothing = (workload.get("spec") or EMPTY).get("replicas") == 0
    times = [
        at
        for event in events
        if (at := last_seen(event))
        and (found := _SCALED.search(str(event.get("message"))))
        and ((to_nothing and found[3] == "0") or _is_scaling(found, newest, at))
    ]
    automatic = _autoscaled(scene).get(entity_of(kind, workload), ())
    by_hand = [at for at in times if not any(abs(at - one) < CLOSE for one in automatic)]
    return max(by_hand, default=None)


def _is_scaling(found: re.Match[str], newest: Revision | None, at: datetime) -> bool:
    """A rollout takes pods from old revisions, and gives them to a new one."""
    if newest is None or newest.at is None or newest.name != found[2]:
        return False
    return found[1] == "down" or at - newest.at > SETTLED


@once_per_scene
def _autoscaled(scene: Scene) -> dict[Entity, list[datetime]]:
    found: dict[Entity, list[datetime]] = defaultdict(list)
    for scaler in scene.all("HorizontalPodAutoscaler"):
        target = _target(scaler)
        for event in scene.events(scaler, "SuccessfulRescale") if target else ():
            if target and (at := last_seen(event)):
                found[target].append(at)
    return found
