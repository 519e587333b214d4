"""From an address and a path to the bytes that say it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tree_sitter import Node

from sreagent.drift.code.literals import (
    NotLiteralError,
    elements,
    kind_of,
    members,
    value_of,
)
from sreagent.drift.code.syntax import (
    Source,
    attribute,
    attributes,
    blocks,
    expression,
    innermost,
    labels,
    trail,
)
from sreagent.drift.mend.addresses import (
    address_of,
    at_path,
    first_index,
    first_key,
    first_name,
    without_indexes,
)
from sreagent.drift.mend.code import (
    Absent,
    Block,
    Code,
    Spot,
    calls_to,
    find,
    folder_of,
    references,
    resources,
    shared,
)
from sreagent.drift.mend.likeness import loosely

Json = Any
"""A JSON value."""
_FAR = 8
"""Variables and locals that are followed one after the other."""


class UnclearError(Exception):
    """There is no one literal to edit: where it stands, what stands there, and why not."""

    def __init__(self, why: str, spot: Spot | None = None, stands: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.spot = spot
        self.stands = stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """An expression that says the value."""

    source: Source
    node: Node
    """The expression."""
    owner: Node
    """The attribute or the element of an object or list that it belongs to."""
    holder: Node
    """The block, object or list that holds the owner."""
    followed: bool = False
    """It was found behind a variable or a local."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unset:
    """An attribute, key or block that the code does not have."""

    source: Source
    holder: Node
    """The block or object that would have it."""
    name: str
    rest: str = ""
    """What follows of the path."""
    followed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A nested block."""

    source: Source
    node: Node


Target = Value | Unset | Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for."""

    address: str
    path: str
    said: Mapping[str, Json] = field(default_factory=dict)
    """The attributes of the resource as the state has them, with what was edited since."""
    sets: frozenset[str] = frozenset()
    """Lists of its type whose order means nothing."""


