"""Claims that stay unbound and volumes that are lost."""

from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.objects.podspec import EMPTY, references
from sreagent.diagnose.objects.quantities import amount
from sreagent.diagnose.view.scene import Scene, first_seen, pod_entity
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.text import one_line

YOUNG = 15
"""Seconds a provisioner may take."""
_BY_HAND = "kubernetes.io/no-provisioner"
"""Provisioner of classes whose volumes somebody has to make."""
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@condition(
    "pvc.pending",
    "PersistentVolumeClaim",
    worth=0.84,
    even_mild=True,
    refuted_by="the claim being bound while the pod still waits",
)
def pending(scene: Scene, entity: Entity, claim: Obj) -> Iterator[Finding]:
    """A claim gets no volume."""
    if (claim.get("status") or EMPTY).get("phase") != "Pending" or not scene.older(claim, YOUNG):
        return
    users = _waiting_pods(scene, entity)
    why, verdict = _why_pending(scene, claim)
    if not why or (_waits_for_a_pod(scene, claim) and not users):
        return
    events = scene.events(claim, "ProvisioningFailed", "FailedBinding")
    yield Finding(
        condition="pvc.pending",
        entity=entity,
        claim=f"{entity} gets no volume: {why}"
        + (
            f"; {', '.join(str(pod_entity(one)) for one in users[:2])} waits for it"
            if users
            else ""
        ),
        category=Category.STORAGE,
        severity=Severity.ERROR if users else Severity.WARNING,
        verdict=verdict,
        uid=claim["metadata"].get("uid", ""),
        path="status.phase",
        since=first_seen(events) or scene.created(claim),
        command=f"kubectl -n {entity.namespace} describe pvc {entity.name}",
        excerpt=one_line(str(events[-1].get("message")), 300) if events else "",
        suspects=tuple(_left_for_it(scene, claim)),
        facts={"storage_class": str((claim.get("spec") or EMPTY).get("storageClassName") or "")},
    )


def _left_for_it(scene: Scene, claim: Obj) -> Iterator[Entity]:
    """Volumes that a claim of the same name had, or that it names, and that are not free."""
    meta, named = claim["metadata"], (claim.get("spec") or EMPTY).get("volumeName")
    for volume in scene.all("PersistentVolume"):
        holder = (volume.get("spec") or EMPTY).get("claimRef") or EMPTY
        same = (holder.get("namespace"), holder.get("name")) == (meta["namespace"], meta["name"])
        released = (volume.get("status") or EMPTY).get("phase") == "Released"
        if released and (same or volume["metadata"]["name"] == named):
            yield entity_of("PersistentVolume", volume)


@condition("pvc.lost", "PersistentVolumeClaim", worth=0.88)
def lost(scene: Scene, entity: Entity, claim: Obj) -> Iterator[Finding]:
    """The volume of a claim is gone."""
    if (claim.get("status") or EMPTY).get("phase") != "Lost":
        return
    volume = (claim.get("spec") or EMPTY).get("volumeName")
    yield Finding(
        condition="pvc.lost",
        entity=entity,
        claim=f"{entity} lost its volume {volume}",
        category=Category.STORAGE,
        severity=Severity.CRITICAL,
        uid=claim["metadata"].get("uid", ""),
        path="status.phase",
        command=f"kubectl -n {entity.namespace} describe pvc {entity.name}",
        since=first_seen(scene.events(claim, "ClaimLost")),
    )


@condition("pv.failed", "PersistentVolume", worth=0.80, even_mild=True)
def failed(scene: Scene, entity: Entity, volume: Obj) -> Iterator[Finding]:
    """A volume could not be reclaimed."""
    status = volume.get("status") or EMPTY
    if status.get("phase") != "Failed":
        return
    yield Finding(
        condition="pv.failed",
        entity=entity,
        claim=f"{entity} failed: {one_line(str(status.get('message') or 'no reason given'), 200)}",
        category=Category.STORAGE,
        severity=Severity.WARNING,
        uid=volume["metadata"].get("uid", ""),
        path="status.phase",
        since=first_seen(scene.events(volume)),
        command=f"kubectl describe pv {entity.name}",
    )


def _why_pending(scene: Scene, claim: Obj) -> tuple[str, Health]:
    if why := _misfits(scene, claim) or _missing_part(scene, claim.get("spec") or EMPTY):
        return why, Health.BROKEN
    events = scene.events(claim, "ProvisioningFailed", "FailedBinding")
    if events:
        return one_line(str(events[-1].get("message")), 240), Health.BROKEN
    if not scene.inventory.looked("StorageClass"):
        return f"its StorageClass could not be looked up{_gap(scene, 'StorageClass')}", (
            Health.UNKNOWN
        )
    if _waits_for_a_pod(scene, claim):
        return "", Health.HEALTHY
    space = claim["metadata"].get("namespace", "")
    if not scene.inventory.looked("Event", space):
        return f"its events could not be looked at{_gap(scene, 'Event', space)}", Health.UNKNOWN
    return "its provisioner has not answered", Health.BROKEN


