"""Pods that run but do not serve."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sreagent.diagnose.conditions.bad_nodes import at_fault, cut_off_by
from sreagent.diagnose.conditions.footing import footing_of
from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.logs.meaning import OFTEN, category_of, is_new, severity_of
from sreagent.diagnose.logs.patterns import NETWORK, OF_STORES, QUOTED, LogCause
from sreagent.diagnose.logs.reading import LogError, LogReading
from sreagent.diagnose.objects.podspec import (
    EMPTY,
    Container,
    containers,
    is_over,
    is_ready,
    pod_condition,
)
from sreagent.diagnose.view.calling import (
    configured_calls,
    is_current,
    is_hung_up,
    with_target,
)
from sreagent.diagnose.view.scene import Scene
from sreagent.diagnose.view.targets import Target, callees, resolve_error, suspects_of
from sreagent.diagnose.view.unnamed import STORES, asked_somebody
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, PodLog
from sreagent.domain.moment import parse_time, span
from sreagent.domain.text import one_line

GRACE = 30
"""Seconds a container may take to become ready when its probe asks for less."""
GATE_PATIENCE = 120
"""Seconds that whoever meets a readiness gate may take."""
TOLD = 4
"""Errors of one log that are told."""


def patience(container: Container) -> float:
    """Seconds until a container must be ready, by its own probes."""
    longest = float(GRACE)
    for name in ("startupProbe", "readinessProbe"):
        probe = container.spec.get(name) or EMPTY
        period, tries = probe.get("periodSeconds") or 10, probe.get("failureThreshold") or 3
        if probe:
            longest = max(longest, (probe.get("initialDelaySeconds") or 0) + period * tries)
    return longest


def should_be_ready(scene: Scene, container: Container) -> bool:
    """Whether it runs for long enough and still is not ready."""
    runs = scene.age(container.running_since)
    return container.running and not container.ready and (runs or 0) > patience(container)


@condition("pod.not_ready", "Pod", role=Role.SYMPTOM, worth=0.40, vague=True)
def not_ready(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A container runs for longer than its probes allow and is not ready."""
    if is_over(pod) or is_ready(pod) or pod["metadata"].get("deletionTimestamp"):
        return
    late = [c for c in containers(pod) if c.serves and should_be_ready(scene, c)]
    if not late:
        return
    state = pod_condition(pod, "Ready")
    since = parse_time(state.get("lastTransitionTime"))
    lasting = f" for {span(scene.age(since) or 0)}" if since else ""
    names = ", ".join(container.name for container in late)
    yield Finding(
        condition="pod.not_ready",
        entity=entity,
        claim=f"{entity} runs but is not ready{lasting} (container {names})",
        category=Category.AVAILABILITY,
        uid=pod["metadata"].get("uid", ""),
        path="status.conditions[Ready]",
        since=since,
        command=entity.get,
        suspects=at_fault(scene, pod) or tuple(sorted(callees(scene, scene.workload_of(pod)))),
        facts={"container": late[0].name},
    )


