"""Who calls whom: as configured, and as the logs complain."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sreagent.diagnose.logs.addresses import parse_address
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.logs.reading import LogError
from sreagent.diagnose.objects.podspec import EMPTY, is_over
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of, once_per_scene
from sreagent.diagnose.view.targets import Call, Target, addressed, resolve_error
from sreagent.diagnose.view.unnamed import meant
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, PodLog, entity_of

STALE = 900
"""Seconds after the last occurrence at which an error in a log is history."""
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
        return error
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
    """The one Service that an error of the network names, if it is not its own."""
    if error.cause not in (LogCause.TIMEOUT, LogCause.RESET, LogCause.REFUSED):
        return ""
    space = pod["metadata"].get("namespace", "")
    own = {one["metadata"]["name"] for one in scene.services_of(labels_of(pod), space)} | {
        scene.workload_of(pod).name
    }
    words = set(_WORDS.findall(error.line))
    named = [
        one["metadata"]["name"]
        for one in scene.all("Service", space)
        if one["metadata"]["name"] in words
    ]
    return named[0] if len(named) == 1 and named[0] not in own else ""


def is_hung_up(pod: Obj, error: LogError) -> bool:
    """Whether a client went away: the end that the error names is the pod's own."""
    own = {one.get("ip") for one in (pod.get("status") or EMPTY).get("podIPs") or ()}
    own.add((pod.get("status") or EMPTY).get("podIP"))
    return error.cause is LogCause.RESET and parse_address(error.target).host in own - {None}


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
