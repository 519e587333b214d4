"""Values that are written out: read from HCL, and written as HCL."""

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from tree_sitter import Node

from sreagent.drift.code.syntax import Source, innermost

Json = Any
"""A JSON value."""
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
DEEPEST = 60
"""Levels of nesting; what is deeper is left alone."""
_ESCAPE = re.compile(r"\\(?:([nrt\"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_WRITTEN = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Kinds of characters that a reviewer would not see."""
_HEREDOC = re.compile(rb"<<(-?)[^\n]*\n", re.DOTALL)


class NotLiteralError(Exception):
    """An expression whose value does not stand in it. The text says what it is instead."""


class UnwritableError(Exception):
    """A value that HCL cannot say."""


def value_of(source: Source, node: Node, depth: int = 0) -> Json:
    """The value of a literal: of a JSON-encoded literal, too, as the text it makes.

    Raises:
        NotLiteralError: It is a reference, a function, a template, or too deep.
    """
    node = innermost(node)
    if depth > DEEPEST or node.has_error:
        msg = "cannot be read"
        raise NotLiteralError(msg)
    if node.type == "expression" and node.children and node.children[0].type == "(":
        return value_of(source, node.named_children[0], depth + 1)
    match node.type:
        case "literal_value":
            return _scalar(source, node.children[0])
        case "tuple":
            return [value_of(source, each, depth + 1) for each in elements(node)]
        case "object":
            return _object(source, node, depth)
        case "operation":
            return _negative(source, node)
        case _:
            return _text(source, node, depth)


def _text(source: Source, node: Node, depth: int) -> str:
    if (inside := encoded(source, node)) is not None:
        return json.dumps(value_of(source, inside, depth + 1), ensure_ascii=False)
    if node.type == "template_expr" and node.children[0].type == "heredoc_template":
        return heredoc_text(source, node.children[0])
    raise NotLiteralError(kind_of(source, node))


def kind_of(source: Source, node: Node) -> str:
    """What an expression is, as people say it."""
    node = innermost(node)
    if node.type == "function_call":
        return f"a call of {source.of(node.children[0])}()"
    names = {
        "template_expr": "a text with expressions in it",
        "conditional": "a condition",
        "for_expr": "a for expression",
        "operation": "a calculation",
    }
    return names.get(node.type, "an expression")


def elements(node: Node) -> list[Node]:
    """The values of a list."""
    return [child for child in node.children if child.type == "expression"]


def members(source: Source, node: Node) -> dict[str, Node]:
    """The elements of an object by their key.

    Raises:
        NotLiteralError: A key is an expression.
    """
    return {key_of(source, child): child for child in node.children if child.type == "object_elem"}


def key_of(source: Source, element: Node) -> str:
    """The key of an element of an object.

    Raises:
        NotLiteralError: The key is an expression.
    """
    key = element.children[0]
    if key.child_count == 1 and key.children[0].type == "variable_expr":
        return source.of(key)
    if key.children and key.children[0].type == "(":
        msg = "an object with a computed key"
        raise NotLiteralError(msg)
    return str(value_of(source, key))


def encoded(source: Source, node: Node) -> Node | None:
    """What `jsonencode(…)` encodes, where a piece is such a call."""
    node = innermost(node)
    if node.type != "function_call" or source.of(node.children[0]) != "jsonencode":
        return None
    arguments = [child for child in node.children if child.type == "function_arguments"]
    given = [child for each in arguments for child in each.children if child.is_named]
    return given[0] if len(given) == 1 and given[0].type == "expression" else None


def _scalar(source: Source, node: Node) -> Json:
    text = source.of(node)
    match node.type:
        case "null_lit":
            return None
        case "bool_lit":
            return text == "true"
        case "numeric_lit":
            return _number(text)
        case _:
            return unescaped(text[1:-1])


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _negative(source: Source, node: Node) -> Json:
    inner = node.children[0]
    if inner.type == "unary_operation" and inner.children[0].type == "-":
        value = value_of(source, inner.children[1])
        if isinstance(value, int | float) and not isinstance(value, bool):
            return -value
    msg = "a calculation"
    raise NotLiteralError(msg)


def _object(source: Source, node: Node, depth: int) -> dict[str, Json]:
    if any(child.type.startswith("for") for child in node.children):
        msg = "a for expression"
        raise NotLiteralError(msg)
    return {
        name: value_of(source, element.children[-1], depth + 1)
        for name, element in members(source, node).items()
    }


def unescaped(text: str) -> str:
    """What a quoted text means, given what stands between the quotes.

    Raises:
        NotLiteralError: It holds an escape that HCL does not know.
    """
    return _markers_unescaped(_ESCAPE.sub(_unescape, text))


def _unescape(found: re.Match[str]) -> str:
    plain, short, long, unknown = found.groups()
    if plain:
        return _PLAIN[plain]
    if unknown is not None:
        msg = "a text with an unknown escape"
        raise NotLiteralError(msg)
    try:
        return chr(int(short or long, 16))
    except ValueError as error:
        msg = "a text with an unknown escape"
        raise NotLiteralError(msg) from error


def _markers_unescaped(text: str) -> str:
    return text.replace("$${", "${").replace("%%{", "%{")


def escaped_markers(text: str) -> str:
    """Text in which nothing is an expression any more."""
    return text.replace("${", "$${").replace("%{", "%%{")


def heredoc_span(source: Source, node: Node) -> tuple[int, int, bool]:
    """Where the lines of a heredoc begin and end, and whether its indent is taken away."""
    opened = _HEREDOC.match(source.text, node.start_byte)
    if opened is None:
        msg = "cannot be read"
        raise NotLiteralError(msg)
    closing = node.children[-1].start_byte
    return opened.end(), max(source.line_start(closing), opened.end()), opened[1] == b"-"


def heredoc_text(source: Source, node: Node) -> str:
    """What a heredoc without expressions means.

    Raises:
        NotLiteralError: It holds expressions.
    """
    if any(
        child.type.startswith("template_") and child.type != "template_literal"
        for child in node.children
    ):
        msg = "a text with expressions in it"
        raise NotLiteralError(msg)
    start, end, flush = heredoc_span(source, node)
    lines = lines_of(source.text[start:end].decode("utf-8", "replace"))
    if flush:
        width = flush_width(lines)
        lines = [line[width:] if line.strip() else line.lstrip(" \t") for line in lines]
    return _markers_unescaped("".join(lines))


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends; only a line feed ends one."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def flush_width(lines: list[str]) -> int:
    """The columns that all lines of an indented heredoc begin with."""
    return min((len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()), default=0)


def quoted(text: str) -> str:
    """A text as HCL writes it; what a reviewer would not see is spelled out.

    Raises:
        UnwritableError: It is no valid Unicode.
    """
    letters: list[str] = []
    for place, letter in enumerate(text):
        following = text[place + 1 : place + 3]
        if letter in "$%" and following[:1] == "{":
            letters.append(letter * 2)
        elif letter in "$%" and following == f"{letter}{{":
            # `$$${` is an escape to some readers and an expression to others.
            letters.append(f"\\u{ord(letter):04x}")
        elif letter in _WRITTEN:
            letters.append(_WRITTEN[letter])
        elif unicodedata.category(letter) not in _HIDDEN:
            letters.append(letter)
        elif unicodedata.category(letter) == "Cs" or letter == "\0":
            msg = "a text that HCL cannot hold"
            raise UnwritableError(msg)
        else:
            number = ord(letter)
            letters.append(f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}")
    return '"' + "".join(letters) + '"'


def scalar(value: Json) -> str:
    """A text, number, truth or null as HCL writes it.

    Raises:
        UnwritableError: It is none of these.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else repr(value)
    msg = "a value that HCL cannot hold"
    raise UnwritableError(msg)


def written(value: Json, indent: str = "", newline: str = "\n") -> str:
    """Any value as HCL; objects and lists that are not short stand on several lines.

    Args:
        value: What to write.
        indent: White space of the line it begins on.
        newline: How lines end.

    Raises:
        UnwritableError: HCL cannot hold it.
    """
    if isinstance(value, Mapping):
        return _written_object(value, indent, newline)
    if isinstance(value, list | tuple):
        return _written_list(list(value), indent, newline)
    return scalar(value)


def _written_object(value: Mapping[str, Json], indent: str, newline: str) -> str:
    if not value:
        return "{}"
    deeper = indent + "  "
    rows = [(key(name), written(each, deeper, newline)) for name, each in value.items()]
    lines = [deeper + line for line in aligned(rows)]
    return newline.join(["{", *lines, indent + "}"])


def _written_list(values: list[Json], indent: str, newline: str) -> str:
    if not any(isinstance(each, Mapping | list) for each in values):
        line = "[" + ", ".join(scalar(each) for each in values) + "]"
        if len(line) <= 80 or len(values) < 2:
            return line
    deeper = indent + "  "
    lines = [f"{deeper}{written(each, deeper, newline)}," for each in values]
    return newline.join(["[", *lines, indent + "]"])


def key(name: str) -> str:
    """A key of an object; quoted where it is no plain name."""
    return (
        name
        if IDENTIFIER.fullmatch(name) and name not in ("null", "true", "false", "for")
        else quoted(name)
    )


def aligned(rows: list[tuple[str, str]]) -> list[str]:
    """`name = value` with the signs of neighbours below each other, as `terraform fmt` has it."""
    lines: list[str] = []
    group: list[tuple[str, str]] = []
    for name, value in rows:
        if "\n" in value:
            lines += [*_padded(group), f"{name} = {value}"]
            group = []
        else:
            group.append((name, value))
    return [*lines, *_padded(group)]


def _padded(group: list[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in group), default=0)
    return [f"{name.ljust(width)} = {value}" for name, value in group]
