"""What to read next: the few logs, and the namespaces, that would tell most."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sreagent.diagnose.calling import callers, failing_calls
from sreagent.diagnose.focus import calls_it, focus_of
from sreagent.diagnose.folding import subject_of
from sreagent.diagnose.log_patterns import LogCause
from sreagent.diagnose.podspec import Container, containers
from sreagent.diagnose.revisions import revision_of, workload_revisions
from sreagent.diagnose.scene import WORKLOADS, Scene, pod_entity
from sreagent.diagnose.targets import callees, calls
from sreagent.domain.alert import Alert
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Finding, Severity
from sreagent.domain.inventory import Inventory, Obj

PER_REVISION = 2
"""Crashed pods of one revision whose last words are read."""
NAMESPACES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LogWanted:
    """One log worth reading."""

    pod: Entity
    container: str
    previous: bool
    reason: str
    """`last words of a crash`, `called by checkout`, …"""


def wanted_logs(
    inventory: Inventory,
    findings: Iterable[Finding],
    alert: Alert,
    now: datetime,
    limit: int = 10,
) -> tuple[LogWanted, ...]:
    """Logs not read yet, most telling first; ask again after reading them."""
    scene = Scene(inventory, now)
    broken = [one for one in findings if one.verdict is not Health.HEALTHY]
    read = {(log.pod, log.container, log.previous) for log in inventory.logs}
    refused = {gap.what for gap in inventory.gaps}
    wanted: dict[tuple[Entity, str, bool], LogWanted] = {}
    for log in _wanted(scene, broken, alert):
        key = (log.pod, log.container, log.previous)
        named = f"logs of pod {log.pod.namespace}/{log.pod.name}"
        if key not in read and named not in refused:
            wanted.setdefault(key, log)
    return tuple(wanted.values())[:limit]


def wanted_namespaces(inventory: Inventory) -> tuple[str, ...]:
    """Namespaces, not listed yet, that workloads in view call into; at most two."""
    newest = max((one.seen_at for one in inventory.listings.values()), default=None)
    if newest is None:
        return ()
    scene = Scene(inventory, newest)
    named = Counter(_called_namespaces(scene))
    if any(error.cause is LogCause.DNS_TIMEOUT for _, r in scene.all_logs() for error in r.errors):
        named["kube-system"] += 1000
    unknown = [name for name, _ in named.most_common() if not inventory.looked("Pod", name)]
    return tuple(unknown[:NAMESPACES])


def _called_namespaces(scene: Scene) -> Iterator[str]:
    for kind in WORKLOADS:
        for item in scene.all(kind):
            meta = item["metadata"]
            workload = Entity(kind=kind, namespace=meta["namespace"], name=meta["name"])
            for call in calls(scene, workload):
                if call.target.entity:
                    yield call.target.entity.namespace
    for failing in failing_calls(scene):
        if failing.target.entity:
            yield failing.target.entity.namespace


def _wanted(scene: Scene, broken: list[Finding], alert: Alert) -> Iterator[LogWanted]:
    yield from _of_crashes(scene, broken)
    focus = focus_of(scene, alert)
    for entity in focus.entities:
        yield from _of_workload(scene, entity, "the alert names it")
    for entity in _suspicious(scene, broken):
        yield from _of_workload(scene, entity, f"suspected: {entity}")
        for caller in calls_it(scene, entity)[:2]:
            yield from _of_workload(scene, caller, f"calls {entity}")
    for failing in failing_calls(scene):
        if failing.target.entity:
            yield from _of_workload(scene, failing.target.entity, f"called by {failing.caller}")
    for entity in focus.entities:
        yield from _around(scene, entity)


def _of_crashes(scene: Scene, broken: list[Finding]) -> Iterator[LogWanted]:
    """Last words of containers that ended; the present log where there was no run before."""
    taken: Counter[tuple[Entity, str]] = Counter()
    grave = sorted(broken, key=lambda one: one.severity is Severity.WARNING)
    for finding in grave:
        pod = scene.inventory.find(finding.entity)
        if finding.entity.kind != "Pod" or pod is None:
            continue
        workload = scene.workload_of(pod)
        revision = revision_of(pod, workload_revisions(scene, workload))
        group = (workload, revision.name if revision else "")
        if taken[group] < (PER_REVISION if taken[group] and len(grave) < 4 else 1):
            logs = list(_of_pod(pod, finding))
            taken[group] += bool(logs)
            yield from logs


def _of_pod(pod: Obj, finding: Finding) -> Iterator[LogWanted]:
    named = finding.facts.get("container", "")
    for container in containers(pod):
        if named and container.name != named:
            continue
        if container.restarts and not container.terminated:
            yield _log(pod, container, f"last words: {finding.condition}", previous=True)
        elif container.terminated or container.running:
            yield _log(pod, container, finding.condition)


def _of_workload(scene: Scene, entity: Entity, reason: str) -> Iterator[LogWanted]:
    """One pod: of a Service, a pod behind it."""
    item = scene.inventory.find(entity)
    if item is None:
        return
    if entity.kind == "Service":
        for workload in scene.workloads_behind(item)[:2]:
            yield from _of_workload(scene, workload, reason)
        return
    pods = [item] if entity.kind == "Pod" else list(scene.pods_by_workload.get(entity, ()))
    pods.sort(key=lambda pod: str(pod["metadata"].get("creationTimestamp")), reverse=True)
    for pod in pods:
        started = [c for c in containers(pod) if not c.init and (c.running or c.terminated)]
        if started:
            yield from (_log(pod, container, reason) for container in started[:2])
            return


def _suspicious(scene: Scene, broken: list[Finding]) -> list[Entity]:
    found = [subject_of(scene, one) for one in broken if one.severity is not Severity.INFO]
    found += [suspect for one in broken for suspect in one.suspects]
    return list(dict.fromkeys(one for one in found if one.kind in (*WORKLOADS, "Service")))


def _around(scene: Scene, entity: Entity) -> Iterator[LogWanted]:
    """The other ends of what the alert names: whom it calls and who calls it."""
    for callee in sorted(callees(scene, entity)):
        yield from _of_workload(scene, callee, f"called by {entity}")
    for caller in sorted(callers(scene).get(entity, ())):
        yield from _of_workload(scene, caller, f"calls {entity}")


def _log(pod: Obj, container: Container, reason: str, *, previous: bool = False) -> LogWanted:
    return LogWanted(
        pod=pod_entity(pod), container=container.name, previous=previous, reason=reason
    )
