"""StatefulSets and DaemonSets: named pods in order, and one pod per node."""

import copy

from sreagent.simulator.api import Api
from sreagent.simulator.controllers.replicasets import pods_owned_by, remove_pod
from sreagent.simulator.controllers.templates import PodMaker, template_hash
from sreagent.simulator.kinds import CLAIM, DAEMON_SET, NODE, POD, STATEFUL_SET, Kind
from sreagent.simulator.objects import (
    Json,
    is_ready,
    is_terminating,
    labels_of,
    lookup,
    meta,
    name_of,
    namespace_of,
)
from sreagent.simulator.recorder import Recorder
from sreagent.simulator.selectors import matches_labels
from sreagent.simulator.tolerations import tolerates
from sreagent.simulator.writing import write, write_status

REVISION_LABEL = "controller-revision-hash"
_STAYS = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/not-ready", "NoSchedule"),
    ("node.kubernetes.io/unreachable", "NoSchedule"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)


class StatefulSets:
    """Starts pods in order, one after the other, and replaces them from the last."""

    watches: tuple[Kind, ...] = (
        STATEFUL_SET,
        POD,
    )

    def __init__(self, api: Api) -> None:
        self.api = api
        self.store = api.store
        self.recorder = Recorder(api.store, "statefulset-controller")
        self.maker = PodMaker(api.store, self.recorder)

    def next_due(self) -> float | None:
        """When a pod that was refused is tried again."""
        return self.maker.next_due()

    def sync(self) -> None:
        """Bring every StatefulSet one step closer."""
        for stateful in self.store.all(STATEFUL_SET):
            if not is_terminating(stateful):
                self._sync_one(stateful)
                self._write_status(stateful)
        self.maker.tidy()

    def _sync_one(self, stateful: Json) -> None:
        pods = {_ordinal(pod): pod for pod in pods_owned_by(self.store, stateful)}
        wanted = stateful["spec"]["replicas"]
        for ordinal in range(wanted):
            if ordinal not in pods:
                self._start(stateful, ordinal)
                return
            if not is_ready(pods[ordinal]):
                return
        extra = [pods[ordinal] for ordinal in sorted(pods) if ordinal >= wanted]
        stale = [pods[at] for at in sorted(pods) if not _is_current(stateful, pods[at])]
        for pod in (extra or stale)[-1:]:
            remove_pod(self.api, pod)
            message = f"delete Pod {name_of(pod)} in StatefulSet {name_of(stateful)} successful"
            self.recorder.normal(stateful, "SuccessfulDelete", message)

    def _start(self, stateful: Json, ordinal: int) -> None:
        name = f"{name_of(stateful)}-{ordinal}"
        if self.store.find(POD, namespace_of(stateful), name):
            return
        labels = {
            REVISION_LABEL: _revision(stateful),
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(ordinal),
        }
        self._claim_volumes(stateful, ordinal)
        made = self.maker.make(_with_claims(stateful, ordinal), name, labels)
        if made is None:
            return
        message = f"create Pod {name} in StatefulSet {name_of(stateful)} successful"
        self.recorder.normal(stateful, "SuccessfulCreate", message)

    def _claim_volumes(self, stateful: Json, ordinal: int) -> None:
        for template in stateful["spec"].get("volumeClaimTemplates") or ():
            name = f"{name_of(template)}-{name_of(stateful)}-{ordinal}"
            if self.store.find(CLAIM, namespace_of(stateful), name):
                continue
            spec = copy.deepcopy(template["spec"])
            spec.setdefault("volumeMode", "Filesystem")
            labels = lookup(stateful, "spec.selector.matchLabels") or {}
            metadata = {"name": name, "namespace": namespace_of(stateful), "labels": dict(labels)}
            claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}
            write(self.store, CLAIM, None, {**claim, "spec": spec, "status": {"phase": "Pending"}})
            pod = f"{name_of(stateful)}-{ordinal}"
            message = f"create Claim {name} Pod {pod} in StatefulSet {name_of(stateful)} success"
            self.recorder.normal(stateful, "SuccessfulCreate", message)

    def _write_status(self, stateful: Json) -> None:
        pods = pods_owned_by(self.store, stateful)
        updated = sum(_is_current(stateful, pod) for pod in pods)
        ready = sum(is_ready(pod) for pod in pods)
        status = {
            "replicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "currentReplicas": updated,
            "updatedReplicas": updated,
            "currentRevision": _revision(stateful),
            "updateRevision": _revision(stateful),
            "observedGeneration": meta(stateful).get("generation", 1),
        }
        write_status(self.store, STATEFUL_SET, stateful, status)


