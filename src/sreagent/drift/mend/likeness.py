"""Whether code says what reality has, whatever the spelling."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sreagent.drift.compare.meaning import json_text, policy

Json = Any
"""A JSON value."""


def alike(one: Json, other: Json, *, ordered: bool = True) -> bool:
    """Whether two values are one value.

    Numbers and truths may be texts, JSON texts and policies may be spelled in any way, and an
    object may lack what the other has as null. Nothing and empty are not the same.

    Args:
        one: A value.
        other: A value.
        ordered: Whether the order of lists counts.
    """
    if isinstance(one, str) and isinstance(other, str):
        return one == other or _same_json(one, other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return all(
            alike(one.get(name), other.get(name), ordered=ordered) for name in {*one, *other}
        )
    if isinstance(one, list) and isinstance(other, list):
        return _lists(one, other, ordered=ordered)
    if isinstance(one, list | Mapping) or isinstance(other, list | Mapping):
        return False
    return spelled(one) == spelled(other)


def _same_json(one: str, other: str) -> bool:
    if one.lstrip()[:1] not in ("{", "[") or other.lstrip()[:1] not in ("{", "["):
        return False
    parsed, twin = json_text(one), json_text(other)
    if isinstance(parsed, str) or isinstance(twin, str):
        return False
    return bool(parsed == twin or (is_policy(parsed) and policy(parsed) == policy(twin)))


def is_policy(document: Json) -> bool:
    """Whether a document is an IAM policy."""
    return isinstance(document, Mapping) and "Statement" in document


def _lists(one: list[Json], other: list[Json], *, ordered: bool) -> bool:
    if len(one) != len(other):
        return False
    if ordered or any(isinstance(each, list | Mapping) for each in one + other):
        return all(alike(a, b, ordered=ordered) for a, b in zip(one, other, strict=True))
    return Counter(map(spelled, one)) == Counter(map(spelled, other))


def spelled(value: Json) -> str:
    """A value in one spelling: `5` and `"5"`, `true` and `"true"` are the same."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | Mapping):
        return json.dumps(value, sort_keys=True, default=str)
    return "\0null" if value is None else str(value)


def is_nothing(value: Json) -> bool:
    """Whether a value says nothing: null, no text, an empty list or object."""
    return value is None or value in ("", [], {}, ())


def is_blocks(value: Json) -> bool:
    """Whether a value stands in nested blocks: a list of objects."""
    return (
        isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)
    )


def loosely(one: Json, other: Json) -> bool:
    """Whether two values may well be one: nothing is like empty, zero and false."""
    if not one and not other:
        return True
    return alike(one, other, ordered=False)
