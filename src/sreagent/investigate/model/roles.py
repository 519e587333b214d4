"""Who a model is at a given moment: what it is told, which tools it has, what it may do."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel

from sreagent.investigate.model.arguments import (
    Conclude,
    Escalate,
    Look,
    Pass,
    Propose,
    Read,
    Report,
    Weigh,
)


class Role(StrEnum):
    """The parts of an investigation that a model can take."""

    SUPERVISOR = "supervisor"
    """Says who answers what a person typed; everything else is routed by code."""
    OBSERVER = "observer"
    """Looks, and reports what it saw; concludes nothing."""
    DIAGNOSTICIAN = "diagnostician"
    """Finds the cause."""
    REMEDIATOR = "remediator"
    """The only one who can propose a change."""
    COMMUNICATOR = "communicator"
    """Answers people from what is known; has no tools."""


TOOLS: Mapping[Role, tuple[type[BaseModel], ...]] = {
    Role.SUPERVISOR: (Pass,),
    Role.OBSERVER: (Look, Read, Report),
    Role.DIAGNOSTICIAN: (Look, Read, Weigh, Conclude, Escalate),
    Role.REMEDIATOR: (Look, Read, Propose),
    Role.COMMUNICATOR: (),
}
"""What each role may do. Nobody can approve: there is no such tool."""


def tool_name(tool: type[BaseModel]) -> str:
    """The name under which a model calls it."""
    return tool.__name__.lower()


def tools_of(role: Role) -> Mapping[str, type[BaseModel]]:
    """The tools of a role by their names."""
    return {tool_name(tool): tool for tool in TOOLS[role]}
