"""`kubectl apply`: what a manifest changes, also when it leaves out what it once said."""

import copy
import json
from typing import Any

from sreagent.simulator.api import Api, Caller, Place
from sreagent.simulator.kinds import DEFINITION, NAMESPACE, Kind, Kinds, defined, guessed
from sreagent.simulator.objects import Json, annotations_of, meta, name_of, namespace_of
from sreagent.simulator.patches import MERGE_KEYS, MERGE_PATCH, STRATEGIC_PATCH

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
MANAGER = "kubectl-client-side-apply"


class Applier:
    """Applies manifests to a cluster."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.store = api.store

    def apply(self, manifest: Json, manager: str = "", namespace: str = "") -> Json:
        """Create an object or bring it up to its manifest."""
        wanted = copy.deepcopy(manifest)
        kind = kind_of(self.store.kinds, wanted)
        if kind.namespaced:
            meta(wanted).setdefault("namespace", namespace or "default")
            self._ensure_namespace(namespace_of(wanted))
        if kind is DEFINITION:
            self._define(wanted)
        meta(wanted).setdefault("annotations", {})
        said = json.dumps(wanted, separators=(",", ":"), sort_keys=True)
        meta(wanted)["annotations"][LAST_APPLIED] = said + "\n"
        return self._write(kind, wanted, Caller(manager=manager or MANAGER))

    def _write(self, kind: Kind, wanted: Json, caller: Caller) -> Json:
        place = Place(kind=kind, namespace=namespace_of(wanted), name=name_of(wanted))
        live = self.store.find(kind, place.namespace, place.name)
        if live is None:
            home = Place(kind=kind, namespace=place.namespace)
            return self.api.create(home, wanted, caller)
        before = json.loads(annotations_of(live).get(LAST_APPLIED, "null"))
        patch = _with_removals(before or {}, wanted)
        media = MERGE_PATCH if kind.is_custom else STRATEGIC_PATCH
        return self.api.patch(place, patch, media, caller)

    def _ensure_namespace(self, name: str) -> None:
        if self.store.find(NAMESPACE, "", name) is None:
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            self.api.create(Place(kind=NAMESPACE), namespace, Caller(manager=MANAGER))

    def _define(self, definition: Json) -> None:
        for kind in defined(definition):
            self.store.kinds.learn(kind)


def kind_of(kinds: Kinds, manifest: Json) -> Kind:
    """The kind of a manifest; one nobody knows is served from here on."""
    found = kinds.named(manifest["apiVersion"], manifest["kind"])
    return found or kinds.learn(guessed(manifest))


def _with_removals(before: Any, after: Any, key: str = "") -> Any:  # noqa: ANN401 - untyped JSON
    """The patch that brings what was applied before to what is applied now."""
    if isinstance(after, dict) and isinstance(before, dict | None):
        before = before or {}
        gone: Json = {each: None for each in before if each not in after}
        patch = gone | {name: _with_removals(before.get(name), after[name], name) for name in after}
        # What the server filled in for another strategy must not stay.
        return {**patch, "$retainKeys": list(after)} if key == "strategy" else patch
    if isinstance(before, list) and isinstance(after, list):
        return _list_with_removals(before, after, key)
    return after


def _list_with_removals(before: list[Any], after: list[Any], key: str) -> list[Any]:
    merge_key = _merge_key(before, after, key)
    if merge_key is None:
        return after
    old = {each[merge_key]: each for each in before}
    new = {each[merge_key] for each in after}
    kept = [_with_removals(old.get(each[merge_key], {}), each) for each in after]
    return [*kept, *({merge_key: name, "$patch": "delete"} for name in old if name not in new)]


def _merge_key(before: list[Any], after: list[Any], key: str) -> str | None:
    elements = [*before, *after]
    merge_key = MERGE_KEYS.get(key)
    if key == "ports":
        contained = any(isinstance(each, dict) and "containerPort" in each for each in elements)
        merge_key = "containerPort" if contained else "port"
    if merge_key and all(isinstance(each, dict) and merge_key in each for each in elements):
        return merge_key
    return None
