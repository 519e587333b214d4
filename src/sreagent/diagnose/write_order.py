"""When an object was written last, told by the order of resource versions.

Servers before 1.25 note no new time when only a value is edited. But a resource version is a number
that grows with each write to the cluster: an object with a higher one than an event was written
after that event. A cluster that was restored or migrated wrote everything anew, so nothing is told
unless nearly all objects agree with what else is known of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sreagent.diagnose.managers import written_at
from sreagent.diagnose.scene import Scene, last_seen, once_per_scene
from sreagent.domain.inventory import Obj

QUIET = (
    *("ConfigMap", "Secret", "NetworkPolicy", "Role", "RoleBinding", "ClusterRole"),
    *("ClusterRoleBinding", "LimitRange", "PriorityClass", "StorageClass", "Service"),
    *("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ServiceAccount"),
)
"""Kinds that no controller writes to while all is well."""
MARKS = 5
"""Events below which the order proves nothing; so many quiet objects must agree, too."""
SLACK = timedelta(seconds=60)
"""Between the time an event tells and its write, and between an object's own time and its write."""
DISAGREE = 0.02
"""Share of events whose order may contradict their times."""
EDITED = 0.2
"""Share of quiet objects that may have been edited without a trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Between which moments an object was written last."""

    after: datetime
    before: datetime | None
    """None when nothing known was written later."""


def untold_write(scene: Scene, item: Obj) -> Written | None:
    """The last write of an object of a quiet kind, when its own times do not tell it."""
    if item.get("kind") not in QUIET or not _is_trusted(scene):
        return None
    return _written(scene, item)


@once_per_scene
def _is_trusted(scene: Scene) -> bool:
    marks = _marks(scene)
    if len(marks) < MARKS:
        return False
    back = sum(later[1] + SLACK < earlier[1] for earlier, later in pairwise(marks))
    if back > DISAGREE * len(marks):
        return False
    quiet = [item for kind in QUIET for item in scene.all(kind)]
    untold = sum(_written(scene, item) is not None for item in quiet)
    return len(quiet) >= MARKS and untold <= EDITED * len(quiet)


@once_per_scene
def _marks(scene: Scene) -> list[tuple[int, datetime]]:
    return sorted(_seen_writes(scene))


def _seen_writes(scene: Scene) -> Iterator[tuple[int, datetime]]:
    for event in scene.all("Event"):
        number, at = _number(event), last_seen(event)
        if number and at:
            yield number, at


def _written(scene: Scene, item: Obj) -> Written | None:
    number, marks = _number(item), _marks(scene)
    place = bisect_left(marks, number, key=lambda mark: mark[0])
    known = max(filter(None, (written_at(item), scene.created(item))), default=None)
    if not number or not place or known is None:
        return None
    after = marks[place - 1][1]
    later = marks[bisect_right(marks, number, key=lambda mark: mark[0]) :]
    if after - known <= SLACK:
        return None
    return Written(after=after, before=max(later[0][1], after) if later else None)


def _number(item: Obj) -> int:
    text = str(item["metadata"].get("resourceVersion") or "")
    return int(text) if text.isdecimal() and len(text) < 20 else 0
