"""Services that lead nowhere, and what the callers say about it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import combinations

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.managers import last_applied, last_edit
from sreagent.diagnose.objects.podspec import EMPTY, declared_ports, is_ready
from sreagent.diagnose.view.calling import FailingCall, callers, failing_calls_to
from sreagent.diagnose.view.freshness import edited_lately, fresh_edit
from sreagent.diagnose.view.scene import WORKLOADS, Labels, Scene, labels_of
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of

YOUNG = 15
"""Seconds in which a Service may be without endpoints."""
DAY = 86_400
MOST_PORTS = 30
"""Ports of one Service that are compared with each other."""


@condition(
    "service.crossed_ports",
    "Service",
    worth=0.82,
    even_mild=True,
    refuted_by="an answer in the right protocol at each port of the Service",
)
def crossed_ports(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """Ports of a Service lead each to the listener of the other."""
    declared, astray = _astray(scene, service)
    for one, other in combinations(astray, 2):
        if not (_is_for(declared, one, other) and _is_for(declared, other, one)):
            continue
        blamed = _calls_at(scene, entity, (one, other))
        lead = " and ".join(_say_lead(declared, port) for port in (one, other))
        yield Finding(
            condition="service.crossed_ports",
            entity=entity,
            claim=f"{entity} has its target ports exchanged: {lead}{_say_callers(blamed)}",
            category=Category.NETWORK,
            severity=_crossed_severity(scene, service, blamed),
            uid=service["metadata"].get("uid", ""),
            path="spec.ports[].targetPort",
            since=_first_failure(blamed) or fresh_edit(scene, service),
            command=f"kubectl -n {entity.namespace} get service {entity.name} -o yaml",
            facts={"settled": "its ports fit the container the other way round"},
        )


def _astray(scene: Scene, service: Obj) -> tuple[list[Obj], list[Obj]]:
    """What the pods declare, and the ports that lead to what has another name and number."""
    pods = scene.backing(service)
    spec = service.get("spec") or EMPTY
    # Without an address of its own nothing is translated.
    if not pods or spec.get("clusterIP") == "None":
        return [], []
    declared = declared_ports(pods[0]["spec"])
    led = ((port, _listener(declared, port)) for port in (spec.get("ports") or ())[:MOST_PORTS])
    return declared, [port for port, end in led if end and not _fits(port, end)]


def _is_for(declared: list[Obj], one: Obj, other: Obj) -> bool:
    """Whether the listener that another port leads to is the one that fits a port."""
    end = _listener(declared, other)
    return end is not None and _fits(one, end)


def _listener(declared: list[Obj], port: Obj) -> Obj | None:
    """What the container declares at the target of a Service's port, named or not."""
    target = str(port.get("targetPort", port.get("port")))
    known = (x for x in declared if target in (str(x.get("name")), str(x.get("containerPort"))))
    return next(known, {"containerPort": target} if target.isdigit() and declared else None)


def _fits(port: Obj, listener: Obj) -> bool:
    named = port.get("name") and port.get("name") == listener.get("name")
    return bool(named) or str(port.get("port")) == str(listener["containerPort"])


def _say_lead(declared: list[Obj], port: Obj) -> str:
    listener = _listener(declared, port) or EMPTY
    name = f" ({listener['name']})" if listener.get("name") else ""
    own = port.get("name") or port.get("port")
    return f"{own} leads to targetPort {port.get('targetPort')}{name}"


def _calls_at(scene: Scene, entity: Entity, ports: tuple[Obj, ...]) -> list[FailingCall]:
    numbers = (None, *(port.get("port") for port in ports))
    return [one for one in failing_calls_to(scene, entity) if one.target.address.port in numbers]


def _crossed_severity(scene: Scene, service: Obj, blamed: list[FailingCall]) -> Severity:
    if blamed:
        return Severity.CRITICAL
    return Severity.ERROR if edited_lately(scene, service) else Severity.WARNING


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """The workload a selector means, and the labels in which it errs."""

    workload: Entity
    ready: int
    wrong: Labels
    """Selector labels that the pods do not carry."""
    labels: Labels
    """Labels that the pods do carry."""