class DaemonSets:
    """Keeps one pod on each node."""

    watches: tuple[Kind, ...] = (
        DAEMON_SET,
        POD,
        NODE,
    )

    def __init__(self, api: Api) -> None:
        self.api = api
        self.store = api.store
        self.recorder = Recorder(api.store, "daemonset-controller")
        self.maker = PodMaker(api.store, self.recorder)

    def next_due(self) -> float | None:
        """When a pod that was refused is tried again."""
        return self.maker.next_due()

    def sync(self) -> None:
        """Bring every DaemonSet one step closer."""
        for daemon in self.store.all(DAEMON_SET):
            if not is_terminating(daemon):
                self._sync_one(daemon)
                self._write_status(daemon)
        self.maker.tidy()

    def _sync_one(self, daemon: Json) -> None:
        pods = pods_owned_by(self.store, daemon)
        covered = {lookup(pod, "spec.nodeName") for pod in pods}
        for node in self._wanted(daemon):
            if name_of(node) not in covered:
                self._start(daemon, name_of(node))
        for pod in pods:
            machine = self.store.find(NODE, "", lookup(pod, "spec.nodeName") or "")
            # A taint keeps no pod from running on; a label that is gone does.
            gone = machine is not None and not _is_selected(daemon, machine)
            if gone and not is_terminating(pod):
                remove_pod(self.api, pod)
                message = f"Deleted pod: {name_of(pod)}"
                self.recorder.normal(daemon, "SuccessfulDelete", message)
        stale = [pod for pod in pods if not _is_current(daemon, pod)]
        if stale and all(is_ready(pod) for pod in pods):
            remove_pod(self.api, stale[0])
            message = f"Deleted pod: {name_of(stale[0])}"
            self.recorder.normal(daemon, "SuccessfulDelete", message)

    def _wanted(self, daemon: Json) -> list[Json]:
        """The nodes its pods belong on."""
        pod = {"spec": _with_daemon_tolerations(daemon)["spec"]["template"]["spec"]}
        return [
            node
            for node in self.store.all(NODE)
            if _is_selected(daemon, node)
            and all(
                tolerates(pod, taint) or taint["effect"] == "PreferNoSchedule"
                for taint in node["spec"].get("taints") or ()
            )
        ]

    def _start(self, daemon: Json, node: str) -> None:
        labels = {REVISION_LABEL: _revision(daemon)}
        pod = self.maker.make(_with_daemon_tolerations(daemon), labels=labels, node=node)
        if pod is None:
            return
        self.recorder.normal(daemon, "SuccessfulCreate", f"Created pod: {name_of(pod)}")

    def _write_status(self, daemon: Json) -> None:
        pods = pods_owned_by(self.store, daemon)
        ready = sum(is_ready(pod) for pod in pods)
        wanted = len(self._wanted(daemon))
        status = {
            "currentNumberScheduled": len(pods),
            "desiredNumberScheduled": wanted,
            "numberAvailable": ready,
            "numberReady": ready,
            "numberMisscheduled": 0,
            "updatedNumberScheduled": sum(_is_current(daemon, pod) for pod in pods),
            "observedGeneration": meta(daemon).get("generation", 1),
        }
        if wanted > ready:
            status["numberUnavailable"] = wanted - ready
        write_status(self.store, DAEMON_SET, daemon, status)


def _is_selected(daemon: Json, node: Json) -> bool:
    wanted = daemon["spec"]["template"]["spec"].get("nodeSelector") or {}
    return matches_labels(wanted, labels_of(node))


def _with_claims(stateful: Json, ordinal: int) -> Json:
    """The owner with the volumes of one pod in its template."""
    templates = stateful["spec"].get("volumeClaimTemplates") or ()
    if not templates:
        return stateful
    changed = copy.deepcopy(stateful)
    spec = changed["spec"]["template"]["spec"]
    spec["volumes"] = [*(spec.get("volumes") or ())]
    for template in templates:
        claim = f"{name_of(template)}-{name_of(stateful)}-{ordinal}"
        source = {"persistentVolumeClaim": {"claimName": claim}}
        spec["volumes"].append({"name": name_of(template), **source})
    return changed


def _with_daemon_tolerations(daemon: Json) -> Json:
    """The owner with what lets its pods stay on sick nodes."""
    changed = copy.deepcopy(daemon)
    spec = changed["spec"]["template"]["spec"]
    spec["tolerations"] = [
        *(spec.get("tolerations") or ()),
        *({"key": key, "operator": "Exists", "effect": effect} for key, effect in _STAYS),
    ]
    return changed


def _revision(owner: Json) -> str:
    return f"{name_of(owner)}-{template_hash(owner['spec']['template'])}"


def _is_current(owner: Json, pod: Json) -> bool:
    return labels_of(pod).get(REVISION_LABEL) == _revision(owner)


def _ordinal(pod: Json) -> int:
    return int(name_of(pod).rpartition("-")[2])
