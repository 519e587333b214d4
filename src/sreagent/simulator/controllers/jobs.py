"""Jobs: pods until enough of them succeeded, or too many failed."""

from sreagent.simulator.api import Api
from sreagent.simulator.clock import moment_of, stamp
from sreagent.simulator.containers import FIRST_BACK_OFF, earliest
from sreagent.simulator.controllers.replicasets import remove_pod
from sreagent.simulator.controllers.templates import PodMaker
from sreagent.simulator.kinds import JOB, POD, Kind
from sreagent.simulator.objects import (
    Json,
    condition,
    is_ready,
    is_terminating,
    lookup,
    name_of,
    namespace_of,
    owner_uids,
    uid_of,
)
from sreagent.simulator.recorder import Recorder
from sreagent.simulator.writing import set_condition, write_status

LONGEST_PAUSE = 360.0
_TOO_MANY = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
_TOO_LATE = ("DeadlineExceeded", "Job was active longer than specified deadline")


class Jobs:
    """Runs every Job to its end."""

    watches: tuple[Kind, ...] = (JOB, POD)

    def __init__(self, api: Api) -> None:
        self.api = api
        self.store = api.store
        self.recorder = Recorder(api.store, "job-controller")
        self.maker = PodMaker(api.store, self.recorder)
        self._after_failure: dict[str, tuple[int, float | None]] = {}

    def next_due(self) -> float | None:
        """When a failed pod is followed by the next one, or a deadline passes."""
        pauses = [due for _, due in self._after_failure.values()]
        deadlines = [_deadline(job) for job in self._open()]
        return earliest(self.maker.next_due(), *pauses, *deadlines)

    def sync(self) -> None:
        """Bring every Job one step closer."""
        jobs = self._open()
        uids = {uid_of(job) for job in jobs}
        self._after_failure = {u: told for u, told in self._after_failure.items() if u in uids}
        for job in jobs:
            self._sync_one(job)
        self.maker.tidy()

    def _open(self) -> list[Json]:
        return [
            job
            for job in self.store.all(JOB)
            if not _is_over(job) and not is_terminating(job) and not job["spec"].get("suspend")
        ]

    def _sync_one(self, job: Json) -> None:
        pods = self._pods(job)
        phases = [lookup(pod, "status.phase") for pod in pods]
        succeeded, failed = phases.count("Succeeded"), phases.count("Failed")
        active = [
            pod for pod in pods if lookup(pod, "status.phase") in ("Pending", "Running", None)
        ]
        reason = self._failure(job, failed, active)
        if reason:
            for pod in active:
                if not is_terminating(pod):
                    remove_pod(self.api, pod)
            self._write_status(job, [], succeeded, failed, reason)
            return
        spec = job["spec"]
        wanted = min(spec["parallelism"], spec["completions"] - succeeded)
        if self._may_start(job, failed):
            for _ in range(wanted - len(active)):
                made = self.maker.make(job)
                if made is None:
                    break
                self.recorder.normal(job, "SuccessfulCreate", f"Created pod: {name_of(made)}")
                active.append(made)
        self._write_status(job, active, succeeded, failed, None)

    def _pods(self, job: Json) -> list[Json]:
        return self.store.where(POD, namespace_of(job), lambda pod: uid_of(job) in owner_uids(pod))

    def _failure(self, job: Json, failed: int, active: list[Json]) -> tuple[str, str] | None:
        restarts = sum(
            each["restartCount"]
            for pod in active
            for each in lookup(pod, "status.containerStatuses") or ()
        )
        limit = job["spec"]["backoffLimit"]
        if failed > limit or (restarts and restarts >= limit):
            return _TOO_MANY
        deadline = _deadline(job)
        if deadline is not None and deadline <= self.store.clock.now():
            return _TOO_LATE
        return None

    def _may_start(self, job: Json, failed: int) -> bool:
        """Whether the pause after the last failure is over."""
        now, uid = self.store.clock.now(), uid_of(job)
        known, due = self._after_failure.get(uid, (0, None))
        if failed > known:
            due = now + min(FIRST_BACK_OFF * 2 ** (failed - 1), LONGEST_PAUSE)
        elif due is not None and due <= now:
            due = None
        self._after_failure[uid] = (failed, due)
        return due is None

    def _write_status(
        self,
        job: Json,
        active: list[Json],
        succeeded: int,
        failed: int,
        failure: tuple[str, str] | None,
    ) -> None:
        now = self.store.clock.now()
        started = lookup(job, "status.startTime") or stamp(now)
        counts = {"active": len(active), "succeeded": succeeded, "failed": failed}
        status: Json = {"startTime": started, **counts, "ready": sum(map(is_ready, active))}
        if succeeded >= job["spec"]["completions"]:
            status["completionTime"] = stamp(now)
            message = "Reached expected number of succeeded pods"
            status["conditions"] = [
                set_condition(job, now, "Complete", "True", "CompletionsReached", message)
            ]
            self.recorder.normal(job, "Completed", "Job completed")
        elif failure:
            status["conditions"] = [set_condition(job, now, "Failed", "True", *failure)]
            self.recorder.warning(job, *failure)
        write_status(self.store, JOB, job, status)


def _is_over(job: Json) -> bool:
    return bool(condition(job, "Complete") or condition(job, "Failed"))


def _deadline(job: Json) -> float | None:
    seconds = lookup(job, "spec.activeDeadlineSeconds")
    started = lookup(job, "status.startTime")
    return moment_of(started) + float(seconds) if seconds and started else None
