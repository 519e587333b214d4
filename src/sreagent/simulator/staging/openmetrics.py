"""`metrics.om`: what Prometheus has stored, with templates for whole series."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sreagent.simulator.cluster import Cluster
from sreagent.simulator.kinds import POD
from sreagent.simulator.objects import name_of
from sreagent.simulator.promql.series import Database, Labels, Point
from sreagent.simulator.selectors import label_test
from sreagent.simulator.staging.documents import read_text
from sreagent.simulator.staging.errors import StagingError
from sreagent.simulator.staging.placeholders import fill_moments, offset_in

USUAL_STEP = 30.0
_POD = re.compile(r"\{\{\s*pod\s+(\S+)\s+(\S+?)\s*\}\}")
_SERIES = re.compile(
    r"^\{\{\s*series\s+(gauge|counter)\s+([A-Za-z_:][\w:]*)\s*(\{.*?\})?\s+(.*?)\s*\}\}$"
)
_SAMPLE = re.compile(r"^([A-Za-z_:][\w:]*)\s*(\{.*\})?\s+(\S+)\s+(\S+?)(?:\s+#.*)?$")
_LABEL = re.compile(r'\s*([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a series goes: its corners, and how finely it is drawn."""

    is_counter: bool
    corners: tuple[Point, ...]
    step: float
    noise: float


def read_metrics(path: Path, cluster: Cluster, now: float) -> Database:
    """The series of a file, as they are at a moment.

    Raises:
        StagingError: Names the line that cannot be understood.
    """
    database = Database()
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        for text in _for_every_pod(cluster, line.strip()):
            try:
                _read_line(database, fill_moments(text, now), now)
            except ValueError as problem:
                raise StagingError(path, str(problem), number) from problem
    return database


def _for_every_pod(cluster: Cluster, line: str) -> Iterator[str]:
    found = _POD.search(line)
    if found is None:
        yield line
        return
    test = label_test(found[2])
    for pod in cluster.store.all(POD, found[1]):
        if test(pod):
            yield _POD.sub(name_of(pod), line)


def _read_line(database: Database, line: str, now: float) -> None:
    if not line or line.startswith("#"):
        return
    if found := _SERIES.match(line):
        kind, name, labels, rest = found.groups()
        series = database.series(_labels(name, labels))
        for point in _points(_course(kind, rest), line, now):
            series.add(*point)
    elif found := _SAMPLE.match(line):
        name, labels, value, moment = found.groups()
        database.series(_labels(name, labels)).add(float(moment), float(value))
    else:
        problem = f"is neither a sample with a time nor a series: {line[:80]}"
        raise ValueError(problem)


def _labels(name: str, text: str | None) -> Labels:
    labels = {"__name__": name}
    inside = (text or "{}")[1:-1].strip()
    at = 0
    while at < len(inside):
        found = _LABEL.match(inside, at)
        if found is None:
            problem = f"labels cannot be read from here on: {inside[at:][:60]}"
            raise ValueError(problem)
        labels[found[1]] = found[2].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
        at = found.end()
    return labels


def _course(kind: str, text: str) -> Course:
    step, noise, corners = USUAL_STEP, 0.0, []
    for part in text.split():
        if part.startswith("step="):
            step = abs(offset_in(part.removeprefix("step=")))
        elif part.startswith("noise="):
            noise = float(part.removeprefix("noise=").rstrip("%")) / 100
        else:
            moment, colon, value = part.rpartition(":")
            if not colon:
                problem = f"{part!r} must be OFFSET:VALUE, such as -10m:250"
                raise ValueError(problem)
            corners.append((offset_in(moment), float(value)))
    if not corners or step <= 0:
        problem = "a series needs at least one point, and a step above 0"
        raise ValueError(problem)
    corners.sort(key=lambda corner: corner[0])
    return Course(is_counter=kind == "counter", corners=tuple(corners), step=step, noise=noise)


def _points(course: Course, seed: str, now: float) -> Iterator[Point]:
    state = zlib.crc32(seed.encode())
    total = float(state % 100_000)
    offset, last = course.corners[0][0], course.corners[-1][0]
    while offset <= last:
        value = _value_at(course.corners, offset)
        if course.noise:
            state = (state * 1_103_515_245 + 12_345) & 0x7FFFFFFF
            value *= 1 + course.noise * (2 * state / 0x7FFFFFFF - 1)
        if course.is_counter:
            total += max(0.0, value) * course.step
            value = total
        yield now + offset, value
        offset += course.step


def _value_at(corners: tuple[Point, ...], offset: float) -> float:
    before = [each for each in corners if each[0] <= offset]
    after = [each for each in corners if each[0] > offset]
    if not before or not after:
        return (before or after)[-1 if before else 0][1]
    (begin, low), (end, high) = before[-1], after[0]
    return low + (high - low) * (offset - begin) / (end - begin)
