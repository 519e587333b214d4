"""Who an address belongs to: a Service, a pod, nobody, or somebody outside the cluster."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from sreagent.diagnose.logs.addresses import Address, addresses, parse_address
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.logs.reading import LogError
from sreagent.diagnose.objects.podspec import EMPTY, container_specs, env_values, spec_of
from sreagent.diagnose.view.corefile import wrong_answers
from sreagent.diagnose.view.denials import guilty_of
from sreagent.diagnose.view.scene import Scene, labels_of
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, entity_of

_HERE = ("localhost", "localhost.localdomain")
_ADDRESS_NAMES = ("HOST", "ADDR", "URL", "URI", "ENDPOINT", "SERVER", "SERVICE", "UPSTREAM", "DSN")
_LARGEST_CONFIG = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is known of the other end of a connection."""

    address: Address
    entity: Entity | None = None
    """The Service (there or missing) or the workload that the address means."""
    missing: bool = False
    """The Service does not exist, and we looked."""
    outside: bool = False
    """Not a name of this cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An address that a workload is configured with."""

    target: Target
    by: str
    """`env PAYMENT_URL`, `args`, `ConfigMap settings`."""


def resolve(scene: Scene, namespace: str, address: Address) -> Target:
    """Find out who an address means for a pod of this namespace."""
    if address.is_ip:
        return _resolve_ip(scene, address)
    named = service_name(scene, namespace, address.host)
    if named is None:
        return Target(address=address, outside=_is_outside(scene, address.host))
    return Target(address=address, entity=named, missing=scene.is_missing(named))


def resolve_error(scene: Scene, namespace: str, error: LogError) -> Target | None:
    """Who a log error is about; None when it names nobody."""
    return resolve(scene, namespace, parse_address(error.target)) if error.target else None


def suspects_of(scene: Scene, namespace: str, error: LogError) -> tuple[Entity, ...]:
    """Who is to blame for a log error, if it is true: the other end, what names it, or a role."""
    if error.cause is LogCause.DNS_TIMEOUT:
        return (name_service(scene), *_misnamed(scene, None))
    if error.cause is LogCause.FORBIDDEN:
        return tuple(guilty_of(scene, error.block))
    target = resolve_error(scene, namespace, error)
    if target is None or target.entity is None:
        return ()
    by_name = error.cause is LogCause.NO_SUCH_HOST and not target.missing
    return (target.entity, *(_misnamed(scene, target.entity) if by_name else ()))


def _misnamed(scene: Scene, service: Entity | None) -> Iterator[Entity]:
    """Configurations of the name server that answer wrongly about a Service, or about all."""
    for wrong in wrong_answers(scene):
        if service is None or wrong.is_about(service):
            yield wrong.config


def name_service(scene: Scene) -> Entity:
    """The Service that resolves names in this cluster."""
    for service in scene.all("Service"):
        if labels_of(service).get("k8s-app") in ("kube-dns", "coredns"):
            return entity_of("Service", service)
    return Entity(kind="Service", namespace="kube-system", name="kube-dns")


def service_name(scene: Scene, namespace: str, host: str) -> Entity | None:
    """The Service a host name means, whether it exists or not; None for names from outside."""
    if host in _HERE:
        return None
    parts = host.split(".")
    if "svc" in parts[2:4]:
        at = parts.index("svc", 2)
        return Entity(kind="Service", namespace=parts[at - 1], name=parts[at - 2])
    if len(parts) == 1:
        return Entity(kind="Service", namespace=namespace, name=host)
    if len(parts) == 2 and scene.get("Service", namespace, parts[1]):
        return Entity(kind="Service", namespace=namespace, name=parts[1])
    if len(parts) == 2 and _is_namespace(scene, parts[1]):
        return Entity(kind="Service", namespace=parts[1], name=parts[0])
    return None


def calls(scene: Scene, workload: Entity) -> Iterator[Call]:
    """Services that a workload is configured to call."""
    for call in addressed(scene, workload):
        if call.target.entity and call.target.entity.kind == "Service":
            yield call


