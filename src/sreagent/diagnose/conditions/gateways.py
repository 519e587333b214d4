"""The Gateway API: gateways that nobody runs, and routes that lead nowhere."""

from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.objects.podspec import is_ready
from sreagent.diagnose.objects.shapes import part, parts, since, state_of, whole, why, word
from sreagent.diagnose.view.scene import Scene, labels_of
from sreagent.diagnose.view.selectors import matches
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of

PATIENCE = 180
"""Seconds that a controller may take to accept something new."""


@condition("gatewayclass.not_accepted", "GatewayClass", worth=0.78, even_mild=True)
def class_not_accepted(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """No controller runs gateways of a class."""
    state = state_of(item, "Accepted")
    if state.get("status") == "True" or not scene.older(item, PATIENCE):
        return
    used = [one for one in scene.all("Gateway") if _class_of(one) == entity.name]
    yield say(
        entity,
        item,
        "gatewayclass.not_accepted",
        f"is not accepted: {why(state) if state else 'no controller reports on it'}",
        category=Category.NETWORK,
        severity=Severity.ERROR if used else Severity.WARNING,
        path="status.conditions[Accepted]",
        since=since(state),
        tainted=bool(state),
        facts={"explains": " ".join(entity_of("Gateway", one).path for one in used)},
    )


@condition("gateway.class_missing", "Gateway", worth=0.82, even_mild=True)
def class_missing(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A Gateway is of a class that does not exist."""
    kind = Entity(kind="GatewayClass", name=_class_of(item))
    if kind.name and scene.is_missing(kind):
        yield say(
            entity,
            item,
            "gateway.class_missing",
            f"is of class {kind.name}, which does not exist: no controller runs it",
            category=Category.NETWORK,
            path="spec.gatewayClassName",
        )


@condition(
    "gateway.not_programmed",
    "Gateway",
    worth=0.76,
    even_mild=True,
    refuted_by="a connection to the Gateway that is taken",
)
def not_programmed(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A Gateway was not accepted, or is not brought to whoever carries its traffic."""
    for name in ("Accepted", "Programmed"):
        state = state_of(item, name)
        age = scene.age(since(state))
        if state.get("status") != "False" or (age is not None and age < PATIENCE):
            continue
        known = Entity(kind="GatewayClass", name=_class_of(item))
        bad = state_of(scene.inventory.find(known), "Accepted").get("status") == "False"
        yield say(
            entity,
            item,
            "gateway.not_programmed",
            f"is not {name.lower()}: {why(state)}",
            category=Category.NETWORK,
            path=f"status.conditions[{name}]",
            since=since(state),
            excerpt=why(state),
            tainted=True,
            suspects=(known,) if bad else (),
        )
        return


@condition("gateway.listener", "Gateway", worth=0.76, even_mild=True)
def listener(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A listener of a Gateway is in conflict, or what it refers to is not there."""
    for one in parts(item, "status", "listeners"):
        for name, bad in (("ResolvedRefs", "False"), ("Conflicted", "True"), ("Accepted", "False")):
            state = state_of(one, name, "conditions")
            if state.get("status") == bad:
                yield say(
                    entity,
                    item,
                    "gateway.listener",
                    f"has listener {word(one, 'name')} with {name}={bad}: {why(state)}",
                    category=Category.NETWORK,
                    path=f"status.listeners[{word(one, 'name')}]",
                    since=since(state),
                    excerpt=why(state),
                    tainted=True,
                )


@condition("route.gateway_missing", "HTTPRoute", worth=0.82, even_mild=True)
def gateway_missing(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A route hangs on a Gateway that does not exist."""
    for _, gateway in _gateways(entity, item):
        if scene.is_missing(gateway):
            yield say(
                entity,
                item,
                "route.gateway_missing",
                f"hangs on {gateway}, which does not exist",
                category=Category.NETWORK,
                path="spec.parentRefs",
            )


@condition("route.not_admitted", "HTTPRoute", worth=0.80, even_mild=True)
def not_admitted(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """No listener of the Gateway takes routes of this namespace."""
    for ref, gateway in _gateways(entity, item):
        found = scene.inventory.find(gateway)
        listeners = [
            one
            for one in parts(found, "spec", "listeners")
            if not ref.get("sectionName") or one.get("name") == ref.get("sectionName")
        ]
        takes = [_takes(scene, one, gateway.namespace, entity.namespace) for one in listeners]
        if found and listeners and all(one is False for one in takes):
            yield say(
                entity,
                item,
                "route.not_admitted",
                f"hangs on {gateway}, none of whose listeners takes routes of namespace "
                f"{entity.namespace}",
                category=Category.NETWORK,
                path="spec.parentRefs",
            )


@condition("route.backend", "HTTPRoute", worth=0.82, even_mild=True)
def backend(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A route leads to a Service or a port that is not there, or that it may not name."""
    for ref, service in _services(entity, item):
        wrong = _wrong(scene, entity, ref, service)
        if wrong:
            yield say(
                entity,
                item,
                "route.backend",
                f"sends requests to {service.name}:{whole(ref, 'port') or '?'}, but {wrong}",
                category=Category.NETWORK,
                path="spec.rules[].backendRefs",
                facts={"service": service.name, "port": str(whole(ref, "port") or "")},
            )


@condition("route.no_endpoints", "HTTPRoute", role=Role.SYMPTOM, worth=0.40)
def no_endpoints(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A route leads to a Service of which no pod is ready."""
    for _, service in _services(entity, item):
        known = scene.inventory.find(service)
        looked = scene.inventory.looked("Pod", service.namespace)
        if not known or not looked or not part(known, "spec", "selector"):
            continue
        if scene.older(known, PATIENCE) and not any(is_ready(one) for one in scene.backing(known)):
            yield say(
                entity,
                item,
                "route.no_endpoints",
                f"answers 503 where it sends to {service}, which has no ready pod",
                category=Category.AVAILABILITY,
                path="spec.rules",
                suspects=(service,),
            )


@condition("route.refused", "HTTPRoute", worth=0.72, even_mild=True)
def refused(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The controller of a Gateway does not take a route, or not all of it."""
    for parent in parts(item, "status", "parents"):
        for name in ("Accepted", "ResolvedRefs"):
            state = state_of(parent, name, "conditions")
            age = scene.age(since(state))
            if state.get("status") == "False" and (age is None or age > PATIENCE):
                yield say(
                    entity,
                    item,
                    "route.refused",
                    f"has {name}=False at gateway {word(parent, 'parentRef', 'name')}: "
                    f"{why(state)}",
                    category=Category.NETWORK,
                    path="status.parents",
                    since=since(state),
                    excerpt=why(state),
                    tainted=True,
                )


def _class_of(item: Obj) -> str:
    return word(item, "spec", "gatewayClassName")


def _gateways(route: Entity, item: Obj) -> Iterator[tuple[Obj, Entity]]:
    """Gateways that a route hangs on; a mesh hangs routes on Services."""
    for ref in parts(item, "spec", "parentRefs"):
        if (word(ref, "kind") or "Gateway") == "Gateway" and ref.get("name"):
            space = word(ref, "namespace") or route.namespace
            yield ref, Entity(kind="Gateway", namespace=space, name=word(ref, "name"))


def _services(route: Entity, item: Obj) -> Iterator[tuple[Obj, Entity]]:
    for rule in parts(item, "spec", "rules"):
        for ref in parts(rule, "backendRefs"):
            if (word(ref, "kind") or "Service") == "Service" and not word(ref, "group"):
                space = word(ref, "namespace") or route.namespace
                yield ref, Entity(kind="Service", namespace=space, name=word(ref, "name"))


def _takes(scene: Scene, one: Obj, gateway: str, route: str) -> bool | None:
    """Whether a listener takes routes of a namespace; None when nobody can tell."""
    allowed = part(one, "allowedRoutes", "namespaces")
    which = word(allowed, "from") or "Same"
    if which != "Selector":
        return which == "All" or (which == "Same" and gateway == route)
    space = scene.get("Namespace", "", route)
    if space is None:
        return None
    labels = {"kubernetes.io/metadata.name": route, **labels_of(space)}
    return matches(part(allowed, "selector"), labels)


def _wrong(scene: Scene, route: Entity, ref: Obj, service: Entity) -> str:
    if scene.is_missing(service):
        return f"there is no {service}"
    if service.namespace != route.namespace and _is_not_granted(scene, route, service):
        return f"no ReferenceGrant of namespace {service.namespace} lets it name that Service"
    ports = [one.get("port") for one in parts(scene.inventory.find(service), "spec", "ports")]
    port = whole(ref, "port")
    if not ports or port is None or port in ports:
        return ""
    return f"{service} serves {', '.join(map(str, ports))}"


def _is_not_granted(scene: Scene, route: Entity, service: Entity) -> bool:
    if not scene.inventory.looked("ReferenceGrant", service.namespace):
        return False
    return not any(
        any(
            word(one, "kind") == "HTTPRoute" and word(one, "namespace") == route.namespace
            for one in parts(grant, "spec", "from")
        )
        and any(
            word(one, "kind") == "Service" and word(one, "name") in ("", service.name)
            for one in parts(grant, "spec", "to")
        )
        for grant in scene.all("ReferenceGrant", service.namespace)
    )
