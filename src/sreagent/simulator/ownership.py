"""Who set which field and when: `metadata.managedFields`."""

from typing import Any

from sreagent.simulator.clock import stamp
from sreagent.simulator.objects import Json
from sreagent.simulator.patches import MERGE_KEYS

_SERVER_SET = {
    "managedFields",
    "resourceVersion",
    "uid",
    "creationTimestamp",
    "generation",
    "name",
    "namespace",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
}


def claim(before: Json | None, obj: Json, manager: str, now: float, part: str = "") -> None:
    """Write down in `obj` that `manager` made the difference to `before`.

    `part` names the subresource written through, such as `status`.
    """
    changed = _difference(_owned(before or {}), _owned(obj))
    entries = list((before or {}).get("metadata", {}).get("managedFields") or ())
    if changed:
        entries = _with_claim(entries, _entry(obj, manager, now, part), changed)
    obj["metadata"]["managedFields"] = entries


def _entry(obj: Json, manager: str, now: float, part: str) -> Json:
    entry = {
        "manager": manager,
        "operation": "Update",
        "apiVersion": obj.get("apiVersion", "v1"),
        "time": stamp(now),
        "fieldsType": "FieldsV1",
        "fieldsV1": {},
    }
    return {**entry, "subresource": part} if part else entry


def _with_claim(entries: list[Json], claimed: Json, changed: Json) -> list[Json]:
    result: list[Json] = []
    for entry in entries:
        if _same_owner(entry, claimed):
            claimed["fieldsV1"] = _join(claimed["fieldsV1"], entry["fieldsV1"])
            continue
        left = _without(entry["fieldsV1"], changed)
        if left:
            result.append({**entry, "fieldsV1": left})
    claimed["fieldsV1"] = _join(claimed["fieldsV1"], changed)
    return [*result, claimed]


def _same_owner(one: Json, other: Json) -> bool:
    keys = ("manager", "operation", "subresource")
    return all(one.get(key) == other.get(key) for key in keys)


def _owned(obj: Json) -> Json:
    owned = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind")}
    metadata = owned.get("metadata") or {}
    kept = {key: value for key, value in metadata.items() if key not in _SERVER_SET}
    return {**owned, "metadata": kept}


def _difference(before: Any, after: Any, key: str = "") -> Json:  # noqa: ANN401 - untyped JSON
    """The field set that is new or different in `after`; removed fields have no owner."""
    if before == after:
        return {}
    if isinstance(after, dict):
        old = before if isinstance(before, dict) else {}
        found = {f"f:{name}": _branch(old, after, name) for name in after}
        return {name: fields for name, fields in found.items() if fields is not None}
    merge_key = MERGE_KEYS.get(key, "containerPort" if key == "ports" else None)
    if isinstance(after, list) and _is_keyed(after, merge_key):
        return _list_difference(before, after, str(merge_key))
    return {".": {}}


def _branch(old: Json, new: Json, name: str) -> Json | None:
    if name in old and old[name] == new[name]:
        return None
    fields = _difference(old.get(name), new[name], name)
    return {} if fields == {".": {}} else fields


def _is_keyed(elements: list[Any], merge_key: str | None) -> bool:
    return all(isinstance(each, dict) and merge_key in each for each in elements)


def _list_difference(before: Any, after: list[Json], merge_key: str) -> Json:  # noqa: ANN401
    known = before if isinstance(before, list) else []
    old = {each.get(merge_key): each for each in known if isinstance(each, dict)}
    fields: Json = {}
    for element in after:
        value = element[merge_key]
        if old.get(value) != element:
            shown = f'"{value}"' if isinstance(value, str) else value
            name = f'k:{{"{merge_key}":{shown}}}'
            fields[name] = _difference(old.get(value, {}), element)
    return fields


def _join(one: Json, other: Json) -> Json:
    joined = dict(one)
    for key, value in other.items():
        joined[key] = _join(joined.get(key, {}), value)
    return joined


def _without(fields: Json, taken: Json) -> Json:
    left: Json = {}
    for key, value in fields.items():
        if key not in taken:
            left[key] = value
        elif value:
            rest = _without(value, taken[key]) if taken[key] else {}
            if rest:
                left[key] = rest
    return left
