"""Attributes that code says Terraform shall not touch: `lifecycle.ignore_changes`."""

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.domain.terraform import CodeFolder
from sreagent.drift.code.blocks import Block, Written, blocks_of

DEEPEST = 20
"""Modules in modules."""
_LOCAL = ("./", "../")
_WHOLE = re.compile(r"[$%]\{\s*(?P<inside>[^{}]*?)\s*\}")

Read = Callable[[str], Mapping[str, bytes]]
"""The code files of a folder, by name; empty where there is none."""


def ignored_changes(folder: CodeFolder, read: Read) -> dict[str, tuple[str, ...]]:
    """What `ignore_changes` names, by address without keys: of the root and of its modules.

    `all` stands for every attribute. Modules from elsewhere are read where `terraform init` put
    them.

    Args:
        folder: The root.
        read: Gives the files of the folder of a module.
    """
    installed = _installed(folder)
    found: dict[str, tuple[str, ...]] = {}
    waiting = [_Module(names=(), folder=folder.path, files=folder.files)]
    while waiting:
        module = waiting.pop()
        for block in blocks_of(module.files):
            if block.kind == "resource" and len(block.labels) == 2 and (told := _named(block)):
                found[module.address(block)] = told
            elif block.kind == "module" and block.labels and len(module.names) < DEEPEST:
                names = (*module.names, block.labels[0])
                where = _folder(folder.path, names, module.folder, block, installed)
                if where:
                    waiting.append(_Module(names=names, folder=where, files=read(where)))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    names: tuple[str, ...]
    folder: str
    files: Mapping[str, bytes]

    def address(self, block: Block) -> str:
        prefix = "".join(f"module.{name}." for name in self.names)
        return f"{prefix}{block.labels[0]}.{block.labels[1]}"


def _folder(
    root: str,
    names: tuple[str, ...],
    here: str,
    block: Block,
    installed: Mapping[str, str],
) -> str:
    if where := installed.get(".".join(names)):
        return posixpath.normpath(posixpath.join(root, where))
    source = block.values.get("source")
    if isinstance(source, str) and source.startswith(_LOCAL):
        return posixpath.normpath(posixpath.join(here, source))
    return ""


def _installed(folder: CodeFolder) -> dict[str, str]:
    """Where `terraform init` put each module, by its name in the tree of modules."""
    try:
        told: Any = json.loads(folder.modules or b"{}")
    except (ValueError, RecursionError):
        return {}
    entries = told.get("Modules") if isinstance(told, dict) else None
    return {
        str(entry["Key"]): str(entry["Dir"])
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and entry.get("Key") and entry.get("Dir")
    }


def _named(block: Block) -> tuple[str, ...]:
    lifecycle = block.find("lifecycle")
    told = lifecycle.values.get("ignore_changes") if lifecycle else None
    return tuple(dict.fromkeys(_names(told)))


def _names(told: object) -> Iterator[str]:
    """Names as they are written; old code and JSON write them as texts."""
    if isinstance(told, list):
        for each in told:
            yield from _names(each)
    elif isinstance(told, Written):
        inside = _WHOLE.fullmatch(told.text)
        yield re.sub(r"\s+", "", inside["inside"] if inside else told.text)
    elif isinstance(told, str) and told:
        yield "all" if told == "*" else told