def selector_of(service: Obj) -> Labels:
    """The labels a Service looks for."""
    return (service.get("spec") or EMPTY).get("selector") or {}


def say_labels(labels: Labels) -> str:
    """`app=cart,tier=backend`."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


@condition(
    "service.selects_nothing",
    "Service",
    worth=0.74,
    even_mild=True,
    refuted_by="a ready address in the Service's endpoints",
)
def selects_nothing(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """No pod carries the labels a Service looks for, so it has no endpoints."""
    selector = selector_of(service)
    if not selector or scene.backing(service) or not scene.older(service, YOUNG):
        return
    if unseen := _unseen(scene, entity.namespace):
        yield from _undecided(scene, service, unseen)
        return
    # Where a workload's own pods would fit, the selector is right and the pods are missing.
    if scene.workloads_behind(service):
        return
    miss = near_miss(scene, entity, selector)
    blamed = failing_calls_to(scene, entity)
    yield Finding(
        condition="service.selects_nothing",
        entity=entity,
        claim=f"{entity} has the selector {say_labels(selector)}, which no pod matches"
        f"{_say_miss(miss)}: it has no endpoints{_say_callers(blamed)}",
        category=Category.NETWORK,
        severity=Severity.CRITICAL if (miss and miss.ready) or blamed else Severity.WARNING,
        uid=service["metadata"].get("uid", ""),
        path="spec.selector",
        since=_first_failure(blamed),
        command=f"kubectl -n {entity.namespace} get endpoints,service {entity.name} -o yaml",
        facts=_selector_facts(scene, service, miss),
    )


@condition("service.no_ready_endpoints", "Service", role=Role.SYMPTOM, worth=0.45, even_mild=True)
def no_ready_endpoints(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """The pods of a Service exist, or should, but none takes traffic."""
    if not scene.inventory.looked("Pod", entity.namespace):
        return
    pods = scene.backing(service)
    if any(is_ready(pod) for pod in pods) or not selector_of(service):
        return
    if pods and (service.get("spec") or EMPTY).get("publishNotReadyAddresses"):
        return
    behind = scene.workloads_behind(service)
    if not behind or not scene.older(service, YOUNG):
        return
    if not pods and all(_is_batch(one) for one in behind):
        return
    blamed = failing_calls_to(scene, entity)
    named = " and ".join(str(one) for one in behind[:3])
    state = f"none of the {len(pods)} pods of {named} is ready" if pods else f"{named} has no pods"
    needed = blamed or callers(scene).get(entity) or pods
    yield Finding(
        condition="service.no_ready_endpoints",
        entity=entity,
        claim=f"{entity} has no ready endpoints: {state}{_say_callers(blamed)}",
        category=Category.AVAILABILITY,
        severity=Severity.CRITICAL if needed else Severity.WARNING,
        uid=service["metadata"].get("uid", ""),
        path="subsets",
        since=_first_failure(blamed),
        command=f"kubectl -n {entity.namespace} get endpoints {entity.name} -o yaml",
        suspects=tuple(behind),
        facts={"pods": str(len(pods))},
    )


@condition(
    "service.target_port",
    "Service",
    worth=0.78,
    even_mild=True,
    refuted_by="a connection to the target port of a pod that is accepted",
)
def target_port(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """A Service sends to a port that no container of its pods opens."""
    pods = scene.backing(service)
    if not pods:
        return
    declared = [port for pod in pods for port in declared_ports(pod["spec"])]
    spec = service.get("spec") or EMPTY
    # Without an address of its own nothing is translated: callers choose the port of the pod.
    for port in () if spec.get("clusterIP") == "None" else spec.get("ports") or ():
        target = port.get("targetPort", port.get("port"))
        if not declared or _opens(declared, target):
            continue
        blamed = failing_calls_to(scene, entity)
        yield Finding(
            condition="service.target_port",
            entity=entity,
            claim=f"{entity} sends port {port.get('port')} to targetPort {target}, which no "
            f"container of its {len(pods)} pods opens; they declare {_say_ports(declared)}"
            f"{_say_callers(blamed)}",
            category=Category.NETWORK,
            severity=_port_severity(scene, service, target, blamed),
            uid=service["metadata"].get("uid", ""),
            path=f"spec.ports[{port.get('name') or port.get('port')}].targetPort",
            since=_first_failure(blamed),
            command=f"kubectl -n {entity.namespace} get service {entity.name} -o yaml",
            facts=_port_facts(service, port, declared),
        )


@condition("service.target_port", "Service")
def another_port(scene: Scene, entity: Entity, service: Obj) -> Iterator[Finding]:
    """A Service was edited and sends to another listener of the container than its port names."""
    declared, astray = _astray(scene, service)
    for port in astray:
        blamed = _calls_at(scene, entity, (port,))
        meant = [one for one in declared if _fits(port, one)]
        crossed = any(_is_for(declared, port, one) for one in astray if one is not port)
        named = (_listener(declared, port) or EMPTY).get("name")
        if not blamed or not meant or not named or crossed or not edited_lately(scene, service):
            continue
        yield Finding(
            condition="service.target_port",
            entity=entity,
            claim=f"{entity} was edited, and its port {_say_lead(declared, port)}, though its pods "
            f"declare {_say_ports(meant)}{_say_callers(blamed)}",
            category=Category.NETWORK,
            severity=Severity.CRITICAL,
            uid=service["metadata"].get("uid", ""),
            path=f"spec.ports[{port.get('name') or port.get('port')}].targetPort",
            since=_first_failure(blamed),
            command=f"kubectl -n {entity.namespace} get service {entity.name} -o yaml",
            facts=_port_facts(service, port, declared),
        )


def near_miss(scene: Scene, service: Entity, selector: Labels) -> NearMiss | None:
    """The workload that comes closest to a selector, by its labels or by the Service's name."""
    best: tuple[float, NearMiss] | None = None
    for kind in WORKLOADS:
        for item in scene.all(kind, service.namespace):
            labels = labels_of((item.get("spec") or EMPTY).get("template") or {"metadata": {}})
            same = sum(labels.get(key) == value for key, value in selector.items())
            alike = SequenceMatcher(None, service.name, item["metadata"]["name"]).ratio()
            score = same / len(selector) + (1.0 if alike > 0.99 else alike / 2)
            if (same or alike > 0.8) and (best is None or score > best[0]):
                best = score, _near(scene, entity_of(kind, item), selector, labels)
    return best[1] if best else None


