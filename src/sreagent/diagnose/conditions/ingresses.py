"""Ingresses that nobody serves, or that send to where nobody answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.managers import last_applied
from sreagent.diagnose.objects.podspec import is_ready
from sreagent.diagnose.objects.shapes import part, parts, word, words
from sreagent.diagnose.view.freshness import edited_lately, fresh_edit
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import span

PATIENCE = 300
"""Seconds that a controller may take to serve a new Ingress."""
CLASS_NOTE = "kubernetes.io/ingress.class"
TELLING = 4
"""Characters of a path that is hardly meant by chance where a log has it."""
_ANSWERED = re.compile(r"\b(?:40[45]|50[0234])\b")
"""What those answer who do not serve a path."""
DEFAULT_NOTE = "ingressclass.kubernetes.io/is-default-class"
_WITHOUT_OBJECT = ("gce", "gce-internal")
"""Classes whose controllers have no IngressClass."""
_REDIRECTS = ("use-annotation", "ssl-redirect")
"""Port names that are settings of a controller, and no ports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Where a path of an Ingress leads."""

    path: str
    """Host and path; empty for everything else."""
    service: str
    port: str


@condition("ingress.backend", "Ingress", worth=0.82, refuted_by="a request by the path answered")
def backend(scene: Scene, entity: Entity, ingress: Obj) -> Iterator[Finding]:
    """A path leads to a Service that does not exist, or to a port that it does not have."""
    for one in dict.fromkeys(backends(ingress)):
        service = Entity(kind="Service", namespace=entity.namespace, name=one.service)
        wrong = _wrong(scene, service, one.port)
        if not wrong:
            continue
        yield Finding(
            condition="ingress.backend",
            entity=entity,
            claim=f"{entity} sends {one.path or 'everything'} to {one.service}:{one.port}, "
            f"but {wrong}",
            category=Category.NETWORK,
            severity=Severity.ERROR,
            uid=ingress["metadata"].get("uid", ""),
            path="spec.rules",
            since=fresh_edit(scene, ingress),
            command=entity.get,
            facts={
                "service": one.service,
                "port": one.port,
                **_cut_off(scene, entity, one.service),
            },
        )


@condition("ingress.no_endpoints", "Ingress", role=Role.SYMPTOM, worth=0.40)
def no_endpoints(scene: Scene, entity: Entity, ingress: Obj) -> Iterator[Finding]:
    """A path leads to a Service of which no pod is ready."""
    for name in dict.fromkeys(one.service for one in backends(ingress)):
        service = Entity(kind="Service", namespace=entity.namespace, name=name)
        item = scene.inventory.find(service)
        if item is None or not part(item, "spec", "selector") or not scene.older(item, PATIENCE):
            continue
        looked = scene.inventory.looked("Pod", entity.namespace)
        if looked and not any(is_ready(pod) for pod in scene.backing(item)):
            yield Finding(
                condition="ingress.no_endpoints",
                entity=entity,
                claim=f"{entity} answers 503 where it sends to {service}, which has no ready pod",
                category=Category.AVAILABILITY,
                severity=Severity.ERROR,
                uid=ingress["metadata"].get("uid", ""),
                path="spec.rules",
                command=entity.get,
                suspects=(service,),
            )


@condition(
    "ingress.class_missing",
    "Ingress",
    worth=0.80,
    even_mild=True,
    refuted_by="an address in the status of the Ingress",
)
def class_missing(scene: Scene, entity: Entity, ingress: Obj) -> Iterator[Finding]:
    """An Ingress asks for a class that no controller here serves."""
    asked = word(ingress, "spec", "ingressClassName")
    if not _is_unserved(scene, ingress) or not scene.inventory.looked("IngressClass"):
        return
    known = [one["metadata"]["name"] for one in scene.all("IngressClass")]
    noted = word(part(ingress, "metadata", "annotations"), CLASS_NOTE)
    if asked in known or noted or asked in _WITHOUT_OBJECT:
        return
    # Where there is no class at all, a controller may well serve whatever there is.
    default = [one for one in scene.all("IngressClass") if _is_default(one)]
    if not asked and (default or not known):
        return
    wrong = f"asks for class {asked}, which does not exist" if asked else "asks for no class"
    there = f"there is {', '.join(sorted(known)[:4])}" if known else "there is none at all"
    yield Finding(
        condition="ingress.class_missing",
        entity=entity,
        claim=f"{entity} {wrong}{'' if asked else ' and none is the default'} ({there}): "
        f"no controller serves it",
        category=Category.CONFIGURATION,
        severity=Severity.ERROR if asked and known else Severity.WARNING,
        uid=ingress["metadata"].get("uid", ""),
        path="spec.ingressClassName",
        since=fresh_edit(scene, ingress),
        command=entity.get,
        facts=({"class_suggested": known[0]} if len(known) == 1 else {})
        | _cut_off(scene, entity, *(one.service for one in backends(ingress))),
    )


@condition(
    "ingress.tls_secret_missing",
    "Ingress",
    worth=0.76,
    even_mild=True,
    refuted_by="the certificate of the host being served",
)
def tls_secret_missing(scene: Scene, entity: Entity, ingress: Obj) -> Iterator[Finding]:
    """The certificate of a host is to come from a Secret that does not exist."""
    for tls in parts(ingress, "spec", "tls"):
        secret = Entity(kind="Secret", namespace=entity.namespace, name=word(tls, "secretName"))
        if not secret.name or not scene.is_missing(secret):
            continue
        maker = _issued_by(scene, secret)
        hosts = ", ".join(words(tls, "hosts")[:3]) or "its hosts"
        yield Finding(
            condition="ingress.tls_secret_missing",
            entity=entity,
            claim=f"{entity} takes the certificate for {hosts} from {secret}, which does not exist"
            + (f"; {maker} is to make it" if maker else ""),
            category=Category.SECURITY,
            severity=Severity.ERROR if scene.older(ingress, PATIENCE) else Severity.WARNING,
            uid=ingress["metadata"].get("uid", ""),
            path="spec.tls",
            command=entity.get,
            suspects=(maker,) if maker else (),
            facts={"secret": secret.name},
        )


@condition(
    "ingress.misroute",
    "Ingress",
    worth=0.70,
    even_mild=True,
    refuted_by="the Service that is sent to answering the path rightly",
)
def misroute(scene: Scene, entity: Entity, ingress: Obj) -> Iterator[Finding]:
    """A path leads to another Service than it did, or than its name says."""
    applied = {one.path: one.service for one in backends(last_applied(ingress))}
    for one in backends(ingress):
        before = applied.get(one.path, one.service)
        why = "was applied with" if before != one.service else ""
        meant = before if why else _meant(scene, entity, one)
        right = Entity(kind="Service", namespace=entity.namespace, name=meant)
        known = scene.inventory.find(right) if meant and meant != one.service else None
        if known is None or not any(is_ready(pod) for pod in scene.backing(known)):
            continue
        if not why and not edited_lately(scene, ingress):
            continue
        age = scene.age(fresh_edit(scene, ingress))
        yield Finding(
            condition="ingress.misroute",
            entity=entity,
            claim=f"{entity} sends {one.path or 'everything'} to {one.service}, "
            f"{f'and {why} {meant}' if why else f'while {right} is there and bears its name'}"
            + (f"; it was edited {span(age)} ago" if age is not None else ""),
            category=Category.NETWORK,
            severity=Severity.ERROR,
            uid=ingress["metadata"].get("uid", ""),
            path="spec.rules",
            since=fresh_edit(scene, ingress),
            command=entity.get,
            facts={"service": one.service, "service_suggested": meant}
            | _cut_off(scene, entity, one.service, meant, asked_by=_asked_by(ingress, one))
            | ({"settled": "it was applied with another one"} if why else {}),
        )


def backends(ingress: Obj) -> Iterator[Backend]:
    """Path, Service and port of each rule, in the words of v1 and of v1beta1."""
    spec = part(ingress, "spec")
    default = part(spec, "defaultBackend") or part(spec, "backend")
    found = [("", default)] if default else []
    for rule in parts(spec, "rules"):
        host = word(rule, "host")
        paths = parts(rule, "http", "paths")
        found += [(f"{host}{word(one, 'path') or '/'}", part(one, "backend")) for one in paths]
    for path, one in found:
        port = part(one, "service", "port")
        name = word(one, "service", "name") or word(one, "serviceName")
        number = word(port, "name") or word(port, "number") or word(one, "servicePort")
        if name and number:
            yield Backend(path=path, service=name, port=number)


def hosts(ingress: Obj) -> set[str]:
    """Names by which it is called from outside."""
    found = {word(rule, "host") for rule in parts(ingress, "spec", "rules")}
    return {one for one in found if one and not one.startswith("*")}


def _wrong(scene: Scene, service: Entity, port: str) -> str:
    if port in _REDIRECTS:
        return ""
    if scene.is_missing(service):
        return f"there is no {service}"
    item = scene.inventory.find(service)
    ports = parts(item, "spec", "ports")
    known = {str(one.get(key)) for one in ports for key in ("port", "name")}
    if not ports or port in known:
        return ""
    return f"{service} serves {', '.join(str(one.get('port')) for one in ports)}"


def _asked_by(ingress: Obj, wrong: Backend) -> re.Pattern[str] | None:
    """How a log tells that somebody asked for this path in vain: by its URL, and what came."""
    path = wrong.path[wrong.path.find("/") :].rstrip("/")
    names = "|".join(map(re.escape, sorted(hosts(ingress))))
    if len(path) < TELLING or not names:
        return None
    return re.compile(rf"https?://(?:{names})(?::\d{{1,5}})?{re.escape(path)}(?![\w.-])")


def _cut_off(
    scene: Scene, ingress: Entity, *services: str, asked_by: re.Pattern[str] | None = None
) -> dict[str, str]:
    """The programs that get no requests from outside, or the wrong ones, and who asks in vain."""
    found = {
        one.path
        for name in services
        if (item := scene.get("Service", ingress.namespace, name))
        for one in scene.workloads_behind(item)
    }
    for log, reading in scene.all_logs() if asked_by else ():
        pod = scene.inventory.find(log.pod)
        told = (error.block for error in reading.errors if _ANSWERED.search(error.block))
        if pod and asked_by and any(asked_by.search(block) for block in told):
            found.add(scene.workload_of(pod).path)
    return {"explains": " ".join(sorted(found))} if found else {}


def _is_unserved(scene: Scene, ingress: Obj) -> bool:
    """Whether it has no address after a while: a controller that serves it writes one."""
    served = parts(ingress, "status", "loadBalancer", "ingress")
    return not served and scene.older(ingress, PATIENCE)


def _is_default(item: Obj) -> bool:
    return word(part(item, "metadata", "annotations"), DEFAULT_NOTE) == "true"


def _issued_by(scene: Scene, secret: Entity) -> Entity | None:
    """The Certificate that is to fill a Secret."""
    for item in scene.all("Certificate", secret.namespace):
        if word(item, "spec", "secretName") == secret.name:
            return Entity(
                kind="Certificate", namespace=secret.namespace, name=item["metadata"]["name"]
            )
    return None


def _meant(scene: Scene, entity: Entity, one: Backend) -> str:
    """The Service that a path or a host names, when the one it leads to is another."""
    host, _, path = one.path.partition("/")
    said = [text for text in (*path.split("/"), *host.split(".")[:1]) if len(text) > 2]
    names = [item["metadata"]["name"] for item in scene.all("Service", entity.namespace)]
    if any(text in one.service for text in said):
        return ""
    fits = {name for name in names for text in said[:2] if text in name.split("-")}
    return fits.pop() if len(fits) == 1 else ""
