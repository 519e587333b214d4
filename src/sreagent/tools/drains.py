"""Empties a node: no new pods are placed on it, and those that are made again elsewhere leave."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.errors import (
    Conflict,
    Forbidden,
    Halted,
    NotFound,
    Refused,
    SreError,
    TryAgain,
)
from sreagent.domain.inventory import Obj, controller_ref, entity_of
from sreagent.domain.ports import Clock, Cluster
from sreagent.domain.text import one_line
from sreagent.tools.changes import ACCEPTED, POD, Prepared, remembered
from sreagent.tools.fields import as_patch, difference, write
from sreagent.tools.impact import Scales, Touched
from sreagent.tools.nodes import NODE, UNSCHEDULABLE
from sreagent.tools.verbs import Arguments, ChangeTool, ClusterTarget
from sreagent.tools.versions import version_of

MIRROR = "kubernetes.io/config.mirror"
OVER = frozenset({"Succeeded", "Failed"})
WAIT = 5.0
"""Seconds between two tries, while a budget says no (as kubectl)."""
PATIENCE = 30.0
"""Seconds after which a pod whose budget still says no stays."""

DRAIN = ChangeTool(
    verb="drain",
    kinds=NODE,
    target=ClusterTarget,
    arguments=Arguments,
    title=lambda a: f"Drain node {a.target.name}",
    command=lambda a: f"kubectl drain {a.target.name} --ignore-daemonsets --delete-emptydir-data",
)


@dataclass(frozen=True, slots=True)
class Drains:
    """Drains nodes of a cluster. The pods that leave are fixed when the drain is prepared."""

    cluster: Cluster
    scales: Scales
    clock: Clock

    @property
    def verbs(self) -> frozenset[str]:
        """The one verb."""
        return frozenset({DRAIN.verb})

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        """Check an action, choose the pods, and ask the server's dry run."""
        del replicas_at_start
        DRAIN.check(action)
        node = self.cluster.get(action.target)
        pods = list(self._leaving(action))
        cordoned = node["spec"].get("unschedulable")
        if cordoned and not pods:
            msg = f"{action.target} is drained already"
            raise TryAgain(msg)
        names = {_name(pod): str(pod["metadata"]["uid"]) for pod in pods}
        before: dict[str, Any] = {UNSCHEDULABLE: cordoned, **names}
        after = {UNSCHEDULABLE: True, **{name: _gone(uid) for name, uid in names.items()}}
        accepted, answer = self._dry_run(action, node, pods)
        undo = None if cordoned else Action(verb="uncordon", target=action.target)
        touched = Touched(action=action, live=node, pods=pods, reversible=undo is not None)
        impact = self.scales.weigh(touched)
        return Prepared(
            action=action,
            title=DRAIN.title(action),
            command=DRAIN.command(action),
            uid=node["metadata"]["uid"],
            version=version_of(node),
            resource_version=node["metadata"].get("resourceVersion", ""),
            before=before,
            after=after,
            preview=impact.preview(
                accepted=accepted, answer=answer, diff=difference(before, after)
            ),
            facts=impact.facts,
            undo=undo,
            undo_command=f"kubectl uncordon {action.target.name}" if undo else "",
        )

    def run(self, prepared: Prepared) -> str:
        """Cordon the node, then evict the pods; says which of them stay, and why."""
        write(self.cluster, prepared, {UNSCHEDULABLE: True})
        pods = {
            _entity(name): str(uid) for name, uid in prepared.before.items() if name.startswith(POD)
        }
        left = self._evict(pods)
        done = f"cordoned; {len(pods) - len(left)} of {len(pods)} pods evicted"
        stay = [f"{pod.namespace}/{pod.name} ({why})" for pod, why in left.items()]
        return f"{done}; only partly done, still there: {', '.join(stay)}" if stay else done

    def settle(self, action: Action, after: Mapping[str, Any]) -> bool:
        """Whether the node is cordoned and every chosen pod is gone or on its way out."""
        try:
            node = self.cluster.get(action.target)
        except NotFound:
            return False
        if not node["spec"].get("unschedulable"):
            return False
        return all(self._gone(name, after[name]) for name in after if name.startswith(POD))

    def _leaving(self, action: Action) -> Iterator[Obj]:
        """The pods that a drain evicts.

        Raises:
            TryAgain: Nothing would make one of them again.
        """
        for pod in self.cluster.list("Pod", "").items:
            if pod["spec"].get("nodeName") != action.target.name or _stays(pod):
                continue
            if controller_ref(pod) is None:
                msg = f"drain: nothing would make {entity_of('Pod', pod)} again; move it by hand"
                raise TryAgain(msg)
            yield pod

    def _dry_run(self, action: Action, node: Obj, pods: list[Obj]) -> tuple[bool, str]:
        blocked = 0
        try:
            patch = as_patch(node, {UNSCHEDULABLE: True}, exactly=False)
            self.cluster.patch(action.target, patch, dry_run=True)
            for pod in pods:
                blocked += self._is_blocked(pod)
        except Forbidden as error:
            return False, one_line(error.message, 200)
        except (Refused, Conflict) as error:
            return False, f"refused: {one_line(error.message, 200)}"
        if blocked:
            return True, f"{ACCEPTED}; budgets hold {blocked} of {len(pods)} pods back for now"
        return True, ACCEPTED

    def _is_blocked(self, pod: Obj) -> bool:
        try:
            self.cluster.evict(entity_of("Pod", pod), uid=pod["metadata"]["uid"], dry_run=True)
        except Refused:
            return True
        except NotFound:
            return False
        return False

    def _evict(self, pods: Mapping[Entity, str]) -> dict[Entity, str]:
        """Evict pods by uid, some again for a while; returns those that stay, and why.

        With the uid as precondition, an eviction whose answer was lost may be sent again.
        """
        left = dict.fromkeys(pods, "")
        deadline = self.clock.monotonic() + PATIENCE
        while True:
            try:
                self._evict_each(left, pods)
            except Halted as stopped:
                return dict.fromkeys(left, one_line(stopped.message, 160))
            if not left or self.clock.monotonic() >= deadline:
                return left
            self.clock.sleep(WAIT)

    def _evict_each(self, left: dict[Entity, str], pods: Mapping[Entity, str]) -> None:
        """Evict what is left, once; what leaves is taken out.

        Raises:
            Halted: Changes were stopped meanwhile.
        """
        for pod in list(left):
            if why := self._evict_one(pod, pods[pod]):
                left[pod] = why
            else:
                del left[pod]

    def _evict_one(self, pod: Entity, uid: str) -> str:
        """Why the pod stays; empty when it leaves."""
        try:
            self.cluster.evict(pod, uid=uid, dry_run=False)
        except (NotFound, Conflict):
            # It left by itself, or another one has its name.
            return ""
        except Halted:
            raise
        except SreError as error:
            return one_line(error.message, 160)
        return ""

    def _gone(self, name: str, kept: object) -> bool:
        try:
            live = self.cluster.get(_entity(name))
        except NotFound:
            return True
        meta = live["metadata"]
        same = remembered({name: _gone(meta["uid"])})[name] == kept
        return bool(meta.get("deletionTimestamp")) or not same


def _stays(pod: Obj) -> bool:
    """Pods of the node itself, pods that are over, and pods that are leaving already."""
    meta, owner = pod["metadata"], controller_ref(pod)
    return bool(
        (owner and owner["kind"] in ("DaemonSet", "Node"))
        or MIRROR in (meta.get("annotations") or {})
        or meta.get("deletionTimestamp")
        or (pod.get("status") or {}).get("phase") in OVER
    )


def _name(pod: Obj) -> str:
    return f"{POD}{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _entity(name: str) -> Entity:
    namespace, pod = name.removeprefix(POD).split("/")
    return Entity(kind="Pod", namespace=namespace, name=pod)


def _gone(uid: str) -> str:
    return f"not {uid}"
