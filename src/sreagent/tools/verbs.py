"""What a verb of the catalogue is: where it works, what it is told, and how people read it.

Everything a change sends and shows comes from its typed action; no command line is parsed back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.errors import TryAgain
from sreagent.domain.text import one_line

DNS_NAME = r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?"
"""RFC 1123, ASCII only: no look-alikes. In pydantic `$` is the very end, not before a line feed."""

Name = Annotated[str, StringConstraints(pattern=rf"^{DNS_NAME}$", max_length=253)]
Quantity = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,14}(?:m|[kMGT]|[KMGT]i)?$")]
Nothing = Annotated[str, StringConstraints(max_length=0)]
"""The namespace of what lies in none."""


class Arguments(BaseModel):
    """Arguments of a change: unknown fields and silent conversions are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Target(Arguments):
    """An object in a namespace, spelled as the API server allows."""

    kind: str
    namespace: Name
    name: Name


class ClusterTarget(Arguments):
    """An object that lies in no namespace."""

    kind: str
    namespace: Nothing
    name: Name


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
    target: type[Arguments] = Target
    """How `kind`, `namespace` and `name` have to be spelled."""

    def check(self, action: Action) -> None:
        """Check kind, name and arguments of an action.

        Raises:
            TryAgain: Says what is wrong with which argument.
        """
        target = action.target
        if target.kind not in self.kinds:
            msg = f"{action.verb} works on {', '.join(sorted(self.kinds))}, not on {target.kind}"
            raise TryAgain(msg)
        place = {"kind": target.kind, "namespace": target.namespace, "name": target.name}
        try:
            self.target.model_validate(place)
            self.arguments.model_validate(dict(action.arguments))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "arguments"
            got = one_line(repr(first.get("input")), 100)
            msg = f"{action.verb}: {where}: {first['msg']} (got {got})"
            raise TryAgain(msg) from error


def again(action: Action, arguments: Mapping[str, Any]) -> Action:
    """The same verb on the same target, with other arguments."""
    return Action(verb=action.verb, target=action.target, arguments=arguments)


def kubectl(target: Entity, *words: str) -> str:
    """A kubectl line in the target's namespace."""
    place = ["-n", target.namespace] if target.namespace else []
    return " ".join(["kubectl", *place, *words])


def named(target: Entity) -> str:
    """A target as kubectl takes it: `deployment/web`."""
    return f"{target.kind.lower()}/{target.name}"