def _gap(scene: Scene, kind: str, namespace: str = "") -> str:
    gap = scene.inventory.gap(kind, namespace)
    return f" ({gap.reason})" if gap else ""


def _missing_part(scene: Scene, spec: Obj) -> str:
    """What a claim names and is not there."""
    name = spec.get("storageClassName")
    if name and scene.is_missing(Entity(kind="StorageClass", name=name)):
        known = sorted(one["metadata"]["name"] for one in scene.all("StorageClass"))
        others = f"there are {', '.join(known[:5])}" if known else "there is none at all"
        return f"StorageClass {name} does not exist ({others})"
    if name is None and _has_no_default(scene):
        return "it names no StorageClass and none is the default"
    if volume := spec.get("volumeName"):
        entity = Entity(kind="PersistentVolume", name=volume)
        if scene.is_missing(entity):
            return f"PersistentVolume {volume} does not exist"
    return ""


def _misfits(scene: Scene, claim: Obj) -> str:
    """Why the volume that a claim names, or those left of its class, do not fit it."""
    spec = claim.get("spec") or EMPTY
    named = scene.get("PersistentVolume", "", str(spec.get("volumeName") or ""))
    if named:
        why = misfit(claim, named)
        return f"{named['metadata']['name']} does not fit: {why}" if why else ""
    name = str(spec.get("storageClassName") or "")
    kind = scene.get("StorageClass", "", name) or EMPTY
    if kind.get("provisioner") not in (None, _BY_HAND):
        return ""
    left = [one for one in scene.all("PersistentVolume") if _is_left(one, name, kind)]
    reasons = [f"{one['metadata']['name']} {why}" for one in left if (why := misfit(claim, one))]
    return f"no volume of its class fits: {'; '.join(reasons[:3])}" if reasons else ""


def _is_left(volume: Obj, name: str, kind: Obj) -> bool:
    """Whether a volume is of a class; of a class that is gone, only those nobody has bound."""
    mine = str((volume.get("spec") or EMPTY).get("storageClassName") or "") == name
    return mine and (bool(kind) or (volume.get("status") or EMPTY).get("phase") != "Bound")


def misfit(claim: Obj, volume: Obj) -> str:
    """Why a volume cannot be bound to a claim; empty when it can."""
    asked, has = claim.get("spec") or EMPTY, volume.get("spec") or EMPTY
    size = str(((asked.get("resources") or EMPTY).get("requests") or EMPTY).get("storage") or "0")
    given = str((has.get("capacity") or EMPTY).get("storage") or "0")
    holder, meta = has.get("claimRef") or EMPTY, claim["metadata"]
    mine = (holder.get("namespace"), holder.get("name")) == (meta.get("namespace"), meta["name"])
    phase = (volume.get("status") or EMPTY).get("phase")
    if holder and not (mine and holder.get("uid") in (None, meta.get("uid"))):
        still = "is Released and still held" if phase == "Released" else "is held"
        return f"{still} by claim {holder.get('namespace')}/{holder.get('name')}" + (
            " of before" if mine else ""
        )
    if amount(size) > amount(given):
        return f"has {given} and {size} are asked for"
    for field in ("storageClassName", "volumeMode"):
        wanted, there = asked.get(field), has.get(field)
        if wanted is not None and there is not None and wanted != there:
            return f"has {field} {there} and {wanted} is asked for"
    lacking = set(asked.get("accessModes") or ()) - set(has.get("accessModes") or ())
    return f"does not offer {', '.join(sorted(lacking))}" if lacking else ""


def _has_no_default(scene: Scene) -> bool:
    return scene.inventory.looked("StorageClass") and not any(
        (one["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"
        for one in scene.all("StorageClass")
    )


def _waits_for_a_pod(scene: Scene, claim: Obj) -> bool:
    name = (claim.get("spec") or EMPTY).get("storageClassName") or ""
    kind = scene.get("StorageClass", "", name) or EMPTY
    return kind.get("volumeBindingMode") == "WaitForFirstConsumer"


def _waiting_pods(scene: Scene, claim: Entity) -> list[Obj]:
    return [
        pod
        for pod in scene.all("Pod", claim.namespace)
        if (pod.get("status") or EMPTY).get("phase") == "Pending"
        and any(
            ref.kind == "PersistentVolumeClaim" and ref.name == claim.name
            for ref in references(pod["spec"])
        )
    ]
