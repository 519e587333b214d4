"""Containers that end when they should not: crash loops, kills, memory."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sreagent.diagnose.conditions.bad_nodes import at_fault, say_fault
from sreagent.diagnose.conditions.configuration import configuration_at_fault
from sreagent.diagnose.conditions.footing import footing_of
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.conditions.rewritten import accusation, rewriters
from sreagent.diagnose.logs.meaning import category_of
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.logs.reading import LogError
from sreagent.diagnose.metrics.readings import of
from sreagent.diagnose.objects.podspec import (
    EMPTY,
    Container,
    allowance,
    container_specs,
    containers,
    env_names,
    has_ended,
    is_over,
    template_of,
)
from sreagent.diagnose.objects.quantities import amount
from sreagent.diagnose.view.revisions import revision_of, workload_revisions
from sreagent.diagnose.view.scene import Scene, first_seen
from sreagent.diagnose.view.shared_images import say_others
from sreagent.diagnose.view.targets import suspects_of
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, PodLog, controller_ref
from sreagent.domain.moment import parse_time, span
from sreagent.domain.signal import Measure

RECENT = 3600
"""Seconds after which a restart of a pod that runs fine since is history."""
SETTLED = 600
"""Seconds a container must run before its restarts count as over."""
MANY = 3
"""Restarts from which on they are a habit."""
DAY = 86_400
FAST = 10
"""Seconds within which an exit counts as one at start-up."""

KILLED, ASKED = 137, 143
"""Exit code of a program that got SIGKILL."""
_EXIT_CODES = {
    1: "error",
    2: "wrong usage",
    126: "the command cannot be executed",
    127: "command not found",
    128: "could not be started",
    130: "SIGINT",
    132: "SIGILL: illegal instruction",
    134: "SIGABRT: aborted",
    135: "SIGBUS",
    136: "SIGFPE",
    137: "SIGKILL: killed",
    139: "SIGSEGV: segmentation fault",
    143: "SIGTERM: asked to stop",
    255: "error out of range",
}
_STARTED_AGAIN = ("Job", "ReplicaSet", "StatefulSet", "DaemonSet")
"""Kinds that make a new pod for one that failed, and are told themselves."""
_START_REASONS = ("StartError", "ContainerCannotRun")


def say_exit(code: int) -> str:
    """`exit code 137 (SIGKILL: killed)`."""
    if code == 0:
        return "exit code 0 (it simply ends)"
    meaning = _EXIT_CODES.get(code) or (f"signal {code - 128}" if 128 < code < 255 else "")
    return f"exit code {code} ({meaning})" if meaning else f"exit code {code}"


def keeps_ending(scene: Scene, container: Container) -> bool:
    """Whether a container ends again and again, now and not only long ago."""
    end = container.ended
    if container.waiting == "CrashLoopBackOff":
        return True
    if not end or not container.restarts:
        return False
    if container.terminated:
        return True
    age = scene.age(end.get("finishedAt"))
    runs = scene.age(container.running_since) or 0
    return container.restarts >= 2 and (age is None or age < RECENT) and runs < SETTLED


def was_probed_to_death(scene: Scene, pod: Obj, container: Container) -> bool:
    """Whether the kubelet killed the container because a probe failed."""
    return not ended_by_itself(container) and any(
        "probe" in str(event.get("message", "")) and container.name in str(event.get("message", ""))
        for event in scene.events(pod, "Killing")
    )


def ended_by_itself(container: Container) -> bool:
    """Whether its last run failed sooner than a probe can have ended it."""
    end = container.ended or EMPTY
    began, over = parse_time(end.get("startedAt")), parse_time(end.get("finishedAt"))
    probe = container.spec.get("startupProbe") or container.spec.get("livenessProbe")
    if not probe or not began or not over or end.get("exitCode") in (None, 0, KILLED, ASKED):
        return False
    return (over - began).total_seconds() < allowance(probe) - 1


@condition(
    "pod.oom_killed",
    "Pod",
    worth=0.82,
    accuses=True,
    refuted_by="a container that stays below its limit and still is killed",
)
def oom_killed(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A container used more memory than its limit, or than the node had, and was killed."""
    for container in containers(pod) if has_ended(pod) else ():
        end = container.ended or EMPTY
        if end.get("reason") != "OOMKilled" or not _lately(scene, container, end):
            continue
        facts = _memory(scene, pod, container)
        suspects, held = _behind_memory(scene, entity, pod, facts)
        yield Finding(
            condition="pod.oom_killed",
            entity=entity,
            claim=f"{entity} {_name(pod, container)}is OOMKilled (exit code 137): "
            f"{_say_memory(facts)}; {_restarts(container)}",
            category=Category.RESOURCE,
            uid=pod["metadata"].get("uid", ""),
            path=f"status.containerStatuses[{container.name}].lastState.terminated.reason",
            since=_began(scene, pod, container),
            command=entity.get,
            suspects=suspects,
            facts=facts | ({"accusation": held} if held else {}),
        )


