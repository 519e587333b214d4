"""A literal that becomes another with as few bytes changed as can be."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tree_sitter import Node

from sreagent.drift.code import literals
from sreagent.drift.code.literals import NotLiteralError, elements, members, value_of
from sreagent.drift.code.syntax import (
    Source,
    Splice,
    attributes,
    expression,
    innermost,
    parse,
    spliced,
)
from sreagent.drift.compare.meaning import policy
from sreagent.drift.mend.layout import appended, removed
from sreagent.drift.mend.likeness import alike, is_policy, spelled

Json = Any
"""A JSON value."""
_STEPS = 300
"""Elements that one edit changes at most."""
_NAMES = ("Sid", "sid", "name", "Name", "key", "Key", "id", "Id")
"""What the objects of a list are known by."""
_ALIKE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an expression is to be changed."""

    indent: str = ""
    newline: str = "\n"
    ordered: bool = True
    """Whether the order of its list counts."""
    is_json: bool = False
    """It is JSON in a heredoc: written as JSON writes it."""
    is_policy: bool = False
    """An action alone is like a list of it, as in IAM."""

    def write(self, value: Json, indent: str) -> str:
        """A value as this place writes it."""
        if self.is_json:
            text = json.dumps(value, ensure_ascii=False, indent=2)
            return _visible(literals.escaped_markers(text)).replace("\n", self.newline + indent)
        return literals.written(value, indent, self.newline)


def _visible(text: str) -> str:
    return "".join(
        letter
        if unicodedata.category(letter) not in ("Cf", "Co", "Zl", "Zp", "Cc") or letter == "\n"
        else f"\\u{ord(letter):04x}"
        for letter in text
    )


def rewritten(text: str, new: Json, manner: Manner) -> str:
    """An expression that means another value, with what is not concerned as it was.

    Args:
        text: The literal.
        new: What it must mean.
        manner: How it is written where it stands.

    Raises:
        NotLiteralError: It is no literal, or cannot be changed by little.
        UnwritableError: HCL cannot hold the value.
    """
    for _ in range(_STEPS):
        source = parse("", f"{manner.indent}x = {text}{manner.newline}".encode())
        node = expression(next(attributes(source.root)))
        step = _step(source, node, new, manner)
        if not step:
            return text
        source = parse("", spliced(source.text, step))
        text = source.of(expression(next(attributes(source.root))))
    msg = "a value of which too much differs"
    raise NotLiteralError(msg)


def _step(source: Source, node: Node, new: Json, manner: Manner) -> list[Splice]:
    """The first thing to change; nothing when it means what it must."""
    old = value_of(source, node)
    if _same(old, new, manner):
        return []
    inner = innermost(node)
    if manner.is_policy:
        new = _as_many(old, new)
    if inner.type == "object" and isinstance(new, Mapping):
        return _object_step(source, inner, new, manner)
    if inner.type == "tuple" and isinstance(new, list):
        return _list_step(source, inner, new, manner)
    inside = literals.encoded(source, node)
    if inside is not None and isinstance(new, str):
        return _document_step(source, inside, new, manner)
    if inner.type == "template_expr" and isinstance(new, str):
        return [_heredoc(source, inner.children[0], new, manner)]
    styled = _styled(old, new) if inner.type in ("literal_value", "operation") else new
    written = manner.write(styled, source.indent(node.start_byte))
    return [Splice(start=node.start_byte, end=node.end_byte, text=written.encode())]


def _same(old: Json, new: Json, manner: Manner) -> bool:
    if manner.is_policy and is_policy(old) and is_policy(new):
        return bool(policy(old) == policy(new))
    if manner.is_policy and (_holds_objects(old) or _holds_objects(new)):
        return bool(policy({"Statement": old}) == policy({"Statement": new}))
    return alike(old, new, ordered=manner.ordered)


def _styled(old: Json, new: Json) -> Json:
    """A number stays a text where the code has it as a text, and the other way round."""
    if isinstance(old, str) and isinstance(new, bool | int | float):
        return spelled(new)
    if isinstance(old, bool) and isinstance(new, str) and new in ("true", "false"):
        return new == "true"
    is_number = isinstance(old, int | float) and not isinstance(old, bool)
    if is_number and isinstance(new, str) and re.fullmatch(r"-?(0|[1-9]\d{0,17})", new):
        return int(new)
    return new


