"""Container logs: written by the programs, computed when somebody reads them."""

import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sreagent.simulator.behaviour import Call
from sreagent.simulator.clock import moment_of
from sreagent.simulator.containers import Life, Run
from sreagent.simulator.kinds import SERVICE
from sreagent.simulator.kubelet import Kubelet
from sreagent.simulator.objects import Json, lookup, name_of, namespace_of, uid_of
from sreagent.simulator.problems import bad_request
from sreagent.simulator.timeline import ABSENT, Timeline

KEPT_SECONDS = 3 * 3600
"""Older lines are gone, as after log rotation."""


_PLACE = re.compile(r"\{(\w+)(?::([^{}]*))?\}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when it was written, the pattern it follows, and the seed of what varies in it."""

    moment: float
    pattern: str
    pod: str
    seed: str

    def text(self) -> str:
        """The line as the program wrote it."""
        return _fill(self)


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

    def __init__(self, kubelet: Kubelet, timeline: Timeline) -> None:
        self.kubelet = kubelet
        self.timeline = timeline
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
        lines = [*_opening(life, run, name_of(pod))]
        if run.crash is None:
            lines += self._steady(pod, life, run, max(since, run.started), end)
        lasting = [line for line in lines if since < line.moment <= end]
        return sorted(lasting, key=lambda line: line.moment)

    def _life(self, pod: Json, container: str) -> Life:
        lives = self.kubelet.lives_of(pod)
        names = [each["name"] for each in pod["spec"]["containers"]]
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
        if wanted in names:
            message = f'container "{wanted}" in pod "{name_of(pod)}" is waiting to start'
            raise bad_request(message)
        message = f"container {wanted} is not valid for pod {name_of(pod)}"
        raise bad_request(message)

    def _steady(
        self, pod: Json, life: Life, run: Run, since: float, until: float
    ) -> Iterator[Line]:
        begin = max(since, run.started + 2.0)
        program, uid, name = life.program, uid_of(pod), name_of(pod)
        for number, moment in _beats(uid, "self", program.every, begin, until):
            seed = f"{uid}/self/{number}"
            pattern = program.lines[zlib.crc32(seed.encode()) % len(program.lines)]
            yield Line(moment, pattern, name, seed)
        for call in program.calls:
            for number, moment in _beats(uid, call.service, call.every, begin, until):
                pattern = self._call_line(pod, call, moment)
                if pattern:
                    yield Line(moment, pattern, name, f"{uid}/{call.service}/{number}")

    def _call_line(self, pod: Json, call: Call, moment: float) -> str:
        service = (namespace_of(pod), call.service)
        ready = self.timeline.ready_behind(service, moment)
        if ready > 0:
            return call.works
        if ready == ABSENT:
            return call.fails.replace(
                "{error}", f"dial tcp: lookup {call.service} on 10.96.0.10:53: no such host"
            )
        address = lookup(self.store.find(SERVICE, *service) or {}, "spec.clusterIP")
        return call.fails.replace("{error}", f"dial tcp {address}:80: connect: connection refused")


def render(lines: list[Line], query: LogQuery) -> bytes:
    """Lines as the kubelet sends them."""
    if query.timestamps:
        texts = [
            f"{_stamp(line.moment, 'microseconds')[:-1]}000Z {line.text()}\n" for line in lines
        ]
    else:
        texts = [f"{line.text()}\n" for line in lines]
    return "".join(texts).encode()[: query.most_bytes]


def _opening(life: Life, run: Run, pod: str) -> Iterator[Line]:
    lines = run.crash.lines if run.crash else life.program.start
    span = min(run.crash.after * 0.9, 1.5) if run.crash else 1.8
    for at, pattern in enumerate(lines):
        moment = run.started + span * (at + 1) / len(lines)
        yield Line(moment, pattern, pod, f"{life.uid}/start/{run.number}/{at}")


def _beats(
    uid: str, source: str, every: float, since: float, until: float
) -> Iterator[tuple[int, float]]:
    shift = random.Random(f"{uid}/{source}").random() * every
    number = int((since - shift) // every) + 1
    while (moment := shift + number * every) <= until:
        yield number, moment
        number += 1


def _fill(line: Line) -> str:
    # Seeded, so that a line reads the same however often it is asked for.
    rng = random.Random(line.seed)

    def value(found: re.Match[str]) -> str:
        word, argument = found[1], found[2] or ""
        match word:
            case "ts":
                return _stamp(line.moment, "milliseconds")
            case "pod":
                return line.pod
            case "rand":
                low, _, high = argument.partition("-")
                return str(rng.randint(int(low), int(high)))
            case "hex":
                return f"{rng.getrandbits(4 * int(argument)):0{argument}x}"
        return found[0]

    return _PLACE.sub(value, line.pattern)


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
