"""Admission webhooks: who must be asked before an object is stored, and does not answer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.podspec import is_ready
from sreagent.diagnose.objects.shapes import part, parts, whole, word, words
from sreagent.diagnose.objects.trust import trusted_until
from sreagent.diagnose.view.scene import Scene, last_seen, once_per_scene
from sreagent.diagnose.view.selectors import matches
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import span
from sreagent.domain.text import one_line

STILL = 900
"""Seconds since the last refusal in which it counts."""
YOUNG = 120
"""Seconds in which what answers a webhook may start."""
PATIENCE = 30
"""Seconds that the API server gives all webhooks of one request together."""
DEFAULT_TIMEOUT = 10
CONFIGURATIONS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
_CALL_FAILED = re.compile(r"failed calling webhook \"([^\"]{1,253})\"(.{0,600})", re.DOTALL)
_CERTIFICATE = ("x509:", "certificate", "tls:")
_SLOW = ("context deadline exceeded", "did not complete", "Client.Timeout")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A message of the API server that a request did not get past admission."""

    about: Entity
    """Who made the request: a ReplicaSet, a StatefulSet, …"""
    workload: Entity
    text: str


@once_per_scene
def refusals(scene: Scene) -> tuple[Refusal, ...]:
    """Requests that failed in admission lately, by events and by conditions."""
    return tuple({one.about: one for one in _refusals(scene)}.values())


def backends(scene: Scene) -> list[Entity]:
    """Services that answer webhooks whose calls failed, or that see pods being made."""
    found = []
    for kind in CONFIGURATIONS:
        for item in scene.all(kind):
            failing = _failing(scene, item)
            for hook in parts(item, "webhooks"):
                service = asked_service(hook)
                if service and (word(hook, "name") in failing or _sees_pods(hook)):
                    found.append(service)
    return list(dict.fromkeys(found))


