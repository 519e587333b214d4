"""What the folder of an incident says must be found."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sreagent.domain.errors import BadInput

FILE = "scenario.yaml"
UNSORTED = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """The known cause of an incident."""

    name: str
    title: str
    alert: str
    category: str
    roots: tuple[str, ...]
    """Paths of the entities at fault, the main one first; none when nothing is wrong."""
    also_accepted: frozenset[str] = frozenset()
    """Paths of entities that may be blamed in place of the main one, or beside it."""
    mentions: tuple[tuple[re.Pattern[str], ...], ...] = ()
    """Of each group at least one has to be found in what is said."""
    innocent: frozenset[str] = frozenset()
    """Paths of entities that must not be blamed."""

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.roots


def folders(suite: Path, only: Iterable[str] = ()) -> list[Path]:
    """The incidents of a suite, by name; a suite may be one incident.

    Raises:
        BadInput: It holds none, or none of a name that is asked for.
    """
    if (suite / FILE).is_file():
        found = [suite]
    elif suite.is_dir():
        found = sorted(each.parent for each in suite.glob(f"*/{FILE}"))
    else:
        msg = f"there is no folder {str(suite)!r}"
        raise BadInput(msg, hint="name a folder of incidents, such as suites/incidents")
    if not found:
        msg = f"{str(suite)!r} holds no incident"
        raise BadInput(msg, why=f"no folder in it has a {FILE}")
    wanted = set(only)
    unknown = wanted - {each.name for each in found}
    if unknown:
        msg = f"the suite has no incident {min(unknown)!r}"
        raise BadInput(msg, hint=f"see: ls {suite}")
    return [each for each in found if not wanted or each.name in wanted]


def read_expectation(folder: Path) -> Expectation:
    """What must be found in an incident.

    Raises:
        BadInput: Names the file, and the line where there is one.
    """
    path = folder / FILE
    data = _load(path)
    roots = [*_paths(path, data, "root_entity"), *_paths(path, data, "other_entities")]
    if bool(data.get("negative")) == bool(roots):
        msg = f"{path}: name a root_entity, or say negative: true"
        raise BadInput(msg, why="an incident has a cause, or there is nothing wrong")
    return Expectation(
        name=folder.name,
        title=str(data.get("title") or folder.name),
        alert=str(data.get("alert") or ""),
        category=str(data.get("category") or UNSORTED),
        roots=tuple(roots),
        also_accepted=frozenset(_paths(path, data, "also_accepted")),
        mentions=tuple(_group(path, each) for each in data.get("must_mention") or ()),
        innocent=frozenset(_paths(path, data, "must_not_blame")),
    )


def category_of(folder: Path) -> str:
    """What an incident is counted under, even when its folder cannot be understood."""
    try:
        return read_expectation(folder).category
    except BadInput:
        return UNSORTED


def _load(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        msg = f"{place}: {getattr(error, 'problem', None) or 'is no YAML'}"
        raise BadInput(msg) from error
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read {path}: {error}"
        raise BadInput(msg) from error
    if not isinstance(data, dict):
        msg = f"{path}:1: must hold a mapping"
        raise BadInput(msg)
    return data


def _paths(path: Path, data: dict[str, Any], key: str) -> list[str]:
    """Entities, those of the cluster spelled without the empty place of a namespace."""
    told = _texts(data.get(key))
    for each in told:
        if len(each.split("/")) not in (2, 3):
            msg = f"{path}: {each!r} is no Kind/namespace/name"
            raise BadInput(msg)
    return [each.replace("//", "/") for each in told]


def _texts(told: Any) -> list[str]:  # noqa: ANN401 - untyped YAML
    if isinstance(told, list):
        return [str(each) for each in told]
    return [str(told)] if told else []


def _group(path: Path, patterns: Any) -> tuple[re.Pattern[str], ...]:  # noqa: ANN401
    try:
        return tuple(re.compile(each) for each in _texts(patterns))
    except re.error as error:
        msg = f"{path}: must_mention holds no regular expression: {error}"
        raise BadInput(msg) from error
