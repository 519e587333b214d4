"""Hides secrets of states: by the paths that hold them, and by their values wherever they stand."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from sreagent.domain.secrets import forms, hide, mask, names_secret
from sreagent.drift.state.managed import Managed, State

Json = Any
"""A JSON value."""
LINE = 16
"""Letters of one line of a secret of several lines from which on it is looked for by itself."""
SHORTEST = 6
"""Letters of a secret from which on it is looked for in other values; short ones are everywhere."""
_STEP = re.compile(r"\[[^\]]*\]|[^.\[\]]+")
_INDEX = re.compile(r"\[\d+\]")
_EVERYDAY = frozenset({"true", "false", "default", "disabled", "enabled", "password", "secret"})
_NAMES = frozenset({"name", "key"})
_VALUES = frozenset({"value", "parametervalue"})
_KEYS = frozenset(
    (
        *("address", "type", "id", "import_id", "path", "source", "key", "dependents"),
        *("place", "incident", "before", "after"),
    )
)
"""Fields that others find a thing by, and those that are masked already."""
_Found = TypeVar("_Found")


def _as_it_is(text: str) -> str:
    return text


class Masks:
    """The secrets of some states."""

    def __init__(self, states: Iterable[State], redact: Callable[[str], str] = _as_it_is) -> None:
        """`redact` finds what looks like a secret and stands in no state as one."""
        self._redact = redact
        found = {text for state in states for text in secrets_of(state)}
        self._known: dict[str, list[tuple[str, str]]] = defaultdict(list)
        spelled = {form: text for text in found for form in _spellings(text)}
        # Longest first: one secret may be a part of another.
        for form in sorted(spelled, key=lambda form: (-len(form), form)):
            self._known[form[:SHORTEST]].append((form, spelled[form]))

    def hide(self, managed: Managed, path: str, value: Json) -> Json:
        """A value of an attribute as it may be shown."""
        return self.hidden(value, secret=is_secret(managed, path))

    def hidden(self, value: Json, *, secret: bool = False) -> Json:
        """A value with every secret in it masked; all of it where it is a secret itself."""
        if isinstance(value, Mapping):
            telling = _telling(value)
            return {
                name: self.hidden(each, secret=secret or name in telling)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self.hidden(each, secret=secret) for each in value]
        if secret and value not in (None, "", True, False):
            return mask(str(value))
        return self._of_text(value) if isinstance(value, str) else value

    def without(self, attributes: Mapping[str, Json]) -> dict[str, Json]:
        """Only what may be written to a file: members in which a secret stands are left out."""
        kept: dict[str, Json] = {}
        for name, value in attributes.items():
            if isinstance(value, Mapping):
                kept[name] = self.without(value)
            elif self.hidden({name: value}) == {name: value}:
                kept[name] = value
        return kept

    def over(self, found: _Found) -> _Found:
        """A whole report, or a part of it, with the secrets masked in whatever it tells."""
        result: Any = found
        if isinstance(found, str) and not isinstance(found, Enum):
            result = self._redact(self._without_known(found))
        elif isinstance(found, tuple):
            result = tuple(self.over(each) for each in found)
        elif isinstance(found, Mapping):
            result = {name: self.over(each) for name, each in found.items()}
        elif is_dataclass(found) and not isinstance(found, type):
            told = {each.name: getattr(found, each.name) for each in fields(found)}
            masked = {n: self.over(value) for n, value in told.items() if n not in _KEYS}
            new = {name: value for name, value in masked.items() if value is not told[name]}
            result = replace(found, **new) if new else found
        done: _Found = result
        return done

    def _of_text(self, text: str) -> str:
        """Secrets in a text: those that are known, passwords of addresses, members of JSON."""
        inside = _parsed(text)
        if inside is not None:
            masked = self.hidden(inside)
            if masked != inside:
                return json.dumps(masked, ensure_ascii=False)
        return self._redact(hide(self._without_known(text)))

    def _without_known(self, text: str) -> str:
        if not self._known or len(text) < SHORTEST:
            return text
        pieces: list[str] = []
        done = place = 0
        while place <= len(text) - SHORTEST:
            for form, secret in self._known.get(text[place : place + SHORTEST], ()):
                if text.startswith(form, place):
                    pieces += (text[done:place], mask(secret))
                    done = place = place + len(form)
                    break
            else:
                place += 1
        return "".join((*pieces, text[done:])) if pieces else text


def secrets_of(state: State) -> set[str]:
    """The texts that a state says are secret."""
    found = set(_texts(state.outputs))
    for managed in state.resources:
        for path in managed.sensitive:
            found |= set(_texts(_at(managed.attributes, path)))
    for each in state.refreshed or ():
        # A secret that was changed is as secret as the one before.
        for path in each.sensitive:
            found |= set(_texts(_at(each.after, path)))
    return set(filter(_is_telling, found))


def is_secret(managed: Managed, path: str) -> bool:
    """Whether an attribute holds a secret, by what the state marks or by its name."""
    steps = _STEP.findall(path)
    if any(names_secret(step) for step in steps if not step.startswith("[")):
        return True
    # Members of sets have other places in reality.
    plain = _INDEX.sub("[]", path)
    return any(_holds(plain, _INDEX.sub("[]", marked)) for marked in managed.sensitive)


def _holds(path: str, marked: str) -> bool:
    """Whether one path leads to the other, or to what holds it."""
    longer, shorter = max(path, marked, key=len), min(path, marked, key=len)
    return longer == shorter or longer.startswith((f"{shorter}.", f"{shorter}["))


def _at(value: Json, path: str) -> Json:
    """What stands at a path; a key may have dots in it."""
    if not path:
        return value
    if isinstance(value, Mapping):
        for name in sorted(map(str, value), key=len, reverse=True):
            rest = path.removeprefix(name)
            if path.startswith(name) and rest[:1] in ("", ".", "["):
                return _at(value[name], rest.removeprefix("."))
    found = re.match(r"\[(\d+)\]\.?", path)
    if isinstance(value, list) and found and int(found[1]) < len(value):
        return _at(value[int(found[1])], path[found.end() :])
    return None


def _telling(entry: Mapping[str, Json]) -> frozenset[str]:
    """Keys whose values are secrets, by their names."""
    kinds = {name: str(name).casefold() for name in entry}
    names = [name for name, kind in kinds.items() if kind in _NAMES]
    values = [name for name, kind in kinds.items() if kind in _VALUES]
    if names and values:
        # The name and the value of something: a `key` is no secret then, but says what is.
        is_secret = any(
            isinstance(entry[name], str) and names_secret(entry[name]) for name in names
        )
        rest = (name for name in entry if name not in names and names_secret(str(name)))
        return frozenset((*rest, *(values if is_secret else ())))
    return frozenset(name for name in entry if names_secret(str(name)))


def _parsed(text: str) -> Json:
    """The object, list or text in a JSON text; None where there is none."""
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list | str) else None


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
        # A whole document may be the secret: its passwords are, too.
        if (inside := _parsed(value)) is not None:
            yield from _texts(list(_passwords(inside)))


def _passwords(value: Json) -> Iterator[Json]:
    """Members of a document whose names tell."""
    if isinstance(value, Mapping):
        telling = _telling(value)
        for name, each in value.items():
            if name in telling:
                yield each
            else:
                yield from _passwords(each)
    elif isinstance(value, list):
        for each in value:
            yield from _passwords(each)


def _spellings(text: str) -> Iterator[str]:
    """How a secret may be written: as it is, in an address, in JSON, in base64, line by line."""
    lines = [line.strip() for line in text.splitlines()]
    for part in {text, *(line for line in lines if _is_of_its_own(line))}:
        yield from (form for form in forms(part) if len(form) >= SHORTEST)


def _is_of_its_own(line: str) -> bool:
    """Whether a line of a secret is one even where it stands alone."""
    return len(line) >= LINE and not line.startswith("-----") and not re.search(r"\s", line)


def _is_telling(text: str) -> bool:
    return len(text) >= SHORTEST and text.casefold() not in _EVERYDAY and not text.isdecimal()
