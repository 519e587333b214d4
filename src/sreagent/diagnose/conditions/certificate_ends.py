"""Certificates that end, by what exporters tell of them; what is in Secrets is never read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sreagent.diagnose.conditions.certificates import users_of
from sreagent.diagnose.conditions.ingresses import backends
from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.metrics.readings import (
    STALE,
    TOGETHER,
    Reading,
    finding,
    is_hurt,
    of,
)
from sreagent.diagnose.objects.shapes import moment, parts, word, words
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import span
from sreagent.domain.signal import Measure

SOON = 7 * 86_400
"""Seconds before its end at which a certificate should have been renewed."""
_HOLDERS = ("Secret", "Ingress", "Certificate", "Node")
_LONGEST = 3_000_000_000
"""Seconds from now, back and forth, that can be a time at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """The certificate of an object that ends first."""

    reading: Reading
    left: float
    """Seconds by the clock of Prometheus; less than none when it is over."""
    at: datetime
    names: tuple[str, ...]
    """Hosts, keys or files it is told of."""

    @property
    def said(self) -> str:
        """`for shop.example.com, which expired 2 h ago`."""
        names = ", ".join(self.names[:3])
        more = f" and {len(self.names) - 3} more" if len(self.names) > 3 else ""
        about = f" for {names}{more}" if names else ""
        end = f"expired {span(-self.left)} ago" if self.left <= 0 else f"ends in {span(self.left)}"
        return f"{about}, which {end}"


@condition(
    "certificate.ran_out",
    *_HOLDERS,
    worth=0.86,
    refuted_by="a connection that accepts the certificate (`openssl s_client`)",
)
def ran_out(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Metrics of an exporter say that a certificate is not valid any more."""
    end = _end(scene, entity, item)
    if end and end.left <= 0:
        users = users_of(scene, entity) if entity.kind == "Secret" else {}
        cut_off = [one.path for one in _cut_off(scene, entity, end)]
        explained = " ".join(dict.fromkeys((*users.get("explains", "").split(), *cut_off)))
        facts = {"explains": explained} if explained else {}
        yield _told(scene, end, "certificate.ran_out", item, Severity.CRITICAL, facts)


@condition(
    "certificate.runs_out",
    *_HOLDERS,
    worth=0.70,
    even_mild=True,
    even_near=True,
    refuted_by="a connection that shows a later end (`openssl s_client`)",
)
def runs_out(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Metrics of an exporter say that a certificate ends within a month."""
    end = _end(scene, entity, item)
    if end and end.left > 0:
        severity = Severity.WARNING if end.left < SOON else Severity.INFO
        yield _told(scene, end, "certificate.runs_out", item, severity, {})


@condition("ingress.certificate_ran_out", "Ingress", role=Role.SYMPTOM, worth=0.40)
def served_ran_out(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """An Ingress serves a host with a certificate that is not valid any more."""
    for tls in parts(item, "spec", "tls"):
        secret = Entity(kind="Secret", namespace=entity.namespace, name=word(tls, "secretName"))
        held = scene.inventory.find(secret)
        end = _end(scene, secret, held) if held else None
        if end and end.left <= 0:
            yield say(
                entity,
                item,
                "ingress.certificate_ran_out",
                f"serves {', '.join(words(tls, 'hosts')[:3]) or 'its hosts'} with the certificate "
                f"in {secret}, which expired {span(-end.left)} ago",
                category=Category.SECURITY,
                since=end.at,
                path="spec.tls",
                suspects=(secret,),
            )


def _told(
    scene: Scene, end: _End, name: str, item: Obj, severity: Severity, facts: dict[str, str]
) -> Finding:
    entity = end.reading.signal.entity
    has = {"Ingress": "is served with", "Node": "has"}.get(entity.kind, "holds")
    return finding(
        end.reading,
        name,
        f"{has} a certificate{end.said}",
        item,
        category=Category.SECURITY,
        severity=severity,
        since=end.at if end.left <= 0 else None,
        excerpt=f"{end.reading.measure}: {end.left:.0f} s, so it ends at {end.at:%Y-%m-%d %H:%M} "
        "UTC",
        suspects=tuple(_issued_by(scene, entity)),
        facts=facts,
    )


def _end(scene: Scene, entity: Entity, item: Obj) -> _End | None:
    """The first end that metrics tell of now, unless the object itself says when it is."""
    if entity.kind == "Certificate" and moment(item, "status", "notAfter"):
        return None
    found = [
        (value, at, reading)
        for reading in of(scene, entity, Measure.CERTIFICATE)
        for at, value in reading.signal.points[-1:]
        if abs(value) < _LONGEST and (scene.age(at) or 0) < 2 * STALE
    ]
    if not found:
        return None
    left, at, reading = min(found, key=lambda one: one[0])
    names = (one.signal.about for value, _, one in found if (value <= 0) == (left <= 0))
    told = tuple(dict.fromkeys(name for name in names if name))
    return _End(reading=reading, left=left, at=at + timedelta(seconds=left), names=told)


def _cut_off(scene: Scene, holder: Entity, end: _End) -> Iterator[Entity]:
    """Programs that hardly anybody reaches since then, and that do not fail themselves."""
    for ingress in scene.all("Ingress", holder.namespace):
        secrets = [word(tls, "secretName") for tls in parts(ingress, "spec", "tls")]
        if holder not in (entity_of("Ingress", ingress), *_secrets(holder.namespace, secrets)):
            continue
        for name in dict.fromkeys(one.service for one in backends(ingress)):
            service = scene.get("Service", holder.namespace, name)
            for workload in scene.workloads_behind(service) if service else ():
                rates = of(scene, workload, Measure.RATE)
                fell = [one.since for one in rates if one.fell and one.since]
                if any(at >= end.at - TOGETHER for at in fell) and not is_hurt(scene, workload):
                    yield workload


def _secrets(namespace: str, names: list[str]) -> list[Entity]:
    return [Entity(kind="Secret", namespace=namespace, name=name) for name in names]


def _issued_by(scene: Scene, entity: Entity) -> Iterator[Entity]:
    for item in scene.all("Certificate", entity.namespace) if entity.kind == "Secret" else ():
        if word(item, "spec", "secretName") == entity.name:
            yield entity_of("Certificate", item)
