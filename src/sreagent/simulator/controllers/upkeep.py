"""Housekeeping: orphans are collected, namespaces emptied, disruption budgets counted."""

from sreagent.simulator.api import Api
from sreagent.simulator.controllers.replicasets import remove_pod
from sreagent.simulator.kinds import BUDGET, ENDPOINTS, NAMESPACE, POD, SERVICE, Kind
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
from sreagent.simulator.quantities import share
from sreagent.simulator.selectors import matches_selector
from sreagent.simulator.writing import write_status


class Collector:
    """Removes what nobody owns any more."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.store = api.store
        self._collected = 0

    @property
    def watches(self) -> tuple[Kind, ...]:
        """Everything: anything may own anything."""
        return self.store.kinds.stored()

    def next_due(self) -> float | None:
        """Never: only changes give it work."""
        return None

    def sync(self) -> None:
        """Collect orphans, the endpoints of lost Services and dying namespaces."""
        dying = [each for each in self.store.all(NAMESPACE) if is_terminating(each)]
        if dying or self._collected < self.store.last_removal:
            self._collected = self.store.last_removal
            self._collect()
        for namespace in dying:
            self._empty(namespace)

    def _collect(self) -> None:
        everything = [(kind, obj) for kind in self.watches for obj in self.store.all(kind)]
        alive = {uid_of(obj) for _, obj in everything}
        for kind, obj in everything:
            owners = owner_uids(obj)
            if owners and not alive.intersection(owners):
                self._drop(kind, obj)
        self._drop_endpoints()

    def _drop(self, kind: Kind, obj: Json) -> None:
        if kind is not POD:
            self.store.remove(kind, obj)
        elif not is_terminating(obj):
            remove_pod(self.api, obj)

    def _drop_endpoints(self) -> None:
        for obj in self.store.all(ENDPOINTS):
            managed = any(
                each["manager"] == "kube-controller-manager"
                for each in meta(obj).get("managedFields") or ()
            )
            if managed and not self.store.find(SERVICE, namespace_of(obj), name_of(obj)):
                self.store.remove(ENDPOINTS, obj)

    def _empty(self, namespace: Json) -> None:
        left = 0
        for kind in self.watches:
            for obj in self.store.all(kind, name_of(namespace)) if kind.namespaced else ():
                left += kind is POD
                self._drop(kind, obj)
        if not left:
            self.store.remove(NAMESPACE, namespace)


class Budgets:
    """Counts how many pods each disruption budget would let go."""

    watches: tuple[Kind, ...] = (
        BUDGET,
        POD,
    )

    def __init__(self, api: Api) -> None:
        self.store = api.store

    def next_due(self) -> float | None:
        """Never: only changes give it work."""
        return None

    def sync(self) -> None:
        """Bring the status of every budget up to date."""
        for budget in self.store.all(BUDGET):
            self._sync_one(budget)

    def _sync_one(self, budget: Json) -> None:
        selector = lookup(budget, "spec.selector")
        pods = self.store.where(
            POD, namespace_of(budget), lambda pod: matches_selector(selector, labels_of(pod))
        )
        healthy = sum(is_ready(pod) for pod in pods)
        needed = _needed(budget["spec"], len(pods))
        status = {
            "currentHealthy": healthy,
            "desiredHealthy": needed,
            "disruptionsAllowed": max(0, healthy - needed) if pods else 0,
            "expectedPods": len(pods),
            "observedGeneration": meta(budget).get("generation", 1),
        }
        write_status(self.store, BUDGET, budget, status)


def _needed(spec: Json, expected: int) -> int:
    if spec.get("maxUnavailable") is not None:
        return max(0, expected - share(spec["maxUnavailable"], expected, up=True))
    return share(spec.get("minAvailable", 1), expected, up=True)
