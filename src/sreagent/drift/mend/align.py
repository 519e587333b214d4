"""Signs and comments of neighbouring lines below each other, as `terraform fmt` has them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from sreagent.drift.code.syntax import Source, Splice, bodies, parse, parted, spliced, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gap:
    """The white space before a sign or a comment."""

    line: int
    last: int
    """The last line of what begins on the line: a heredoc counts as one."""
    start: int
    end: int
    width: int
    """Columns that stand before it."""


_Find = Callable[[Source, Iterable[Node]], Iterator[_Gap]]


def tidied(before: Source, after: bytes) -> Source:
    """The new text with the lines around an edit aligned, where they were before.

    Args:
        before: The file before the edit.
        after: Its text after one edit.
    """
    source = parse(before.path, after)
    for find in (_signs, _comments):
        text = _tidied(before, source, find)
        source = source if text == source.text else parse(before.path, text)
    return source


def _tidied(before: Source, after: Source, find: _Find) -> bytes:
    first, last = _changed(before.text, after.text)
    lines, old = after.text.split(b"\n"), before.text.split(b"\n")
    grown = len(lines) - len(old)
    off = [gap.line for gap in _off(list(find(before, _around(before, first, last - grown))))]
    # The author has it otherwise where the edit is: it stays so.
    if any(first < line < last - grown for line in off):
        return after.text
    odd = {old[line] for line in off}
    splices: list[Splice] = []
    for chain in _chains(list(find(after, _around(after, first, last)))):
        touched = any(first <= gap.line <= last for gap in chain)
        kept = [gap for gap in chain if not first < gap.line < last]
        if touched and not any(lines[gap.line] in odd for gap in kept):
            splices += _moves(chain)
    return spliced(after.text, splices)


def _changed(before: bytes, after: bytes) -> tuple[int, int]:
    """The lines around what changed: the last one before it and the first one after it."""
    old, new = before.split(b"\n"), after.split(b"\n")
    head, tail = parted(old, new)
    return head - 1, len(new) - tail


def _around(source: Source, first: int, last: int) -> Iterator[Node]:
    """The pieces of a file near some lines: no neighbour of theirs stands outside of a block."""
    body = bodies(source.root)
    for node in body.children if body else ():
        near = node.start_point.row <= last and node.end_point.row >= first
        if node.type != "block" or near:
            yield from walk(node)
    yield from (node for node in source.root.children if node.type == "comment")


def _off(gaps: list[_Gap]) -> Iterator[_Gap]:
    """Gaps that are not as wide as `terraform fmt` makes them."""
    for chain in _chains(gaps):
        wanted = max(gap.width for gap in chain) + 1
        yield from (gap for gap in chain if gap.width + gap.end - gap.start != wanted)


def _moves(chain: list[_Gap]) -> Iterator[Splice]:
    wanted = max(gap.width for gap in chain) + 1
    for gap in chain:
        if gap.width + gap.end - gap.start != wanted:
            yield Splice(start=gap.start, end=gap.end, text=b" " * (wanted - gap.width))


def _chains(gaps: list[_Gap]) -> Iterator[list[_Gap]]:
    chain: list[_Gap] = []
    for gap in sorted(gaps, key=lambda each: each.line):
        if chain and gap.line != chain[-1].last + 1:
            yield chain
            chain = []
        chain.append(gap)
    if chain:
        yield chain


def _signs(source: Source, nodes: Iterable[Node]) -> Iterator[_Gap]:
    """The gap before `=` on lines that one attribute or element has for itself."""
    for node in nodes:
        if node.type not in ("attribute", "object_elem") or node.child_count != 3:
            continue
        name, sign, value = node.children
        start = source.line_start(node.start_byte)
        if sign.type != "=" or source.text[start : node.start_byte].strip():
            continue
        rows = source.text.count(b"\n", node.start_byte, value.end_byte)
        if rows and not source.of(value).startswith("<<"):
            continue
        width = _width(source, start, name.end_byte)
        row = node.start_point.row
        yield _Gap(line=row, last=row + rows, start=name.end_byte, end=sign.start_byte, width=width)


def _comments(source: Source, nodes: Iterable[Node]) -> Iterator[_Gap]:
    """The gap before a comment at the end of a line."""
    for node in nodes:
        start = source.line_start(node.start_byte)
        lead = source.text[start : node.start_byte]
        if node.type == "comment" and lead.strip():
            stop = start + len(lead.rstrip())
            row = node.start_point.row
            yield _Gap(
                line=row,
                last=row,
                start=stop,
                end=node.start_byte,
                width=_width(source, start, stop),
            )


def _width(source: Source, start: int, end: int) -> int:
    """The columns between two bytes of a line."""
    return len(source.text[start:end].decode("utf-8", "replace"))
