"""Changes that set fields of one object: prepared, previewed and sent as a JSON Patch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sreagent.domain.action import Action
from sreagent.domain.errors import Conflict, Forbidden, NotFound, Refused, TryAgain
from sreagent.domain.inventory import Obj
from sreagent.domain.ports import Clock, Cluster
from sreagent.domain.text import one_line
from sreagent.tools.changes import ACCEPTED, Prepared, remembered
from sreagent.tools.difference import differing
from sreagent.tools.impact import Scales, Touched
from sreagent.tools.revisions import ClusterRevisions
from sreagent.tools.verbs import ChangeTool
from sreagent.tools.versions import insist_unchanged, version_of

UID = "/metadata/uid"
RESOURCE_VERSION = "/metadata/resourceVersion"
TRIES = 5
"""How often a status update may come between reading and writing."""


class Revisions(Protocol):
    """Finds the pod template of an earlier revision of a workload."""

    def template(self, workload: Obj, revision: int) -> Mapping[str, Any]:
        """The template as it was. Raises TryAgain when there is no such revision."""
        ...

    def templates(self, workload: Obj) -> Mapping[int, Mapping[str, Any]]:
        """All that are kept, by revision."""
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
class FieldTool(ChangeTool):
    """A verb that sets fields."""

    wanted: Callable[[Action, Present], Mapping[str, Any]]
    """JSON pointer to new value, for each field that shall change; None takes a field away.

    Raises TryAgain."""
    undo: Callable[[Action, Present], Action | None]
    """The action that brings the present state back; None when nothing has to be."""


@dataclass(frozen=True, slots=True)
class FieldChanges:
    """Makes the changes that set fields of an object of a cluster."""

    cluster: Cluster
    scales: Scales
    clock: Clock
    tools: Mapping[str, FieldTool]

    @property
    def verbs(self) -> frozenset[str]:
        """Which verbs."""
        return frozenset(self.tools)

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        """Check an action and ask the server's dry run."""
        tool = self.tools[action.verb]
        tool.check(action)
        live = self.cluster.get(action.target)
        revisions = ClusterRevisions(self.cluster)
        present = Present(live=live, revisions=revisions, now=self.clock.now())
        wanted = tool.wanted(action, present)
        before = {pointer: field(live, pointer) for pointer in wanted}
        accepted, answer, after = self._dry_run(action, live, wanted)
        if before in (wanted, after):
            msg = f"{action.target} is already as {action.verb} would make it"
            raise TryAgain(msg)
        undo = tool.undo(action, present)
        impact = self.scales.weigh(
            Touched(
                action=action,
                live=live,
                fields=tuple(wanted),
                replicas_at_start=replicas_at_start,
                reversible=undo is not None,
                listed=tuple(revisions.listed),
            )
        )
        return Prepared(
            action=action,
            title=tool.title(action),
            command=tool.command(action),
            uid=live["metadata"]["uid"],
            version=version_of(live),
            resource_version=live["metadata"].get("resourceVersion", ""),
            before=before,
            after=after,
            preview=impact.preview(
                accepted=accepted, answer=answer, diff=difference(before, after)
            ),
            facts=impact.facts,
            undo=undo,
            undo_command=self.tools[undo.verb].command(undo) if undo else "",
        )

    def run(self, prepared: Prepared) -> str:
        """Make the change, if nobody edited the object since it was read."""
        write(self.cluster, prepared, prepared.after)
        return "patched"

    def settle(self, action: Action, after: Mapping[str, Any]) -> bool:
        """Whether the fields are as the change would have left them."""
        try:
            live = self.cluster.get(action.target)
        except NotFound:
            return False
        return remembered({pointer: field(live, pointer) for pointer in after}) == dict(after)

    def _dry_run(
        self, action: Action, live: Obj, wanted: Mapping[str, Any]
    ) -> tuple[bool, str, Mapping[str, Any]]:
        """Whether the server would take it, what it says, and the fields as it would store them."""
        try:
            patch = as_patch(live, wanted, exactly=False)
            answer = self.cluster.patch(action.target, patch, dry_run=True)
        except Forbidden as error:
            return False, one_line(error.message, 200), wanted
        except (Refused, Conflict) as error:
            return False, f"refused: {one_line(error.message, 200)}", wanted
        return True, ACCEPTED, {pointer: field(answer, pointer) for pointer in wanted}


def write(cluster: Cluster, prepared: Prepared, fields: Mapping[str, Any]) -> None:
    """Set fields of the target, if nobody edited it since it was read.

    A status update that comes between reading and writing only means another try.

    Raises:
        Conflict: Somebody edited it; nothing was done.
        SreError: As the patch itself.
    """
    target = prepared.action.target
    for left in reversed(range(TRIES)):
        live = cluster.get(target)
        insist_unchanged(target, prepared, live)
        try:
            cluster.patch(target, as_patch(live, fields), dry_run=False)
        except Conflict:
            if not left:
                raise
        else:
            return


def as_patch(
    live: Obj, after: Mapping[str, Any], *, exactly: bool = True
) -> list[Mapping[str, Any]]:
    """A JSON Patch that holds only while the object is exactly as it was just read.

    A dry run does without `exactly`: for it, a status update that comes between is nothing.
    """
    meta = live["metadata"]
    steps: list[Mapping[str, Any]] = [{"op": "test", "path": UID, "value": meta["uid"]}]
    version = meta.get("resourceVersion")
    if version and exactly:
        steps.append({"op": "test", "path": RESOURCE_VERSION, "value": version})
    for pointer, value in after.items():
        before = field(live, pointer)
        if before is not None:
            steps.append({"op": "test", "path": pointer, "value": before})
        if value is not None:
            steps.append({"op": "add", "path": pointer, "value": value})
        elif before is not None:
            steps.append({"op": "remove", "path": pointer})
    return steps


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Fields as the lines in which they differ."""
    lines: list[str] = []
    for pointer, value in after.items():
        name = pointer.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")
        lines += differing({name: before[pointer]}, {name: value})
    return tuple(lines)


def nothing_to_undo(action: Action, present: Present) -> None:
    """For changes after which the object says the same as before."""
    del action, present


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
