"""Signs and comments of neighbouring lines below each other, as `terraform fmt` has them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sreagent.drift.mend.syntax import Source, Splice, parse, spliced, walk


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


_Find = Callable[[Source], Iterator[_Gap]]


def tidied(path: str, before: bytes, after: bytes) -> bytes:
    """The new text with the lines around an edit aligned, where they were before.

    Args:
        path: The file.
        before: Its text before the edit.
        after: Its text after one edit.
    """
    for find in (_signs, _comments):
        after = _tidied(parse(path, before), parse(path, after), find)
    return after


def _tidied(before: Source, after: Source, find: _Find) -> bytes:
    first, last = _changed(before.text, after.text)
    lines, old = after.text.split(b"\n"), before.text.split(b"\n")
    off = [gap.line for gap in _off(before, find)]
    # The author has it otherwise where the edit is: it stays so.
    if any(first < line < last + len(old) - len(lines) for line in off):
        return after.text
    odd = {old[line] for line in off}
    splices: list[Splice] = []
    for chain in _chains(list(find(after))):
        touched = any(first <= gap.line <= last for gap in chain)
        kept = [gap for gap in chain if not first < gap.line < last]
        if touched and not any(lines[gap.line] in odd for gap in kept):
            splices += _moves(chain)
    return spliced(after.text, splices)


def _changed(before: bytes, after: bytes) -> tuple[int, int]:
    """The lines around what changed: the last one before it and the first one after it."""
    old, new = before.split(b"\n"), after.split(b"\n")
    shortest = min(len(old), len(new))
    head = next((at for at in range(shortest) if old[at] != new[at]), shortest)
    tail = next(
        (at for at in range(shortest - head) if old[-1 - at] != new[-1 - at]), shortest - head
    )
    return head - 1, len(new) - tail


def _off(source: Source, find: _Find) -> Iterator[_Gap]:
    """Gaps that are not as wide as `terraform fmt` makes them."""
    for chain in _chains(list(find(source))):
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


def _signs(source: Source) -> Iterator[_Gap]:
    """The gap before `=` on lines that one attribute or element has for itself."""
    for node in walk(source.root):
        if node.type not in ("attribute", "object_elem") or node.child_count != 3:
            continue
        name, sign, value = node.children
        start = source.line_start(node.start_byte)
        if sign.type != "=" or source.text[start : node.start_byte].strip():
            continue
        rows = source.text.count(b"\n", node.start_byte, value.end_byte)
        if rows and not source.of(value).startswith("<<"):
            continue
        yield _gap(source, start, name.end_byte, sign.start_byte, rows)


def _comments(source: Source) -> Iterator[_Gap]:
    """The gap before a comment at the end of a line."""
    for node in walk(source.root):
        start = source.line_start(node.start_byte)
        lead = source.text[start : node.start_byte]
        if node.type == "comment" and lead.strip():
            yield _gap(source, start, start + len(lead.rstrip()), node.start_byte)


def _gap(source: Source, line_start: int, start: int, end: int, rows: int = 0) -> _Gap:
    line = source.text.count(b"\n", 0, start)
    return _Gap(
        line=line,
        last=line + rows,
        start=start,
        end=end,
        width=len(source.text[line_start:start].decode("utf-8", "replace")),
    )
