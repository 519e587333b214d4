"""Helm releases, by the labels of the objects that keep them; what is inside is never read."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from sreagent.diagnose.view.scene import Scene, labels_of
from sreagent.domain.change import Change, Sort
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import span
from sreagent.domain.text import one_line

KEPT_IN = ("Secret", "ConfigMap")
"""Where Helm keeps its releases, by its storage driver."""
KEPT = 3
"""Steps back in its history that are told of each release."""
RELEASE = "meta.helm.sh/release-name"
RELEASE_SPACE = "meta.helm.sh/release-namespace"
LONG_AGO = 7 * 86_400
_DONE = {
    "deployed": "deployed",
    "superseded": "deployed, replaced since",
    "uninstalled": "uninstalled",
    "failed": "FAILED",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One revision of a Helm release."""

    name: str
    namespace: str
    version: int
    status: str
    """`deployed`, `superseded`, `failed`, `pending-upgrade`, …, as Helm writes it."""
    begun: datetime
    ended: datetime | None
    """When its status was written last."""
    kept_in: Entity


def releases(scene: Scene) -> Iterator[Change]:
    """What Helm did in the last week: each of the newest revisions of every release."""
    for known in _by_name(scene).values():
        newest = known[0]
        for one, before in pairwise([*known[:KEPT], None]):
            if one and (scene.age(one.begun) or 0) < LONG_AGO:
                yield _told(scene, one, before, is_newest=one is newest)


def release_of(item: Obj) -> tuple[str, str]:
    """Namespace and name of the Helm release that an object belongs to; empty when it has none."""
    notes = item["metadata"].get("annotations") or {}
    space = notes.get(RELEASE_SPACE) or item["metadata"].get("namespace") or ""
    return (str(space), str(notes[RELEASE])) if RELEASE in notes else ("", "")


def kept_release(item: Obj) -> tuple[str, str]:
    """Namespace and name of the release that this object keeps; empty when it keeps none."""
    labels = labels_of(item)
    if labels.get("owner") != "helm" or not labels.get("name"):
        return "", ""
    return str(item["metadata"].get("namespace") or ""), labels["name"]


def _by_name(scene: Scene) -> dict[tuple[str, str], list[Release]]:
    found: dict[tuple[str, str], list[Release]] = defaultdict(list)
    for kind in KEPT_IN:
        for item in scene.all(kind):
            if release := _release(scene, kind, item):
                found[release.namespace, release.name].append(release)
    for known in found.values():
        known.sort(key=lambda one: -one.version)
    return found


def _release(scene: Scene, kind: str, item: Obj) -> Release | None:
    labels = labels_of(item)
    space, name = kept_release(item)
    begun, version = scene.created(item), labels.get("version", "")
    if not name or not begun or not version.isdecimal():
        return None
    return Release(
        name=name,
        namespace=space,
        version=int(version),
        status=labels.get("status", ""),
        begun=begun,
        ended=_seconds(labels.get("modifiedAt", "")),
        kept_in=entity_of(kind, item),
    )


def _told(scene: Scene, one: Release, before: Release | None, *, is_newest: bool) -> Change:
    did = f"upgraded to revision {one.version}" if before else f"revision {one.version} installed"
    return Change(
        entity=one.kept_in,
        at=one.begun,
        summary=f"Helm release {one.name} {did}: {_state(scene, one, is_newest=is_newest)}",
        by="helm",
        command=f"helm -n {one.namespace} history {one.name}",
        sort=Sort.RELEASE,
    )


def _state(scene: Scene, one: Release, *, is_newest: bool) -> str:
    if known := _DONE.get(one.status):
        return known
    status = one_line(one.status, 40) or "its status is not told"
    if is_newest and one.status.startswith("pending"):
        return f"{status} for {span(scene.age(one.begun) or 0)}, never ended"
    return status


def _seconds(text: str) -> datetime | None:
    if not text.isdecimal() or len(text) > 11:
        return None
    return datetime.fromtimestamp(int(text), UTC)
