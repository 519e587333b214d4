"""The kubectl lines of a step: as much of kubectl as people change a cluster with."""

import copy
import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sreagent.simulator.api import Api, Caller, Place
from sreagent.simulator.clock import stamp
from sreagent.simulator.kinds import DEPLOYMENT, NODE, POD, REPLICA_SET, Kind
from sreagent.simulator.objects import (
    Json,
    annotations_of,
    lookup,
    meta,
    name_of,
    namespace_of,
    owner_uids,
    uid_of,
)
from sreagent.simulator.patches import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH
from sreagent.simulator.selectors import label_test
from sreagent.simulator.staging.applying import Applier
from sreagent.simulator.staging.documents import yaml_documents

_SHORT = {"-n": "namespace", "-l": "selector", "-f": "filename", "-p": "patch", "-c": "container"}
_SWITCHES = ("all", "force", "overwrite", "ignore-not-found", "ignore-daemonsets", "now")
_REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"
_MEDIA = {"json": JSON_PATCH, "merge": MERGE_PATCH, "strategic": STRATEGIC_PATCH}


class LineError(ValueError):
    """A line that cannot be done."""


@dataclass(slots=True, kw_only=True)
class Line:
    """One kubectl line, taken apart."""

    verb: str
    words: list[str]
    flags: dict[str, list[str]] = field(default_factory=dict)

    def flag(self, name: str, usual: str = "") -> str:
        """The value of a flag."""
        return self.flags.get(name, [usual])[-1]


def parse(text: str) -> Line:
    """Take a line apart; the word kubectl in front may be left out.

    Raises:
        LineError: There is no verb.
    """
    parts = shlex.split(text)
    words: list[str] = []
    flags: dict[str, list[str]] = {}
    while parts:
        part = parts.pop(0)
        if not part.startswith("-") or part == "-":
            words.append(part)
            continue
        name, equals, value = part.partition("=")
        name = _SHORT.get(name, name.lstrip("-"))
        if not equals:
            takes = name not in _SWITCHES and parts and not parts[0].startswith("--")
            value = parts.pop(0) if takes else "true"
        flags.setdefault(name, []).append(value)
    if words[:1] == ["kubectl"]:
        words = words[1:]
    if not words:
        problem = "the line has no verb"
        raise LineError(problem)
    return Line(verb=words[0], words=words[1:], flags=flags)


