"""Prepares, makes and settles changes of AWS.

AWS has no dry run, except in EC2: a change is checked against the live state instead, and that
state is read again right before it is sent.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sreagent.domain.action import Action, Preview
from sreagent.domain.errors import Conflict, Forbidden, NotFound, Refused, TryAgain, Unreachable
from sreagent.domain.ports import Clock, Cloud
from sreagent.domain.text import one_line
from sreagent.tools.changes import Prepared
from sreagent.tools.cloud_ecs import ECS_REDEPLOY, ECS_ROLLBACK, ECS_SCALE
from sreagent.tools.cloud_functions import LAMBDA_ALIAS
from sreagent.tools.cloud_groups import ASG_SCALE
from sreagent.tools.cloud_instances import EC2_REBOOT, RDS_REBOOT, RDS_START
from sreagent.tools.cloud_verbs import CHECKED, CloudTool, Place, State
from sreagent.tools.difference import differing

CLOUD: Mapping[str, CloudTool] = {
    tool.verb: tool
    for tool in (
        ECS_REDEPLOY,
        ECS_ROLLBACK,
        ECS_SCALE,
        ASG_SCALE,
        LAMBDA_ALIAS,
        RDS_REBOOT,
        RDS_START,
        EC2_REBOOT,
    )
}
"""Changes of AWS by verb."""


@dataclass(frozen=True, slots=True)
class CloudChanges:
    """Makes the changes of the catalogue in AWS."""

    cloud: Cloud
    clock: Clock
    tools: Mapping[str, CloudTool]

    @property
    def verbs(self) -> frozenset[str]:
        """Which verbs."""
        return frozenset(self.tools)

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        """Check an action against the live state; nothing is changed."""
        tool, place = self._tool(action)
        with _understood(action):
            state = tool.read(place)
            before, after = tool.fields(action, state, place)
            if before == after:
                msg = f"{action.target} is already as {action.verb} would make it"
                raise TryAgain(msg)
            effect = tool.effect(action, state, place)
        accepted, answer = self._accepted(tool, action, state, place)
        undo = tool.undo(action, state)
        facts = effect.facts
        if replicas_at_start is not None:
            facts = replace(facts, replicas_at_start=replicas_at_start)
        return Prepared(
            action=action,
            title=tool.title(action),
            command=tool.command(action),
            uid=state.uid,
            version=state.version,
            resource_version=state.revision,
            before=before,
            after=after,
            preview=Preview(
                accepted=accepted,
                answer=answer,
                diff=(*_diff(before, after), *effect.diff),
                touches=effect.touches,
                depends=effect.depends,
                loses=", ".join(effect.facts.state_lost) or "no state",
                owner=effect.owner,
            ),
            facts=facts,
            undo=undo,
            undo_command=tool.command(undo) if undo else "",
        )

    def run(self, prepared: Prepared) -> str:
        """Make the change, if nobody edited the target since it was read."""
        action = prepared.action
        tool, place = self._tool(action)
        with _understood(action):
            state = tool.read(place)
        _insist_unchanged(prepared, state)
        if reason := tool.problem(action, state):
            msg = f"{action.target}: {reason}"
            raise Refused(msg)
        call = tool.call(action, state)
        answer = self.cloud.call(call.service, call.operation, call.parameters, region=place.region)
        request = answer.get("RequestId")
        return f"accepted by AWS (request {request})" if request else "accepted by AWS"

    def settle(self, action: Action, after: Mapping[str, Any]) -> bool:
        """Whether the target is as the change would have left it."""
        tool, place = self._tool(action)
        try:
            with _understood(action):
                return tool.settled(action, after, place)
        except NotFound:
            return False

    def _tool(self, action: Action) -> tuple[CloudTool, Place]:
        tool = self.tools[action.verb]
        tool.check(action)
        return tool, tool.place(self.cloud, action, self.clock.now())

    def _accepted(
        self, tool: CloudTool, action: Action, state: State, place: Place
    ) -> tuple[bool, str]:
        """Whether AWS would take it, as far as that can be told, and why not."""
        if reason := tool.problem(action, state):
            return False, f"refused: {one_line(reason, 200)}"
        if not tool.dry_run:
            return True, CHECKED
        call = tool.call(action, state)
        parameters = {**call.parameters, "DryRun": True}
        try:
            self.cloud.call(call.service, call.operation, parameters, region=place.region)
        except Forbidden as error:
            return False, f"not allowed: {one_line(error.message, 200)}"
        except (Refused, Conflict) as error:
            return False, f"refused: {one_line(error.message, 200)}"
        return True, "AWS's dry run said yes"


@contextmanager
def _understood(action: Action) -> Iterator[None]:
    """An answer that lacks what AWS always tells is no answer."""
    try:
        yield
    except (LookupError, TypeError) as error:
        msg = f"what AWS told of {action.target} is not whole: {one_line(repr(error), 100)}"
        raise Unreachable(msg) from error


def _insist_unchanged(prepared: Prepared, state: State) -> None:
    target = prepared.action.target
    if state.uid != prepared.uid:
        msg = f"{target} is not the one that was shown: it was made anew since"
        raise Conflict(msg)
    if state.version != prepared.version:
        msg = f"{target} was changed since it was shown"
        raise Conflict(msg, why="a yes is for the target as it was shown")


def _diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that will differ; what only tells a change from no change is no field."""
    shown = [name for name in after if not str(after[name]).startswith("not ")]
    names = [name for name in shown if before[name] is not None]
    old = {name.lstrip("/"): before[name] for name in names}
    return differing(old, {name.lstrip("/"): after[name] for name in names})