def _as_many(old: Json, new: Json) -> Json:
    """In a policy one thing alone is like a list of it: it stays as the code has it."""
    if isinstance(old, list) and not isinstance(new, list):
        return [new]
    if not isinstance(old, list) and isinstance(new, list) and len(new) == 1:
        return new[0]
    return new


def _document_step(source: Source, inside: Node, new: str, manner: Manner) -> list[Splice]:
    """One step inside of `jsonencode(…)`."""
    document = _parsed(new)
    policy_like = is_policy(document)
    inner = Manner(newline=manner.newline, is_policy=policy_like, ordered=not policy_like)
    step = _step(source, inside, document, inner)
    if not step:
        msg = "JSON that cannot be changed by little"
        raise NotLiteralError(msg)
    return step


def _parsed(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError as error:
        msg = "JSON that reality has as another text"
        raise NotLiteralError(msg) from error


def _object_step(
    source: Source, node: Node, new: Mapping[str, Json], manner: Manner
) -> list[Splice]:
    known = members(source, node)
    for name, element in known.items():
        if name not in new:
            return removed(source, node, element, strict=manner.is_json)
        value = element.children[-1]
        if not _same_member(name, value_of(source, value), new[name], manner) and (
            step := _step(source, value, new[name], manner)
        ):
            return step
    for name, value in new.items():
        if name not in known and value is not None:
            row = _member(source, node, name, value, manner)
            return appended(source, node, row, strict=manner.is_json)
    return []


def _same_member(name: str, old: Json, new: Json, manner: Manner) -> bool:
    if manner.is_policy and not _holds_objects(old) and not _holds_objects(new):
        return bool(policy({"Statement": [{name: old}]}) == policy({"Statement": [{name: new}]}))
    return _same(old, new, manner)


def _holds_objects(value: Json) -> bool:
    return isinstance(value, list) and any(isinstance(each, Mapping) for each in value)


def _member(source: Source, node: Node, name: str, value: Json, manner: Manner) -> str:
    """A new element of an object, in the manner of its neighbours."""
    others = [child for child in node.children if child.type == "object_elem"]
    indent = (
        source.indent(others[-1].start_byte) if others else source.indent(node.start_byte) + "  "
    )
    is_quoted = bool(others) and all(source.of(each.children[0]).startswith('"') for each in others)
    key = literals.quoted(name) if is_quoted or manner.is_json else literals.key(name)
    colon = manner.is_json or (bool(others) and source.of(others[-1].children[1]) == ":")
    return f"{key}{':' if colon else ' ='} {manner.write(value, indent)}"


def _list_step(source: Source, node: Node, new: list[Json], manner: Manner) -> list[Splice]:
    nodes = elements(node)
    old = [value_of(source, each) for each in nodes]
    if any(isinstance(each, Mapping) for each in old + new):
        return _objects_step(source, node, old, new, manner)
    if manner.ordered and len(old) == len(new):
        pairs = zip(nodes, old, new, strict=True)
        place = next((a, c) for a, b, c in pairs if not alike(b, c))
        return _step(source, place[0], place[1], manner)
    gone = _without(old, new)
    more = _without(new, old)
    if manner.ordered and not alike([each for each in old if each not in gone] + more, new):
        return _whole(source, node, new, manner)
    if gone:
        going = nodes[old.index(gone[0])]
        # A comment behind it speaks of the old value: it goes with it.
        if more and not _is_commented(source, going):
            return _step(source, going, more[0], manner)
        return removed(source, node, going, strict=manner.is_json)
    row = manner.write(more[0], source.indent(node.start_byte) + "  ")
    return appended(source, node, row, strict=manner.is_json)


def _is_commented(source: Source, node: Node) -> bool:
    rest = source.text[node.end_byte : source.line_end(node.end_byte)].lstrip(b" \t,")
    return rest.startswith((b"#", b"//", b"/*"))


def _without(values: list[Json], others: list[Json]) -> list[Json]:
    """Those of some values that others are not, one for one."""
    left = Counter(spelled(each) for each in others)
    kept: list[Json] = []
    for value in values:
        if left[spelled(value)]:
            left[spelled(value)] -= 1
        else:
            kept.append(value)
    return kept


def _whole(source: Source, node: Node, new: list[Json], manner: Manner) -> list[Splice]:
    if any(child.type == "comment" for child in node.children):
        msg = "a list with comments, whose order changes"
        raise NotLiteralError(msg)
    indent = source.indent(node.start_byte)
    if source.line(node) == source.text.count(b"\n", 0, node.end_byte) + 1:
        text = "[" + ", ".join(manner.write(each, indent) for each in new) + "]"
    else:
        rows = [f"{indent}  {manner.write(each, indent + '  ')}," for each in new]
        text = manner.newline.join(["[", *rows, indent + "]"])
    return [Splice(start=node.start_byte, end=node.end_byte, text=text.encode())]


def _objects_step(
    source: Source, node: Node, old: list[Json], new: list[Json], manner: Manner
) -> list[Splice]:
    nodes = elements(node)
    pairs = paired(old, new, manner)
    for place, twin in pairs.items():
        if twin is None:
            return removed(source, node, nodes[place], strict=manner.is_json)
        if not _same_object(old[place], new[twin], manner) and (
            step := _step(source, nodes[place], new[twin], manner)
        ):
            return step
    fresh = [place for place in range(len(new)) if place not in pairs.values()]
    if not fresh and manner.ordered:
        msg = "a list whose order changes"
        raise NotLiteralError(msg)
    if not fresh:
        return []
    row = manner.write(new[fresh[0]], source.indent(node.start_byte) + "  ")
    return appended(source, node, row, strict=manner.is_json)


def _same_object(old: Json, new: Json, manner: Manner) -> bool:
    if manner.is_policy:
        return bool(policy({"Statement": [old]}) == policy({"Statement": [new]}))
    return _same(old, new, manner)


def paired(old: list[Json], new: list[Json], manner: Manner) -> dict[int, int | None]:
    """For each object of a list the one that it has become; None for one that is gone."""
    left = list(range(len(new)))
    pairs: dict[int, int | None] = {}
    for fits in (_same_object, _same_name, _shares_most):
        for place, value in enumerate(old):
            if place in pairs:
                continue
            twin = next((other for other in left if fits(value, new[other], manner)), None)
            if twin is not None:
                pairs[place] = twin
                left.remove(twin)
    return {place: pairs.get(place) for place in range(len(old))}


def _same_name(old: Json, new: Json, _manner: Manner) -> bool:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return False
    return any(old.get(name) and old.get(name) == new.get(name) for name in _NAMES)


def _shares_most(old: Json, new: Json, manner: Manner) -> bool:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return False
    names = {*old, *new}
    same = [name for name in names if _same_member(name, old.get(name), new.get(name), manner)]
    return bool(names) and len(same) / len(names) >= _ALIKE


def _heredoc(source: Source, node: Node, new: str, manner: Manner) -> Splice:
    """The lines of a heredoc: JSON by its leaves, other text as lines."""
    start, end, flush = literals.heredoc_span(source, node)
    body = source.text[start:end].decode()
    if body.lstrip()[:1] in ("{", "["):
        text = _json_body(body, new, manner)
    else:
        text = _text_body(body, new, flush=flush)
    return Splice(start=start, end=end, text=text.encode())


def _json_body(body: str, new: str, manner: Manner) -> str:
    document = _parsed(new)
    lead = body[: len(body) - len(body.lstrip())]
    inner = Manner(
        indent="",
        newline=manner.newline,
        is_json=True,
        is_policy=is_policy(document),
        ordered=not is_policy(document),
    )
    tail = body[len(body.rstrip()) :]
    return lead + rewritten(body.strip(), document, inner) + tail


def _text_body(body: str, new: str, *, flush: bool) -> str:
    if "\r" in body or not new.endswith("\n") or "\r" in new:
        msg = "a heredoc, which cannot say that"
        raise NotLiteralError(msg)
    lines = literals.lines_of(body)
    if not flush:
        return literals.escaped_markers(new)
    width = literals.flush_width(lines)
    lead = next((line[:width] for line in lines if line.strip()), "")
    written = literals.lines_of(literals.escaped_markers(new))
    return "".join(lead + line if line.strip() else line for line in written)
