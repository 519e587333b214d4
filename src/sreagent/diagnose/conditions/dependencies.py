"""Addresses that lead nowhere: a Service that is not there, a port that it does not have."""

from collections.abc import Iterator
from difflib import get_close_matches

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.managers import last_applied
from sreagent.diagnose.objects.podspec import EMPTY, containers, is_over
from sreagent.diagnose.view.calling import (
    FailingCall,
    configured_callers,
    configured_calls,
    failing_calls,
    failing_calls_to,
)
from sreagent.diagnose.view.freshness import edited_at, fresh_edit, was_edited
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import Scene, once_per_scene
from sreagent.diagnose.view.targets import Call
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj


@condition("service.missing", "Pod", worth=0.82)
def missing_service(scene: Scene, _entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A program cannot resolve the name of a Service, and there is no such Service."""
    if is_over(pod):
        return
    for call in _failing_of(scene).get(pod["metadata"].get("uid", ""), ()):
        service = call.target.entity
        if service is None or service.kind != "Service" or not call.target.missing:
            continue
        if near_name(scene, service) or not _used_to_exist(scene, service):
            continue
        behind = _namesake(scene, service)
        yield Finding(
            condition="service.missing",
            entity=service,
            claim=f"{service} does not exist, but {call.caller} calls it"
            f"{f' and {behind} is there to serve it' if behind else ''}; {call.caller} gets "
            f"{call.error.cause.value}, {call.error.count} times",
            category=Category.NETWORK,
            severity=Severity.CRITICAL,
            since=call.error.first_at,
            command=f"kubectl -n {service.namespace} get services",
            facts={"settled": "a workload of that name runs"} if behind else {},
        )


@condition("service.unknown", "Pod", role=Role.GAP)
def unknown_service(scene: Scene, _entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A program cannot reach a Service whose namespace could not be listed."""
    for call in _failing_of(scene).get(pod["metadata"].get("uid", ""), ()):
        service = call.target.entity
        if service is None or service.kind != "Service":
            continue
        gap = scene.inventory.gap("Service", service.namespace)
        if gap and not scene.inventory.looked("Service", service.namespace):
            yield Finding(
                condition="service.unknown",
                entity=service,
                claim=f"{service} is called by {call.caller} and could not be looked at: "
                f"{gap.reason}",
                category=Category.NETWORK,
                severity=Severity.INFO,
                verdict=Health.UNKNOWN,
                command=gap.command,
            )


@condition(
    "workload.wrong_address",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "CronJob",
    "Job",
    worth=0.80,
    even_mild=True,
)
def wrong_address(scene: Scene, workload: Entity, item: Obj) -> Iterator[Finding]:
    """A workload is configured with a Service or a port that does not exist."""
    told: set[str] = set()
    for call in configured_calls(scene).get(workload, ()):
        service = call.target.entity
        wrong = _wrong(scene, workload, call)
        if service is None or not wrong or str(call.target.address) in told:
            continue
        told.add(str(call.target.address))
        complaints = _complaints(scene, workload, call)
        introduced = _introduced(scene, workload, str(call.target.address))
        seen = f"; its log has {complaints[0].error.cause.value}, " if complaints else ""
        seen += f"{complaints[0].error.count} times" if complaints else ""
        suffers = complaints or _is_down(scene, workload)
        yield Finding(
            condition="workload.wrong_address",
            entity=workload,
            claim=f"{workload} calls {call.target.address} ({call.by}), but {wrong}"
            f"{f'; revision {introduced} is the first with it' if introduced else ''}{seen}",
            category=Category.CONFIGURATION,
            severity=Severity.CRITICAL if suffers else Severity.WARNING,
            uid=item["metadata"].get("uid", ""),
            path=f"spec.template ({call.by})",
            since=complaints[0].error.first_at if complaints else None,
            command=workload.get,
            facts={"address": str(call.target.address), "by": call.by, "introduced": introduced},
        )


@condition(
    "service.port_gone",
    "Service",
    worth=0.82,
    even_mild=True,
    refuted_by="a connection to the Service at the port that its callers use",
)
def port_gone(scene: Scene, service: Entity, item: Obj) -> Iterator[Finding]:
    """A Service was edited and does not serve the port any more that its callers use."""
    for port, users in _left_ports(scene).get(service, {}).items():
        calls = [
            one
            for one in failing_calls_to(scene, service)
            if one.target.address.port in (None, port)
        ]
        served = ", ".join(str(one.get("port")) for one in (item.get("spec") or EMPTY)["ports"])
        seen = f"; {calls[0].caller} gets {calls[0].error.cause.value}" if calls else ""
        yield Finding(
            condition="service.port_gone",
            entity=service,
            claim=f"{service} serves {served}, and not port {port}, at which "
            f"{' and '.join(map(str, users[:3]))} calls it{seen}",
            category=Category.NETWORK,
            severity=Severity.CRITICAL if calls else Severity.ERROR,
            uid=item["metadata"].get("uid", ""),
            path="spec.ports",
            since=fresh_edit(scene, item),
            command=service.get,
            facts={"port": str(port), "explains": " ".join(one.path for one in users)},
        )


@once_per_scene
def _left_ports(scene: Scene) -> dict[Entity, dict[int, list[Entity]]]:
    """Ports that callers use and that Services had until somebody edited them."""
    used: dict[tuple[Entity, int], list[Entity]] = {}
    for workload, calls in configured_calls(scene).items():
        for service, port in {(one.target.entity, one.target.address.port) for one in calls}:
            if service and port and _lacks_port(scene, service, port):
                used.setdefault((service, port), []).append(workload)
    found: dict[Entity, dict[int, list[Entity]]] = {}
    for (service, port), users in used.items():
        if _had_port(scene, service, port, users):
            found.setdefault(service, {})[port] = sorted(users)
    return found


def _lacks_port(scene: Scene, service: Entity, port: int) -> bool:
    spec = (scene.inventory.find(service) or EMPTY).get("spec") or EMPTY
    ports = [one.get("port") for one in spec.get("ports") or ()]
    return bool(ports) and port not in ports and spec.get("clusterIP") not in (None, "None")


def _had_port(scene: Scene, service: Entity, port: int, users: list[Entity]) -> bool:
    """Whether it was the Service that changed: by what was applied, or after all its callers."""
    item = scene.inventory.find(service) or EMPTY
    applied = (last_applied(item).get("spec") or EMPTY).get("ports") or ()
    if port in [one.get("port") for one in applied]:
        return True
    at = edited_at(scene, item) if was_edited(scene, item) else None
    rolled = [known[0].at for one in users if (known := workload_revisions(scene, one))]
    older = at is not None and all(one is not None and one < at for one in rolled)
    return older and not any(_introduced(scene, one, f"{service.name}:{port}") for one in users)


def _wrong(scene: Scene, workload: Entity, call: Call) -> str:
    """What is wrong with an address, in words; empty when it is right or nobody can tell."""
    service, port = call.target.entity, call.target.address.port
    if service is None:
        return ""
    if call.target.missing:
        return _wrong_name(scene, workload, service, str(call.target.address))
    item = scene.inventory.find(service)
    spec = (item or EMPTY).get("spec") or EMPTY
    if item is None or port is None or spec.get("clusterIP") in (None, "None"):
        return ""
    ports = [one["port"] for one in spec.get("ports") or ()]
    if port in ports or not ports or port in _left_ports(scene).get(service, {}):
        return ""
    return f"{service} serves {', '.join(map(str, ports))}"


def _wrong_name(scene: Scene, workload: Entity, service: Entity, address: str) -> str:
    """A name that never led anywhere; one that used to is told at the Service."""
    near = near_name(scene, service)
    if near:
        return f"there is no {service}; there is {near}"
    if _introduced(scene, workload, address) or not _used_to_exist(scene, service):
        return f"there is no {service}"
    return ""


def near_name(scene: Scene, service: Entity) -> str:
    """A Service of the namespace with nearly the same name."""
    names = [one["metadata"]["name"] for one in scene.all("Service", service.namespace)]
    found = get_close_matches(service.name, names, n=1, cutoff=0.75)
    return f"service {service.namespace}/{found[0]}" if found else ""


def _used_to_exist(scene: Scene, service: Entity) -> bool:
    """Whether somebody else relies on the name too, or a workload is there to serve it."""
    if _namesake(scene, service):
        return True
    users = configured_callers(scene).get(service, set())
    full = f"{service.name}.{service.namespace}"
    newly = {
        one
        for one in users
        if _introduced(scene, one, service.name if one.namespace == service.namespace else full)
    }
    return bool(users - newly) and all(len(workload_revisions(scene, one)) > 0 for one in users)


def _namesake(scene: Scene, service: Entity) -> Entity | None:
    for kind in ("Deployment", "StatefulSet", "DaemonSet"):
        if scene.get(kind, service.namespace, service.name):
            return Entity(kind=kind, namespace=service.namespace, name=service.name)
    return None


def _introduced(scene: Scene, workload: Entity, address: str) -> str:
    """The newest revision's number when the one before did not have the address."""
    known = workload_revisions(scene, workload)
    if len(known) < 2:
        return ""
    return "" if address in str(known[1].template) else str(known[0].number)


def _complaints(scene: Scene, workload: Entity, call: Call) -> list[FailingCall]:
    if call.target.entity is None:
        return []
    return [
        one
        for one in failing_calls_to(scene, call.target.entity)
        if one.caller == workload and one.target.address.port in (None, call.target.address.port)
    ]


def _is_down(scene: Scene, workload: Entity) -> bool:
    """Whether pods of it crash or wait, which a wrong address may well explain."""
    return any(
        c.waiting == "CrashLoopBackOff" or (c.init and c.running)
        for pod in scene.pods(workload)
        for c in containers(pod)
    )


@once_per_scene
def _failing_of(scene: Scene) -> dict[str, list[FailingCall]]:
    found: dict[str, list[FailingCall]] = {}
    for call in failing_calls(scene):
        found.setdefault(call.pod["metadata"].get("uid", ""), []).append(call)
    return found
