"""Two readings of one resource to the attributes that differ."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sreagent.drift.compare.meaning import json_text, policy
from sreagent.drift.compare.noise import is_volatile, tags_that_count
from sreagent.drift.compare.shape import PLAIN, Shape

Json = Any
"""A JSON value."""
_ALIKE = 0.5
"""Share of equal attributes from which two blocks of a set are one block that was edited."""
_MAPS = frozenset({"tags"})
_NOTHING = ("0", "false")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One attribute that is not what the state says, with its values as they are."""

    path: str
    """With indexes of the state: `ingress[0].cidr_blocks`, `tags.Name`."""
    before: Json
    after: Json


def differences(
    before: Mapping[str, Json], after: Mapping[str, Json], shape: Shape = PLAIN
) -> tuple[Difference, ...]:
    """What differs between the state and reality, of the attributes that both sides know.

    Args:
        before: Attributes of the state.
        after: What was read, in the same names; what is not in it was not read.
        shape: What is known of the type.
    """
    found: list[Difference] = []
    for name, real in after.items():
        said = (
            before.get(name, real) if name != "tags" else before.get("tags_all") or before.get(name)
        )
        # Most are equal, so that is asked first.
        if _is_equal(said, real) or is_volatile(name, shape):
            continue
        if name == "tags":
            said, real = tags_that_count(said), tags_that_count(real)
        found += _differ(shape, name, name, said, real)
    return tuple(found)


