"""The memory of the cluster: objects, their versions and the record that watches replay."""

import threading
import uuid
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter

from sreagent.simulator.clock import Clock, stamp
from sreagent.simulator.kinds import Kind, Kinds
from sreagent.simulator.objects import Json, name_of, namespace_of
from sreagent.simulator.problems import expired

REMEMBERED = 4000
FIRST_VERSION = 410_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One write, as a watch tells it."""

    version: int
    type: str
    kind: Kind
    obj: Json
    before: Json | None


class Store:
    """Keeps every object; whoever reads an object must copy it before changing it.

    Everything happens under `lock`. `changed` wakes watches and controllers.
    """

    def __init__(self, clock: Clock, kinds: Kinds | None = None) -> None:
        self.clock = clock
        self.kinds = kinds or Kinds()
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self._objects: dict[Kind, dict[tuple[str, str], Json]] = {}
        self._sorted: dict[Kind, list[tuple[tuple[str, str], Json]]] = {}
        self._changes: deque[Change] = deque(maxlen=REMEMBERED)
        self._version = FIRST_VERSION
        self._touched: dict[Kind, int] = {}
        self.is_closed = False
        self.last_removal = 0
        """The version at which something was removed last."""

    @property
    def version(self) -> int:
        """The version of the last write."""
        return self._version

    def last_write(self, kinds: Iterable[Kind]) -> int:
        """The version of the last write to any of some kinds."""
        return max((self._touched.get(kind, 0) for kind in kinds), default=0)

    def find(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """The object of that name, or None."""
        return self._of(kind).get((namespace, name))

    def all(
        self, kind: Kind, namespace: str | None = None, after: tuple[str, str] = ("", "")
    ) -> list[Json]:
        """Objects of a kind after a namespace and name, in the order of the real API: by these."""
        kept = kind.kept
        with self.lock:
            found = self._sorted.get(kept)
            if found is None:
                found = self._sorted[kept] = sorted(self._of(kept).items())
        start = bisect_right(found, after, key=itemgetter(0))
        return [obj for key, obj in islice(found, start, None) if namespace in (None, key[0])]

    def where(self, kind: Kind, namespace: str, test: Callable[[Json], bool]) -> list[Json]:
        """The objects of a namespace that pass a test."""
        return [obj for obj in self.all(kind, namespace) if test(obj)]

    def put(self, kind: Kind, obj: Json) -> Json:
        """Write a whole object and give it a new version."""
        with self.lock:
            key = (namespace_of(obj), name_of(obj))
            before = self._of(kind).get(key)
            self._stamp(kind, obj)
            self._of(kind)[key] = obj
            self._record("MODIFIED" if before else "ADDED", kind, obj, before)
            return obj

    def remove(self, kind: Kind, obj: Json) -> None:
        """Forget an object."""
        with self.lock:
            found = self._of(kind).pop((namespace_of(obj), name_of(obj)), None)
            if found is None:
                return
            gone = {**found, "metadata": dict(found["metadata"])}
            self._version += 1
            self.last_removal = self._version
            gone["metadata"]["resourceVersion"] = str(self._version)
            self._record("DELETED", kind, gone, found)

    def changes_after(self, version: int, kind: Kind) -> list[Change]:
        """What happened to a kind after a version; raises when that is forgotten."""
        with self.lock:
            oldest = self._changes[0].version if self._changes else self._version + 1
            if version < oldest - 1:
                raise expired()
            wanted = kind.kept
            recent: list[Change] = []
            for change in reversed(self._changes):
                if change.version <= version:
                    break
                if change.kind is wanted:
                    recent.append(change)
            return recent[::-1]

    def forget_changes(self) -> None:
        """Drop the record of writes, as after a restart of the API server."""
        with self.lock:
            self._changes.clear()

    def close(self) -> None:
        """Wake everyone who waits, for the last time."""
        with self.lock:
            self.is_closed = True
            self.changed.notify_all()

    def _of(self, kind: Kind) -> dict[tuple[str, str], Json]:
        return self._objects.setdefault(kind.kept, {})

    def _stamp(self, kind: Kind, obj: Json) -> None:
        self._version += 1
        metadata = obj["metadata"]
        metadata["resourceVersion"] = str(self._version)
        metadata.setdefault("uid", str(uuid.uuid4()))
        metadata.setdefault("creationTimestamp", stamp(self.clock.now()))
        obj.setdefault("apiVersion", kind.kept.api_version)
        obj.setdefault("kind", kind.name)

    def _record(self, type_: str, kind: Kind, obj: Json, before: Json | None) -> None:
        self._touched[kind.kept] = self._version
        self._sorted.pop(kind.kept, None)
        self._changes.append(
            Change(version=self._version, type=type_, kind=kind.kept, obj=obj, before=before)
        )
        self.changed.notify_all()
