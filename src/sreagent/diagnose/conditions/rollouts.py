"""Rollouts that cannot end, and controllers that do not act on what they are told."""

from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY, is_ready, pod_condition
from sreagent.diagnose.view.placement import pods_that_fit
from sreagent.diagnose.view.revisions import HASH, workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of, pod_entity
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import span

UNHEARD = 60
"""Seconds in which a controller should have seen an edit."""
SLOW = 600
"""Seconds after which an update that did not get on is stuck."""


@condition("workload.not_observed", *WORKLOADS, worth=0.70, even_mild=True)
def not_observed(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The controller has not acted on the last edit of a workload."""
    asked = item["metadata"].get("generation")
    seen = (item.get("status") or EMPTY).get("observedGeneration")
    edit = last_edit(item)
    age = scene.age(edit.at if edit else scene.created(item))
    if not asked or seen is None or seen >= asked or age is None or age < UNHEARD:
        return
    yield Finding(
        condition="workload.not_observed",
        entity=entity,
        claim=f"{entity} was edited {span(age)} ago and its controller has not acted on it "
        f"(generation {asked}, observed {seen})",
        category=Category.DEPLOYMENT,
        severity=Severity.ERROR,
        uid=item["metadata"].get("uid", ""),
        path="status.observedGeneration",
        since=edit.at if edit else scene.created(item),
        command=entity.get,
    )


@condition(
    "workload.too_many_replicas",
    "Deployment",
    "StatefulSet",
    worth=0.86,
    accuses=True,
    refuted_by="nodes that hold as many pods",
)
def too_many_replicas(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A workload asks for more pods than all nodes together may hold."""
    wanted = (item.get("spec") or EMPTY).get("replicas") or 0
    room = pods_that_fit(scene)
    if not room or wanted <= room:
        return
    edit = last_edit(item, "spec.replicas")
    top = scene.inventory.workload_of(entity.kind, item)
    yield Finding(
        condition="workload.too_many_replicas",
        entity=entity,
        claim=f"{entity} asks for {wanted} pods, and all {len(scene.all('Node'))} nodes together "
        f"hold {room:.0f}",
        category=Category.CONFIGURATION,
        uid=item["metadata"].get("uid", ""),
        path="spec.replicas",
        since=edit.at if edit else None,
        command=entity.get,
        suspects=(top,) if top != entity else (),
        facts={
            "replicas": str(wanted),
            "room": f"{room:.0f}",
            **({"accusation": f"asks for {wanted} pods of {entity}"} if top != entity else {}),
        },
    )


@condition("workload.lets_all_go", "Deployment", worth=0.50)
def lets_all_go(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A rollout that does not end took all old pods away before a new one was ready."""
    spec, status = item.get("spec") or EMPTY, item.get("status") or EMPTY
    known = workload_revisions(scene, entity)
    how, wanted = _takes_all(spec), spec.get("replicas", 1)
    done = pod_condition(item, "Progressing").get("reason") == "NewReplicaSetAvailable"
    if not how or done or len(known) < 2 or wanted < 2 or status.get("readyReplicas"):
        return
    yield Finding(
        condition="workload.lets_all_go",
        entity=entity,
        claim=f"{entity} took all {wanted} old pods away before a new one was ready ({how})",
        category=Category.DEPLOYMENT,
        severity=Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        path="spec.strategy",
        since=known[0].at,
        command=entity.get,
    )


def _takes_all(spec: Obj) -> str:
    """The part of a strategy that lets go of every old pod at once."""
    strategy = spec.get("strategy") or EMPTY
    if strategy.get("type") == "Recreate":
        return "strategy Recreate"
    share = str((strategy.get("rollingUpdate") or EMPTY).get("maxUnavailable", "25%"))
    whole = share == "100%" or (share.isdigit() and int(share) >= spec.get("replicas", 1))
    return f"maxUnavailable {share}" if whole else ""


@condition("workload.surplus_pods", "Deployment", role=Role.SYMPTOM, worth=0.30, if_named=True)
def surplus_pods(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A rollout that has stopped left more pods than are wanted."""
    wanted = (item.get("spec") or EMPTY).get("replicas", 1)
    have = (item.get("status") or EMPTY).get("replicas") or 0
    state = pod_condition(item, "Progressing")
    if have <= wanted or state.get("reason") != "ProgressDeadlineExceeded":
        return
    yield Finding(
        condition="workload.surplus_pods",
        entity=entity,
        claim=f"{entity} has {have} pods where {wanted} are wanted: old and new ones side by side",
        category=Category.DEPLOYMENT,
        severity=Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        path="status.replicas",
        command=entity.get,
    )


@condition(
    "stateful.service_missing",
    "StatefulSet",
    worth=0.70,
    even_mild=True,
    even_near=True,
    refuted_by="names of its pods that resolve",
)
def service_missing(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The Service that gives the pods of a StatefulSet their names does not exist."""
    name = (item.get("spec") or EMPTY).get("serviceName") or ""
    service = Entity(kind="Service", namespace=entity.namespace, name=name)
    if not name or not scene.is_missing(service) or not scene.older(item, UNHEARD):
        return
    yield Finding(
        condition="stateful.service_missing",
        entity=entity,
        claim=f"{entity} names {service} (spec.serviceName), which does not exist: its pods have "
        "no names of their own in DNS",
        category=Category.CONFIGURATION,
        severity=Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        path="spec.serviceName",
        command=entity.get,
        facts={"service": name},
    )


@condition("stateful.storage_class_missing", "StatefulSet", worth=0.78, even_mild=True)
def storage_class_missing(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A claim template of a StatefulSet names a StorageClass that does not exist."""
    for template in (item.get("spec") or EMPTY).get("volumeClaimTemplates") or ():
        name = (template.get("spec") or EMPTY).get("storageClassName")
        if not name or not scene.is_missing(Entity(kind="StorageClass", name=name)):
            continue
        yield Finding(
            condition="stateful.storage_class_missing",
            entity=entity,
            claim=f"{entity} asks for volumes of StorageClass {name} (claim template "
            f"{template['metadata']['name']}), which does not exist",
            category=Category.STORAGE,
            severity=Severity.WARNING,
            uid=item["metadata"].get("uid", ""),
            path="spec.volumeClaimTemplates",
            command=entity.get,
            facts={"storage_class": name},
        )


@condition("stateful.blocked", "StatefulSet", role=Role.SYMPTOM, worth=0.44, vague=True)
def blocked(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A StatefulSet makes its pods one by one, and one of them holds up the rest."""
    spec = item.get("spec") or EMPTY
    wanted, first = spec.get("replicas", 1), (spec.get("ordinals") or EMPTY).get("start") or 0
    in_order = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
    if not in_order or not scene.inventory.looked("Pod", entity.namespace):
        return
    pods = {pod["metadata"]["name"]: pod for pod in scene.pods(entity)}
    names = [f"{entity.name}-{first + number}" for number in range(min(wanted, 1000))]
    missing = [name for name in names if name not in pods]
    holds = [name for name in names if name in pods and not is_ready(pods[name])]
    if not missing or not holds or not scene.older(pods[holds[0]], UNHEARD):
        return
    late = pod_entity(pods[holds[0]])
    yield Finding(
        condition="stateful.blocked",
        entity=entity,
        claim=f"{entity} has no {', '.join(missing[:3])} yet: {late} comes first and is not ready",
        category=Category.AVAILABILITY,
        uid=item["metadata"].get("uid", ""),
        path="status.readyReplicas",
        since=scene.created(pods[holds[0]]),
        command=f"kubectl -n {entity.namespace} get pods",
        facts={"blocked_by": holds[0]},
    )


@condition("stateful.update_stuck", "StatefulSet", role=Role.SYMPTOM, worth=0.46, vague=True)
def stateful_update_stuck(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A StatefulSet does not get its pods to the newest template."""
    status = item.get("status") or EMPTY
    newest, current = status.get("updateRevision"), status.get("currentRevision")
    edit = last_edit(item)
    age = scene.age(edit.at if edit else None)
    if not newest or newest == current or (age is not None and age < SLOW):
        return
    why, severity = _why_stuck(scene, entity, item, str(newest))
    if not why:
        return
    yield Finding(
        condition="stateful.update_stuck",
        entity=entity,
        claim=f"{entity} has {status.get('updatedReplicas') or 0} of "
        f"{(item.get('spec') or EMPTY).get('replicas', 1)} pods on its newest template: {why}",
        category=Category.DEPLOYMENT,
        severity=severity,
        uid=item["metadata"].get("uid", ""),
        path="status.updateRevision",
        since=edit.at if edit else None,
        command=f"kubectl -n {entity.namespace} rollout status statefulset/{entity.name}",
        facts={"update_revision": str(newest)},
    )


def _why_stuck(scene: Scene, entity: Entity, item: Obj, newest: str) -> tuple[str, Severity]:
    """Held back on purpose, or waiting for a pod that will not become ready."""
    strategy = (item.get("spec") or EMPTY).get("updateStrategy") or EMPTY
    partition = (strategy.get("rollingUpdate") or EMPTY).get("partition") or 0
    old = [pod for pod in scene.pods(entity) if labels_of(pod).get(HASH) != newest]
    broken = [pod for pod in old if not is_ready(pod) and scene.older(pod, SLOW)]
    if strategy.get("type") == "OnDelete":
        return "strategy OnDelete waits for somebody to delete the old ones", Severity.WARNING
    if broken:
        name = pod_entity(broken[0])
        return (
            f"{name} of an older template is not ready, and is not replaced before it is; "
            "somebody must delete it",
            Severity.ERROR,
        )
    if partition and old:
        return f"partition {partition} keeps the pods below it on the old one", Severity.WARNING
    young = [pod for pod in scene.pods(entity) if labels_of(pod).get(HASH) == newest]
    late = [pod for pod in young if not is_ready(pod) and scene.older(pod, UNHEARD)]
    if late:
        return f"{pod_entity(late[0])} with the new one does not become ready", Severity.ERROR
    return "", Severity.INFO


@condition("daemon.update_stuck", "DaemonSet", role=Role.SYMPTOM, worth=0.42, vague=True)
def daemon_update_stuck(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A DaemonSet does not get its pods to the newest template."""
    status = item.get("status") or EMPTY
    wanted = status.get("desiredNumberScheduled") or 0
    updated = status.get("updatedNumberScheduled")
    edit = last_edit(item)
    age = scene.age(edit.at if edit else None)
    if updated is None or updated >= wanted or age is None or age < SLOW:
        return
    strategy = ((item.get("spec") or EMPTY).get("updateStrategy") or EMPTY).get("type")
    on_delete = strategy == "OnDelete"
    if not on_delete and not status.get("numberUnavailable"):
        return
    why = (
        "strategy OnDelete waits for somebody to delete the old ones"
        if on_delete
        else f"{status.get('numberUnavailable')} of its pods are not available"
    )
    yield Finding(
        condition="daemon.update_stuck",
        entity=entity,
        claim=f"{entity} runs its newest template on {updated} of {wanted} nodes: {why}",
        category=Category.DEPLOYMENT,
        severity=Severity.WARNING if on_delete else Severity.ERROR,
        uid=item["metadata"].get("uid", ""),
        path="status.updatedNumberScheduled",
        since=edit.at if edit else None,
        command=f"kubectl -n {entity.namespace} rollout status daemonset/{entity.name}",
    )


@condition("daemon.misscheduled", "DaemonSet", role=Role.REMARK)
def misscheduled(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Pods of a DaemonSet run on nodes where they should not."""
    count = (item.get("status") or EMPTY).get("numberMisscheduled") or 0
    if count:
        yield Finding(
            condition="daemon.misscheduled",
            entity=entity,
            claim=f"{entity} runs on {count} nodes where it should not",
            category=Category.SCHEDULING,
            severity=Severity.INFO,
            verdict=Health.HEALTHY,
            uid=item["metadata"].get("uid", ""),
            path="status.numberMisscheduled",
            command=entity.get,
        )