def _differ(
    shape: Shape, pattern: str, path: str, before: Json, after: Json
) -> Iterator[Difference]:
    """`pattern` is the path without its indexes."""
    if pattern in shape.skipped or _is_same(shape, pattern, before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _objects(shape, pattern, path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(shape, pattern, path, before, after)
    else:
        yield Difference(path=path, before=before, after=after)


def _is_same(shape: Shape, pattern: str, before: Json, after: Json) -> bool:
    """Whether two values are one, or two spellings of one."""
    if _is_equal(before, after):
        return True
    if pattern not in shape.strict:
        default = shape.defaults.get(pattern)
        before = default if is_empty(before) and default is not None else before
        after = default if is_empty(after) and default is not None else after
        if is_empty(before) and is_empty(after):
            return True
        if isinstance(default, list) and before == after == default:
            return True
    if pattern in shape.policies:
        return bool(policy(before) == policy(after))
    if one := shape.equal.get(pattern):
        return bool(one(before) == one(after))
    return _is_same_scalar(before, after)


def _is_equal(before: Json, after: Json) -> bool:
    return bool(before == after) and type(before) is type(after)


def _is_same_scalar(before: Json, after: Json) -> bool:
    if isinstance(before, str) and isinstance(after, str):
        if before == after:
            return True
        both = before[:1] in "{[" and after[:1] in "{[" and before and after
        return bool(both) and json_text(before) == json_text(after) != before
    if isinstance(before, list | dict) or isinstance(after, list | dict):
        return False
    return _scalar(before) == _scalar(after)


def _scalar(value: Json) -> str:
    """Numbers and truths are texts in some versions of a provider, and are none in others."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def is_empty(value: Json) -> bool:
    """Whether a value says nothing: null, no text, zero, false, or only such values."""
    if not value:
        return True
    if isinstance(value, str):
        return value in _NOTHING
    members = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    return bool(members) and all(map(is_empty, members))


def _objects(
    shape: Shape, pattern: str, path: str, before: Mapping[str, Json], after: Mapping[str, Json]
) -> Iterator[Difference]:
    is_map = pattern in shape.maps or pattern in _MAPS
    is_whole = is_map or shape.whole
    names = [*before, *(name for name in after if name not in before)] if is_whole else after
    for name in names:
        if is_whole or name in before:
            below = pattern if is_map else f"{pattern}.{name}"
            yield from _member(shape, below, f"{path}.{name}", before, after, name)


def _member(
    shape: Shape,
    pattern: str,
    path: str,
    before: Mapping[str, Json],
    after: Mapping[str, Json],
    name: str,
) -> Iterator[Difference]:
    if name in before and name in after:
        yield from _differ(shape, pattern, path, before[name], after[name])
    else:
        yield Difference(path=path, before=before.get(name), after=after.get(name))


def _lists(
    shape: Shape, pattern: str, path: str, before: list[Json], after: list[Json]
) -> Iterator[Difference]:
    if not _has_blocks(before) and not _has_blocks(after):
        if not _same_values(shape, pattern, before, after):
            yield Difference(path=path, before=before, after=after)
    elif key := shape.keyed.get(pattern):
        yield from _keyed(shape, pattern, path, before, after, key)
    elif pattern in shape.sets:
        yield from _set(shape, pattern, path, before, after)
    else:
        yield from _sequence(shape, pattern, path, before, after)


def _has_blocks(values: Sequence[Json]) -> bool:
    return any(isinstance(value, dict) for value in values)


def _same_values(shape: Shape, pattern: str, before: list[Json], after: list[Json]) -> bool:
    if pattern in shape.sets:
        one = shape.equal.get(pattern, lambda value: value)
        return {_scalar(one(each)) for each in before} == {_scalar(one(each)) for each in after}
    return len(before) == len(after) and all(
        _is_same(shape, pattern, was, now) for was, now in zip(before, after, strict=True)
    )


def _sequence(
    shape: Shape, pattern: str, path: str, before: list[Json], after: list[Json]
) -> Iterator[Difference]:
    """Blocks whose order means something. A block that only one side has may say nothing."""
    for place in range(max(len(before), len(after))):
        was = before[place] if place < len(before) else None
        now = after[place] if place < len(after) else None
        if was is None and isinstance(now, dict) and _says_nothing(shape, pattern, now):
            continue
        if now is None and isinstance(was, dict) and _says_nothing(shape, pattern, was):
            continue
        yield from _differ(shape, pattern, f"{path}[{place}]", was, now)


def _says_nothing(shape: Shape, pattern: str, block: Mapping[str, Json]) -> bool:
    """Whether every value of a block is what it would be without the block."""
    return all(
        f"{pattern}.{name}" in shape.skipped
        or _is_same(shape, f"{pattern}.{name}", shape.defaults.get(f"{pattern}.{name}"), value)
        for name, value in block.items()
    )


def _keyed(
    shape: Shape,
    pattern: str,
    path: str,
    before: list[Json],
    after: list[Json],
    key: Sequence[str],
) -> Iterator[Difference]:
    """Blocks that are known by some of their values."""
    places = {_key(block, key): place for place, block in enumerate(before)}
    left = {_key(block, key): block for block in after}
    for name, place in places.items():
        yield from _differ(shape, pattern, f"{path}[{place}]", before[place], left.pop(name, None))
    for place, block in enumerate(left.values(), start=len(before)):
        yield from _differ(shape, pattern, f"{path}[{place}]", None, block)


def _key(block: Json, names: Sequence[str]) -> tuple[str, ...]:
    found = block if isinstance(block, dict) else {}
    return tuple(_scalar(found.get(name) or "") for name in names)


def _set(
    shape: Shape, pattern: str, path: str, before: list[Json], after: list[Json]
) -> Iterator[Difference]:
    """Blocks without an order: equal ones go away, those alike are one that was edited."""
    known = _names(before) & _names(after)
    whole = known or _names(before) | _names(after)
    gone = {place: _spelled(shape, pattern, block, whole) for place, block in enumerate(before)}
    new = {place: _spelled(shape, pattern, block, whole) for place, block in enumerate(after)}
    for place, spelled in list(gone.items()):
        twin = next((other for other, said in new.items() if said == spelled), None)
        if twin is not None:
            del gone[place], new[twin]
    for place in gone:
        other = _most_alike(shape, pattern, before[place], [(at, after[at]) for at in new])
        if other is not None:
            del new[other]
        now = after[other] if other is not None else None
        yield from _differ(shape, pattern, f"{path}[{place}]", before[place], now)
    for place, other in enumerate(new, start=len(before)):
        yield from _differ(shape, pattern, f"{path}[{place}]", None, after[other])


def _names(blocks: Sequence[Json]) -> set[str]:
    return {name for block in blocks if isinstance(block, dict) for name in block}


def _spelled(shape: Shape, pattern: str, value: Json, names: set[str] | None = None) -> str:
    """One text for all spellings of a block, of the attributes named."""
    return json.dumps(_plain(shape, pattern, value, names), sort_keys=True, default=str)


def _plain(shape: Shape, pattern: str, value: Json, names: set[str] | None = None) -> Json:
    if pattern in shape.policies:
        return policy(value)
    if isinstance(value, dict):
        said = {
            name: _plain(shape, below, shape.defaults.get(below) if is_empty(each) else each)
            for name, each in value.items()
            if (names is None or name in names)
            and (below := f"{pattern}.{name}") not in shape.skipped
        }
        return {name: each for name, each in said.items() if not is_empty(each)}
    if isinstance(value, list):
        members = [_plain(shape, pattern, each) for each in value]
        if pattern in shape.sets:
            members.sort(key=lambda each: json.dumps(each, sort_keys=True, default=str))
        return members
    one = shape.equal.get(pattern)
    return None if is_empty(value) else _scalar(one(value) if one else value)


def _most_alike(
    shape: Shape, pattern: str, block: Json, others: Sequence[tuple[int, Json]]
) -> int | None:
    """The place of the block that shares most values, if it shares enough."""
    scored = [(_likeness(shape, pattern, block, other), -place) for place, other in others]
    best = max(scored, default=(0.0, 0))
    return -best[1] if best[0] >= _ALIKE else None


def _likeness(shape: Shape, pattern: str, one: Json, other: Json) -> float:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return 0.0
    names = one.keys() & other.keys()
    telling = [name for name in names if not (is_empty(one[name]) and is_empty(other[name]))]
    same = [
        name for name in telling if _is_same(shape, f"{pattern}.{name}", one[name], other[name])
    ]
    return len(same) / len(telling) if telling else 0.0
