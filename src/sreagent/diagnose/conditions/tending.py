"""Scheduled programs that should have done something to a workload, and did not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.objects.podspec import containers, pod_condition
from sreagent.diagnose.objects.shapes import moment, whole, word
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, once_per_scene
from sreagent.diagnose.view.tending import Errand, tended
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Finding, Severity
from sreagent.domain.inventory import Obj, controller_ref
from sreagent.domain.moment import span

PATIENCE = 300
"""Seconds that such a program may take."""
TODAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What a schedule should have done, and why it did not."""

    cron_job: Entity
    job: Obj
    errand: Errand
    why: str


@condition(
    "cronjob.left_undone",
    "CronJob",
    worth=0.80,
    breaks_anything=True,
    refuted_by="the workload being as it should without the run",
)
def left_undone(scene: Scene, entity: Entity, cron_job: Obj) -> Iterator[Finding]:
    """The latest run failed, or hangs, of a schedule that scales or changes a workload."""
    undone = [one for one in _undone(scene) if one.cron_job == entity]
    if not undone:
        return
    first = undone[0]
    verb, workload = first.errand.verb, first.errand.workload
    began = moment(first.job, "metadata", "creationTimestamp")
    yield say(
        entity,
        cron_job,
        "cronjob.left_undone",
        f"should {verb} {workload} and did not: job {first.job['metadata']['name']} "
        f"began {span(scene.age(began) or 0)} ago and {first.why}{_size(scene, workload)}",
        severity=Severity.ERROR,
        since=began,
        path="spec.jobTemplate",
        facts={"explains": " ".join(one.errand.workload.path for one in undone)},
    )


@condition("workload.left_as_it_was", *WORKLOADS, role=Role.SYMPTOM, worth=0.45, vague=True)
def left_as_it_was(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A schedule should have scaled or changed the workload, and did not."""
    for undone in _undone(scene):
        if undone.errand.workload == entity:
            yield say(
                entity,
                item,
                "workload.left_as_it_was",
                f"is as it was: {undone.cron_job} should {undone.errand.verb} it and did not",
                severity=Severity.ERROR,
                since=moment(undone.job, "metadata", "creationTimestamp"),
                suspects=(undone.cron_job,),
            )


def _size(scene: Scene, workload: Entity) -> str:
    has = whole(scene.inventory.find(workload) or {}, "spec", "replicas")
    return "" if has is None else f"; {workload} has {has} replica{'' if has == 1 else 's'}"


@once_per_scene
def _undone(scene: Scene) -> tuple[Undone, ...]:
    return tuple(_found(scene))


def _found(scene: Scene) -> Iterator[Undone]:
    for cron_job, whom in tended(scene).items():
        item = scene.inventory.find(cron_job)
        job = _latest(scene, item) if item else None
        began = moment(job, "metadata", "creationTimestamp") if job else None
        age = scene.age(began)
        if job is None or began is None or age is None or not PATIENCE < age < TODAY:
            continue
        why = "" if whole(job, "status", "succeeded") else _why(scene, cron_job, job)
        for errand in whom if why else ():
            if _is_needed(scene, errand, began):
                yield Undone(cron_job=cron_job, job=job, errand=errand, why=why)


def _is_needed(scene: Scene, errand: Errand, began: datetime) -> bool:
    """Whether a workload is not as the run would have left it, whoever did that.

    More pods than it was to have are no lack.
    """
    item = scene.inventory.find(errand.workload)
    has = whole(item, "spec", "replicas") if item else None
    if errand.replicas is not None and has is not None:
        return has < errand.replicas
    known = workload_revisions(scene, errand.workload)
    rolled_out = known[0].at if known else None
    return item is not None and not (rolled_out and rolled_out > began)


def _latest(scene: Scene, cron_job: Obj) -> Obj | None:
    owned = scene.inventory.owned(cron_job["metadata"].get("uid", ""))
    own = [item for kind, item in owned if kind == "Job"]
    return max(own, key=lambda job: str(job["metadata"].get("creationTimestamp")), default=None)


def _why(scene: Scene, entity: Entity, job: Obj) -> str:
    """What keeps a run from its end; empty while it may still come to it."""
    failed = pod_condition(job, "Failed")
    if failed.get("status") == "True":
        return f"failed ({word(failed, 'reason')})"
    uid = job["metadata"].get("uid")
    for pod in scene.pods(entity):
        for container in containers(pod) if (controller_ref(pod) or {}).get("uid") == uid else ():
            if container.waiting:
                image = word(container.spec, "image")
                return f"waits since then: {container.waiting}, image {image}"
    return ""
