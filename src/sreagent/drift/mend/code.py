"""Terraform code as it lies in its folders: which block makes which resource."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from sreagent.drift.code.files import ENDINGS, in_order
from sreagent.drift.code.literals import NotLiteralError, value_of
from sreagent.drift.code.syntax import (
    Source,
    attribute,
    expression,
    parse,
)
from sreagent.drift.mend.addresses import Address, address_of

_JSON = (".tf.json", ".tofu.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in the code."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The block that makes a resource."""

    source: Source
    node: Node
    folder: str
    """Of the module that it stands in."""

    @property
    def spot(self) -> Spot:
        """Where it begins."""
        return Spot(path=self.source.path, line=self.source.line(self.node))


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Why there is no one block to edit."""

    why: str
    spot: Spot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The block that calls a module which lies in a folder here."""

    name: str
    block: Block
    inside: str
    """Folder of the module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The files of a repository, of which one folder is the root module."""

    files: Mapping[str, bytes]
    """By path from the top of the repository, with `/`."""
    root: str = ""
    """Folder of the root module; empty for the top."""
    skipped: tuple[str, ...] = ()
    """What was not read, and why."""
    trees: dict[str, Source] = field(default_factory=dict, repr=False, compare=False)

    def source(self, path: str) -> Source:
        """One file with its tree."""
        if path not in self.trees:
            self.trees[path] = parse(path, self.files[path])
        return self.trees[path]

    def with_source(self, source: Source) -> "Code":
        """The same code with another text of one file."""
        files = {**self.files, source.path: source.text}
        return replace(self, files=files, trees={**self.trees, source.path: source})

    def sources(self, folder: str) -> Iterator[Source]:
        """The code of one folder that is no JSON, those that override last."""
        for name in in_order(name for name in self.files if folder_of(name) == folder):
            if not name.endswith(_JSON):
                yield self.source(name)

    def not_edited(self) -> tuple[str, ...]:
        """Files of code that are never edited: JSON."""
        return tuple(sorted(name for name in self.files if name.endswith(_JSON)))


def folder_of(name: str) -> str:
    """The folder of a file; empty for the top."""
    return posixpath.dirname(name)


def resources(code: Code, folder: str) -> Iterator[tuple[tuple[str, ...], Source, Node]]:
    """The blocks at the top of the files of one module, with their labels."""
    for source in code.sources(folder):
        for words, node in source.tops:
            yield words, source, node


def find(code: Code, address: str) -> Block | Absent:
    """The one block that makes a resource.

    Args:
        code: Where to look.
        address: `module.net.aws_subnet.app[0]`.
    """
    parts = address_of(address)
    if parts is None:
        return Absent(why=f"{address!r} is no address")
    led = calls_to(code, parts)
    if isinstance(led, Absent):
        return led
    folder = led[-1].inside if led else code.root
    wanted = ("data" if parts.is_data else "resource", parts.type, parts.name)
    found = [
        Block(source=source, node=node, folder=folder)
        for words, source, node in resources(code, folder)
        if words == wanted
    ]
    if not found:
        return _none(code, folder, wanted)
    if len(found) > 1:
        where = ", ".join(str(block.spot) for block in found)
        return Absent(why=f"it stands in more than one block: {where}", spot=found[0].spot)
    return found[0]


def _none(code: Code, folder: str, wanted: tuple[str, ...]) -> Absent:
    unread = [name for name in code.not_edited() if folder_of(name) == folder]
    if unread:
        return Absent(
            why=f"no other file has it; {', '.join(unread)} may, and JSON is not edited",
            spot=Spot(path=unread[0], line=1),
        )
    return Absent(why=f"no block {' '.join(wanted)} in {folder or 'the root module'}")


