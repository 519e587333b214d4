"""NetworkPolicies, evaluated for the calls that the logs say do not get through."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY, declared_ports
from sreagent.diagnose.view.calling import FailingCall, configured_calls, failing_calls
from sreagent.diagnose.view.namespace_labels import label_lost
from sreagent.diagnose.view.scene import WORKLOADS, Labels, Scene, labels_of, once_per_scene
from sreagent.diagnose.view.selectors import matches
from sreagent.diagnose.view.targets import name_service
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import span

DAY = 86_400


class Door(NamedTuple):
    """What a connection goes to at the other end."""

    port: int
    protocol: str = "TCP"


DNS = Door(53, "UDP")
"""Resolvers ask over UDP, and over TCP only when an answer is too long."""
_DNS_LABELS = {"k8s-app": "kube-dns"}
_BLOCKED = frozenset({LogCause.TIMEOUT, LogCause.DNS_TIMEOUT, LogCause.REFUSED, LogCause.RESET})


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a connection, as policies see it."""

    namespace: str
    labels: Labels
    ip: str = ""


@condition(
    "network.policy_blocks",
    "NetworkPolicy",
    worth=0.76,
    refuted_by="the same call passing under the same policy",
)
def policy_blocks(scene: Scene, entity: Entity, policy: Obj) -> Iterator[Finding]:
    """A NetworkPolicy forbids a call that a program makes and whose failure its log tells."""
    calls = blocked_calls(scene).get(entity, [])
    if not calls:
        return
    call, said = calls[0], _blocks(scene, policy, calls[0])
    age = scene.age(_made(scene, policy))
    yield Finding(
        condition="network.policy_blocks",
        entity=entity,
        claim=f"{entity} blocks {said}; {call.caller} gets {call.error.cause.value} of "
        f"{call.error.target}, {call.error.count} times"
        + (f"; the policy is {span(age)} old" if age is not None else ""),
        category=Category.NETWORK,
        severity=Severity.CRITICAL,
        uid=policy["metadata"].get("uid", ""),
        path="spec",
        since=min((one.error.first_at for one in calls if one.error.first_at), default=None),
        command=entity.get,
        suspects=tuple(_not_admitted(scene, policy, calls)),
        facts={
            "caller": call.caller.path,
            "target": call.error.target,
            "explains": " ".join(_cut_apart(scene, calls)),
            "settled": "its rules were evaluated",
        },
    )


def _not_admitted(scene: Scene, policy: Obj, calls: Iterable[FailingCall]) -> Iterator[Entity]:
    """Namespaces that lost the label by which the policy lets their programs in."""
    lost = [call.caller.namespace for call in calls if lost_label(scene, policy, call)]
    for name in dict.fromkeys(lost):
        yield Entity(kind="Namespace", name=name)


def lost_label(scene: Scene, policy: Obj, call: FailingCall) -> str:
    """The label by which a policy would let a call in, and that the caller's namespace lost."""
    home = call.caller.namespace
    namespace = scene.get("Namespace", "", home)
    if namespace is None or home == policy["metadata"].get("namespace"):
        return ""
    _, door = _callee(scene, call)
    return label_lost(
        policy, namespace, labels_of(call.pod), lambda rule: _opens(rule.get("ports"), door)
    )


@once_per_scene
def blocked_calls(scene: Scene) -> Mapping[Entity, list[FailingCall]]:
    """The failing calls that policies forbid, by the one policy that is most to blame for each."""
    found: dict[Entity, list[FailingCall]] = defaultdict(list)
    for call, policies in _blocked(scene):
        found[max(policies, key=lambda one: _guilt(scene, one))].append(call)
    return found


def _blocked(scene: Scene) -> tuple[tuple[FailingCall, list[Entity]], ...]:
    """The failing calls that policies forbid, each with all of them."""
    known = ((call, blocking_policies(scene, call)) for call in failing_calls(scene))
    return tuple((call, policies) for call, policies in known if policies)


def _guilt(scene: Scene, entity: Entity) -> tuple[float, int, int, str]:
    """How much a policy is to blame among those that shut the same door.

    One that was edited of late more than one that was not, and one that opens the door for others
    more than one that only shuts it for everybody.
    """
    policy = scene.inventory.find(entity) or _BARE
    spec = policy.get("spec") or EMPTY
    rules = [*(spec.get("ingress") or ()), *(spec.get("egress") or ())]
    made = _made(scene, policy) if _is_fresh(scene, policy) else None
    chosen = any((spec.get("podSelector") or EMPTY).values())
    return (made.timestamp() if made else 0.0, chosen, len(rules), entity.path)


