"""Whether a change helped: what was wrong is looked at again, for a bounded time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.logs.reading import read
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.inventory import Inventory, Obj
from sreagent.domain.record import Check
from sreagent.tools.disruption import is_ready

KINDS = ("Pod", "Endpoints", "Service", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
"""What is listed again at each look."""
WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
EXPRESSION = "alert's expression"
SIGNAL = "alert's own signal"
CALLERS = "callers quiet"
LATE = frozenset({EXPRESSION, CALLERS})
"""What may go on for a while after the cause is mended."""
LATE_WAIT = 60.0
"""Seconds that the alert's expression and callers get after the cluster is well."""
CALM = 10.0
"""Seconds without a restart, or a line of trouble, before they count as stopped."""
STEADY = 4.0
"""Seconds for which everything has to be seen ready: one look may catch a good moment."""
CALLERS_READ = 2
"""Callers whose logs are read again."""


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
    ready_since: float | None = None
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
        found = checks(inventory, self.plan)
        self.ready_since = _since(self.ready_since, spent, healthy=complete and _all_well(found))
        steady = 0.0 if self.ready_since is None else spent - self.ready_since
        calm_for = spent - self.calm_since if self.plan.workloads else steady
        found = (*found, *calm(calm_for, self.plan))
        found = found if complete else unseen(found)
        well = _all_well(found) and steady >= STEADY
        self.well_since = _since(self.well_since, spent, healthy=well)
        return found

    def over(self, found: tuple[Check, ...], spent: float) -> bool:
        """Whether there is nothing more to wait for.

        The alert's expression looks back over a while, and callers try again after a while, so
        they get some time after the cluster.
        """
        if self.well_since is None:
            return False
        waiting = any(check.verdict is Health.BROKEN for check in found)
        return not waiting or spent - self.well_since >= LATE_WAIT


def _since(before: float | None, spent: float, *, healthy: bool) -> float | None:
    if not healthy:
        return None
    return spent if before is None else before


def _all_well(found: Sequence[Check]) -> bool:
    return bool(found) and all(check.verdict is Health.HEALTHY for check in found)


def calm(seconds: float, plan: Plan) -> tuple[Check, ...]:
    """Whether restarts have stopped, `seconds` after the last one.

    Where only Services are watched: whether they are ready for some `seconds`.
    """
    if plan.workloads:
        return (_lasting("restarts stopped", f"none for {seconds:.0f} s", seconds >= CALM),)
    if plan.services:
        return (_lasting("steady", f"for {seconds:.0f} s", seconds >= STEADY),)
    return ()


def _lasting(name: str, text: str, enough: bool) -> Check:
    return Check(name=name, verdict=Health.HEALTHY if enough else Health.BROKEN, text=text)


Trouble = tuple[LogCause, str]
"""What a line of a log complains of, and the target that it names: `cart:80`."""
Heard = tuple[int, datetime | None]
"""How often a trouble stands in a log, and when it was told last, where its lines are dated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A container whose log told of trouble with what is mended."""

    pod: Entity
    container: str
    troubles: frozenset[Trouble]


def callers(seen: Iterable[Evidence], inventory: Inventory, plan: Plan) -> tuple[Caller, ...]:
    """Whose logs told of trouble with what is watched, of those that still run."""
    names = {entity.name for entity in (*plan.services, *plan.workloads)}
    found: dict[Entity, Caller] = {}
    for evidence in seen:
        pod = evidence.entity
        if evidence.source != "logs" or pod is None or pod.kind != "Pod" or pod in found:
            continue
        live = inventory.find(pod)
        if live is None or inventory.workload_of("Pod", live) in plan.workloads:
            continue
        troubles = frozenset(
            trouble for trouble in _heard(evidence.excerpt, None) if _host(trouble[1]) in names
        )
        if troubles:
            container = _container(evidence.command)
            found[pod] = Caller(pod=pod, container=container, troubles=troubles)
    return tuple(found.values())[:CALLERS_READ]


@dataclass(slots=True, kw_only=True)
class Quiet:
    """Hears the logs of callers again and again, and remembers when they last complained."""

    callers: tuple[Caller, ...]
    since: float = 0.0
    known: dict[Entity, dict[Trouble, Heard]] = field(default_factory=dict)

    def hear(self, texts: Sequence[str | None], spent: float, now: datetime) -> tuple[Check, ...]:
        """Whether no line of the old trouble came for a while; None is a log that gave no answer.

        The first time tells what was there before.
        """
        if not self.callers:
            return ()
        for caller, text in zip(self.callers, texts, strict=True):
            if text is None:
                return (Check(name=CALLERS, verdict=Health.UNKNOWN, text="could not look"),)
            heard = {
                trouble: told
                for trouble, told in _heard(text, now).items()
                if trouble in caller.troubles
            }
            if caller.pod in self.known and _is_more(self.known[caller.pod], heard):
                self.since = spent
            self.known[caller.pod] = heard
        seconds = spent - self.since
        return (_lasting(CALLERS, f"for {seconds:.0f} s", seconds >= CALM),)


def _heard(text: str, now: datetime | None) -> dict[Trouble, Heard]:
    found = (error for error in read(text, now).errors if error.target)
    return {(error.cause, error.target): (error.count, error.last_at) for error in found}


def _is_more(before: dict[Trouble, Heard], after: dict[Trouble, Heard]) -> bool:
    """Whether a line came: by its time, since old lines leave the tail, else by their number."""
    for trouble, (count, last_at) in after.items():
        known, known_at = before.get(trouble, (0, None))
        later = last_at > known_at if last_at and known_at else count > known
        if later:
            return True
    return False


def _host(target: str) -> str:
    """`cart` of `cart.shop.svc:80`."""
    return target.partition(":")[0].partition(".")[0]


def _container(command: str) -> str:
    """The container of a `kubectl logs` line; empty if it names none."""
    words = command.split()
    return words[words.index("-c") + 1] if "-c" in words[:-1] else ""


def unseen(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """The same checks when the last look did not answer: what was seen before proves nothing."""
    text = "could not look"
    return tuple(replace(check, verdict=Health.UNKNOWN, text=text) for check in checks)


def helped(checks: tuple[Check, ...]) -> bool | None:
    """Whether all is well; None when something could not be looked at.

    The cluster decides what did not help. An expression that still is true, or a caller that
    still complains, after the time it was given, leaves open whether it helped: they may look
    back over more minutes than that. An alert without a signal to ask leaves it to the cluster.
    """
    asked = [check for check in checks if check.name != SIGNAL]
    cluster = {check.verdict for check in asked if check.name not in LATE}
    if Health.BROKEN in cluster:
        return False
    return True if cluster and _all_well(asked) else None


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
