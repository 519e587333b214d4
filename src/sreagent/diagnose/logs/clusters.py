"""Groups shapes of log lines that differ only where something varies: names, ids, values.

As in Drain, lines with the same number of words are compared word by word. Unlike there, two
plain words that differ make two groups, until several lines show that anything may stand there.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import eq, itemgetter
from typing import Any

from sreagent.diagnose.logs.shapes import CLIENT_ERROR, SERVER_ERROR, WORD_LIMIT, has_digits

CLUSTERS = 3000
"""Groups of one log; further sorts of lines are counted together."""
ALIKE = 5
"""Lines that differ in the same places only: from here on anything may stand there."""
KNOWN = 20_000
"""Lines that came more than once and are remembered, so that they need no comparing."""
_OF_ONE_LENGTH = 64
_MISSES = 200
"""Lines of one length that fit nowhere, after which it is free text that is not compared."""
_ANCHORS = 4
_NEVER_MERGED = frozenset(
    b"TRACE DEBUG INFO NOTICE WARN WARNING ERROR ERR FATAL CRITICAL CRIT SEVERE PANIC "
    b"trace debug info notice warn warning error err fatal critical crit severe panic "
    b"E I W F succeeded failed success failure true false".split()
)

Words = Sequence[bytes]
Pick = Callable[[Words], Any]


@dataclass(slots=True, eq=False, kw_only=True)
class Cluster:
    """Lines of one sort, and how often and when they came."""

    words: list[bytes | None]
    """None where anything may stand."""
    soft: set[int] = field(default_factory=set)
    """Places of words that have a number in them."""
    line: bytes = b""
    """The first of them."""
    last_line: bytes = b""
    count: int = 0
    buckets: dict[int, int] = field(default_factory=dict)
    """How many, by five minutes since 1970."""
    fresh: int = 0
    """How many of the part of the log that is read right now."""
    last_place: int = -1
    """In that part."""
    fixed: Any = ()
    pick_fixed: Pick = tuple

    def settle(self) -> None:
        """Work out anew what a line must have to be one of these."""
        places = [place for place, word in enumerate(self.words) if word is not None]
        self.pick_fixed = picker(places)
        self.fixed = self.pick_fixed([word or b"" for word in self.words])

    def free(self, places: Iterable[int]) -> None:
        """Let anything stand in these places."""
        for place in places:
            self.words[place] = None
        self.settle()

    def take(self, other: "Cluster") -> None:
        """Count the lines of another one as its own."""
        self.count += other.count
        self.fresh += other.fresh
        other.fresh = 0
        if other.last_place >= self.last_place:
            self.last_place, self.last_line = other.last_place, other.last_line or self.last_line
        self.soft |= other.soft
        for bucket, count in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count


@dataclass(slots=True, eq=False)
class _Length:
    """All clusters whose lines have the same number of words."""

    clusters: list[Cluster] = field(default_factory=list)
    anchors: list[int] = field(default_factory=list)
    pick: Pick = tuple
    by_anchors: dict[Any, list[Cluster]] = field(default_factory=dict)
    rest: Cluster | None = None
    misses: int = 0

    def index(self) -> None:
        """Choose the words that tell the clusters apart best; look them up by these."""
        columns = zip(*(one.words for one in self.clusters), strict=True)
        ways = [
            (len(set(column)), place, column)
            for place, column in enumerate(columns)
            if None not in column
        ]
        ways.sort(key=lambda way: -way[0])
        self.anchors = []
        apart: list[tuple[bytes | None, ...]] = [()] * len(self.clusters)
        for _, place, column in ways[:_ANCHORS]:
            if len(set(apart)) < len(apart):
                self.anchors.append(place)
                apart = [(*told, word) for told, word in zip(apart, column, strict=True)]
        self.pick = picker(self.anchors)
        self.by_anchors = {}
        for cluster in self.clusters:
            self.enter(cluster)

    def enter(self, cluster: Cluster) -> None:
        anchor = self.pick([word or b"" for word in cluster.words])
        self.by_anchors.setdefault(anchor, []).append(cluster)


class Clusters:
    """Finds the cluster of each shape, or makes one. Bounded: see `CLUSTERS`."""

    def __init__(self) -> None:
        self._lengths: dict[int, _Length] = {}
        self._known: dict[bytes, Cluster] = {}
        self._made = 0

    def all(self) -> list[Cluster]:
        """Every cluster there is."""
        found = []
        for length in self._lengths.values():
            found += length.clusters
            if length.rest:
                found.append(length.rest)
        return found

    def find(self, shape: bytes) -> Cluster | None:
        """The cluster of a shape that was counted; None when it was not."""
        said = shape.split(b" ", WORD_LIMIT)
        length = self._lengths.get(len(said))
        if length is None:
            return None
        for cluster in length.by_anchors.get(length.pick(said), ()):
            if cluster.pick_fixed(said) == cluster.fixed:
                return cluster
        return length.rest

    def tally(
        self, shapes: Iterable[tuple[bytes, int, int]], line_of: Callable[[bytes], bytes]
    ) -> None:
        """Count shapes: each with how often it came, and where last. Not all at once is fine.

        This is where the time goes when nearly every line is another one, so it is one loop.
        `line_of` gives a line that a shape was made of.
        """
        known, lengths = self._known, self._lengths
        for shape, count, place in shapes:
            cluster = known.get(shape)
            if cluster is None:
                said = shape.split(b" ", WORD_LIMIT)
                length = lengths.get(len(said)) or self._length(len(said))
                for cluster in length.by_anchors.get(length.pick(said), ()):
                    if cluster.pick_fixed(said) == cluster.fixed:
                        break
                else:
                    cluster = self._learn(length, said, line_of(shape))
                if count > 1:
                    self._remember(shape, cluster)
            cluster.fresh += count
            if place > cluster.last_place:
                cluster.last_place = place

    def _length(self, size: int) -> _Length:
        return self._lengths.setdefault(size, _Length())

    def _remember(self, shape: bytes, cluster: Cluster) -> None:
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[shape] = cluster

    def _learn(self, length: _Length, said: list[bytes], line: bytes) -> Cluster:
        length.misses += 1
        full = len(length.clusters) >= _OF_ONE_LENGTH or self._made >= CLUSTERS
        if full and length.misses > _MISSES:
            return self._rest(length, said, line)
        digits = has_digits(line)
        soft = {place for place, digit in enumerate(digits) if digit and place < len(said)}
        near: dict[tuple[int, ...], list[Cluster]] = defaultdict(list)
        for cluster in length.clusters:
            if hard := _differences(cluster, said, soft, full=full):
                near[hard].append(cluster)
            elif hard is not None:
                return _widen(length, cluster, said)
        for hard, siblings in near.items():
            if len(siblings) >= ALIKE - 1:
                return self._fold(length, siblings, said, hard)
        return self._rest(length, said, line) if full else self._new(length, said, soft, line)

    def _new(self, length: _Length, said: list[bytes], soft: set[int], line: bytes) -> Cluster:
        cluster = Cluster(words=list(said), soft=soft, line=line, last_line=line)
        cluster.settle()
        length.clusters.append(cluster)
        self._made += 1
        if len(length.clusters) & (len(length.clusters) - 1) == 0:
            length.index()
        else:
            length.enter(cluster)
        return cluster

    def _fold(
        self, length: _Length, siblings: list[Cluster], said: list[bytes], hard: tuple[int, ...]
    ) -> Cluster:
        first, *others = siblings
        for other in others:
            first.take(other)
            length.clusters.remove(other)
            first.free(
                place for place, word in enumerate(other.words) if word != first.words[place]
            )
        self._made -= len(others)
        self._known.clear()
        first.free([*hard, *_unlike(first, said)])
        length.index()
        return first

    def _rest(self, length: _Length, said: list[bytes], line: bytes) -> Cluster:
        if length.rest is None:
            length.rest = Cluster(words=[None] * len(said), line=line, last_line=line)
            length.rest.settle()
        return length.rest


def _widen(length: _Length, cluster: Cluster, said: Words) -> Cluster:
    places = _unlike(cluster, said)
    cluster.free(places)
    if not set(places).isdisjoint(length.anchors):
        length.index()
    return cluster


def _unlike(cluster: Cluster, said: Words) -> list[int]:
    known = cluster.words
    return [n for n, word in enumerate(said) if known[n] is not None and known[n] != word]


def _differences(
    cluster: Cluster, said: Words, soft: set[int], *, full: bool
) -> tuple[int, ...] | None:
    """Places where plain words differ; None when the two have too little in common."""
    same = sum(map(eq, cluster.words, said))
    unlike = len(said) - same - cluster.words.count(None)
    if unlike > 3 + len(soft) + len(cluster.soft) and not (full and same > unlike):
        return None
    return _hard_differences(cluster, said, soft, full=full)


def _hard_differences(
    cluster: Cluster, said: Words, soft: set[int], *, full: bool
) -> tuple[int, ...] | None:
    unlike = _unlike(cluster, said)
    if any(means_much(said[n]) or means_much(cluster.words[n] or b"") for n in unlike):
        return None
    away = soft | cluster.soft
    hard = [n for n in unlike if n not in away and said[n] and cluster.words[n]]
    same = sum(map(bool, cluster.words)) - sum(1 for n in unlike if cluster.words[n])
    if full and same > len(hard):
        return ()
    if len(hard) > 3 or same < max(1, 2 * len(hard)):
        return None
    return tuple(hard)


def means_much(word: bytes) -> bool:
    """Whether a word is a level, an outcome or a bad status: lines that differ in it differ."""
    return word in _NEVER_MERGED or CLIENT_ERROR in word or SERVER_ERROR in word


def picker(places: Sequence[int]) -> Pick:
    """Take the words of some places, quickly."""
    return itemgetter(*places) if places else _nothing


def _nothing(_: Words) -> tuple[()]:
    return ()
