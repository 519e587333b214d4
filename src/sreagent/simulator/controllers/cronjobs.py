"""CronJobs: a Job at each time of their schedule."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sreagent.simulator.api import Api
from sreagent.simulator.clock import stamp
from sreagent.simulator.defaults import fill_in
from sreagent.simulator.kinds import CRON_JOB, JOB, Kind
from sreagent.simulator.objects import (
    Json,
    condition,
    is_terminating,
    meta,
    name_of,
    namespace_of,
    owned_by,
    owner_uids,
    uid_of,
)
from sreagent.simulator.recorder import Recorder
from sreagent.simulator.writing import write, write_status

MOST_TICKS = 12
"""Runs of a schedule that are played before the present; earlier ones would be tidied up."""
_NAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


class CronJobs:
    """Starts every Job that is due."""

    watches: tuple[Kind, ...] = (CRON_JOB, JOB)

    def __init__(self, api: Api) -> None:
        self.store = api.store
        self.recorder = Recorder(api.store, "cronjob-controller")
        self.present: float | None = None
        """When the played past ends; None in real time."""
        self._next: dict[str, float] = {}

    def next_due(self) -> float | None:
        """The next time of any schedule."""
        return min(self._next.values(), default=None)

    def sync(self) -> None:
        """Start what is due, tidy up what is long done."""
        now = self.store.clock.now()
        known = {uid_of(each) for each in self.store.all(CRON_JOB)}
        self._next = {uid: due for uid, due in self._next.items() if uid in known}
        for cron_job in self.store.all(CRON_JOB):
            if is_terminating(cron_job) or cron_job["spec"].get("suspend"):
                self._next.pop(uid_of(cron_job), None)
                continue
            due = self._next.setdefault(uid_of(cron_job), self._first(cron_job, now))
            if due <= now:
                self._next[uid_of(cron_job)] = next_tick(cron_job["spec"]["schedule"], now)
                self.start(cron_job)
            self._tidy(cron_job)
            self._write_status(cron_job)

    def start(self, cron_job: Json, name: str = "") -> None:
        """Create a Job of a CronJob, as at one time of its schedule."""
        now = self.store.clock.now()
        if cron_job["spec"].get("concurrencyPolicy") == "Forbid" and self._active(cron_job):
            message = (
                "Not starting job because prior execution is running and concurrency is Forbid"
            )
            self.recorder.normal(cron_job, "JobAlreadyActive", message)
            return
        template = copy.deepcopy(cron_job["spec"]["jobTemplate"])
        metadata = template.get("metadata") or {}
        job = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": name or f"{name_of(cron_job)}-{int(now // 60)}",
                "namespace": namespace_of(cron_job),
                "labels": metadata.get("labels") or {},
                "annotations": metadata.get("annotations") or {},
                "generation": 1,
                "ownerReferences": [owned_by(cron_job, "CronJob", "batch/v1")],
            },
            "spec": template["spec"],
        }
        if self.store.find(JOB, namespace_of(cron_job), name_of(job)):
            return
        fill_in(JOB, job)
        write(self.store, JOB, None, job)
        self.recorder.normal(cron_job, "SuccessfulCreate", f"Created job {name_of(job)}")
        live = self.store.find(CRON_JOB, namespace_of(cron_job), name_of(cron_job)) or cron_job
        status = {**(live.get("status") or {}), "lastScheduleTime": stamp(now // 60 * 60)}
        write_status(self.store, CRON_JOB, live, status)

    def _first(self, cron_job: Json, now: float) -> float:
        due = next_tick(cron_job["spec"]["schedule"], now)
        if self.present is None:
            return due
        pause = next_tick(cron_job["spec"]["schedule"], due) - due
        return max(due, next_tick(cron_job["spec"]["schedule"], self.present - MOST_TICKS * pause))

    def _jobs(self, cron_job: Json) -> list[Json]:
        owned = self.store.where(
            JOB, namespace_of(cron_job), lambda job: uid_of(cron_job) in owner_uids(job)
        )
        return sorted(owned, key=lambda job: str(meta(job)["creationTimestamp"]))

    def _active(self, cron_job: Json) -> list[Json]:
        return [
            job
            for job in self._jobs(cron_job)
            if not condition(job, "Complete") and not condition(job, "Failed")
        ]

    def _tidy(self, cron_job: Json) -> None:
        spec = cron_job["spec"]
        for kind, field, usual in (
            ("Complete", "successfulJobsHistoryLimit", 3),
            ("Failed", "failedJobsHistoryLimit", 1),
        ):
            done = [job for job in self._jobs(cron_job) if condition(job, kind)]
            for job in done[: max(0, len(done) - int(spec.get(field, usual)))]:
                self.store.remove(JOB, job)

    def _write_status(self, cron_job: Json) -> None:
        live = self.store.find(CRON_JOB, namespace_of(cron_job), name_of(cron_job)) or cron_job
        status = dict(live.get("status") or {})
        status.pop("active", None)
        active = [
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "name": name_of(job),
                "namespace": namespace_of(job),
                "uid": uid_of(job),
            }
            for job in self._active(cron_job)
        ]
        if active:
            status["active"] = active
        done = [
            job["status"]["completionTime"]
            for job in self._jobs(cron_job)
            if (job.get("status") or {}).get("completionTime")
        ]
        if done:
            status["lastSuccessfulTime"] = max(done)
        write_status(self.store, CRON_JOB, live, status)


def next_tick(schedule: str, after: float) -> float:
    """The first time of a schedule after a moment; never, for one that cannot be read."""
    try:
        fields = [
            set(_values(text, *bounds))
            for text, bounds in zip(_NAMES.get(schedule, schedule).split(), _BOUNDS, strict=True)
        ]
    except ValueError:
        return float("inf")
    at = datetime.fromtimestamp(after // 60 * 60, UTC) + timedelta(minutes=1)
    for _ in range(366 * 2):
        if _is_day(at, fields):
            for hour in sorted(each for each in fields[1] if each >= at.hour):
                for minute in sorted(fields[0]):
                    if (hour, minute) >= (at.hour, at.minute):
                        return at.replace(hour=hour, minute=minute).timestamp()
        at = (at + timedelta(days=1)).replace(hour=0, minute=0)
    return float("inf")


def _is_day(at: datetime, fields: list[set[int]]) -> bool:
    weekday = (at.weekday() + 1) % 7
    return at.day in fields[2] and at.month in fields[3] and weekday in fields[4]


def _values(text: str, low: int, high: int) -> Iterator[int]:
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = low, high
        else:
            begin, _, end = span.partition("-")
            first = int(begin)
            last = int(end) if end else (high if step else first)
        yield from range(first, last + 1, int(step or 1))
