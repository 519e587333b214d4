"""`describe`: an object without its bookkeeping, and what happened to it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sreagent.domain.errors import NotFound, SreError
from sreagent.tools.reads import events
from sreagent.tools.reads.asking import Asking, Items, Target, Told, told, words
from sreagent.tools.reads.fields import presentable
from sreagent.tools.reads.objects import refuse_withheld
from sreagent.tools.reads.printing import ROOM, as_yaml, columns, newest, oldest

AT_MOST = 10
"""Objects that are described at once."""
_FIRST = ("apiVersion", "kind", "metadata")
_METADATA = ("name", "namespace", "labels", "annotations", "creationTimestamp", "deletionTimestamp")
_SAME_AS_ITS_UID = ("uid", "resourceVersion", "generation", "generateName", "selfLink")


def describe(asking: Asking) -> Told:
    """Each object with its events."""
    found: list[Mapping[str, Any]] = []
    notes: list[str] = []
    problems: list[SreError] = []
    for target in asking.targets():
        refuse_withheld(target.resource)
        try:
            items = _found(asking, target)
        except SreError as error:
            problems.append(error)
        else:
            found += items.found
            notes += [items.note] if items.note else []
    if len(found) > AT_MOST:
        notes.append(f"… {len(found) - AT_MOST} more objects: name one, or narrow the selector")
    shown = found[:AT_MOST]
    parts = [_account(asking, obj, ROOM // len(shown)) for obj in shown]
    failed = told(problems)
    texts = [*(part.text for part in parts), *notes, failed.text]
    text = (
        "\n\n".join(filter(None, texts)) or f"No resources found in {asking.namespace} namespace."
    )
    return Told(text=text, missed=failed.missed or any(part.missed for part in parts))


def _found(asking: Asking, target: Target) -> Items:
    """The object of that name; as kubectl does, else those whose names begin so."""
    try:
        return asking.items(target)
    except NotFound as error:
        if not target.name:
            raise
        listed = asking.items(asking.target(target.resource), {"limit": "500"})
        begin = [one for one in listed.found if one["metadata"]["name"].startswith(target.name)]
        if not begin:
            raise NotFound(error.message, why=error.why, hint=error.hint) from error
        return Items(found=begin)


def _account(asking: Asking, obj: Mapping[str, Any], room: int) -> Told:
    shown = _in_order(presentable(obj))
    text = oldest(as_yaml(shown, sort_keys=False), room * 2 // 3)
    extra = [_pods_of_node(asking, obj)] if obj["kind"] == "Node" else []
    if asking.read.options.get("show_events", True):
        extra.append(_events(asking, obj))
    texts = [text, *(newest(part.text, room // 6) for part in extra)]
    return Told(text="\n".join(filter(None, texts)), missed=any(part.missed for part in extra))


def _in_order(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Who it is first; status last, where the eye looks."""
    metadata = obj.get("metadata") or {}
    kept = {key: value for key, value in metadata.items() if key not in _SAME_AS_ITS_UID}
    names = {key: kept.pop(key) for key in _METADATA if key in kept}
    ordered = {key: obj[key] for key in _FIRST if key in obj}
    rest = {key: value for key, value in obj.items() if key not in (*_FIRST, "status")}
    status = {"status": obj["status"]} if obj.get("status") else {}
    return {**ordered, "metadata": {**names, **kept}, **rest, **status}


def _events(asking: Asking, obj: Mapping[str, Any]) -> Told:
    try:
        found = events.about(asking, obj)
    except SreError as error:
        return Told(text=f"Events: not known: {words(error)}", missed=True)
    if not found:
        return Told(text="Events: <none>")
    return Told(text=f"Events:\n{_indented(events.table(found, asking.clock.now()))}")


def _pods_of_node(asking: Asking, node: Mapping[str, Any]) -> Told:
    pods = asking.catalogue.resolve("pods")
    name = node["metadata"]["name"]
    query = {"fieldSelector": f"spec.nodeName={name}", "limit": "500"}
    try:
        found = asking.items(Target(resource=pods, namespace=""), query).found
    except SreError as error:
        return Told(text=f"Pods: not known: {words(error)}", missed=True)
    rows: list[Sequence[object]] = [
        ("NAMESPACE", "NAME", "CPU REQ", "CPU LIM", "MEM REQ", "MEM LIM")
    ]
    rows += [_usage(pod) for pod in found if _runs(pod)]
    return Told(text=f"Pods ({len(rows) - 1}):\n{_indented(columns(rows))}")


def _runs(pod: Mapping[str, Any]) -> bool:
    return (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")


def _usage(pod: Mapping[str, Any]) -> Sequence[object]:
    metadata = pod["metadata"]
    asked = (
        "+".join(_amounts(pod, side, resource)) or "-"
        for resource in ("cpu", "memory")
        for side in ("requests", "limits")
    )
    return metadata.get("namespace", ""), metadata["name"], *asked


def _amounts(pod: Mapping[str, Any], side: str, resource: str) -> Iterator[str]:
    for container in (pod.get("spec") or {}).get("containers") or ():
        if amount := ((container.get("resources") or {}).get(side) or {}).get(resource):
            yield str(amount)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
