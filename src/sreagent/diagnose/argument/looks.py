"""What to read next: the few logs, and the namespaces, that would tell most.

A log is worth the doubt about the object it bears on, in bits, times how well such a log tells.
What is explained beyond doubt is not read about again.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from math import log2

from sreagent.diagnose.argument.causes import Explanation
from sreagent.diagnose.argument.coincidence import UNPROVED
from sreagent.diagnose.argument.focus import calls_it, reach
from sreagent.diagnose.argument.folding import subject_of
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.metrics.readings import of
from sreagent.diagnose.objects.podspec import EMPTY, Container, containers
from sreagent.diagnose.view.calling import callers, configured_calls, failing_calls
from sreagent.diagnose.view.feeding import feeders
from sreagent.diagnose.view.revisions import revision_of, workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of, pod_entity
from sreagent.diagnose.view.targets import callees, name_service
from sreagent.diagnose.view.tending import tended
from sreagent.domain.diagnosis import CONFIDENT
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Finding, Severity
from sreagent.domain.inventory import Obj, controller_ref, entity_of
from sreagent.domain.signal import Measure

PER_REVISION = 2
"""Crashed pods of one revision whose last words are read."""
NAMESPACES = 2
MORE = 1.3
"""Times its usual rate of requests from which on a program counts as asked for more."""
LEAST = 0.1
"""Bits below which a log is not worth a call."""
TOGETHER = 0.5
"""Share of the best log's worth from which others are read in the same round."""
UNTOLD = 0.5
"""Bits of doubt that are left about who dies and whose last words nobody read."""
IMPACT = 0.15
"""What the log of a caller is worth where the cause is known: it tells who suffers."""

DAY = 86_400

