"""Objects that are gone: what still names them, and the events they left behind."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from sreagent.diagnose.changes.edits import EDITED_KINDS
from sreagent.diagnose.objects.podspec import (
    EMPTY,
    containers,
    is_over,
    pod_condition,
    references,
    spec_of,
)
from sreagent.diagnose.view.calling import configured_calls, failing_calls_to
from sreagent.diagnose.view.scene import WORKLOADS, Scene, first_seen, last_seen, once_per_scene
from sreagent.domain.change import Change, Sort
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import parse_time

_LEAVE_EVENTS = frozenset(
    (
        *WORKLOADS,
        *("Service", "Ingress", "CronJob", "HorizontalPodAutoscaler"),
        *("PersistentVolumeClaim", "PodDisruptionBudget", "ResourceQuota"),
    )
)
_OF_A_DEPLOYMENT = re.compile(
    r"(.{1,230})-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}"
)
"""Names of pods that a ReplicaSet of a Deployment made."""


_QUOTED = re.compile(r'"([a-z0-9.-]{1,253})"')


def deletions(scene: Scene) -> Iterator[Change]:
    """Objects that were deleted, each told once, by what says most."""
    told: set[Entity] = set()
    for change in (
        *_being_deleted(scene),
        *_killed_with_their_pods(scene),
        *_replaced_or_gone(scene),
        *_still_named(scene),
        *_still_called(scene),
        *_still_targeted(scene),
    ):
        if change.entity not in told:
            told.add(change.entity)
            yield change


def _being_deleted(scene: Scene) -> Iterator[Change]:
    for kind in (*WORKLOADS, *EDITED_KINDS):
        for item in scene.all(kind):
            at = parse_time(item["metadata"].get("deletionTimestamp"))
            if at:
                holders = ", ".join(map(str, item["metadata"].get("finalizers") or ()))
                held = f", held by {holders[:120]}" if holders else ""
                yield _deleted(entity_of(kind, item), at, None, f"{kind} is being deleted{held}")


def _killed_with_their_pods(scene: Scene) -> Iterator[Change]:
    """Deployments whose pods ended together with them."""
    for (space, name), events in _ended_pods(scene).items():
        entity = Entity(kind="Deployment", namespace=space, name=name)
        kept = any(
            pod["metadata"]["name"].startswith(f"{name}-") for pod in scene.all("Pod", space)
        )
        at = first_seen(events)
        if at and not kept and scene.is_missing(entity) and _is_listed(scene, "ReplicaSet", space):
            summary = f"Deployment deleted: {len(events)} of its pods ended, and it is gone"
            yield _deleted(entity, at, None, summary)


def _ended_pods(scene: Scene) -> dict[tuple[str, str], list[Obj]]:
    found: dict[tuple[str, str], list[Obj]] = defaultdict(list)
    for event in killings(scene):
        about = event["involvedObject"]
        if match := _OF_A_DEPLOYMENT.fullmatch(str(about.get("name"))):
            found[str(about.get("namespace") or ""), match[1]].append(event)
    return found


@once_per_scene
def killings(scene: Scene) -> tuple[Obj, ...]:
    """Events of pods that were told to stop and are gone, one for each pod."""
    found: dict[str, Obj] = {}
    living = {pod["metadata"].get("uid") for pod in scene.all("Pod")}
    for event in scene.all("Event"):
        about = event.get("involvedObject") or EMPTY
        stopped = str(event.get("message")).startswith("Stopping container")
        gone = about.get("uid") not in living and _is_listed(
            scene, "Pod", str(about.get("namespace") or "")
        )
        if event.get("reason") == "Killing" and about.get("kind") == "Pod" and stopped and gone:
            found.setdefault(str(about.get("uid")), event)
    return tuple(found.values())


def _replaced_or_gone(scene: Scene) -> Iterator[Change]:
    """Events tell of an object that is not there any more, or of another one of that name."""
    for entity, events in _by_object(scene).items():
        item, at = scene.inventory.find(entity), max(filter(None, map(last_seen, events)))
        if item is None:
            summary = f"{entity.kind} deleted: it has left events, and is gone"
            yield _deleted(entity, at, scene.now, summary)
            continue
        created = scene.created(item)
        if created and created >= at:
            yield _deleted(entity, at, created, f"{entity.kind} deleted and created again")


def _by_object(scene: Scene) -> dict[Entity, list[Obj]]:
    """Events about objects of another uid than what has the name now, if anything has it."""
    found: dict[Entity, list[Obj]] = defaultdict(list)
    for event in scene.all("Event"):
        about = event.get("involvedObject") or EMPTY
        kind, name, uid = about.get("kind"), about.get("name"), about.get("uid")
        space = str(about.get("namespace") or "")
        if kind not in _LEAVE_EVENTS or not name or not uid or not last_seen(event):
            continue
        item = scene.get(kind, space, name)
        if _is_listed(scene, kind, space) and (item is None or item["metadata"].get("uid") != uid):
            found[Entity(kind=kind, namespace=space, name=name)].append(event)
    return found


@once_per_scene
def _still_named(scene: Scene) -> tuple[Change, ...]:
    return tuple(_named_but_gone(scene))


def _named_but_gone(scene: Scene) -> Iterator[Change]:
    """What pods were started with, or a rollout ended with, and what is not there any more."""
    proofs: dict[Entity, list[tuple[datetime, str]]] = defaultdict(list)
    for pod in scene.all("Pod"):
        at = parse_time((pod.get("status") or EMPTY).get("startTime"))
        if at and not is_over(pod) and _has_started(pod):
            for entity in _missing(scene, pod, pod.get("spec") or EMPTY):
                proofs[entity].append((at, f"pod {pod['metadata']['name']} was started with it"))
    for item in scene.all("Deployment"):
        if at := _settled(scene, entity_of("Deployment", item)):
            for entity in _missing(scene, item, spec_of("Deployment", item)):
                proofs[entity].append((at, f"deployment {item['metadata']['name']} ran with it"))
    for entity, found in proofs.items():
        at, how = max(found)
        until = _missed(scene, entity, at) or scene.now
        yield _deleted(entity, at, until, f"{entity.kind} deleted: {how}")


def _still_called(scene: Scene) -> Iterator[Change]:
    """Services that are gone while what they led to, and who calls them, is still there."""
    for caller, calls in configured_calls(scene).items():
        at = _settled(scene, caller)
        for call in calls if at else ():
            service = call.target.entity
            gone = service is not None and service.kind == "Service" and call.target.missing
            if at and service and gone and _leads_somewhere(scene, service):
                said = f"Service deleted: {caller.name} calls it ({call.by}), and it is gone"
                yield _deleted(service, at, _first_complaint(scene, service, at), said)


def _settled(scene: Scene, workload: Entity) -> datetime | None:
    """When the present template of a Deployment was rolled out to its end."""
    item = scene.inventory.find(workload)
    done = pod_condition(item, "Progressing") if item else EMPTY
    is_done = done.get("reason") == "NewReplicaSetAvailable"
    return parse_time(done.get("lastUpdateTime")) if is_done else None


def _leads_somewhere(scene: Scene, service: Entity) -> bool:
    """Whether the workload that such a Service is usually named after is there."""
    return any(scene.get(kind, service.namespace, service.name) for kind in WORKLOADS)


def _first_complaint(scene: Scene, service: Entity, after: datetime) -> datetime:
    times = [one.error.first_at for one in failing_calls_to(scene, service)]
    return min((at for at in times if at and at > after), default=scene.now)


def _still_targeted(scene: Scene) -> Iterator[Change]:
    """What an autoscaler scaled, and the volume that a claim was bound to."""
    for scaler in scene.all("HorizontalPodAutoscaler"):
        ref = (scaler.get("spec") or EMPTY).get("scaleTargetRef") or EMPTY
        at = parse_time((scaler.get("status") or EMPTY).get("lastScaleTime"))
        space, name = scaler["metadata"].get("namespace", ""), scaler["metadata"]["name"]
        target = Entity(kind=str(ref.get("kind")), namespace=space, name=str(ref.get("name")))
        if at and scene.is_missing(target):
            lost = parse_time(pod_condition(scaler, "AbleToScale").get("lastTransitionTime"))
            until = lost if lost and lost > at else scene.now
            yield _deleted(target, at, until, f"{target.kind} deleted: hpa {name} scaled it")
    for claim in scene.all("PersistentVolumeClaim"):
        volume = str((claim.get("spec") or EMPTY).get("volumeName") or "")
        at, entity = scene.created(claim), Entity(kind="PersistentVolume", name=volume)
        if at and volume and scene.is_missing(entity):
            name = claim["metadata"]["name"]
            yield _deleted(entity, at, scene.now, f"PersistentVolume deleted: claim {name} has it")


def _missing(scene: Scene, item: Obj, spec: Obj) -> set[Entity]:
    """What a pod spec cannot do without, and what was looked for and not found."""
    space = item["metadata"].get("namespace", "")
    named = {Entity(kind=one.kind, namespace=space, name=one.name) for one in references(spec)}
    return {entity for entity in named if scene.is_missing(entity)}


def _has_started(pod: Obj) -> bool:
    found = containers(pod)
    return bool(found) and all(one.running or one.ended for one in found)


def _missed(scene: Scene, entity: Entity, after: datetime) -> datetime | None:
    """When a pod missed it for the first time, by the events."""
    first = first_seen(_not_found(scene).get((entity.namespace, entity.name), ()))
    return first if first and first >= after else None


@once_per_scene
def _not_found(scene: Scene) -> dict[tuple[str, str], list[Obj]]:
    """Events that say that something of a name was not found."""
    found: dict[tuple[str, str], list[Obj]] = defaultdict(list)
    for event in scene.all("Event"):
        message = str(event.get("message"))
        if "not found" in message:
            space = str((event.get("involvedObject") or EMPTY).get("namespace") or "")
            space = space or str(event["metadata"].get("namespace") or "")
            for name in set(_QUOTED.findall(message[:4000])):
                found[space, name].append(event)
    return found


def _is_listed(scene: Scene, kind: str, namespace: str) -> bool:
    return scene.inventory.looked(kind, namespace)


def _deleted(entity: Entity, at: datetime, until: datetime | None, summary: str) -> Change:
    return Change(
        entity=entity,
        at=at,
        until=until if until and until > at else None,
        summary=summary,
        command=f"kubectl{f' -n {entity.namespace}' if entity.namespace else ''} get events "
        f"--field-selector involvedObject.name={entity.name}",
        sort=Sort.DELETION,
    )
