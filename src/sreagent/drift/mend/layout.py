"""Where new lines go and which lines a piece takes with it."""

import re

from tree_sitter import Node

from sreagent.drift.code.syntax import Source, Splice, attributes, blocks, labels

_REST = re.compile(rb"[ \t]*,?[ \t]*(?:(?:#|//)[^\n]*|/\*[^\n]*\*/[ \t]*)?\r?(?:\n|$)")
_ITEMS = ("object_elem", "expression")


def items_of(container: Node) -> list[Node]:
    """The elements of a list or an object."""
    return [child for child in container.children if child.type in _ITEMS]


def removed(source: Source, container: Node, item: Node, *, strict: bool = False) -> list[Splice]:
    """Take one element away: its whole line where it has one, with the comment behind it.

    Args:
        source: The file.
        container: The list or object.
        item: The element.
        strict: No comma may stand before the closing bracket, as in JSON.
    """
    before = item.prev_sibling
    is_last = item.id == items_of(container)[-1].id
    comma: list[Splice] = []
    if strict and is_last and before is not None and before.type == ",":
        comma = [Splice(start=before.start_byte, end=before.end_byte, text=b"")]
    if alone := own_lines(source, item):
        return [*comma, alone]
    following = item.next_sibling
    if following is not None and following.type == ",":
        end = following.end_byte
        after = following.next_sibling
        if after is not None and after.type in _ITEMS:
            end = after.start_byte if source.line(after) == source.line(following) else end
        return [Splice(start=item.start_byte, end=end, text=b"")]
    start = before.start_byte if before is not None and before.type == "," else item.start_byte
    return [Splice(start=start, end=item.end_byte, text=b"")]


def own_lines(source: Source, node: Node) -> Splice | None:
    """All lines of a piece, where nothing else stands on them."""
    start, end = source.line_start(node.start_byte), own_end(source, node)
    if source.text[start : node.start_byte].strip() or end is None:
        return None
    return Splice(start=start, end=end, text=b"")


def own_end(source: Source, node: Node) -> int | None:
    """The byte behind the line that a piece ends on; None where more follows on it."""
    rest = _REST.match(source.text, node.end_byte)
    return rest.end() if rest else None


def appended(source: Source, container: Node, text: str, *, strict: bool = False) -> list[Splice]:
    """Put one element behind the last one of a list or an object.

    Args:
        source: The file.
        container: The list or object.
        text: The element.
        strict: Commas stand between elements, and nowhere else, as in JSON.
    """
    items = items_of(container)
    if not items:
        return _first(source, container, text, strict=strict)
    last, opening, closing = items[-1], container.children[0], container.children[-1]
    following = last.next_sibling
    comma = following if following is not None and following.type == "," else None
    end = (comma or last).end_byte
    if source.line(last) == source.line(opening):
        row = f", {text}{',' if comma else ''}"
        return [Splice(start=last.end_byte, end=end, text=row.encode())]
    indent = source.indent(last.start_byte)
    if source.line(closing) == _line_at(source, end) or own_end(source, last) is None:
        row = f",{source.newline}{indent}{text}"
        return [Splice(start=last.end_byte, end=end, text=row.encode())]
    is_list = container.type == "tuple"
    tail = "," if not strict and (is_list or comma) else ""
    at = source.line_end(end)
    more = [Splice(start=at, end=at, text=f"{indent}{text}{tail}{source.newline}".encode())]
    if (is_list or strict) and comma is None:
        more.append(Splice(start=last.end_byte, end=last.end_byte, text=b","))
    return more


def _line_at(source: Source, at: int) -> int:
    return source.text.count(b"\n", 0, at) + 1


def _first(source: Source, container: Node, text: str, *, strict: bool) -> list[Splice]:
    opening, closing = container.children[0], container.children[-1]
    indent = source.indent(container.start_byte)
    is_list = container.type == "tuple"
    if source.line(opening) != source.line(closing):
        at = source.line_start(closing.start_byte)
        row = f"{indent}  {text}{',' if is_list and not strict else ''}{source.newline}"
        return [Splice(start=at, end=at, text=row.encode())]
    if is_list:
        whole = f"[{text}]"
    else:
        whole = f"{{{source.newline}{indent}  {text}{source.newline}{indent}}}"
    return [Splice(start=container.start_byte, end=container.end_byte, text=whole.encode())]


