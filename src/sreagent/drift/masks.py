"""Hides secrets of states: by the paths that hold them, and by their values wherever they stand."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sreagent.domain.secrets import mask, names_secret
from sreagent.drift.state.managed import Managed, State

Json = Any
"""A JSON value."""
SHORTEST = 6
"""Letters of a secret from which on it is looked for in other values; short ones are everywhere."""
_STEP = re.compile(r"\[[^\]]*\]|[^.\[\]]+")
_EVERYDAY = frozenset({"true", "false", "default", "disabled", "enabled", "password", "secret"})


class Masks:
    """The secrets of some states."""

    def __init__(self, states: Iterable[State]) -> None:
        found: set[str] = set()
        for state in states:
            found |= set(_texts(state.outputs))
            for managed in state.resources:
                for path in managed.sensitive:
                    found |= set(_texts(_at(managed.attributes, path)))
            for each in state.refreshed or ():
                # A secret that was changed is as secret as the one before.
                for path in each.sensitive:
                    found |= set(_texts(_at(each.after, path)))
        kept = sorted((text for text in found if _is_telling(text)), key=len, reverse=True)
        # Longest first: one secret may be a part of another.
        self._known = re.compile("|".join(map(re.escape, kept))) if kept else None

    def hide(self, managed: Managed, path: str, value: Json) -> Json:
        """A value of an attribute as it may be shown."""
        return self.hidden(value, secret=is_secret(managed, path))

    def hidden(self, value: Json, *, secret: bool = False) -> Json:
        """A value with every secret in it masked; all of it where it is a secret itself."""
        if isinstance(value, Mapping):
            return {
                name: self.hidden(each, secret=secret or names_secret(str(name)))
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self.hidden(each, secret=secret) for each in value]
        if secret and value not in (None, "", True, False):
            return mask(str(value))
        if isinstance(value, str) and self._known:
            return self._known.sub(lambda found: mask(found[0]), value)
        return value


def is_secret(managed: Managed, path: str) -> bool:
    """Whether an attribute holds a secret, by what the state marks or by its name."""
    steps = _STEP.findall(path)
    if any(names_secret(step) for step in steps if not step.startswith("[")):
        return True
    return any(
        steps[: len(marked)] == marked or marked[: len(steps)] == steps
        for marked in map(_STEP.findall, managed.sensitive)
    )


def _at(value: Json, path: str) -> Json:
    for step in _STEP.findall(path):
        if isinstance(value, Mapping):
            value = value.get(step.strip('[]"'))
        elif isinstance(value, list) and step.startswith("[") and step[1:-1].isdecimal():
            place = int(step[1:-1])
            value = value[place] if place < len(value) else None
        else:
            return None
    return value


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _is_telling(text: str) -> bool:
    return len(text) >= SHORTEST and text.casefold() not in _EVERYDAY and not text.isdecimal()
