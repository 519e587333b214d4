"""Pods that the API server does not let anybody create, and whose rule forbids them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from sreagent.diagnose.conditions.admission import slow_together
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY, container_specs, pod_condition
from sreagent.diagnose.view.revisions import Revision, workload_revisions
from sreagent.diagnose.view.scene import Scene, first_seen
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import parse_time
from sreagent.domain.text import one_line

STILL = 900
"""Seconds since the last refusal in which it counts."""
_WEBHOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
_REFUTED = "a pod created in spite of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What refused the pods, by the words of the API server."""

    kind: str
    """Of the object that holds the rule; empty when no object does."""
    says: str
    category: Category = Category.CONFIGURATION
    name: str = ""
    """Of the object, or of the webhook within its configuration."""
    always: bool = False
    """Its holder is to blame however old it is."""


@condition("workload.create_refused", "ReplicaSet", worth=0.86, accuses=True, refuted_by=_REFUTED)
def replica_set_refused(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The API server refuses to create pods: quota, limits, policy, webhook, account."""
    failure = pod_condition(item, "ReplicaFailure")
    if failure.get("status") == "True" and (item.get("spec") or EMPTY).get("replicas"):
        yield _refused(scene, entity, item, str(failure.get("message") or ""), failure)


@condition("workload.create_refused", "Deployment", worth=0.86, accuses=True, refuted_by=_REFUTED)
def deployment_refused(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The API server refuses to create pods, and ReplicaSets could not be looked at."""
    failure = pod_condition(item, "ReplicaFailure")
    hidden = not scene.inventory.looked("ReplicaSet", entity.namespace)
    if failure.get("status") == "True" and hidden:
        yield _refused(scene, entity, item, str(failure.get("message") or ""), failure)


@condition(
    "workload.create_refused",
    "StatefulSet",
    "DaemonSet",
    "Job",
    worth=0.86,
    accuses=True,
    refuted_by=_REFUTED,
)
def refused_by_event(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The API server refuses to create pods: quota, limits, policy, webhook, account."""
    events = scene.events(item, "FailedCreate", within=STILL)
    if events and not _has_its_pods(item):
        yield _refused(scene, entity, item, str(events[-1].get("message") or ""), EMPTY)


def _has_its_pods(item: Obj) -> bool:
    spec, status = item.get("spec") or EMPTY, item.get("status") or EMPTY
    if status.get("active") or status.get("succeeded"):
        return True
    wanted = status.get("desiredNumberScheduled", spec.get("replicas"))
    have = status.get("currentNumberScheduled", status.get("replicas")) or 0
    return wanted is not None and have >= wanted


def _refused(scene: Scene, entity: Entity, item: Obj, message: str, state: Obj) -> Finding:
    workload = scene.inventory.workload_of(entity.kind, item)
    told, rule = one_line(message, 400), read_refusal(message)
    holders = tuple(_holders(scene, workload, rule))
    return Finding(
        condition="workload.create_refused",
        entity=entity,
        claim=f"{entity} cannot create pods for {workload}: {rule.says}",
        category=rule.category,
        uid=item["metadata"].get("uid", ""),
        path="status.conditions[ReplicaFailure]" if state else "",
        since=parse_time(state.get("lastTransitionTime"))
        or first_seen(scene.events(item, "FailedCreate")),
        command=f"kubectl -n {entity.namespace} describe {entity.kind.lower()} {entity.name}",
        excerpt=told,
        tainted=True,
        suspects=holders,
        facts=_facts(workload, rule, holders),
    )


def _facts(workload: Entity, rule: Rule, holders: tuple[Entity, ...]) -> dict[str, str]:
    facts = {"quota": rule.name} if rule.kind == "ResourceQuota" else {}
    if holders:
        facts["accusation"] = f"refuses pods of {workload}: {rule.says}"
    return facts


_REFUSALS = (
    (r"(exceeded quota: ([\w.-]{1,253}).{0,300})", "ResourceQuota", "{0}"),
    (
        r"failed quota: (([\w.-]{1,253}): .{1,200})",
        "ResourceQuota",
        "the quota demands what the template does not say: {0}",
    ),
    (r"((?:minimum|maximum) \S+ .{1,200})", "LimitRange", "outside its LimitRange: {0}"),
    (
        r"violates PodSecurity (.{1,300})",
        "Namespace",
        "its namespace's pod security forbids it: {0}",
    ),
    (r"serviceaccount \"([^\"]{1,253})\" not found", "", "service account {0} does not exist"),
    (
        r"failed calling webhook \"(([^\"]{1,253}))\"(.{0,300})",
        "webhook",
        "admission webhook {0} fails{2}",
    ),
    (
        r"admission webhook \"(([^\"]{1,253}))\" denied the request: (.{1,200})",
        "webhook",
        "admission webhook {0} denies it: {2}",
    ),
    (r"is invalid: (.{1,300})", "", "the API server finds the pod invalid: {0}"),
    (r"unable to validate against any (.{1,200})", "", "its pod security policy forbids it: {0}"),
    (
        r"((?:Timeout: )?request did not complete within .{1,200})",
        "webhooks",
        "it takes longer than a request may: {0}",
    ),
    (r"no PriorityClass with name (\S{1,253}) was found", "", "PriorityClass {0} does not exist"),
)


def read_refusal(message: str) -> Rule:
    """Say in words what an API server refused, and where the rule for it is kept."""
    told = one_line(message, 600)
    for pattern, kind, said in _REFUSALS:
        if found := re.search(pattern, told):
            groups = [group or "" for group in found.groups()]
            quota = kind == "ResourceQuota"
            return Rule(
                kind=kind,
                says=said.format(*groups),
                category=Category.RESOURCE if quota else Category.CONFIGURATION,
                name=groups[1] if len(groups) > 1 else "",
                always=kind == "webhooks" or (quota and "exceeded quota" in found[0]),
            )
    return Rule(kind="", says=told or "no event says why")


def _holders(scene: Scene, workload: Entity, rule: Rule) -> Iterator[Entity]:
    """The objects with the rule, when they came or changed after the workload's template."""
    for entity in _named(scene, workload, rule):
        item = scene.inventory.find(entity)
        if rule.always or (item and _came_later(scene, item, workload)):
            yield entity


def _named(scene: Scene, workload: Entity, rule: Rule) -> Iterator[Entity]:
    space = workload.namespace
    if rule.kind == "ResourceQuota":
        yield Entity(kind=rule.kind, namespace=space, name=rule.name)
    elif rule.kind == "LimitRange":
        yield from (entity_of(rule.kind, one) for one in scene.all(rule.kind, space))
    elif rule.kind == "Namespace":
        yield Entity(kind=rule.kind, name=space)
    if rule.kind == "webhooks":
        yield from slow_together(scene)
    for kind in _WEBHOOKS if rule.kind == "webhook" else ():
        for one in scene.all(kind):
            if rule.name in [hook.get("name") for hook in one.get("webhooks") or ()]:
                yield entity_of(kind, one)


def _came_later(scene: Scene, item: Obj, workload: Entity) -> bool:
    """Whether a rule is younger than the template that it refuses."""
    known = workload_revisions(scene, workload)
    owner = scene.inventory.find(workload)
    let_in = _first_alike(known).created if known else scene.created(owner) if owner else None
    changed = _changed_at(scene, item)
    return changed is not None and let_in is not None and changed > let_in


def _first_alike(known: tuple[Revision, ...]) -> Revision:
    """The oldest revision that asks for the same as the newest: it was let in."""
    alike = takewhile(lambda one: _asks(one.template) == _asks(known[0].template), known)
    return list(alike)[-1]


def _asks(template: Obj) -> list[object]:
    """What rules of a namespace are about: resources, rights and the account."""
    spec = template.get("spec") or EMPTY
    own = [spec.get(key) for key in ("securityContext", "serviceAccountName", "hostNetwork")]
    each = [(one.get("resources"), one.get("securityContext")) for one in container_specs(spec)]
    return [*own, *each]


def _changed_at(scene: Scene, item: Obj) -> datetime | None:
    edit = last_edit(item)
    return max((at for at in (edit and edit.at, scene.created(item)) if at), default=None)
