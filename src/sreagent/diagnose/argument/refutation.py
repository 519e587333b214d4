"""What speaks against a suspicion, and what would."""

from collections.abc import Iterator

from sreagent.diagnose.argument.causes import Cause, RuledOut
from sreagent.diagnose.argument.focus import Focus, reach
from sreagent.diagnose.argument.folding import Folding
from sreagent.diagnose.conditions.registry import traits
from sreagent.diagnose.objects.podspec import is_ready, pod_condition, short_image
from sreagent.diagnose.view.revisions import Revision, revision_of, workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, pod_entity
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj

MOST = 4
STEADY = 300
"""Seconds a pod must have been there, without a restart, to speak for its revision."""


def healthy_before(
    scene: Scene, workload: Entity, previous: Revision | None
) -> tuple[Finding, ...]:
    """That pods of the previous revision still serve."""
    if previous is None:
        return ()
    known = workload_revisions(scene, workload)
    pods = [
        pod
        for pod in scene.ready_pods(workload)
        if (found := revision_of(pod, known)) and found.number == previous.number
    ]
    if not pods:
        return ()
    images = sorted({short_image(c["image"]) for c in pods[0]["spec"]["containers"]})
    are = "1 pod of it is" if len(pods) == 1 else f"{len(pods)} pods of it are"
    return (
        Finding(
            condition="workload.previous_revision_healthy",
            entity=workload,
            claim=f"{workload} is healthy on {previous.label} (image {', '.join(images)}): "
            f"{are} ready",
            category=Category.DEPLOYMENT,
            severity=Severity.INFO,
            verdict=Health.HEALTHY,
            since=previous.at,
            command=f"kubectl -n {workload.namespace} get pods -o wide",
        ),
    )


def healthy_siblings(
    scene: Scene, workload: Entity, revision: Revision | None
) -> tuple[Finding, ...]:
    """Pods of the failing revision that are well and stay so: it is not the revision alone."""
    if revision is None:
        return ()
    known = workload_revisions(scene, workload)
    well = [
        pod
        for pod in scene.ready_pods(workload)
        if revision_of(pod, known) == revision and _is_steady(scene, pod)
    ]
    if not well:
        return ()
    first = pod_entity(well[0])
    return (
        Finding(
            condition="pod.same_revision_healthy",
            entity=first,
            claim=f"{first} is healthy on the same {revision.label}: ready, without a restart",
            category=Category.DEPLOYMENT,
            severity=Severity.INFO,
            verdict=Health.HEALTHY,
            uid=well[0]["metadata"].get("uid", ""),
            command=first.get,
        ),
    )


def _is_steady(scene: Scene, pod: Obj) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return scene.older(pod, STEADY) and not any(one.get("restartCount") for one in statuses)


def refuted_by(primary: Finding, revision: Revision | None) -> str:
    """What would show that the account is wrong."""
    if known := traits(primary.condition).refuted_by:
        return known
    return f"a healthy pod of {revision.label}" if revision else "the object being healthy"


def ruled_out(
    scene: Scene, focus: Focus, folding: Folding, top: Cause | None
) -> tuple[RuledOut, ...]:
    """Suspicions that a person would have, and what speaks against them."""
    found = [*_against_memory(scene, top), *_healthy_dependencies(scene, focus, folding, top)]
    return tuple(found[:MOST])


def _healthy_dependencies(
    scene: Scene, focus: Focus, folding: Folding, top: Cause | None
) -> Iterator[RuledOut]:
    start = {*focus.entities, *((top.entity,) if top else ())}
    for entity in sorted(reach(scene, start)):
        if entity.kind not in WORKLOADS or entity in folding.problems:
            continue
        item = scene.inventory.find(entity)
        if item is None or (top and entity in top.victims):
            continue
        if found := _healthy(scene, entity, item):
            yield RuledOut(
                entity=entity,
                statement=f"{entity} is at fault",
                category=Category.DEPENDENCY,
                findings=(found,),
            )


def _healthy(scene: Scene, workload: Entity, item: Obj) -> Finding | None:
    wanted = (item.get("spec") or {}).get("replicas")
    ready = len(scene.ready_pods(workload))
    if not ready or (wanted is not None and ready < wanted):
        return None
    restarts = sum(
        int(status.get("restartCount") or 0)
        for pod in scene.pods(workload)
        for status in (pod.get("status") or {}).get("containerStatuses") or ()
    )
    return Finding(
        condition="workload.healthy",
        entity=workload,
        claim=f"{workload} is healthy: {ready}/{wanted or ready} pods ready, {restarts} restarts",
        category=Category.DEPENDENCY,
        severity=Severity.INFO,
        verdict=Health.HEALTHY,
        uid=item["metadata"].get("uid", ""),
        command=f"kubectl -n {workload.namespace} get pods",
    )


def _against_memory(scene: Scene, top: Cause | None) -> Iterator[RuledOut]:
    """A crash loop makes everybody think of memory first."""
    if top is None or (top.entity != top.findings[0].entity and top.entity.kind not in WORKLOADS):
        return
    if top.findings[0].condition != "pod.crash_loop":
        return
    crash = top.findings[0]
    code = crash.facts.get("exit_code", "")
    if code in ("", "137"):
        return
    yield RuledOut(
        entity=top.entity,
        statement=f"{top.entity} runs out of memory",
        category=Category.RESOURCE,
        findings=(
            Finding(
                condition="pod.not_oom_killed",
                entity=crash.entity,
                claim=f"{crash.entity} was not OOMKilled: it exits by itself with code {code}",
                category=Category.RESOURCE,
                severity=Severity.INFO,
                verdict=Health.HEALTHY,
                uid=crash.uid,
                path=crash.path,
                command=crash.entity.get,
            ),
        ),
    )
    yield from _against_node(scene, crash)


def _against_node(scene: Scene, crash: Finding) -> Iterator[RuledOut]:
    pod = scene.inventory.find(crash.entity)
    node = scene.get("Node", "", pod["spec"].get("nodeName") or "") if pod else None
    if pod is None or node is None or pod_condition(node, "Ready").get("status") != "True":
        return
    name = node["metadata"]["name"]
    others = [
        other
        for other in scene.pods_by_node.get(name, ())
        if is_ready(other) and pod_entity(other) != crash.entity
    ]
    if others:
        entity = Entity(kind="Node", name=name)
        yield RuledOut(
            entity=entity,
            statement=f"{entity} is at fault",
            category=Category.NODE,
            findings=(
                Finding(
                    condition="node.healthy",
                    entity=entity,
                    claim=f"{entity} is Ready and runs {len(others)} other ready pods",
                    category=Category.NODE,
                    severity=Severity.INFO,
                    verdict=Health.HEALTHY,
                    uid=node["metadata"].get("uid", ""),
                    command=entity.get,
                ),
            ),
        )
