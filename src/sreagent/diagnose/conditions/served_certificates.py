"""Secrets whose certificate callers find expired; what is in them is never read."""

import re
from collections import defaultdict
from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.objects.podspec import references, spec_of
from sreagent.diagnose.objects.shapes import word
from sreagent.diagnose.view.calling import FailingCall, failing_calls
from sreagent.diagnose.view.scene import Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.text import one_line

OFTEN = 3
_EXPIRED = re.compile(r"expired|not yet valid|NotYetValid", re.IGNORECASE)
_OF_TLS = re.compile(r"tls|ssl|cert|pki|keystore|x509", re.IGNORECASE)


@condition(
    "secret.certificate_expired",
    "Secret",
    worth=0.78,
    refuted_by="the certificate in the Secret being valid still (`openssl x509 -enddate`)",
)
def certificate_expired(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Callers of a program find the certificate expired that it serves from a Secret."""
    for workload, calls in _refused(scene).get(entity, {}).items():
        names = sorted({str(call.caller) for call in calls})
        times = sum(call.error.count for call in calls)
        first = min((one.error.first_at for one in calls if one.error.first_at), default=None)
        yield say(
            entity,
            item,
            "secret.certificate_expired",
            f"holds the certificate that {workload} serves, and {' and '.join(names[:3])} finds "
            f"it expired, {times} times: {one_line(calls[0].error.line, 160)}",
            category=Category.SECURITY,
            severity=Severity.CRITICAL,
            since=first,
            source="logs",
            command=calls[0].log.command,
            excerpt=calls[0].error.line,
            tainted=True,
            suspects=tuple(_issued_by(scene, entity)),
            facts={
                "explains": " ".join(
                    dict.fromkeys([workload.path, *(call.caller.path for call in calls)])
                ),
                "settled": "its callers say that it has expired",
            },
        )


@once_per_scene
def _refused(scene: Scene) -> dict[Entity, dict[Entity, list[FailingCall]]]:
    """By Secret and the workload that serves from it: calls that end at an expired certificate."""
    found: dict[Entity, dict[Entity, list[FailingCall]]] = defaultdict(lambda: defaultdict(list))
    for call in failing_calls(scene):
        end = call.target.entity
        item = scene.inventory.find(end) if end and end.kind == "Service" else None
        expired = call.error.cause is LogCause.CERTIFICATE and _EXPIRED.search(call.error.line)
        if not expired or item is None or call.error.count < OFTEN:
            continue
        for workload in scene.workloads_behind(item):
            if secret := _served_from(scene, workload):
                found[secret][workload].append(call)
    return found


def _served_from(scene: Scene, workload: Entity) -> Entity | None:
    """The one Secret of a workload that can hold its certificate."""
    item = scene.inventory.find(workload)
    names = {one.name for one in references(spec_of(workload.kind, item or {}))
             if one.kind == "Secret" and _OF_TLS.search(f"{one.name} {one.by}")}  # fmt: skip
    if len(names) != 1:
        return None
    return Entity(kind="Secret", namespace=workload.namespace, name=names.pop())


def _issued_by(scene: Scene, secret: Entity) -> Iterator[Entity]:
    for item in scene.all("Certificate", secret.namespace):
        if word(item, "spec", "secretName") == secret.name:
            yield entity_of("Certificate", item)