def addressed(scene: Scene, workload: Entity) -> Iterator[Call]:
    """Addresses in the environment, the arguments and the ConfigMaps of a workload."""
    item = scene.inventory.find(workload)
    if item is None:
        return
    spec = spec_of(workload.kind, item)
    for by, address in _configured(scene, workload.namespace, spec):
        yield Call(target=resolve(scene, workload.namespace, address), by=by)


def callees(scene: Scene, workload: Entity) -> set[Entity]:
    """Services that exist and that a workload is configured to call."""
    return {
        call.target.entity
        for call in calls(scene, workload)
        if call.target.entity and not call.target.missing
    }


def _configured(scene: Scene, namespace: str, spec: Obj) -> Iterator[tuple[str, Address]]:
    for container in container_specs(spec):
        for name, value in env_values(container).items():
            yield from ((f"env {name}", address) for address in _values(name, value))
        words = [*(container.get("command") or ()), *(container.get("args") or ())]
        for address in addresses(" ".join(map(str, words))):
            yield "args", address
    for name in sorted(config_maps(spec)):
        config = scene.get("ConfigMap", namespace, name) or EMPTY
        for key, text in (config.get("data") or {}).items():
            for address in _values(key, str(text)[:_LARGEST_CONFIG]):
                yield f"ConfigMap {name} key {key}", address


def config_maps(spec: Obj) -> set[str]:
    """Names of all ConfigMaps that a pod spec uses, optional ones included."""
    names = set()
    for container in container_specs(spec):
        for source in container.get("envFrom") or ():
            names.add((source.get("configMapRef") or EMPTY).get("name"))
        for one in container.get("env") or ():
            source = one.get("valueFrom") or EMPTY
            names.add((source.get("configMapKeyRef") or EMPTY).get("name"))
    for volume in spec.get("volumes") or ():
        projected = (volume.get("projected") or EMPTY).get("sources") or ()
        for source in (volume, *projected):
            names.add((source.get("configMap") or EMPTY).get("name"))
    return {name for name in names if name}


def _values(name: str, value: str) -> Iterator[Address]:
    found = list(addresses(value))
    bare = value.strip()
    looks_like_one = any(word in name.upper() for word in _ADDRESS_NAMES)
    if not found and looks_like_one and bare and len(bare) < 254 and _is_name(bare):
        found = [Address(bare.lower())]
    yield from found


def _is_name(text: str) -> bool:
    return text.replace("-", "").replace(".", "").isalnum() and not text.isdigit()


def _is_namespace(scene: Scene, name: str) -> bool:
    known = scene.inventory.get("Namespace", "", name) is not None
    return known or name in scene.inventory.namespaces


def _resolve_ip(scene: Scene, address: Address) -> Target:
    service = scene.services_by_ip.get(address.host)
    if address.host in scene.nodes_by_ip:
        service = scene.services_by_node_port.get(address.port or 0)
    if service:
        meta = service["metadata"]
        entity = Entity(kind="Service", namespace=meta.get("namespace", ""), name=meta["name"])
        return Target(address=address, entity=entity)
    if pod := scene.pods_by_ip.get(address.host):
        return Target(address=address, entity=scene.workload_of(pod))
    return Target(address=address, outside=_is_outside_ip(scene, address.host))


def _is_outside(scene: Scene, host: str) -> bool:
    """Whether a name is of no Service; two words may be one in a namespace nobody could list."""
    if host in _HERE:
        return False
    return host.count(".") != 1 or scene.inventory.gap("Namespace") is None


def _is_outside_ip(scene: Scene, host: str) -> bool:
    """Whether a number is of nobody here: private ones only when all who have one are known."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    hidden = any(gap.what in ("Service", "Pod", "Node") for gap in scene.inventory.gaps)
    return not address.is_loopback and (address.is_global or not hidden)
