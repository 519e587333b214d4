"""Jobs that failed, do not end, or do not begin."""

from collections.abc import Iterator
from statistics import median

from sreagent.diagnose.conditions.crashes import last_words, say_exit
from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.podspec import EMPTY, Container, containers, is_over, pod_condition
from sreagent.diagnose.view.scene import Scene, labels_of
from sreagent.diagnose.view.targets import resolve_error
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, controller_ref
from sreagent.domain.moment import parse_time, span
from sreagent.domain.text import one_line

HELD = 120
"""Seconds that the other containers of a pod may take to end after the work is done."""
PATIENCE = 600
"""Seconds that any Job may run."""
OFTEN_AS_LONG = 3
_QUEUE = "kueue.x-k8s.io"
OLD = 86_400
"""Seconds after which a failed Job is history."""


@condition("job.suspended", "Job", worth=0.60, even_mild=True)
def suspended(_scene: Scene, entity: Entity, job: Obj) -> Iterator[Finding]:
    """Somebody keeps a Job from running, and no queue will let it go."""
    queued = any(_QUEUE in label for label in labels_of(job))
    if not (job.get("spec") or EMPTY).get("suspend") or queued:
        return
    state = pod_condition(job, "Suspended")
    yield Finding(
        condition="job.suspended",
        entity=entity,
        claim=f"{entity} is suspended: it has no pods until somebody resumes it",
        category=Category.CONFIGURATION,
        severity=Severity.WARNING,
        uid=job["metadata"].get("uid", ""),
        path="spec.suspend",
        since=parse_time(state.get("lastTransitionTime")),
        command=entity.get,
    )


@condition("job.retrying", "Job", role=Role.SYMPTOM, worth=0.40, vague=True, if_named=True)
def retrying(scene: Scene, entity: Entity, job: Obj) -> Iterator[Finding]:
    """Pods of a Job failed, and it tries again."""
    spec, status = job.get("spec") or EMPTY, job.get("status") or EMPTY
    if not status.get("failed") or _is_done(job):
        return
    pod, container = _failed_container(scene, job)
    log, words = last_words(scene, pod, container) if pod and container else (None, None)
    yield Finding(
        condition="job.retrying",
        entity=entity,
        claim=f"{entity} has {status['failed']} failed pods of at most "
        f"{(spec.get('backoffLimit', 6) or 0) + 1} and tries again"
        f"{_why(scene, entity, container)}{f'; its log ends with {words.line}' if words else ''}",
        category=Category.DEPLOYMENT,
        severity=Severity.WARNING,
        uid=job["metadata"].get("uid", ""),
        path="status.failed",
        since=parse_time(status.get("startTime")),
        source="logs" if log and words else "kubernetes",
        command=log.command if log and words else entity.get,
        excerpt=words.block if words else "",
        tainted=words is not None,
    )


@condition(
    "job.held_by_sidecar",
    "Pod",
    worth=0.86,
    refuted_by="the other container ending by itself",
)
def held_by_sidecar(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """The work of a Job is done, and another container of its pod never ends."""
    if (controller_ref(pod) or EMPTY).get("kind") != "Job" or is_over(pod):
        return
    mine = [one for one in containers(pod) if not one.init]
    done = [one for one in mine if one.terminated and not one.terminated.get("exitCode")]
    left = [one for one in mine if one.running]
    ends = [parse_time((one.terminated or EMPTY).get("finishedAt")) for one in done]
    since = max((at for at in ends if at), default=None)
    if not done or not left or len(done) + len(left) < len(mine) or (scene.age(since) or 0) < HELD:
        return
    names = ", ".join(one.name for one in left)
    yield Finding(
        condition="job.held_by_sidecar",
        entity=entity,
        claim=f"{entity} has done its work (container {done[0].name} ended well "
        f"{span(scene.age(since) or 0)} ago), but container {names} still runs, so its Job never "
        "completes",
        category=Category.CONFIGURATION,
        uid=pod["metadata"].get("uid", ""),
        path=f"status.containerStatuses[{left[0].name}].state.running",
        since=since,
        command=entity.get,
        facts={"container": left[0].name, "done": done[0].name},
    )


@condition("job.overdue", "Job", role=Role.SYMPTOM, worth=0.46, vague=True, if_named=True)
def overdue(scene: Scene, entity: Entity, job: Obj) -> Iterator[Finding]:
    """A Job runs far longer than those of its schedule did before."""
    status = job.get("status") or EMPTY
    runs = scene.age(parse_time(status.get("startTime")))
    usual = _usual(scene, job)
    if _is_done(job) or not status.get("active") or runs is None or usual is None:
        return
    if runs < max(OFTEN_AS_LONG * usual, PATIENCE):
        return
    yield Finding(
        condition="job.overdue",
        entity=entity,
        claim=f"{entity} runs for {span(runs)}; those before it took {span(usual)}",
        category=Category.AVAILABILITY,
        severity=Severity.ERROR,
        uid=job["metadata"].get("uid", ""),
        path="status.active",
        since=parse_time(status.get("startTime")),
        command=entity.get,
    )


def _usual(scene: Scene, job: Obj) -> float | None:
    """Seconds that the Jobs of the same schedule took, the median of those still kept."""
    owner = controller_ref(job)
    took: list[float] = []
    for kind, one in scene.inventory.owned(owner["uid"]) if owner else ():
        status = one.get("status") or EMPTY
        began, ended = parse_time(status.get("startTime")), parse_time(status.get("completionTime"))
        if kind == "Job" and began and ended:
            took.append((ended - began).total_seconds())
    return median(took) if took else None


def _is_done(job: Obj) -> bool:
    return any(
        pod_condition(job, name).get("status") == "True"
        for name in ("Complete", "Failed", "SuccessCriteriaMet", "FailureTarget")
    )


def _bound(job: Obj, reason: str) -> str:
    """The figure in the spec that it ran into."""
    spec = job.get("spec") or EMPTY
    if reason == "DeadlineExceeded" and spec.get("activeDeadlineSeconds"):
        return f", activeDeadlineSeconds {spec['activeDeadlineSeconds']}"
    if reason == "BackoffLimitExceeded":
        return f", backoffLimit {spec.get('backoffLimit', 6)}"
    return ""


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
        f"{_bound(job, reason)}"
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