class Kubectl:
    """Does kubectl lines on a cluster."""

    def __init__(self, api: Api, folder: Path) -> None:
        self.api = api
        self.store = api.store
        self.folder = folder
        self._verbs: dict[str, Callable[[Line], None]] = {
            "apply": self._apply,
            "create": self._create,
            "delete": self._delete,
            "scale": self._scale,
            "set": self._set,
            "patch": self._patch,
            "label": self._label,
            "annotate": self._annotate,
            "taint": self._taint,
            "cordon": lambda line: self._cordon(line, cordoned=True),
            "uncordon": lambda line: self._cordon(line, cordoned=False),
            "drain": self._drain,
            "rollout": self._rollout,
        }

    def run(self, text: str, manager: str = "") -> None:
        """Do one line.

        Raises:
            LineError: It is not understood.
            ApiError: The cluster refuses.
        """
        line = parse(text)
        verb = self._verbs.get(line.verb)
        if verb is None:
            problem = f"kubectl {line.verb} is not known here: {', '.join(self._verbs)}"
            raise LineError(problem)
        if manager:
            line.flags["field-manager"] = [manager]
        verb(line)

    def _caller(self, line: Line) -> Caller:
        alone = ("scale", "cordon", "uncordon", "drain", "delete")
        usual = "kubectl" if line.verb in alone else f"kubectl-{line.verb}"
        return Caller(manager=line.flag("field-manager", usual))

    def _namespace(self, line: Line, kind: Kind) -> str:
        return line.flag("namespace", "default") if kind.namespaced else ""

    def _kind(self, word: str) -> Kind:
        found = self.store.kinds.called(word)
        if found is None:
            problem = f"the cluster serves no {word!r}"
            raise LineError(problem)
        return found

    def _places(self, line: Line, words: list[str]) -> Iterator[Place]:
        """The objects that words such as `deploy web`, `svc/a pod/b` or `pod -l app=x` name."""
        if not words:
            problem = "the line names no object"
            raise LineError(problem)
        if "/" in words[0]:
            for word in words:
                kind_word, _, name = word.partition("/")
                kind = self._kind(kind_word)
                yield self._existing(kind, self._namespace(line, kind), name)
            return
        for kind_word in words[0].split(","):
            kind = self._kind(kind_word)
            namespace = self._namespace(line, kind)
            if "selector" in line.flags or "all" in line.flags:
                test = label_test(line.flag("selector"))
                for obj in self.store.all(kind, namespace or None):
                    if test(obj):
                        yield Place(kind=kind, namespace=namespace_of(obj), name=name_of(obj))
            for name in words[1:]:
                yield self._existing(kind, namespace, name)

    def _existing(self, kind: Kind, namespace: str, name: str) -> Place:
        place = Place(kind=kind, namespace=namespace, name=name)
        self.api.read(place)
        return place

    def _apply(self, line: Line) -> None:
        applier = Applier(self.api)
        for path in line.flags.get("filename", []):
            for manifest in yaml_documents(self.folder / path):
                applier.apply(manifest, line.flag("field-manager"), line.flag("namespace"))

    def _create(self, line: Line) -> None:
        if "filename" in line.flags:
            self._apply(line)
            return
        what, *names = line.words
        name = names[-1] if names else ""
        makers: dict[str, Callable[[], Json]] = {
            "namespace": dict,
            "ns": dict,
            "configmap": lambda: {"data": self._literals(line)},
            "cm": lambda: {"data": self._literals(line)},
            "secret": lambda: {"type": "Opaque", "stringData": self._literals(line)},
            "serviceaccount": dict,
            "quota": lambda: {"spec": {"hard": dict(_pairs(line.flag("hard").split(",")))}},
        }
        if what not in makers:
            problem = f"kubectl create {what} is not known here: {', '.join(makers)}"
            raise LineError(problem)
        kind = self._kind(what)
        place = Place(kind=kind, namespace=self._namespace(line, kind))
        head = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": name}}
        self.api.create(place, {**head, **makers[what]()}, self._caller(line))

    def _literals(self, line: Line) -> dict[str, str]:
        found = dict(_pairs(line.flags.get("from-literal", [])))
        for told in line.flags.get("from-file", []):
            key, _, path = told.rpartition("=")
            text = (self.folder / path).read_text(encoding="utf-8")
            found[key or Path(path).name] = text
        return found

    def _delete(self, line: Line) -> None:
        options: Json = {}
        if "grace-period" in line.flags:
            options["gracePeriodSeconds"] = int(line.flag("grace-period"))
        for place in list(self._places(line, line.words)):
            self.api.delete(place, options, self._caller(line))

    def _scale(self, line: Line) -> None:
        replicas = int(line.flag("replicas"))
        for place in self._places(line, line.words):
            self.api.scale(
                place, self._caller(line), lambda scale: {**scale, "spec": {"replicas": replicas}}
            )

    def _set(self, line: Line) -> None:
        what, *words = line.words
        named, settings = _split(words)
        makers: dict[str, Callable[[Json], Json]] = {
            "image": lambda obj: _containers(obj, settings, lambda value: {"image": value}),
            "env": lambda obj: _set_env(obj, settings, line),
            "resources": lambda obj: _set_resources(obj, line),
        }
        if what == "selector":
            for place in self._places(line, named):
                wanted = {"spec": {"selector": dict(_pairs(settings[0].split(",")))}}
                self.api.patch(place, wanted, MERGE_PATCH, self._caller(line))
            return
        if what in ("serviceaccount", "sa"):
            named, settings = named[:-1], named[-1:]
            makers[what] = lambda _obj: {"serviceAccountName": settings[0]}
        if what not in makers:
            problem = f"kubectl set {what} is not known here: {', '.join(makers)}, selector"
            raise LineError(problem)
        for place in self._places(line, named):
            patch = makers[what](self.api.read(place))
            self._change_template(place, patch, line)

    def _change_template(self, place: Place, patch: Json, line: Line) -> None:
        path: tuple[str, ...] = ("spec", "jobTemplate", "spec", "template", "spec")
        if place.kind.plural != "cronjobs":
            path = ("spec", "template", "spec")
        wanted: Json = patch
        for part in reversed(path):
            wanted = {part: wanted}
        self.api.patch(place, wanted, STRATEGIC_PATCH, self._caller(line))

    def _patch(self, line: Line) -> None:
        try:
            patch = json.loads(line.flag("patch"))
        except ValueError as wrong:
            problem = f"the patch is no JSON: {wrong}"
            raise LineError(problem) from wrong
        for place in self._places(line, line.words):
            media = _MEDIA[line.flag("type", "merge" if place.kind.is_custom else "strategic")]
            self.api.patch(place, patch, media, self._caller(line))

    def _label(self, line: Line) -> None:
        self._mark(line, "labels")

    def _annotate(self, line: Line) -> None:
        self._mark(line, "annotations")

    def _mark(self, line: Line, part: str) -> None:
        named, settings = _split(line.words, ends="-")
        wanted = {each.removesuffix("-"): None for each in settings if "=" not in each} | dict(
            _pairs([each for each in settings if "=" in each])
        )
        for place in self._places(line, named):
            self.api.patch(place, {"metadata": {part: wanted}}, MERGE_PATCH, self._caller(line))

    def _taint(self, line: Line) -> None:
        named = [word for word in line.words if ":" not in word and not word.endswith("-")]
        for place in self._places(line, named):
            node = self.api.read(place)
            taints = [*(lookup(node, "spec.taints") or ())]
            for told in [word for word in line.words if word not in named]:
                taints = _with_taint(taints, told)
            patch = {"spec": {"taints": taints or None}}
            self.api.patch(place, patch, MERGE_PATCH, self._caller(line))

    def _cordon(self, line: Line, *, cordoned: bool) -> None:
        for name in line.words:
            self._set_cordon(name, self._caller(line), cordoned=cordoned)

    def _set_cordon(self, node: str, caller: Caller, *, cordoned: bool) -> None:
        place = self._existing(NODE, "", node.removeprefix("node/"))
        patch = {"spec": {"unschedulable": cordoned or None}}
        self.api.patch(place, patch, MERGE_PATCH, caller)

    def _drain(self, line: Line) -> None:
        for name in line.words:
            self._set_cordon(name, self._caller(line), cordoned=True)
            for pod in self.store.all(POD):
                owners = meta(pod).get("ownerReferences") or ()
                if lookup(pod, "spec.nodeName") == name and not any(
                    owner["kind"] == "DaemonSet" for owner in owners
                ):
                    place = Place(kind=POD, namespace=namespace_of(pod), name=name_of(pod))
                    self.api.delete(place, {}, self._caller(line))

    def _rollout(self, line: Line) -> None:
        what, *words = line.words
        for place in self._places(line, words):
            match what:
                case "restart":
                    now = stamp(self.store.clock.now())
                    told = {"kubectl.kubernetes.io/restartedAt": now}
                    patch: Json = {"spec": {"template": {"metadata": {"annotations": told}}}}
                    self.api.patch(place, patch, MERGE_PATCH, self._caller(line))
                case "pause" | "resume":
                    patch = {"spec": {"paused": True if what == "pause" else None}}
                    self.api.patch(place, patch, MERGE_PATCH, self._caller(line))
                case "undo":
                    self._undo(place, line)
                case _:
                    problem = f"kubectl rollout {what} is not known here"
                    raise LineError(problem)

    def _undo(self, place: Place, line: Line) -> None:
        deployment = self.api.read(place)
        sets = sorted(
            (
                each
                for each in self.store.all(REPLICA_SET, place.namespace)
                if uid_of(deployment) in owner_uids(each)
            ),
            key=lambda each: int(annotations_of(each).get(_REVISION, "0")),
        )
        wanted = line.flag("to-revision")
        before = [each for each in sets if annotations_of(each).get(_REVISION) == wanted]
        before = before or sets[-2:-1]
        if place.kind is not DEPLOYMENT or not before:
            problem = f"{place.name} has no earlier revision"
            raise LineError(problem)
        template = copy.deepcopy(before[0]["spec"]["template"])
        (template["metadata"].get("labels") or {}).pop(_HASH, None)
        changed = copy.deepcopy(deployment)
        changed["spec"]["template"] = template
        meta(changed).pop("resourceVersion", None)
        self.api.update(place, changed, self._caller(line))


