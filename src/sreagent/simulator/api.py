"""The verbs of the API server on objects: create, update, patch, delete, scale, evict."""

import copy
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sreagent.simulator.admission import admit
from sreagent.simulator.clock import stamp
from sreagent.simulator.defaults import fill_in
from sreagent.simulator.fields import drop_unknown, mistyped
from sreagent.simulator.kinds import BUDGET, NAMESPACE, POD, Kind
from sreagent.simulator.objects import (
    Json,
    is_terminating,
    labels_of,
    lookup,
    meta,
    name_of,
    owner_uids,
    uid_of,
)
from sreagent.simulator.ownership import claim
from sreagent.simulator.patches import apply_patch
from sreagent.simulator.problems import (
    already_exists,
    bad_request,
    conflict,
    invalid,
    not_found,
    too_many,
    wrong_precondition,
)
from sreagent.simulator.selectors import matches_selector
from sreagent.simulator.shapes import kept, shown
from sreagent.simulator.store import Store
from sreagent.simulator.validation import check

_SERVER_METADATA = ("uid", "creationTimestamp", "namespace", "name", "generation")
_CONSONANTS = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who writes, whether it is meant, and how unknown fields are taken."""

    manager: str
    dry_run: bool = False
    validation: str = "Warn"
    """`Strict` refuses unknown fields, `Warn` drops and names them, `Ignore` drops them."""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One object of the API, or the collection it is in when the name is empty."""

    kind: Kind
    namespace: str = ""
    name: str = ""


