"""Blocks of Terraform code as data, from HCL and from its spelling in JSON."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tree_sitter import Node

from sreagent.drift.code.files import in_order
from sreagent.drift.code.literals import NotLiteralError, elements, value_of
from sreagent.drift.code.syntax import (
    Source,
    attributes,
    blocks,
    expression,
    innermost,
    labels,
    parse,
)

_TEMPLATE = re.compile(r"[$%]\{")
_DEPTH = {"resource": 2, "module": 1, "backend": 1, "data": 2}
"""How many labels a block has, where JSON nests them."""
_WANTED: Mapping[str, frozenset[str]] = {
    "terraform": frozenset({"backend", "cloud"}),
    "resource": frozenset({"lifecycle"}),
    "module": frozenset(),
}
"""Blocks that are read, and which of those in them."""


@dataclass(frozen=True, slots=True)
class Written:
    """An expression whose value does not stand in it."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block, with the values that stand in it."""

    kind: str
    labels: tuple[str, ...]
    path: str
    """The file that it stands in."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Literals, and `Written` for everything else."""
    inner: tuple["Block", ...] = ()

    def find(self, kind: str) -> "Block | None":
        """The last block of a kind in this one."""
        return next((each for each in reversed(self.inner) if each.kind == kind), None)


def blocks_of(files: Mapping[str, bytes]) -> Iterator[Block]:
    """The blocks of all files of one folder that say something of its state; overrides last.

    A file that cannot be understood is read as far as it can be.
    """
    for name in in_order(files):
        text = files[name]
        if name.endswith(".json"):
            yield from _from_json(name, text)
        else:
            source = parse(name, text)
            yield from _inside(source, source.root, frozenset(_WANTED))


def _inside(source: Source, node: Node, wanted: frozenset[str] | None) -> Iterator[Block]:
    for each in blocks(node):
        words = labels(source, each)
        if words and (wanted is None or words[0] in wanted):
            yield _block(source, each, words)


def _block(source: Source, node: Node, words: Sequence[str]) -> Block:
    found = attributes(node)
    if words[0] == "module":
        found = (each for each in found if source.of(each.children[0]) == "source")
    elif words[0] == "resource":
        found = iter(())
    return Block(
        kind=words[0],
        labels=tuple(words[1:]),
        path=source.path,
        values={source.of(each.children[0]): _value(source, expression(each)) for each in found},
        inner=tuple(_inside(source, node, _WANTED.get(words[0]))),
    )


def _value(source: Source, node: Node) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return value_of(source, node)
    except NotLiteralError:
        inner = innermost(node)
        if inner.type == "tuple":
            return [_value(source, each) for each in elements(inner)]
        return Written(" ".join(source.of(node).split()))


def _from_json(path: str, text: bytes) -> Iterator[Block]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    for kind in _WANTED:
        for body in _many(document.get(kind) if isinstance(document, dict) else None):
            yield from _json_blocks(kind, body, path)


def _json_blocks(kind: str, body: object, path: str) -> Iterator[Block]:
    for names, inside in _labelled(body, _DEPTH.get(kind, 0)):
        wanted = _WANTED.get(kind, frozenset(name for name in inside if _is_block(inside[name])))
        yield Block(
            kind=kind,
            labels=names,
            path=path,
            values={
                name: _json_value(value) for name, value in inside.items() if name not in wanted
            },
            inner=tuple(
                block
                for name in inside
                if name in wanted
                for each in _many(inside[name])
                for block in _json_blocks(name, each, path)
            ),
        )


def _labelled(body: object, depth: int) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if not isinstance(body, dict):
        return
    if not depth:
        yield (), body
        return
    for name, below in body.items():
        for each in _many(below):
            for names, inside in _labelled(each, depth - 1):
                yield (name, *names), inside


def _many(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _is_block(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)
    )


def _json_value(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str) and _TEMPLATE.search(value):
        return Written(value)
    return [_json_value(each) for each in value] if isinstance(value, list) else value
