"""The three kinds of PATCH: JSON patch, merge patch, strategic merge patch."""

import copy
import re
from collections.abc import Callable
from typing import Any

from sreagent.simulator.objects import Json
from sreagent.simulator.problems import ApiError, bad_request, wrong_media

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "conditions": "type",
    "ownerReferences": "uid",
    "secrets": "name",
}
MERGED_PRIMITIVES = {"finalizers"}


def apply_patch(obj: Json, patch: Any, media: str) -> Json:  # noqa: ANN401 - the body as sent
    """A changed copy of an object."""
    match media:
        case "application/json-patch+json":
            return _json_patch(obj, patch)
        case "application/merge-patch+json":
            return _mapping(merge(obj, _mapping(patch)))
        case "application/strategic-merge-patch+json":
            return _strategic(obj, _mapping(patch))
        case "application/apply-patch+yaml":
            return _strategic(obj, _mapping(patch))
    raise wrong_media(media)


def _mapping(patch: object) -> Json:
    if not isinstance(patch, dict):
        message = "error decoding patch: a JSON object is needed"
        raise bad_request(message)
    return patch


def merge(target: object, patch: object) -> Any:  # noqa: ANN401 - merges untyped JSON
    """RFC 7386: null removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def _strategic(target: Json, patch: Json) -> Json:
    if patch.get("$patch") == "replace":
        return copy.deepcopy({key: value for key, value in patch.items() if key != "$patch"})
    result = dict(target)
    if "$retainKeys" in patch:
        result = {key: value for key, value in result.items() if key in patch["$retainKeys"]}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            _drop_primitives(result, key.partition("/")[2], value)
        elif not key.startswith("$"):
            _strategic_field(result, key, value)
    return result


def _drop_primitives(result: Json, key: str, dropped: list[Any]) -> None:
    result[key] = [each for each in result.get(key) or () if each not in dropped]


def _strategic_field(result: Json, key: str, value: Any) -> None:  # noqa: ANN401 - untyped JSON
    old = result.get(key)
    if value is None or (isinstance(value, dict) and value.get("$patch") == "delete"):
        result.pop(key, None)
    elif isinstance(value, dict):
        result[key] = _strategic(old if isinstance(old, dict) else {}, value)
    elif isinstance(value, list):
        result[key] = _strategic_list(key, old if isinstance(old, list) else [], value)
    else:
        result[key] = value


def _strategic_list(key: str, old: list[Any], new: list[Any]) -> list[Any]:
    if key in MERGED_PRIMITIVES:
        return old + [each for each in new if each not in old]
    merge_key = _merge_key(key, old, new)
    if merge_key is None:
        return copy.deepcopy(new)
    if any(_directive(each) == "replace" for each in new):
        return [copy.deepcopy(each) for each in new if _directive(each) != "replace"]
    result = list(old)
    for each in new:
        _merge_element(result, each, merge_key)
    return result


def _directive(element: object) -> object:
    return element.get("$patch") if isinstance(element, dict) else None


def _merge_key(key: str, old: list[Any], new: list[Any]) -> str | None:
    if key != "ports":
        return MERGE_KEYS.get(key)
    # A container's ports merge by containerPort, a Service's by port.
    elements = [each for each in [*old, *new] if isinstance(each, dict)]
    return "containerPort" if any("containerPort" in each for each in elements) else "port"


def _merge_element(result: list[Any], element: Any, merge_key: str) -> None:  # noqa: ANN401
    if not isinstance(element, dict) or merge_key not in element:
        message = f"map: {element!r} does not contain declared merge key: {merge_key}"
        raise bad_request(message)
    place = next(
        (at for at, each in enumerate(result) if each.get(merge_key) == element[merge_key]), None
    )
    if element.get("$patch") == "delete":
        if place is not None:
            del result[place]
    elif place is None:
        result.append(_strategic({}, element))
    else:
        result[place] = _strategic(result[place], element)


def _json_patch(obj: Json, patch: object) -> Json:
    if not isinstance(patch, list):
        message = "error decoding patch: a JSON list of operations is needed"
        raise bad_request(message)
    result: Any = copy.deepcopy(obj)
    for operation in patch:
        result = _operate(result, _mapping(operation))
    return _mapping(result)


def _operate(document: Any, operation: Json) -> Any:  # noqa: ANN401 - untyped JSON
    verb, path = operation.get("op"), operation.get("path")
    if not isinstance(path, str):
        raise _unprocessable(path, "missing path")
    if verb in ("copy", "move"):
        source = str(operation.get("from"))
        value = copy.deepcopy(_read(document, source))
        if verb == "move":
            document = _change(document, source, _remove)
        return _change(document, path, lambda at, key: _add(at, key, value))
    value = copy.deepcopy(operation.get("value"))
    match verb:
        case "add":
            return _change(document, path, lambda at, key: _add(at, key, value))
        case "replace":
            return _change(document, path, lambda at, key: _replace(at, key, value))
        case "remove":
            return _change(document, path, _remove)
        case "test":
            if _read(document, path) != value:
                raise _unprocessable(path, "testing value failed")
            return document
    raise _unprocessable(path, f"unexpected kind: {verb}")


def _parts(path: str) -> list[str]:
    return [re.sub("~1", "/", part).replace("~0", "~") for part in path.split("/")[1:]]


def _read(document: Any, path: str) -> Any:  # noqa: ANN401 - untyped JSON
    for part in _parts(path):
        document = _child(document, part, path)
    return document


def _child(at: Any, part: str, path: str) -> Any:  # noqa: ANN401 - untyped JSON
    if isinstance(at, dict) and part in at:
        return at[part]
    if isinstance(at, list) and part.isdigit() and int(part) < len(at):
        return at[int(part)]
    raise _unprocessable(path, "doc is missing path")


def _change(document: Any, path: str, act: Callable[[Any, str], None]) -> Any:  # noqa: ANN401
    parts = _parts(path)
    if not parts:
        raise _unprocessable(path, "the whole document cannot be replaced")
    at = document
    for part in parts[:-1]:
        at = _child(at, part, path)
    act(at, parts[-1])
    return document


def _add(at: Any, key: str, value: object) -> None:  # noqa: ANN401 - untyped JSON
    if isinstance(at, dict):
        at[key] = value
    elif isinstance(at, list) and (key == "-" or (key.isdigit() and int(key) <= len(at))):
        at.insert(len(at) if key == "-" else int(key), value)
    else:
        raise _unprocessable(key, "add operation does not apply")


def _replace(at: Any, key: str, value: object) -> None:  # noqa: ANN401 - untyped JSON
    _child(at, key, key)
    at[key if isinstance(at, dict) else int(key)] = value


def _remove(at: Any, key: str) -> None:  # noqa: ANN401 - untyped JSON
    _child(at, key, key)
    del at[key if isinstance(at, dict) else int(key)]


def _unprocessable(path: object, problem: str) -> ApiError:
    message = f"the server rejected our request due to an error in our request: {problem}: {path}"
    return ApiError(422, "Invalid", message)
