"""Whether a change helped: what was wrong is looked at again, for a bounded time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.inventory import Inventory, Obj
from sreagent.domain.record import Check
from sreagent.tools.disruption import is_ready

KINDS = ("Pod", "Endpoints", "Service", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
"""What is listed again at each look."""
WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
EXPRESSION = "alert's expression"
EXPRESSION_WAIT = 60.0
"""Seconds that the alert's expression may stay true after the cluster is well."""
CALM = 10.0
"""Seconds without a restart before restarts count as stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What has to be well again."""

    workloads: tuple[Entity, ...]
    services: tuple[Entity, ...]

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Where to look."""
        return tuple(sorted({entity.namespace for entity in (*self.workloads, *self.services)}))


def plan(inventory: Inventory, targets: Iterable[Entity]) -> Plan:
    """What to watch for a change on these targets: their workloads, and the services around."""
    workloads: set[Entity] = set()
    services: set[Entity] = set()
    for target in targets:
        if target.kind in WORKLOADS:
            workloads.add(target)
            services |= set(_services_of(inventory, target))
        elif target.kind == "Service":
            services.add(target)
        elif target.kind == "Pod" and (pod := inventory.find(target)):
            owner = inventory.workload_of("Pod", pod)
            workloads |= {owner} if owner.kind in WORKLOADS else set()
    return Plan(workloads=tuple(sorted(workloads)), services=tuple(sorted(services)))


def restarts(inventory: Inventory, plan: Plan) -> dict[str, int]:
    """Restart count of each container of the watched workloads, by pod uid and container."""
    counts: dict[str, int] = {}
    for entity in plan.workloads:
        if workload := inventory.find(entity):
            for pod in inventory.pods_of(workload):
                for status in pod.get("status", {}).get("containerStatuses") or ():
                    counts[f"{pod['metadata']['uid']}/{status['name']}"] = status["restartCount"]
    return counts


def restarted(before: dict[str, int], after: dict[str, int]) -> bool:
    """Whether any container restarted between two counts; a new pod counts from zero."""
    return any(count > before.get(key, 0) for key, count in after.items())


def checks(inventory: Inventory, plan: Plan) -> tuple[Check, ...]:
    """How each watched thing stands, from the objects in view."""
    found = [_workload_check(inventory, entity) for entity in plan.workloads]
    found += [_service_check(inventory, entity) for entity in plan.services]
    return tuple(found)


@dataclass(slots=True, kw_only=True)
class Watch:
    """Looks at the plan again and again, and remembers since when all is well."""

    plan: Plan
    counts: dict[str, int]
    calm_since: float = 0.0
    well_since: float | None = None

    @property
    def well(self) -> bool:
        """Whether everything in the cluster was well at the last look."""
        return self.well_since is not None

    def look(self, inventory: Inventory, spent: float, *, complete: bool) -> tuple[Check, ...]:
        """The checks of one look, `spent` seconds after the change."""
        fresh = restarts(inventory, self.plan)
        if restarted(self.counts, fresh):
            self.calm_since = spent
        self.counts = fresh
        found = (*checks(inventory, self.plan), *calm(spent - self.calm_since, self.plan))
        found = found if complete else unseen(found)
        if not found or not all(check.verdict is Health.HEALTHY for check in found):
            self.well_since = None
        elif self.well_since is None:
            self.well_since = spent
        return found

    def over(self, found: tuple[Check, ...], spent: float) -> bool:
        """Whether there is nothing more to wait for.

        The alert's expression looks back over a while, so it gets some time after the cluster.
        """
        if self.well_since is None:
            return False
        waiting = any(check.verdict is Health.BROKEN for check in found)
        return not waiting or spent - self.well_since >= EXPRESSION_WAIT


def calm(seconds: float, plan: Plan) -> tuple[Check, ...]:
    """Whether restarts have stopped, `seconds` after the last one."""
    if not plan.workloads:
        return ()
    verdict = Health.HEALTHY if seconds >= CALM else Health.BROKEN
    return (Check(name="restarts stopped", verdict=verdict, text=f"none for {seconds:.0f} s"),)


def unseen(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """The same checks when the last look did not answer: what was seen before proves nothing."""
    text = "could not look"
    return tuple(replace(check, verdict=Health.UNKNOWN, text=text) for check in checks)


def helped(checks: tuple[Check, ...]) -> bool | None:
    """Whether all is well; None when something could not be looked at.

    The cluster decides what did not help. An expression that still is true, after the time it
    was given, leaves open whether it helped: it may look back over more minutes than that.
    """
    cluster = {check.verdict for check in checks if check.name != EXPRESSION}
    if Health.BROKEN in cluster:
        return False
    well = bool(cluster) and {check.verdict for check in checks} == {Health.HEALTHY}
    return True if well else None


def _workload_check(inventory: Inventory, entity: Entity) -> Check:
    name = f"pods ready of {entity.name}"
    workload = inventory.find(entity)
    if workload is None:
        seen = inventory.looked(entity.kind, entity.namespace)
        verdict, text = (Health.BROKEN, "gone") if seen else (Health.UNKNOWN, "could not look")
        return Check(name=name, verdict=verdict, text=text)
    wanted = _desired(workload)
    pods = [p for p in inventory.pods_of(workload) if not p["metadata"].get("deletionTimestamp")]
    ready = sum(map(is_ready, pods))
    settled = _settled(workload) and ready == len(pods) == wanted
    verdict = Health.HEALTHY if settled else Health.BROKEN
    return Check(name=name, verdict=verdict, text=f"{ready}/{wanted}")


def _desired(workload: Obj) -> int:
    if "replicas" in workload["spec"]:
        return int(workload["spec"]["replicas"])
    return int(workload.get("status", {}).get("desiredNumberScheduled", 0))


def _settled(workload: Obj) -> bool:
    """The controller has seen the change and rolled it out everywhere."""
    status = workload.get("status", {})
    if status.get("observedGeneration", 0) < workload["metadata"].get("generation", 0):
        return False
    if workload["kind"] == "DaemonSet":
        return bool(status.get("updatedNumberScheduled") == status.get("desiredNumberScheduled"))
    wanted = workload["spec"].get("replicas", 1)
    if workload["kind"] == "StatefulSet":
        return bool(status.get("currentRevision") == status.get("updateRevision"))
    return bool(status.get("updatedReplicas", 0) == status.get("replicas", 0) == wanted)


def _service_check(inventory: Inventory, entity: Entity) -> Check:
    name = f"endpoints of {entity.name}"
    if not inventory.looked("Endpoints", entity.namespace):
        return Check(name=name, verdict=Health.UNKNOWN, text="could not look")
    endpoints = inventory.get("Endpoints", entity.namespace, entity.name)
    subsets = (endpoints or {}).get("subsets") or ()
    ready = sum(len(subset.get("addresses") or ()) for subset in subsets)
    return Check(
        name=name, verdict=Health.HEALTHY if ready else Health.BROKEN, text=f"{ready} ready"
    )


def _services_of(inventory: Inventory, workload: Entity) -> Iterator[Entity]:
    found = inventory.find(workload)
    labels = (((found or {}).get("spec") or {}).get("template") or {}).get("metadata", {})
    for service in inventory.all("Service", workload.namespace):
        selector = service["spec"].get("selector")
        if selector and selector.items() <= (labels.get("labels") or {}).items():
            name = service["metadata"]["name"]
            yield Entity(kind="Service", namespace=workload.namespace, name=name)
