"""Services that send some of their traffic to where nobody answers it."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping

from sreagent.diagnose.conditions.callees import OFTEN
from sreagent.diagnose.conditions.network import blocking_policies
from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.objects.managers import last_applied
from sreagent.diagnose.objects.podspec import EMPTY, declared_ports, is_ready
from sreagent.diagnose.objects.shapes import part, parts, word
from sreagent.diagnose.view.calling import FailingCall, callers, failing_calls_to
from sreagent.diagnose.view.freshness import edited_lately
from sreagent.diagnose.view.scene import Scene, labels_of
from sreagent.diagnose.view.targets import service_name
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.text import one_line

PATIENCE = 300
"""Seconds that a cloud may take to make a load balancer, and a controller to find addresses."""
_APP_LABELS = ("app.kubernetes.io/name", "app", "k8s-app")


@condition(
    "service.selects_foreign",
    "Service",
    worth=0.78,
    even_mild=True,
    refuted_by="each pod it selects answering on its ports",
)
def selects_foreign(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """The selector of a Service also takes in pods of another program."""
    groups: dict[Entity, list[Obj]] = defaultdict(list)
    for pod in scene.backing(service):
        if is_ready(pod):
            groups[scene.workload_of(pod)].append(pod)
    own, strangers = _apart(scene, entity, service, groups)
    if not own or not strangers:
        return
    calls = failing_calls_to(scene, entity)
    count = sum(len(groups[one]) for one in strangers)
    total = sum(map(len, groups.values()))
    selector = part(service, "spec", "selector")
    said = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    yield Finding(
        condition="service.selects_foreign",
        entity=entity,
        claim=f"{entity} has the selector {one_line(said, 120)}, which also takes in "
        f"{' and '.join(map(str, strangers[:2]))}: {count} of its {total} endpoints are not "
        f"{own[0]}{_say(calls)}",
        category=Category.NETWORK,
        severity=Severity.CRITICAL
        if calls
        else Severity.ERROR
        if edited_lately(scene, service)
        else Severity.WARNING,
        uid=service["metadata"].get("uid", ""),
        path="spec.selector",
        since=min((one.error.first_at for one in calls if one.error.first_at), default=None),
        command=f"kubectl -n {entity.namespace} get endpoints,service {entity.name} -o yaml",
        facts=_selector_facts(scene, service, own[0]),
    )


@condition(
    "service.local_traffic",
    "Service",
    worth=0.80,
    even_mild=True,
    refuted_by="a call from a node without an endpoint that is answered",
)
def local_traffic(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """Only callers on the nodes of its endpoints reach a Service."""
    if word(service, "spec", "internalTrafficPolicy") != "Local":
        return
    nodes = {pod["spec"].get("nodeName") for pod in scene.backing(service) if is_ready(pod)}
    away = _callers_away(scene, entity, nodes)
    if not nodes or not away:
        return
    calls = [one for one in failing_calls_to(scene, entity) if one.caller in away]
    on = ", ".join(sorted(filter(None, nodes))[:3])
    yield Finding(
        condition="service.local_traffic",
        entity=entity,
        claim=f"{entity} has internalTrafficPolicy Local and endpoints only on {on}: calls from "
        f"other nodes are dropped, and {' and '.join(map(str, away[:3]))} runs there{_say(calls)}",
        category=Category.NETWORK,
        severity=Severity.CRITICAL
        if calls
        else Severity.ERROR
        if edited_lately(scene, service)
        else Severity.WARNING,
        uid=service["metadata"].get("uid", ""),
        path="spec.internalTrafficPolicy",
        since=min((one.error.first_at for one in calls if one.error.first_at), default=None),
        command=entity.get,
        facts={"explains": " ".join(one.path for one in away)},
    )


@condition("service.external_local", "Service", worth=0.70, even_mild=True)
def external_local(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """A node port of nodes without an endpoint drops what comes from outside."""
    spec = part(service, "spec")
    if spec.get("externalTrafficPolicy") != "Local" or spec.get("type") != "NodePort":
        return
    behind = scene.backing(service)
    nodes = {pod["spec"].get("nodeName") for pod in behind if is_ready(pod)}
    bare = [one["metadata"]["name"] for one in scene.all("Node")]
    bare = [name for name in bare if name not in nodes]
    if not nodes or not bare:
        return
    # Where a pod of it is only not ready, that is why nobody answers.
    never = {*bare} - {pod["spec"].get("nodeName") for pod in behind}
    calls = [
        call
        for call in failing_calls_to(scene, entity)
        if scene.nodes_by_ip.get(call.target.address.host) in never
        and call.error.cause in (LogCause.TIMEOUT, LogCause.REFUSED)
    ]
    suffer = sorted({call.caller for call in calls})
    began = [call.error.first_at for call in calls if call.error.first_at]
    yield Finding(
        condition="service.external_local",
        entity=entity,
        claim=f"{entity} has externalTrafficPolicy Local, and {len(bare)} nodes have no "
        f"endpoint of it: what comes in at their node port is dropped"
        + (f", and {suffer[0]} asks there" if suffer else ""),
        category=Category.NETWORK,
        severity=Severity.ERROR if suffer else Severity.WARNING,
        uid=service["metadata"].get("uid", ""),
        path="spec.externalTrafficPolicy",
        since=min(began, default=None),
        command=entity.get,
        facts={
            "explains": " ".join(one.path for one in suffer),
            "settled": "who asks at these nodes gets no answer",
        }
        if suffer
        else {},
    )


@condition(
    "service.load_balancer_pending",
    "Service",
    worth=0.72,
    even_mild=True,
    refuted_by="an address in the status of the Service",
)
def load_balancer_pending(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """A Service of type LoadBalancer gets no address from outside."""
    if word(service, "spec", "type") != "LoadBalancer" or not scene.older(service, PATIENCE):
        return
    if parts(service, "status", "loadBalancer", "ingress"):
        return
    failed = scene.events(service, "SyncLoadBalancerFailed", "CreatingLoadBalancerFailed")
    why = word(failed[-1], "message", limit=300) if failed else ""
    yield Finding(
        condition="service.load_balancer_pending",
        entity=entity,
        claim=f"{entity} waits for the address of a load balancer"
        + (f": {why}" if why else "; no event says why, so perhaps nobody here makes them"),
        category=Category.NETWORK,
        severity=Severity.ERROR if failed else Severity.WARNING,
        uid=service["metadata"].get("uid", ""),
        path="status.loadBalancer.ingress",
        since=scene.created(service),
        command=f"kubectl -n {entity.namespace} describe service {entity.name}",
        excerpt=why,
        tainted=bool(why),
    )


@condition(
    "service.no_addresses",
    "Service",
    worth=0.70,
    even_mild=True,
    refuted_by="an address in the endpoints of the Service",
)
def no_addresses(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """A Service without a selector has no addresses that anybody wrote for it."""
    spec = part(service, "spec")
    if spec.get("selector") or spec.get("type") == "ExternalName" or entity.name == "kubernetes":
        return
    if not scene.older(service, PATIENCE) or _has_addresses(scene, entity) is not False:
        return
    calls = failing_calls_to(scene, entity)
    needed = calls or callers(scene).get(entity)
    yield Finding(
        condition="service.no_addresses",
        entity=entity,
        claim=f"{entity} has no selector, and nobody wrote endpoints for it{_say(calls)}",
        category=Category.NETWORK,
        severity=Severity.CRITICAL if calls else Severity.ERROR if needed else Severity.INFO,
        uid=service["metadata"].get("uid", ""),
        path="spec.selector",
        command=f"kubectl -n {entity.namespace} get endpoints,endpointslices {entity.name}",
    )


@condition(
    "service.external_name",
    "Service",
    worth=0.80,
    even_mild=True,
    refuted_by="the external name resolving",
)
def external_name(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """A Service is another name of something in the cluster that does not exist."""
    if word(service, "spec", "type") != "ExternalName":
        return
    host = word(service, "spec", "externalName").rstrip(".").lower()
    target = service_name(scene, entity.namespace, host) if ".svc" in f".{host}." else None
    if target is None or not (target == entity or scene.is_missing(target)):
        return
    calls = failing_calls_to(scene, entity)
    wrong = "itself" if target == entity else f"{host}, and there is no {target}"
    yield Finding(
        condition="service.external_name",
        entity=entity,
        claim=f"{entity} is another name of {wrong}{_say(calls)}",
        category=Category.NETWORK,
        severity=Severity.CRITICAL if calls else Severity.WARNING,
        uid=service["metadata"].get("uid", ""),
        path="spec.externalName",
        command=entity.get,
    )


@condition(
    "service.outside_fails",
    "Service",
    worth=0.62,
    refuted_by="an answer of the same host to somebody who reaches it in another way",
)
def outside_fails(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """What a Service is another name of lies outside the cluster, and fails those who call it."""
    host = word(service, "spec", "externalName")
    if word(service, "spec", "type") != "ExternalName" or ".svc" in f".{host}.":
        return
    calls = [
        call
        for call in failing_calls_to(scene, entity)
        if call.error.count >= OFTEN and not blocking_policies(scene, call)
    ]
    if not calls:
        return
    callers = sorted({str(call.caller) for call in calls})
    said = sorted({call.error.cause.value for call in calls})
    first = calls[0].error
    yield Finding(
        condition="service.outside_fails",
        entity=entity,
        claim=f"{entity} leads to {host} outside the cluster, and {' and '.join(callers[:3])} "
        f"gets {' and '.join(said)} there, {sum(call.error.count for call in calls)} times: "
        f"{one_line(first.line, 160)}",
        category=Category.DEPENDENCY,
        severity=Severity.ERROR,
        uid=service["metadata"].get("uid", ""),
        since=min((c.error.first_at for c in calls if c.error.first_at), default=None),
        source="logs",
        path="spec.externalName",
        command=calls[0].log.command,
        excerpt=first.line,
        tainted=True,
    )


@condition("service.some_not_ready", "Service", role=Role.REMARK)
def some_not_ready(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """Some pods behind a Service take no traffic, and others do."""
    pods = scene.backing(service)
    idle = [pod for pod in pods if not is_ready(pod)]
    if idle and len(idle) < len(pods):
        yield Finding(
            condition="service.some_not_ready",
            entity=entity,
            claim=f"{entity} has {len(pods) - len(idle)} ready of {len(pods)} endpoints",
            category=Category.AVAILABILITY,
            severity=Severity.INFO,
            uid=service["metadata"].get("uid", ""),
            path="subsets",
            command=f"kubectl -n {entity.namespace} get endpoints {entity.name} -o yaml",
        )


@condition("service.warning_events", "Service", role=Role.SYMPTOM, worth=0.35, if_named=True)
def warning_events(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """A controller warns about a Service."""
    events = [one for one in scene.events(service, within=900) if one.get("type") == "Warning"]
    if not events:
        return
    said = word(events[-1], "message", limit=300)
    yield Finding(
        condition="service.warning_events",
        entity=entity,
        claim=f"{entity} has {len(events)} warnings, the last: "
        f"{word(events[-1], 'reason')}: {said}",
        category=Category.NETWORK,
        severity=Severity.WARNING,
        uid=service["metadata"].get("uid", ""),
        command=f"kubectl -n {entity.namespace} describe service {entity.name}",
        excerpt=said,
        tainted=True,
    )


def _apart(
    scene: Scene, entity: Entity, service: Obj, groups: Mapping[Entity, list[Obj]]
) -> tuple[list[Entity], list[Entity]]:
    """The workloads that the Service is for, and those it takes in beside them."""
    if len(groups) < 2:
        return [], []
    opened = {one: _opens(service, pods[0]) for one, pods in groups.items()}
    if False in opened.values():
        return [one for one, open_ in opened.items() if open_], [
            one for one, open_ in opened.items() if open_ is False
        ]
    before = part(last_applied(service), "spec", "selector")
    named = {scene.workload_of(pod) for pod in scene.selected(dict(before), entity.namespace)}
    if not named & set(groups):
        named = {one for one, pods in groups.items() if _is_namesake(entity, one, pods[0])}
    others = [one for one in groups if one not in named and _has_own(scene, service, groups[one])]
    return sorted(named & set(groups)), sorted(others)


def _opens(service: Obj, pod: Obj) -> bool | None:
    """Whether a pod declares the ports that a Service sends to; None when it declares none."""
    declared = {str(one.get(key)) for one in declared_ports(pod["spec"])
                for key in ("name", "containerPort")}  # fmt: skip
    ports = parts(service, "spec", "ports")
    if not declared or not ports:
        return None
    return all(str(one.get("targetPort", one.get("port"))) in declared for one in ports)


def _is_namesake(entity: Entity, workload: Entity, pod: Obj) -> bool:
    labels = labels_of(pod)
    return entity.name in (workload.name, *(labels.get(key) for key in _APP_LABELS))


def _has_own(scene: Scene, service: Obj, pods: list[Obj]) -> bool:
    """Whether another Service is for these pods only."""
    own = service["metadata"].get("uid")
    workload = scene.workload_of(pods[0])
    found = scene.services_of(labels_of(pods[0]), pods[0]["metadata"].get("namespace", ""))
    others = (one for one in found if one["metadata"].get("uid") != own)
    return any(
        {scene.workload_of(pod) for pod in scene.backing(one)} == {workload} for one in others
    )


def _selector_facts(scene: Scene, service: Obj, own: Entity) -> dict[str, str]:
    """The selector as it was applied, when that is for one workload."""
    before = dict(part(last_applied(service), "spec", "selector"))
    namespace = service["metadata"].get("namespace", "")
    selected = {scene.workload_of(pod) for pod in scene.selected(before, namespace)}
    facts = {"workload": own.path}
    if selected == {own} and before != part(service, "spec", "selector"):
        facts["selector_suggested"] = json.dumps(before, sort_keys=True)
    return facts


def _callers_away(scene: Scene, service: Entity, nodes: set[str | None]) -> list[Entity]:
    failing = {one.caller for one in failing_calls_to(scene, service)}
    known = callers(scene).get(service, set()) | failing
    return sorted(
        one
        for one in known
        if any((pod.get("spec") or EMPTY).get("nodeName") not in nodes for pod in scene.pods(one))
    )


def _has_addresses(scene: Scene, service: Entity) -> bool | None:
    """Whether there are addresses, by either kind of endpoints; None when nobody can tell."""
    inventory, space = scene.inventory, service.namespace
    old = scene.get("Endpoints", space, service.name)
    if old and parts(old, "subsets"):
        return True
    slices = [
        one
        for one in scene.all("EndpointSlice", space)
        if labels_of(one).get("kubernetes.io/service-name") == service.name
    ]
    if any(parts(one, "endpoints") for one in slices):
        return True
    known = inventory.looked("Endpoints", space) and inventory.looked("EndpointSlice", space)
    return False if known else None


def _say(calls: list[FailingCall]) -> str:
    if not calls:
        return ""
    names = sorted({str(call.caller) for call in calls})
    causes = sorted({call.error.cause.value for call in calls})
    return f"; {' and '.join(names[:3])} gets {' and '.join(causes[:2])}"