def _cut_apart(scene: Scene, calls: Iterable[FailingCall]) -> list[str]:
    """Those whose calls are blocked, and those who are not called any more."""
    found: dict[Entity, None] = {}
    for call in calls:
        end = call.target.entity
        item = scene.inventory.find(end) if end and end.kind == "Service" else None
        found |= dict.fromkeys([call.caller, *(scene.workloads_behind(item) if item else ())])
    return [one.path for one in found]


@condition(
    "network.policy_forbids",
    "NetworkPolicy",
    worth=0.70,
    even_mild=True,
    even_near=True,
    refuted_by="the same call passing under the same policy",
)
def policy_forbids(scene: Scene, entity: Entity, policy: Obj) -> Iterator[Finding]:
    """A NetworkPolicy forbids a call that a workload is configured to make."""
    shut = _shut_doors(scene).get(entity, [])
    if not shut or entity in _caught(scene):
        return
    age = scene.age(_made(scene, policy))
    pairs = [f"{one.caller} to {one.callee}" for one in shut]
    more = f" and {len(pairs) - 2} more" if len(pairs) > 2 else ""
    yield say(
        entity,
        policy,
        "network.policy_forbids",
        f"forbids calls that are configured: {', '.join(pairs[:2])}{more}"
        + (f"; the policy is {span(age)} old" if age is not None else ""),
        category=Category.NETWORK,
        severity=Severity.ERROR if _is_fresh(scene, policy) else Severity.WARNING,
        path="spec",
        since=_made(scene, policy),
        facts={
            "explains": " ".join(dict.fromkeys(one.caller.path for one in shut)),
            "settled": "its rules were evaluated",
        },
    )


