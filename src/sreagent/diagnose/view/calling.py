"""Who calls whom: as configured, and as the logs complain."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sreagent.diagnose.logs.addresses import parse_address
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.logs.reading import LogError
from sreagent.diagnose.objects.podspec import EMPTY, declared_ports, is_over
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of, once_per_scene
from sreagent.diagnose.view.targets import Call, Target, addressed, resolve_error
from sreagent.diagnose.view.unnamed import meant
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, PodLog, entity_of

STALE = 900
"""Seconds after the last occurrence at which an error in a log is history."""
_ENDS = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}:\d{1,5})->(\d{1,3}(?:\.\d{1,3}){3}:\d{1,5})")
_FIRST_LOCAL = 32_768
"""The first port that Linux gives to who calls."""
_WORDS = re.compile(r"(?<![\w.-])[a-z0-9]+(?:-[a-z0-9]+)+(?![\w.-])")
"""Several words in one: other names of Services are words of everyday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingCall:
    """An error in a pod's log that is about somebody else."""

    pod: Obj
    caller: Entity
    error: LogError
    target: Target
    log: PodLog


@once_per_scene
def failing_calls(scene: Scene) -> tuple[FailingCall, ...]:
    """Connection errors of the logs that were read, not those that are over."""
    return tuple(_failing(scene))


@once_per_scene
def failing_calls_of(scene: Scene) -> Mapping[Entity, list[FailingCall]]:
    """Those of each workload that complains."""
    found: dict[Entity, list[FailingCall]] = defaultdict(list)
    for call in failing_calls(scene):
        found[call.caller].append(call)
    return found


def failing_calls_to(scene: Scene, entity: Entity) -> list[FailingCall]:
    """Those that name this Service or workload."""
    return [call for call in failing_calls(scene) if call.target.entity == entity]


def complaints_about(scene: Scene, entity: Entity) -> list[FailingCall]:
    """Failing calls to a Service, or to a Service of a workload."""
    found = failing_calls_to(scene, entity)
    item = scene.inventory.find(entity)
    if item and entity.kind in WORKLOADS:
        labels = labels_of((item.get("spec") or {}).get("template") or {"metadata": {}})
        for service in scene.services_of(labels, entity.namespace):
            found += failing_calls_to(scene, entity_of("Service", service))
    return found


@once_per_scene
def configured_calls(scene: Scene) -> Mapping[Entity, tuple[Call, ...]]:
    """Services that each workload is configured to call."""
    return {
        workload: tuple(
            one for one in known if (end := one.target.entity) and end.kind == "Service"
        )
        for workload, known in _addressed(scene).items()
    }


@once_per_scene
def _addressed(scene: Scene) -> Mapping[Entity, tuple[Call, ...]]:
    """Addresses of each workload's configuration."""
    return {
        workload: tuple(addressed(scene, workload))
        for kind in (*WORKLOADS, "CronJob", "Job")
        for workload in (_named(kind, item) for item in scene.all(kind))
    }


@once_per_scene
def configured_callers(scene: Scene) -> Mapping[Entity, set[Entity]]:
    """Workloads that are configured to call a Service."""
    found: dict[Entity, set[Entity]] = defaultdict(set)
    for workload, addresses in configured_calls(scene).items():
        for call in addresses:
            if call.target.entity:
                found[call.target.entity].add(workload)
    return found


@once_per_scene
def callers(scene: Scene) -> Mapping[Entity, set[Entity]]:
    """Workloads that are configured to call a Service, or whose logs complain of it."""
    found: dict[Entity, set[Entity]] = defaultdict(set)
    for entity, configured in configured_callers(scene).items():
        found[entity] |= configured
    for failing in failing_calls(scene):
        if failing.target.entity:
            found[failing.target.entity].add(failing.caller)
    return found


