"""CronJobs that are switched off, miss their time, or wait for a run that does not end."""

from collections.abc import Iterator
from datetime import datetime

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.cron import last_due
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY, pod_condition
from sreagent.diagnose.view.scene import Scene, last_seen
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import parse_time, span
from sreagent.domain.text import one_line

LATE = 600
"""Seconds after its time in which a run may still begin."""
TIGHT = 10
"""Seconds of deadline below which the controller, which looks that often, misses runs."""
FAILING = 3
"""Runs without a success from which on they are told."""


@condition("cronjob.suspended", "CronJob", worth=0.70, even_mild=True)
def suspended(scene: Scene, entity: Entity, cron_job: Obj) -> Iterator[Finding]:
    """A schedule is switched off."""
    if not _spec(cron_job).get("suspend"):
        return
    edit = last_edit(cron_job, "spec.suspend")
    who = f" by {edit.by} {span(scene.age(edit.at) or 0)} ago" if edit else ""
    yield _finding(
        "cronjob.suspended",
        entity,
        cron_job,
        f"{entity} is suspended{who}: its schedule does not run",
        path="spec.suspend",
        since=edit.at if edit else None,
    )


@condition("cronjob.invalid_schedule", "CronJob", worth=0.80, even_mild=True)
def invalid_schedule(scene: Scene, entity: Entity, cron_job: Obj) -> Iterator[Finding]:
    """The text of a schedule, its time zone or its deadline can never lead to a run."""
    spec = _spec(cron_job)
    deadline = spec.get("startingDeadlineSeconds")
    try:
        last_due(str(spec.get("schedule") or ""), str(spec.get("timeZone") or ""), scene.now)
    except ValueError as error:
        why = one_line(str(error), 120)
    else:
        if deadline is None or deadline >= TIGHT:
            return
        why = f"startingDeadlineSeconds {deadline} is over before the controller looks"
    yield _finding(
        "cronjob.invalid_schedule",
        entity,
        cron_job,
        f"{entity} cannot run by its schedule {one_line(str(spec.get('schedule')), 60)!r}: {why}",
        path="spec.schedule",
    )


@condition("cronjob.missed", "CronJob", role=Role.SYMPTOM, worth=0.50, vague=True, even_mild=True)
def missed(scene: Scene, entity: Entity, cron_job: Obj) -> Iterator[Finding]:
    """A schedule was due and nothing was started."""
    due, ran = _due(scene, cron_job), parse_time(_status(cron_job).get("lastScheduleTime"))
    late = scene.age(due)
    if due is None or late is None or late < LATE or not scene.older(cron_job, late + LATE):
        return
    known = last_edit(cron_job)
    if (ran and ran >= due) or (known and known.at > due) or _runs_now(scene, cron_job):
        return
    told = scene.events(cron_job, *_REFUSALS)
    why = f": {one_line(str(told[-1].get('message')), 160)}" if told else ""
    last = f"; it ran last {span(scene.age(ran) or 0)} ago" if ran else "; it has never run"
    yield _finding(
        "cronjob.missed",
        entity,
        cron_job,
        f"{entity} was due {span(late)} ago ({_spec(cron_job).get('schedule')}) and was not "
        f"started{why}{last}",
        path="status.lastScheduleTime",
        since=due,
    )


@condition("cronjob.overlap", "CronJob", worth=0.74, even_mild=True)
def overlap(scene: Scene, entity: Entity, cron_job: Obj) -> Iterator[Finding]:
    """A run that does not end keeps the next ones from starting."""
    due = _due(scene, cron_job)
    running = _runs_now(scene, cron_job)
    began = scene.created(running) if running else None
    forbids = _spec(cron_job).get("concurrencyPolicy") == "Forbid"
    if not forbids or running is None or began is None or due is None:
        return
    if due <= began or (scene.age(due) or 0) < LATE / 10:
        return
    job = entity_of("Job", running)
    yield _finding(
        "cronjob.overlap",
        entity,
        cron_job,
        f"{entity} starts no new run (concurrencyPolicy Forbid): {job} runs for "
        f"{span(scene.age(began) or 0)}",
        path="spec.concurrencyPolicy",
        since=due,
    )


@condition(
    "cronjob.never_succeeds", "CronJob", role=Role.SYMPTOM, worth=0.48, vague=True, even_mild=True
)
def never_succeeds(scene: Scene, entity: Entity, cron_job: Obj) -> Iterator[Finding]:
    """The last runs of a schedule all failed."""
    jobs = sorted(_jobs(scene, cron_job), key=lambda job: str(scene.created(job)))
    ended = [job for job in jobs if _ended(job)]
    streak = 0
    for job in reversed(ended):
        if pod_condition(job, "Failed").get("status") != "True":
            break
        streak += 1
    if streak < FAILING:
        return
    well = parse_time(_status(cron_job).get("lastSuccessfulTime"))
    last = f"; the last success was {span(scene.age(well) or 0)} ago" if well else ""
    yield _finding(
        "cronjob.never_succeeds",
        entity,
        cron_job,
        f"{entity} failed {streak} times in a row{last}",
        path="status.lastSuccessfulTime",
        since=scene.created(ended[-streak]),
    )


_REFUSALS = ("TooManyMissedTimes", "MissSchedule", "JobAlreadyActive", "FailedNeedsStart",
             "FailedCreate", "UnparseableSchedule", "UnknownTimeZone")  # fmt: skip


@condition("cronjob.complains", "CronJob", worth=0.66, even_mild=True)
def complains(scene: Scene, entity: Entity, cron_job: Obj) -> Iterator[Finding]:
    """The controller says why it does not start a run."""
    told = scene.events(cron_job, *_REFUSALS)
    ran = parse_time(_status(cron_job).get("lastScheduleTime"))
    seen = last_seen(told[-1]) if told else None
    if not told or (ran and seen and ran > seen):
        return
    yield _finding(
        "cronjob.complains",
        entity,
        cron_job,
        f"{entity} is not started: {one_line(str(told[-1].get('message')), 200)}",
        path="status",
        since=seen,
    )


def _due(scene: Scene, cron_job: Obj) -> datetime | None:
    """When it should have run last; nothing while it is suspended or has no schedule."""
    spec = _spec(cron_job)
    if spec.get("suspend"):
        return None
    try:
        return last_due(str(spec.get("schedule") or ""), str(spec.get("timeZone") or ""), scene.now)
    except ValueError:
        return None


def _jobs(scene: Scene, cron_job: Obj) -> list[Obj]:
    owned = scene.inventory.owned(cron_job["metadata"].get("uid", ""))
    return [item for kind, item in owned if kind == "Job"]


def _runs_now(scene: Scene, cron_job: Obj) -> Obj | None:
    active = [
        job for job in _jobs(scene, cron_job) if not _ended(job) and _status(job).get("active")
    ]
    return min(active, key=lambda job: str(scene.created(job)), default=None)


def _ended(job: Obj) -> bool:
    return any(pod_condition(job, name).get("status") == "True" for name in ("Complete", "Failed"))


def _spec(item: Obj) -> Obj:
    return item.get("spec") or EMPTY


def _status(item: Obj) -> Obj:
    return item.get("status") or EMPTY


def _finding(
    name: str,
    entity: Entity,
    item: Obj,
    claim: str,
    *,
    path: str,
    since: datetime | None = None,
) -> Finding:
    return Finding(
        condition=name,
        entity=entity,
        claim=claim,
        category=Category.CONFIGURATION,
        severity=Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        path=path,
        since=since,
        command=entity.get,
    )
