"""A value before and after, told by what differs between them."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from unicodedata import normalize

from sreagent.domain.drift import Json
from sreagent.domain.text import one_line, visible

ARROW = " → "
MOST_LINES = 8
"""Lines of one attribute that are told."""
NARROWEST = 16
CUT_LINES = 400
"""Lines of a text that are compared line by line; of more, only where they part."""
_CONTEXT = 8
"""Letters that are told before the first one that differs."""
_DEEPEST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a difference."""

    sign: str
    """`-` was there, `+` is there, `~` both, empty for a remark."""
    text: str


def told(before: Json, after: Json, room: int) -> tuple[Line, ...]:
    """What differs, in lines of at most `room` letters.

    A short value is told whole, as `before → after`. Of a list it is the members that differ, of an
    object the keys, of a policy the statements, of a long text the place where it parts.
    """
    room = max(room, NARROWEST)
    one, other = _pair(before, after)
    if len(one) + len(ARROW) + len(other) <= room:
        return (Line(sign="~", text=one + ARROW + other),)
    found = tuple(_differences("", before, after, room, 0)) or tuple(
        _whole("", before, after, room)
    )
    lines = [Line(sign=line.sign, text=_cut(line.text, room)) for line in found]
    if len(lines) > MOST_LINES:
        left = len(lines) - MOST_LINES + 1
        lines[MOST_LINES - 1 :] = [Line(sign="", text=f"… {left} more differences")]
    return tuple(lines)


def short(value: Json, room: int) -> str:
    """A value as JSON on one line, cut to `room` letters."""
    return _cut(_spelled(value), max(room, NARROWEST))


def _pair(before: Json, after: Json) -> tuple[str, str]:
    """Both as JSON. Two that look alike are spelled so that they do not."""
    one, other = _spelled(before), _spelled(after)
    if normalize("NFKC", one) == normalize("NFKC", other):
        return _escaped(before), _escaped(after)
    return one, other


def _spelled(value: Json) -> str:
    """As JSON, always on one line; letters that cannot be seen are told by their numbers."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if visible(text) == text else _escaped(value)


def _escaped(value: Json) -> str:
    return json.dumps(value, ensure_ascii=True, default=str)


def _differences(path: str, before: Json, after: Json, room: int, depth: int) -> Iterator[Line]:
    one, other = _parsed(before), _parsed(after)
    if depth >= _DEEPEST or one == other:
        yield from _whole(path, before, after, room)
    elif isinstance(one, Mapping) and isinstance(other, Mapping):
        yield from _objects(path, one, other, room, depth)
    elif _is_list(one) and _is_list(other):
        yield from _lists(path, one or [], other or [], room, depth)
    elif isinstance(one, str) and isinstance(other, str):
        yield from _texts(path, one, other, room)
    else:
        yield from _whole(path, before, after, room)


def _parsed(value: Json) -> Json:
    """The object in a JSON text: a policy."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return found if isinstance(found, dict | list) else value
    return value


def _is_list(value: Json) -> bool:
    return value is None or isinstance(value, list | tuple)


def _objects(
    path: str, before: Mapping[str, Json], after: Mapping[str, Json], room: int, depth: int
) -> Iterator[Line]:
    for name in [*before, *(name for name in after if name not in before)]:
        below = f"{path}.{name}" if path else str(name)
        if name not in after:
            yield _one("-", below, before[name])
        elif name not in before:
            yield _one("+", below, after[name])
        elif _canonical(before[name]) != _canonical(after[name]):
            yield from _either(below, before[name], after[name], room, depth + 1)


def _lists(
    path: str, before: Sequence[Json], after: Sequence[Json], room: int, depth: int
) -> Iterator[Line]:
    """Members that only one side has. One that was edited is told by what differs in it."""
    gone, new = _only(before, after), _only(after, before)
    if not gone and not new:
        yield Line(sign="", text=_at(path, "the same members in another order"))
        return
    if len(gone) == len(new) == 1 and isinstance(before[gone[0]], Mapping):
        name = _name(path, before[gone[0]], gone[0])
        yield from _either(name, before[gone[0]], after[new[0]], room, depth + 1)
        return
    for place in gone:
        yield _one("-", path, before[place])
    for place in new:
        yield _one("+", path, after[place])
    if same := len(before) - len(gone):
        yield Line(sign="", text=_at(path, f"{same} the same"))


def _only(here: Sequence[Json], there: Sequence[Json]) -> list[int]:
    """Places of members that the other side lacks; of equal ones each counts."""
    left = Counter(_canonical(each) for each in there)
    found: list[int] = []
    for place, each in enumerate(here):
        spelled = _canonical(each)
        if left[spelled]:
            left[spelled] -= 1
        else:
            found.append(place)
    return found


def _canonical(value: Json) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _name(path: str, member: Mapping[str, Json], place: int) -> str:
    """A member of a list: a statement by its id, any other by its place."""
    sid = member.get("Sid")
    return f"{path}[{sid if isinstance(sid, str) and sid else place}]"


def _either(path: str, before: Json, after: Json, room: int, depth: int) -> Iterator[Line]:
    one, other = _pair(before, after)
    text = _at(path, one + ARROW + other)
    if len(text) <= room:
        yield Line(sign="~", text=text)
    else:
        yield from _differences(path, before, after, room, depth)


def _texts(path: str, before: str, after: str, room: int) -> Iterator[Line]:
    """A text of several lines by the lines that differ."""
    one, other = before.split("\n"), after.split("\n")
    if 1 < max(len(one), len(other)) <= CUT_LINES:
        yield from _parts(path, one, other)
    else:
        yield from _whole(path, before, after, room)


def _parts(path: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, was, was_end, now, now_end in matcher.get_opcodes():
        if what != "equal":
            yield from (_one("-", path, line) for line in before[was:was_end])
            yield from (_one("+", path, line) for line in after[now:now_end])


def _whole(path: str, before: Json, after: Json, room: int) -> Iterator[Line]:
    """Both, each cut to show where they part."""
    one, other = _pair(before, after)
    lead = max(_common(one, other) - _CONTEXT, 0)
    if lead and max(len(one), len(other)) + len(path) + 2 > room:
        one, other = f"…{one[lead:]}", f"…{other[lead:]}"
    yield Line(sign="-", text=_at(path, one))
    yield Line(sign="+", text=_at(path, other))


def _common(one: str, other: str) -> int:
    """Letters that both begin with."""
    for place, (was, now) in enumerate(zip(one, other, strict=False)):
        if was != now:
            return place
    return min(len(one), len(other))


def _one(sign: str, path: str, value: Json) -> Line:
    return Line(sign=sign, text=_at(path, _spelled(value)))


def _at(path: str, text: str) -> str:
    return f"{one_line(path)}: {text}" if path else text


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
