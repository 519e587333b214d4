"""The life of one container: created, running, ended, waiting, started again."""

import hashlib
from dataclasses import dataclass, field

from sreagent.simulator.behaviour import Memory, Program, memory_limit
from sreagent.simulator.clock import stamp
from sreagent.simulator.objects import Json

FIRST_BACK_OFF = 10.0
LONGEST_BACK_OFF = 300.0
BACK_OFF_FORGOTTEN = 600.0
"""A run this long lets the next restart come at once again."""
PULL_SECONDS = 0.6

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ends by itself."""

    at: float
    code: int = 0
    reason: str = "Completed"
    message: str = ""
    lines: tuple[str, ...] | None = None
    """What it writes instead of its usual log, when it is one of these ends."""


@dataclass(slots=True, kw_only=True)
class Probe:
    """One check of a container, as far as it has come."""

    spec: Json
    due: float | None
    failures: int = 0
    successes: int = 0
    told: int = 0


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of a container, from start to end."""

    number: int
    started: float
    program: Program
    env: dict[str, str]
    memory: Memory
    ending: Ending | None = None
    finished: float | None = None
    listens_at: float | None = None
    """When it will begin to listen; None once it does."""
    calls: dict[int, list[tuple[float, str]]] = field(default_factory=dict)
    """For each dependency: from when on which error came, empty for none."""

    @property
    def code(self) -> int:
        """The exit code it ends with."""
        return self.ending.code if self.ending else 0

    @property
    def reason(self) -> str:
        """The word for its end."""
        return self.ending.reason if self.ending else "Completed"

    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.finished is not None

    def failing(self, dependency: int) -> str:
        """The error a call gets now, empty when it works."""
        told = self.calls.get(dependency)
        return told[-1][1] if told else ""


@dataclass(slots=True, kw_only=True)
class Life:
    """Everything the node knows about one container of a pod."""

    spec: Json
    node: str
    uid: str
    is_init: bool = False
    wake: float | None = None
    """When it is started, or started again."""
    runs: list[Run] = field(default_factory=list)
    skipped: int = 0
    """Runs of a long past that were like those before and after them, and are only counted."""
    waiting: tuple[str, str] | None = ("ContainerCreating", "")
    back_off: float = 0.0
    pull_pause: float = FIRST_BACK_OFF
    ready: bool = False
    is_started: bool = False
    """Whether its startup probe has passed, or it has none."""
    is_done: bool = False
    """An init container that has done its work."""
    probes: dict[str, Probe] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the container."""
        return str(self.spec["name"])

    @property
    def is_sidecar(self) -> bool:
        """Whether it is an init container that stays."""
        return self.is_init and self.spec.get("restartPolicy") == "Always"

    @property
    def run(self) -> Run | None:
        """The run that is going on, or None."""
        return self.runs[-1] if self.runs and not self.runs[-1].is_over() else None

    @property
    def is_running(self) -> bool:
        """Whether the container runs right now."""
        return self.run is not None

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return max(0, len(self.runs) - 1) + self.skipped

    @property
    def due(self) -> float | None:
        """When something happens to it next."""
        run = self.run
        if run is None:
            return self.wake
        moments = [run.listens_at, run.ending.at if run.ending else None]
        return earliest(*moments, *(probe.due for probe in self.probes.values()))

    def is_due(self, now: float) -> bool:
        """Whether something happens to it now."""
        due = self.due
        return due is not None and due <= now

    def begin(self, run: Run) -> None:
        """Start the next run."""
        self.runs.append(run)
        self.waiting, self.wake = None, None
        self.is_started = "startupProbe" not in self.spec
        self.ready = self.is_started and "readinessProbe" not in self.spec

    def end(self, now: float, *, restarts: bool) -> None:
        """End the current run and plan the next one when there is to be one."""
        run = self.runs[-1]
        run.finished = now
        self.ready, self.is_started, self.probes = False, False, {}
        if not restarts:
            self.wake, self.waiting = None, None
            return
        if now - run.started > BACK_OFF_FORGOTTEN:
            self.back_off = 0.0
        # The first restart comes at once, the following ones later and later.
        self.wake = now + (self.back_off or 0.4)
        grown = self.back_off * 2 if self.back_off else FIRST_BACK_OFF
        if self.back_off:
            pause = f"{int(self.back_off // 60)}m{int(self.back_off % 60)}s"
            shown = pause if self.back_off >= 60 else f"{int(self.back_off)}s"
            self.waiting = ("CrashLoopBackOff", f"back-off {shown} restarting failed container")
        self.back_off = min(grown, LONGEST_BACK_OFF)

    def skip(self, until: float) -> None:
        """Count the restarts of a steady loop up to a moment instead of living through them."""
        last = self.runs[-1]
        if self.wake is None or self.wake < (last.finished or until) + LONGEST_BACK_OFF:
            return
        round_ = self.wake - last.started
        count = int((until - self.wake) // round_)
        if count > 0:
            self.skipped += count
            self.wake += count * round_

    def memory_used(self, now: float) -> float:
        """Bytes in use."""
        return self.run.memory.used(now - self.run.started) if self.run else 0.0

    def most_memory(self) -> float:
        """Bytes that it may come to use."""
        if self.run is None:
            return 0.0
        limit = memory_limit(self.spec)
        most = self.run.memory.peak()
        return most if limit is None else min(most, limit)

    def status(self) -> Json:
        """The `containerStatuses` entry."""
        current, last = self.run, self._last_ended()
        state = self._state(current)
        result: Json = {
            "name": self.name,
            "state": state,
            "lastState": self._before(state, last),
            "ready": self.is_done or self.ready,
            "restartCount": self.restarts,
            "image": self.spec["image"],
            "imageID": "",
            "started": current is not None and self.is_started,
        }
        if self.runs:
            result["imageID"] = image_id(self.spec["image"])
            result["containerID"] = self.container_id(self.runs[-1])
        return result

    def container_id(self, run: Run) -> str:
        """The id the runtime gave one run."""
        text = f"{self.uid}/{self.name}/{run.number}"
        return "containerd://" + hashlib.sha256(text.encode()).hexdigest()

    def _before(self, state: Json, last: Run | None) -> Json:
        if "terminated" not in state:
            return _terminated(self, last) if last else {}
        ended = [run for run in self.runs[:-1] if run.is_over()]
        return _terminated(self, ended[-1]) if ended else {}

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


def image_id(image: str) -> str:
    """The digest an image resolved to."""
    repository = image.rpartition(":")[0] or image
    return f"{repository}@sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def _terminated(life: Life, run: Run) -> Json:
    told = {
        "exitCode": run.code,
        "reason": run.reason,
        "startedAt": stamp(run.started),
        "finishedAt": stamp(run.finished or run.started),
        "containerID": life.container_id(run),
    }
    if run.ending and run.ending.message:
        told["message"] = run.ending.message
    return {"terminated": told}


def earliest(*moments: float | None) -> float | None:
    """The first of some moments that will come at all."""
    return min((each for each in moments if each is not None), default=None)
