"""What the programs inside the pretend containers do; never visible in the cluster itself.

The file lists programs; every entry that matches a container adds to what it does, and later
entries win.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from sreagent.simulator.objects import Json
from sreagent.simulator.quantities import MEBIBYTE, amount

ALWAYS = float("inf")
DEFAULT_MEMORY_MIB = 64.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a container when its program is looked up."""

    namespace: str
    labels: Mapping[str, str]
    pod: str
    node: str
    container: str
    image: str
    command: str
    env: Mapping[str, str]
    config: Callable[[str], str]
    """The text under `CONFIGMAP/KEY` in the namespace, empty when it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which containers an entry is about."""

    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    image: str = "*"
    container: str = ""
    pod: str = "*"
    node: str = "*"
    command: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)

    def fits(self, facts: Facts) -> bool:
        """Whether a container is meant."""
        return (
            self.namespace in ("", facts.namespace)
            and self.container in ("", facts.container)
            and all(facts.labels.get(key) == value for key, value in self.labels.items())
            and fnmatchcase(facts.image, self.image)
            and fnmatchcase(facts.pod, self.pod)
            and fnmatchcase(facts.node, self.node)
            and re.search(self.command, facts.command) is not None
            and all(re.search(str(p), facts.env.get(k, "")) for k, p in self.env.items())
            and all(re.search(str(p), facts.config(k)) for k, p in self.config.items())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """A port a program opens, and how it answers there."""

    port: int
    paths: Mapping[str, Any] | None = None
    """HTTP code by path, `*` for any other; without paths everything is 200."""
    latency: float = 0.0

    def answer(self, path: str) -> tuple[int, float]:
        """The HTTP code and the seconds until it comes."""
        if self.paths is None:
            return 200, self.latency
        told = self.paths.get(path.partition("?")[0], self.paths.get("*", 404))
        if isinstance(told, dict):
            return int(told.get("status", 200)), float(told.get("latency", self.latency))
        return int(told), self.latency


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """Lines a program writes: once, again and again, or as it ends."""

    lines: tuple[str, ...]
    at: float | None = None
    every: float | None = None
    lasts: float = ALWAYS
    active_from: float = 0.0
    active_until: float = ALWAYS
    on_exit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """Something a program calls, again and again."""

    host: str = ""
    port: int = 80
    env: str = ""
    """The variable that holds the address, instead of host and port."""
    every: float = 5.0
    at: float = 1.2
    line: str = ""
    ok_line: str = ""
    exit_line: str = ""
    effect: str = ""
    """`not_ready`, `crash`, `wait`, or nothing."""
    propagate: bool = False
    status: int = 503
    """What callers get while it fails, when it is passed on."""
    timeout: float = ALWAYS
    path: str = "/"
    after: float = 3.0
    exit_code: int = 1
    inactive_until: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededEnv:
    """A variable without which a program ends at start."""

    name: str
    matches: str = ""
    line: str = ""
    exit_code: int = 1
    after: float = 1.0

    def is_met(self, env: Mapping[str, str]) -> bool:
        """Whether the variable is there and holds what it must."""
        value = env.get(self.name)
        return value is not None and re.search(self.matches, value) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """How much memory a program uses, in MiB."""

    base: float = DEFAULT_MEMORY_MIB
    per_minute: float = 0.0
    most: float = ALWAYS
    env: str = ""
    factor: float = 1.0

    def of(self, env: Mapping[str, str]) -> "Memory":
        """The memory of a program that starts with these variables."""
        digits = re.sub(r"[^0-9.]", "", env.get(self.env, "")) if self.env else ""
        more = float(digits or 0) * self.factor
        return Memory(base=self.base + more, per_minute=self.per_minute, most=self.most)

    def used(self, running: float) -> float:
        """Bytes in use after so many seconds."""
        grown = self.base + self.per_minute * max(0.0, running) / 60
        return min(grown, max(self.most, self.base)) * MEBIBYTE

    def peak(self) -> float:
        """The most bytes it will ever use."""
        return (max(self.most, self.base) if self.per_minute > 0 else self.base) * MEBIBYTE

    def passes_after(self, limit: float) -> float | None:
        """Seconds until it uses more than a limit in bytes, or None."""
        wanted = limit / MEBIBYTE
        if self.base > wanted:
            return 0.0
        if self.per_minute <= 0 or self.most <= wanted:
            return None
        return (wanted - self.base) / self.per_minute * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Everything one container does."""

    listens: tuple[Listen, ...] | None = None
    """None: on every port its spec names."""
    start_delay: float = 0.0
    memory: Memory = field(default_factory=Memory)
    cpu: float = 20.0
    """Thousandths of a core."""
    oom_after: float = 6.0
    exit_after: float | None = None
    exit_code: int = 1
    exit_times: float = ALWAYS
    termination_message: str = ""
    start_error: str = ""
    needs_env: tuple[NeededEnv, ...] = ()
    exec_fails: str = ""
    serves_status: int = 200
    serves_latency: float = 0.0
    logs: tuple[LogEntry, ...] | None = None
    depends_on: tuple[Dependency, ...] = ()
    runs_forever: bool = False
    job_seconds: float = 4.0
    sigterm_exit: int = 137


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """What the registries say to each image."""

    exist: tuple[str, ...] = ("*",)
    missing: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()

    def problem(self, image: str) -> str:
        """`missing`, `denied` or `unreachable`, or nothing when it can be pulled."""
        for word in ("denied", "unreachable", "missing"):
            if _fits(image, getattr(self, word)):
                return word
        return "" if _fits(image, self.exist) else "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """A host outside the cluster."""

    state: str = "ok"
    """`ok`, `nxdomain`, `refused`, `timeout`, or the error itself."""
    ip: str = ""
    since: float = 0.0
    """It works until this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePlan:
    """How one node is, where that is not as usual."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Json, ...] = ()
    memory: str = ""
    cpu: str = ""
    pods: str = ""
    zone: str = ""
    down: bool = False
    not_ready: str = ""
    memory_pressure: bool = False
    disk_pressure: bool = False
    pid_pressure: bool = False
    disk_evict: tuple[str, ...] = ()
    unschedulable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """All programs of an incident, its images, the world outside, and its nodes."""

    entries: tuple[tuple[Match, Mapping[str, Any]], ...] = ()
    images: Images = field(default_factory=Images)
    external: Mapping[str, External] = field(default_factory=dict)
    nodes: Mapping[str, NodePlan] = field(default_factory=dict)
    traffic: tuple[Json, ...] = ()

    def program(self, facts: Facts) -> Program:
        """The program in a container; something unremarkable when no entry names it."""
        merged: dict[str, Any] = {}
        for match, parts in self.entries:
            if match.fits(facts):
                merged |= parts
        return Program(**merged)


def _fits(image: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(image, pattern) for pattern in patterns)


def memory_limit(container: Json) -> float | None:
    """The memory limit of a container in bytes."""
    limit = (container.get("resources") or {}).get("limits", {}).get("memory")
    return None if limit is None else amount(limit)
