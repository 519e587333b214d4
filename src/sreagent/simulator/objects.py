"""Reading the parts of a Kubernetes object that every room of the cluster needs."""

from collections.abc import Iterator
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


def meta(obj: Json) -> Json:
    """The metadata of an object."""
    found: Json = obj["metadata"]
    return found


def revised(obj: Json, **parts: Json) -> Json:
    """A copy of an object with some of its top-level parts replaced, ready to be stored."""
    return {**obj, "metadata": dict(obj["metadata"]), **parts}


def name_of(obj: Json) -> str:
    """The name of an object."""
    return str(obj["metadata"].get("name", ""))


def namespace_of(obj: Json) -> str:
    """The namespace of an object, empty for cluster-wide ones."""
    return str(obj["metadata"].get("namespace", ""))


def uid_of(obj: Json) -> str:
    """The uid of an object."""
    return str(obj["metadata"].get("uid", ""))


def labels_of(obj: Json) -> dict[str, str]:
    """The labels of an object."""
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Json) -> dict[str, str]:
    """The annotations of an object."""
    return obj["metadata"].get("annotations") or {}


def owner_uids(obj: Json) -> list[str]:
    """The uids of everything that owns an object."""
    return [str(owner.get("uid")) for owner in obj["metadata"].get("ownerReferences") or ()]


def is_terminating(obj: Json) -> bool:
    """Whether an object is on its way out."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def lookup(obj: Any, path: str) -> Any:  # noqa: ANN401 - walks untyped JSON
    """The value at a dotted path, or None when any part of it is missing."""
    for part in path.split("."):
        if not isinstance(obj, dict):
            return None
        obj = obj.get(part)
    return obj


def containers(pod_spec: Json) -> Iterator[Json]:
    """Every container of a pod spec, init containers first."""
    yield from pod_spec.get("initContainers") or ()
    yield from pod_spec.get("containers") or ()


def condition(obj: Json, kind: str) -> Json | None:
    """The status condition of that type."""
    found = lookup(obj, "status.conditions") or ()
    return next((each for each in found if each.get("type") == kind), None)


def is_ready(pod: Json) -> bool:
    """Whether a pod passes its readiness checks and is not being deleted."""
    ready = condition(pod, "Ready")
    return bool(ready and ready["status"] == "True" and not is_terminating(pod))


def owned_by(owner: Json, kind: str, version: str) -> Json:
    """The owner reference that makes `owner` the controller of an object."""
    return {
        "apiVersion": version,
        "kind": kind,
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }
