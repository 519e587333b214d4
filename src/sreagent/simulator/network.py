"""The network of the cluster: what a container gets when it calls something."""

import ipaddress
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sreagent.simulator.behaviour import Behaviour, Dependency, External, Listen
from sreagent.simulator.containers import Life, Run
from sreagent.simulator.kinds import ENDPOINTS, NAMESPACE, NETWORK_POLICY, POD, SERVICE
from sreagent.simulator.objects import Json, labels_of, lookup, name_of, namespace_of, uid_of
from sreagent.simulator.selectors import matches_selector
from sreagent.simulator.store import Store

DNS_ADDRESS = "10.96.0.10"
DEEPEST = 6
_ADDRESS = re.compile(r"^(?:[A-Za-z0-9+.-]+://)?(?:[^@/]*@)?([^:/?,]+)(?::(\d+))?")
_NUMERIC = re.compile(r"^[0-9.]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a connection; without a namespace it is outside the cluster."""

    ip: str
    namespace: str | None = None
    labels: dict[str, str] | None = None


class Network:
    """Judges every call by the objects there are now."""

    def __init__(
        self,
        store: Store,
        lives_of: Callable[[Json], Sequence[Life]],
        is_down: Callable[[str], bool],
    ) -> None:
        self.store = store
        self.behaviour = Behaviour()
        self._lives_of = lives_of
        self._is_down = is_down

    def call(self, pod: Json, run: Run, dependency: Dependency, depth: int = 0) -> str:
        """The error a container gets from something it calls, empty when that works."""
        now = self.store.clock.now()
        if now < dependency.inactive_until:
            return ""
        host, port = _target(run, dependency)
        if not host:
            return f'parse "{run.env.get(dependency.env, "")}": empty url'
        outside = self.behaviour.external.get(host)
        if _NUMERIC.match(host):
            if outside is None:
                return self._call_address(pod, host, port)
        elif problem := self._lookup_problem(pod, host):
            return problem
        if outside is not None:
            return self._call_outside(pod, host, port, outside)
        return self._call_service(pod, host, port, dependency, depth)

    def moments(self) -> Iterator[float]:
        """When the world outside changes by itself."""
        for each in self.behaviour.external.values():
            yield each.since

    def _lookup_problem(self, pod: Json, host: str) -> str:
        dns = self.store.find(SERVICE, "kube-system", "kube-dns")
        if dns is None:
            return ""
        labels = lookup(dns, "spec.selector") or {}
        server = End(ip=DNS_ADDRESS, namespace="kube-system", labels=labels)
        reachable = self._allowed("Egress", _end(pod), server, 53, "UDP")
        if reachable and self._answering("kube-system", "kube-dns"):
            return ""
        source = 30000 + zlib.crc32(f"{uid_of(pod)}/{host}".encode()) % 30000
        address = lookup(pod, "status.podIP")
        return (
            f"dial tcp: lookup {host} on {DNS_ADDRESS}:53: read udp "
            f"{address}:{source}->{DNS_ADDRESS}:53: i/o timeout"
        )

    def _call_address(self, pod: Json, ip: str, port: int) -> str:
        service = next(
            (each for each in self.store.all(SERVICE) if lookup(each, "spec.clusterIP") == ip),
            None,
        )
        if service is None or not self._allowed("Egress", _end(pod), End(ip=ip), port, "TCP"):
            return f"dial tcp {ip}:{port}: i/o timeout"
        host = f"{name_of(service)}.{namespace_of(service)}"
        return self._call_service(pod, host, port, Dependency(host=host), 0)

    def _call_outside(self, pod: Json, host: str, port: int, outside: External) -> str:
        ip = outside.ip or f"192.0.2.{zlib.crc32(host.encode()) % 250 + 1}"
        if not self._allowed("Egress", _end(pod), End(ip=ip), port, "TCP"):
            return f"dial tcp {ip}:{port}: i/o timeout"
        if self.store.clock.now() < outside.since:
            return ""
        match outside.state:
            case "ok":
                told = ""
            case "nxdomain":
                told = _no_such_host(host)
            case "refused":
                told = f"dial tcp {ip}:{port}: connect: connection refused"
            case "timeout":
                told = f"dial tcp {ip}:{port}: i/o timeout"
            case _:
                told = outside.state
        return told

    def _call_service(
        self, pod: Json, host: str, port: int, dependency: Dependency, depth: int
    ) -> str:
        name, _, rest = host.partition(".")
        namespace = rest.partition(".")[0] or namespace_of(pod)
        domain = rest.partition(".")[2]
        service = self.store.find(SERVICE, namespace, name)
        if service is None and domain.partition(".")[0] in ("svc", "pod"):
            return _no_such_host(host)
        if service is None:
            # A StatefulSet's pod has a name under its headless Service.
            parent = host.split(".")
            named = self.store.find(SERVICE, namespace_of(pod), parent[1] if parent[1:] else "")
            if named is None or lookup(named, "spec.clusterIP") != "None":
                return _no_such_host(host)
            service = named
        if lookup(service, "spec.type") == "ExternalName":
            return self._by_name(pod, str(lookup(service, "spec.externalName")), port)
        return self._call_behind(pod, service, host, port, dependency, depth)

    def _by_name(self, pod: Json, host: str, port: int) -> str:
        outside = self.behaviour.external.get(host)
        return (
            _no_such_host(host) if outside is None else self._call_outside(pod, host, port, outside)
        )

    def _call_behind(
        self,
        pod: Json,
        service: Json,
        host: str,
        port: int,
        dependency: Dependency,
        depth: int,
    ) -> str:
        address = lookup(service, "spec.clusterIP")
        served = next(
            (each for each in service["spec"].get("ports") or () if each["port"] == port), None
        )
        headless = address == "None"
        if served is None and not headless:
            return f"dial tcp {address}:{port}: i/o timeout"
        found = list(self._behind(service, served, port if headless else None))
        if not found and headless:
            return _no_such_host(host)
        shown = f"{found[0][0]['status']['podIP'] if headless and found else address}:{port}"
        problem = f"dial tcp {shown}: connect: connection refused"
        for target, number in found:
            problem = self._reach(pod, target, number, shown)
            if not problem:
                problem = self._reply(target, number, f"http://{host}:{port}", dependency, depth)
            if not problem:
                return ""
        return problem

    def _behind(
        self, service: Json, served: Json | None, port: int | None
    ) -> Iterator[tuple[Json, int]]:
        """The ready pods behind a Service, each with the port it is called on."""
        endpoints = self.store.find(ENDPOINTS, namespace_of(service), name_of(service)) or {}
        name = (served or {}).get("name", "")
        for subset in endpoints.get("subsets") or ():
            numbers = [e["port"] for e in subset.get("ports") or () if e.get("name", "") == name]
            number = port if port is not None else next(iter(numbers), None)
            for each in subset.get("addresses") or ():
                target = each.get("targetRef") or {}
                pod = self.store.find(POD, target.get("namespace", ""), target.get("name", ""))
                if pod is not None and number is not None:
                    yield pod, number

    def _reach(self, pod: Json, target: Json, port: int, shown: str) -> str:
        here, there = _end(pod), _end(target)
        open_ = self._allowed("Egress", here, there, port, "TCP") and self._allowed(
            "Ingress", there, here, port, "TCP"
        )
        if not open_ or self._is_down(target["spec"].get("nodeName", "")):
            return f"dial tcp {shown}: i/o timeout"
        if self.listener(target, port) is None:
            return f"dial tcp {shown}: connect: connection refused"
        return ""

    def _reply(
        self, target: Json, port: int, address: str, dependency: Dependency, depth: int
    ) -> str:
        life, _ = self.listener(target, port) or (None, None)
        run = life.run if life else None
        if run is None:
            return f"unexpected EOF from {address}"
        program = run.program
        if program.serves_status >= 400:
            return f"unexpected status {program.serves_status} from {address}"
        if program.serves_latency > dependency.timeout:
            return (
                f'Get "{address}{dependency.path}": context deadline exceeded '
                "(Client.Timeout exceeded while awaiting headers)"
            )
        if depth >= DEEPEST:
            return ""
        for each in program.depends_on:
            if each.propagate and self.call(target, run, each, depth + 1):
                return f"unexpected status {each.status} from {address}"
        return ""

    def listener(self, pod: Json, port: int) -> tuple[Life, Listen] | None:
        """The container of a pod that listens on a port, and how it answers there."""
        for life in self._lives_of(pod):
            found = listens_on(life, port)
            if found is not None:
                return life, found
        return None

    def _answering(self, namespace: str, name: str) -> bool:
        endpoints = self.store.find(ENDPOINTS, namespace, name) or {}
        return any(
            not self._is_down(each.get("nodeName", ""))
            for subset in endpoints.get("subsets") or ()
            for each in subset.get("addresses") or ()
        )

    def _allowed(self, direction: str, whose: End, other: End, port: int, protocol: str) -> bool:
        """Whether the policies that select one end let it talk to the other."""
        policies = [
            each
            for each in self.store.all(NETWORK_POLICY, whose.namespace)
            if direction in policy_types(each["spec"])
            and matches_selector(each["spec"].get("podSelector") or {}, whose.labels or {})
        ]
        if not policies:
            return True
        rules, peers = ("egress", "to") if direction == "Egress" else ("ingress", "from")
        return any(
            _port_fits(rule.get("ports"), port, protocol)
            and self._peer_fits(rule.get(peers), whose, other)
            for policy in policies
            for rule in policy["spec"].get(rules) or ()
        )

    def _peer_fits(self, peers: list[Json] | None, whose: End, other: End) -> bool:
        return not peers or any(self._is_peer(peer, whose, other) for peer in peers)

    def _is_peer(self, peer: Json, whose: End, other: End) -> bool:
        if "ipBlock" in peer:
            return _in_block(peer["ipBlock"], other.ip)
        if other.namespace is None:
            return False
        chosen = peer.get("namespaceSelector")
        if chosen is None:
            if other.namespace != whose.namespace:
                return False
        elif not matches_selector(chosen, self._namespace_labels(other.namespace)):
            return False
        return "podSelector" not in peer or matches_selector(
            peer["podSelector"], other.labels or {}
        )

    def _namespace_labels(self, name: str) -> dict[str, str]:
        found = self.store.find(NAMESPACE, "", name)
        return {"kubernetes.io/metadata.name": name, **(labels_of(found) if found else {})}


def listens_on(life: Life, port: int) -> Listen | None:
    """How a container answers on a port, or None when it does not listen there."""
    run = life.run
    if run is None or run.listens_at is not None:
        return None
    listens = run.program.listens
    if listens is None:
        listens = tuple(Listen(port=e["containerPort"]) for e in life.spec.get("ports") or ())
    return next((each for each in listens if each.port == port), None)


def policy_types(spec: Json) -> list[str]:
    """The directions a NetworkPolicy is about."""
    told = spec.get("policyTypes")
    return told or ["Ingress", *(["Egress"] if "egress" in spec else [])]


def _end(pod: Json) -> End:
    ip = str(lookup(pod, "status.podIP") or "")
    return End(ip=ip, namespace=namespace_of(pod), labels=labels_of(pod))


def _target(run: Run, dependency: Dependency) -> tuple[str, int]:
    if not dependency.env:
        return dependency.host, int(dependency.port)
    found = _ADDRESS.match(run.env.get(dependency.env, ""))
    if found is None:
        return "", 0
    return found[1], int(found[2] or dependency.port)


def _no_such_host(host: str) -> str:
    return f"dial tcp: lookup {host} on {DNS_ADDRESS}:53: no such host"


def _port_fits(ports: list[Json] | None, port: int, protocol: str) -> bool:
    if not ports:
        return True
    return any(
        each.get("protocol", "TCP") == protocol
        and (
            each.get("port") in (None, port) or _within(each.get("port"), each.get("endPort"), port)
        )
        for each in ports
    )


def _within(first: object, last: object, port: int) -> bool:
    return isinstance(first, int) and isinstance(last, int) and first <= port <= last


def _in_block(block: Json, ip: str) -> bool:
    try:
        address = ipaddress.ip_address(ip)
        inside = address in ipaddress.ip_network(block["cidr"], strict=False)
        return inside and not any(
            address in ipaddress.ip_network(each, strict=False)
            for each in block.get("except") or ()
        )
    except ValueError:
        return False
