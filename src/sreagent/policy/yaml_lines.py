"""YAML as plain data, with the line of every key.

Stricter than YAML 1.1: only `true` and `false` are truth values, only decimal digits are numbers
(`010`, `1_000` and `22:00` are text), and keys that come twice, anchors and tags are refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sreagent.domain.errors import BadSettings

LONGEST = 1_000_000
"""Bytes of a file that is read."""
_DEEPEST = 20
Place = tuple[int | str, ...]


class _Plain(yaml.SafeLoader):
    """Knows four kinds of scalars."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - as the base class declares it


_TAG = "tag:yaml.org,2002:"
for _name, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("int", r"^-?(?:0|[1-9][0-9]{0,17})$", "-0123456789"),
    ("float", r"^-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}$", "-0123456789"),
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
):
    _Plain.add_implicit_resolver(_TAG + _name, re.compile(_pattern), list(_first))


@dataclass(frozen=True, slots=True)
class Lines:
    """Where each key of a file stands."""

    known: Mapping[Place, int]

    def of(self, place: Place) -> int:
        """The line of a key, or of the nearest thing around it that is there."""
        while place and place not in self.known:
            place = place[:-1]
        return self.known.get(place, 1)


def read_yaml(path: Path) -> tuple[Any, Lines]:
    """The data in a YAML file, and its lines.

    Raises:
        BadSettings: It cannot be read, or is not plain YAML; names file and line.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST + 1)
        text = raw.decode()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        msg = f"cannot read {path}: {why}"
        raise BadSettings(msg, hint=f"mend {path}, or name another file") from error
    if len(raw) > LONGEST:
        msg = f"{path} is longer than {LONGEST} bytes"
        raise BadSettings(msg)
    return _Reader(path).read(text)


class _Reader:
    """Turns the nodes of one file into data."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Place, int] = {(): 1}
        self.seen: set[int] = set()

    def read(self, text: str) -> tuple[Any, Lines]:
        try:
            root = yaml.compose(text, Loader=_Plain)
            return (self._value(root, ()) if root else None), Lines(self.lines)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or str(error)
            raise self._wrong(mark.line + 1 if mark else 1, f"not YAML: {what}") from error
        except RecursionError as error:
            raise self._wrong(1, "nested too deeply") from error

    def _value(self, node: yaml.Node, place: Place) -> Any:  # noqa: ANN401 - any JSON value
        line = node.start_mark.line + 1
        if len(place) > _DEEPEST:
            raise self._wrong(line, "nested too deeply")
        if id(node) in self.seen:
            raise self._wrong(line, "an anchor is used again; write it out")
        self.seen.add(id(node))
        self.lines.setdefault(place, line)
        kind = str(node.tag).removeprefix(_TAG)
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return self._map(node, place)
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return [self._value(item, (*place, n)) for n, item in enumerate(node.value)]
        return self._scalar(node, kind, line)

    def _map(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise self._wrong(line, "a key has to be a plain word")
            if key.value in found:
                raise self._wrong(line, f"{key.value!r} is there twice")
            self.lines[(*place, key.value)] = line
            found[key.value] = self._value(value, (*place, key.value))
        return found

    def _scalar(self, node: yaml.Node, kind: str, line: int) -> object:
        text = str(node.value)
        match kind:
            case "str":
                return text
            case "bool":
                return text == "true"
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "null":
                return None
            case other:
                raise self._wrong(line, f"the tag {other!r} is not taken")

    def _wrong(self, line: int, what: str) -> BadSettings:
        return BadSettings(f"{self.path}, line {line}: {what}", hint=f"mend {self.path}")
