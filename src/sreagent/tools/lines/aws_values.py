"""Turns the words of an aws line into values of the types that the API takes."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Never

from sreagent.tools.aws.operations import Shape
from sreagent.tools.lines.aws_flags import check_value
from sreagent.tools.lines.aws_shorthand import Raw, parse_shorthand
from sreagent.tools.lines.objection import Objection, Rule

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_EPOCH = re.compile(r"(?:0|[1-9][0-9]{0,12})(?:\.[0-9]{1,9})?")
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_PLAIN = ("string", "integer", "float", "boolean", "timestamp")
_DEEPEST = 24
"""Brackets in brackets of JSON: filters of costs are the deepest that anybody writes."""


def value_of(shape: Shape, words: Sequence[str], flag: str) -> Any:  # noqa: ANN401 - any value
    """The value of a flag.

    Raises:
        Objection: The words do not make a value of that shape.
    """
    if shape.kind == "list":
        return _list(shape, words, flag)
    if shape.kind in ("map", "structure"):
        return _complex(shape, words[0], flag)
    return _plain(shape.kind, words[0], flag)


def _list(shape: Shape, words: Sequence[str], flag: str) -> list[Any]:
    if words[0].lstrip().startswith("["):
        if len(words) > 1:
            _wrong(flag, " ".join(words), "a list: write it as one JSON list, or with spaces")
        return list(_typed(shape, _json(words[0], flag), flag))
    item = shape.of(shape.item)
    if item.kind in _PLAIN:
        return [_plain(item.kind, word, flag) for word in words]
    return [_complex(item, word, flag) for word in words]


def _complex(shape: Shape, word: str, flag: str) -> Any:  # noqa: ANN401 - any value
    """A structure, a map or a list in a list, as JSON or shorthand."""
    if word.lstrip().startswith(("{", "[")):
        return _typed(shape, _json(word, flag), flag)
    if (only := _only_member(shape)) and "=" not in word:
        return {only: _plain(shape.members[only], word, flag)}
    if shape.kind == "list":
        _wrong(flag, word, "a list of lists: write JSON")
    return _of_words(shape, parse_shorthand(word), flag)


def _only_member(shape: Shape) -> str:
    """A structure with one plain member is written as that member alone."""
    if shape.kind != "structure" or len(shape.members) != 1:
        return ""
    name, kind = next(iter(shape.members.items()))
    return name if kind in _PLAIN else ""


def _of_words(shape: Shape, raw: Raw, flag: str) -> Any:  # noqa: ANN401 - any value
    """A value of a shape from the words of a shorthand."""
    if shape.kind == "list":
        items = raw if isinstance(raw, list) else [raw]
        item = shape.of(shape.item)
        return [_of_words(item, part, flag) for part in items]
    if shape.kind in ("map", "structure"):
        if not isinstance(raw, dict):
            _wrong(flag, str(raw), "a structure: write Key=Value in {…}, or JSON")
        return _members(shape, raw, flag, _of_words)
    if not isinstance(raw, str):
        _wrong(flag, str(raw), f"one {shape.kind}")
    check_value(flag, raw)
    return _plain(shape.kind, raw, flag)


def _typed(shape: Shape, data: Any, flag: str) -> Any:  # noqa: ANN401 - any value
    """A value of a shape from JSON."""
    if shape.kind == "list" and isinstance(data, list):
        item = shape.of(shape.item)
        return [_typed(item, part, flag) for part in data]
    if shape.kind in ("map", "structure") and isinstance(data, dict):
        return _members(shape, data, flag, _typed)
    if shape.kind == "timestamp" and isinstance(data, str | int) and not isinstance(data, bool):
        return _plain("timestamp", str(data), flag)
    if not _fits(shape.kind, data):
        _wrong(flag, json.dumps(data), f"a {shape.kind}")
    if isinstance(data, str):
        check_value(flag, data)
    return data


def _fits(kind: str, data: object) -> bool:
    if isinstance(data, bool):
        return kind == "boolean"
    if isinstance(data, int):
        return kind in ("integer", "float")
    return kind == {float: "float", str: "string"}.get(type(data))


def _members(shape: Shape, data: dict[str, Any], flag: str, convert: Any) -> dict[str, Any]:  # noqa: ANN401 - one of the two above
    """A map or a structure; what is required has to be there, and nothing else may be."""
    if shape.kind == "map":
        value = shape.of(shape.item)
        return {key: convert(value, part, flag) for key, part in data.items()}
    unknown = sorted(set(data) - set(shape.members))
    if unknown:
        known = ", ".join(sorted(shape.members)[:12])
        _wrong(flag, unknown[0], f"one of its members: {known}")
    missing = sorted(shape.required - set(data))
    if missing:
        raise Objection(Rule.ARGUMENT, f"{flag} lacks {', '.join(missing)}")
    return {name: convert(shape.of(shape.members[name]), part, flag) for name, part in data.items()}


def _plain(kind: str, text: str, flag: str) -> str | int | float | bool:
    """A value that is one word."""
    if kind == "string":
        return text
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "float" and _FLOAT.fullmatch(text):
        return float(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "timestamp":
        return _moment(text, flag)
    if kind in ("blob", "document"):
        raise Objection(Rule.FLAG, f"{flag} takes bytes or a document, which a line cannot give")
    return _wrong(flag, text, "true or false" if kind == "boolean" else f"a plain {kind}")


def _moment(text: str, flag: str) -> str | int | float:
    """A time as the SDK takes it: seconds since 1970, or ISO 8601 as it was written."""
    if _EPOCH.fullmatch(text):
        return float(text) if "." in text else int(text)
    if _DATE.fullmatch(text):
        try:
            datetime.fromisoformat(text)
        except ValueError:
            return _wrong(flag, text, "a date of the calendar")
        return text
    return _wrong(flag, text, "a time: write 2026-01-31T12:00:00Z")


def _json(text: str, flag: str) -> Any:  # noqa: ANN401 - any JSON value
    if _depth(text) > _DEEPEST:
        _wrong(flag, text, "JSON of a sensible depth")
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except ValueError:
        return _wrong(flag, text, "JSON")


def _depth(text: str) -> int:
    deepest = depth = 0
    for char in text:
        depth += (char in "[{") - (char in "]}")
        deepest = max(deepest, depth)
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a member is given twice"
        raise ValueError(msg)
    return found


def _no_constant(name: str) -> Never:
    msg = f"{name} is no JSON"
    raise ValueError(msg)


def _wrong(flag: str, text: str, wanted: str) -> Never:
    raise Objection(Rule.ARGUMENT, f"{flag}: {text[:60]!r} is not {wanted}")