@condition(
    "webhook.backend",
    *CONFIGURATIONS,
    worth=0.86,
    even_mild=True,
    refuted_by="an object of the kinds it asks about that is stored nevertheless",
)
def dead_backend(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """An admission webhook must be asked, and nobody is there to answer."""
    failing = _failing(scene, item)
    for hook in parts(item, "webhooks"):
        dead = nobody_answers(scene, hook)
        refused = failing.get(word(hook, "name"), [])
        if not dead or not _must_answer(hook):
            continue
        yield Finding(
            condition="webhook.backend",
            entity=entity,
            claim=f"{entity} has every {_what(hook)} checked by webhook {word(hook, 'name')} "
            f"(failurePolicy Fail), and {dead}{_say_refused(refused)}",
            category=Category.CONFIGURATION,
            severity=Severity.CRITICAL if refused else Severity.WARNING,
            uid=word(item, "metadata", "uid"),
            path=f"webhooks[{word(hook, 'name')}].clientConfig",
            command=entity.get,
            suspects=tuple(filter(None, [asked_service(hook)])),
            facts=_facts(hook, refused),
        )


@condition(
    "webhook.fails",
    *CONFIGURATIONS,
    worth=0.84,
    refuted_by="a call of the webhook that is answered",
)
def failing_calls(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Calls of an admission webhook fail: its certificate, its address or its answers."""
    failing = _failing(scene, item)
    for hook in parts(item, "webhooks"):
        refused = failing.get(word(hook, "name"), [])
        if not refused or nobody_answers(scene, hook):
            continue
        said = _CALL_FAILED.search(refused[0].text)
        yield Finding(
            condition="webhook.fails",
            entity=entity,
            claim=f"{entity} has webhook {word(hook, 'name')}, whose calls fail"
            f"{_reason(refused[0].text)}{_say_refused(refused)}",
            category=Category.SECURITY if _is_certificate(refused[0].text) else Category.NETWORK,
            severity=Severity.CRITICAL,
            uid=word(item, "metadata", "uid"),
            path=f"webhooks[{word(hook, 'name')}].clientConfig.caBundle"
            if _is_certificate(refused[0].text)
            else f"webhooks[{word(hook, 'name')}]",
            command=entity.get,
            excerpt=one_line(said[0] if said else refused[0].text, 400),
            tainted=True,
            suspects=tuple(filter(None, [asked_service(hook)])),
            facts=_facts(hook, refused),
        )


@condition(
    "webhook.timeouts_add_up",
    *CONFIGURATIONS,
    worth=0.72,
    refuted_by="a request that is answered within the time of one webhook",
)
def timeouts_add_up(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Webhooks that do not answer take together longer than a request may."""
    late = [one for one in refusals(scene) if any(sign in one.text for sign in _SLOW)]
    if not late or _failing(scene, item) or entity not in slow_together(scene):
        return
    dead = [hook for hook in _all_hooks(scene) if _is_skipped_late(scene, hook)]
    spent = sum(_timeout(hook) for hook in dead)
    mine = [hook for hook in parts(item, "webhooks") if hook in dead]
    yield Finding(
        condition="webhook.timeouts_add_up",
        entity=entity,
        claim=f"{entity} has {len(mine)} of {len(dead)} webhooks that are asked about pods and do "
        f"not answer; waiting for all takes up to {spent} s, and a request may take {PATIENCE} s"
        f"{_say_refused(late)}",
        category=Category.CONFIGURATION,
        severity=Severity.CRITICAL,
        uid=word(item, "metadata", "uid"),
        path="webhooks[].timeoutSeconds",
        command=entity.get,
        facts=_facts(mine[0], late),
    )


@once_per_scene
def slow_together(scene: Scene) -> tuple[Entity, ...]:
    """Configurations of webhooks that do not answer, when waiting for all takes too long."""
    dead = [hook for hook in _all_hooks(scene) if _is_skipped_late(scene, hook)]
    if sum(_timeout(hook) for hook in dead) < PATIENCE:
        return ()
    return tuple(
        entity_of(kind, item)
        for kind in CONFIGURATIONS
        for item in scene.all(kind)
        if any(hook in dead for hook in parts(item, "webhooks"))
    )


def _is_skipped_late(scene: Scene, hook: Obj) -> bool:
    return bool(nobody_answers(scene, hook)) and _sees_pods(hook)


@condition(
    "webhook.ca_expired",
    *CONFIGURATIONS,
    worth=0.82,
    even_mild=True,
    refuted_by="a call of the webhook that is answered",
)
def ca_expired(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The certificates by which the API server knows a webhook are not valid any more."""
    failing = _failing(scene, item)
    for hook in parts(item, "webhooks"):
        end = trusted_until(hook, "clientConfig", "caBundle")
        if end is None or end > scene.now:
            continue
        refused = failing.get(word(hook, "name"), [])
        yield Finding(
            condition="webhook.ca_expired",
            entity=entity,
            claim=f"{entity} has webhook {word(hook, 'name')}, whose caBundle expired "
            f"{span(scene.now - end)} ago{_say_refused(refused)}",
            category=Category.SECURITY,
            severity=Severity.CRITICAL if refused else Severity.WARNING,
            uid=word(item, "metadata", "uid"),
            path=f"webhooks[{word(hook, 'name')}].clientConfig.caBundle",
            since=end,
            command=entity.get,
            facts=_facts(hook, refused),
        )


@condition("webhook.unready_backend", *CONFIGURATIONS, role=Role.REMARK)
def unready_backend(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """An admission webhook that may be skipped has nobody to answer it."""
    for hook in parts(item, "webhooks"):
        dead = nobody_answers(scene, hook)
        if dead and not _must_answer(hook):
            yield Finding(
                condition="webhook.unready_backend",
                entity=entity,
                claim=f"{entity}: webhook {word(hook, 'name')} is skipped, for {dead}; each "
                f"request may wait {_timeout(hook)} s for it",
                category=Category.CONFIGURATION,
                severity=Severity.INFO,
                uid=word(item, "metadata", "uid"),
                path=f"webhooks[{word(hook, 'name')}]",
                command=entity.get,
            )


def _refusals(scene: Scene) -> Iterator[Refusal]:
    for kind in ("ReplicaSet", "StatefulSet", "DaemonSet", "Job"):
        for item in scene.all(kind):
            for event in scene.events(item, "FailedCreate", within=STILL):
                seen = last_seen(event)
                if seen is None or (scene.age(seen) or 0) < STILL:
                    yield _refusal(scene, kind, item, word(event, "message", limit=1200))
            for state in parts(item, "status", "conditions"):
                if state.get("type") == "ReplicaFailure" and state.get("status") == "True":
                    yield _refusal(scene, kind, item, word(state, "message", limit=1200))


def _refusal(scene: Scene, kind: str, item: Obj, text: str) -> Refusal:
    meta = item["metadata"]
    about = Entity(kind=kind, namespace=meta.get("namespace", ""), name=meta["name"])
    return Refusal(about=about, workload=scene.inventory.workload_of(kind, item), text=text)


def _failing(scene: Scene, item: Obj) -> dict[str, list[Refusal]]:
    """Refusals by the webhook of this configuration that they name."""
    own = {word(hook, "name") for hook in parts(item, "webhooks")}
    found: dict[str, list[Refusal]] = {}
    for one in refusals(scene):
        said = _CALL_FAILED.search(one.text)
        if said and said[1] in own:
            found.setdefault(said[1], []).append(one)
    return found


def _all_hooks(scene: Scene) -> Iterator[Obj]:
    for kind in CONFIGURATIONS:
        for item in scene.all(kind):
            yield from parts(item, "webhooks")


def asked_service(hook: Obj) -> Entity | None:
    """The Service that a webhook is behind; None for an address outside."""
    asked = part(hook, "clientConfig", "service")
    name = word(asked, "name")
    space = word(asked, "namespace")
    return Entity(kind="Service", namespace=space, name=name) if name else None


def nobody_answers(scene: Scene, hook: Obj) -> str:
    """Why nobody answers a webhook, in words; empty when somebody does or nobody can tell."""
    service = asked_service(hook)
    if service is None:
        return ""
    if scene.is_missing(service):
        return f"there is no {service}"
    item = scene.inventory.find(service)
    if item is None or not scene.inventory.looked("Pod", service.namespace):
        return ""
    return _unanswered(scene, service, item, whole(hook, "clientConfig", "service", "port") or 443)


def _unanswered(scene: Scene, service: Entity, item: Obj, port: int) -> str:
    pods = scene.backing(item)
    if any(is_ready(pod) for pod in pods):
        known = [one.get("port") for one in parts(item, "spec", "ports")]
        return "" if port in known or not known else f"{service} has no port {port}"
    starting = pods and all(not scene.older(pod, YOUNG) for pod in pods)
    if starting or not part(item, "spec", "selector"):
        return ""
    return f"{service} has no ready pod" if pods else f"{service} selects no pod"


def _must_answer(hook: Obj) -> bool:
    return word(hook, "failurePolicy") != "Ignore"


def _timeout(hook: Obj) -> int:
    return whole(hook, "timeoutSeconds") or DEFAULT_TIMEOUT


def _sees_pods(hook: Obj) -> bool:
    return any(
        {"pods", "*", "*/*", "pods/*"} & set(words(rule, "resources"))
        and {"CREATE", "*"} & set(words(rule, "operations"))
        for rule in parts(hook, "rules")
    )


def sees(scene: Scene, hook: Obj, pod: Obj) -> bool:
    """Whether a webhook is asked when this pod is made, as far as labels tell."""
    space = pod["metadata"].get("namespace", "")
    known = scene.get("Namespace", "", space)
    labels = {"kubernetes.io/metadata.name": space, **_labels(known or {"metadata": {}})}
    fits = known is None or matches(part(hook, "namespaceSelector"), labels)
    return _sees_pods(hook) and fits and matches(part(hook, "objectSelector"), _labels(pod))


def _labels(item: Obj) -> dict[str, str]:
    return {str(key): str(value) for key, value in part(item, "metadata", "labels").items()}


def _what(hook: Obj) -> str:
    kinds = [one for rule in parts(hook, "rules") for one in words(rule, "resources")]
    return one_line(", ".join(dict.fromkeys(kinds)) or "request", 80)


def _is_certificate(text: str) -> bool:
    return any(sign in text for sign in _CERTIFICATE)


def _reason(text: str) -> str:
    if _is_certificate(text):
        return ": its certificate is not one that the configuration's caBundle trusts"
    if any(sign in text for sign in _SLOW):
        return ": it does not answer in time"
    said = _CALL_FAILED.search(text)
    return f": {one_line(said[2].rsplit(': ', 1)[-1], 160)}" if said else ""


def _say_refused(refused: list[Refusal]) -> str:
    if not refused:
        return ""
    names = sorted({str(one.workload) for one in refused})
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"; {', '.join(names[:3])}{more} cannot create pods"


def _facts(hook: Obj, refused: list[Refusal]) -> dict[str, str]:
    workloads = sorted({one.workload.path for one in refused})
    facts = {"webhook": word(hook, "name")}
    if workloads:
        facts |= {"explains": " ".join(workloads[:20]), "settled": "the refusals name it"}
    return facts