def _pairs(settings: list[str]) -> Iterator[tuple[str, str]]:
    for each in settings:
        name, equals, value = each.partition("=")
        if not equals:
            problem = f"{each!r} must be NAME=VALUE"
            raise LineError(problem)
        yield name, value


def _split(words: list[str], ends: str = "") -> tuple[list[str], list[str]]:
    """The words that name objects, and those that say what to set."""
    settings = [
        each for each in words if "=" in each or (each.endswith("-") and (ends or each != words[0]))
    ]
    return [each for each in words if each not in settings], settings


def _template_containers(obj: Json) -> list[Json]:
    spec = obj.get("spec") or {}
    template = lookup(spec, "jobTemplate.spec.template.spec") or lookup(spec, "template.spec")
    found: list[Json] = (template or spec).get("containers") or []
    return found


def _containers(obj: Json, settings: list[str], make: Callable[[str], Json]) -> Json:
    names = [each["name"] for each in _template_containers(obj)]
    told = dict(_pairs(settings))
    chosen = {
        name: value for key, value in told.items() for name in (names if key == "*" else [key])
    }
    unknown = [name for name in chosen if name not in names]
    if unknown:
        problem = f"there is no container {unknown[0]!r}; there are: {', '.join(names)}"
        raise LineError(problem)
    return {"containers": [{"name": name, **make(value)} for name, value in chosen.items()]}


