"""One attribute of the code made to say what is there, byte by byte."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tree_sitter import Node

from sreagent.domain.secrets import names_secret
from sreagent.drift.code.literals import (
    NotLiteralError,
    UnwritableError,
    aligned,
    key,
    value_of,
    written,
)
from sreagent.drift.code.syntax import Source, Splice, attributes, blocks, labels, parted, spliced
from sreagent.drift.mend import layout
from sreagent.drift.mend.addresses import address_of, first_index, with_value, without_indexes
from sreagent.drift.mend.align import tidied
from sreagent.drift.mend.code import Absent, Code, Spot, find, references, shared
from sreagent.drift.mend.likeness import alike, is_blocks, is_nothing
from sreagent.drift.mend.locate import Target, UnclearError, Unset, Value, Wanted, Whole, locate
from sreagent.drift.mend.rewrite import Manner, rewritten

Json = Any
"""A JSON value."""
HIDDEN = "(hidden)"
_MASK = re.compile(r"\(hidden(?: [0-9a-f]{4})?\)|\(sensitive value\)|\[REDACTED:[^\]]*\]")
_SHOWN = 200
"""Characters of code that a suggestion shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the code should say of one attribute."""

    address: str
    path: str
    before: Json
    """What the state says, which is what the code must say now."""
    after: Json
    """What is there; None means that it is not set."""
    said: Mapping[str, Json] = field(default_factory=dict)
    """All attributes of the resource in the state; tells blocks apart."""
    sets: frozenset[str] = frozenset()
    """Lists of its type whose order means nothing, as `Shape.sets` has them."""
    sensitive: tuple[str, ...] = ()
    """Paths that the state marks."""

    @property
    def wanted(self) -> Wanted:
        """What is looked for in the code."""
        return Wanted(address=self.address, path=self.path, said=self.said, sets=self.sets)

    @property
    def ordered(self) -> bool:
        """Whether the order of the value counts, if it is a list."""
        return without_indexes(self.path) not in self.sets


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """One edit that was made."""

    address: str
    path: str
    spot: Spot
    """Where the file was changed first."""
    before: str
    """The lines that were there."""
    after: str
    """The lines that stand there now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a person must do, for there is no one literal to edit."""

    address: str
    path: str
    why: str
    spot: Spot | None = None
    stands: str = ""
    """What the code says there."""
    should: str = ""
    """The value that it should have, as HCL; hidden where it is a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """The code says it already."""

    address: str
    path: str


Outcome = Edited | Suggestion | Agreed


def edited(code: Code, wish: Wish) -> tuple[Code, Outcome]:
    """Make the code say what is there, or say why a person must.

    Only a literal that says what the state says is edited. The edit is read back before it is
    given out.
    """
    if is_secret(wish):
        return code, _secret(wish)
    try:
        target = locate(code, wish.wanted)
        splices = _splices(target, wish)
        if splices is None:
            return code, Agreed(address=wish.address, path=wish.path)
        changed = _made(code, target.source, splices)
        _prove(code, changed, target.source.path, wish)
    except UnclearError as unclear:
        return code, _suggestion(wish, unclear)
    except UnwritableError as error:
        return code, Suggestion(address=wish.address, path=wish.path, why=f"it is {error}")
    return changed, _difference(code, changed, target.source.path, wish)


def is_secret(wish: Wish) -> bool:
    """Whether a value must not be written: it is masked, marked, or its name tells."""
    names = [each for each in re.split(r"[.\[\]]+", wish.path) if each and not each.isdigit()]
    marked = any(_covers(path, wish.path) for path in wish.sensitive)
    return (
        marked
        or any(names_secret(name) for name in names)
        or _is_masked(wish.before)
        or _is_masked(wish.after)
    )


def _covers(marked: str, path: str) -> bool:
    """Whether one path holds the other, or the other way round."""
    if not marked:
        return True
    longer, shorter = max(marked, path, key=len), min(marked, path, key=len)
    return longer == shorter or longer.startswith((f"{shorter}.", f"{shorter}["))


def _is_masked(value: Json) -> bool:
    if isinstance(value, str):
        return _MASK.search(value) is not None
    if isinstance(value, Mapping):
        return any(
            _is_masked(each) or (names_secret(str(name)) and isinstance(each, str) and bool(each))
            for name, each in value.items()
        )
    return isinstance(value, list) and any(_is_masked(each) for each in value)


def _secret(wish: Wish) -> Suggestion:
    return Suggestion(
        address=wish.address,
        path=wish.path,
        why="it is a secret, and no secret is written to a file",
        should=HIDDEN,
        stands=HIDDEN,
    )


