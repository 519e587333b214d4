"""Programs that stopped working because what they are configured with changed under them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.logs.reading import LogError
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY, Container
from sreagent.diagnose.view.mounted import behind, named_in
from sreagent.diagnose.view.revisions import revision_of, workload_revisions
from sreagent.diagnose.view.scene import Scene
from sreagent.diagnose.view.write_order import untold_write
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import parse_time

OLD = timedelta(hours=1)
"""A template rolled out longer than this before the trouble has shown that it works."""
RECENT = timedelta(days=1)
LEEWAY = timedelta(minutes=2)
"""By which the beginning of the trouble may seem to lie before the edit."""
_ABOUT_CONTENT = frozenset(
    {
        LogCause.CONFIG_PARSE,
        LogCause.CONFIG_KEY,
        LogCause.MISSING_ENV,
        LogCause.MISSING_FILE,
        LogCause.AUTH_FAILED,
        LogCause.CERTIFICATE,
        LogCause.EXCEPTION,
    }
)


def configuration_at_fault(
    scene: Scene, pod: Obj, container: Container, words: LogError
) -> Entity | None:
    """The ConfigMap or Secret whose content the program chokes on.

    Only for a template that has worked before: else the rollout itself is the nearer suspect.
    """
    began = parse_time((pod.get("status") or EMPTY).get("startTime")) or scene.now
    if words.cause not in _ABOUT_CONTENT or not _has_worked(scene, pod, began):
        return None
    space = pod["metadata"].get("namespace", "")
    if words.cause is LogCause.MISSING_ENV and (lost := _lost_key(scene, container, words, space)):
        return lost
    told = f"{words.key} {words.line} {words.block[:2000]}"
    named = list(named_in(told, pod, container))
    edited = [one for one in _used(pod, container, space) if _was_edited(scene, one, began)]
    if words.cause in (LogCause.CONFIG_PARSE, LogCause.CONFIG_KEY) and named:
        return named[0]
    both = [one for one in named if one in edited] or edited
    return both[0] if both else None


def _has_worked(scene: Scene, pod: Obj, began: datetime) -> bool:
    known = workload_revisions(scene, scene.workload_of(pod))
    mine = revision_of(pod, known)
    return bool(mine and mine.at and began - mine.at > OLD)


def _lost_key(scene: Scene, container: Container, words: LogError, space: str) -> Entity | None:
    """The one ConfigMap that fills the environment and does not have the variable any more."""
    sources = [one.get("configMapRef") for one in container.spec.get("envFrom") or ()]
    mine = [one for one in container.spec.get("env") or () if one["name"] == words.key]
    sources += [(one.get("valueFrom") or EMPTY).get("configMapKeyRef") for one in mine]
    names = {ref["name"] for ref in sources if ref}
    item = scene.get("ConfigMap", space, next(iter(names))) if len(names) == 1 else None
    if item is None or words.key in (item.get("data") or {}):
        return None
    return Entity(kind="ConfigMap", namespace=space, name=item["metadata"]["name"])


def _used(pod: Obj, container: Container, space: str) -> Iterator[Entity]:
    """Everything the container takes its configuration from."""
    sources = [*(container.spec.get("envFrom") or ())]
    sources += [one.get("valueFrom") or EMPTY for one in container.spec.get("env") or ()]
    for source in sources:
        for field, kind in (
            ("configMapRef", "ConfigMap"),
            ("configMapKeyRef", "ConfigMap"),
            ("secretRef", "Secret"),
            ("secretKeyRef", "Secret"),
        ):
            if ref := source.get(field):
                yield Entity(kind=kind, namespace=space, name=ref["name"])
    for volume in pod["spec"].get("volumes") or ():
        yield from behind(volume, space)


def _was_edited(scene: Scene, entity: Entity, began: datetime) -> bool:
    """Whether somebody edited it shortly before the trouble began, and not when making it."""
    item = scene.inventory.find(entity)
    edit = last_edit(item) if item else None
    if item and (written := untold_write(scene, item)):
        return timedelta(0) <= began - written.after + LEEWAY <= RECENT
    if item is None or edit is None:
        return False
    created = scene.created(item)
    fresh = created is not None and edit.at - created < timedelta(seconds=30)
    return not fresh and timedelta(0) <= began - edit.at + LEEWAY <= RECENT
