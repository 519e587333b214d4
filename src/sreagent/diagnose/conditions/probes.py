"""Probes that fail: wrongly set, or rightly telling that the program does not answer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sreagent.diagnose.conditions.bad_nodes import at_fault
from sreagent.diagnose.conditions.crashes import RECENT, ended_by_itself
from sreagent.diagnose.conditions.pods import patience
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.objects.podspec import (
    EMPTY,
    Container,
    allowance,
    containers,
    has_ended,
    is_over,
    is_ready,
    pod_condition,
)
from sreagent.diagnose.view.revisions import revision_of, workload_revisions
from sreagent.diagnose.view.scene import Scene, first_seen, times_seen
from sreagent.diagnose.view.targets import callees
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import parse_time
from sreagent.domain.text import one_line

STILL = 900
"""Seconds since a probe was last seen failing in which it counts."""
HASTY = 10
"""Seconds that any program may take to start before a probe kills it."""
EARLY = 60
"""Seconds within which an end counts as one while it still starts."""
_KINDS = {"Readiness": "readinessProbe", "Liveness": "livenessProbe", "Startup": "startupProbe"}
_FAILED = re.compile(
    r"^(Readiness|Liveness|Startup) probe (?:failed|errored)(?: and resulted in[^:]*)?: ?(.*)",
    re.DOTALL,
)
_STATUS = re.compile(r"statuscode: (\d{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failing probe: which, in which words, told by which events."""

    kind: str
    """`Readiness`, `Liveness` or `Startup`."""
    words: str = ""
    events: tuple[Obj, ...] = ()


