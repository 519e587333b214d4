"""HCL as a tree in which every piece knows its bytes."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Splice:
    """Some bytes of a file that become others."""

    start: int
    end: int
    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file of code and its tree."""

    path: str
    text: bytes
    root: Node
    tops: tuple[tuple[tuple[str, ...], Node], ...] = field(repr=False, compare=False)
    """The blocks at the top with their labels."""

    @property
    def newline(self) -> str:
        """How its lines end."""
        return "\r\n" if b"\r\n" in self.text else "\n"

    def of(self, node: Node) -> str:
        """What a piece says; bytes that are no UTF-8 are replaced."""
        return self.text[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def line(self, node: Node) -> int:
        """Where a piece begins, from 1."""
        return node.start_point.row + 1

    def line_start(self, at: int) -> int:
        """The first byte of the line that a byte is in."""
        start = self.text.rfind(b"\n", 0, at) + 1
        return len(BOM) if start == 0 and self.text.startswith(BOM) else start

    def line_end(self, at: int) -> int:
        """The byte after the line that a byte is in, behind its line feed."""
        end = self.text.find(b"\n", at)
        return len(self.text) if end < 0 else end + 1

    def indent(self, at: int) -> str:
        """The white space that the line of a byte begins with."""
        line = self.text[self.line_start(at) : at].decode("utf-8", "replace")
        return line[: len(line) - len(line.lstrip(" \t"))]


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_hcl.language()))


def parse(path: str, text: bytes) -> Source:
    """Read a file; what cannot be understood is an error node, and the rest is read."""
    source = Source(path=path, text=text, root=_parser().parse(text).root_node, tops=())
    return replace(
        source, tops=tuple((labels(source, block), block) for block in blocks(source.root))
    )


def spliced(text: bytes, splices: tuple[Splice, ...] | list[Splice]) -> bytes:
    """The text with all splices made; they must not overlap."""
    done = 0
    parts: list[bytes] = []
    for splice in sorted(splices, key=lambda each: (each.start, each.end)):
        parts += [text[done : splice.start], splice.text]
        done = splice.end
    return b"".join([*parts, text[done:]])


def parted(old: list[bytes], new: list[bytes]) -> tuple[int, int]:
    """How many lines two texts begin with in common, and how many of the others they end with."""
    shortest = min(len(old), len(new))
    head = next((at for at in range(shortest) if old[at] != new[at]), shortest)
    tail = next(
        (at for at in range(shortest - head) if old[-1 - at] != new[-1 - at]), shortest - head
    )
    return head, tail


def bodies(node: Node) -> Node | None:
    """What stands between the braces of a block, or in a file; None where nothing does."""
    return next((child for child in node.children if child.type == "body"), None)


def blocks(node: Node) -> Iterator[Node]:
    """The blocks right inside a block or a file."""
    body = bodies(node)
    yield from (child for child in body.children if child.type == "block") if body else ()


def attributes(node: Node) -> Iterator[Node]:
    """The attributes right inside a block or a file."""
    body = bodies(node)
    yield from (child for child in body.children if child.type == "attribute") if body else ()


def attribute(source: Source, node: Node, name: str) -> Node | None:
    """One attribute of a block or a file."""
    return next((each for each in attributes(node) if source.of(each.children[0]) == name), None)


def labels(source: Source, block: Node) -> tuple[str, ...]:
    """The words before the brace: `resource`, `aws_vpc`, `main`."""
    words = (child for child in block.children if child.type in ("identifier", "string_lit"))
    return tuple(source.of(word).strip('"') for word in words)


def expression(attribute_node: Node) -> Node:
    """What an attribute or an element of an object is set to."""
    return attribute_node.children[-1]


def innermost(node: Node) -> Node:
    """An expression without what only wraps it."""
    while node.type in ("expression", "collection_value") and node.named_child_count == 1:
        node = node.named_children[0]
    return node


def trail(source: Source, node: Node) -> tuple[str, ...]:
    """The names of a plain reference: `var`, `size`; empty for anything else."""
    if node.type != "expression" or not node.children or node.children[0].type != "variable_expr":
        return ()
    if any(child.type != "get_attr" for child in node.children[1:]):
        return ()
    return tuple(source.of(child).lstrip(".").strip() for child in node.children)


def walk(node: Node) -> Iterator[Node]:
    """A piece and everything in it."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += here.children