@condition(
    "pod.readiness_gate",
    "Pod",
    worth=0.72,
    refuted_by="the gate being met while the pod still is not ready",
)
def readiness_gate(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """All containers are ready, and a readiness gate that somebody else must meet is not."""
    if is_over(pod) or is_ready(pod) or pod["metadata"].get("deletionTimestamp"):
        return
    mine = [one for one in containers(pod) if one.serves]
    began = max((one.running_since for one in mine if one.running_since), default=None)
    waits = scene.age(began) or 0
    if not mine or not all(one.ready for one in mine) or waits < GATE_PATIENCE:
        return
    for gate in pod["spec"].get("readinessGates") or ():
        state = pod_condition(pod, gate["conditionType"])
        if state.get("status") == "True":
            continue
        why = one_line(str(state.get("message") or state.get("reason") or "nobody reports it"), 160)
        yield Finding(
            condition="pod.readiness_gate",
            entity=entity,
            claim=f"{entity} has ready containers and waits for readiness gate "
            f"{gate['conditionType']}: {why}",
            category=Category.AVAILABILITY,
            uid=pod["metadata"].get("uid", ""),
            path="spec.readinessGates",
            since=parse_time(state.get("lastTransitionTime")) or began,
            command=entity.get,
            excerpt=why,
            tainted=True,
            facts={"gate": str(gate["conditionType"])},
        )


@condition("pod.on_broken_node", "Pod", role=Role.SYMPTOM, worth=0.40, accuses=True)
def on_broken_node(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """The node of a pod does not answer, so nobody knows how the pod is."""
    state = pod_condition(pod, "Ready")
    name = pod["spec"].get("nodeName") or ""
    if is_over(pod) or is_ready(pod) or not name:
        return
    why = _why_its_node(scene, pod, name)
    if not why:
        return
    yield Finding(
        condition="pod.on_broken_node",
        entity=entity,
        claim=f"{entity} is not ready: {why}",
        category=Category.NODE,
        uid=pod["metadata"].get("uid", ""),
        path="spec.nodeName",
        since=parse_time(state.get("lastTransitionTime")),
        command=entity.get,
        suspects=(Entity(kind="Node", name=name),),
        facts={
            "accusation": f"seems silent (nodes could not be looked at): {entity} is marked "
            "not ready though its containers are ready"
        },
    )


def _why_its_node(scene: Scene, pod: Obj, name: str) -> str:
    node = scene.get("Node", "", name)
    if node:
        well = pod_condition(node, "Ready").get("status") == "True"
        return "" if well else f"its node {name} is not"
    # Only the cluster itself calls a pod unready whose containers all are ready.
    mine = [container for container in containers(pod) if not container.init]
    marked = pod_condition(pod, "Ready").get("status") == "False"
    gates = pod["spec"].get("readinessGates")
    if scene.inventory.gap("Node") and marked and not gates and all(one.ready for one in mine):
        return f"its containers are, so its node {name} seems silent (nodes could not be looked at)"
    return ""


@condition("pod.log_errors", "Pod", role=Role.SYMPTOM, worth=0.42, vague=True, if_named=True)
def log_errors(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A running container logs the same trouble again and again."""
    if is_over(pod):
        return
    for log, reading in scene.logs(pod):
        if log.previous or not _runs(pod, log.container):
            continue
        often = [
            one
            for one in reading.errors
            if (one.count >= OFTEN or one.loud) and not is_hung_up(pod, one)
        ]
        current = [one for one in often if is_current(scene, one) and _is_worth_it(one, reading)]
        for error in current[:TOLD]:
            finding = _logged(scene, entity, pod, log, error)
            yield replace(finding, severity=severity_of(error, reading))


def _is_worth_it(error: LogError, reading: LogReading) -> bool:
    """Whether it says what is wrong, or at least that it was not always so."""
    return error.cause is not LogCause.ERROR or is_new(error, reading)


def _logged(scene: Scene, entity: Entity, pod: Obj, log: PodLog, error: LogError) -> Finding:
    target = resolve_error(scene, entity.namespace, error)
    named = with_target(scene, pod, error)
    return Finding(
        condition="pod.log_errors",
        entity=entity,
        claim=f"{entity} logs {error.cause.value}{_about(error, target)}, {_often(scene, error)}",
        category=category_of(error.cause),
        uid=pod["metadata"].get("uid", ""),
        path=f"log of {log.container}",
        since=error.first_at,
        source="logs",
        command=log.command,
        excerpt=error.block,
        tainted=True,
        suspects=_suspects(scene, pod, named),
        facts=_facts(log, error, target) | ({"asked": "somebody"} if asked_somebody(named) else {}),
    )


def _suspects(scene: Scene, pod: Obj, error: LogError) -> tuple[Entity, ...]:
    others = suspects_of(scene, pod["metadata"].get("namespace", ""), error)
    cut_off = cut_off_by(scene, pod) if error.cause in NETWORK else ()
    footing = footing_of(scene, pod, error.cause)
    named = footing or (*others, *cut_off) or _stores(scene, pod, error)
    return named or (_called(scene, pod) if asked_somebody(error) else ())


def _called(scene: Scene, pod: Obj) -> tuple[Entity, ...]:
    """Whom a program is configured to call."""
    known = configured_calls(scene).get(scene.workload_of(pod), ())
    return tuple(dict.fromkeys(one.target.entity for one in known if one.target.entity))


def _stores(scene: Scene, pod: Obj, error: LogError) -> tuple[Entity, ...]:
    """Of a store that is full or split clients tell no address: any they are configured with."""
    if error.cause not in OF_STORES | {LogCause.PARTITIONED} or error.target:
        return ()
    called = _called(scene, pod)
    return tuple(dict.fromkeys((*called, *_behind_proxies(scene, called))))


def _behind_proxies(scene: Scene, called: Iterable[Entity]) -> Iterator[Entity]:
    """Stores that those call which look like a store to their clients, as poolers do."""
    for service in called:
        item = scene.inventory.find(service)
        for workload in scene.workloads_behind(item) if item else ():
            for onward in configured_calls(scene).get(workload, ()):
                if onward.target.entity and onward.target.address.port in STORES:
                    yield onward.target.entity


def _facts(log: PodLog, error: LogError, target: Target | None) -> dict[str, str]:
    facts = {
        "container": log.container,
        "log_cause": error.cause.value,
        "target": error.target,
        "key": error.key,
        "line": error.line,
        "count": str(error.count),
        "outside": "yes" if target and target.outside else "",
    }
    return {name: value for name, value in facts.items() if value}


def _about(error: LogError, target: Target | None) -> str:
    line = f": {error.line[:160]}"
    if not error.target:
        return line
    is_ip = target and target.entity and target.address.is_ip
    named = f"{target.entity} ({error.target})" if target and is_ip else error.target
    return f" of {named}" + (line if error.cause in QUOTED else "")


def _often(scene: Scene, error: LogError) -> str:
    times = "once" if error.count == 1 else f"{error.count} times"
    age = scene.age(error.last_at)
    return times if age is None else f"{times}, last {span(age)} ago"


def _runs(pod: Obj, container: str) -> bool:
    return any(c.name == container and c.running for c in containers(pod))
