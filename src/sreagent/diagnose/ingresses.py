"""Ingresses that send to a Service or a port that is not there."""

from collections.abc import Iterator

from sreagent.diagnose.podspec import EMPTY
from sreagent.diagnose.registry import condition
from sreagent.diagnose.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj


@condition("ingress.backend", "Ingress", worth=0.82)
def backend(scene: Scene, entity: Entity, ingress: Obj) -> Iterator[Finding]:
    """A path leads to a Service that does not exist, or to a port that it does not have."""
    for path, name, port in dict.fromkeys(_backends(ingress)):
        service = Entity(kind="Service", namespace=entity.namespace, name=name)
        wrong = _wrong(scene, service, port)
        if not wrong:
            continue
        yield Finding(
            condition="ingress.backend",
            entity=entity,
            claim=f"{entity} sends {path or 'everything'} to {name}:{port}, but {wrong}",
            category=Category.NETWORK,
            severity=Severity.ERROR,
            uid=ingress["metadata"].get("uid", ""),
            path="spec.rules",
            command=entity.get,
            facts={"service": name, "port": port},
        )


def _wrong(scene: Scene, service: Entity, port: str) -> str:
    if scene.is_missing(service):
        return f"there is no {service}"
    item = scene.inventory.find(service)
    ports = ((item or EMPTY).get("spec") or EMPTY).get("ports") or ()
    known = {str(one.get(key)) for one in ports for key in ("port", "name")}
    if not ports or port in known:
        return ""
    return f"{service} serves {', '.join(str(one.get('port')) for one in ports)}"


def _backends(ingress: Obj) -> Iterator[tuple[str, str, str]]:
    """Path, Service and port of each rule, in the words of v1 and of v1beta1."""
    spec = ingress.get("spec") or EMPTY
    default = spec.get("defaultBackend") or spec.get("backend")
    found = [("", default)] if default else []
    for rule in spec.get("rules") or ():
        host = rule.get("host") or ""
        paths = (rule.get("http") or EMPTY).get("paths") or ()
        found += [(f"{host}{one.get('path') or '/'}", one.get("backend") or EMPTY) for one in paths]
    for path, one in found:
        service = one.get("service") or {}
        port = service.get("port") or {}
        name = service.get("name") or one.get("serviceName")
        number = port.get("name") or port.get("number") or one.get("servicePort")
        if name and number:
            yield path, str(name), str(number)