def new_attribute(source: Source, block: Node, text: str) -> Splice:
    """Put an attribute behind the last one of a block, as a line of its own.

    Args:
        source: The file.
        block: The block.
        text: `name = value`; its further lines are indented already for `inner_indent`.
    """
    known = list(attributes(block))
    opening = next(child for child in block.children if child.type == "block_start")
    closing = next(child for child in block.children if child.type == "block_end")
    if source.line(opening) == source.line(closing):
        return _unfolded(source, block, opening, closing, text)
    row = f"{inner_indent(source, block)}{text}{source.newline}"
    at = source.line_end(known[-1].end_byte if known else opening.end_byte)
    return Splice(start=at, end=at, text=row.encode())


def _unfolded(source: Source, block: Node, opening: Node, closing: Node, text: str) -> Splice:
    """A block on one line takes one attribute only: it is put on several."""
    inside = source.text[opening.end_byte : closing.start_byte].decode().strip()
    indent = source.indent(block.start_byte)
    rows = [row for row in (inside, text) if row]
    lines = ["{", *(f"{indent}  {row}" for row in rows), indent + "}"]
    whole = source.newline.join(lines)
    return Splice(start=opening.start_byte, end=closing.end_byte, text=whole.encode())


def inner_indent(source: Source, block: Node) -> str:
    """What the lines right inside a block begin with."""
    for inner in (*attributes(block), *blocks(block)):
        if source.line(inner) != source.line(block):
            return source.indent(inner.start_byte)
    outer = source.indent(block.start_byte)
    return outer + ("\t" if outer.startswith("\t") else "  ")


def new_block(source: Source, parent: Node, name: str, lines: list[str]) -> Splice:
    """Put a block behind the last one of its name, or at the end of what it belongs to.

    Args:
        source: The file.
        parent: The block that gets one.
        name: Of the new block.
        lines: What stands in it, indented from nothing.
    """
    indent = inner_indent(source, parent)
    step = "\t" if indent.startswith("\t") else "  "
    rows = [f"{indent}{name} {{", *(f"{indent}{step}{line}" for line in lines), f"{indent}}}"]
    text = source.newline.join(rows) + source.newline
    twins = [each for each in blocks(parent) if labels(source, each)[:1] == (name,)]
    if twins:
        return Splice(
            start=(at := source.line_end(twins[-1].end_byte)),
            end=at,
            text=(source.newline + text).encode() if _is_apart(source, twins) else text.encode(),
        )
    closing = next(child for child in parent.children if child.type == "block_end")
    opening = next(child for child in parent.children if child.type == "block_start")
    if source.line(opening) == source.line(closing):
        return _unfolded(source, parent, opening, closing, source.newline.join(rows).strip())
    at = source.line_start(closing.start_byte)
    gap = source.newline if any(True for _ in attributes(parent)) else ""
    return Splice(start=at, end=at, text=(gap + text).encode())


def _is_apart(source: Source, twins: list[Node]) -> bool:
    """Whether an empty line stands before the last of some blocks and its comments."""
    start = source.line_start(twins[-1].start_byte)
    while start:
        above = source.line_start(start - 1)
        line = source.text[above:start].strip()
        if not line.startswith((b"#", b"//")):
            return not line
        start = above
    return False


def without(source: Source, node: Node) -> Splice:
    """Take an attribute or a block away with its lines, and one of two empty lines around it."""
    alone = own_lines(source, node)
    if alone is None:
        return Splice(start=node.start_byte, end=node.end_byte, text=b"")
    end = alone.end
    before = source.text[source.line_start(max(alone.start - 1, 0)) : alone.start]
    following = source.text[end : source.line_end(end)] if end < len(source.text) else b""
    opens = before.rstrip().endswith(b"{")
    if (not before.strip() or opens) and end < len(source.text) and not following.strip():
        end += len(following)
    elif not before.strip() and following.strip() in (b"}", b"") and alone.start:
        return Splice(start=source.line_start(alone.start - 1), end=end, text=b"")
    return Splice(start=alone.start, end=end, text=b"")
