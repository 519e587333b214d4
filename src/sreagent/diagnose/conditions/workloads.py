"""Deployments, StatefulSets and DaemonSets that do not have the pods they want."""

import re
from collections.abc import Iterator
from datetime import datetime

from sreagent.diagnose.changes.found import scaled_by
from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.managers import Edit, last_applied, last_edit
from sreagent.diagnose.objects.podspec import EMPTY, pod_condition, template_of
from sreagent.diagnose.view.calling import callers, failing_calls_to
from sreagent.diagnose.view.scene import Scene, labels_of, last_seen
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import parse_time, span

SLOW = 60
"""Seconds a workload may lack pods while it is rolling out."""
LATELY = 86_400
_TO_ZERO = re.compile(r"to 0(?: from (\d{1,5}))?$")


@condition("workload.unavailable", "Deployment", role=Role.SYMPTOM, worth=0.40, vague=True)
def deployment_unavailable(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A Deployment has fewer available pods than it may have."""
    state = pod_condition(item, "Available")
    since = parse_time(state.get("lastTransitionTime"))
    spec, status = item.get("spec") or EMPTY, item.get("status") or EMPTY
    wanted, have = spec.get("replicas", 1), status.get("availableReplicas") or 0
    lasting = scene.age(since)
    if have >= wanted or (state.get("status") == "True" and not _is_stuck(item)):
        return
    if lasting is not None and lasting < SLOW:
        return
    yield _lacks(scene, entity, item, f"has {have} of {wanted} pods available", since)


@condition("workload.rollout_stuck", "Deployment", role=Role.SYMPTOM, worth=0.42, vague=True)
def rollout_stuck(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A rollout does not get on: its new pods do not become ready in time."""
    if not _is_stuck(item):
        return
    state = pod_condition(item, "Progressing")
    status = item.get("status") or EMPTY
    yield Finding(
        condition="workload.rollout_stuck",
        entity=entity,
        claim=f"{entity} does not get on with its rollout (ProgressDeadlineExceeded): "
        f"{status.get('updatedReplicas') or 0} new pods, {status.get('readyReplicas') or 0} of "
        f"{(item.get('spec') or EMPTY).get('replicas', 1)} ready",
        category=Category.DEPLOYMENT,
        uid=item["metadata"].get("uid", ""),
        path="status.conditions[Progressing]",
        since=parse_time(state.get("lastUpdateTime")),
        command=f"kubectl -n {entity.namespace} rollout status deployment/{entity.name}",
    )


@condition("workload.paused", "Deployment", worth=0.78, even_mild=True)
def paused(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A rollout is paused half way: some pods are old, some are new."""
    spec, status = item.get("spec") or EMPTY, item.get("status") or EMPTY
    wanted, updated = spec.get("replicas", 1), status.get("updatedReplicas") or 0
    if not spec.get("paused") or updated >= wanted:
        return
    edit = last_edit(item, "spec.paused")
    yield Finding(
        condition="workload.paused",
        entity=entity,
        claim=f"{entity} is paused with {updated} of {wanted} pods on the new template"
        + (f", by {edit.by}" if edit else ""),
        category=Category.DEPLOYMENT,
        severity=Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        path="spec.paused",
        since=edit.at if edit else None,
        command=f"kubectl -n {entity.namespace} rollout status deployment/{entity.name}",
    )


@condition("workload.unavailable", "StatefulSet", role=Role.SYMPTOM, worth=0.40, vague=True)
def stateful_set_unavailable(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A StatefulSet has fewer ready pods than it wants."""
    spec, status = item.get("spec") or EMPTY, item.get("status") or EMPTY
    wanted, have = spec.get("replicas", 1), status.get("readyReplicas") or 0
    if have < wanted and scene.older(item, SLOW) and not _are_young(scene, entity):
        yield _lacks(scene, entity, item, f"has {have} of {wanted} pods ready", None)


@condition("workload.unavailable", "DaemonSet", role=Role.SYMPTOM, worth=0.40, vague=True)
def daemon_set_unavailable(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A DaemonSet has no ready pod on some of its nodes."""
    status = item.get("status") or EMPTY
    wanted, have = status.get("desiredNumberScheduled") or 0, status.get("numberReady") or 0
    if have < wanted and scene.older(item, SLOW) and not _are_young(scene, entity):
        yield _lacks(scene, entity, item, f"is ready on {have} of {wanted} nodes", None)


@condition(
    "daemon.selects_no_node",
    "DaemonSet",
    worth=0.80,
    refuted_by="a node that has the labels, and a pod of it there",
)
def selects_no_node(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A DaemonSet that others call has no pod at all: no node has the labels that it selects."""
    template, status = template_of("DaemonSet", item), item.get("status") or EMPTY
    wanted = (template.get("spec") or EMPTY).get("nodeSelector") or {}
    nodes = list(scene.all("Node"))
    if not wanted or not nodes or status.get("desiredNumberScheduled") != 0:
        return
    if any(wanted.items() <= labels_of(node).items() for node in nodes):
        return
    doors = [entity_of("Service", one)
             for one in scene.services_of(labels_of(template), entity.namespace)]  # fmt: skip
    calling = sorted({str(one) for door in doors for one in callers(scene).get(door, ())})
    said = ", ".join(f"{key}={value}".rstrip("=") for key, value in sorted(wanted.items()))
    use = f"; {' and '.join(calling[:3])} call it" if calling else ""
    yield Finding(
        condition="daemon.selects_no_node",
        entity=entity,
        claim=f"{entity} runs on no node: its nodeSelector asks for the label {said}, which none "
        f"of the {len(nodes)} nodes has{use}",
        category=Category.SCHEDULING,
        severity=Severity.CRITICAL if calling else Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        path="spec.template.spec.nodeSelector",
        command=f"kubectl get nodes -L {','.join(sorted(wanted))}",
    )


@condition(
    "workload.scaled_to_zero",
    "Deployment",
    "StatefulSet",
    worth=0.82,
    even_mild=True,
    refuted_by="a ready pod of it while its callers still fail",
)
def scaled_to_zero(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A workload that is needed is set to no pods at all."""
    if (item.get("spec") or EMPTY).get("replicas") != 0:
        return
    template = (item.get("spec") or EMPTY).get("template") or {"metadata": {}}
    services = [
        entity_of("Service", one)
        for one in scene.services_of(labels_of(template), entity.namespace)
    ]
    blamed = [call for one in services for call in failing_calls_to(scene, one)]
    calling = sorted({str(one) for service in services for one in callers(scene)[service]}
                     if services else ())  # fmt: skip
    at, edit, before = _scaled_down(scene, item)
    age = scene.age(at)
    lately = age is not None and age < LATELY
    needed = bool(blamed) or (lately and bool(services))
    who = f" by {edit.by}" if edit else ""
    since = f" {span(age)} ago" if age is not None else ""
    use = f"; {' and '.join(calling[:3])} call it" if calling else ""
    names = f" behind {' and '.join(map(str, services[:2]))}" if services else ""
    yield Finding(
        condition="workload.scaled_to_zero",
        entity=entity,
        claim=f"{entity}{names} is scaled to 0 replicas{who}{since}"
        f"{f' (was {before})' if before else ''}: it has no pods{use}",
        category=Category.AVAILABILITY,
        severity=Severity.CRITICAL if needed else Severity.WARNING if services else Severity.INFO,
        uid=item["metadata"].get("uid", ""),
        path="spec.replicas",
        since=at,
        command=entity.get,
        facts={"replicas_before": before} if before else {},
    )


def _scaled_down(scene: Scene, item: Obj) -> tuple[datetime | None, Edit | None, str]:
    """When it went to zero, by whom, and from how many."""
    edit = scaled_by(item)
    before = str((last_applied(item).get("spec") or EMPTY).get("replicas") or "")
    before = "" if before == "0" else before
    for event in reversed(scene.events(item, "ScalingReplicaSet")):
        if found := _TO_ZERO.search(str(event.get("message") or "")):
            return last_seen(event), edit, found[1] or before or _autoscaled(scene, item)
    at = edit.at if edit else None
    return at, edit, before or _autoscaled(scene, item)


def _autoscaled(scene: Scene, item: Obj) -> str:
    meta = item["metadata"]
    for scaler in scene.all("HorizontalPodAutoscaler", meta.get("namespace", "")):
        spec = scaler.get("spec") or EMPTY
        if (spec.get("scaleTargetRef") or EMPTY).get("name") == meta["name"]:
            return str(spec.get("minReplicas") or 1)
    return ""


def _lacks(scene: Scene, entity: Entity, item: Obj, says: str, since: datetime | None) -> Finding:
    looked = scene.inventory.looked("Pod", entity.namespace)
    nothing = looked and not scene.ready_pods(entity)
    above = scene.inventory.workload_of(entity.kind, item)
    return Finding(
        condition="workload.unavailable",
        entity=entity,
        claim=f"{entity} {says}",
        category=Category.AVAILABILITY,
        severity=Severity.CRITICAL if nothing else Severity.ERROR,
        uid=item["metadata"].get("uid", ""),
        path="status",
        since=since,
        command=f"kubectl -n {entity.namespace} get {entity.kind.lower()} {entity.name}",
        suspects=(above,) if above != entity else (),
    )


def _is_stuck(item: Obj) -> bool:
    state = pod_condition(item, "Progressing")
    return state.get("status") == "False" and state.get("reason") == "ProgressDeadlineExceeded"


def _are_young(scene: Scene, entity: Entity) -> bool:
    """Whether what it lacks may only be starting."""
    pods = scene.pods(entity)
    return any(not scene.older(pod, SLOW) for pod in pods)
