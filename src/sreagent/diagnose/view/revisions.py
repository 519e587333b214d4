"""Revisions of a workload: what was rolled out when, and what each one changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sreagent.diagnose.objects.podspec import EMPTY, container_specs, pod_condition, short_image
from sreagent.diagnose.view.scene import Scene, labels_of
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, controller_ref, entity_of
from sreagent.domain.moment import parse_time
from sreagent.domain.secrets import hide, hide_words, mask, names_secret

NUMBER = "deployment.kubernetes.io/revision"
NUMBERS_BEFORE = "deployment.kubernetes.io/revision-history"
CAUSE = "kubernetes.io/change-cause"
HASH = "controller-revision-hash"
_NOISE = (
    "pod-template-hash",
    HASH,
    "creationTimestamp",
    "terminationMessage",
    "kubectl.kubernetes",
)
_RESTARTED = "kubectl.kubernetes.io/restartedAt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One pod template that a workload had or has."""

    number: int
    name: str
    """Of the ReplicaSet or ControllerRevision that keeps it."""
    template: Obj
    at: datetime | None
    """When it was rolled out; for an old one that came back, when it came back."""
    created: datetime | None
    """When it was rolled out for the first time."""
    cause: str = ""
    """The `change-cause` annotation."""
    returned: bool = False
    """Whether it had another number before."""

    @property
    def label(self) -> str:
        """`revision 7`."""
        return f"revision {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of a template that differs."""

    what: str
    """`image`, `env PAYMENT_URL`, `memory limit`, or the path."""
    before: str
    """Empty when it was not there."""
    after: str
    container: str = ""

    @property
    def text(self) -> str:
        """`memory limit: 512Mi → 192Mi`."""
        name = f"{self.container}: {self.what}" if self.container else self.what
        if not self.after:
            return f"{name}: removed (was {self.before})" if self.before else f"{name}: removed"
        if not self.before:
            return f"{name}: added ({self.after})"
        if self.what == "image":
            return f"{name} {_images(self.before, self.after)}"
        return f"{name}: {self.before} → {self.after}"

    @property
    def lines(self) -> tuple[str, ...]:
        """The same as diff lines."""
        name = f"{self.container}: {self.what}" if self.container else self.what
        pairs = (("- ", self.before), ("+ ", self.after))
        return tuple(f"{sign}{name}: {value}" for sign, value in pairs if value)


def revisions(scene: Scene, kind: str, workload: Obj) -> tuple[Revision, ...]:
    """All revisions still kept, newest first."""
    entity = entity_of(kind, workload)
    return scene.keep(("revisions", entity), _revisions, scene, kind, workload)


def _revisions(scene: Scene, kind: str, workload: Obj) -> tuple[Revision, ...]:
    uid = workload["metadata"].get("uid", "")
    owned = list(scene.inventory.owned(uid))
    if kind == "Deployment":
        found = [_of_replica_set(item) for name, item in owned if name == "ReplicaSet"]
    else:
        found = [_of_controller(item) for name, item in owned if name == "ControllerRevision"]
    found.sort(key=lambda one: -one.number)
    return _came_back(workload, found)


def revision_of(pod: Obj, known: tuple[Revision, ...]) -> Revision | None:
    """The revision a pod was made from."""
    owner = controller_ref(pod) or EMPTY
    mark = labels_of(pod).get(HASH, "")
    for one in known:
        if one.name == owner.get("name") or (mark and one.name in (mark, _hashed(owner, mark))):
            return one
    return None


def compare(old: Obj, new: Obj) -> tuple[FieldChange, ...]:
    """What differs between two pod templates, images and limits first."""
    before, after = dict(_fields(old)), dict(_fields(new))
    several = len(container_specs(new.get("spec") or EMPTY)) > 1
    changes = []
    came_or_went = _containers(old) ^ _containers(new)
    for path in sorted(before.keys() | after.keys(), key=_rank):
        was, now = before.get(path, ""), after.get(path, "")
        container, what = path
        as_a_whole = container in came_or_went and what != "image"
        probe, _, part = what.partition(".")
        if probe in _PROBES:
            both = (container, probe) in before and (container, probe) in after
            as_a_whole = as_a_whole or both is not bool(part)
        if was != now and not as_a_whole:
            shown = container if several else ""
            changes.append(FieldChange(what=what, before=was, after=now, container=shown))
    return tuple(changes)


def _containers(template: Obj) -> set[str]:
    return {one["name"] for one in container_specs(template.get("spec") or EMPTY)}


def only_restarted(changes: tuple[FieldChange, ...]) -> bool:
    """Whether the rollout changed nothing but notes: the time of a restart, a sum of a config."""
    return all(change.what.startswith(_NOTES) for change in changes)


_NOTES = ("annotations", "env STAKATER_")
"""Fields by which somebody, or Stakater's Reloader, makes pods start anew."""


def workload_revisions(scene: Scene, workload: Entity) -> tuple[Revision, ...]:
    """Revisions of a workload by its name; none when it was not listed."""
    item = scene.inventory.find(workload)
    return revisions(scene, workload.kind, item) if item else ()


def hide_value(name: str, value: str) -> str:
    """Mask a value that could be a secret."""
    return mask(value) if value and names_secret(name) else hide(value)