def _near(scene: Scene, workload: Entity, selector: Labels, labels: Labels) -> NearMiss:
    wrong = {key: value for key, value in selector.items() if labels.get(key) != value}
    ready = len(scene.ready_pods(workload))
    return NearMiss(workload=workload, ready=ready, wrong=wrong, labels=labels)


def _selector_facts(scene: Scene, service: Obj, miss: NearMiss | None) -> dict[str, str]:
    selector = selector_of(service)
    facts = {"selector": json.dumps(dict(selector), sort_keys=True)}
    before = (last_applied(service).get("spec") or EMPTY).get("selector") or {}
    for guess in (before, _corrected(selector, miss)):
        if guess and guess != selector and _selects_one(scene, service, guess):
            facts["selector_suggested"] = json.dumps(dict(guess), sort_keys=True)
            break
    if miss:
        facts["workload"] = miss.workload.path
        facts["wrong_labels"] = say_labels(miss.wrong)
    return facts


def _corrected(selector: Labels, miss: NearMiss | None) -> Mapping[str, str]:
    """The selector with what the pods do not carry mended or left out."""
    if miss is None:
        return {}
    return {key: miss.labels[key] for key in selector if key in miss.labels}


def _selects_one(scene: Scene, service: Obj, selector: Labels) -> bool:
    found = scene.selected(selector, service["metadata"].get("namespace", ""))
    return len({scene.workload_of(pod) for pod in found}) == 1