def _set_env(obj: Json, settings: list[str], line: Line) -> Json:
    wanted: list[Json] = []
    for each in settings:
        name, equals, value = each.partition("=")
        if equals:
            wanted.append({"name": name, "value": value, "valueFrom": None})
        else:
            wanted.append({"name": name.removesuffix("-"), "$patch": "delete"})
    names = line.flags.get("container") or [e["name"] for e in _template_containers(obj)]
    return {"containers": [{"name": name, "env": copy.deepcopy(wanted)} for name in names]}


def _set_resources(obj: Json, line: Line) -> Json:
    wanted: Json = {}
    for part in ("limits", "requests"):
        if part in line.flags:
            wanted[part] = dict(_pairs(line.flag(part).split(",")))
    names = line.flags.get("container") or line.flags.get("containers")
    names = names or [each["name"] for each in _template_containers(obj)]
    return {"containers": [{"name": name, "resources": wanted} for name in names]}


def _with_taint(taints: list[Json], told: str) -> list[Json]:
    removes = told.endswith("-")
    pair, _, effect = told.removesuffix("-").partition(":")
    key, _, value = pair.partition("=")
    kept: list[Any] = [
        each for each in taints if (each["key"], each["effect"]) != (key, effect or each["effect"])
    ]
    if removes:
        return kept
    taint = {"key": key, "value": value, "effect": effect}
    return [*kept, {name: each for name, each in taint.items() if each}]
