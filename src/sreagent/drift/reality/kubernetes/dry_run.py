"""Asks the server what a manifest would change: what it would not is no difference."""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sreagent.domain.errors import Forbidden, SreError
from sreagent.drift.reality.kubernetes.differ import Gap, at, gaps, is_same
from sreagent.drift.reality.kubernetes.manifests import Stated, without
from sreagent.drift.reality.kubernetes.objects import Objects, Spot

Obj = Mapping[str, Any]
_LONGEST = 40
_SEES_NO_VALUES = "Secret"
_UNDECLARED = re.compile(r"\.([\w.\[\]=\"-]+): field not declared in schema")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One object beside what is stated of it."""

    live: Obj
    gaps: tuple[Gap, ...] = ()
    shallow: str = ""
    """Why the server was not asked; empty where it was, or needed not be."""


@dataclass(slots=True)
class DryRuns:
    """Dry runs of server-side apply. Thread-safe."""

    cluster: Objects
    _closed: dict[tuple[str, str], str] = field(default_factory=dict)
    """Where nothing may be patched: by list and namespace, with the reason."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def compared(self, stated: Stated, spot: Spot, live: Obj) -> Compared:
        """Where an object is not as stated. The server is asked only when something may differ."""
        found = gaps(stated.manifest, live, stated.type)
        if not found or stated.kind == _SEES_NO_VALUES:
            return Compared(live=live, gaps=found)
        applied = self._applied(stated, spot, stated.name)
        while isinstance(applied, str) and (unknown := _undeclared(applied)):
            # The server is older than what wrote the manifest.
            found = tuple(gap for gap in found if gap.names[: len(unknown)] != unknown)
            if not found:
                return Compared(live=live)
            lesser = without(stated.manifest, unknown)
            if lesser == stated.manifest:
                break
            stated = replace(stated, manifest=lesser)
            applied = self._applied(stated, spot, stated.name)
        if isinstance(applied, str):
            return Compared(live=live, gaps=found, shallow=applied)
        if _version(applied) != _version(live):
            # Somebody wrote since the list was read.
            try:
                live = self.cluster.one(spot.path(_namespace(live), stated.name))
            except SreError as error:
                return Compared(live=live, gaps=found, shallow=error.message)
            found = gaps(stated.manifest, live, stated.type)
        return Compared(live=live, gaps=tuple(gap for gap in found if _remains(gap, applied)))

    def not_by_itself(self, stated: Stated, spot: Spot, added: Sequence[Gap]) -> tuple[Gap, ...]:
        """Additions that the server would not make, were the object made anew from the manifest."""
        doubtful = [gap for gap in added if gap.names[0] not in ("metadata", "data")]
        if not doubtful or stated.partial or stated.kind == _SEES_NO_VALUES:
            return tuple(added)
        fresh = self._applied(stated, spot, f"{stated.name[:_LONGEST].rstrip('.-')}-sre-drift")
        if isinstance(fresh, str):
            return tuple(added)
        return tuple(
            gap
            for gap in added
            if gap not in doubtful or not is_same(at(fresh, gap.steps), gap.after)
        )

    def _applied(self, stated: Stated, spot: Spot, name: str) -> Obj | str:
        """The object as the server would make it, or why that is not known."""
        namespace = (stated.namespace or "default") if spot.namespaced else ""
        with self._lock:
            closed = self._closed.get((spot.path(), namespace))
        if closed:
            return closed
        metadata = {**stated.manifest["metadata"], "name": name, "namespace": namespace}
        if not namespace:
            del metadata["namespace"]
        manifest = {**stated.manifest, "apiVersion": spot.api_version, "metadata": metadata}
        try:
            return self.cluster.as_applied(spot.path(namespace, name), manifest)
        except SreError as error:
            if isinstance(error, Forbidden):
                with self._lock:
                    self._closed[spot.path(), namespace] = error.message
            return error.message


def _undeclared(told: str) -> tuple[str, ...]:
    """The path of a field of which the server says that it does not know it."""
    said = _UNDECLARED.search(told)
    return tuple(re.sub(r"\[[^\]]*\]", "", said[1]).split(".")) if said else ()


def _remains(gap: Gap, applied: Obj) -> bool:
    """Whether the server, too, would change what stands there."""
    return not is_same(at(applied, gap.steps), gap.after)


def _version(obj: Obj) -> str:
    return str(obj["metadata"].get("resourceVersion") or "")


def _namespace(obj: Obj) -> str:
    return str(obj["metadata"].get("namespace") or "")
