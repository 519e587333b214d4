"""One moment of a cluster, with the indexes that all conditions share."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import wraps
from itertools import chain
from typing import Any, NamedTuple, TypeVar, cast

from sreagent.diagnose.logs.reading import LogReading, read
from sreagent.diagnose.objects.podspec import EMPTY, is_over, is_ready
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory, Obj, PodLog, event_time
from sreagent.domain.moment import parse_time

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
"""Kinds that keep pods running."""

Labels = Mapping[str, str]


SOON = 30
"""Seconds for which what was worked out from lists may be taken over: ages in it stay as true."""

Result = TypeVar("Result")


def once_per_scene(work: "Callable[[Scene], Result]") -> "Callable[[Scene], Result]":
    """Keep the answer for as long as what it was worked out from stays the same."""

    @wraps(work)
    def remembered(scene: "Scene") -> Result:
        return scene.keep(work, work, scene)

    return remembered


class _Kept(NamedTuple):
    """Something that was worked out, and what it was worked out from."""

    result: Any
    reads: frozenset[str]
    """As `Inventory.versions` names them."""


class Scene:
    """What was read, and when it was read."""

    def __init__(self, inventory: Inventory, now: datetime, before: "Scene | None" = None) -> None:
        """Begin with what was worked out `before` from what has not changed since."""
        self.inventory = inventory
        self.now = now
        self._versions = inventory.versions()
        self._kept: dict[object, _Kept] = {}
        self._used: set[int] = set()
        """Which of what is kept went into the present piece of work: its reads are noted once."""
        self._kept_since = now
        if before and 0 <= (now - before._kept_since).total_seconds() <= SOON:
            self._take_over(before)

    def _take_over(self, before: "Scene") -> None:
        old, new = before._versions, self._versions
        changed = {name for name in old | new if old.get(name) != new.get(name)}
        self._kept_since = before._kept_since
        for key, kept in before._kept.items():
            if not kept.reads & changed:
                self._kept[key] = kept

    def keep(self, key: object, work: Callable[..., Result], *arguments: object) -> Result:
        """What the work gives, worked out once for as long as what it reads stays the same."""
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = self._work(work, arguments)
        if id(kept) not in self._used:
            self._used.add(id(kept))
            self.inventory.reads |= kept.reads
        return cast(Result, kept.result)

    def _work(self, work: Callable[..., object], arguments: tuple[object, ...]) -> _Kept:
        outer, self.inventory.reads = self.inventory.reads, set()
        used, self._used = self._used, set()
        try:
            result = work(*arguments)
            # What reads nothing itself is filled by those who call it.
            reads = frozenset(self.inventory.reads or ("anything",))
        finally:
            self.inventory.reads, self._used = outer, used
        return _Kept(result, reads)

    def all(self, kind: str, namespace: str = "") -> list[Obj]:
        """Objects of a kind, of one namespace if named."""
        objects, spaces = self.keep(("objects", kind), self._by_namespace, kind)
        return spaces.get(namespace, []) if namespace else objects

    def _by_namespace(self, kind: str) -> tuple[list[Obj], Mapping[str, list[Obj]]]:
        spaces: dict[str, list[Obj]] = defaultdict(list)
        for item in self.inventory.all(kind):
            spaces[item["metadata"].get("namespace", "")].append(item)
        return list(chain.from_iterable(spaces.values())), spaces

    def get(self, kind: str, namespace: str, name: str) -> Obj | None:
        """One object, or None when it was not listed."""
        return self.inventory.get(kind, namespace, name)

    def is_missing(self, entity: Entity) -> bool:
        """Whether the kind was listed there and the object is not among them."""
        looked = self.inventory.looked(entity.kind, entity.namespace)
        return looked and self.inventory.find(entity) is None

    def age(self, moment: datetime | str | None) -> float | None:
        """Seconds since then; None when the time is not known."""
        then = moment if isinstance(moment, datetime) else parse_time(moment)
        return (self.now - then).total_seconds() if then else None

    def created(self, item: Obj) -> datetime | None:
        """When the object came to be."""
        return parse_time(item["metadata"].get("creationTimestamp"))

    def older(self, item: Obj, seconds: float) -> bool:
        """Whether the object exists for longer than that, as far as is known."""
        age = self.age(self.created(item))
        return age is None or age > seconds

    # Pods and what they belong to

    def selected(self, selector: Labels, namespace: str) -> list[Obj]:
        """Pods of the namespace that carry all these labels."""
        if not selector:
            return []
        index = self.keep(("labels", namespace), self._labels_of, namespace)
        lists = [index.get(pair, []) for pair in selector.items()]
        smallest = min(lists, key=len)
        wanted = selector.items()
        return [pod for pod in smallest if wanted <= labels_of(pod).items()]

    def _labels_of(self, namespace: str) -> dict[tuple[str, str], list[Obj]]:
        index: dict[tuple[str, str], list[Obj]] = defaultdict(list)
        for pod in self.all("Pod", namespace):
            for pair in labels_of(pod).items():
                index[pair].append(pod)
        return index

    @property
    @once_per_scene
    def owners(self) -> dict[str, Entity]:
        """The workload of each pod, by the pod's uid."""
        return {
            pod["metadata"].get("uid", ""): self.inventory.workload_of("Pod", pod)
            for pod in self.all("Pod")
        }

    def workload_of(self, pod: Obj) -> Entity:
        """The workload a pod belongs to, or the pod itself."""
        return self.owners[pod["metadata"].get("uid", "")]

    @property
    @once_per_scene
    def pods_by_workload(self) -> Mapping[Entity, list[Obj]]:
        """Pods of each workload."""
        found: dict[Entity, list[Obj]] = defaultdict(list)
        for pod in self.all("Pod"):
            found[self.workload_of(pod)].append(pod)
        return found

    def pods(self, workload: Entity) -> list[Obj]:
        """Pods of a workload that have not ended."""
        return [pod for pod in self.pods_by_workload.get(workload, ()) if not is_over(pod)]

    def ready_pods(self, workload: Entity) -> list[Obj]:
        """Those that take traffic."""
        return [pod for pod in self.pods(workload) if is_ready(pod)]

    @property
    @once_per_scene
    def pods_by_node(self) -> Mapping[str, list[Obj]]:
        """Pods that have not ended, by the node they are bound to."""
        found: dict[str, list[Obj]] = defaultdict(list)
        for pod in self.all("Pod"):
            if not is_over(pod):
                found[(pod.get("spec") or EMPTY).get("nodeName") or ""].append(pod)
        return found

    @property
    @once_per_scene
    def pods_by_ip(self) -> Mapping[str, Obj]:
        """Pods that have an address of their own."""
        return {
            pod["status"]["podIP"]: pod
            for pod in self.all("Pod")
            if (pod.get("status") or EMPTY).get("podIP") and not pod["spec"].get("hostNetwork")
        }

    # Services

    @property
    @once_per_scene
    def services_by_ip(self) -> Mapping[str, Obj]:
        """Services by their cluster address."""
        found = {}
        for service in self.all("Service"):
            spec = service.get("spec") or EMPTY
            for ip in spec.get("clusterIPs") or [spec.get("clusterIP")]:
                if ip and ip != "None":
                    found[ip] = service
        return found

    @property
    @once_per_scene
    def services_by_node_port(self) -> Mapping[int, Obj]:
        """Services by the ports at which every node answers for them."""
        return {
            port["nodePort"]: service
            for service in self.all("Service")
            for port in (service.get("spec") or EMPTY).get("ports") or ()
            if port.get("nodePort")
        }

    @property
    @once_per_scene
    def nodes_by_ip(self) -> Mapping[str, str]:
        """Names of nodes by their addresses."""
        return {
            address["address"]: node["metadata"]["name"]
            for node in self.all("Node")
            for address in (node.get("status") or EMPTY).get("addresses") or ()
        }

    def backing(self, service: Obj) -> list[Obj]:
        """Pods that a Service selects and that have not ended."""
        meta = service["metadata"]
        selector = (service.get("spec") or EMPTY).get("selector") or {}
        found = self.selected(selector, meta.get("namespace", ""))
        return [pod for pod in found if not is_over(pod)]

    def workloads_behind(self, service: Obj) -> list[Entity]:
        """Workloads of the pods a Service selects, and those scaled to zero it would select."""
        uid = service["metadata"].get("uid", "")
        return self.keep(("behind", uid), self._workloads_behind, service)

    def _workloads_behind(self, service: Obj) -> list[Entity]:
        found = {self.workload_of(pod) for pod in self.backing(service)}
        selector = ((service.get("spec") or EMPTY).get("selector") or {}).items()
        namespace = service["metadata"].get("namespace", "")
        for kind in WORKLOADS if selector else ():
            for item in self.all(kind, namespace):
                template = (item.get("spec") or EMPTY).get("template") or EMPTY
                labels = (template.get("metadata") or EMPTY).get("labels") or {}
                if selector <= labels.items():
                    name = item["metadata"]["name"]
                    found.add(Entity(kind=kind, namespace=namespace, name=name))
        return sorted(found)

    def services_of(self, labels: Labels, namespace: str) -> list[Obj]:
        """Services that select something with these labels."""
        carried = labels.items()
        return [
            service
            for service in self.all("Service", namespace)
            if ((service.get("spec") or EMPTY).get("selector") or {}).items() <= carried
            and (service.get("spec") or EMPTY).get("selector")
        ]

    # Events and logs

    def events(self, item: Obj, *reasons: str, within: float = 3600) -> list[Obj]:
        """Events about an object, oldest first, of these reasons, not older than that."""
        oldest = self.now - timedelta(seconds=within)
        return [
            event
            for event in self.inventory.events_of(item["metadata"].get("uid", ""))
            if (not reasons or event.get("reason") in reasons)
            and (last_seen(event) or self.now) >= oldest
        ]

    @property
    @once_per_scene
    def _logs(self) -> Mapping[Entity, list[tuple[PodLog, LogReading]]]:
        found: dict[Entity, list[tuple[PodLog, LogReading]]] = defaultdict(list)
        for log in sorted(self.inventory.logs, key=lambda log: not log.previous):
            found[log.pod].append((log, read(log.text, self.now)))
        return found

    def logs(self, pod: Obj, container: str = "") -> list[tuple[PodLog, LogReading]]:
        """Logs of a pod that were read, previous runs first."""
        logs = self._logs
        found = logs.get(pod_entity(pod), ()) if logs else ()
        return [pair for pair in found if container in ("", pair[0].container)]

    def all_logs(self) -> Iterator[tuple[PodLog, LogReading]]:
        """Every log that was read."""
        for pairs in self._logs.values():
            yield from pairs


def labels_of(item: Obj) -> Labels:
    """Labels of an object."""
    return (item.get("metadata") or EMPTY).get("labels") or {}


def pod_entity(pod: Obj) -> Entity:
    """Name a pod."""
    meta = pod["metadata"]
    return Entity(kind="Pod", namespace=meta.get("namespace", ""), name=meta["name"])


def last_seen(event: Obj) -> datetime | None:
    """When an event was seen last."""
    return parse_time(event_time(event))


def first_seen(events: Iterable[Obj]) -> datetime | None:
    """When the first of several events was seen for the first time."""
    times = [
        parse_time(event.get("firstTimestamp") or event.get("eventTime")) or last_seen(event)
        for event in events
    ]
    return min((moment for moment in times if moment), default=None)


def times_seen(event: Obj) -> int:
    """How often an event was seen."""
    series = event.get("series") or EMPTY
    return int(series.get("count") or event.get("count") or 1)
