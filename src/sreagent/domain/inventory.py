"""What the API server gave: one list per kind, and indexes over them.

Objects stay the JSON they came as (`Obj`); nothing here does I/O. A list that was refused or did
not answer is a `Gap`: a condition that needs it must answer "unknown", never "healthy".
"""

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sreagent.domain.entity import Entity
from sreagent.domain.signal import Signal

Obj = Mapping[str, Any]
"""One Kubernetes object as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One answered list."""

    kind: str
    namespace: str
    """Empty for all namespaces and for cluster-scoped kinds."""
    items: tuple[Obj, ...]
    seen_at: datetime
    command: str
    """The kubectl line that shows the same list."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One look that gave no answer."""

    what: str
    """A kind, or `logs of pod shop/web-1`."""
    namespace: str
    reason: Literal["forbidden", "unreachable", "timeout", "not served", "failed"]
    message: str
    command: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PodLog:
    """The log of one container, as far as it was read."""

    pod: Entity
    container: str
    previous: bool
    """The run before the present one: where a crash left its last words."""
    text: str
    """Cleaned; at most the tail that was asked for."""
    command: str
    truncated: bool = False
    digest: str = ""
    """SHA-256 of the text as it came."""
    seconds: float = 0.0


@dataclass(slots=True)
class Inventory:
    """The objects in view, indexed in memory. Grows by `add`; later lists replace earlier ones."""

    server_version: str = ""
    reads: set[str] = field(default_factory=set, compare=False, repr=False)
    """What was asked of it, as `versions` names it; whoever wants to know empties it before."""
    _listings: dict[tuple[str, str], Listing] = field(default_factory=dict)
    _gaps: list[Gap] = field(default_factory=list)
    _logs: list[PodLog] = field(default_factory=list)
    _signals: list[Signal] = field(default_factory=list)
    _lists: Counter[str] = field(default_factory=Counter)
    _by_kind: dict[str, dict[tuple[str, str], Obj]] = field(default_factory=dict)
    _owned: dict[str, list[tuple[str, Obj]]] | None = None
    _events: dict[str, list[Obj]] | None = None

    @property
    def listings(self) -> dict[tuple[str, str], Listing]:
        """The answered lists, by kind and namespace."""
        self.reads.add("listings")
        return self._listings

    @property
    def gaps(self) -> list[Gap]:
        """Looks that gave no answer."""
        self.reads.add("gaps")
        return self._gaps

    @property
    def logs(self) -> list[PodLog]:
        """Logs, as far as they were read."""
        self.reads.add("logs")
        return self._logs

    @property
    def signals(self) -> list[Signal]:
        """What metrics say of the objects in view."""
        self.reads.add("signals")
        return self._signals

    @signals.setter
    def signals(self, found: list[Signal]) -> None:
        self._signals = found

    def add(self, *listings: Listing) -> None:
        """Take in answered lists. An object is found by kind, namespace and name."""
        for listing in listings:
            self._listings[listing.kind, listing.namespace] = listing
            index = self._by_kind.setdefault(listing.kind, {})
            replaced = [key for key in index if listing.namespace in ("", key[0])]
            self._forget(listing, [index.pop(key) for key in replaced])
            for item in listing.items:
                meta = item["metadata"]
                index[meta.get("namespace", ""), meta["name"]] = item

    def _forget(self, listing: Listing, replaced: Iterable[Obj]) -> None:
        """What was worked out from the objects that a list replaces."""
        self._lists.update((listing.kind, "listings"))
        if listing.kind == "Event":
            self._events = None
        elif any(map(controller_ref, (*replaced, *listing.items))):
            self._lists["owned"] += 1
            self._owned = None

    def versions(self) -> dict[str, object]:
        """What each thing that can be asked for is now: it differs once that changed.

        Names are kinds, `owned`, `listings`, `gaps`, `logs`, `signals`, and `anything`.
        """
        missed = Counter(gap.what for gap in self._gaps)
        found: dict[str, object] = {
            name: (self._lists[name], missed[name]) for name in self._lists | missed
        }
        found |= {"gaps": tuple(self._gaps), "logs": tuple(self._logs)}
        return found | {"signals": tuple(self._signals), "anything": self.stamp}

    @property
    def stamp(self) -> tuple[int, ...]:
        """Changes whenever something came into view."""
        return self._lists["listings"], len(self._gaps), len(self._logs), len(self._signals)

    def looked(self, kind: str, namespace: str = "") -> bool:
        """Whether the kind was listed there: only then does absence mean absence."""
        self.reads.add(kind)
        return (kind, namespace) in self._listings or (kind, "") in self._listings

    def gap(self, kind: str, namespace: str = "") -> Gap | None:
        """Why the kind is not known there."""
        self.reads.add(kind)
        spots = ("", namespace)
        return next((g for g in self._gaps if g.what == kind and g.namespace in spots), None)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Namespaces of which pods were listed."""
        self.reads.add("Pod")
        found = {ns for kind, ns in self._listings if kind == "Pod" and ns}
        if ("Pod", "") in self._listings:
            found |= {key[0] for key in self._by_kind.get("Pod", {})}
        return tuple(sorted(found))

    def all(self, kind: str, namespace: str = "") -> Iterator[Obj]:
        """Objects of a kind, of one namespace if named, in the order they were listed."""
        self.reads.add(kind)
        for (space, _), item in self._by_kind.get(kind, {}).items():
            if not namespace or space == namespace:
                yield item

    def get(self, kind: str, namespace: str, name: str) -> Obj | None:
        """One object, or None when it was not listed (ask `looked` what that means)."""
        self.reads.add(kind)
        index = self._by_kind.get(kind)
        return index.get((namespace, name)) if index else None

    def find(self, entity: Entity) -> Obj | None:
        """The object an entity names."""
        return self.get(entity.kind, entity.namespace, entity.name)

    def owned(self, uid: str) -> Iterable[tuple[str, Obj]]:
        """(kind, object) of everything whose controller has this uid."""
        self.reads.add("owned")
        if self._owned is None:
            self._owned = defaultdict(list)
            for kind, index in self._by_kind.items():
                for item in index.values():
                    if owner := controller_ref(item):
                        self._owned[owner["uid"]].append((kind, item))
        return self._owned.get(uid, ())

    def pods_of(self, workload: Obj) -> Iterator[Obj]:
        """Pods under a workload, through ReplicaSets and Jobs."""
        for kind, item in self.owned(workload["metadata"].get("uid", "")):
            if kind == "Pod":
                yield item
            else:
                yield from self.pods_of(item)

    def workload_of(self, kind: str, item: Obj) -> Entity:
        """The outermost known controller of an object, or the object itself.

        A controller that was not listed (a custom resource) is named from the owner reference.
        """
        namespace = item["metadata"].get("namespace", "")
        while owner := controller_ref(item):
            kind, name = owner["kind"], owner["name"]
            above = self.get(kind, namespace, name)
            if above is None:
                return _unlisted_owner(kind, namespace, name, item)
            item = above
        return Entity(kind=kind, namespace=namespace, name=item["metadata"]["name"])

    def events_of(self, uid: str) -> list[Obj]:
        """Events about the object with this uid, oldest first."""
        self.reads.add("Event")
        if self._events is None:
            self._events = defaultdict(list)
            for event in sorted(self.all("Event"), key=event_time):
                self._events[event.get("involvedObject", {}).get("uid", "")].append(event)
        return self._events.get(uid, [])

    def selected(self, selector: Mapping[str, str], namespace: str) -> list[Obj]:
        """Pods of the namespace that carry all labels of an equality selector."""
        wanted = selector.items()
        return [
            pod
            for pod in self.all("Pod", namespace)
            if wanted <= (pod["metadata"].get("labels") or {}).items()
        ]

    def logs_of(self, pod: Entity, container: str = "") -> list[PodLog]:
        """Logs read of a pod, previous runs first."""
        found = [log for log in self.logs if log.pod == pod and container in ("", log.container)]
        return sorted(found, key=lambda log: not log.previous)


def entity_of(kind: str, item: Obj) -> Entity:
    """Name an object."""
    meta = item["metadata"]
    return Entity(kind=kind, namespace=meta.get("namespace", ""), name=meta["name"])


def log_command(pod: Entity, container: str, *, previous: bool, tail: int) -> str:
    """The kubectl line that shows a container's log."""
    which = ("--previous",) if previous else ()
    where = ("-n", pod.namespace, "logs", pod.name, "-c", container)
    return shlex.join(("kubectl", *where, *which, f"--tail={tail}"))


def controller_ref(item: Obj) -> Mapping[str, Any] | None:
    """The owner reference that controls the object."""
    owners = item["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def event_time(event: Obj) -> str:
    """When an event was last seen, as RFC 3339 text (both Event APIs), for sorting."""
    series = event.get("series") or {}
    return str(
        event.get("lastTimestamp")
        or series.get("lastObservedTime")
        or event.get("eventTime")
        or event.get("firstTimestamp")
        or event["metadata"].get("creationTimestamp")
        or ""
    )


def _unlisted_owner(kind: str, namespace: str, name: str, item: Obj) -> Entity:
    # A ReplicaSet that could not be listed still tells its Deployment: the pod-template-hash
    # is the last part of its name.
    labels = item["metadata"].get("labels") or {}
    suffix = f"-{labels.get('pod-template-hash', '')}"
    if kind == "ReplicaSet" and len(suffix) > 1 and name.endswith(suffix):
        return Entity(kind="Deployment", namespace=namespace, name=name.removesuffix(suffix))
    return Entity(kind=kind, namespace=namespace, name=name)