@condition("pod.probe_failing", "Pod", worth=0.50, vague=True)
def probe_failing(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """The readiness or startup probe of a running container fails."""
    if is_over(pod) or is_ready(pod) or pod["metadata"].get("deletionTimestamp"):
        return
    for container in containers(pod):
        runs = scene.age(container.running_since) or 0
        if container.ready or not container.running or runs < patience(container):
            continue
        failure = _failure(scene, pod, container, ("Readiness", "Startup"))
        if failure is None and _is_misplaced(container, "readinessProbe"):
            failure = Failure(kind="Readiness")
        if failure:
            yield _finding(scene, entity, pod, container, failure, killed=False)


@condition("pod.liveness_kills", "Pod", worth=0.60, vague=True)
def liveness_kills(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A container is killed again and again because its liveness or startup probe fails."""
    if is_over(pod) or not has_ended(pod):
        return
    killings = [
        event for event in scene.events(pod, "Killing") if "probe" in str(event.get("message"))
    ]
    for container in containers(pod):
        mine = tuple(event for event in killings if container.name in str(event["message"]))
        ended = scene.age((container.ended or EMPTY).get("finishedAt"))
        if not mine or not container.restarts or (ended is not None and ended > RECENT):
            continue
        if ended_by_itself(container):
            continue
        last = str(mine[-1]["message"])
        failure = _failure(scene, pod, container, ("Liveness", "Startup")) or Failure(
            kind="Startup" if "startup" in last else "Liveness"
        )
        yield _finding(scene, entity, pod, container, replace(failure, events=mine), killed=True)


def _finding(
    scene: Scene, entity: Entity, pod: Obj, container: Container, failure: Failure, *, killed: bool
) -> Finding:
    field = _KINDS[failure.kind]
    probe = container.spec.get(field) or EMPTY
    fault = _fault(container, probe, failure.words)
    if killed and fault not in _MISPLACED and allowance(probe) < HASTY and _ended_early(container):
        fault = "impatient"
    why = _say_fault(container, probe, fault, failure.words)
    name = f"{failure.kind.lower()} probe"
    if killed:
        says = f"is killed by its failing {name} ({_say_probe(probe)}): {why}; "
        says += f"{container.restarts} restarts"
    else:
        seen = sum(map(times_seen, failure.events))
        says = f"is not ready: its {name} fails ({_say_probe(probe)}): {why}"
        says += f", seen {seen} times" if seen else ""
    return Finding(
        condition="pod.liveness_kills" if killed else "pod.probe_failing",
        entity=entity,
        claim=f"{entity} {says}",
        category=Category.CONFIGURATION if fault in _MISSET else Category.AVAILABILITY,
        uid=pod["metadata"].get("uid", ""),
        path=f"spec.containers[{container.name}].{field}",
        since=_began(scene, pod, failure, killed=killed),
        command=f"kubectl -n {entity.namespace} describe pod {entity.name}",
        excerpt=one_line(failure.words, 300),
        tainted=bool(failure.words),
        suspects=at_fault(scene, pod) or _needed(scene, pod, fault),
        facts=_facts(scene, pod, container, failure.kind, fault),
    )


def _began(scene: Scene, pod: Obj, failure: Failure, *, killed: bool) -> datetime | None:
    """Since when it fails now: events of one wording are counted together, over weeks."""
    seen = first_seen(failure.events) or scene.created(pod)
    ready = pod_condition(pod, "Ready")
    unready = (
        parse_time(ready.get("lastTransitionTime")) if ready.get("status") == "False" else None
    )
    return max(seen, unready) if seen and unready and not killed else seen


def _failure(
    scene: Scene, pod: Obj, container: Container, kinds: tuple[str, ...]
) -> Failure | None:
    """The probe of these kinds that failed last, when that was not long ago."""
    found: list[tuple[str, str, Obj]] = []
    for event in scene.events(pod, "Unhealthy", within=STILL):
        told = _FAILED.match(str(event.get("message") or ""))
        field = str((event.get("involvedObject") or EMPTY).get("fieldPath") or container.name)
        if told and told[1] in kinds and container.name in field:
            found.append((told[1], told[2], event))
    if not found:
        return None
    kind, words, _ = found[-1]
    events = tuple(event for name, _, event in found if name == kind)
    return Failure(kind=kind, words=words, events=events)


_OWN_WORD = ("status", "exec", "timeout", "other")
"""Faults by which a program that runs says that it cannot serve."""


def _needed(scene: Scene, pod: Obj, fault: str) -> tuple[Entity, ...]:
    """What a program that says itself that it cannot serve is configured to call."""
    if fault not in _OWN_WORD:
        return ()
    return tuple(sorted(callees(scene, scene.workload_of(pod))))


_MISPLACED = ("wrong_port", "wrong_path")
_MISSET = (*_MISPLACED, "impatient")


def _ended_early(container: Container) -> bool:
    """Whether its last run was over before it can have been up for long."""
    end = container.ended or EMPTY
    began, over = parse_time(end.get("startedAt")), parse_time(end.get("finishedAt"))
    return bool(began and over and (over - began).total_seconds() < EARLY)


def _fault(container: Container, probe: Obj, words: str) -> str:
    """What sort of failure it is: set wrongly, or the program's own."""
    status = _STATUS.search(words)
    if _refused(words) or not words:
        return "wrong_port" if _misses_ports(container, probe) else "refused"
    if status:
        return "wrong_path" if status[1] == "404" else "status"
    if re.search(r"deadline exceeded|timeout|timed out", words, re.IGNORECASE):
        return "timeout"
    return "exec" if "exec" in probe else "other"


def _refused(words: str) -> bool:
    return "connection refused" in words


def _is_misplaced(container: Container, name: str) -> bool:
    probe = container.spec.get(name)
    return bool(probe) and _misses_ports(container, probe or EMPTY)


def _misses_ports(container: Container, probe: Obj) -> bool:
    """Whether it asks a port that the container does not declare, though it declares some."""
    ports = container.spec.get("ports") or ()
    port = _port(probe)
    return bool(ports and port) and not any(
        port in (str(one.get("containerPort")), one.get("name")) for one in ports
    )


def _port(probe: Obj) -> str:
    for way in ("httpGet", "tcpSocket", "grpc"):
        if way in probe:
            return str((probe[way] or EMPTY).get("port") or "")
    return ""


def _say_probe(probe: Obj) -> str:
    if "httpGet" in probe:
        return f"GET :{_port(probe)}{probe['httpGet'].get('path') or '/'}"
    if "exec" in probe:
        return "exec " + " ".join(map(str, probe["exec"].get("command") or ()))[:80]
    return f"port {_port(probe)}"


def _say_fault(container: Container, probe: Obj, fault: str, words: str) -> str:
    declared = ", ".join(
        f"{one['containerPort']} ({one['name']})" if one.get("name") else str(one["containerPort"])
        for one in container.spec.get("ports") or ()
    )
    if fault == "impatient":
        return f"it must answer within {allowance(probe):.0f} s of its start{_in_words(words)}"
    if fault == "wrong_port":
        refused = "connection refused; " if words else ""
        return f"{refused}the container opens {declared}, not port {_port(probe)}"
    if fault == "wrong_path":
        path = (probe.get("httpGet") or EMPTY).get("path") or "/"
        return f"the program answers 404 to {path}: the path does not exist"
    if fault == "refused":
        return f"connection refused: nothing listens on port {_port(probe)}"
    return one_line(words, 200) or "it fails"


def _in_words(words: str) -> str:
    return f" ({one_line(words, 120)})" if words else ""


def _facts(scene: Scene, pod: Obj, container: Container, kind: str, fault: str) -> dict[str, str]:
    ports = container.spec.get("ports") or ()
    facts = {
        "container": container.name,
        "probe": _KINDS[kind],
        "port": _port(container.spec.get(_KINDS[kind]) or EMPTY),
        "declared_ports": ",".join(str(one.get("containerPort")) for one in ports),
        "fault": fault,
        "probe_fault": fault if fault in _MISSET else "",
        "probe_changed": _changed(scene, pod, container, kind),
    }
    return {name: value for name, value in facts.items() if value}


def _changed(scene: Scene, pod: Obj, container: Container, kind: str) -> str:
    """The revision that changed the probe, when it is the pod's own."""
    known = workload_revisions(scene, scene.workload_of(pod))
    mine = revision_of(pod, known)
    older = [one for one in known if mine and one.number < mine.number]
    if not mine or not older:
        return ""
    specs = (older[0].template.get("spec") or EMPTY).get("containers") or ()
    before = next((one.get(_KINDS[kind]) for one in specs if one["name"] == container.name), None)
    return str(mine.number) if before != container.spec.get(_KINDS[kind]) else ""
