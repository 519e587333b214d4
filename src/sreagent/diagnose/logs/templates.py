"""The sorts of lines in a log, with what varies left out, and when each came.

Fast by doing little for each line and more for each distinct one: numbers are dropped from a whole
chunk at once, equal lines are counted together, and only lines not seen before are compared word
by word. Reads a stream and keeps the sorts of lines, not the lines.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice, repeat
from typing import Self

from sreagent.diagnose.logs.clusters import Cluster, Clusters
from sreagent.diagnose.logs.patterns import is_loud, level
from sreagent.diagnose.logs.shapes import LINE_LIMIT, Shaper
from sreagent.diagnose.logs.texts import masked
from sreagent.diagnose.logs.times import line_time, without_time
from sreagent.domain.text import one_line

BUCKET = 300
"""Seconds that are counted together."""
_CHUNK = 262_144
_LINES = 2000
_TEXT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One sort of line."""

    id: str
    """The same for the same text, in every log and every run."""
    text: str
    """`order <*> placed by <*>`, without its time stamp; cleaned."""
    count: int
    example: str
    """The first such line, cleaned, at most 4096 bytes of it."""
    words: tuple[str | None, ...]
    """What a line must have to be of this sort; None where anything may stand."""
    first_at: datetime | None = None
    last_at: datetime | None = None
    loud: bool = False
    """Logged as an error."""
    buckets: tuple[tuple[datetime, int], ...] = ()
    """How many in each five minutes that had any; by the log's own time stamps."""


class TemplateMiner:
    """Learns the sorts of lines of one log from its text, piece by piece.

    Memory stays bounded however long the log is: see `CLUSTERS`.
    """

    def __init__(self, now: datetime | None = None) -> None:
        """`now` is needed only for stamps without a year."""
        self.lines = 0
        self._now = now
        self._shaper = Shaper()
        self._clusters = Clusters()
        self._rest = b""
        self._skipping = False

    def feed(self, piece: str | bytes) -> Self:
        """Read on. A piece may end anywhere, also within a line."""
        data = piece if isinstance(piece, bytes) else piece.encode("utf-8", "replace")
        for start in range(0, len(data), _CHUNK):
            self._take(data[start : start + _CHUNK])
        return self

    def feed_lines(self, lines: Iterable[str]) -> Self:
        """Read whole lines."""
        source = iter(lines)
        while batch := list(islice(source, _LINES)):
            self.feed("\n".join(batch)).feed(b"\n")
        return self

    def templates(self) -> tuple[Template, ...]:
        """The sorts of lines so far, the most frequent first."""
        if self._rest:
            self._read(self._rest)
            self._rest = b""
        found = [_template(cluster, self._now) for cluster in self._clusters.all()]
        return tuple(sorted(found, key=lambda one: (-one.count, one.text)))

    def sorts(self, lines: Iterable[str]) -> Iterator[Cluster | None]:
        """For each line that was read before, what it was counted with."""
        source = iter(lines)
        while batch := list(islice(source, _LINES)):
            chunk = "\n".join(line[:LINE_LIMIT] for line in batch).encode("utf-8", "replace")
            known: dict[bytes, Cluster | None] = {}
            for shape in self._shaper.shapes(chunk):
                if shape not in known:
                    known[shape] = self._clusters.find(shape)
                yield known[shape]

    def _take(self, data: bytes) -> None:
        """Read the whole lines of it, keep the begun one; the rest of an endless one is dropped."""
        if self._skipping:
            _, found, rest = data.partition(b"\n")
            self._skipping = not found
            data = found + rest
        whole, found, rest = data.rpartition(b"\n")
        if found:
            self._read(self._rest + whole)
            self._rest = b""
        self._rest += rest
        if len(self._rest) > LINE_LIMIT:
            self._rest = self._rest[:LINE_LIMIT]
            self._skipping = True

    def _read(self, chunk: bytes) -> None:
        lines = chunk.split(b"\n")
        if _may_have_long_lines(chunk):
            lines = [line[:LINE_LIMIT] for line in lines]
            chunk = b"\n".join(lines)
        self.lines += len(lines)
        shapes = self._shaper.shapes(chunk)
        if b"\n\t" in chunk or b"\n " in chunk or chunk[:1] in b"\t ":
            lines, shapes = _without_frames(lines, shapes)
        for bucket, begin, end in segments(lines, self._now):
            self._count(lines[begin:end], shapes[begin:end], bucket)

    def _count(self, lines: list[bytes], shapes: list[bytes], bucket: int | None) -> None:
        self._clusters.tally(_counted(shapes), lambda shape: lines[shapes.index(shape)])
        for cluster in self._clusters.all():
            if cluster.fresh:
                _settle(cluster, lines, bucket)


