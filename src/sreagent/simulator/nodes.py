"""Nodes: their conditions and taints, and what happens to the pods on sick ones."""

import copy
from collections.abc import Iterator
from fnmatch import fnmatchcase

from sreagent.simulator.api import Api
from sreagent.simulator.behaviour import Behaviour, NodePlan
from sreagent.simulator.clock import fine_stamp, stamp
from sreagent.simulator.containers import earliest
from sreagent.simulator.controllers.replicasets import remove_pod
from sreagent.simulator.kinds import LEASE, NODE, POD, Kind
from sreagent.simulator.kubelet import Kubelet
from sreagent.simulator.objects import (
    Json,
    condition,
    is_ready,
    is_terminating,
    lookup,
    meta,
    name_of,
    namespace_of,
    revised,
    uid_of,
)
from sreagent.simulator.quantities import MEBIBYTE, amount
from sreagent.simulator.recorder import Recorder
from sreagent.simulator.store import Store
from sreagent.simulator.tolerations import tolerated_seconds
from sreagent.simulator.writing import set_condition

GRACE_SECONDS = 40.0
EVICT_AFTER_SECONDS = 300.0
LOOK_SECONDS = 10.0
RESERVED_MIB = 200.0
CONTROLLER = "node-controller"

_PRESSURES = {
    "MemoryPressure": (
        "memory_pressure",
        "node.kubernetes.io/memory-pressure",
        ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
        ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        "NodeHasInsufficientMemory",
    ),
    "DiskPressure": (
        "disk_pressure",
        "node.kubernetes.io/disk-pressure",
        ("KubeletHasDiskPressure", "kubelet has disk pressure"),
        ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        "NodeHasDiskPressure",
    ),
    "PIDPressure": (
        "pid_pressure",
        "node.kubernetes.io/pid-pressure",
        ("KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
        ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        "NodeHasInsufficientPID",
    ),
}
_READY = ("True", "KubeletReady", "kubelet is posting ready status")
_SILENT = ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
NOT_READY_TAINT = "node.kubernetes.io/not-ready"
UNREACHABLE_TAINT = "node.kubernetes.io/unreachable"
CORDON_TAINT = "node.kubernetes.io/unschedulable"
_OWN_TAINTS = (
    *(taint for _, taint, *_ in _PRESSURES.values()),
    *(NOT_READY_TAINT, UNREACHABLE_TAINT, CORDON_TAINT),
)


class Nodes:
    """Keeps the Node objects true to how the machines are."""

    watches: tuple[Kind, ...] = (NODE, POD)

    def __init__(self, api: Api, kubelet: Kubelet) -> None:
        self.api = api
        self.store: Store = api.store
        self.kubelet = kubelet
        self.recorder = Recorder(api.store, CONTROLLER)
        self.plans: dict[str, NodePlan] = {}
        self._silent_since: dict[str, float] = {}
        self._sick_since: dict[str, float] = {}
        self._crowded: dict[str, float] = {}
        self._look_due: float | None = None
        self._later: set[float] = set()

    def follow(self, behaviour: Behaviour) -> None:
        """Let the machines be as a behaviour says from here on."""
        before, self.plans = self.plans, dict(behaviour.nodes)
        now = self.store.clock.now()
        for name, plan in self.plans.items():
            if self.store.find(NODE, "", name) is None:
                self.store.put(NODE, new_node(self.store, name, plan.zone or "a"))
                put_lease(self.store, name)
            self._change(name, before.get(name, NodePlan(name=name)), plan)
        for name in [name for name in before if name not in self.plans]:
            self._change(name, before[name], NodePlan(name=name))
        down = {name for name, plan in self.plans.items() if plan.down}
        self._silent_since = {name: self._silent_since.get(name, now) for name in down}
        self._later |= {since + GRACE_SECONDS for since in self._silent_since.values()}
        self._look_due = now

    def next_due(self) -> float | None:
        """When a silent node is given up, its pods are evicted, or memory is looked at."""
        return earliest(self._look_due, *self._later)

    def sync(self) -> None:
        """Bring conditions, taints and pods up to date."""
        now = self.store.clock.now()
        self._later = {each for each in self._later if each > now}
        if self._look_due is None and any(map(self._may_fill, self.store.all(NODE))):
            self._look_due = now + LOOK_SECONDS
        if self._look_due is not None and self._look_due <= now:
            self._look_due = None
            self._look_at_machines()
        for node in self.store.all(NODE):
            self._sync_node(node)
        for node in self.store.all(NODE):
            self._sync_pods(node)

    def _change(self, name: str, before: NodePlan, plan: NodePlan) -> None:
        node = self.store.find(NODE, "", name)
        if node is None or before == plan:
            return
        changed = copy.deepcopy(node)
        labels = meta(changed).setdefault("labels", {})
        for key in before.labels:
            labels.pop(key, None)
        labels.update(plan.labels)
        spec = changed.setdefault("spec", {})
        kept = [each for each in spec.get("taints") or () if each not in before.taints]
        spec["taints"] = [*kept, *(copy.deepcopy(dict(each)) for each in plan.taints)]
        if plan.unschedulable != before.unschedulable:
            spec["unschedulable"] = plan.unschedulable or None
        _resize(changed, plan)
        self.store.put(NODE, _tidy(changed))

    def _sync_node(self, node: Json) -> None:
        plan = self.plans.get(name_of(node), NodePlan(name=name_of(node)))
        now = self.store.clock.now()
        silent = self._silent_since.get(name_of(node))
        if silent is not None and now < silent + GRACE_SECONDS:
            return
        told = list(self._conditions(node, plan, lost=silent is not None))
        others = [
            each
            for each in node["status"].get("conditions") or ()
            if each["type"] not in (*_PRESSURES, "Ready")
        ]
        changed = copy.deepcopy(node)
        changed["status"]["conditions"] = [*told, *others]
        changed["spec"]["taints"] = self._taints(changed)
        changed = _tidy(changed)
        if changed != node:
            self._announce(node, changed)
            self.store.put(NODE, changed)

    def _conditions(self, node: Json, plan: NodePlan, *, lost: bool) -> Iterator[Json]:
        now = self.store.clock.now()
        for kind, (field, _, bad, good, _event) in _PRESSURES.items():
            forced = getattr(plan, field) or (
                kind == "MemoryPressure" and now < self._crowded.get(name_of(node), 0)
            )
            told = ("True", *bad) if forced else ("False", *good)
            yield self._condition(node, kind, _SILENT if lost else told)
        ready = ("False", "KubeletNotReady", plan.not_ready) if plan.not_ready else _READY
        yield self._condition(node, "Ready", _SILENT if lost else ready)

    def _condition(self, node: Json, kind: str, told: tuple[str, str, str]) -> Json:
        now = self.store.clock.now()
        old = condition(node, kind) or {}
        heard = old.get("lastHeartbeatTime", stamp(now))
        new = set_condition(node, now, kind, *told)
        return {**new, "lastHeartbeatTime": heard if told == _SILENT or new is old else stamp(now)}

    def _taints(self, node: Json) -> list[Json]:
        kept = [e for e in node["spec"].get("taints") or () if e["key"] not in _OWN_TAINTS]
        before = {(e["key"], e["effect"]): e for e in node["spec"].get("taints") or ()}
        now = stamp(self.store.clock.now())
        wanted: list[Json] = []
        for kind, (_, key, *_rest) in _PRESSURES.items():
            found = condition(node, kind)
            if found and found["status"] == "True":
                wanted.append({"key": key, "effect": "NoSchedule"})
        ready = condition(node, "Ready")
        if ready and ready["status"] != "True":
            key = UNREACHABLE_TAINT if ready["status"] == "Unknown" else NOT_READY_TAINT
            wanted += [{"key": key, "effect": effect} for effect in ("NoSchedule", "NoExecute")]
        if node["spec"].get("unschedulable"):
            wanted.append({"key": CORDON_TAINT, "effect": "NoSchedule"})
        timed = [{**each, "timeAdded": now} for each in wanted]
        return [*kept, *(before.get((each["key"], each["effect"]), each) for each in timed)]

    def _announce(self, before: Json, node: Json) -> None:
        for kind, (*_, word) in _PRESSURES.items():
            if _turned(before, node, kind, "True"):
                self._tell(node, word, "kubelet")
        if any(_turned(before, node, "Ready", each) for each in ("False", "Unknown")):
            self._tell(node, "NodeNotReady", CONTROLLER)
        elif _turned(before, node, "Ready", "True"):
            self._tell(node, "NodeReady", "kubelet")

    def _tell(self, node: Json, word: str, component: str) -> None:
        message = f"Node {name_of(node)} status is now: {word}"
        Recorder(self.store, component).normal(node, word, message)

    def _sync_pods(self, node: Json) -> None:
        name, now = name_of(node), self.store.clock.now()
        ready = condition(node, "Ready")
        if ready is None or ready["status"] == "True":
            self._sick_since.pop(name, None)
            return
        since = self._sick_since.setdefault(name, now)
        if now < since + EVICT_AFTER_SECONDS:
            self._later.add(since + EVICT_AFTER_SECONDS)
        for pod in self._pods_on(name):
            if is_ready(pod):
                self._mark_unready(pod)
        if now < since + EVICT_AFTER_SECONDS:
            return
        for taint in node["spec"].get("taints") or ():
            if taint["effect"] == "NoExecute":
                self._evict_all(name, taint)

    def _mark_unready(self, pod: Json) -> None:
        now = self.store.clock.now()
        changed = copy.deepcopy(pod)
        changed["status"]["conditions"] = [
            set_condition(pod, now, "Ready", "False", "", "") if each["type"] == "Ready" else each
            for each in pod["status"]["conditions"]
        ]
        self.store.put(POD, changed)
        self.recorder.warning(pod, "NodeNotReady", "Node is not ready")

    def _evict_all(self, node: str, taint: Json) -> None:
        for pod in self._pods_on(node):
            if is_terminating(pod) or tolerated_seconds(pod, taint) is None:
                continue
            message = f"Marking for deletion Pod {namespace_of(pod)}/{name_of(pod)}"
            Recorder(self.store, "taint-eviction-controller").normal(
                pod, "TaintManagerEviction", message
            )
            remove_pod(self.api, pod)

    def _pods_on(self, node: str) -> list[Json]:
        return [
            pod
            for pod in self.store.all(POD)
            if lookup(pod, "spec.nodeName") == node
            and lookup(pod, "status.phase") not in ("Succeeded", "Failed")
        ]

    def _look_at_machines(self) -> None:
        """Evict from nodes whose disk or memory is full; look again while they may be."""
        again = False
        for node in self.store.all(NODE):
            name = name_of(node)
            plan = self.plans.get(name, NodePlan(name=name))
            if plan.down:
                continue
            if plan.disk_pressure:
                again = True
                self._relieve_disk(node, plan)
            if self._may_fill(node):
                again = True
                self._relieve_memory(node)
        if again:
            self._look_due = self.store.clock.now() + LOOK_SECONDS

    def _relieve_disk(self, node: Json, plan: NodePlan) -> None:
        for pod in self._pods_on(name_of(node)):
            path = f"{namespace_of(pod)}/{name_of(pod)}"
            if any(fnmatchcase(path, pattern) for pattern in plan.disk_evict):
                told = "Attempting to reclaim ephemeral-storage"
                Recorder(self.store, "kubelet").warning(node, "EvictionThresholdMet", told)
                container = pod["spec"]["containers"][0]["name"]
                message = (
                    "The node was low on resource: ephemeral-storage. Threshold quantity: "
                    "10Gi, available: 8241Mi. Container "
                    f"{container} was using 9312468Ki, request is 0, has larger consumption of "
                    "ephemeral-storage. "
                )
                self.kubelet.evict(pod, message)

    def _may_fill(self, node: Json) -> bool:
        """Whether the programs on a node could ever use more memory than it has."""
        most = sum(
            life.most_memory()
            for pod in self._pods_on(name_of(node))
            for life in self.kubelet.lives_of(pod)
        )
        return most > _room(node)

    def _relieve_memory(self, node: Json) -> None:
        """Evict one pod when memory is short."""
        now = self.store.clock.now()
        used = {uid_of(pod): self._used(pod) for pod in self._pods_on(name_of(node))}
        if sum(used.values()) <= _room(node):
            return
        self._crowded[name_of(node)] = now + EVICT_AFTER_SECONDS
        self._later.add(now + EVICT_AFTER_SECONDS)
        told = "Attempting to reclaim memory"
        Recorder(self.store, "kubelet").warning(node, "EvictionThresholdMet", told)
        greedy = [pod for pod in self._pods_on(name_of(node)) if used[uid_of(pod)] > _asked(pod)]
        if greedy:
            self._evict_greediest(greedy, used)

    def _evict_greediest(self, greedy: list[Json], used: dict[str, float]) -> None:
        def rank(pod: Json) -> tuple[int, float]:
            return int(pod["spec"].get("priority") or 0), _asked(pod) - used[uid_of(pod)]

        pod = min(greedy, key=rank)
        container = pod["spec"]["containers"][0]["name"]
        kibibytes, asked = int(used[uid_of(pod)] / 1024), int(_asked(pod) / MEBIBYTE)
        message = (
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 61Mi. "
            f"Container {container} was using {kibibytes}Ki, request is "
            f"{f'{asked}Mi' if asked else '0'}, has larger consumption of memory. "
        )
        self.kubelet.evict(pod, message)

    def _used(self, pod: Json) -> float:
        now = self.store.clock.now()
        return sum(life.memory_used(now) for life in self.kubelet.lives_of(pod))


def new_node(store: Store, name: str, zone: str) -> Json:
    """A node like the others of the cluster."""
    number = len(store.all(NODE)) + 1
    like = copy.deepcopy(store.all(NODE)[0])
    labels = {**like["metadata"]["labels"], "kubernetes.io/hostname": name}
    labels["topology.kubernetes.io/zone"] = f"eu-lab-1{zone}"
    like["metadata"] = {"name": name, "labels": labels}
    like["spec"] = {"podCIDR": f"10.244.{number}.0/24"}
    like["status"]["addresses"] = [
        {"type": "InternalIP", "address": f"10.20.0.{10 + number}"},
        {"type": "Hostname", "address": name},
    ]
    return like


def put_lease(store: Store, node: str) -> None:
    """The lease by which a node says that it lives."""
    renewed = fine_stamp(store.clock.now())
    store.put(
        LEASE,
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": node, "namespace": "kube-node-lease"},
            "spec": {"holderIdentity": node, "leaseDurationSeconds": 40, "renewTime": renewed},
        },
    )


def _resize(node: Json, plan: NodePlan) -> None:
    for resource in ("cpu", "memory", "pods"):
        size = getattr(plan, resource)
        if size:
            node["status"]["capacity"][resource] = size
            node["status"]["allocatable"][resource] = size


def _room(node: Json) -> float:
    """Bytes that the pods of a node may use before it is short of memory."""
    return amount(node["status"]["capacity"]["memory"]) - RESERVED_MIB * MEBIBYTE


def _tidy(node: Json) -> Json:
    spec = {key: value for key, value in node["spec"].items() if value not in (None, [], False)}
    return revised(node, spec=spec)


def _turned(before: Json, node: Json, kind: str, status: str) -> bool:
    old, new = condition(before, kind), condition(node, kind)
    return bool(new and new["status"] == status and (old or {}).get("status") != status)


def _asked(pod: Json) -> float:
    return sum(
        amount((lookup(each, "resources.requests") or {}).get("memory", 0))
        for each in pod["spec"]["containers"]
    )
