"""What changed before it broke: rollouts, edits, scalings, new objects."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain, pairwise

from sreagent.diagnose.changes.deletions import deletions
from sreagent.diagnose.changes.deliveries import deliveries
from sreagent.diagnose.changes.edits import (
    FIELDS,
    creation,
    edited_objects,
    edited_workloads,
    is_new,
    who,
)
from sreagent.diagnose.changes.scalings import scaled_by, scalings
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.view.releases import releases
from sreagent.diagnose.view.revisions import Revision, compare, only_restarted, revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, once_per_scene
from sreagent.domain.change import Change, Sort
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory, Obj, entity_of
from sreagent.domain.text import one_line

__all__ = ["change_of", "changes_in", "scaled_by", "timeline"]

ROLLOUTS = 3
"""Steps back in its history that are told of each workload."""

RESTARTED = "restarted, nothing else changed"
"""What is said of a rollout that brought nothing new."""


def timeline(inventory: Inventory, now: datetime) -> tuple[Change, ...]:
    """Everything that somebody is known to have changed, newest first."""
    return changes_in(Scene(inventory, now))


@once_per_scene
def changes_in(scene: Scene) -> tuple[Change, ...]:
    """The same over a scene that is there already."""
    found = chain.from_iterable(scene.keep(source, _told_by, source, scene) for source in _SOURCES)
    return tuple(sorted(found, key=lambda change: change.at, reverse=True))


def _told_by(source: Callable[[Scene], Iterable[Change]], scene: Scene) -> tuple[Change, ...]:
    return tuple(source(scene))


def _rollouts(scene: Scene) -> Iterator[Change]:
    for kind in WORKLOADS:
        for workload in scene.all(kind):
            known = revisions(scene, kind, workload)
            for new, old in pairwise(known[: ROLLOUTS + 1]):
                if change := _rollout(scene, kind, workload, (old, new), newest=new is known[0]):
                    yield change
            if len(known) <= 1 and is_new(scene, workload):
                yield creation(scene, kind, workload)


def _rollout(
    scene: Scene, kind: str, workload: Obj, step: tuple[Revision, Revision], *, newest: bool
) -> Change | None:
    (old, new), entity = step, entity_of(kind, workload)
    if new.at is None:
        return None
    fields = compare(old.template, new.template)
    said = ", ".join(one.text for one in fields[:FIELDS])
    if len(fields) > FIELDS:
        said += f" and {len(fields) - FIELDS} more"
    if only_restarted(fields):
        said = RESTARTED
    if new.cause:
        said += f" ({one_line(new.cause, 120)})"
    edit = last_edit(workload, "spec.template") if newest else None
    by = who(scene, entity, replace(edit, at=new.at)) if edit else ""
    back = "back to an older template: " if new.at != new.created else ""
    return Change(
        entity=entity,
        at=new.at,
        summary=f"revision {old.number} → {new.number}: {back}{said}",
        by=by,
        diff=tuple(line for one in fields for line in one.lines)[:60],
        revision=new.number,
        previous_revision=old.number,
        command=f"kubectl -n {entity.namespace} rollout history "
        f"{kind.lower()}/{entity.name} --revision={new.number}",
        sort=Sort.ROLLOUT,
    )


def change_of(changes: tuple[Change, ...], entity: Entity, revision: int) -> Change | None:
    """The rollout that brought a revision."""
    found = (one for one in changes if one.entity == entity and one.revision == revision)
    return next(found, None)


_SOURCES = (
    _rollouts,
    edited_workloads,
    edited_objects,
    scalings,
    deletions,
    releases,
    deliveries,
)
