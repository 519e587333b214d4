"""Jobs: pods until enough of them succeeded, or too many failed."""

from sreagent.simulator.api import Api
from sreagent.simulator.clock import stamp
from sreagent.simulator.controllers.templates import new_pod
from sreagent.simulator.controllers.writing import set_condition, write_status
from sreagent.simulator.kinds import JOB, POD, Kind
from sreagent.simulator.objects import (
    Json,
    condition,
    is_terminating,
    lookup,
    name_of,
    namespace_of,
    owner_uids,
    uid_of,
)
from sreagent.simulator.recorder import Recorder


class Jobs:
    """Runs every Job to its end."""

    watches: tuple[Kind, ...] = (
        JOB,
        POD,
    )

    def __init__(self, api: Api) -> None:
        self.store = api.store
        self.recorder = Recorder(api.store, "job-controller")

    def next_due(self) -> float | None:
        """Never: only changes give it work."""
        return None

    def sync(self) -> None:
        """Bring every Job one step closer."""
        for job in self.store.all(JOB):
            over = condition(job, "Complete") or condition(job, "Failed")
            if not over and not is_terminating(job) and not job["spec"].get("suspend"):
                self._sync_one(job)

    def _sync_one(self, job: Json) -> None:
        phases = [lookup(pod, "status.phase") for pod in self._pods(job)]
        succeeded, failed = phases.count("Succeeded"), phases.count("Failed")
        active = len(phases) - succeeded - failed
        spec = job["spec"]
        too_many = failed > spec["backoffLimit"]
        wanted = 0 if too_many else min(spec["parallelism"], spec["completions"] - succeeded)
        for _ in range(wanted - active):
            pod = new_pod(self.store, job)
            self.recorder.normal(job, "SuccessfulCreate", f"Created pod: {name_of(pod)}")
            active += 1
        self._write_status(job, active, succeeded, failed)

    def _pods(self, job: Json) -> list[Json]:
        return self.store.where(POD, namespace_of(job), lambda pod: uid_of(job) in owner_uids(pod))

    def _write_status(self, job: Json, active: int, succeeded: int, failed: int) -> None:
        now = self.store.clock.now()
        started = lookup(job, "status.startTime") or stamp(now)
        counts = {"active": active, "succeeded": succeeded, "failed": failed, "ready": 0}
        status: Json = {"startTime": started, **counts}
        if succeeded >= job["spec"]["completions"]:
            status["completionTime"] = stamp(now)
            message = "Reached expected number of succeeded pods"
            status["conditions"] = [
                set_condition(job, now, "Complete", "True", "CompletionsReached", message)
            ]
            self.recorder.normal(job, "Completed", "Job completed")
        elif failed > job["spec"]["backoffLimit"]:
            message = "Job has reached the specified backoff limit"
            status["conditions"] = [
                set_condition(job, now, "Failed", "True", "BackoffLimitExceeded", message)
            ]
            self.recorder.warning(job, "BackoffLimitExceeded", message)
        write_status(self.store, JOB, job, status)