def _say_miss(miss: NearMiss | None) -> str:
    if miss is None or not miss.wrong:
        return ""
    pods = "1 healthy pod" if miss.ready == 1 else f"{miss.ready} healthy pods"
    instead = {key: miss.labels[key] for key in miss.wrong if key in miss.labels}
    carry = f"carry {say_labels(instead)}" if instead else f"have no label {', '.join(miss.wrong)}"
    return f" (the {pods} of {miss.workload} {carry})"


def _say_callers(blamed: list[FailingCall]) -> str:
    if not blamed:
        return ""
    names = sorted({str(call.caller) for call in blamed})
    causes = sorted({call.error.cause.value for call in blamed})
    return f"; {' and '.join(names[:3])} gets {' and '.join(causes[:2])}"


def _first_failure(blamed: list[FailingCall]) -> datetime | None:
    return min((call.error.first_at for call in blamed if call.error.first_at), default=None)


def _unseen(scene: Scene, namespace: str) -> str:
    """A kind that would tell pods that are not there from pods that nobody asked for."""
    kinds = ("Pod", "Deployment", "StatefulSet")
    return next((kind for kind in kinds if not scene.inventory.looked(kind, namespace)), "")


def _undecided(scene: Scene, service: Obj, kind: str) -> Iterator[Finding]:
    entity = entity_of("Service", service)
    gap = scene.inventory.gap(kind, entity.namespace)
    if gap is None or not failing_calls_to(scene, entity):
        return
    yield Finding(
        condition="service.selects_nothing",
        entity=entity,
        claim=f"{entity} could not be checked against its {_UNSEEN[kind]}: {gap.reason}",
        category=Category.NETWORK,
        severity=Severity.INFO,
        verdict=Health.UNKNOWN,
        uid=service["metadata"].get("uid", ""),
        command=gap.command,
    )


_UNSEEN = {"Pod": "pods", "Deployment": "deployments", "StatefulSet": "stateful sets"}


def _is_batch(workload: Entity) -> bool:
    return workload.kind in ("Job", "CronJob")


def _opens(declared: list[Obj], target: object) -> bool:
    field = "name" if isinstance(target, str) and not target.isdigit() else "containerPort"
    return any(str(port.get(field)) == str(target) for port in declared)


def _say_ports(declared: list[Obj]) -> str:
    ports = {
        f"{port['containerPort']} ({port['name']})" if port.get("name") else port["containerPort"]
        for port in declared
    }
    return ", ".join(sorted(str(port) for port in ports)) or "none"


def _port_severity(
    scene: Scene, service: Obj, target: object, blamed: list[FailingCall]
) -> Severity:
    """A port nobody declares may still be open; a name that nobody declares leads nowhere."""
    if blamed or (isinstance(target, str) and not target.isdigit()):
        return Severity.CRITICAL
    edited = last_edit(service)
    age = scene.age(edited.at) if edited else None
    applied = (last_applied(service).get("spec") or EMPTY).get("ports") or ()
    changed = applied and all(str(one.get("targetPort")) != str(target) for one in applied)
    return Severity.ERROR if (age is not None and age < DAY) or changed else Severity.WARNING


def _port_facts(service: Obj, port: Obj, declared: list[Obj]) -> dict[str, str]:
    facts = {
        "port": str(port.get("name") or port.get("port")),
        "target": str(port.get("targetPort", port.get("port"))),
    }
    applied = (last_applied(service).get("spec") or EMPTY).get("ports") or ()
    before = [one.get("targetPort") for one in applied if one.get("port") == port.get("port")]
    named = [one["name"] for one in declared if one.get("name") and one["name"] == port.get("name")]
    numbers = sorted({str(one["containerPort"]) for one in declared})
    for guess in (*before, *named, *(numbers if len(numbers) == 1 else ())):
        if guess and str(guess) != facts["target"] and _opens(declared, guess):
            return {**facts, "target_suggested": str(guess)}
    return facts
