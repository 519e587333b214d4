"""What the cluster looked like at any moment: the ground that logs and metrics stand on."""

from bisect import bisect_right
from dataclasses import dataclass

from sreagent.simulator.behaviour import Program, memory_limit
from sreagent.simulator.containers import Life
from sreagent.simulator.kinds import DEPLOYMENT, ENDPOINTS, POD, SERVICE
from sreagent.simulator.kubelet import Kubelet
from sreagent.simulator.objects import Json, is_ready, labels_of, lookup, name_of, namespace_of
from sreagent.simulator.store import Store

Key = tuple[str, str]
ABSENT = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerState:
    """One container at a moment."""

    namespace: str
    pod: str
    name: str
    node: str
    app: str
    phase: str
    pod_ready: bool
    restarts: int
    waiting: str
    last_reason: str
    started: float | None
    """When the current run began; None while nothing runs."""
    limit: float | None
    program: Program


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentState:
    """The counts of one Deployment at a moment."""

    namespace: str
    name: str
    wanted: int
    available: int
    ready: int
    updated: int
    generation: int
    observed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The cluster from a moment on, until the next one."""

    at: float
    containers: tuple[ContainerState, ...]
    deployments: tuple[DeploymentState, ...]
    services: dict[Key, int]
    """Ready addresses behind each Service."""


class Timeline:
    """Remembers every state the cluster went through."""

    def __init__(self, store: Store, kubelet: Kubelet) -> None:
        self.store = store
        self.kubelet = kubelet
        self.moments: list[Moment] = []
        self._times: list[float] = []
        self._services: dict[Key, list[tuple[float, int]]] = {}

    def observe(self) -> None:
        """Look at the cluster now and remember it when something moved."""
        now = self.store.clock.now()
        moment = Moment(
            at=now,
            containers=tuple(self._containers()),
            deployments=tuple(_deployment(each) for each in self.store.all(DEPLOYMENT)),
            services=self._ready_addresses(),
        )
        if self.moments and _same(self.moments[-1], moment):
            return
        self.moments.append(moment)
        self._times.append(now)
        for key, ready in moment.services.items():
            past = self._services.setdefault(key, [])
            if not past or past[-1][1] != ready:
                past.append((now, ready))
        self._note_lost_services(now, moment)

    def at(self, moment: float) -> Moment | None:
        """The state at a moment, or None before the first."""
        place = bisect_right(self._times, moment)
        return self.moments[place - 1] if place else None

    def ready_behind(self, service: Key, moment: float) -> int:
        """How many addresses stood behind a Service at a moment, ABSENT without the Service."""
        past = self._services.get(service, [])
        place = bisect_right(past, (moment, 1 << 30))
        return past[place - 1][1] if place else ABSENT

    def _note_lost_services(self, now: float, moment: Moment) -> None:
        for key, past in self._services.items():
            if key not in moment.services and past[-1][1] != ABSENT:
                past.append((now, ABSENT))

    def _containers(self) -> list[ContainerState]:
        return [
            _container(pod, life)
            for pod in self.store.all(POD)
            for life in self.kubelet.lives_of(pod)
        ]

    def _ready_addresses(self) -> dict[Key, int]:
        found: dict[Key, int] = {}
        for service in self.store.all(SERVICE):
            key = (namespace_of(service), name_of(service))
            endpoints = self.store.find(ENDPOINTS, *key) or {}
            subsets = endpoints.get("subsets") or ()
            found[key] = sum(len(each.get("addresses") or ()) for each in subsets)
        return found


def _same(one: Moment, other: Moment) -> bool:
    return (one.containers, one.deployments, one.services) == (
        other.containers,
        other.deployments,
        other.services,
    )


def _container(pod: Json, life: Life) -> ContainerState:
    ended = [run for run in life.runs if run.is_over()]
    return ContainerState(
        namespace=namespace_of(pod),
        pod=name_of(pod),
        name=life.name,
        node=life.node,
        app=labels_of(pod).get("app", ""),
        phase=str(lookup(pod, "status.phase")),
        pod_ready=is_ready(pod),
        restarts=max(0, len(life.runs) - 1),
        waiting=life.waiting[0] if life.waiting else "",
        last_reason=ended[-1].reason if ended else "",
        started=life.run.started if life.run else None,
        limit=memory_limit(life.spec),
        program=life.program,
    )


def _deployment(deployment: Json) -> DeploymentState:
    status = deployment.get("status") or {}
    return DeploymentState(
        namespace=namespace_of(deployment),
        name=name_of(deployment),
        wanted=deployment["spec"]["replicas"],
        available=status.get("availableReplicas", 0),
        ready=status.get("readyReplicas", 0),
        updated=status.get("updatedReplicas", 0),
        generation=deployment["metadata"].get("generation", 1),
        observed=status.get("observedGeneration", 0),
    )
