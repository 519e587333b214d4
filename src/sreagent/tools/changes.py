"""Prepares, makes and settles changes.

A change is prepared once: the target is read, the server's dry run is asked, and the patch is
fixed. What runs later is exactly that patch, with the fields as they were read as precondition:
if anybody changed them meanwhile, the server refuses.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sreagent.domain.action import Action, Preview
from sreagent.domain.errors import Conflict, Forbidden, NotFound, Refused, TryAgain
from sreagent.domain.inventory import Inventory, Obj
from sreagent.domain.ports import Clock, Cluster
from sreagent.domain.text import one_line
from sreagent.policy.facts import Facts
from sreagent.tools.catalogue import ChangeTool, Present, check, field
from sreagent.tools.difference import differing
from sreagent.tools.impact import weigh
from sreagent.tools.revisions import ClusterRevisions
from sreagent.tools.services import PATCH_SERVICE
from sreagent.tools.workloads import DELETE_POD, ROLLOUT_RESTART, ROLLOUT_UNDO, SCALE, SET_RESOURCES

TOOLS: Mapping[str, ChangeTool] = {
    tool.verb: tool
    for tool in (
        ROLLOUT_UNDO,
        ROLLOUT_RESTART,
        SCALE,
        SET_RESOURCES,
        PATCH_SERVICE,
        DELETE_POD,
    )
}
ACCEPTED = "accepted by the server"
UID = "/metadata/uid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A change that is ready to be made."""

    action: Action
    title: str
    command: str
    uid: str
    before: Mapping[str, Any]
    """JSON pointer to value, as read."""
    after: Mapping[str, Any]
    """The same fields, as the server's dry run would store them."""
    preview: Preview
    facts: Facts
    undo: Action | None
    undo_command: str

    @property
    def fingerprint(self) -> str:
        """Hash of the action, the object and the fields that it would change, as they are.

        The same only while the change would do the same to the same object.
        """
        parts = [self.action.digest, self.uid, remembered(self.before)]
        return hashlib.sha256(_canonical(parts).encode()).hexdigest()


class Changes(Protocol):
    """Makes changes. The gate has the same shape and stands in front."""

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        """Check an action and ask the server's dry run."""
        ...

    def run(self, prepared: Prepared) -> str:
        """Make the change; says what the server answered."""
        ...

    def settle(self, action: Action, after: Mapping[str, Any]) -> bool:
        """Whether a change whose answer was lost was made."""
        ...


@dataclass(frozen=True, slots=True)
class ClusterChanges:
    """Makes the changes of the catalogue on a cluster."""

    cluster: Cluster
    inventory: Inventory
    clock: Clock

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        """Check an action and ask the server's dry run.

        Raises:
            TryAgain: The action is not in the catalogue, or its arguments are wrong.
            SreError: The target could not be read.
        """
        tool = _tool(action)
        check(tool, action)
        live = self.cluster.get(action.target)
        present = Present(live=live, revisions=ClusterRevisions(self.cluster), now=self.clock.now())
        wanted = tool.wanted(action, present)
        before = {pointer: field(live, pointer) for pointer in wanted}
        if before == wanted:
            msg = f"{action.target} is already as {action.verb} would make it"
            raise TryAgain(msg)
        accepted, answer, after = self._dry_run(action, live, wanted)
        impact = weigh(self.inventory, action, live, replicas_at_start)
        undo = tool.undo(action, present)
        return Prepared(
            action=action,
            title=tool.title(action),
            command=tool.command(action),
            uid=live["metadata"]["uid"],
            before=before,
            after=after,
            preview=Preview(
                accepted=accepted,
                answer=answer,
                diff=_diff(before, after),
                touches=impact.touches,
                depends=impact.depends,
            ),
            facts=impact.facts,
            undo=undo,
            undo_command=_tool(undo).command(undo) if undo else "",
        )

    def run(self, prepared: Prepared) -> str:
        """Make the change, if the fields are still as they were read.

        Raises:
            Conflict: Somebody changed them meanwhile; nothing was done.
            Forbidden: The user of this context may not.
            Refused: The server said no.
            Unreachable: No answer came; ask `settle` whether it was made.
        """
        if prepared.action.verb == DELETE_POD.verb:
            self.cluster.delete(prepared.action.target, uid=prepared.uid, dry_run=False)
            return "deleted"
        patch = _patch(prepared.uid, prepared.before, prepared.after)
        self.cluster.patch(prepared.action.target, patch, dry_run=False)
        return "patched"

    def settle(self, action: Action, after: Mapping[str, Any]) -> bool:
        """Read whether a change whose answer was lost was made.

        Raises:
            SreError: The target cannot be read, so it stays in doubt.
        """
        try:
            live = self.cluster.get(action.target)
        except NotFound:
            return action.verb == DELETE_POD.verb
        if action.verb == DELETE_POD.verb:
            meta = live["metadata"]
            return bool(meta.get("deletionTimestamp")) or after != {UID: f"not {meta['uid']}"}
        return remembered({pointer: field(live, pointer) for pointer in after}) == dict(after)

    def _dry_run(
        self, action: Action, live: Obj, wanted: Mapping[str, Any]
    ) -> tuple[bool, str, Mapping[str, Any]]:
        """Whether the server would take it, what it says, and the fields as it would store them."""
        uid = live["metadata"]["uid"]
        before = {pointer: field(live, pointer) for pointer in wanted}
        try:
            if action.verb == DELETE_POD.verb:
                self.cluster.delete(action.target, uid=uid, dry_run=True)
                return True, ACCEPTED, wanted
            answer = self.cluster.patch(action.target, _patch(uid, before, wanted), dry_run=True)
        except Forbidden as error:
            return False, f"not allowed: {one_line(error.message, 200)}", wanted
        except (Refused, Conflict) as error:
            return False, f"refused: {one_line(error.message, 200)}", wanted
        stored = {pointer: field(answer, pointer) for pointer in wanted}
        return True, ACCEPTED, stored


def remembered(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as the journal keeps them: numbers as they are, everything else as its hash.

    A pod template may hold anything, secrets too; its hash is enough to know it again, and
    redaction has nothing to change in it.
    """
    return {pointer: _kept(value) for pointer, value in fields.items()}


def _kept(value: object) -> object:
    if value is None or isinstance(value, int):
        return value
    return "sha256:" + hashlib.sha256(_canonical(value).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _tool(action: Action) -> ChangeTool:
    if action.verb not in TOOLS:
        msg = f"{action.verb!r} is not a change that can be made; known: {', '.join(TOOLS)}"
        raise TryAgain(msg)
    return TOOLS[action.verb]


def _patch(
    uid: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """A JSON Patch that holds only while the fields are as they were read."""
    steps: list[Mapping[str, Any]] = [{"op": "test", "path": UID, "value": uid}]
    for pointer, value in after.items():
        if before[pointer] is not None:
            steps.append({"op": "test", "path": pointer, "value": before[pointer]})
        steps.append({"op": "add", "path": pointer, "value": value})
    return steps


def _diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    lines: list[str] = []
    for pointer, value in after.items():
        if pointer in before and pointer != UID:
            name = pointer.rsplit("/", 1)[-1]
            lines += differing({name: before[pointer]}, {name: value})
    return tuple(lines)
