"""What changed before it broke: rollouts, edits, scalings, new objects."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise

from sreagent.diagnose.managers import Edit, edits, is_controller, last_applied, last_edit
from sreagent.diagnose.podspec import EMPTY
from sreagent.diagnose.revisions import (
    Revision,
    compare,
    hide_value,
    only_restarted,
    revisions,
)
from sreagent.diagnose.scene import WORKLOADS, Scene, last_seen, once_per_scene
from sreagent.domain.change import Change
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory, Obj, controller_ref, entity_of
from sreagent.domain.moment import parse_time
from sreagent.domain.secrets import hide_words

EDITED_KINDS = (
    "Service",
    "ConfigMap",
    "Secret",
    "NetworkPolicy",
    "Ingress",
    "ResourceQuota",
    "LimitRange",
    "HorizontalPodAutoscaler",
    "PersistentVolumeClaim",
    "CronJob",
    "Job",
    "Node",
    "StorageClass",
    "ServiceAccount",
)
"""Kinds of which a hand edit matters."""

LONG_AGO = 7 * 86_400
NEW = 86_400
SAME_MOMENT = 30
"""Seconds after its creation in which an edit still belongs to making the object."""
ROLLOUTS = 3
FIELDS = 4
"""Changed fields that a summary names."""
_MADE_BY_THE_CLUSTER = ("kube-root-ca.crt", "kubernetes", "default")


def timeline(inventory: Inventory, now: datetime) -> tuple[Change, ...]:
    """Everything that is known to have changed, newest first."""
    return changes_in(Scene(inventory, now))


@once_per_scene
def changes_in(scene: Scene) -> tuple[Change, ...]:
    """The same over a scene that is there already."""
    found = [*_rollouts(scene), *_edits(scene), *_scalings(scene)]
    return tuple(sorted(found, key=lambda change: change.at, reverse=True))


def _rollouts(scene: Scene) -> Iterator[Change]:
    for kind in WORKLOADS:
        for workload in scene.all(kind):
            known = revisions(scene, kind, workload)
            for new, old in pairwise(known[: ROLLOUTS + 1]):
                if change := _rollout(kind, workload, old, new, newest=new is known[0]):
                    yield change
            if len(known) <= 1 and _is_new(scene, workload):
                yield _creation(scene, kind, workload)


def _rollout(
    kind: str, workload: Obj, old: Revision, new: Revision, *, newest: bool
) -> Change | None:
    entity = entity_of(kind, workload)
    if new.at is None:
        return None
    fields = compare(old.template, new.template)
    said = ", ".join(one.text for one in fields[:FIELDS])
    if len(fields) > FIELDS:
        said += f" and {len(fields) - FIELDS} more"
    if only_restarted(fields):
        said = "restarted, nothing else changed"
    if new.cause:
        said += f" ({new.cause[:120]})"
    edit = last_edit(workload, "spec.template") if newest else None
    back = "back to an older template: " if new.at != new.created else ""
    return Change(
        entity=entity,
        at=new.at,
        summary=f"revision {old.number} → {new.number}: {back}{said}",
        by=edit.by if edit else "",
        diff=tuple(line for one in fields for line in one.lines)[:60],
        revision=new.number,
        previous_revision=old.number,
        command=f"kubectl -n {entity.namespace} rollout history "
        f"{kind.lower()}/{entity.name} --revision={new.number}",
    )


def _edits(scene: Scene) -> Iterator[Change]:
    for kind in EDITED_KINDS:
        for item in scene.all(kind):
            if controller_ref(item) or item["metadata"]["name"] in _MADE_BY_THE_CLUSTER:
                continue
            if _is_new(scene, item) and kind != "Node":
                yield _creation(scene, kind, item)
            if edit := _newest_edit(scene, item):
                yield _edit(kind, item, edit)


def _newest_edit(scene: Scene, item: Obj) -> Edit | None:
    created = scene.created(item)
    recent = [
        edit
        for edit in edits(item)
        if (scene.age(edit.at) or 0) < LONG_AGO
        and (created is None or (edit.at - created).total_seconds() > SAME_MOMENT)
    ]
    return max(recent, key=lambda edit: edit.at, default=None)


def _edit(kind: str, item: Obj, edit: Edit) -> Change:
    entity = entity_of(kind, item)
    diff = _against_applied(item)
    # Who owns everything has applied a manifest: the fields do not tell which of them changed.
    said = ", ".join(edit.fields) if len(edit.fields) <= FIELDS else ""
    what = "; ".join(diff[:FIELDS]) or said
    return Change(
        entity=entity,
        at=edit.at,
        summary=f"{kind} edited: {what}" if what else f"{kind} applied again",
        by=edit.by,
        diff=diff,
        command=f"{entity.get} --show-managed-fields",
    )


def _creation(scene: Scene, kind: str, item: Obj) -> Change:
    entity = entity_of(kind, item)
    first = min(edits(item), key=lambda edit: edit.at, default=None)
    return Change(
        entity=entity,
        at=scene.created(item) or scene.now,
        summary=f"{kind} created",
        by=first.by if first else "",
        command=entity.get,
    )


def _scalings(scene: Scene) -> Iterator[Change]:
    for kind in ("Deployment", "StatefulSet"):
        for workload in scene.all(kind):
            entity = entity_of(kind, workload)
            edit = scaled_by(workload)
            created = scene.created(workload)
            at = edit.at if edit else _seen_scaled(scene, workload)
            if at and (not created or (at - created).total_seconds() > SAME_MOMENT):
                replicas = (workload.get("spec") or EMPTY).get("replicas")
                yield Change(
                    entity=entity,
                    at=at,
                    summary=f"replicas set to {replicas}",
                    by=edit.by if edit else "",
                    command=f"{entity.get} --show-managed-fields",
                )


def _seen_scaled(scene: Scene, workload: Obj) -> datetime | None:
    """When it went down to nothing, by its events: old servers do not note who scaled."""
    if (workload.get("spec") or EMPTY).get("replicas") != 0:
        return None
    events = scene.events(workload, "ScalingReplicaSet")
    down = [event for event in events if " to 0" in str(event.get("message"))]
    return last_seen(down[-1]) if down else None


def scaled_by(workload: Obj) -> Edit | None:
    """The edit that owns the number of replicas, when its owner touched little else."""
    for entry in workload["metadata"].get("managedFields") or ():
        spec = (entry.get("fieldsV1") or EMPTY).get("f:spec") or EMPTY
        at = parse_time(entry.get("time"))
        alone = "f:replicas" in spec and "f:template" not in spec
        if alone and at and not is_controller(entry.get("manager", "")):
            return Edit(by=entry.get("manager", ""), at=at, fields=("spec.replicas",))
    return None


def _is_new(scene: Scene, item: Obj) -> bool:
    age = scene.age(scene.created(item))
    return age is not None and age < NEW


def _against_applied(item: Obj) -> tuple[str, ...]:
    """How the object differs from what was applied: somebody changed it by another way."""
    applied = last_applied(item)
    lines: list[str] = []
    for root in ("spec", "data", "provisioner", "parameters"):
        if root in applied:
            before = dict(_leaves(applied[root], root))
            now = dict(_leaves(_restricted(item.get(root), applied[root]), root))
            for path in sorted(before.keys() | now.keys()):
                if before.get(path) != now.get(path):
                    lines += _diff_lines(path, before.get(path), now.get(path))
    return tuple(lines[:40])


def _diff_lines(path: str, before: str | None, after: str | None) -> list[str]:
    pairs = (("- ", before), ("+ ", after))
    return [f"{sign}{path}: {value}" for sign, value in pairs if value is not None]


_OPEN = ("selector", "data", "hard", "podSelector", "matchLabels")


def _restricted(live: object, applied: object, name: str = "") -> object:
    """Only fields that were applied: the server's defaults are no change."""
    if isinstance(live, Mapping) and isinstance(applied, Mapping):
        keys = live if name in _OPEN or not name else applied
        return {key: _restricted(live.get(key), applied.get(key), key) for key in keys
                if key in live and (name in _OPEN or key in applied)}  # fmt: skip
    if isinstance(live, list) and isinstance(applied, list) and len(live) == len(applied):
        return [_restricted(one, two, name) for one, two in zip(live, applied, strict=True)]
    return live


def _leaves(value: object, path: str, name: str = "") -> Iterator[tuple[str, str]]:
    """Paths and values, those of telling names hidden."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            # A variable is named beside its value; the field `key` names keys, and holds none.
            told = value.get("name") if key == "value" else key
            is_field = path.startswith("spec") and key == "key"
            yield from _leaves(inner, f"{path}.{key}", "" if is_field else str(told))
    elif isinstance(value, list) and all(isinstance(inner, str) for inner in value):
        yield path, hide_words(value)[:200]
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{number}]")
    elif value is not None:
        yield path, hide_value(name, str(value))[:200]


def change_of(changes: tuple[Change, ...], entity: Entity, revision: int) -> Change | None:
    """The rollout that brought a revision."""
    found = (one for one in changes if one.entity == entity and one.revision == revision)
    return next(found, None)
