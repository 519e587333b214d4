"""What a change of AWS is: what is read, what is sent, and how it is found again."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from pydantic import StringConstraints

from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.errors import SreError
from sreagent.domain.ports import Cloud
from sreagent.policy.facts import Facts
from sreagent.tools.changes import canonical, remembered
from sreagent.tools.verbs import Arguments, ChangeTool, again

CHECKED = "checked against live state; AWS has no dry run"
REGION = r"[a-z]{2}(?:-[a-z]{2,12}){1,3}-[1-9][0-9]?"

Region = Annotated[str, StringConstraints(pattern=rf"^(?:{REGION})?$")]


class InRegion(Arguments):
    """Every change of AWS may name a region; an empty one is that of the run."""

    region: Region = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a change is made, and how to ask there."""

    cloud: Cloud
    target: Entity
    region: str
    now: datetime

    def ask(self, service: str, operation: str, **parameters: object) -> Mapping[str, Any]:
        """Send one operation that reads."""
        return self.cloud.call(service, operation, parameters, region=self.region)

    def try_asking(
        self, service: str, operation: str, **parameters: object
    ) -> Mapping[str, Any] | None:
        """The same; None when it could not be looked at, which proves nothing."""
        try:
            return self.ask(service, operation, **parameters)
        except SreError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The target as it is."""

    uid: str
    """Tells it from another one of the same name."""
    written: Mapping[str, Any]
    """All that people and deployers can write: what a yes is bound to."""
    live: Mapping[str, Any]
    """As AWS described it."""
    revision: str = ""
    """As AWS counts, where it does."""

    @property
    def version(self) -> str:
        """SHA-256 of what is written."""
        return hashlib.sha256(canonical(plain(self.written)).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is sent."""

    service: str
    operation: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change touches, in words for the panel and as facts for policy."""

    touches: str
    depends: str = ""
    """Who uses it."""
    owner: str = ""
    """Who may set it back."""
    facts: Facts = field(default_factory=Facts)
    diff: tuple[str, ...] = ()


Fields = tuple[Mapping[str, Any], Mapping[str, Any]]
"""What will change by name, as it is and as it will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudTool(ChangeTool):
    """A verb that changes one thing in AWS."""

    read: Callable[[Place], State]
    """Raises NotFound, and what else `Cloud.call` raises."""
    fields: Callable[[Action, State, Place], Fields]
    """Raises TryAgain for an argument that names nothing."""
    call: Callable[[Action, State], Call]
    effect: Callable[[Action, State, Place], Effect]
    problem: Callable[[Action, State], str] = lambda _action, _state: ""
    """Why AWS would refuse, or should not be asked; empty when nothing stands in the way."""
    undo: Callable[[Action, State], Action | None] = lambda _action, _state: None
    """The action that brings the present state back."""
    made: Callable[[Action, Mapping[str, Any], Place], bool] | None = None
    """Whether a change whose answer was lost was made; by default the fields tell."""
    dry_run: bool = False
    """AWS can be asked without doing it."""
    looks: frozenset[str]
    """What IAM has to allow for preparing it and finding it again: `ecs:DescribeServices`, …"""
    makes: frozenset[str]
    """What IAM has to allow besides for making it."""

    def place(self, cloud: Cloud, action: Action, now: datetime) -> Place:
        """Where an action is made."""
        region = action.arguments.get("region", "")
        return Place(cloud=cloud, target=action.target, region=region, now=now)

    def settled(self, action: Action, after: Mapping[str, Any], place: Place) -> bool:
        """Whether the target is as the change would have left it."""
        if self.made:
            return self.made(action, after, place)
        now_is, _ = self.fields(action, self.read(place), place)
        return remembered(now_is) == dict(after)


def aws(action: Action, *words: str) -> str:
    """An aws line in the region of an action."""
    region = action.arguments.get("region", "")
    return " ".join(["aws", *words, *(["--region", region] if region else [])])


def back(action: Action, **arguments: object) -> Action:
    """The same verb with what was there before, in the same region."""
    region = action.arguments.get("region", "")
    return again(action, {**arguments, **({"region": region} if region else {})})


def plain(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """The same with times as text."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


def count(number: int, noun: str) -> str:
    """`1 task`, `3 tasks`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
