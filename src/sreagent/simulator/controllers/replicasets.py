"""ReplicaSets: as many pods as asked for."""

import copy

from sreagent.simulator.api import Api, Caller, Place
from sreagent.simulator.controllers.templates import PodMaker
from sreagent.simulator.kinds import POD, REPLICA_SET, Kind
from sreagent.simulator.objects import (
    Json,
    is_ready,
    is_terminating,
    labels_of,
    lookup,
    meta,
    name_of,
    namespace_of,
    owner_uids,
    uid_of,
)
from sreagent.simulator.recorder import Recorder
from sreagent.simulator.selectors import matches_selector
from sreagent.simulator.store import Store
from sreagent.simulator.writing import MANAGER, set_condition, write_status


def pods_owned_by(store: Store, owner: Json) -> list[Json]:
    """The pods an owner controls, those on their way out left aside."""
    return [
        pod
        for pod in store.all(POD, namespace_of(owner))
        if uid_of(owner) in owner_uids(pod) and not is_terminating(pod)
    ]


def remove_pod(api: Api, pod: Json) -> None:
    """Delete a pod the gentle way."""
    place = Place(kind=POD, namespace=namespace_of(pod), name=name_of(pod))
    api.delete(place, {}, Caller(manager=MANAGER))


class ReplicaSets:
    """Adds and removes pods until the count is right."""

    watches: tuple[Kind, ...] = (
        REPLICA_SET,
        POD,
    )

    def __init__(self, api: Api) -> None:
        self.api = api
        self.store = api.store
        self.recorder = Recorder(api.store, "replicaset-controller")
        self.maker = PodMaker(api.store, self.recorder)

    def next_due(self) -> float | None:
        """When a pod that was refused is tried again."""
        return self.maker.next_due()

    def sync(self) -> None:
        """Bring every ReplicaSet one step closer."""
        for replica_set in self.store.all(REPLICA_SET):
            if not is_terminating(replica_set):
                self._sync_one(replica_set)
        self.maker.tidy()

    def _sync_one(self, replica_set: Json) -> None:
        self._release_strangers(replica_set)
        pods = [pod for pod in pods_owned_by(self.store, replica_set) if _counts(pod)]
        missing = replica_set["spec"]["replicas"] - len(pods)
        for _ in range(missing):
            pod = self.maker.make(replica_set)
            if pod is None:
                break
            self.recorder.normal(replica_set, "SuccessfulCreate", f"Created pod: {name_of(pod)}")
        if missing <= 0:
            self.maker.forgive(replica_set)
        for pod in sorted(pods, key=_deletion_order)[: max(0, -missing)]:
            remove_pod(self.api, pod)
            self.recorder.normal(replica_set, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")
        self._write_status(replica_set)

    def _release_strangers(self, replica_set: Json) -> None:
        for pod in pods_owned_by(self.store, replica_set):
            if not matches_selector(replica_set["spec"].get("selector"), labels_of(pod)):
                released = copy.deepcopy(pod)
                meta(released).pop("ownerReferences")
                self.store.put(POD, released)

    def _write_status(self, replica_set: Json) -> None:
        pods = [pod for pod in pods_owned_by(self.store, replica_set) if _counts(pod)]
        ready = sum(is_ready(pod) for pod in pods)
        status = {
            "replicas": len(pods),
            "fullyLabeledReplicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "observedGeneration": meta(replica_set).get("generation", 1),
        }
        shown: Json = {key: value for key, value in status.items() if value or key == "replicas"}
        refusal = self.maker.refusal(replica_set)
        if refusal:
            now = self.store.clock.now()
            shown["conditions"] = [
                set_condition(replica_set, now, "ReplicaFailure", "True", "FailedCreate", refusal)
            ]
        write_status(self.store, REPLICA_SET, replica_set, shown)


def _counts(pod: Json) -> bool:
    return lookup(pod, "status.phase") not in ("Succeeded", "Failed")


def _deletion_order(pod: Json) -> tuple[bool, bool, int]:
    born = int(meta(pod)["resourceVersion"])
    return bool(lookup(pod, "spec.nodeName")), is_ready(pod), -born