def _of_replica_set(item: Obj) -> Revision:
    notes = item["metadata"].get("annotations") or {}
    created = parse_time(item["metadata"].get("creationTimestamp"))
    number = str(notes.get(NUMBER) or "0")
    return Revision(
        number=int(number) if number.isdigit() else 0,
        name=item["metadata"]["name"],
        template=(item.get("spec") or EMPTY).get("template") or EMPTY,
        at=created,
        created=created,
        cause=hide(str(notes.get(CAUSE) or "")),
        returned=NUMBERS_BEFORE in notes,
    )


def _of_controller(item: Obj) -> Revision:
    created = parse_time(item["metadata"].get("creationTimestamp"))
    data = (item.get("data") or EMPTY).get("spec") or EMPTY
    return Revision(
        number=int(item.get("revision") or 0),
        name=item["metadata"]["name"],
        template=data.get("template") or EMPTY,
        at=created,
        created=created,
        cause=hide(str((item["metadata"].get("annotations") or {}).get(CAUSE) or "")),
    )


def _came_back(workload: Obj, found: list[Revision]) -> tuple[Revision, ...]:
    """A rollback gives an old ReplicaSet the newest number: its own age tells nothing then."""
    if len(found) < 2 or not found[0].created or not found[1].created:
        return tuple(found)
    newest = found[0]
    if newest.returned or found[0].created < found[1].created:
        progress = pod_condition(workload, "Progressing")
        at = parse_time(progress.get("lastUpdateTime")) or found[1].created
        newest = replace(newest, at=at)
    return (newest, *found[1:])


def _hashed(owner: Mapping[str, Any], mark: str) -> str:
    return f"{owner.get('name')}-{mark}"


def _images(before: str, after: str) -> str:
    old, new = short_image(before), short_image(after)
    same_place = before.removesuffix(old) == after.removesuffix(new)
    return f"{old} → {new}" if same_place else f"{before} → {after}"


_FIRST = ("image", "memory limit", "cpu limit", "env", "command", "args")


def _rank(path: tuple[str, str]) -> tuple[int, str, str]:
    container, what = path
    place = next((n for n, name in enumerate(_FIRST) if what.startswith(name)), len(_FIRST))
    return place, container, what


def _fields(template: Obj) -> Iterator[tuple[tuple[str, str], str]]:
    spec = template.get("spec") or EMPTY
    for container in container_specs(spec):
        yield from _container_fields(container)
    rest = {k: v for k, v in spec.items() if k not in ("initContainers", "containers")}
    meta = template.get("metadata") or EMPTY
    yield from _flat({**rest, "labels": meta.get("labels"), "annotations": meta.get("annotations")})


def _container_fields(container: Obj) -> Iterator[tuple[tuple[str, str], str]]:
    name = container["name"]
    for one in container.get("env") or ():
        value = hide_value(one["name"], str(one.get("value") or "")) or _source(one)
        yield (name, f"env {one['name']}"), value or '""'
    resources = container.get("resources") or EMPTY
    for side, word in (("limits", "limit"), ("requests", "request")):
        for resource, value in (resources.get(side) or {}).items():
            yield (name, f"{resource} {word}"), str(value)
    for probe in _PROBES:
        if probe in container:
            yield (name, probe), _say_probe(container[probe])
    done = ("name", "env", "resources")
    rest = {key: value for key, value in container.items() if key not in done}
    for (_, path), value in _flat(rest):
        yield (name, path), value


_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")


def _say_probe(probe: Obj) -> str:
    """`httpGet path=/ready port=http scheme=HTTP, periodSeconds 5, …`."""
    ways = ("httpGet", "tcpSocket", "grpc", "exec")
    asked = [
        " ".join([way, *(f"{key}={_say(value)}" for key, value in sorted(probe[way].items()))])
        for way in ways
        if probe.get(way)
    ]
    timing = [f"{key} {value}" for key, value in sorted(probe.items()) if key not in ways]
    return ", ".join(asked + timing)


def _say(value: object) -> str:
    return hide_words(value) if isinstance(value, list) else hide(str(value))


def _source(env: Obj) -> str:
    for field, ref in (env.get("valueFrom") or {}).items():
        if field == "fieldRef":
            return f"from {ref.get('fieldPath')}"
        kind = field.removesuffix("KeyRef").removesuffix("Ref")
        return f"from {kind} {ref.get('name', '')} key {ref.get('key', '')}"
    return ""


def _flat(value: object, path: str = "") -> Iterator[tuple[tuple[str, str], str]]:
    if any(noise in path for noise in _NOISE) and _RESTARTED not in path:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{_item_name(inner, number)}]")
    elif isinstance(value, list):
        yield ("", path), hide_words(value)
    elif value is not None:
        yield ("", path), hide_value(_name_at(path), str(value))


def _name_at(path: str) -> str:
    """The name that somebody chose for what stands at a path; fields of the API tell nothing."""
    if path.startswith("annotations."):
        return path.rpartition("/")[2].removeprefix("annotations.")
    return path.removesuffix("].value").rpartition("[")[2] if path.endswith("].value") else ""


def _item_name(item: Mapping[str, Any], number: int) -> str:
    for key in ("name", "containerPort", "mountPath", "key"):
        if key in item:
            return str(item[key])
    return str(number)