def _behind_memory(
    scene: Scene, entity: Entity, pod: Obj, facts: dict[str, str]
) -> tuple[tuple[Entity, ...], str]:
    """Who made the memory short, and what is held against him."""
    if not facts.get("limit"):
        node = Entity(kind="Node", name=pod["spec"].get("nodeName") or "unknown")
        return (node,), _ran_dry(entity)
    by = rewriters(scene, pod) if facts.get("template_limit") else ()
    if not by:
        return (), ""
    said = f"memory limit {facts['limit']} instead of {facts['template_limit']}"
    return by, accusation(scene, pod, said)


@condition("pod.crash_loop", "Pod", worth=0.55, vague=True, accuses=True, even_mild=True)
def crash_loop(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A container ends soon after each start and is started again and again."""
    if is_over(pod) or not has_ended(pod):
        return
    for container in containers(pod):
        end = container.ended or EMPTY
        reason = end.get("reason")
        if reason == "OOMKilled" or reason in _START_REASONS or not keeps_ending(scene, container):
            continue
        if was_probed_to_death(scene, pod, container):
            continue
        yield _crash(scene, entity, pod, container)


@condition("pod.keeps_restarting", "Pod", worth=0.45, vague=True, even_mild=True)
def keeps_restarting(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A container ends at intervals, each time after it has run for a good while."""
    if is_over(pod) or not has_ended(pod):
        return
    for container in containers(pod):
        if _ends_at_intervals(scene, container) and not keeps_ending(scene, container):
            found = _crash(scene, entity, pod, container)
            yield replace(found, condition="pod.keeps_restarting", severity=Severity.WARNING)


@condition("pod.failed", "Pod", worth=0.55, vague=True, if_named=True)
def failed(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A pod that is started only once ended badly."""
    status = pod.get("status") or EMPTY
    owner = (controller_ref(pod) or EMPTY).get("kind")
    if status.get("phase") != "Failed" or status.get("reason") or owner in _STARTED_AGAIN:
        return
    for container in containers(pod):
        end = container.ended or EMPTY
        age = scene.age(end.get("finishedAt"))
        if end.get("exitCode") and end.get("reason") != "OOMKilled" and (age or 0) < DAY:
            yield replace(_crash(scene, entity, pod, container), condition="pod.failed")


def _ends_at_intervals(scene: Scene, container: Container) -> bool:
    """Whether it has run this time no longer than it did before it ended."""
    end = container.ended or EMPTY
    began, over = parse_time(end.get("startedAt")), parse_time(end.get("finishedAt"))
    runs = scene.age(container.running_since)
    if not began or not over or runs is None or end.get("reason") == "OOMKilled":
        return False
    before = (over - began).total_seconds()
    return container.restarts >= MANY and before >= SETTLED and runs < before


def _crash(scene: Scene, entity: Entity, pod: Obj, container: Container) -> Finding:
    log, words = last_words(scene, pod, container)
    suspects = suspects_of(scene, entity.namespace, words) if words else ()
    config = configuration_at_fault(scene, pod, container, words) if words else None
    footing = footing_of(scene, pod, words.cause) if words and not config else ()
    node = () if config or suspects or footing else at_fault(scene, pod)
    held = {"accusation": say_fault(node[0])} if node else _accuse(scene, pod, config, words)
    if footing and words:
        held = {"accusation": f"fails {scene.workload_of(pod)}: {words.line}"}
    says = f"{_name(pod, container)}{_ends(container)} {_why(container, words)}"
    if words and words.cause is LogCause.MISSING_ENV and _is_unset(pod, words.key):
        says += f"; env {words.key} is set nowhere in the pod template"
    if log is None:
        says += "; its log was not read"
    elif words is None:
        says += "; its log says nothing of an error"
    says += say_others(scene, pod, str(container.spec.get("image")))
    return Finding(
        condition="pod.crash_loop",
        entity=entity,
        claim=f"{entity} {says}",
        category=_category(words),
        severity=Severity.ERROR if not container.ready else Severity.WARNING,
        uid=pod["metadata"].get("uid", ""),
        path=f"status.containerStatuses[{container.name}].lastState.terminated",
        since=_began(scene, pod, container),
        source="logs" if words and log else "kubernetes",
        command=log.command if words and log else entity.get,
        excerpt=words.block if words else "",
        tainted=words is not None,
        suspects=(config,) if config else footing or suspects or node,
        facts=_crash_facts(container, words, log) | held,
    )


def last_words(
    scene: Scene, pod: Obj, container: Container
) -> tuple[PodLog | None, LogError | None]:
    """The log that tells of the container's end, and what it says."""
    found = scene.logs(pod, container.name)
    for log, reading in found:
        if reading.last_words:
            return log, reading.last_words
    return (found[0][0], None) if found else (None, None)


def _crash_facts(
    container: Container, words: LogError | None, log: PodLog | None
) -> dict[str, str]:
    facts = {
        "container": container.name,
        "exit_code": str((container.ended or EMPTY).get("exitCode", "")),
        "restarts": str(container.restarts),
        "log": "not read" if log is None else "read" if words else "silent",
    }
    if words:
        facts |= {"log_cause": words.cause.value, "line": words.line}
        facts |= {"key": words.key, "target": words.target, "place": words.place}
    return {name: value for name, value in facts.items() if value}


def _accuse(
    scene: Scene, pod: Obj, config: Entity | None, words: LogError | None
) -> dict[str, str]:
    if config is None or words is None:
        return {}
    workload = scene.workload_of(pod)
    said = f"holds what {workload} cannot work with: it exits with {words.line}"
    return {
        "accusation": f"{said}; its template is unchanged and ran before",
        "settled": "the template is unchanged and ran before",
        "named_file": words.key or words.cause.value,
    }


def _ends(container: Container) -> str:
    end = container.ended or EMPTY
    began, ended = parse_time(end.get("startedAt")), parse_time(end.get("finishedAt"))
    if not began or not ended:
        return "exits"
    ran = (ended - began).total_seconds()
    return "exits at start" if ran < FAST else f"exits {span(ran)} after start"


def _why(container: Container, words: LogError | None) -> str:
    end = container.ended or EMPTY
    code = say_exit(int(end.get("exitCode") or 0))
    told = f"with {code}{_by_whom(container)}, {_restarts(container)}"
    if words:
        place = f" ({words.place})" if words.place else ""
        about = f" [{words.target}]" if words.target and words.target not in words.line else ""
        return f"with {words.line}{place}{about}, {code}, {_restarts(container)}"
    message = str(end.get("message") or "").strip().splitlines()
    return f"{told}, message {message[-1][:160]!r}" if message else told


def _by_whom(container: Container) -> str:
    """That nothing the kubelet does by itself explains a kill."""
    probed = container.spec.get("livenessProbe") or container.spec.get("startupProbe")
    killed = (container.ended or EMPTY).get("exitCode") == KILLED
    return " from outside: neither a probe nor its memory limit" if killed and not probed else ""


def _category(words: LogError | None) -> Category:
    return category_of(words.cause) if words else Category.DEPLOYMENT


def _is_unset(pod: Obj, name: str) -> bool:
    spec = pod.get("spec") or EMPTY
    return name not in env_names(spec) and not any(
        one.get("envFrom") for one in container_specs(spec)
    )


def _name(pod: Obj, container: Container) -> str:
    if container.init:
        return f"init container {container.name} "
    several = len(pod["spec"].get("containers") or ()) > 1
    return f"container {container.name} " if several else ""


def _restarts(container: Container) -> str:
    return "1 restart" if container.restarts == 1 else f"{container.restarts} restarts"


def _lately(scene: Scene, container: Container, end: Obj) -> bool:
    if container.waiting or container.terminated:
        return True
    age = scene.age(end.get("finishedAt"))
    return age is None or age < RECENT


def _began(scene: Scene, pod: Obj, container: Container) -> datetime | None:
    """The first sign: a back-off event, else the last end, else the pod's own start."""
    seen = _or_again(scene, pod, first_seen(scene.events(pod, "BackOff")))
    end = parse_time((container.ended or EMPTY).get("finishedAt"))
    started = parse_time((pod.get("status") or EMPTY).get("startTime"))
    if started and container.restarts and end and (end - started).total_seconds() < RECENT:
        return min(started, seen) if seen else started
    return seen or end or started


def _or_again(scene: Scene, pod: Obj, seen: datetime | None) -> datetime | None:
    """When it began anew, where metrics show that it did not restart for hours after that."""
    for one in of(scene, scene.workload_of(pod), Measure.RESTARTS):
        calm = one.rose and one.shift is not None and one.shift.before.most < 1
        if seen and calm and one.since and one.signal.points[0][0] > seen:
            return one.since
    return seen


def _ran_dry(pod: Entity) -> str:
    return f"ran out of memory and killed {pod}, which has no memory limit of its own"


def _memory(scene: Scene, pod: Obj, container: Container) -> dict[str, str]:
    resources = container.spec.get("resources") or EMPTY
    facts = {
        "container": container.name,
        "limit": str((resources.get("limits") or {}).get("memory") or ""),
        "request": str((resources.get("requests") or {}).get("memory") or ""),
    }
    facts |= _memory_before(scene, pod, container.name, facts["limit"])
    return {name: value for name, value in facts.items() if value}


def _memory_before(scene: Scene, pod: Obj, name: str, limit: str) -> dict[str, str]:
    """The limit of the newest older revision that had another one, and the template's own."""
    workload = scene.workload_of(pod)
    known = workload_revisions(scene, workload)
    mine = revision_of(pod, known)
    found: dict[str, str] = {}
    for one in known:
        before = _limit_in(one.template, name)
        if mine and one.number < mine.number and before and before != limit:
            found = {"previous_limit": before, "previous_revision": str(one.number)}
            break
    item = scene.inventory.find(workload)
    wanted = _limit_in(template_of(workload.kind, item), name) if item else ""
    if mine and known and mine.number == known[0].number and amount(wanted) != amount(limit):
        found["template_limit"] = wanted or "none"
    return found


def _limit_in(template: Obj, name: str) -> str:
    for one in container_specs(template.get("spec") or EMPTY):
        if one["name"] == name:
            limits = (one.get("resources") or EMPTY).get("limits") or {}
            return str(limits.get("memory") or "")
    return ""


def _say_memory(facts: dict[str, str]) -> str:
    limit = facts.get("limit")
    if not limit:
        return "it has no memory limit, so the node ran out of memory"
    said = f"it needs more than its memory limit of {limit}"
    if before := facts.get("previous_limit"):
        lower = amount(limit) < amount(before)
        verb = "lowered" if lower else "raised"
        said += f" ({verb} from {before} in revision {facts['previous_revision']})"
    if own := facts.get("template_limit"):
        said += f" (the pod template says {own}: something rewrites it at admission)"
    return said
