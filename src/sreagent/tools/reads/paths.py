"""Simple paths into an object: `.status.containerStatuses[0].restartCount`."""

import re
from collections.abc import Mapping
from typing import Any

from sreagent.domain.errors import TryAgain

_STEP = re.compile(
    r"\.?(?P<name>(?:[\w-]|/|\\\.)+)|\[(?P<place>[0-9]{1,4})\]|\['(?P<key>[^']{1,300})'\]"
)


def steps(path: str) -> tuple[str | int, ...]:
    """The steps of a path, with or without braces around it.

    Raises:
        TryAgain: It has wildcards, filters or ranges.
    """
    bare = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    found: list[str | int] = []
    place = 0
    while place < len(bare):
        step = _STEP.match(bare, place)
        if step is None:
            msg = f"{path!r} is no plain path: write one like .metadata.creationTimestamp"
            raise TryAgain(msg)
        place = step.end()
        found.append(_step(step))
    return tuple(found)


def value_at(obj: object, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - JSON
    """What stands at a path, or None."""
    for step in path:
        if isinstance(step, int) and isinstance(obj, list) and step < len(obj):
            obj = obj[step]
        elif isinstance(step, str) and isinstance(obj, Mapping):
            obj = obj.get(step)
        else:
            return None
    return obj


def sort_key(obj: object, path: tuple[str | int, ...]) -> tuple[int, float, str]:
    """Orders numbers by size and the rest as text; objects without a value come first."""
    value = value_at(obj, path)
    if value is None:
        return 0, 0.0, ""
    if isinstance(value, bool | int | float):
        return 1, float(value), ""
    text = str(value)
    return (1, float(text), "") if text.isdecimal() else (2, 0.0, text)


def _step(found: re.Match[str]) -> str | int:
    if found["place"]:
        return int(found["place"])
    return str(found["key"] or found["name"].replace("\\.", "."))
