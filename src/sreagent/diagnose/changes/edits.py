"""Objects that somebody made, edited or applied again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from sreagent.diagnose.changes.errands import errand_of
from sreagent.diagnose.objects.managers import Edit, edits, is_controller
from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.diagnose.view.applied import against_applied
from sreagent.diagnose.view.reloads import ONCE, reloads
from sreagent.diagnose.view.revisions import Revision, revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene
from sreagent.diagnose.view.write_order import untold_write
from sreagent.domain.change import Change, Sort
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, controller_ref, entity_of
from sreagent.domain.text import one_line

EDITED_KINDS = (
    *("Service", "Ingress", "NetworkPolicy", "Gateway", "HTTPRoute", "VirtualService"),
    *("DestinationRule", "ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding"),
    *("ClusterRole", "ClusterRoleBinding", "ResourceQuota", "LimitRange", "PriorityClass"),
    *("HorizontalPodAutoscaler", "PodDisruptionBudget", "PersistentVolumeClaim"),
    *("PersistentVolume", "StorageClass", "CronJob", "Job", "Node", "Namespace"),
    *("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
)
"""Kinds of which a hand edit matters, beside the workloads; of others it is told when listed."""

HISTORY = {
    "Deployment": "ReplicaSet",
    "StatefulSet": "ControllerRevision",
    "DaemonSet": "ControllerRevision",
}
"""What keeps the revisions of a workload."""
_DERIVED = frozenset(
    (
        *WORKLOADS,
        *("Pod", "Event", "Endpoints", "EndpointSlice", "ReplicaSet", "ControllerRevision"),
        *("Lease", "VolumeAttachment", "CSINode", "PodMetrics", "NodeMetrics"),
    )
)
"""Kinds that controllers write all day, and those whose changes are told by their revisions."""

LONG_AGO = 7 * 86_400
NEW = 86_400
SAME_MOMENT = 30
"""Seconds after its creation in which an edit still belongs to making the object."""
FIELDS = 4
"""Changed fields that a summary names."""
WORDS = 400
"""Characters of a summary; the diff has the rest."""
_MADE_BY_THE_CLUSTER = frozenset({"kube-root-ca.crt", "kubernetes", "default"})
_LOCK = "control-plane.alpha.kubernetes.io/leader"
_TOKEN = "kubernetes.io/service-account.name"  # noqa: S105 - an annotation, not a password
_OF_SCALINGS = ("spec.replicas", "spec.selector")
_OF_ROLLOUTS = (*_OF_SCALINGS, "spec.template")


def edited_objects(scene: Scene) -> Iterator[Change]:
    """Creations of the last day, and of each object the newest edit of the last week."""
    listed = {kind for kind, _ in scene.inventory.listings}
    for kind in sorted(listed - _DERIVED):
        yield from scene.keep(("edits", kind), _edited, scene, kind)


def _edited(scene: Scene, kind: str) -> list[Change]:
    return [
        change
        for item in scene.all(kind)
        if not is_of_the_cluster(item)
        for change in _edits_of(scene, kind, item)
    ]


def _edits_of(scene: Scene, kind: str, item: Obj) -> Iterator[Change]:
    if is_new(scene, item) and kind != "Node":
        yield creation(scene, kind, item)
    edit = _newest_edit(scene, item)
    if edit:
        yield _edit(scene, kind, item, edit)
    if change := _taken_over(scene, kind, item, edit) or _undated(scene, kind, item):
        yield change


def edited_workloads(scene: Scene) -> Iterator[Change]:
    """Edits of workloads that made no new revision: strategy, pause, an apply that did nothing.

    Where the revisions could not be listed, edits of the pod template, too.
    """
    for kind in WORKLOADS:
        for workload in scene.all(kind):
            space = workload["metadata"].get("namespace", "")
            told = _OF_ROLLOUTS if scene.inventory.looked(HISTORY[kind], space) else _OF_SCALINGS
            known = revisions(scene, kind, workload)
            edit = _newest_edit(scene, workload)
            if edit and not controller_ref(workload) and not _rolled_out(known, edit):
                fields = tuple(one for one in edit.fields if not one.startswith(told))
                if fields:
                    yield _edit(scene, kind, workload, replace(edit, told=fields))


def creation(scene: Scene, kind: str, item: Obj) -> Change:
    """An object came to be."""
    entity = entity_of(kind, item)
    first = min(edits(item), key=lambda edit: edit.at, default=None)
    at = scene.created(item) or scene.now
    return Change(
        entity=entity,
        at=at,
        summary=f"{kind} created",
        by=who(scene, entity, Edit(by=first.by, at=at, told=())) if first else "",
        command=entity.get,
        sort=Sort.CREATION,
    )


def is_new(scene: Scene, item: Obj) -> bool:
    """Whether it was made in the last day."""
    age = scene.age(scene.created(item))
    return age is not None and age < NEW


def is_of_the_cluster(item: Obj) -> bool:
    """Whether controllers make and keep it, so that it tells nothing of people."""
    meta = item["metadata"]
    notes, labels = meta.get("annotations") or {}, meta.get("labels") or {}
    return bool(
        controller_ref(item)
        or meta["name"] in _MADE_BY_THE_CLUSTER
        or _LOCK in notes
        or (_TOKEN in notes and item.get("kind") == "Secret")
        or labels.get("owner") == "helm"
    )


def _newest_edit(scene: Scene, item: Obj) -> Edit | None:
    recent = [edit for edit in _after_creation(scene, item) if (scene.age(edit.at) or 0) < LONG_AGO]
    return max(recent, key=lambda edit: edit.at, default=None)


def _after_creation(scene: Scene, item: Obj) -> Iterator[Edit]:
    created = scene.created(item)
    for edit in edits(item):
        if created is None or (edit.at - created).total_seconds() > SAME_MOMENT:
            yield edit


def _rolled_out(known: tuple[Revision, ...], edit: Edit) -> bool:
    """Whether the edit is the one that made a revision."""
    near = timedelta(seconds=SAME_MOMENT)
    return any(one.at is not None and abs(one.at - edit.at) <= near for one in known)


def _edit(scene: Scene, kind: str, item: Obj, edit: Edit) -> Change:
    entity = entity_of(kind, item)
    diff = against_applied(item, without="spec.template" if kind in WORKLOADS else "")
    return Change(
        entity=entity,
        at=edit.at,
        summary=_said(kind, item, edit, diff),
        by=who(scene, entity, edit),
        diff=diff,
        command=f"{entity.get} --show-managed-fields",
    )


def _said(kind: str, item: Obj, edit: Edit, diff: tuple[str, ...]) -> str:
    spec = item.get("spec") or EMPTY
    if kind == "Node" and spec.get("unschedulable") and "spec.unschedulable" in edit.fields:
        return "Node cordoned"
    if spec.get("suspend") is True and "spec.suspend" in edit.fields:
        return f"{kind} suspended"
    # Who owns everything has applied a manifest: the fields do not tell which of them changed.
    fields = ", ".join(edit.fields) if len(edit.fields) <= FIELDS else ""
    what = one_line("; ".join(diff[:FIELDS]) or fields, WORDS)
    return f"{kind} edited: {what}" if what else f"{kind} applied again"


def _taken_over(scene: Scene, kind: str, item: Obj, edit: Edit | None) -> Change | None:
    """An edit that the log of a program dates, where the object itself tells of none then."""
    entity = entity_of(kind, item)
    reload = reloads(scene).get(entity)
    known = (edit.at if edit else None, scene.created(item))
    if reload is None or any(one and abs(reload.at - one) <= ONCE for one in known):
        return None
    diff = against_applied(item)
    what = one_line("; ".join(diff[:FIELDS]), WORDS)
    return Change(
        entity=entity,
        at=reload.at,
        summary=f"{kind} edited{f': {what}' if what else ''}; {reload.by} took it over then",
        diff=diff or (f"  {reload.line}",),
        command=reload.command,
    )


def _undated(scene: Scene, kind: str, item: Obj) -> Change | None:
    """An edit that left a trace, but not its time: servers before 1.25 note none for values."""
    entity, created = entity_of(kind, item), scene.created(item)
    written = untold_write(scene, item)
    if written is None and not _has_untold_generation(scene, item):
        return None
    diff = against_applied(item)
    what = one_line("; ".join(diff[:FIELDS]), WORDS)
    return Change(
        entity=entity,
        at=written.after if written else created or scene.now,
        until=(written.before if written else None) or scene.now,
        summary=f"{kind} edited{f': {what}' if what else ''}; "
        + ("its time is known only by the order of writes" if written else "its time is not known"),
        diff=diff,
        command=f"{entity.get} --show-managed-fields",
    )


def _has_untold_generation(scene: Scene, item: Obj) -> bool:
    """Whether the content changed since it was made, and no field manager tells when."""
    meta = item["metadata"]
    entries = meta.get("managedFields") or ()
    if not entries or int(meta.get("generation") or 1) <= 1:
        return False
    by_controllers = any(
        is_controller(one.get("manager", "")) and "f:spec" in (one.get("fieldsV1") or EMPTY)
        for one in entries
    )
    return not by_controllers and not any(True for _ in _after_creation(scene, item))


def who(scene: Scene, entity: Entity, edit: Edit) -> str:
    """The field manager of an edit, and the job that ran it if one did."""
    errand = errand_of(scene, entity, edit)
    return f"{edit.by}, run by {errand}" if errand else edit.by
