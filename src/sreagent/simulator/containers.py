"""The life of one container: created, running, ended, waiting, started again."""

import hashlib
from dataclasses import dataclass, field

from sreagent.simulator.behaviour import Crash, Program, memory_limit
from sreagent.simulator.clock import stamp
from sreagent.simulator.objects import Json

FIRST_BACK_OFF = 10.0
LONGEST_BACK_OFF = 300.0
PULL_SECONDS = 0.6


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of a container, from start to end."""

    number: int
    started: float
    ready_at: float | None
    ends_at: float | None
    code: int = 0
    reason: str = "Completed"
    crash: Crash | None = None
    finished: float | None = None

    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.finished is not None


@dataclass(slots=True, kw_only=True)
class Life:
    """Everything the node knows about one container of a pod."""

    spec: Json
    program: Program
    node: str
    uid: str
    due: float | None
    runs: list[Run] = field(default_factory=list)
    waiting: tuple[str, str] | None = ("ContainerCreating", "")
    back_off: float = 0.0
    ready: bool = False
    probe_problem: str = ""

    @property
    def name(self) -> str:
        """The name of the container."""
        return str(self.spec["name"])

    @property
    def run(self) -> Run | None:
        """The run that is going on, or None."""
        return self.runs[-1] if self.runs and not self.runs[-1].is_over() else None

    @property
    def is_running(self) -> bool:
        """Whether the container runs right now."""
        return self.run is not None

    def is_due(self, now: float) -> bool:
        """Whether something happens to it now."""
        return self.due is not None and self.due <= now

    def begin(self, now: float, crash: Crash | None) -> Run:
        """Start the next run."""
        run = Run(
            number=len(self.runs),
            started=now,
            ready_at=self._ready_at(now),
            ends_at=None,
            crash=crash,
        )
        self._plan_end(run)
        self.runs.append(run)
        self.waiting = None
        self.ready = "readinessProbe" not in self.spec
        self.due = _earliest(run.ready_at if not self.ready else None, run.ends_at)
        return run

    def end(self, now: float, *, restarts: bool) -> None:
        """End the current run and plan the next one when there is to be one."""
        run = self.runs[-1]
        run.finished = now
        self.ready = False
        if not restarts:
            self.due, self.waiting = None, None
            return
        # The first restart comes at once, the following ones later and later.
        self.due = now + (self.back_off or 0.4)
        grown = self.back_off * 2 if self.back_off else FIRST_BACK_OFF
        if self.back_off:
            pause = f"{int(self.back_off // 60)}m{int(self.back_off % 60)}s"
            shown = pause if self.back_off >= 60 else f"{int(self.back_off)}s"
            self.waiting = ("CrashLoopBackOff", f"back-off {shown} restarting failed container")
        self.back_off = min(grown, LONGEST_BACK_OFF)

    def memory_used(self, now: float) -> float:
        """Bytes in use."""
        return self.program.memory.used(now - self.run.started) if self.run else 0.0

    def status(self) -> Json:
        """The `containerStatuses` entry."""
        current, last = self.run, self._last_ended()
        state = self._state(current)
        result: Json = {
            "name": self.name,
            "state": state,
            "lastState": _terminated(self, last) if last and "terminated" not in state else {},
            "ready": self.ready,
            "restartCount": max(0, len(self.runs) - 1),
            "image": self.spec["image"],
            "imageID": "",
            "started": current is not None,
        }
        if self.runs:
            result["imageID"] = image_id(self.spec["image"])
            result["containerID"] = self.container_id(self.runs[-1])
        return result

    def container_id(self, run: Run) -> str:
        """The id the runtime gave one run."""
        text = f"{self.uid}/{self.name}/{run.number}"
        return "containerd://" + hashlib.sha256(text.encode()).hexdigest()

    def _state(self, current: Run | None) -> Json:
        if current:
            return {"running": {"startedAt": stamp(current.started)}}
        if self.waiting:
            reason, message = self.waiting
            told = {"reason": reason, "message": message} if message else {"reason": reason}
            return {"waiting": told}
        return _terminated(self, self.runs[-1])

    def _last_ended(self) -> Run | None:
        return next((run for run in reversed(self.runs) if run.is_over()), None)

    def _ready_at(self, now: float) -> float | None:
        probe = self.spec.get("readinessProbe")
        if not probe:
            return now + self.program.ready_after
        if self.probe_problem:
            return None
        return now + max(self.program.ready_after, float(probe.get("initialDelaySeconds", 0)))

    def _plan_end(self, run: Run) -> None:
        killed = self.program.memory.killed_after(memory_limit(self.spec))
        if run.crash:
            run.ends_at, run.code, run.reason = (
                run.started + run.crash.after,
                run.crash.code,
                "Error",
            )
        elif killed is not None:
            run.ends_at, run.code, run.reason = run.started + killed, 137, "OOMKilled"
        elif self.program.finishes_after is not None:
            run.ends_at = run.started + self.program.finishes_after


def image_id(image: str) -> str:
    """The digest an image resolved to."""
    repository = image.rpartition(":")[0] or image
    return f"{repository}@sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def _terminated(life: Life, run: Run) -> Json:
    return {
        "terminated": {
            "exitCode": run.code,
            "reason": run.reason,
            "startedAt": stamp(run.started),
            "finishedAt": stamp(run.finished or run.started),
            "containerID": life.container_id(run),
        }
    }


def _earliest(*moments: float | None) -> float | None:
    return min((each for each in moments if each is not None), default=None)