def _suggestion(wish: Wish, unclear: UnclearError) -> Suggestion:
    stands = " ".join(unclear.stands.split())
    return Suggestion(
        address=wish.address,
        path=wish.path,
        why=unclear.why,
        spot=unclear.spot,
        stands=stands if len(stands) <= _SHOWN else stands[: _SHOWN - 1] + "…",
        should=_said(wish.after),
    )


def _said(value: Json) -> str:
    try:
        return written(value)
    except UnwritableError:
        return ""


def _splices(target: Target, wish: Wish) -> list[Splice] | None:
    """What to change; None where nothing is."""
    if isinstance(target, Value):
        return _changed(target, wish)
    if isinstance(target, Unset):
        return _added(target, wish)
    if isinstance(wish.after, Mapping):
        msg = "the whole block changed"
        raise UnclearError(msg, _spot(target))
    return [layout.without(target.source, target.node)]


def _spot(target: Target) -> Spot:
    node = target.holder if isinstance(target, Unset) else target.node
    return Spot(path=target.source.path, line=target.source.line(node))


def _changed(target: Value, wish: Wish) -> list[Splice] | None:
    source, node = target.source, target.node
    stands = source.of(node)
    try:
        now = value_of(source, node)
    except NotLiteralError as error:
        msg = f"it is {error}"
        raise UnclearError(msg, _spot(target), stands) from error
    if alike(now, wish.after, ordered=wish.ordered):
        return None
    if not alike(now, wish.before, ordered=False):
        why = "the code says neither what the state says nor what is there: it was not applied"
        raise UnclearError(why, _spot(target), stands)
    if wish.after is None and not target.followed:
        return _taken_away(target)
    manner = Manner(
        indent=source.indent(node.start_byte), newline=source.newline, ordered=wish.ordered
    )
    try:
        text = rewritten(stands, wish.after, manner)
    except (NotLiteralError, RecursionError) as error:
        msg = f"it is {error}"
        raise UnclearError(msg, _spot(target), stands) from error
    return [Splice(start=node.start_byte, end=node.end_byte, text=text.encode())]


def _taken_away(target: Value) -> list[Splice]:
    if target.owner.type == "attribute":
        return [layout.without(target.source, target.owner)]
    return layout.removed(target.source, target.holder, target.owner)


def _added(target: Unset, wish: Wish) -> list[Splice] | None:
    if wish.after is None:
        if is_nothing(wish.before):
            return None
        msg = "the code does not set it: the provider does"
        raise UnclearError(msg, _spot(target))
    if target.holder.type == "object":
        return _added_key(target, wish)
    if target.rest.startswith("["):
        return _added_block(target, wish)
    if (target.rest or target.name == "tags") and not is_nothing(wish.before):
        msg = "the code does not set it: the provider does"
        raise UnclearError(msg, _spot(target))
    value = {target.rest: wish.after} if target.rest else wish.after
    if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        msg = "the code has no such blocks"
        raise UnclearError(msg, _spot(target))
    return [layout.new_attribute(target.source, target.holder, _row(target, value))]


def _added_key(target: Unset, wish: Wish) -> list[Splice]:
    source, holder = target.source, target.holder
    if not is_nothing(wish.before):
        msg = "the code does not set it: the provider does"
        raise UnclearError(msg, _spot(target))
    last = layout.items_of(holder)
    indent = source.indent((last[-1] if last else holder).start_byte)
    colon = bool(last) and source.of(last[-1].children[1]) == ":"
    row = (
        f"{key(target.name)}{':' if colon else ' ='} {written(wish.after, indent, source.newline)}"
    )
    return layout.appended(source, holder, row)


def _row(target: Unset, value: Json) -> str:
    """A new attribute, its sign below that of the line above."""
    source, holder = target.source, target.holder
    indent = layout.inner_indent(source, holder)
    known = list(attributes(holder))
    width = len(target.name)
    if known and known[-1].child_count == 3:
        name, sign, _ = known[-1].children
        width = max(width, sign.start_byte - name.start_byte - 1)
    return f"{target.name.ljust(width)} = {written(value, indent, source.newline)}"


def _added_block(target: Unset, wish: Wish) -> list[Splice]:
    if not isinstance(wish.after, Mapping) or first_index(target.rest)[1]:
        msg = "the code has no such block"
        raise UnclearError(msg, _spot(target))
    lines = block_lines(wish.after)
    return [layout.new_block(target.source, target.holder, target.name, lines)]


