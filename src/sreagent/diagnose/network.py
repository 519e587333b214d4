"""NetworkPolicies, evaluated for the calls that the logs say do not get through."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from sreagent.diagnose.calling import FailingCall, failing_calls
from sreagent.diagnose.log_patterns import LogCause
from sreagent.diagnose.managers import last_edit
from sreagent.diagnose.podspec import EMPTY, declared_ports
from sreagent.diagnose.registry import condition
from sreagent.diagnose.scene import Labels, Scene, labels_of
from sreagent.diagnose.selectors import matches
from sreagent.diagnose.targets import name_service
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import span

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
    for call in failing_calls(scene):
        if call.error.cause not in _BLOCKED:
            continue
        blocked = _blocks(scene, policy, call)
        if not blocked:
            continue
        edit = last_edit(policy)
        since = edit.at if edit else scene.created(policy)
        age = scene.age(since)
        yield Finding(
            condition="network.policy_blocks",
            entity=entity,
            claim=f"{entity} blocks {blocked}; {call.caller} gets {call.error.cause.value} of "
            f"{call.error.target}, {call.error.count} times"
            + (f"; the policy is {span(age)} old" if age is not None else ""),
            category=Category.NETWORK,
            severity=Severity.CRITICAL,
            uid=policy["metadata"].get("uid", ""),
            path="spec",
            since=call.error.first_at,
            command=entity.get,
            facts={
                "caller": call.caller.path,
                "target": call.error.target,
                "settled": "its rules were evaluated",
            },
        )
        return


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
        dns = _dns_ends(scene)
        if _isolates(policy, caller, "Egress") and _forbidden(scene, caller, dns, 53, "Egress"):
            return f"DNS (port 53) for {call.caller}"
        return ""
    callee, port = _callee(scene, call)
    if not callee:
        return ""
    if _isolates(policy, caller, "Egress") and _forbidden(scene, caller, callee, port, "Egress"):
        return f"egress of {call.caller} to {call.error.target}"
    if _isolates(policy, callee[0], "Ingress") and _forbidden(
        scene, callee[0], [caller], port, "Ingress"
    ):
        return f"ingress from {call.caller} to {call.target.entity or call.error.target}"
    return ""


def _forbidden(scene: Scene, pod: End, others: list[End], port: int | None, way: str) -> bool:
    """Whether no policy that isolates the pod lets it talk to any of the others."""
    isolating = [
        policy
        for policy in scene.all("NetworkPolicy", pod.namespace)
        if _isolates(policy, pod, way)
    ]
    rules = "egress" if way == "Egress" else "ingress"
    peers = "to" if way == "Egress" else "from"
    return bool(isolating) and not any(
        _allows(scene, policy, rule.get(peers), other, rule.get("ports"), port)
        for policy in isolating
        for rule in (policy.get("spec") or EMPTY).get(rules) or ()
        for other in others
    )


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
    port: int | None,
) -> bool:
    named = not peers or any(_is_peer(scene, policy, peer, other) for peer in peers)
    return named and (not ports or port is None or any(_is_port(one, port) for one in ports))


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


def _is_port(rule: Mapping[str, Any], port: int) -> bool:
    wanted = rule.get("port")
    if wanted is None or isinstance(wanted, str):
        return True
    return int(wanted) <= port <= int(rule.get("endPort") or wanted)


def _end(pod: Obj) -> End:
    meta = pod["metadata"]
    ip = str((pod.get("status") or EMPTY).get("podIP") or "")
    return End(namespace=meta.get("namespace", ""), labels=labels_of(pod), ip=ip)


def _dns_ends(scene: Scene) -> list[End]:
    dns = name_service(scene)
    service = scene.inventory.find(dns)
    pods = scene.backing(service) if service else []
    return [_end(pod) for pod in pods] or [End(namespace=dns.namespace, labels=_DNS_LABELS)]


def _callee(scene: Scene, call: FailingCall) -> tuple[list[End], int | None]:
    """The pods at the other end, and the port they are reached at."""
    entity, address = call.target.entity, call.target.address
    if call.target.outside:
        return [End(namespace="", labels={}, ip=address.host)], address.port
    if entity is None:
        return [], None
    item = scene.inventory.find(entity)
    if entity.kind != "Service" or item is None:
        return [_end(pod) for pod in scene.pods(entity)], address.port
    return [_end(pod) for pod in scene.backing(item)], _target_port(scene, item, address.port)


def _target_port(scene: Scene, service: Obj, port: int | None) -> int | None:
    ports = (service.get("spec") or EMPTY).get("ports") or ()
    for one in ports:
        target = one.get("targetPort", one.get("port"))
        if one.get("port") == port or len(ports) == 1:
            if str(target).isdigit():
                return int(target)
            for pod in scene.backing(service):
                for declared in declared_ports(pod["spec"]):
                    if declared.get("name") == target:
                        return int(declared["containerPort"])
    return None