def calls_to(code: Code, address: Address) -> tuple[Call, ...] | Absent:
    """The blocks that lead to a resource in modules, the outermost first."""
    found: list[Call] = []
    folder = code.root
    for step in address.modules:
        block = module_call(code, folder, step.name)
        if block is None:
            return Absent(why=f"no block module {step.name} in {folder or 'the root module'}")
        inside = _local_folder(block, folder)
        if inside is None:
            return Absent(why=f"module {step.name} is not in a folder here", spot=block.spot)
        found.append(Call(name=step.name, block=block, inside=inside))
        folder = inside
    return tuple(found)


def module_call(code: Code, folder: str, name: str) -> Block | None:
    """The block that calls a module."""
    for words, source, node in resources(code, folder):
        if words == ("module", name):
            return Block(source=source, node=node, folder=folder)
    return None


def _local_folder(call: Block, folder: str) -> str | None:
    """Where the module of a call lies; None for one from elsewhere."""
    said = attribute(call.source, call.node, "source")
    if said is None:
        return None
    try:
        value = value_of(call.source, expression(said))
    except NotLiteralError:
        return None
    if not isinstance(value, str) or not value.startswith(("./", "../")):
        return None
    joined = posixpath.normpath(posixpath.join(folder or ".", value))
    return None if joined.startswith("..") else ("" if joined == "." else joined)


def callers(code: Code, folder: str) -> tuple[Spot, ...]:
    """Everywhere that a module is called from, in all folders that are known."""
    if folder == code.root:
        return ()
    return tuple(
        Spot(path=source.path, line=source.line(node))
        for here in sorted({folder_of(name) for name in code.files if name.endswith(ENDINGS)})
        for words, source, node in _calls(code, here)
        if len(words) == 2
        and _local_folder(Block(source=source, node=node, folder=here), here) == folder
    )


def _calls(code: Code, folder: str) -> Iterator[tuple[tuple[str, ...], Source, Node]]:
    for source in code.sources(folder):
        if b"module" in source.text:
            for words, node in source.tops:
                if words[:1] == ("module",):
                    yield words, source, node


def shared(code: Code, address: str, block: Block) -> str:
    """Why an edit of a block would change other resources, too; empty where it would not."""
    parts = address_of(address)
    for name in ("count", "for_each"):
        if attribute(block.source, block.node, name) is not None:
            return f"the block makes several resources ({name})"
    led = calls_to(code, parts) if parts else ()
    if isinstance(led, Absent):
        return led.why
    return next(filter(None, (_several(code, call) for call in led)), "")


def _several(code: Code, call: Call) -> str:
    for name in ("count", "for_each"):
        if attribute(call.block.source, call.block.node, name) is not None:
            return f"module {call.name} is made several times ({name})"
    places = callers(code, call.inside)
    if len(places) > 1:
        where = ", ".join(str(place) for place in places[:4])
        return f"module folder {call.inside} is used more than once: {where}"
    return ""


def references(code: Code, folder: str, *names: str) -> tuple[Spot, ...]:
    """Where code of one module mentions `var.x`, `local.x` or `aws_vpc.main`."""
    said = re.compile(rb"\b" + rb"\s*\.\s*".join(re.escape(name.encode()) for name in names))
    return tuple(
        Spot(path=source.path, line=source.line(node))
        for source in code.sources(folder)
        for found in said.finditer(source.text)
        if (node := _variable_at(source, found.start())) is not None
        and _follows(source, node, names)
    )


def _variable_at(source: Source, at: int) -> Node | None:
    """The first name of a reference that begins at a byte; None in comments and texts."""
    node = source.root.descendant_for_byte_range(at, at + 1)
    while node is not None and node.type != "variable_expr" and node.start_byte == at:
        node = node.parent
    return node if node is not None and node.type == "variable_expr" else None


def _follows(source: Source, node: Node, names: tuple[str, ...]) -> bool:
    if source.of(node) != names[0]:
        return False
    following = node.next_sibling
    for name in names[1:]:
        if following is None or source.of(following).lstrip(".").strip() != name:
            return False
        following = following.next_sibling
    return True