_LAST_WORDS, _NAMED, _SUSPECTED, _CALLER, _AROUND, _ANYBODY = 0.9, 0.7, 0.6, 0.5, 0.25, 0.15
"""How well the log of a dead container, of the alert's object, of a suspect, of one who calls it,
of a neighbour and of anybody tells what is wrong: shares of the doubt that it takes away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogWanted:
    """One log worth reading."""

    pod: Entity
    container: str
    previous: bool
    reason: str
    """`last words of a crash`, `called by checkout`, …"""
    gain: float = 0.0
    """Bits of doubt that it is expected to take away."""


def is_dark(so_far: Explanation) -> bool:
    """Whether an alert fires and nothing is found that would explain it, by more than its time."""
    shown = (one for one in so_far.causes if one.relevant and UNPROVED not in one.parts)
    return not so_far.is_over and not any(shown)


def wanted_logs(scene: Scene, so_far: Explanation, limit: int = 10) -> tuple[LogWanted, ...]:
    """Logs not read yet, most telling first; ask again after reading them."""
    inventory = scene.inventory
    read = {(log.pod, log.container, log.previous) for log in inventory.logs}
    refused = {gap.what for gap in inventory.gaps}
    wanted: dict[tuple[Entity, str, bool], LogWanted] = {}
    for log in _wanted(scene, so_far):
        key = (log.pod, log.container, log.previous)
        named = f"logs of pod {log.pod.namespace}/{log.pod.name}"
        known = wanted.get(key)
        better = known is None or log.gain > known.gain
        if log.gain >= LEAST and better and key not in read and named not in refused:
            wanted[key] = log
    best = sorted(wanted.values(), key=lambda log: -log.gain)[:limit]
    return tuple(log for log in best if log.gain >= TOGETHER * best[0].gain)


def doubts(so_far: Explanation) -> Mapping[Entity, float]:
    """Bits of doubt about each object, by how sure its account is."""
    doubt: dict[Entity, float] = {}

    def raise_to(entity: Entity, bits: float) -> None:
        doubt[entity] = max(doubt.get(entity, 0.0), bits)

    explained: set[Entity] = set()
    for cause in so_far.causes:
        bits = _bits(cause.confidence) * (1.0 if cause.relevant else 0.3)
        raise_to(cause.entity, bits)
        for victim in cause.victims:
            raise_to(victim, bits / 2)
        if cause.relevant and not bits:
            explained |= {cause.entity, *cause.victims}
    for entity in so_far.focus:
        if entity not in explained:
            raise_to(entity, 1.0)
    for suspect in _suspects(so_far.findings):
        if suspect not in explained:
            raise_to(suspect, 0.8)
    return doubt


def _bits(confidence: float) -> float:
    """Entropy of "this is the cause"; none is left of what is sure enough to act on."""
    if not 0 < confidence < CONFIDENT:
        return 0.0
    return -confidence * log2(confidence) - (1 - confidence) * log2(1 - confidence)


def _suspects(findings: tuple[Finding, ...]) -> Iterator[Entity]:
    for finding in findings:
        if finding.verdict is not Health.HEALTHY and finding.severity is not Severity.INFO:
            yield from finding.suspects


def wanted_namespaces(scene: Scene, so_far: Explanation) -> tuple[str, ...]:
    """Namespaces, not listed yet, that workloads in view call into; at most two at a time.

    Those of calls that fail first, then what the alert's objects call, nearest first. Who is only
    configured to be called is of no interest once the cause is known.
    """
    inventory = scene.inventory
    blamed = (one.entity.namespace for one in so_far.causes if one.relevant)
    ordered = dict.fromkeys((*_failing_namespaces(scene), *_suspected_namespaces(so_far), *blamed))
    if not any(one.relevant and one.confidence >= CONFIDENT for one in so_far.causes):
        ordered |= dict.fromkeys(_called_namespaces(scene, so_far.focus))
        ordered |= dict.fromkeys(_asking_namespaces(scene, so_far))
        ordered |= dict.fromkeys(_tending_namespaces(scene))
    # Pods of all namespaces may have been listed, and nothing else of them.
    unknown = [
        name
        for name in ordered
        if name and not all(inventory.looked(kind, name) for kind in ("Pod", "Deployment"))
    ]
    return tuple(name for name in unknown if not inventory.gap("Pod", name))[:NAMESPACES]


def _tending_namespaces(scene: Scene) -> Iterator[str]:
    """Where programs live that scale or change workloads in view by the clock."""
    for cron_job, whom in tended(scene).items():
        if any(scene.inventory.find(one.workload) for one in whom):
            yield cron_job.namespace


def _asking_namespaces(scene: Scene, so_far: Explanation) -> Iterator[str]:
    """Where those may be who ask for more, when nobody in view does.

    Of namespaces only the names are known, so it is those of the same first word.
    """
    names = [one["metadata"]["name"] for one in scene.all("Namespace")]
    for entity in _asked_more(scene, so_far):
        if any(_asks_more(scene, caller) for caller in calls_it(scene, entity)):
            continue
        family = [one for one in names if _is_akin(one, entity.namespace)]
        nearest = sorted(family, key=lambda one: (abs(len(one) - len(entity.namespace)), one))
        yield from nearest[:NAMESPACES]


def _asked_more(scene: Scene, so_far: Explanation) -> Iterator[Entity]:
    """Those at fault so far that get more requests than they used to."""
    for cause in so_far.causes:
        rates = of(scene, cause.entity, Measure.RATE) if cause.relevant else ()
        if any(one.rose and one.shift and one.shift.ratio >= MORE for one in rates):
            yield cause.entity


def _asks_more(scene: Scene, caller: Entity) -> bool:
    return any(one.rose for one in of(scene, caller, Measure.RATE, Measure.CALLS))


def _is_akin(name: str, other: str) -> bool:
    return name != other and name.partition("-")[0] == other.partition("-")[0]


def unmeasured(scene: Scene, so_far: Explanation, measured: Collection[str]) -> tuple[Entity, ...]:
    """What is accused, or asks for more, where objects were listed and metrics were not read.

    None once the cause is known.
    """
    if any(one.relevant and one.confidence >= CONFIDENT for one in so_far.causes):
        return ()
    causes = [one.entity for one in so_far.causes if one.relevant]
    asking = [one for entity in _asked_more(scene, so_far) for one in calls_it(scene, entity)]
    accused = [
        suspect
        for finding in so_far.findings
        if finding.severity in (Severity.ERROR, Severity.CRITICAL)
        for suspect in finding.suspects
    ]
    return tuple(
        one
        for one in dict.fromkeys((*causes, *accused, *asking))
        if one.namespace
        and one.namespace not in measured
        and scene.inventory.looked("Pod", one.namespace)
    )


def _failing_namespaces(scene: Scene) -> Iterator[str]:
    if any(error.cause is LogCause.DNS_TIMEOUT for _, r in scene.all_logs() for error in r.errors):
        yield name_service(scene).namespace
    failing = Counter(
        call.target.entity.namespace for call in failing_calls(scene) if call.target.entity
    )
    yield from (name for name, _ in failing.most_common())


def _suspected_namespaces(so_far: Explanation) -> Iterator[str]:
    """Those of workloads that a finding suspects: of them only their configuration is known."""
    for finding in so_far.findings:
        if finding.verdict is Health.BROKEN:
            yield from (one.namespace for one in finding.suspects if one.kind in WORKLOADS)


def _called_namespaces(scene: Scene, focus: tuple[Entity, ...]) -> Iterator[str]:
    """Nearest first; then whatever the others in view call, most called first."""
    near = [one for one in reach(scene, focus) if one.kind == "Service"]
    direct = {call.target.entity for one in focus for call in configured_calls(scene).get(one, ())}
    yield from (one.namespace for one in sorted(near, key=lambda one: (one not in direct, one)))
    called = Counter(
        call.target.entity.namespace
        for addresses in configured_calls(scene).values()
        for call in addresses
        if call.target.entity
    )
    yield from (name for name, _ in called.most_common())


def _wanted(scene: Scene, so_far: Explanation) -> Iterator[LogWanted]:
    doubt = dict(doubts(so_far))
    broken = [one for one in so_far.findings if one.verdict is not Health.HEALTHY]

    def worth(entity: Entity, share: float, logs: Iterator[LogWanted]) -> Iterator[LogWanted]:
        bits = doubt.get(entity, 0.0) * share
        return (replace(log, gain=round(bits, 3)) for log in logs) if bits else iter(())

    untold = _untold(scene, so_far)
    for workload, logs in _of_crashes(scene, broken):
        doubt[workload] = max(doubt.get(workload, 0.0), UNTOLD * (workload in untold))
        yield from worth(workload, _LAST_WORDS, iter(logs))
    for entity in so_far.focus:
        yield from worth(entity, _NAMED, _of_workload(scene, entity, "the alert names it"))
        yield from worth(entity, _AROUND, _around(scene, entity))
    for entity in _suspicious(scene, broken):
        yield from worth(entity, _SUSPECTED, _of_workload(scene, entity, f"suspected: {entity}"))
        for caller in calls_it(scene, entity)[:2]:
            yield from worth(entity, _CALLER, _of_workload(scene, caller, f"calls {entity}"))
    yield from _of_sufferers(scene, so_far)
    yield from _of_feeders(scene, so_far)
    yield from _survey(scene, so_far)
    yield from _replicas(scene, so_far)
    for failing in failing_calls(scene):
        if called := failing.target.entity:
            reason = f"called by {failing.caller}"
            yield from worth(called, _SUSPECTED, _of_workload(scene, called, reason))


def _untold(scene: Scene, so_far: Explanation) -> set[Entity]:
    """Programs that show the cause, however sure, and of which no log was read."""
    read = {log.pod for log, _ in scene.all_logs()}
    # What an edit of configuration broke is told at what was edited.
    shown = {
        entity
        for one in so_far.causes
        if one.relevant
        for entity in (one.entity, subject_of(scene, one.findings[0]))
    }
    return {
        entity
        for entity in shown
        if not any(pod_entity(pod) in read for pod in scene.pods_by_workload.get(entity, ()))
    }


def _of_sufferers(scene: Scene, so_far: Explanation) -> Iterator[LogWanted]:
    for cause in so_far.causes:
        for caller in calls_it(scene, cause.entity)[:2] if cause.relevant else ():
            for log in _of_workload(scene, caller, f"calls {cause.entity}"):
                yield replace(log, gain=IMPACT)


def _of_feeders(scene: Scene, so_far: Explanation) -> Iterator[LogWanted]:
    """Who may feed what the alert names, as long as nothing else explains it."""
    if so_far.is_over or any(one.relevant for one in so_far.causes):
        return
    for entity in feeders(scene, so_far.focus):
        for log in _of_workload(scene, entity, "may feed what the alert names"):
            yield replace(log, gain=_AROUND)


def _survey(scene: Scene, so_far: Explanation) -> Iterator[LogWanted]:
    """One pod of each workload while nothing is sure: the newest and the callers first."""
    sure = any(one.relevant and one.confidence >= CONFIDENT for one in so_far.causes)
    if so_far.is_over or sure:
        return
    why = "nothing is sure yet" if so_far.focus else "the alert names nobody"
    calling = {caller for found in callers(scene).values() for caller in found}
    for entity in _in_scope(scene, so_far):
        known = workload_revisions(scene, entity)
        fresh = bool(known and known[0].at and (scene.age(known[0].at) or 0) < DAY)
        gain = _AROUND if fresh or entity in calling else _ANYBODY
        for log in _of_workload(scene, entity, why):
            yield replace(log, gain=gain)


def _replicas(scene: Scene, so_far: Explanation) -> Iterator[LogWanted]:
    """The other pods, once one of each workload was read and nothing is found at all."""
    if not is_dark(so_far):
        return
    read = {log.pod for log, _ in scene.all_logs()}
    first = (log for one in _in_scope(scene, so_far) for log in _of_workload(scene, one, ""))
    if any(log.pod not in read for log in first):
        return
    for entity in _in_scope(scene, so_far):
        for pod in scene.pods_by_workload.get(entity, ()):
            for log in _of_workload(scene, pod_entity(pod), "nothing is found yet"):
                yield replace(log, gain=LEAST)


def _in_scope(scene: Scene, so_far: Explanation) -> Iterator[Entity]:
    """Workloads of the namespaces in view."""
    for kind in WORKLOADS:
        for item in scene.all(kind):
            entity = entity_of(kind, item)
            if not so_far.namespaces or entity.namespace in so_far.namespaces:
                yield entity


def _of_crashes(scene: Scene, broken: list[Finding]) -> Iterator[tuple[Entity, list[LogWanted]]]:
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
            yield workload, logs


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
    for pod in _newest_revision_first(pods):
        started = [c for c in containers(pod) if not c.init and (c.running or c.terminated)]
        if started:
            yield from (_log(pod, container, reason) for container in started[:2])
            return


def _newest_revision_first(pods: list[Obj]) -> list[Obj]:
    """Of each revision the longest-lived first: its log shows most of what is new in it.

    A Job makes a pod for each try: the last of them comes first.
    """
    revisions: dict[str, list[Obj]] = defaultdict(list)
    for pod in sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp"))):
        owner = controller_ref(pod) or EMPTY
        one = labels_of(pod).get("controller-revision-hash") or str(owner.get("name"))
        revisions[pod["metadata"]["name"] if owner.get("kind") == "Job" else one].append(pod)
    return list(chain.from_iterable(reversed(revisions.values())))


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