def mine(lines: Iterable[str]) -> tuple[Template, ...]:
    """The sorts of lines among these, the most frequent first."""
    return TemplateMiner().feed_lines(lines).templates()


def segments(
    lines: list[bytes], now: datetime | None = None
) -> Iterator[tuple[int | None, int, int]]:
    """Parts of a log within the same five minutes: number of these since 1970, begin, end.

    Lines mostly come in order, so most stamps need not be read: a part that begins and ends in
    the same five minutes is one. Lines without a stamp belong to the next one that has one.
    """
    begin, bucket = 0, _bucket(lines, 0, now)
    while begin < len(lines):
        end = _end_of(lines, begin, bucket, now)
        yield bucket, begin, end
        begin, bucket = end, _bucket(lines, end, now) or bucket


def _end_of(lines: list[bytes], begin: int, bucket: int | None, now: datetime | None) -> int:
    """Where the five minutes end that begin there: strides that double, then halves."""
    stride, last = len(lines) - begin - 1, begin
    while stride:
        place = min(last + stride, len(lines) - 1)
        if _bucket(lines, place, now) in (bucket, None):
            last = place
        stride //= 2
    return last + 1


def _bucket(lines: list[bytes], place: int, now: datetime | None) -> int | None:
    for line in lines[place : place + 20]:
        if moment := line_time(line, now):
            return int(moment.timestamp()) // BUCKET
    return None


def _counted(shapes: list[bytes]) -> Iterable[tuple[bytes, int, int]]:
    """Shapes with their number and last place; each line for itself when most are different."""
    last = dict(zip(shapes, range(len(shapes)), strict=True))
    if len(last) > 0.8 * len(shapes):
        return zip(shapes, repeat(1), range(len(shapes)), strict=False)
    return ((shape, count, last[shape]) for shape, count in Counter(shapes).items())


def _may_have_long_lines(chunk: bytes) -> bool:
    step = LINE_LIMIT // 2
    return any(
        chunk.find(b"\n", begin, begin + step) < 0 for begin in range(0, len(chunk) - step, step)
    )


def _without_frames(lines: list[bytes], shapes: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Only lines that begin a message: what is indented goes on with the one before."""
    kept = [n for n, line in enumerate(lines) if line[:1] not in b"\t "]
    return [lines[n] for n in kept], [shapes[n] for n in kept]


def _settle(cluster: Cluster, lines: list[bytes], bucket: int | None) -> None:
    cluster.count += cluster.fresh
    if bucket is not None:
        cluster.buckets[bucket] = cluster.buckets.get(bucket, 0) + cluster.fresh
    cluster.last_line = lines[cluster.last_place]
    cluster.fresh, cluster.last_place = 0, -1


def _template(cluster: Cluster, now: datetime | None) -> Template:
    said = tuple(None if one is None else one.decode("utf-8", "replace") for one in cluster.words)
    text = one_line(masked(cluster.line, said), _TEXT)
    return Template(
        id=sha256(text.encode()).hexdigest()[:12],
        text=text,
        count=cluster.count,
        example=one_line(cluster.line.decode("utf-8", "replace"), LINE_LIMIT),
        words=said,
        first_at=line_time(cluster.line, now),
        last_at=line_time(cluster.last_line, now),
        loud=is_loud(level(without_time(cluster.line.decode("utf-8", "replace")))),
        buckets=tuple(
            (datetime.fromtimestamp(bucket * BUCKET, UTC), count)
            for bucket, count in sorted(cluster.buckets.items())
        ),
    )
