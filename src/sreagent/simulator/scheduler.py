"""Places pods on nodes that have room for them."""

import copy
from collections import Counter

from sreagent.simulator.clock import stamp
from sreagent.simulator.kinds import NODE, POD, Kind
from sreagent.simulator.objects import (
    Json,
    condition,
    is_terminating,
    labels_of,
    lookup,
    name_of,
    namespace_of,
)
from sreagent.simulator.quantities import amount
from sreagent.simulator.recorder import Recorder
from sreagent.simulator.selectors import matches_labels
from sreagent.simulator.store import Store


class Scheduler:
    """Binds every waiting pod to the emptiest node that can take it."""

    watches: tuple[Kind, ...] = (
        POD,
        NODE,
    )

    def __init__(self, store: Store) -> None:
        self.store = store
        self.recorder = Recorder(store, "default-scheduler")

    def next_due(self) -> float | None:
        """Never: only changes give it work."""
        return None

    def sync(self) -> None:
        """Try to place every pod that has no node."""
        for pod in self.store.all(POD):
            if not lookup(pod, "spec.nodeName") and not is_terminating(pod):
                self._place(pod)

    def _place(self, pod: Json) -> None:
        refusals: Counter[str] = Counter()
        fitting: list[tuple[float, str]] = []
        for node in self.store.all(NODE):
            why = self._refusal(node, pod)
            if why:
                refusals[why] += 1
            else:
                fitting.append((self._crowding(node, pod), name_of(node)))
        if fitting:
            self._bind(pod, min(fitting)[1])
        else:
            self._report(pod, refusals)

    def _refusal(self, node: Json, pod: Json) -> str:
        if node["spec"].get("unschedulable"):
            return "node(s) were unschedulable"
        if not matches_labels(pod["spec"].get("nodeSelector") or {}, labels_of(node)):
            return "node(s) didn't match Pod's node affinity/selector"
        for resource in ("cpu", "memory"):
            room = amount(node["status"]["allocatable"][resource]) - self._taken(node, resource)
            if requested(pod, resource) > room:
                return f"Insufficient {resource}"
        return ""

    def _on(self, node: Json) -> list[Json]:
        return [
            pod
            for pod in self.store.all(POD)
            if lookup(pod, "spec.nodeName") == name_of(node)
            and lookup(pod, "status.phase") not in ("Succeeded", "Failed")
        ]

    def _taken(self, node: Json, resource: str) -> float:
        return sum(requested(pod, resource) for pod in self._on(node))

    def _crowding(self, node: Json, pod: Json) -> float:
        same = [each for each in self._on(node) if labels_of(each) == labels_of(pod)]
        return 100 * len(same) + self._taken(node, "cpu")

    def _bind(self, pod: Json, node: str) -> None:
        placed = copy.deepcopy(pod)
        placed["spec"]["nodeName"] = node
        now = stamp(self.store.clock.now())
        scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": now}
        placed["status"]["conditions"] = [scheduled]
        self.store.put(POD, placed)
        message = f"Successfully assigned {namespace_of(pod)}/{name_of(pod)} to {node}"
        self.recorder.normal(pod, "Scheduled", message)

    def _report(self, pod: Json, refusals: Counter[str]) -> None:
        total = len(self.store.all(NODE))
        reasons = ", ".join(f"{count} {why}" for why, count in sorted(refusals.items()))
        message = f"0/{total} nodes are available: {reasons}."
        known = condition(pod, "PodScheduled")
        if known and known.get("message") == message:
            return
        waiting = copy.deepcopy(pod)
        waiting["status"]["conditions"] = [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": message,
                "lastTransitionTime": stamp(self.store.clock.now()),
            }
        ]
        self.store.put(POD, waiting)
        self.recorder.warning(pod, "FailedScheduling", message)


def requested(pod: Json, resource: str) -> float:
    """How much of a resource a pod reserves."""
    total = 0.0
    for container in pod["spec"]["containers"]:
        resources = container.get("resources") or {}
        asked = (resources.get("requests") or {}).get(resource)
        limit = (resources.get("limits") or {}).get(resource)
        total += amount(asked or limit or 0)
    return total