class Api:
    """Checks, completes and stores what callers write."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def read(self, place: Place) -> Json:
        """The object at a place."""
        found = self.store.find(place.kind, place.namespace, place.name)
        if found is None:
            raise not_found(place.kind, place.name)
        return found

    def create(self, place: Place, body: Json, caller: Caller) -> Json:
        """Add a new object to a collection."""
        with self.store.lock:
            obj = _new_object(place, kept(place.kind, body))
            if place.kind.namespaced:
                self._check_namespace(place.namespace)
            if self.store.find(place.kind, place.namespace, name_of(obj)):
                raise already_exists(place.kind, name_of(obj))
            _complete(place.kind, obj, None, caller)
            if "spec" in obj:
                meta(obj)["generation"] = 1
            if place.kind is POD:
                admit(self.store, obj)
                obj["status"] = {"phase": "Pending", "qosClass": quality_class(obj["spec"])}
            return self._write(place.kind, None, obj, caller)

    def update(self, place: Place, body: Json, caller: Caller, part: str = "") -> Json:
        """Replace an object, or one part of it."""
        with self.store.lock:
            before = self.read(place)
            wanted = copy.deepcopy(kept(place.kind, body))
            return self._replace(place, before, wanted, caller, part)

    def patch(
        self,
        place: Place,
        patch: Any,  # noqa: ANN401 - the body as sent
        media: str,
        caller: Caller,
        part: str = "",
    ) -> Json:
        """Change parts of an object."""
        with self.store.lock:
            before = self.read(place)
            seen = copy.deepcopy(shown(place.kind, before))
            changed = kept(place.kind, apply_patch(seen, copy.deepcopy(patch), media))
            wanted = lookup(patch, "metadata.resourceVersion")
            if wanted is None and isinstance(changed.get("metadata"), dict):
                meta(changed).pop("resourceVersion", None)
            return self._replace(place, before, changed, caller, part)

    def delete(self, place: Place, options: Json, caller: Caller) -> Json:
        """Remove an object, pods after their grace period."""
        with self.store.lock:
            before = self.read(place)
            _check_preconditions(place, before, options)
            if caller.dry_run:
                return before
            if options.get("propagationPolicy") == "Orphan":
                self._orphan_dependants(before)
            grace = _grace(before, options) if place.kind is POD else 0
            if grace or place.kind is NAMESPACE or meta(before).get("finalizers"):
                return self._mark_for_deletion(place.kind, before, grace)
            self.store.remove(place.kind, before)
            return before

    def scale(self, place: Place, caller: Caller, change: Callable[[Json], Json]) -> Json:
        """Read or change the `scale` of a workload."""
        with self.store.lock:
            before = self.read(place)
            old = scale_of(before)
            new = change(copy.deepcopy(old))
            _check_version(place, before, new)
            wanted = copy.deepcopy(before)
            wanted["spec"]["replicas"] = lookup(new, "spec.replicas")
            if new.get("spec") == old["spec"]:
                return old
            return scale_of(self._replace(place, before, wanted, caller, "scale"))

    def evict(self, place: Place, options: Json, caller: Caller) -> Json:
        """Delete a pod unless a disruption budget forbids it."""
        with self.store.lock:
            pod = self.read(place)
            for budget in self.store.all(BUDGET, place.namespace):
                covers = matches_selector(lookup(budget, "spec.selector"), labels_of(pod))
                if covers and not lookup(budget, "status.disruptionsAllowed"):
                    message = "Cannot evict pod as it would violate the pod's disruption budget."
                    raise too_many(message)
            self.delete(place, options, caller)
            return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}

    def _check_namespace(self, namespace: str) -> None:
        found = self.store.find(NAMESPACE, "", namespace)
        if found is None or is_terminating(found):
            raise not_found(NAMESPACE, namespace)

    def _replace(self, place: Place, before: Json, obj: Json, caller: Caller, part: str) -> Json:
        _check_identity(place, obj)
        _check_version(place, before, obj)
        _keep_server_metadata(before, obj)
        if part == "status":
            obj = {**copy.deepcopy(before), "status": obj.get("status") or {}}
        elif "status" in before and not place.kind.is_custom:
            obj["status"] = before["status"]
        _complete(place.kind, obj, before, caller)
        if obj.get("spec") != before.get("spec"):
            meta(obj)["generation"] = meta(before).get("generation", 1) + 1
        return self._write(place.kind, before, obj, caller, part)

    def _write(
        self, kind: Kind, before: Json | None, obj: Json, caller: Caller, part: str = ""
    ) -> Json:
        obj["apiVersion"], obj["kind"] = kind.kept.api_version, kind.name
        claim(before, obj, caller.manager, self.store.clock.now(), part)
        if before is not None and _same_content(before, obj):
            return before
        if caller.dry_run:
            meta(obj).setdefault("uid", "00000000-0000-0000-0000-000000000000")
            meta(obj).setdefault("creationTimestamp", stamp(self.store.clock.now()))
            if before is not None:
                meta(obj)["resourceVersion"] = meta(before)["resourceVersion"]
            return obj
        if is_terminating(obj) and not meta(obj).get("finalizers") and kind is not POD:
            self.store.remove(kind, obj)
            return obj
        return self.store.put(kind, obj)

    def _mark_for_deletion(self, kind: Kind, before: Json, grace: int) -> Json:
        if is_terminating(before):
            return before
        obj = copy.deepcopy(before)
        meta(obj)["deletionTimestamp"] = stamp(self.store.clock.now() + grace)
        meta(obj)["deletionGracePeriodSeconds"] = grace
        if kind is NAMESPACE:
            obj["status"] = {"phase": "Terminating"}
        return self.store.put(kind, obj)

    def _orphan_dependants(self, owner: Json) -> None:
        for kind in self.store.kinds.stored():
            for obj in self.store.all(kind):
                if uid_of(owner) in owner_uids(obj):
                    orphan = copy.deepcopy(obj)
                    owners = meta(orphan)["ownerReferences"]
                    meta(orphan)["ownerReferences"] = [
                        each for each in owners if each["uid"] != uid_of(owner)
                    ]
                    self.store.put(kind, orphan)


def random_suffix(length: int = 5) -> str:
    """The random tail Kubernetes gives generated names."""
    return "".join(secrets.choice(_CONSONANTS) for _ in range(length))


def scale_of(workload: Json) -> Json:
    """The `scale` subresource of a workload."""
    metadata = workload["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    wanted = lookup(workload, "spec.selector.matchLabels") or {}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "spec": {"replicas": workload["spec"].get("replicas", 0)},
        "status": {
            "replicas": lookup(workload, "status.replicas") or 0,
            "selector": ",".join(f"{key}={value}" for key, value in wanted.items()),
        },
    }


def _new_object(place: Place, body: Json) -> Json:
    obj = copy.deepcopy(body)
    if not isinstance(obj.setdefault("metadata", {}), dict):
        message = "metadata must be an object"
        raise bad_request(message)
    metadata = meta(obj)
    for name in ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"):
        metadata.pop(name, None)
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"] + random_suffix()
    if place.kind.namespaced:
        if metadata.setdefault("namespace", place.namespace) != place.namespace:
            message = (
                f"the namespace of the provided object does not match the namespace "
                f"sent on the request: {metadata['namespace']} != {place.namespace}"
            )
            raise bad_request(message)
    else:
        metadata.pop("namespace", None)
    if not place.kind.is_custom:
        obj.pop("status", None)
    return obj


def _complete(kind: Kind, obj: Json, before: Json | None, caller: Caller) -> None:
    """Bring what was written into its final shape, or refuse it."""
    wrong = mistyped(kind, obj)
    if wrong:
        raise invalid(kind, name_of(obj), wrong)
    try:
        _drop_unknown(kind, obj, caller)
        fill_in(kind, obj)
        check(kind, obj, before)
    except (AttributeError, KeyError, TypeError) as problem:
        # A part has the wrong type, such as text where a list belongs.
        message = (
            f'{kind.name} in version "{kind.version}" cannot be handled as a {kind.name}: '
            f"json: cannot unmarshal: {problem}"
        )
        raise bad_request(message) from problem


def _drop_unknown(kind: Kind, obj: Json, caller: Caller) -> None:
    told = [f'unknown field "{path}"' for path in drop_unknown(kind, obj)]
    if told and caller.validation == "Strict":
        message = (
            f'{kind.name} in version "{kind.version}" cannot be handled as a {kind.name}: '
            f"strict decoding error: {', '.join(told)}"
        )
        raise bad_request(message)
    if caller.validation == "Warn":
        caller.warnings.extend(told)


def _check_identity(place: Place, obj: Json) -> None:
    if not isinstance(obj.get("metadata"), dict) or meta(obj).get("name") != place.name:
        message = f"the name of the object does not match the name on the URL ({place.name})"
        raise bad_request(message)


def _check_version(place: Place, before: Json, obj: Json) -> None:
    wanted = meta(obj).get("resourceVersion")
    if wanted and wanted != meta(before)["resourceVersion"]:
        raise conflict(place.kind, place.name)


def _check_preconditions(place: Place, before: Json, options: Json) -> None:
    wanted = options.get("preconditions") or {}
    for name in ("uid", "resourceVersion"):
        live = meta(before).get(name)
        if wanted.get(name) not in (None, live):
            why = (
                f"the {name} in the precondition ({wanted[name]}) does not match "
                f"the {name} in record ({live}). The object might have been deleted"
            )
            raise wrong_precondition(place.kind, place.name, why)


def _keep_server_metadata(before: Json, obj: Json) -> None:
    for name in (*_SERVER_METADATA, "deletionTimestamp", "deletionGracePeriodSeconds"):
        meta(obj).pop(name, None)
        if name in meta(before):
            meta(obj)[name] = meta(before)[name]


def _same_content(before: Json, obj: Json) -> bool:
    ignored = ("resourceVersion", "managedFields")
    old = {key: value for key, value in meta(before).items() if key not in ignored}
    new = {key: value for key, value in meta(obj).items() if key not in ignored}
    return old == new and {**before, "metadata": None} == {**obj, "metadata": None}


def _grace(pod: Json, options: Json) -> int:
    asked = options.get("gracePeriodSeconds")
    if asked is not None:
        return int(asked)
    if not lookup(pod, "spec.nodeName"):
        return 0
    return int(lookup(pod, "spec.terminationGracePeriodSeconds") or 0)


def quality_class(spec: Json) -> str:
    """How safe a pod is from eviction: Guaranteed, Burstable or BestEffort."""
    resources = [each.get("resources") or {} for each in spec["containers"]]
    if not any(each.get("requests") or each.get("limits") for each in resources):
        return "BestEffort"
    complete = all(
        each.get("limits", {}).keys() >= {"cpu", "memory"}
        and each.get("requests", each["limits"]) == each["limits"]
        for each in resources
    )
    return "Guaranteed" if complete else "Burstable"
