"""What the programs inside the pretend containers do; never visible in the cluster itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from sreagent.simulator.objects import Json, labels_of
from sreagent.simulator.quantities import MEBIBYTE, amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One program calling another through its Service, again and again."""

    service: str
    every: float
    fails: str
    works: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """A way a program ends by itself, and what it takes for that."""

    image: str
    without_env: str
    after: float
    code: int
    lines: tuple[str, ...]

    def strikes(self, container: Json, known: set[str]) -> bool:
        """Whether a container made from this spec ends this way."""
        if not fnmatchcase(str(container.get("image", "")), self.image):
            return False
        return not self.without_env or self.without_env not in known


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """How much memory a program uses as it warms up, in MiB."""

    start: float = 24
    steady: float = 48
    warm_up: float = 20
    """Seconds from start to the steady size."""

    def used(self, running: float) -> float:
        """Bytes in use after so many seconds."""
        part = min(1.0, running / self.warm_up) if self.warm_up else 1.0
        return (self.start + (self.steady - self.start) * part) * MEBIBYTE

    def killed_after(self, limit: float | None) -> float | None:
        """Seconds until the program is killed for passing a limit in bytes, or None."""
        if limit is None or self.used(self.warm_up) <= limit:
            return None
        start = self.start * MEBIBYTE
        if start >= limit:
            return 0.5
        return self.warm_up * (limit - start) / (self.steady * MEBIBYTE - start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program: what it listens on, eats, says and calls."""

    app: str = ""
    port: int | None = None
    ready_after: float = 1.2
    cpu: float = 20
    memory: Memory = field(default_factory=Memory)
    start: tuple[str, ...] = ("{ts} INFO  starting",)
    every: float = 12
    lines: tuple[str, ...] = ("{ts} INFO  alive",)
    calls: tuple[Call, ...] = ()
    crashes: tuple[Crash, ...] = ()
    finishes_after: float | None = None

    def crash(self, container: Json, known: set[str]) -> Crash | None:
        """The way this container ends at start, when there is one."""
        return next((each for each in self.crashes if each.strikes(container, known)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """All programs of an incident, and the images that can be pulled."""

    programs: Mapping[str, Program]
    images: tuple[str, ...] = ("*",)

    def program(self, pod: Json) -> Program:
        """The program in a pod; something unremarkable when the incident names none."""
        known = self.programs.get(labels_of(pod).get("app", ""))
        if known is not None:
            return known
        runs_on = pod["spec"].get("restartPolicy", "Always") == "Always"
        return Program(finishes_after=None if runs_on else 2.0)

    def can_pull(self, image: str) -> bool:
        """Whether the registry has an image."""
        return any(fnmatchcase(image, pattern) for pattern in self.images)


def read_behaviour(data: Json) -> Behaviour:
    """The behaviour file of an incident."""
    programs = [_program(each) for each in data["apps"]]
    return Behaviour(
        programs={program.app: program for program in programs},
        images=tuple(data.get("images", ("*",))),
    )


def _program(data: Json) -> Program:
    known = dict(data)
    known["memory"] = Memory(**data["memory"])
    known["start"] = tuple(data["start"])
    known["lines"] = tuple(data["lines"])
    known["calls"] = tuple(Call(**each) for each in data.get("calls", ()))
    known["crashes"] = tuple(_crash(each) for each in data.get("crashes", ()))
    return Program(**known)


def _crash(data: Json) -> Crash:
    return Crash(
        image=data.get("image", "*"),
        without_env=data.get("without_env", ""),
        after=data["after"],
        code=data["code"],
        lines=tuple(data["lines"].rstrip("\n").split("\n")),
    )


def memory_limit(container: Json) -> float | None:
    """The memory limit of a container in bytes."""
    limit = (container.get("resources") or {}).get("limits", {}).get("memory")
    return None if limit is None else amount(limit)


def known_env(container: Json, config_keys: Callable[[str], set[str]]) -> set[str]:
    """The names of the variables a container starts with."""
    names = {each["name"] for each in container.get("env") or ()}
    for source in container.get("envFrom") or ():
        reference = source.get("configMapRef") or source.get("secretRef") or {}
        names |= {source.get("prefix", "") + key for key in config_keys(reference.get("name", ""))}
    return names
