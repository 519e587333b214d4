"""Certificates that ran out, run out soon, or are not issued."""

from collections.abc import Iterator
from datetime import datetime

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.objects.podspec import references, spec_of
from sreagent.diagnose.objects.shapes import moment, part, parts, since, state_of, why, word, words
from sreagent.diagnose.view.scene import WORKLOADS, Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import span

SOON = 7 * 86_400
"""Seconds before its end at which a certificate should have been renewed."""
PATIENCE = 600
"""Seconds that issuing may take."""


@condition(
    "certificate.expired",
    "Certificate",
    worth=0.88,
    even_mild=True,
    even_near=True,
    refuted_by="a connection to its host that accepts the certificate",
)
def expired(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A certificate is not valid any more, or not for much longer."""
    end = moment(item, "status", "notAfter")
    left = -(scene.age(end) or 0.0) if end else None
    if end is None or left is None or left > _margin(item, end):
        return
    names = ", ".join(words(item, "spec", "dnsNames")[:3]) or word(item, "spec", "commonName")
    ready = state_of(item, "Ready")
    said = f" ({why(ready)})" if ready.get("status") == "False" else ""
    yield Finding(
        condition="certificate.expired",
        entity=entity,
        claim=f"{entity} for {names or 'no name'} "
        + (f"expired {span(-left)} ago" if left < 0 else f"expires in {span(left)}")
        + said,
        category=Category.SECURITY,
        severity=Severity.CRITICAL if left < 0 else Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        path="status.notAfter",
        since=end if left < 0 else None,
        command=entity.get,
        tainted=bool(said),
        suspects=tuple(_broken_issuer(scene, entity, item)),
        facts={
            "secret": word(item, "spec", "secretName"),
            **users_of(scene, _secret(entity, item)),
        },
    )


@condition(
    "certificate.not_issued",
    "Certificate",
    worth=0.74,
    even_mild=True,
    even_near=True,
    refuted_by="the certificate being there and valid",
)
def not_issued(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A certificate was asked for and is not issued, or cannot be renewed."""
    ready = state_of(item, "Ready")
    age = scene.age(since(ready))
    if ready.get("status") != "False" or (age is not None and age < PATIENCE):
        return
    issuing = state_of(item, "Issuing")
    failed = issuing if word(issuing, "reason") == "Failed" else ready
    yield Finding(
        condition="certificate.not_issued",
        entity=entity,
        claim=f"{entity} is not ready: {why(failed)}",
        category=Category.SECURITY,
        severity=Severity.ERROR if not _is_valid(scene, item) else Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        path="status.conditions[Ready]",
        since=since(ready),
        command=entity.get,
        excerpt=why(failed),
        tainted=True,
        suspects=tuple(_broken_issuer(scene, entity, item)),
        facts=users_of(scene, _secret(entity, item)),
    )


@condition(
    "issuer.not_ready",
    "Issuer",
    "ClusterIssuer",
    worth=0.80,
    refuted_by="a certificate that it issues",
)
def issuer_not_ready(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Whoever issues certificates cannot."""
    ready = state_of(item, "Ready")
    age = scene.age(since(ready))
    if ready.get("status") != "False" or (age is not None and age < PATIENCE):
        return
    waiting = [one for one in scene.all("Certificate") if _is_issued_by(one, entity)]
    unready = [one for one in waiting if state_of(one, "Ready").get("status") == "False"]
    yield Finding(
        condition="issuer.not_ready",
        entity=entity,
        claim=f"{entity} cannot issue certificates: {why(ready)}"
        + (f"; {len(unready)} wait for it" if unready else ""),
        category=Category.SECURITY,
        severity=Severity.ERROR if unready else Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        path="status.conditions[Ready]",
        since=since(ready),
        command=entity.get,
        excerpt=why(ready),
        tainted=True,
    )


def _secret(entity: Entity, item: Obj) -> Entity:
    return Entity(kind="Secret", namespace=entity.namespace, name=word(item, "spec", "secretName"))


def users_of(scene: Scene, holder: Entity) -> dict[str, str]:
    """Who uses the certificate in a Secret, as a fact: Ingresses, Gateways, and programs."""
    secret, space = holder.name, holder.namespace
    found = [
        entity_of("Ingress", one)
        for one in scene.all("Ingress", space)
        if secret in [word(tls, "secretName") for tls in parts(one, "spec", "tls")]
    ]
    found += [
        entity_of("Gateway", one)
        for one in scene.all("Gateway", space)
        for listener in parts(one, "spec", "listeners")
        if secret in [word(ref, "name") for ref in parts(listener, "tls", "certificateRefs")]
    ]
    found += [
        entity_of(kind, one)
        for kind in WORKLOADS
        for one in scene.all(kind, space)
        if ("Secret", secret) in [(ref.kind, ref.name) for ref in references(spec_of(kind, one))]
    ]
    users = dict.fromkeys(one.path for one in found) if secret else {}
    return {"explains": " ".join(users)} if users else {}


def _margin(item: Obj, end: datetime) -> float:
    """When it should have been renewed, at the latest; short-lived ones are renewed later."""
    begin = moment(item, "status", "notBefore")
    life = (end - begin).total_seconds() if begin else 90 * 86_400
    return min(SOON, life / 10)


def _is_valid(scene: Scene, item: Obj) -> bool:
    end = moment(item, "status", "notAfter")
    return end is not None and end > scene.now


def _is_issued_by(item: Obj, issuer: Entity) -> bool:
    ref = part(item, "spec", "issuerRef")
    kind = word(ref, "kind") or "Issuer"
    same = kind == "ClusterIssuer" or item["metadata"].get("namespace") == issuer.namespace
    return same and (kind, word(ref, "name")) == (issuer.kind, issuer.name)


def _broken_issuer(scene: Scene, entity: Entity, item: Obj) -> Iterator[Entity]:
    ref = part(item, "spec", "issuerRef")
    kind = word(ref, "kind") or "Issuer"
    if kind not in ("Issuer", "ClusterIssuer") or not ref.get("name"):
        return
    space = entity.namespace if kind == "Issuer" else ""
    issuer = Entity(kind=kind, namespace=space, name=word(ref, "name"))
    known = scene.inventory.find(issuer)
    if scene.is_missing(issuer) or state_of(known, "Ready").get("status") == "False":
        yield issuer