def with_target(scene: Scene, pod: Obj, error: LogError) -> LogError:
    """The same error; one that names nobody, with the end that it means if there is but one."""
    if error.target:
        return replace(error, target=_other_end(pod, error) or error.target)
    workload = scene.workload_of(pod)
    known = (_with_port(scene, one.target) for one in _addressed(scene).get(workload, ()))
    end = meant(error, known)
    told = str(end.address) if end else _told(scene, pod, error)
    return replace(error, target=told) if told else error


def _with_port(scene: Scene, target: Target) -> Target:
    """The same; where only a name is configured, with the one port that the Service has."""
    item = scene.inventory.find(target.entity) if target.entity else None
    ports = ((item or EMPTY).get("spec") or EMPTY).get("ports") or []
    if target.address.port is not None or len(ports) != 1:
        return target
    return replace(target, address=replace(target.address, port=ports[0]["port"]))


def _told(scene: Scene, pod: Obj, error: LogError) -> str:
    """The one Service that an error of the network names, if it is not its own or its client's."""
    space = pod["metadata"].get("namespace", "")
    if error.cause not in (LogCause.TIMEOUT, LogCause.RESET, LogCause.REFUSED):
        return ""
    named = {one for one in _WORDS.findall(error.line) if one in _names_in(scene).get(space, ())}
    if len(named) != 1:
        return ""
    [name] = named
    workload = scene.workload_of(pod)
    own = [_named("Service", one) for one in scene.services_of(labels_of(pod), space)]
    item = scene.get("Service", space, name)
    behind = set(scene.workloads_behind(item)) if item else set()
    callers = {one for service in own for one in configured_callers(scene).get(service, ())}
    is_its_own = name == workload.name or workload in behind
    return "" if is_its_own or behind & callers else name


@once_per_scene
def _names_in(scene: Scene) -> Mapping[str, set[str]]:
    """Names of Services by namespace."""
    found: dict[str, set[str]] = defaultdict(set)
    for service in scene.all("Service"):
        found[service["metadata"].get("namespace", "")].add(service["metadata"]["name"])
    return found


def is_hung_up(pod: Obj, error: LogError) -> bool:
    """Whether a client went away: the end that the error names is one where the pod listens."""
    own = parse_address(error.target)
    return error.cause is LogCause.RESET and own.host in _ips(pod) and _listens(pod, own.port)


def _other_end(pod: Obj, error: LogError) -> str:
    """Whom the pod called, where an error tells its own end first: `10.0.0.5:4123->10.0.0.9:80`."""
    for found in _ENDS.finditer(error.line):
        own = parse_address(found[1])
        if found[1] == error.target and own.host in _ips(pod) and not _listens(pod, own.port):
            return found[2]
    return ""


def _ips(pod: Obj) -> set[str]:
    status = pod.get("status") or EMPTY
    told = [status.get("podIP"), *(one.get("ip") for one in status.get("podIPs") or ())]
    return {one for one in told if one}


def _listens(pod: Obj, port: int | None) -> bool:
    """Whether it serves there: what it calls from has a port of its own each time."""
    declared = {one.get("containerPort") for one in declared_ports(pod["spec"])}
    return port is None or port in declared or (not declared and port < _FIRST_LOCAL)


def is_current(scene: Scene, error: LogError) -> bool:
    """Whether an error of a log still happens, as far as its time stamps tell."""
    age = scene.age(error.last_at)
    return not error.recovered and (age is None or age < STALE)


def _failing(scene: Scene) -> Iterator[FailingCall]:
    for log, reading in scene.all_logs():
        pod = scene.inventory.find(log.pod)
        if pod is None or (is_over(pod) and log.previous):
            continue
        for error in (with_target(scene, pod, one) for one in reading.errors):
            if is_hung_up(pod, error):
                continue
            target = resolve_error(scene, log.pod.namespace, error)
            if target and (is_over(pod) or is_current(scene, error)):
                yield FailingCall(
                    pod=pod,
                    caller=scene.workload_of(pod),
                    error=error,
                    target=target,
                    log=log,
                )


def _named(kind: str, item: Obj) -> Entity:
    meta = item["metadata"]
    return Entity(kind=kind, namespace=meta.get("namespace", ""), name=meta["name"])
