"""The changes that can be made: each a `ChangeTool`.

A change is a set of fields of one object and the values they shall have. What it sends, what it
shows and how it is undone all come from the typed action; no command line is ever parsed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.errors import TryAgain
from sreagent.domain.inventory import Obj

DNS_NAME = r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?"
"""RFC 1123, ASCII only: no look-alikes. In pydantic `$` is the very end, not before a line feed."""

Name = Annotated[str, StringConstraints(pattern=rf"^{DNS_NAME}$", max_length=253)]
Quantity = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,14}(?:m|[kMGT]|[KMGT]i)?$")]


class Arguments(BaseModel):
    """Arguments of a change: unknown fields and silent conversions are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Revisions(Protocol):
    """Finds the pod template of an earlier revision of a workload."""

    def template(self, workload: Obj, revision: int) -> Mapping[str, Any]:
        """The template as it was. Raises TryAgain when there is no such revision."""
        ...

    def current(self, workload: Obj) -> int | None:
        """The revision that the workload is at."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The target as it is, and what else a change may need to know."""

    live: Obj
    revisions: Revisions
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTool:
    """One verb of the catalogue."""

    verb: str
    kinds: frozenset[str]
    arguments: type[Arguments]
    title: Callable[[Action], str]
    """What it does, in a few words for the panel."""
    command: Callable[[Action], str]
    """The equivalent command line."""
    wanted: Callable[[Action, Present], Mapping[str, Any]]
    """JSON pointer to new value, for each field that shall change. Raises TryAgain."""
    undo: Callable[[Action, Present], Action | None]
    """The action that brings the present state back; None when nothing has to be."""


def nothing_to_undo(action: Action, present: Present) -> None:
    """For changes after which the object says the same as before."""
    del action, present


def check(tool: ChangeTool, action: Action) -> None:
    """Check kind, name and arguments of an action.

    Raises:
        TryAgain: Says what is wrong with which argument.
    """
    target = action.target
    if target.kind not in tool.kinds:
        msg = f"{action.verb} works on {', '.join(sorted(tool.kinds))}, not on {target.kind}"
        raise TryAgain(msg)
    try:
        Target(kind=target.kind, namespace=target.namespace, name=target.name)
        tool.arguments.model_validate(dict(action.arguments))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "arguments"
        msg = f"{action.verb}: {where}: {first['msg']} (got {first.get('input')!r})"
        raise TryAgain(msg) from error


class Target(Arguments):
    """The object of a change, spelled as the API server allows."""

    kind: str
    namespace: Name
    name: Name


def kubectl(target: Entity, *words: str) -> str:
    """A kubectl line in the target's namespace."""
    return " ".join(["kubectl", "-n", target.namespace, *words])


def field(obj: Obj, pointer: str) -> Any:  # noqa: ANN401 - any JSON value
    """The value at a JSON pointer (RFC 6901), or None."""
    value: Any = obj
    for part in _parts(pointer):
        if isinstance(value, Sequence) and not isinstance(value, str):
            value = value[int(part)] if int(part) < len(value) else None
        elif isinstance(value, Mapping):
            value = value.get(part)
        else:
            return None
    return value


def _parts(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
