"""When an object was written last, told by the order of resource versions.

Servers before 1.25 note no new time when only a value is edited. But a resource version is a number
that grows with each write to the cluster: an object with a higher one than an event was written
after that event. A cluster that was restored or migrated wrote everything anew, so nothing is told
unless nearly all objects agree with what else is known of them.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from operator import itemgetter

from sreagent.diagnose.objects.managers import written_at
from sreagent.diagnose.view.scene import WORKLOADS, Scene, last_seen, once_per_scene
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
"""Between the time an object tells of its last write, and that write."""
STEP = timedelta(seconds=5)
"""Between the time an event tells, and its write."""
DISAGREE = 0.02
"""Share of events, or of objects, whose order may contradict their times."""
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
    return None if _group(item) in _crowds(scene) else _written(scene, item)


@once_per_scene
def _is_trusted(scene: Scene) -> bool:
    marks = _marks(scene)
    if len(marks) < MARKS:
        return False
    back = sum(later[1] + STEP < earlier[1] for earlier, later in pairwise(marks))
    if back > DISAGREE * len(marks) or _contradicts(scene):
        return False
    quiet = _quiet(scene)
    untold = sum(_written(scene, item) is not None for item in quiet)
    return len(quiet) >= MARKS and untold <= EDITED * len(quiet)


def _contradicts(scene: Scene) -> bool:
    """Whether objects were written, by their own times, later than by their order."""
    marks = _marks(scene)
    items = [item for kind in (*WORKLOADS, "Pod", "Node", *QUIET) for item in scene.all(kind)]
    wrong = 0
    for item in items:
        number, at = _number(item), written_at(item)
        place = bisect_right(marks, number, key=_order)
        late = place < len(marks) and at is not None and marks[place][1] + SLACK < at
        wrong += bool(number and late)
    return wrong > DISAGREE * len(items)


@once_per_scene
def _crowds(scene: Scene) -> frozenset[tuple[str, str]]:
    """Kinds of a namespace of which most were written anew: by a program, not by an edit."""
    every, untold = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for item in _quiet(scene):
        every[_group(item)] += 1
        untold[_group(item)] += _written(scene, item) is not None
    return frozenset(one for one, count in untold.items() if 1 < count > every[one] / 2)


def _group(item: Obj) -> tuple[str, str]:
    return str(item.get("kind")), str(item["metadata"].get("namespace") or "")


def _quiet(scene: Scene) -> list[Obj]:
    return [item for kind in QUIET for item in scene.all(kind)]


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
    place = bisect_left(marks, number, key=_order)
    known = max(filter(None, (written_at(item), scene.created(item))), default=None)
    if not number or not place or known is None:
        return None
    after = marks[place - 1][1]
    later = bisect_right(marks, number, key=_order)
    if after - known <= SLACK:
        return None
    return Written(after=after, before=max(marks[later][1], after) if later < len(marks) else None)


_order = itemgetter(0)


def _number(item: Obj) -> int:
    text = str(item["metadata"].get("resourceVersion") or "")
    return int(text) if text.isdecimal() and len(text) < 20 else 0
