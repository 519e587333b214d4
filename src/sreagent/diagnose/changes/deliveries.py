"""What Argo CD and Flux brought into the cluster, and what they could not bring."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import pod_condition
from sreagent.diagnose.objects.shapes import moment, part, parts
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.change import Change, Sort
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.secrets import hide
from sreagent.domain.text import one_line

FLUX = (
    *("Kustomization", "HelmRelease", "GitRepository", "OCIRepository", "HelmRepository"),
    *("Bucket", "HelmChart"),
)
KEPT = 3
"""Steps back in its history that are told of each application."""
LONG_AGO = 7 * 86_400
WORDS = 160
_HERE = ("https://kubernetes.default.svc", "in-cluster")
_GIVEN_UP = ("Failed", "Error")


def deliveries(scene: Scene) -> Iterator[Change]:
    """Syncs of the last week that changed something, failures, and what is held back."""
    found = [*_of_argo(scene), *_of_flux(scene)]
    yield from (one for one in found if one.until or (scene.age(one.at) or 0) < LONG_AGO)


def _of_argo(scene: Scene) -> Iterator[Change]:
    for item in scene.all("Application"):
        status = part(item, "status")
        if "sync" in status or "operationState" in status:
            yield from _syncs(item, status)
            yield from _failed_sync(item, status)
            yield from _out_of_sync(scene, item, status)


def _syncs(item: Obj, status: Obj) -> Iterator[Change]:
    known = sorted(
        (one for one in parts(status, "history") if moment(one, "deployedAt")),
        key=lambda one: str(one["deployedAt"]),
        reverse=True,
    )
    for new, old in pairwise([*known[: KEPT + 1], None]):
        at = moment(new, "deployedAt") if new else None
        if new and at:
            was = f" (was {_short(old)})" if old and _short(old) != _short(new) else ""
            yield _told(item, at, f"synced to {_short(new)}{was}", by=_starter(new))


def _failed_sync(item: Obj, status: Obj) -> Iterator[Change]:
    done = part(status, "operationState")
    at = moment(done, "finishedAt") or moment(done, "startedAt")
    if at and done.get("phase") in _GIVEN_UP:
        to = _short(part(done, "syncResult"))
        why = _words(done.get("message"))
        starter = _starter(part(done, "operation"))
        yield _told(item, at, f"sync{f' to {to}' if to else ''} FAILED: {why}", by=starter)


def _out_of_sync(scene: Scene, item: Obj, status: Obj) -> Iterator[Change]:
    """Something was changed behind its back, or is not brought; since when is not told."""
    if part(status, "sync").get("status") != "OutOfSync":
        return
    known = [moment(one, "deployedAt") for one in parts(status, "history")]
    began = max(filter(None, known), default=scene.created(item))
    differ = [
        f"{one.get('kind')} {one.get('name')}"
        for one in parts(status, "resources")
        if one.get("status") == "OutOfSync"
    ]
    what = f": {', '.join(differ[:3])}{' …' if len(differ) > 3 else ''}" if differ else ""
    nowhere = _missing_target(scene, item)
    why = f"; its target namespace {nowhere} does not exist" if nowhere else ""
    said = f"out of sync{what}{why}; since when is not known"
    yield _told(item, began or scene.now, said, until=scene.now)


def _missing_target(scene: Scene, item: Obj) -> str:
    target = part(item, "spec", "destination")
    name = str(target.get("namespace") or "")
    here = (target.get("server") or target.get("name") or _HERE[0]) in _HERE
    gone = here and name and scene.is_missing(Entity(kind="Namespace", name=name))
    return name if gone else ""


def _of_flux(scene: Scene) -> Iterator[Change]:
    for kind in FLUX:
        for item in scene.all(kind):
            if str(item.get("apiVersion") or "toolkit.fluxcd.io").find("toolkit.fluxcd.io") >= 0:
                yield from _reconciled(item)
                yield from _upgrades(item)
                yield from _suspended(scene, item)


def _reconciled(item: Obj) -> Iterator[Change]:
    ready = pod_condition(item, "Ready")
    at = moment(ready, "lastTransitionTime")
    status = part(item, "status")
    if not at:
        return
    if ready.get("status") == "False":
        tried = one_line(str(status.get("lastAttemptedRevision") or ""), 60)
        what = f"{tried} was not brought" if tried else "not ready"
        yield _told(
            item, at, f"{what}: {_words(ready.get('reason'))}, {_words(ready.get('message'))}"
        )
    elif ready.get("status") == "True":
        artifact = part(status, "artifact").get("revision")
        applied = one_line(str(status.get("lastAppliedRevision") or artifact or ""), 60)
        yield _told(item, at, f"applied {applied}" if applied else "ready")


def _upgrades(item: Obj) -> Iterator[Change]:
    """Of a HelmRelease: the chart versions it went through."""
    known = [one for one in parts(item, "status", "history") if moment(one, "lastDeployed")]
    known.sort(key=lambda one: str(one["lastDeployed"]), reverse=True)
    for new, old in pairwise([*known[: KEPT + 1], None]):
        at = moment(new, "lastDeployed") if new else None
        if new and at:
            chart, before = _chart(new), _chart(old) if old else ""
            was = f" (was {before})" if before and before != chart else ""
            yield _told(item, at, f"{chart}{was}: {_words(new.get('status'))}")


def _suspended(scene: Scene, item: Obj) -> Iterator[Change]:
    """Held back since nobody knows when; an edit with a time is told as that edit."""
    if part(item, "spec").get("suspend") and not last_edit(item, "spec.suspend"):
        at = scene.created(item) or scene.now
        yield _told(item, at, "suspended: nothing is brought", until=scene.now)


def _told(
    item: Obj, at: datetime, said: str, *, by: str = "", until: datetime | None = None
) -> Change:
    entity = entity_of(str(item["kind"]), item)
    return Change(
        entity=entity,
        at=at,
        until=until if until and until > at else None,
        summary=f"{entity.kind} {entity.name} {said}",
        by=by,
        command=entity.get,
        sort=Sort.RELEASE,
    )


def _short(entry: Mapping[str, Any]) -> str:
    """A commit the way people write it; a version as it is."""
    revision = str(entry.get("revision") or " ".join(map(str, entry.get("revisions") or ())))
    is_commit = len(revision) == 40 and all(one in "0123456789abcdef" for one in revision)
    return revision[:8] if is_commit else one_line(revision, 60)


def _starter(entry: Mapping[str, Any]) -> str:
    who = part(entry, "initiatedBy")
    name = one_line(str(who.get("username") or ""), 60)
    return name or ("automated sync" if who.get("automated") else "")


def _chart(entry: Mapping[str, Any]) -> str:
    return one_line(f"{entry.get('chartName') or 'chart'} {entry.get('chartVersion') or ''}", 80)


def _words(text: object) -> str:
    """Words of others: on one line, short, and without secrets."""
    return one_line(hide(str(text or "no reason given")), WORDS)