def block_lines(value: Mapping[str, Json], newline: str = "\n") -> list[str]:
    """What stands in a block that says some values; nothing and empty are left out."""
    rows = [
        (name, written(each, "", newline))
        for name, each in value.items()
        if not is_nothing(each) and not is_blocks(each)
    ]
    lines = [line for row in aligned(rows) for line in row.split(newline)]
    for name, each in value.items():
        if is_blocks(each):
            for inner in each:
                deeper = block_lines(inner, newline)
                lines += [*([""] if lines else []), f"{name} {{"]
                lines += [f"  {line}" if line else "" for line in deeper] + ["}"]
    return lines


def _made(code: Code, source: Source, splices: list[Splice]) -> Code:
    return code.with_source(tidied(source, spliced(source.text, splices)))


def _prove(before: Code, code: Code, path: str, wish: Wish) -> None:
    """Read back what was written.

    Raises:
        UnclearError: It does not say what it should.
    """
    if code.source(path).root.has_error and not before.source(path).root.has_error:
        msg = "the edit cannot be read back"
        raise UnclearError(msg)
    try:
        found = value_at(code, after_wish(wish))
    except UnclearError as error:
        if wish.after is None:
            return
        msg = f"the edit cannot be read back: {error.why}"
        raise UnclearError(msg, error.spot) from error
    if not says(found, wish):
        msg = "the edit does not say what is there"
        raise UnclearError(msg)


def says(found: Json, wish: Wish) -> bool:
    """Whether what the code says is what is there; of a block, what is set in it counts."""
    wanted = wish.after
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        wanted = {name: each for name, each in wanted.items() if not is_nothing(each)}
        found = {name: found.get(name) for name in wanted}
    return alike(found, wanted, ordered=wish.ordered)


def after_wish(wish: Wish) -> Wanted:
    """What is looked for once the wish is made true."""
    said = with_value(dict(wish.said), wish.path, wish.after) if wish.said else wish.said
    return Wanted(address=wish.address, path=wish.path, said=said, sets=wish.sets)


def value_at(code: Code, wanted: Wanted) -> Json:
    """What the code says of an attribute; None where it says nothing.

    Raises:
        UnclearError: It is computed, or nobody knows which block it is.
    """
    target = locate(code, wanted)
    if isinstance(target, Unset):
        return None
    if isinstance(target, Whole):
        return _block_value(target.source, target.node)
    try:
        return value_of(target.source, target.node)
    except NotLiteralError as error:
        msg = f"it is {error}"
        raise UnclearError(msg, _spot(target)) from error


def _block_value(source: Source, node: Node) -> dict[str, Json]:
    """What a block says, without what is computed."""
    found: dict[str, Json] = {}
    for each in attributes(node):
        with suppress(NotLiteralError):
            found[source.of(each.children[0])] = value_of(source, each.children[-1])
    for inner in blocks(node):
        name = labels(source, inner)[0]
        found[name] = [*found.get(name, ()), _block_value(source, inner)]
    return found


def _difference(code: Code, changed: Code, path: str, wish: Wish) -> Edited:
    old, new = code.files[path].split(b"\n"), changed.files[path].split(b"\n")
    head, tail = parted(old, new)
    return Edited(
        address=wish.address,
        path=wish.path,
        spot=Spot(path=path, line=head + 1),
        before=b"\n".join(old[head : len(old) - tail]).decode("utf-8", "replace"),
        after=b"\n".join(new[head : len(new) - tail]).decode("utf-8", "replace"),
    )


def without_block(code: Code, address: str) -> tuple[Code, Outcome]:
    """Take a whole resource out of the code, where nothing else speaks of it."""
    block = find(code, address)
    path = ""
    if isinstance(block, Absent):
        return code, Suggestion(address=address, path=path, why=block.why, spot=block.spot)
    why = shared(code, address, block) or _still_used(code, address, block.folder)
    if why or block.node.has_error:
        return code, Suggestion(
            address=address,
            path=path,
            why=why or "the block has an error of syntax",
            spot=block.spot,
            should="no block",
        )
    changed = _made(code, block.source, [layout.without(block.source, block.node)])
    wish = Wish(address=address, path=path, before=None, after=None)
    return changed, _difference(code, changed, block.source.path, wish)


def _still_used(code: Code, address: str, folder: str) -> str:
    parts = address_of(address)
    used = references(code, folder, parts.type, parts.name) if parts else ()
    return f"it is still used: {', '.join(str(spot) for spot in used[:4])}" if used else ""
