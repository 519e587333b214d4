"""Jobs that failed and schedules that do not run."""

from collections.abc import Iterator

from sreagent.diagnose.crashes import last_words, say_exit
from sreagent.diagnose.podspec import EMPTY, Container, containers, pod_condition
from sreagent.diagnose.registry import Role, condition
from sreagent.diagnose.scene import Scene
from sreagent.diagnose.targets import resolve_error
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, controller_ref
from sreagent.domain.moment import parse_time
from sreagent.domain.text import one_line

OLD = 86_400
"""Seconds after which a failed Job is history."""


@condition("job.failed", "Job", role=Role.SYMPTOM, worth=0.68)
def failed(scene: Scene, entity: Entity, job: Obj) -> Iterator[Finding]:
    """A Job gave up: too many failed pods, or not done in time."""
    state = pod_condition(job, "Failed")
    since = parse_time(state.get("lastTransitionTime"))
    age = scene.age(since)
    if state.get("status") != "True" or (age is not None and age > OLD):
        return
    if _was_done_later(scene, job):
        return
    reason = str(state.get("reason") or "")
    pod, container = _failed_container(scene, job)
    log, words = last_words(scene, pod, container) if pod and container else (None, None)
    target = resolve_error(scene, entity.namespace, words) if words else None
    facts = {
        "reason": reason,
        "container": container.name if container else "",
        "log_cause": words.cause.value if words else "",
        "key": words.key if words else "",
        "target": words.target if words else "",
    }
    yield Finding(
        condition="job.failed",
        entity=entity,
        claim=f"{entity} failed ({reason}: {one_line(str(state.get('message') or ''), 120)})"
        f"{_why(scene, entity, container)}{f'; its log ends with {words.line}' if words else ''}"
        f"{f' ({words.place})' if words and words.place else ''}",
        category=Category.DEPENDENCY if target else Category.DEPLOYMENT,
        uid=job["metadata"].get("uid", ""),
        path="status.conditions[Failed]",
        since=parse_time((job.get("status") or EMPTY).get("startTime")) or since,
        source="logs" if log and words else "kubernetes",
        command=log.command if log and words else entity.get,
        excerpt=words.block if words else "",
        tainted=words is not None,
        suspects=(target.entity,) if target and target.entity else (),
        facts={name: value for name, value in facts.items() if value},
    )


@condition("cronjob.suspended", "CronJob", worth=0.70, even_mild=True)
def suspended(_scene: Scene, entity: Entity, cron_job: Obj) -> Iterator[Finding]:
    """A schedule is switched off."""
    if not (cron_job.get("spec") or EMPTY).get("suspend"):
        return
    yield Finding(
        condition="cronjob.suspended",
        entity=entity,
        claim=f"{entity} is suspended: its schedule does not run",
        category=Category.CONFIGURATION,
        severity=Severity.WARNING,
        uid=cron_job["metadata"].get("uid", ""),
        path="spec.suspend",
        command=entity.get,
    )


def _was_done_later(scene: Scene, job: Obj) -> bool:
    """Whether a younger Job of the same schedule succeeded since."""
    owner = controller_ref(job)
    if not owner:
        return False
    born = str(job["metadata"].get("creationTimestamp"))
    return any(
        str(one["metadata"].get("creationTimestamp")) > born
        and pod_condition(one, "Complete").get("status") == "True"
        for kind, one in scene.inventory.owned(owner["uid"])
        if kind == "Job"
    )


def _failed_container(scene: Scene, job: Obj) -> tuple[Obj | None, Container | None]:
    """The last pod's container that ended badly; of those that are still there."""
    pods = [item for kind, item in scene.inventory.owned(job["metadata"].get("uid", ""))
            if kind == "Pod"]  # fmt: skip
    pods.sort(key=lambda pod: str(pod["metadata"].get("creationTimestamp")), reverse=True)
    for pod in pods:
        for container in containers(pod):
            if container.ended and container.ended.get("exitCode"):
                return pod, container
    return None, None


def _why(scene: Scene, job: Entity, container: Container | None) -> str:
    if container is None or not container.ended:
        looked = scene.inventory.looked("Pod", job.namespace)
        return "; its pods are gone" if looked else "; its pods could not be looked at"
    return f"; its container ends with {say_exit(int(container.ended['exitCode']))}"
