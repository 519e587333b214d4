"""Places pods on nodes that have room for them."""

import copy
from collections import Counter
from collections.abc import Iterator

from sreagent.simulator.clock import stamp
from sreagent.simulator.kinds import CLAIM, NODE, POD, VOLUME, Kind
from sreagent.simulator.objects import (
    Json,
    condition,
    is_terminating,
    labels_of,
    lookup,
    name_of,
    namespace_of,
    uid_of,
)
from sreagent.simulator.quantities import amount
from sreagent.simulator.recorder import Recorder
from sreagent.simulator.selectors import matches_labels, matches_selector, node_term_fits
from sreagent.simulator.store import Store
from sreagent.simulator.tolerations import tolerates

RETRY_SECONDS = 300.0
_NO_HELP = "Preemption is not helpful for scheduling"
_NO_VICTIMS = "No preemption victims found for incoming pod"


class Scheduler:
    """Binds every waiting pod to the emptiest node that can take it."""

    watches: tuple[Kind, ...] = (POD, NODE, CLAIM, VOLUME)

    def __init__(self, store: Store) -> None:
        self.store = store
        self.recorder = Recorder(store, "default-scheduler")
        self._told: dict[str, float] = {}

    def next_due(self) -> float | None:
        """When it says again that a pod has no place."""
        return min((told + RETRY_SECONDS for told in self._told.values()), default=None)

    def sync(self) -> None:
        """Try to place every pod that has no node."""
        waiting = [
            pod
            for pod in self.store.all(POD)
            if not lookup(pod, "spec.nodeName") and not is_terminating(pod)
        ]
        uids = {uid_of(pod) for pod in waiting}
        self._told = {uid: told for uid, told in self._told.items() if uid in uids}
        for pod in waiting:
            if not pod["spec"].get("schedulingGates"):
                self._place(pod)

    def _place(self, pod: Json) -> None:
        problem = self._claim_problem(pod)
        if problem:
            self._report(pod, f"0/{len(self.store.all(NODE))} nodes are available: {problem}.")
            return
        refusals: Counter[str] = Counter()
        fitting: list[tuple[float, str]] = []
        for node in self.store.all(NODE):
            why = next(self._refusals(node, pod), "")
            if why:
                refusals[why] += 1
            else:
                fitting.append((self._crowding(node, pod), name_of(node)))
        if fitting:
            self._bind(pod, min(fitting)[1])
        else:
            self._report(pod, self._message(refusals))

    def _claim_problem(self, pod: Json) -> str:
        for volume in pod["spec"].get("volumes") or ():
            name = lookup(volume, "persistentVolumeClaim.claimName")
            if name is None:
                continue
            claim = self.store.find(CLAIM, namespace_of(pod), name)
            if claim is None:
                return f'persistentvolumeclaim "{name}" not found'
            if lookup(claim, "status.phase") != "Bound":
                return "pod has unbound immediate PersistentVolumeClaims"
        return ""

    def _refusals(self, node: Json, pod: Json) -> Iterator[str]:
        """Why a pod cannot go to a node, the first reason first."""
        for taint in node["spec"].get("taints") or ():
            if taint["effect"] in ("NoSchedule", "NoExecute") and not tolerates(pod, taint):
                yield self._taint_words(taint)
        if node["spec"].get("unschedulable"):
            yield "node(s) were unschedulable"
        if not _matches_node(pod, node):
            yield self._affinity_words()
        others = self._on(node)
        if _ports_taken(pod, others):
            yield "node(s) didn't have free ports for the requested pod ports"
        for resource in ("cpu", "memory"):
            room = amount(node["status"]["allocatable"][resource])
            if requested(pod, resource) > room - sum(requested(e, resource) for e in others):
                yield f"Insufficient {resource}"
        if len(others) >= amount(node["status"]["allocatable"].get("pods", 110)):
            yield "Too many pods"
        yield from self._pod_affinity(node, pod)
        if self._volume_elsewhere(node, pod):
            yield "node(s) had volume node affinity conflict"

    def _taint_words(self, taint: Json) -> str:
        if taint["key"] == "node.kubernetes.io/unschedulable":
            return "node(s) were unschedulable"
        words = f"{{{taint['key']}: {taint.get('value', '')}}}"
        if self.store.kinds.version.startswith("v1.20"):
            return f"node(s) had taint {words}, that the pod didn't tolerate"
        return f"node(s) had untolerated taint {words}"

    def _affinity_words(self) -> str:
        if self.store.kinds.version.startswith("v1.20"):
            return "node(s) didn't match Pod's node affinity"
        return "node(s) didn't match Pod's node affinity/selector"

    def _pod_affinity(self, node: Json, pod: Json) -> Iterator[str]:
        affinity = pod["spec"].get("affinity") or {}
        required = "requiredDuringSchedulingIgnoredDuringExecution"
        for term in lookup(affinity, f"podAntiAffinity.{required}") or ():
            if self._near(node, pod, term):
                yield "node(s) didn't match pod anti-affinity rules"
        for term in lookup(affinity, f"podAffinity.{required}") or ():
            own = matches_selector(term.get("labelSelector"), labels_of(pod))
            if not self._near(node, pod, term) and not (own and not self._anywhere(pod, term)):
                yield "node(s) didn't match pod affinity rules"
        for spread in pod["spec"].get("topologySpreadConstraints") or ():
            if spread.get("whenUnsatisfiable") == "DoNotSchedule" and self._skewed(
                node, pod, spread
            ):
                yield "node(s) didn't match pod topology spread constraints"

    def _near(self, node: Json, pod: Json, term: Json) -> bool:
        """Whether a pod that a term selects runs in the same place as a node."""
        key = term["topologyKey"]
        places = {
            name_of(each)
            for each in self.store.all(NODE)
            if labels_of(each).get(key) == labels_of(node).get(key)
        }
        return any(lookup(each, "spec.nodeName") in places for each in self._chosen(pod, term))

    def _anywhere(self, pod: Json, term: Json) -> bool:
        return any(lookup(each, "spec.nodeName") for each in self._chosen(pod, term))

    def _chosen(self, pod: Json, term: Json) -> list[Json]:
        return [
            each
            for each in self.store.all(POD, namespace_of(pod))
            if matches_selector(term.get("labelSelector"), labels_of(each))
            and lookup(each, "status.phase") not in ("Succeeded", "Failed")
        ]

    def _skewed(self, node: Json, pod: Json, spread: Json) -> bool:
        key = spread["topologyKey"]
        if key not in labels_of(node):
            return True
        counts = Counter({labels_of(n).get(key): 0 for n in self.store.all(NODE)})
        nodes = {name_of(n): labels_of(n).get(key) for n in self.store.all(NODE)}
        for each in self._chosen(pod, spread):
            place = nodes.get(str(lookup(each, "spec.nodeName")))
            if place is not None:
                counts[place] += 1
        here = counts[labels_of(node).get(key)] + 1
        return here - min(counts.values()) > int(spread.get("maxSkew", 1))

    def _volume_elsewhere(self, node: Json, pod: Json) -> bool:
        for volume in pod["spec"].get("volumes") or ():
            name = lookup(volume, "persistentVolumeClaim.claimName")
            claim = self.store.find(CLAIM, namespace_of(pod), name) if name else None
            bound = lookup(claim, "spec.volumeName") if claim else None
            found = self.store.find(VOLUME, "", bound) if bound else None
            terms = lookup(found, "spec.nodeAffinity.required.nodeSelectorTerms") if found else None
            if terms and not any(node_term_fits(term, labels_of(node)) for term in terms):
                return True
        return False

    def _on(self, node: Json) -> list[Json]:
        return [
            pod
            for pod in self.store.all(POD)
            if lookup(pod, "spec.nodeName") == name_of(node)
            and lookup(pod, "status.phase") not in ("Succeeded", "Failed")
        ]

    def _crowding(self, node: Json, pod: Json) -> float:
        same = [each for each in self._on(node) if labels_of(each) == labels_of(pod)]
        return 100 * len(same) + sum(requested(each, "cpu") for each in self._on(node))

    def _bind(self, pod: Json, node: str) -> None:
        placed = copy.deepcopy(pod)
        placed["spec"]["nodeName"] = node
        now = stamp(self.store.clock.now())
        scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": now}
        placed["status"]["conditions"] = [scheduled]
        self.store.put(POD, placed)
        message = f"Successfully assigned {namespace_of(pod)}/{name_of(pod)} to {node}"
        self.recorder.normal(pod, "Scheduled", message)

    def _message(self, refusals: Counter[str]) -> str:
        total = sum(refusals.values())
        reasons = ", ".join(f"{count} {why}" for why, count in sorted(refusals.items()))
        message = f"0/{total} nodes are available: {reasons}."
        if self.store.kinds.version.startswith("v1.20"):
            return message
        short = sum(count for why, count in refusals.items() if why.startswith("Insufficient"))
        told = [(short, _NO_VICTIMS), (total - short, _NO_HELP)]
        words = ", ".join(f"{count} {why}" for count, why in told if count)
        return f"{message} preemption: 0/{total} nodes are available: {words}."

    def _report(self, pod: Json, message: str) -> None:
        known, now = condition(pod, "PodScheduled"), self.store.clock.now()
        last = self._told.get(uid_of(pod))
        same = known is not None and known.get("message") == message
        if same and last is not None and now < last + RETRY_SECONDS:
            return
        self._told[uid_of(pod)] = now
        self.recorder.warning(pod, "FailedScheduling", message)
        if same:
            return
        waiting = copy.deepcopy(pod)
        waiting["status"]["conditions"] = [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": message,
                "lastTransitionTime": stamp(now),
            }
        ]
        self.store.put(POD, waiting)


def requested(pod: Json, resource: str) -> float:
    """How much of a resource a pod reserves."""
    return max(
        sum(_asked(each, resource) for each in pod["spec"]["containers"]),
        max((_asked(e, resource) for e in pod["spec"].get("initContainers") or ()), default=0.0),
    )


def _asked(container: Json, resource: str) -> float:
    resources = container.get("resources") or {}
    asked = (resources.get("requests") or {}).get(resource)
    limit = (resources.get("limits") or {}).get(resource)
    return amount(asked or limit or 0)


def _matches_node(pod: Json, node: Json) -> bool:
    if not matches_labels(pod["spec"].get("nodeSelector") or {}, labels_of(node)):
        return False
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    terms = lookup(pod["spec"], f"affinity.nodeAffinity.{required}.nodeSelectorTerms")
    return not terms or any(node_term_fits(term, labels_of(node)) for term in terms)


def _ports_taken(pod: Json, others: list[Json]) -> bool:
    wanted = set(_host_ports(pod))
    return bool(wanted) and any(wanted & set(_host_ports(each)) for each in others)


def _host_ports(pod: Json) -> Iterator[int]:
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                yield int(port["hostPort"])
