"""StatefulSets and DaemonSets: named pods in order, and one pod per node."""

from sreagent.simulator.api import Api
from sreagent.simulator.controllers.replicasets import pods_owned_by, remove_pod
from sreagent.simulator.controllers.templates import new_pod, template_hash
from sreagent.simulator.controllers.writing import write_status
from sreagent.simulator.kinds import DAEMON_SET, NODE, POD, STATEFUL_SET, Kind
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

REVISION_LABEL = "controller-revision-hash"


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

    def next_due(self) -> float | None:
        """Never: only changes give it work."""
        return None

    def sync(self) -> None:
        """Bring every StatefulSet one step closer."""
        for stateful in self.store.all(STATEFUL_SET):
            if not is_terminating(stateful):
                self._sync_one(stateful)
                self._write_status(stateful)

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
        new_pod(self.store, stateful, name, labels)
        message = f"create Pod {name} in StatefulSet {name_of(stateful)} successful"
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

    def next_due(self) -> float | None:
        """Never: only changes give it work."""
        return None

    def sync(self) -> None:
        """Bring every DaemonSet one step closer."""
        for daemon in self.store.all(DAEMON_SET):
            if not is_terminating(daemon):
                self._sync_one(daemon)
                self._write_status(daemon)

    def _sync_one(self, daemon: Json) -> None:
        pods = pods_owned_by(self.store, daemon)
        covered = {lookup(pod, "spec.nodeName") for pod in pods}
        for node in self.store.all(NODE):
            if name_of(node) not in covered:
                self._start(daemon, name_of(node))
        stale = [pod for pod in pods if not _is_current(daemon, pod)]
        if stale and all(is_ready(pod) for pod in pods):
            remove_pod(self.api, stale[0])
            message = f"Deleted pod: {name_of(stale[0])}"
            self.recorder.normal(daemon, "SuccessfulDelete", message)

    def _start(self, daemon: Json, node: str) -> None:
        pod = new_pod(self.store, daemon, labels={REVISION_LABEL: _revision(daemon)})
        placed = {**pod, "spec": {**pod["spec"], "nodeName": node}}
        self.store.put(POD, placed)
        self.recorder.normal(daemon, "SuccessfulCreate", f"Created pod: {name_of(pod)}")

    def _write_status(self, daemon: Json) -> None:
        pods = pods_owned_by(self.store, daemon)
        ready = sum(is_ready(pod) for pod in pods)
        wanted = len(self.store.all(NODE))
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


def _revision(owner: Json) -> str:
    return f"{name_of(owner)}-{template_hash(owner['spec']['template'])}"


def _is_current(owner: Json, pod: Json) -> bool:
    return labels_of(pod).get(REVISION_LABEL) == _revision(owner)


def _ordinal(pod: Json) -> int:
    return int(name_of(pod).rpartition("-")[2])