@condition("workload.cut_off", *WORKLOADS, role=Role.SYMPTOM, worth=0.45)
def cut_off(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A policy that is new forbids calls to a workload, or of it."""
    guilty = [
        policy
        for policy, doors in _shut_doors(scene).items()
        if policy not in _caught(scene)
        and any(entity in (door.caller, door.behind) for door in doors)
        and _is_fresh(scene, scene.inventory.find(policy) or _BARE)
    ]
    if guilty:
        yield say(
            entity,
            item,
            "workload.cut_off",
            f"is cut off by {' and '.join(map(str, guilty[:2]))}",
            category=Category.NETWORK,
            suspects=tuple(guilty),
        )


@condition("network.default_deny", "NetworkPolicy", role=Role.REMARK)
def default_deny(_scene: Scene, entity: Entity, policy: Obj) -> Iterator[Finding]:
    """A NetworkPolicy shuts off every pod of its namespace that no other one opens."""
    spec = policy.get("spec") or EMPTY
    types = spec.get("policyTypes") or ["Ingress"]
    shut = [way for way in types if not spec.get(way.lower())]
    if not any((spec.get("podSelector") or EMPTY).values()) and shut:
        said = f"denies {' and '.join(shut).lower()} of all pods by default"
        yield say(entity, policy, "network.default_deny", said, severity=Severity.INFO, path="spec")


@condition("network.policy_selects_nothing", "NetworkPolicy", role=Role.REMARK)
def selects_nothing(scene: Scene, entity: Entity, policy: Obj) -> Iterator[Finding]:
    """A NetworkPolicy is about no pod of its namespace."""
    selector = (policy.get("spec") or EMPTY).get("podSelector")
    pods = scene.all("Pod", entity.namespace)
    if pods and not any(matches(selector, labels_of(pod)) for pod in pods):
        yield say(
            entity,
            policy,
            "network.policy_selects_nothing",
            "is about no pod of its namespace",
            severity=Severity.INFO,
            path="spec.podSelector",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutDoor:
    """A configured call that policies forbid."""

    caller: Entity
    callee: Entity
    behind: Entity
    """The workload that would answer."""


@once_per_scene
def _shut_doors(scene: Scene) -> Mapping[Entity, list[ShutDoor]]:
    found: dict[Entity, list[ShutDoor]] = defaultdict(list)
    for caller, calls in configured_calls(scene).items() if scene.all("NetworkPolicy") else ():
        pods = scene.pods(caller)
        asked = dict.fromkeys((one.target.entity, one.target.address.port) for one in calls)
        for service, port in asked if pods else ():
            if service is not None:
                for policy in _shutting(scene, pods[0], service, port):
                    behind = scene.workloads_behind(scene.inventory.find(service) or _BARE)
                    shut = ShutDoor(caller=caller, callee=service, behind=behind[0])
                    found[entity_of("NetworkPolicy", policy)].append(shut)
    return found


def _shutting(scene: Scene, pod: Obj, service: Entity, port: int | None) -> Iterator[Obj]:
    """Policies that forbid a pod to call a Service."""
    item = scene.inventory.find(service)
    if item is None or not scene.workloads_behind(item):
        return
    caller, callee = _end(pod), [_end(one) for one in scene.backing(item)]
    door = _target_port(scene, item, port)
    ends = ((caller, "Egress"), *((one, "Ingress") for one in callee[:1]))
    for policy in (one for end, way in ends for one in _isolating(scene, end, way)):
        if _way(scene, policy, caller, callee, door):
            yield policy


@once_per_scene
def _caught(scene: Scene) -> frozenset[Entity]:
    """Policies that block calls whose failure a log tells."""
    return frozenset(one for _, policies in _blocked(scene) for one in policies)


def _made(scene: Scene, policy: Obj) -> datetime | None:
    edit = last_edit(policy)
    return edit.at if edit else scene.created(policy)


def _is_fresh(scene: Scene, policy: Obj) -> bool:
    age = scene.age(_made(scene, policy))
    return age is not None and age < DAY


def blocking_policies(scene: Scene, call: FailingCall) -> list[Entity]:
    """Policies that forbid this call."""
    return [
        entity_of("NetworkPolicy", policy)
        for policy in scene.all("NetworkPolicy")
        if call.error.cause in _BLOCKED and _blocks(scene, policy, call)
    ]


def _blocks(scene: Scene, policy: Obj, call: FailingCall) -> str:
    """What of the call the policies forbid, in words, when this one takes part in it."""
    caller = _end(call.pod)
    if call.error.cause is LogCause.DNS_TIMEOUT:
        if _way(scene, policy, caller, _dns_ends(scene), DNS) == "Egress":
            return f"DNS (UDP port 53) for {call.caller}"
        return ""
    callee, port = _callee(scene, call)
    way = _way(scene, policy, caller, callee, port)
    if way == "Egress":
        return f"egress of {call.caller} to {call.error.target}"
    if way == "Ingress":
        return f"ingress from {call.caller} to {call.target.entity or call.error.target}"
    return ""


def _way(scene: Scene, policy: Obj, caller: End, callee: list[End], port: Door | None) -> str:
    """The direction in which a connection is forbidden, where this policy takes part in it."""
    if not callee:
        return ""
    if _isolates(policy, caller, "Egress") and _forbidden(scene, caller, callee, port, "Egress"):
        return "Egress"
    door = callee[0]
    if _isolates(policy, door, "Ingress") and _forbidden(scene, door, [caller], port, "Ingress"):
        return "Ingress"
    return ""


def _forbidden(scene: Scene, pod: End, others: list[End], port: Door | None, way: str) -> bool:
    """Whether no policy that isolates the pod lets it talk to any of the others."""
    isolating = _isolating(scene, pod, way)
    rules = "egress" if way == "Egress" else "ingress"
    peers = "to" if way == "Egress" else "from"
    return bool(isolating) and not any(
        _allows(scene, policy, rule.get(peers), other, rule.get("ports"), port)
        for policy in isolating
        for rule in (policy.get("spec") or EMPTY).get(rules) or ()
        for other in others
    )


def _isolating(scene: Scene, pod: End, way: str) -> list[Obj]:
    """Policies that isolate pods with these labels; worked out once for all that are alike."""
    known = _isolation(scene)
    alike = (pod.namespace, frozenset(pod.labels.items()), way)
    if alike not in known:
        policies = scene.all("NetworkPolicy", pod.namespace)
        known[alike] = [policy for policy in policies if _isolates(policy, pod, way)]
    return known[alike]


@once_per_scene
def _isolation(scene: Scene) -> dict[tuple[str, frozenset[tuple[str, str]], str], list[Obj]]:
    del scene
    return {}


def _isolates(policy: Obj, pod: End, way: str) -> bool:
    spec = policy.get("spec") or EMPTY
    types = spec.get("policyTypes") or ["Ingress"]
    here = policy["metadata"].get("namespace", "") == pod.namespace
    return here and way in types and matches(spec.get("podSelector"), pod.labels)


def _allows(
    scene: Scene,
    policy: Obj,
    peers: list[Mapping[str, Any]] | None,
    other: End,
    ports: list[Mapping[str, Any]] | None,
    port: Door | None,
) -> bool:
    named = not peers or any(_is_peer(scene, policy, peer, other) for peer in peers)
    return named and _opens(ports, port)


def _opens(ports: list[Mapping[str, Any]] | None, port: Door | None) -> bool:
    return not ports or port is None or any(_is_port(one, port) for one in ports)


def _is_peer(scene: Scene, policy: Obj, peer: Mapping[str, Any], other: End) -> bool:
    if block := peer.get("ipBlock"):
        return _is_inside(other.ip, block)
    space = policy["metadata"].get("namespace", "")
    if "namespaceSelector" in peer:
        item = scene.get("Namespace", "", other.namespace)
        # Whom a policy lets in by labels that could not be read, it may well let in.
        if item is None and other.namespace and not scene.inventory.looked("Namespace"):
            return "podSelector" not in peer or matches(peer["podSelector"], other.labels)
        labels = {"kubernetes.io/metadata.name": other.namespace, **labels_of(item or _BARE)}
        if not matches(peer["namespaceSelector"], labels):
            return False
    elif other.namespace != space:
        return False
    return "podSelector" not in peer or matches(peer["podSelector"], other.labels)


_BARE: Obj = {"metadata": {}}


def _is_inside(ip: str, block: Mapping[str, Any]) -> bool:
    try:
        address = ip_address(ip)
        inside = address in ip_network(block.get("cidr", ""))
        return inside and not any(address in ip_network(one) for one in block.get("except") or ())
    except ValueError:
        return False


def _is_port(rule: Mapping[str, Any], door: Door) -> bool:
    wanted = rule.get("port")
    # A rule that names no protocol lets TCP through, and nothing else.
    if (rule.get("protocol") or "TCP") != door.protocol:
        return False
    if wanted is None or isinstance(wanted, str):
        return True
    return int(wanted) <= door.port <= int(rule.get("endPort") or wanted)


def _end(pod: Obj) -> End:
    meta = pod["metadata"]
    ip = str((pod.get("status") or EMPTY).get("podIP") or "")
    return End(namespace=meta.get("namespace", ""), labels=labels_of(pod), ip=ip)


def _dns_ends(scene: Scene) -> list[End]:
    dns = name_service(scene)
    service = scene.inventory.find(dns)
    pods = scene.backing(service) if service else []
    return [_end(pod) for pod in pods] or [End(namespace=dns.namespace, labels=_DNS_LABELS)]


def _callee(scene: Scene, call: FailingCall) -> tuple[list[End], Door | None]:
    """The pods at the other end, and the port they are reached at."""
    entity, address = call.target.entity, call.target.address
    door = Door(address.port) if address.port else None
    if call.target.outside:
        return [End(namespace="", labels={}, ip=address.host)], door
    if entity is None:
        return [], None
    item = scene.inventory.find(entity)
    if entity.kind != "Service" or item is None:
        return [_end(pod) for pod in scene.pods(entity)], door
    return [_end(pod) for pod in scene.backing(item)], _target_port(scene, item, address.port)


def _target_port(scene: Scene, service: Obj, port: int | None) -> Door | None:
    ports = (service.get("spec") or EMPTY).get("ports") or ()
    for one in ports:
        target = one.get("targetPort", one.get("port"))
        if one.get("port") == port or len(ports) == 1:
            protocol = str(one.get("protocol") or "TCP")
            if str(target).isdigit():
                return Door(int(target), protocol)
            for pod in scene.backing(service):
                for declared in declared_ports(pod["spec"]):
                    if declared.get("name") == target:
                        return Door(int(declared["containerPort"]), protocol)
    return None
