"""YAML and JSON files of an incident, with errors that name the file and the line."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from sreagent.simulator.staging.errors import StagingError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        StagingError: It is not there, or no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise StagingError(path, error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise StagingError(path, "is not UTF-8 text") from error


def yaml_documents(path: Path, edit: Callable[[str], str] = str) -> list[Any]:
    """Every document of a YAML file that is not empty; `edit` changes the text first.

    Raises:
        StagingError: It cannot be read.
    """
    text = edit(read_text(path))
    try:
        return [each for each in yaml.load_all(text, _LOADER) if each]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "is no YAML"
        raise StagingError(path, str(problem), mark.line + 1 if mark else None) from error


def yaml_mapping(path: Path, edit: Callable[[str], str] = str) -> dict[str, Any]:
    """The only document of a YAML file, a mapping; empty when the file is.

    Raises:
        StagingError: It holds something else.
    """
    documents = yaml_documents(path, edit)
    if not documents:
        return {}
    if len(documents) > 1 or not isinstance(documents[0], dict):
        raise StagingError(path, "must hold one mapping", 1)
    return dict(documents[0])


def json_list(path: Path, edit: Callable[[str], str] = str) -> list[Any]:
    """The list in a JSON file.

    Raises:
        StagingError: It holds something else.
    """
    try:
        found = json.loads(edit(read_text(path)))
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise StagingError(path, f"is no JSON: {error}", line) from error
    if not isinstance(found, list):
        raise StagingError(path, "must hold a list", 1)
    return found


def line_of(path: Path, keys: Iterable[str | int]) -> int | None:
    """The line where the value under some keys begins, as far as they lead."""
    try:
        node = yaml.compose(read_text(path), _LOADER)
    except yaml.YAMLError:
        return None
    line = None
    for key in keys:
        found = _child(node, key)
        if found is None:
            break
        line, node = found
    return line


def _child(node: yaml.Node | None, key: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return name.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        each = node.value[key]
        return each.start_mark.line + 1, each
    return None
