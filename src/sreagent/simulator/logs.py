"""Container logs: written by the programs, computed when somebody reads them."""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sreagent.simulator.behaviour import Dependency, LogEntry
from sreagent.simulator.clock import moment_of
from sreagent.simulator.containers import Life, Run
from sreagent.simulator.kubelet import Kubelet
from sreagent.simulator.objects import Json, lookup, name_of, namespace_of
from sreagent.simulator.problems import bad_request
from sreagent.simulator.quantities import MEBIBYTE

KEPT_SECONDS = 3 * 3600
"""Older lines are gone, as after log rotation."""
MOST_OF_ONE = 20_000
"""Lines of one entry that are kept, the newest ones."""

_PLACE = re.compile(r"\{\{\s*(\w+)(?:\s+([^{}]*?))?\s*\}\}")


@dataclass(frozen=True, slots=True)
class Writer:
    """The run of a container that writes."""

    pod: Json
    life: Life
    run: Run

    @property
    def seed(self) -> str:
        """What makes its lines differ from those of others."""
        return f"{self.life.uid}/{self.life.name}/{self.run.number}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when it was written, and what it is made from."""

    moment: float
    pattern: str
    writer: Writer
    number: int = 0
    extra: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The line as the program wrote it."""
        return _PLACE.sub(lambda found: _value(self, found), self.pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """What part of a log is asked for."""

    container: str = ""
    previous: bool = False
    follow: bool = False
    timestamps: bool = False
    tail: int | None = None
    since: float | None = None
    most_bytes: int | None = None


def read_query(query: dict[str, str], now: float) -> LogQuery:
    """The parameters of a log request."""
    try:
        since = moment_of(query["sinceTime"]) if "sinceTime" in query else None
        if "sinceSeconds" in query:
            since = now - int(query["sinceSeconds"])
        return LogQuery(
            container=query.get("container", ""),
            previous=query.get("previous") == "true",
            follow=query.get("follow") == "true",
            timestamps=query.get("timestamps") == "true",
            tail=int(query["tailLines"]) if "tailLines" in query else None,
            since=since,
            most_bytes=int(query["limitBytes"]) if "limitBytes" in query else None,
        )
    except ValueError as problem:
        message = f"invalid log options: {problem}"
        raise bad_request(message) from problem


class Logs:
    """Finds and writes out the log of one container."""

    def __init__(self, kubelet: Kubelet) -> None:
        self.kubelet = kubelet
        self.store = kubelet.store

    def open(self, pod: Json, query: LogQuery) -> tuple[Life, Run]:
        """The run of the container whose log is asked for."""
        life = self._life(pod, query.container)
        run = _previous(life) if query.previous else _latest(life)
        if run is None:
            raise bad_request(_no_log(pod, life, query))
        return life, run

    def read(self, pod: Json, query: LogQuery, now: float) -> bytes:
        """The log as it is at a moment."""
        with self.store.lock:
            life, run = self.open(pod, query)
            lines = self.between(pod, life, run, query.since or now - KEPT_SECONDS, now)
        if query.tail is not None:
            lines = lines[-query.tail :] if query.tail else []
        return render(lines, query)

    def between(self, pod: Json, life: Life, run: Run, since: float, until: float) -> list[Line]:
        """The lines one run wrote in a stretch of time."""
        since = max(since, until - KEPT_SECONDS)
        end = min(until, run.finished or until)
        found = list(_written(Writer(pod, life, run), since, end))
        lasting = [line for line in found if since < line.moment <= end]
        return sorted(lasting, key=lambda line: line.moment)

    def _life(self, pod: Json, container: str) -> Life:
        lives = self.kubelet.lives_of(pod)
        names = [each["name"] for each in pod["spec"]["containers"]]
        known = [*names, *(each["name"] for each in pod["spec"].get("initContainers") or ())]
        if not container and len(names) > 1:
            message = (
                f"a container name must be specified for pod {name_of(pod)}, "
                f"choose one of: [{' '.join(names)}]"
            )
            raise bad_request(message)
        wanted = container or names[0]
        for life in lives:
            if life.name == wanted:
                return life
        if wanted in known:
            message = f'container "{wanted}" in pod "{name_of(pod)}" is waiting to start'
            raise bad_request(message)
        message = f"container {wanted} is not valid for pod {name_of(pod)}"
        raise bad_request(message)


def _written(writer: Writer, since: float, until: float) -> Iterator[Line]:
    run = writer.run
    own = run.ending.lines if run.ending else None
    if own is not None:
        yield from _block(writer, own, run.started + 0.5, 0)
        return
    entries = run.program.logs
    for entry in _usual(writer) if entries is None else entries:
        yield from _entry(writer, entry, since, until)
    for at, dependency in enumerate(run.program.depends_on):
        yield from _calls(writer, at, dependency, since, until)


def _usual(writer: Writer) -> Iterable[LogEntry]:
    ports = writer.life.spec.get("ports") or ()
    yield LogEntry(lines=("starting",), at=0.4)
    if ports:
        told = f"listening on :{ports[0].get('containerPort')}"
        yield LogEntry(lines=(told,), at=writer.run.program.start_delay + 0.6)


def _entry(writer: Writer, entry: LogEntry, since: float, until: float) -> Iterator[Line]:
    run = writer.run
    if entry.on_exit:
        if run.finished is not None:
            yield from _block(writer, entry.lines, run.finished - 0.01, 0)
    elif entry.every is None:
        yield from _block(writer, entry.lines, run.started + (entry.at or 0.1), 0)
    else:
        first = run.started + (entry.every if entry.at is None else entry.at)
        begin = max(since, entry.active_from)
        end = min(until, first + entry.lasts, entry.active_until)
        for number, moment in _beats(writer, first, entry.every, begin, end):
            yield from _block(writer, entry.lines, moment, number)


def _calls(
    writer: Writer, at: int, dependency: Dependency, since: float, until: float
) -> Iterator[Line]:
    run = writer.run
    told = run.calls.get(at)
    if not told:
        return
    url = run.env.get(dependency.env, "") if dependency.env else ""
    url = url or f"{dependency.host}:{dependency.port}"
    first = run.started + dependency.at
    for number, moment in _beats(writer, first, dependency.every, since, until, str(at)):
        error = next((each for when, each in reversed(told) if when <= moment), told[0][1])
        pattern = dependency.line if error else dependency.ok_line
        if pattern:
            extra = {"error": error, "errno": _errno(error), "url": url}
            yield from _block(writer, pattern.rstrip("\n").split("\n"), moment, number, extra)
    error = told[-1][1]
    if run.finished is not None and run.code and error and dependency.exit_line:
        extra = {"error": error, "errno": _errno(error), "url": url}
        yield from _block(writer, (dependency.exit_line,), run.finished - 0.005, 0, extra)


def _block(
    writer: Writer,
    patterns: Iterable[str],
    moment: float,
    number: int,
    extra: Mapping[str, str] | None = None,
) -> Iterator[Line]:
    for at, pattern in enumerate(patterns):
        yield Line(moment + at * 2e-6, pattern, writer, number, extra or {})


def _beats(
    writer: Writer, first: float, every: float, since: float, until: float, source: str = ""
) -> Iterator[tuple[int, float]]:
    number = max(0, int((since - first) // every))
    last = int((until - first) // every)
    number = max(number, last - MOST_OF_ONE)
    while number <= last:
        shift = _digest(f"{writer.seed}/{source}/{every}/{number}") % 1000 / 1000 * every * 0.4
        yield number, first + number * every + shift
        number += 1


def render(lines: list[Line], query: LogQuery) -> bytes:
    """Lines as the kubelet sends them."""
    if query.timestamps:
        texts = [
            f"{_stamp(line.moment, 'microseconds')[:-1]}000Z {line.text()}\n" for line in lines
        ]
    else:
        texts = [f"{line.text()}\n" for line in lines]
    return "".join(texts).encode()[: query.most_bytes]


def _value(line: Line, found: re.Match[str]) -> str:
    word, argument = found[1], found[2] or ""
    if word in line.extra:
        return line.extra[word]
    fixed = _FIXED.get(word)
    if fixed is not None:
        return fixed(line, argument)
    seed = _digest(f"{line.writer.seed}/{line.moment:.6f}/{line.number}/{found.start()}")
    match word:
        case "rand":
            low, _, high = argument.partition(" ")
            # A moment of the incident may stand for a number: it has a fraction.
            least, most = int(float(low)), int(float(high))
            return str(least + seed % (most - least + 1))
        case "hex":
            width = int(argument or 8)
            return f"{seed * 0x9E3779B97F4A7C15 % 16**width:0{width}x}"
        case "choice":
            options = argument.split("|")
            return options[seed % len(options)]
    return found[0]


_FIXED: dict[str, Callable[[Line, str], str]] = {
    "ts": lambda line, _: _stamp(line.moment, "milliseconds"),
    "clock": lambda line, _: f"{datetime.fromtimestamp(line.moment, UTC):%H:%M:%S}",
    "pod": lambda line, _: name_of(line.writer.pod),
    "ns": lambda line, _: namespace_of(line.writer.pod),
    "node": lambda line, _: line.writer.life.node,
    "ip": lambda line, _: str(lookup(line.writer.pod, "status.podIP") or ""),
    "n": lambda line, _: str(line.number),
    "restarts": lambda line, _: str(line.writer.run.number),
    "env": lambda line, name: line.writer.run.env.get(name, ""),
    "mem": lambda line, _: str(
        int(line.writer.run.memory.used(line.moment - line.writer.run.started) / MEBIBYTE)
    ),
}


def _errno(error: str) -> str:
    if "no such host" in error:
        return "ENOTFOUND"
    return "ECONNREFUSED" if "refused" in error else "ETIMEDOUT"


def _digest(text: str) -> int:
    return zlib.crc32(text.encode())


def _stamp(moment: float, precision: str) -> str:
    told = datetime.fromtimestamp(moment, UTC).isoformat(timespec=precision)
    return told.replace("+00:00", "Z")


def _latest(life: Life) -> Run | None:
    return life.runs[-1] if life.runs else None


def _previous(life: Life) -> Run | None:
    ended = [run for run in life.runs if run.is_over()]
    if life.run or life.waiting:
        return ended[-1] if ended else None
    return ended[-2] if len(ended) > 1 else None


def _no_log(pod: Json, life: Life, query: LogQuery) -> str:
    if query.previous:
        return f'previous terminated container "{life.name}" in pod "{name_of(pod)}" not found'
    reason, message = life.waiting or ("ContainerCreating", "")
    why = {
        "ErrImagePull": "image can't be pulled",
        "ImagePullBackOff": "trying and failing to pull image",
    }.get(reason, message or reason)
    return f'container "{life.name}" in pod "{name_of(pod)}" is waiting to start: {why}'
