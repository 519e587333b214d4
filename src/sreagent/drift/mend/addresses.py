"""Addresses of resources and paths of attributes, taken apart."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(r"(?P<name>[^.\[\]]+)(?:\[(?P<key>\d+|\"(?:[^\"\\]|\\.)*\")\])?(?:\.|$)")
_INDEX = re.compile(r"\[(\d+)\]")
_NAME = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One name of an address, with the key of its instance."""

    name: str
    key: str | int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`module.net["eu"].aws_subnet.app[0]`, taken apart."""

    modules: tuple[Step, ...]
    type: str
    name: str
    key: str | int | None = None
    is_data: bool = False


def address_of(text: str) -> Address | None:
    """Take an address apart; None where it is none."""
    steps = _steps(text)
    if steps is None:
        return None
    modules: list[Step] = []
    while len(steps) > 2 and steps[0].name == "module":
        modules.append(steps[1])
        steps = steps[2:]
    is_data = bool(steps) and steps[0].name == "data" and len(steps) == 3
    if is_data:
        steps = steps[1:]
    if len(steps) != 2:
        return None
    return Address(
        modules=tuple(modules),
        type=steps[0].name,
        name=steps[1].name,
        key=steps[1].key,
        is_data=is_data,
    )


def _steps(text: str) -> list[Step] | None:
    steps: list[Step] = []
    place = 0
    while place < len(text):
        found = _STEP.match(text, place)
        if found is None:
            return None
        steps.append(Step(name=found["name"], key=_key(found["key"])))
        place = found.end()
    return steps


def _key(text: str | None) -> str | int | None:
    if text is None or not text.startswith('"'):
        return int(text) if text else None
    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1]


def first_name(path: str) -> tuple[str, str]:
    """The first name of a path and what follows, without the dot."""
    found = _NAME.match(path)
    if found is None:
        return "", path
    return found[0], path[found.end() :].removeprefix(".")


def first_index(path: str) -> tuple[int | None, str]:
    """The index that a path begins with and what follows, without the dot."""
    found = _INDEX.match(path)
    if found is None:
        return None, path
    return int(found[1]), path[found.end() :].removeprefix(".")


def without_indexes(path: str) -> str:
    """A path as `Shape.sets` names it: `ingress.cidr_blocks` for `ingress[0].cidr_blocks`."""
    return _INDEX.sub("", path)


def first_key(path: str, names: Mapping[str, Any] | set[str]) -> tuple[str, str] | None:
    """The longest of some names that a path begins with; names of tags may hold dots."""
    fitting = [name for name in names if path == name or path.startswith((f"{name}.", f"{name}["))]
    if not fitting:
        return None
    name = max(fitting, key=len)
    return name, path[len(name) :].removeprefix(".")


def at_path(value: Any, path: str) -> Any:  # noqa: ANN401 - any JSON value
    """What stands at a path of a value; None where nothing does."""
    while path:
        index, rest = first_index(path)
        if index is not None:
            value = value[index] if isinstance(value, list) and index < len(value) else None
        elif isinstance(value, Mapping) and (found := first_key(path, value)):
            value, rest = value[found[0]], found[1]
        else:
            return None
        path = rest
    return value


def with_value(value: Any, path: str, new: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A copy of a value in which something else stands at a path."""
    if not path:
        return new
    index, rest = first_index(path)
    if index is not None:
        items = list(value) if isinstance(value, list) else []
        items += [None] * (index + 1 - len(items))
        items[index] = with_value(items[index], rest, new)
        return items
    known = dict(value) if isinstance(value, Mapping) else {}
    name, rest = first_key(path, known) or first_name(path)
    if not name:
        return value
    changed = with_value(known.get(name), rest, new)
    return {**known, name: changed}
