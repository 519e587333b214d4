"""Values as providers mean them, out of the wrappings in which states keep them."""

from collections.abc import Mapping
from typing import Any

Json = Any
"""A JSON value."""

_PRIMITIVES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "bool": bool,
}
_KINDS = frozenset({"list", "set", "map", "object", "tuple"})
_UNKNOWN = "74D93920-ED26-11E3-AC10-0800200C9A66"
"""Stands for what was not known yet, in states of before 0.12."""
_WRITE_ONLY = "_wo"
_PLAIN_PROVIDERS = frozenset({"aws", "awscc", "google", "azurerm"})
"""Their attributes have one type, almost all: a map with `type` and `value` is a map."""


def settled(attributes: Mapping[str, Json], provider: str) -> dict[str, Json]:
    """Attributes without the types of dynamic ones, and only those that are known."""
    found = known(attributes)
    if provider.rpartition("/")[2] in _PLAIN_PROVIDERS:
        # Ten thousand resources are nearly all of these: their insides are not walked through.
        for name, value in found.items():
            if isinstance(value, dict) and _is_wrapping(value, only_typed=True):
                found[name] = value["value"]
        return found
    for name, value in found.items():
        if isinstance(value, dict | list):
            found[name] = _unwrapped(value, only_typed=False)
    return found


def known(attributes: Mapping[str, Json]) -> dict[str, Json]:
    """Attributes without write-only ones, which no state ever holds."""
    return {
        name: value
        for name, value in attributes.items()
        if not (value is None and name.endswith(_WRITE_ONLY))
    }


def _unwrapped(value: dict[str, Json] | list[Json], *, only_typed: bool) -> Json:
    """The value of a dynamic attribute, which is kept as `{value, type}`, at any depth."""
    if isinstance(value, dict):
        if _is_wrapping(value, only_typed=only_typed):
            # What is inside has its types told outside.
            return value["value"]
        return {name: _inside(below) for name, below in value.items()}
    return [_inside(below) for below in value]


def _inside(value: Json) -> Json:
    return _unwrapped(value, only_typed=True) if isinstance(value, dict | list) else value


def _is_wrapping(value: Mapping[str, Json], *, only_typed: bool) -> bool:
    if len(value) != 2 or "value" not in value or "type" not in value:
        return False
    inside, kind = value["value"], value["type"]
    if isinstance(kind, list):
        return _is_type(kind) and isinstance(inside, dict | list | None)
    if only_typed or not isinstance(kind, str):
        return False
    wanted = _PRIMITIVES.get(kind)
    if wanted is None:
        return kind == "dynamic" and inside is None
    return inside is None or isinstance(inside, wanted)


def _is_type(kind: list[Json]) -> bool:
    return len(kind) in (2, 3) and isinstance(kind[0], str) and kind[0] in _KINDS


def unflattened(flat: Mapping[str, Json]) -> dict[str, Json]:
    """Attributes of before Terraform 0.12: `a.#`, `a.0.b` and `a.%` become lists and maps.

    All values stay texts. What was not known is left out.
    """
    maps = {name[:-2] for name in flat if name.endswith(".%")}
    lists = {name[:-2] for name in flat if name.endswith(".#")}
    tree: dict[str, Json] = {}
    for name, value in flat.items():
        if value == _UNKNOWN or name.endswith((".#", ".%")):
            continue
        _put(tree, _steps(name, maps), value)
    for path in sorted(maps | lists, key=len):
        _put_empty(tree, _steps(path, maps))
    return {name: _listed(value, name, lists) for name, value in tree.items()}


def _steps(name: str, maps: set[str]) -> list[str]:
    """A name cut at its dots; those in the key of a map are part of the key."""
    parts = name.split(".")
    for end in range(1, len(parts)):
        if ".".join(parts[:end]) in maps:
            return [*parts[:end], ".".join(parts[end:])]
    return parts


def _put(tree: dict[str, Json], steps: list[str], value: Json) -> None:
    for step in steps[:-1]:
        below = tree.setdefault(step, {})
        if not isinstance(below, dict):
            return
        tree = below
    tree.setdefault(steps[-1], value)


def _put_empty(tree: dict[str, Json], steps: list[str]) -> None:
    _put(tree, steps, {})


def _listed(value: Json, path: str, lists: set[str]) -> Json:
    """Dictionaries of what is known to be lists become lists: by place, or by hash for sets."""
    if not isinstance(value, dict):
        return value
    below = {name: _listed(each, f"{path}.{name}", lists) for name, each in value.items()}
    if path not in lists:
        return below
    return [below[name] for name in sorted(below, key=_place)]


def _place(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (-1, name)
