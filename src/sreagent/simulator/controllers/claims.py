"""PersistentVolumeClaims: which volume each one gets, or why it gets none."""

import copy

from sreagent.simulator.kinds import CLAIM, POD, STORAGE_CLASS, VOLUME, Kind
from sreagent.simulator.objects import (
    Json,
    annotations_of,
    is_terminating,
    labels_of,
    lookup,
    meta,
    name_of,
    namespace_of,
    uid_of,
)
from sreagent.simulator.quantities import amount
from sreagent.simulator.recorder import Recorder
from sreagent.simulator.selectors import matches_selector
from sreagent.simulator.store import Store
from sreagent.simulator.writing import write, write_status

RETRY_SECONDS = 15.0
SLOW_AFTER = 20
SLOW_RETRY_SECONDS = 300.0
_DEFAULT = "storageclass.kubernetes.io/is-default-class"


class Claims:
    """Binds every claim to a volume, and provisions one where a class can."""

    watches: tuple[Kind, ...] = (CLAIM, VOLUME, STORAGE_CLASS, POD)

    def __init__(self, store: Store) -> None:
        self.store = store
        self.recorder = Recorder(store, "persistentvolume-controller")
        self._tries: dict[str, int] = {}
        self._due: dict[str, float] = {}

    def next_due(self) -> float | None:
        """When a claim that cannot be served is said so again."""
        return min(self._due.values(), default=None)

    def sync(self) -> None:
        """Serve every claim that waits."""
        claims = self.store.all(CLAIM)
        waiting = {uid_of(each) for each in claims if lookup(each, "status.phase") != "Bound"}
        self._due = {uid: due for uid, due in self._due.items() if uid in waiting}
        for claim in claims:
            if not is_terminating(claim):
                self._sync_one(claim)

    def _sync_one(self, claim: Json) -> None:
        bound = lookup(claim, "spec.volumeName")
        if bound and lookup(claim, "status.phase") == "Bound":
            if self.store.find(VOLUME, "", bound) is None:
                write_status(self.store, CLAIM, claim, {**claim["status"], "phase": "Lost"})
                self.recorder.warning(
                    claim,
                    "ClaimLost",
                    "Bound claim has lost its PersistentVolume. Data on the volume is lost!",
                )
            return
        claim = self._with_default_class(claim)
        volume = self._fitting(claim)
        if volume is not None:
            self._bind(claim, volume)
        else:
            self._wait(claim)

    def _with_default_class(self, claim: Json) -> Json:
        if "storageClassName" in claim["spec"]:
            return claim
        for each in self.store.all(STORAGE_CLASS):
            if annotations_of(each).get(_DEFAULT) == "true":
                changed = copy.deepcopy(claim)
                changed["spec"]["storageClassName"] = name_of(each)
                return write(self.store, CLAIM, claim, changed)
        return claim

    def _fitting(self, claim: Json) -> Json | None:
        wanted = lookup(claim, "spec.volumeName")
        for volume in self.store.all(VOLUME):
            taken = lookup(volume, "spec.claimRef")
            if taken and (taken.get("name"), taken.get("namespace")) != (
                name_of(claim),
                namespace_of(claim),
            ):
                continue
            if wanted in (None, "", name_of(volume)) and _fits(claim, volume):
                return volume
        return None

    def _wait(self, claim: Json) -> None:
        uid, now = uid_of(claim), self.store.clock.now()
        if lookup(claim, "status.phase") is None:
            write_status(self.store, CLAIM, claim, {"phase": "Pending"})
        name = claim["spec"].get("storageClassName")
        found = self.store.find(STORAGE_CLASS, "", name) if name else None
        if found is not None and not self._waits_for_pod(claim, found):
            self._provision(claim, found)
            return
        if self._due.get(uid, now) > now:
            return
        self._tries[uid] = self._tries.get(uid, 0) + 1
        slow = self._tries[uid] > SLOW_AFTER
        self._due[uid] = now + (SLOW_RETRY_SECONDS if slow else RETRY_SECONDS)
        if not name:
            message = "no persistent volumes available for this claim and no storage class is set"
            self.recorder.normal(claim, "FailedBinding", message)
        elif found is None:
            message = f'storageclass.storage.k8s.io "{name}" not found'
            self.recorder.warning(claim, "ProvisioningFailed", message)
        else:
            message = "waiting for first consumer to be created before binding"
            self.recorder.normal(claim, "WaitForFirstConsumer", message)

    def _waits_for_pod(self, claim: Json, storage_class: Json) -> bool:
        if storage_class.get("volumeBindingMode") != "WaitForFirstConsumer":
            return False
        return not any(
            lookup(volume, "persistentVolumeClaim.claimName") == name_of(claim)
            for pod in self.store.all(POD, namespace_of(claim))
            for volume in pod["spec"].get("volumes") or ()
        )

    def _provision(self, claim: Json, storage_class: Json) -> None:
        name = f"pvc-{uid_of(claim)}"
        volume = {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {
                "capacity": {"storage": lookup(claim, "spec.resources.requests.storage")},
                "accessModes": list(claim["spec"].get("accessModes") or ["ReadWriteOnce"]),
                "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
                "storageClassName": name_of(storage_class),
                "csi": {"driver": storage_class["provisioner"], "volumeHandle": name},
            },
        }
        self._bind(claim, write(self.store, VOLUME, None, volume))
        message = f"Successfully provisioned volume {name}"
        self.recorder.normal(claim, "ProvisioningSucceeded", message)

    def _bind(self, claim: Json, volume: Json) -> None:
        taken = copy.deepcopy(volume)
        taken["spec"]["claimRef"] = {
            "kind": "PersistentVolumeClaim",
            "apiVersion": "v1",
            "namespace": namespace_of(claim),
            "name": name_of(claim),
            "uid": uid_of(claim),
        }
        taken["status"] = {"phase": "Bound"}
        write(self.store, VOLUME, volume, taken)
        bound = copy.deepcopy(claim)
        bound["spec"]["volumeName"] = name_of(volume)
        bound["status"] = {
            "phase": "Bound",
            "accessModes": volume["spec"].get("accessModes"),
            "capacity": volume["spec"].get("capacity"),
        }
        meta(bound).setdefault("annotations", {})["pv.kubernetes.io/bind-completed"] = "yes"
        write(self.store, CLAIM, claim, bound)


def _fits(claim: Json, volume: Json) -> bool:
    if lookup(volume, "status.phase") not in (None, "Available", "Bound", "Pending"):
        return False
    same = claim["spec"].get("storageClassName", "") == volume["spec"].get("storageClassName", "")
    modes = set(claim["spec"].get("accessModes") or ()) <= set(
        volume["spec"].get("accessModes") or ()
    )
    asked = lookup(claim, "spec.resources.requests.storage") or 0
    large = amount(lookup(volume, "spec.capacity.storage") or 0) >= amount(asked)
    selector = claim["spec"].get("selector")
    return (
        same and modes and large and (not selector or matches_selector(selector, labels_of(volume)))
    )