def locate(code: Code, wanted: Wanted) -> Target:
    """Find what says an attribute.

    Raises:
        UnclearError: There is no such block, it makes several resources, or the value is computed.
    """
    block = find(code, wanted.address)
    if isinstance(block, Absent):
        raise UnclearError(block.why, block.spot)
    if block.node.has_error:
        msg = "the block has an error of syntax"
        raise UnclearError(msg, block.spot)
    if several := shared(code, wanted.address, block):
        raise UnclearError(several, block.spot)
    return _Search(code=code, block=block, wanted=wanted).in_block(block.node, wanted.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    code: Code
    block: Block
    wanted: Wanted
    source: Source | None = None
    """Where it has come to; None for the file of the block."""
    depth: int = 0

    @property
    def here(self) -> Source:
        return self.source or self.block.source

    def in_block(self, node: Node, path: str) -> Target:
        name, rest = first_name(path)
        if (said := attribute(self.here, node, name)) is not None:
            return self.in_expression(expression(said), said, node, rest)
        nested = [each for each in blocks(node) if labels(self.here, each) == (name,)]
        dynamic = [each for each in blocks(node) if labels(self.here, each) == ("dynamic", name)]
        index, deeper = first_index(rest)
        if nested:
            return self._in_nested(nested, path, index or 0, deeper, mixed=bool(dynamic))
        if dynamic:
            msg = "a dynamic block makes it"
            raise self.unclear(msg, dynamic[0])
        return Unset(source=self.here, holder=node, name=name, rest=rest)

    def _in_nested(
        self, nested: list[Node], path: str, index: int, rest: str, *, mixed: bool
    ) -> Target:
        before = self._until(path)
        values = at_path(self.wanted.said, before)
        if not rest and (not isinstance(values, list) or _lacks(values, index)):
            if mixed:
                msg = "a dynamic block makes some of them"
                raise self.unclear(msg, nested[0])
            return Unset(
                source=self.here,
                holder=_above(nested[0]),
                name=first_name(path)[0],
                rest=f"[{index}]",
            )
        node = self._picked(nested, index, values, before, mixed=mixed)
        return self.in_block(node, rest) if rest else Whole(source=self.here, node=node)

    def _until(self, path: str) -> str:
        """The whole path up to the name that a rest of it begins with."""
        whole = self.wanted.path
        start = whole[: len(whole) - len(path)]
        return start + first_name(path)[0]

    def _picked(
        self, nested: list[Node], index: int, values: Json, before: str, *, mixed: bool
    ) -> Node:
        """The block that stands for one of the state: by what it says, for sets have no order."""
        if not isinstance(values, list) or index >= len(values):
            if mixed or index >= len(nested):
                msg = "it cannot be told which of the blocks it is"
                raise self.unclear(msg, nested[0])
            return nested[index]
        fitting = [node for node in nested if not self._contradicts(node, values[index])]
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            msg = "none of the blocks says what the state says"
            raise self.unclear(msg, nested[0])
        pattern = without_indexes(before)
        exact = not mixed and len(nested) == len(values) and pattern not in self.wanted.sets
        if exact and nested[index] in fitting:
            return nested[index]
        msg = "it cannot be told which of the blocks it is"
        raise self.unclear(msg, fitting[0])

    def _contradicts(self, node: Node, value: Json) -> bool:
        if not isinstance(value, Mapping):
            return False
        for each in attributes(node):
            name = self.here.of(each.children[0])
            try:
                told = value_of(self.here, expression(each))
            except NotLiteralError:
                continue
            if name in value and not loosely(told, value[name]):
                return True
        return False

    def in_expression(self, node: Node, owner: Node, holder: Node, path: str) -> Target:
        names = trail(self.here, node)
        if names[:1] in (("var",), ("local",)) and len(names) == 2:
            return self._follow(names[0], names[1], node, path)
        if not path:
            return Value(
                source=self.here,
                node=node,
                owner=owner,
                holder=holder,
                followed=self.source is not None,
            )
        inner = innermost(node)
        if inner.type == "object":
            return self._in_object(inner, path)
        if inner.type == "tuple":
            return self._in_list(inner, path)
        msg = f"it is {kind_of(self.here, node)}"
        raise self.unclear(msg, node)

    def _in_object(self, node: Node, path: str) -> Target:
        try:
            known = members(self.here, node)
        except NotLiteralError as error:
            msg = f"it is {error}"
            raise self.unclear(msg, node) from error
        found = first_key(path, set(known))
        if found is None:
            return Unset(
                source=self.here,
                holder=node,
                name=path,
                followed=self.source is not None,
            )
        element = known[found[0]]
        return self.in_expression(element.children[-1], element, node, found[1])

    def _in_list(self, node: Node, path: str) -> Target:
        index, rest = first_index(path)
        nodes = elements(node)
        said = at_path(self.wanted.said, self.wanted.path.removesuffix(path))
        if index is None or not isinstance(said, list) or len(nodes) != len(said):
            msg = "it cannot be told which element it is"
            raise self.unclear(msg, node)
        try:
            told = [value_of(self.here, each) for each in nodes]
        except NotLiteralError as error:
            msg = f"it is a list with {error}"
            raise self.unclear(msg, node) from error
        fitting = [at for at, value in enumerate(told) if _fits(value, said[index])]
        if len(fitting) != 1 and index not in fitting:
            msg = "it cannot be told which element it is"
            raise self.unclear(msg, node)
        place = index if index in fitting else fitting[0]
        return self.in_expression(nodes[place], nodes[place], node, rest)

    def _follow(self, kind: str, name: str, node: Node, path: str) -> Target:
        if self.depth >= _FAR:
            msg = "it goes through too many variables"
            raise self.unclear(msg, node)
        folder = self.block.folder
        used = self._used(kind, name)
        if len(used) > 1:
            where = ", ".join(str(spot) for spot in used[:4])
            msg = f"{kind}.{name} is used {len(used)} times: {where}"
            raise self.unclear(msg, node)
        if kind == "local":
            source, said, holder = self._local(folder, name, node)
        else:
            source, said, holder = self._variable(folder, name, node)
        deeper = replace(self, source=source, depth=self.depth + 1)
        return deeper.in_expression(expression(said), said, holder, path)

    def _used(self, kind: str, name: str) -> list[Spot]:
        spots = references(self.code, self.block.folder, kind, name)
        if kind == "local":
            return list(spots)
        own = [
            (source.path, source.line(node), _last_line(source, node))
            for words, source, node in resources(self.code, self.block.folder)
            if words == ("variable", name)
        ]
        return [
            spot
            for spot in spots
            if not any(path == spot.path and a <= spot.line <= b for path, a, b in own)
        ]

    def _local(self, folder: str, name: str, node: Node) -> tuple[Source, Node, Node]:
        found = [
            (source, said, block)
            for words, source, block in resources(self.code, folder)
            if words == ("locals",) and (said := attribute(source, block, name)) is not None
        ]
        if len(found) != 1:
            msg = f"local.{name} is set {len(found)} times"
            raise self.unclear(msg, node)
        return found[0]

    def _variable(self, folder: str, name: str, node: Node) -> tuple[Source, Node, Node]:
        blocks_ = [
            (source, block)
            for words, source, block in resources(self.code, folder)
            if words == ("variable", name)
        ]
        if len(blocks_) != 1:
            msg = f"var.{name} is declared {len(blocks_)} times"
            raise self.unclear(msg, node)
        source, block = blocks_[0]
        if self._is_sensitive(source, block):
            msg = f"var.{name} is sensitive"
            raise UnclearError(msg, Spot(path=source.path, line=source.line(block)))
        if set_in := self._settings(folder, name, node):
            return set_in
        said = attribute(source, block, "default")
        if said is None:
            msg = f"var.{name} has no default, and no file here sets it"
            raise self.unclear(msg, block, source=source)
        return source, said, block

    def _is_sensitive(self, source: Source, block: Node) -> bool:
        said = attribute(source, block, "sensitive")
        return said is not None and source.of(expression(said)) != "false"

    def _settings(self, folder: str, name: str, node: Node) -> tuple[Source, Node, Node] | None:
        """Where a variable is set from outside of its module; None where only its default is."""
        if folder != self.code.root or self._has_modules():
            self._refuse_input(name)
            return None
        found: list[tuple[Source, Node, Node]] = []
        for path in sorted(self.code.files):
            if not _may_set(path, folder) or name.encode() not in self.code.files[path]:
                continue
            if path.endswith(".json"):
                self._refuse_json(path, name)
                continue
            source = self.code.source(path)
            if (said := attribute(source, source.root, name)) is not None:
                found.append((source, said, source.root))
        if len(found) > 1:
            where = ", ".join(f"{source.path}:{source.line(said)}" for source, said, _ in found)
            msg = f"var.{name} is set {len(found)} times: {where}"
            raise self.unclear(msg, node)
        return found[0] if found else None

    def _has_modules(self) -> bool:
        parts = address_of(self.wanted.address)
        return parts is not None and bool(parts.modules)

    def _refuse_input(self, name: str) -> None:
        """Refuse a variable that the call of its module sets."""
        parts = address_of(self.wanted.address)
        led = calls_to(self.code, parts) if parts else ()
        if isinstance(led, Absent) or not led:
            return
        call = led[-1].block
        if (said := attribute(call.source, call.node, name)) is not None:
            msg = f"var.{name} is an input of the module"
            raise self.unclear(msg, said, source=call.source)

    def _refuse_json(self, path: str, name: str) -> None:
        try:
            said = json.loads(self.code.files[path])
        except ValueError:
            return
        if isinstance(said, Mapping) and name in said:
            msg = f"var.{name} is set in JSON, which is not edited"
            raise UnclearError(msg, Spot(path=path, line=1))

    def unclear(self, why: str, node: Node, source: Source | None = None) -> UnclearError:
        source = source or self.here
        stands = source.of(node)
        return UnclearError(why, Spot(path=source.path, line=source.line(node)), stands)


def _lacks(values: list[Json], index: int) -> bool:
    return index >= len(values) or values[index] is None


def _may_set(path: str, folder: str) -> bool:
    """Whether a file may set variables of a root module: it lies in its folder or below."""
    below = folder_of(path) == folder or path.startswith(f"{folder}/" if folder else "")
    return below and path.endswith((".tfvars", ".tfvars.json"))


def _above(block: Node) -> Node:
    """The block, or the file, that a block stands in."""
    body = block.parent
    return body.parent if body is not None and body.parent is not None else block


def _last_line(source: Source, node: Node) -> int:
    return source.text.count(b"\n", 0, node.end_byte) + 1


def _fits(value: Json, said: Json) -> bool:
    if isinstance(value, Mapping) and isinstance(said, Mapping):
        return all(loosely(value[name], said[name]) for name in value if name in said)
    return loosely(value, said)
