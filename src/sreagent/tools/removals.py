"""Changes that take one object away: deleting or evicting a pod, deleting a failed Job."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.domain.action import Action
from sreagent.domain.errors import Conflict, Forbidden, NotFound, Refused
from sreagent.domain.inventory import Obj
from sreagent.domain.ports import Cluster
from sreagent.domain.text import one_line
from sreagent.tools.changes import ACCEPTED, Prepared, remembered
from sreagent.tools.disruption import is_ready
from sreagent.tools.fields import TRIES, UID
from sreagent.tools.impact import Scales, Touched
from sreagent.tools.verbs import Arguments, ChangeTool, kubectl
from sreagent.tools.versions import insist_unchanged, version_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalTool(ChangeTool):
    """A verb after which the object is gone; its controller may make a new one."""

    refuse: Callable[[Obj], None] = lambda _: None
    """Raises TryAgain for an object that the verb is not for."""


@dataclass(frozen=True, slots=True)
class Removals:
    """Takes objects of a cluster away."""

    cluster: Cluster
    scales: Scales
    tools: Mapping[str, RemovalTool]

    @property
    def verbs(self) -> frozenset[str]:
        """Which verbs."""
        return frozenset(self.tools)

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        """Check an action and ask the server's dry run."""
        tool = self.tools[action.verb]
        tool.check(action)
        live = self.cluster.get(action.target)
        tool.refuse(live)
        accepted, answer = self._dry_run(action, live)
        impact = self.scales.weigh(
            Touched(action=action, live=live, replicas_at_start=replicas_at_start)
        )
        uid = live["metadata"]["uid"]
        return Prepared(
            action=action,
            title=tool.title(action),
            command=tool.command(action),
            uid=uid,
            version=version_of(live),
            resource_version=live["metadata"].get("resourceVersion", ""),
            before={UID: uid},
            after={UID: _gone(uid)},
            preview=impact.preview(accepted=accepted, answer=answer),
            facts=impact.facts,
            undo=None,
            undo_command="",
        )

    def run(self, prepared: Prepared) -> str:
        """Take it away, if nobody edited it and it does not serve meanwhile."""
        target = prepared.action.target
        for left in reversed(range(TRIES)):
            live = self.cluster.get(target)
            insist_unchanged(target, prepared, live)
            if is_ready(live) and not prepared.facts.ready:
                msg = f"{target} became ready since it was shown"
                raise Conflict(msg)
            try:
                self._remove(prepared.action, live, dry_run=False)
            except Conflict:
                if not left:
                    raise
            else:
                break
        return "evicted" if prepared.action.verb == EVICT_POD.verb else "deleted"

    def settle(self, action: Action, after: Mapping[str, Any]) -> bool:
        """Whether the object is gone, on its way out, or another one."""
        try:
            live = self.cluster.get(action.target)
        except NotFound:
            return True
        meta = live["metadata"]
        if meta.get("deletionTimestamp"):
            return True
        return remembered({UID: _gone(meta["uid"])}) != dict(after)

    def _remove(self, action: Action, live: Obj, *, dry_run: bool) -> None:
        meta = live["metadata"]
        remove = self.cluster.evict if action.verb == EVICT_POD.verb else self.cluster.delete
        remove(
            action.target,
            uid=meta["uid"],
            # For a dry run, a status update that comes between is nothing.
            resource_version="" if dry_run else meta.get("resourceVersion", ""),
            dry_run=dry_run,
        )

    def _dry_run(self, action: Action, live: Obj) -> tuple[bool, str]:
        """Whether the server would take it, and what it says."""
        try:
            self._remove(action, live, dry_run=True)
        except Forbidden as error:
            return False, one_line(error.message, 200)
        except (Refused, Conflict) as error:
            return False, f"refused: {one_line(error.message, 200)}"
        return True, ACCEPTED


def _gone(uid: str) -> str:
    return f"not {uid}"


DELETE_POD = RemovalTool(
    verb="delete_pod",
    kinds=frozenset({"Pod"}),
    arguments=Arguments,
    title=lambda a: f"Delete pod {a.target.name}",
    command=lambda a: kubectl(a.target, "delete pod", a.target.name),
)
EVICT_POD = RemovalTool(
    verb="evict_pod",
    kinds=frozenset({"Pod"}),
    arguments=Arguments,
    title=lambda a: f"Evict pod {a.target.name}",
    # kubectl has no such verb (a plugin has); the line can be edited here like any other.
    command=lambda a: kubectl(a.target, "evict pod", a.target.name),
)
