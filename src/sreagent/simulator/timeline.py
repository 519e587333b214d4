"""What the cluster looked like at any moment: the ground that logs and metrics stand on."""

from bisect import bisect_right
from dataclasses import dataclass

from sreagent.simulator.behaviour import Memory, memory_limit
from sreagent.simulator.containers import Life
from sreagent.simulator.kinds import DEPLOYMENT, ENDPOINTS, POD, SERVICE
from sreagent.simulator.kubelet import Kubelet
from sreagent.simulator.objects import Json, is_ready, labels_of, lookup, name_of, namespace_of
from sreagent.simulator.store import Store

Key = tuple[str, str]


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
    memory: Memory
    cpu: float
    """Thousandths of a core."""
    port: int | None
    listens_at: float | None


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

    def at(self, moment: float) -> Moment | None:
        """The state at a moment, or None before the first."""
        place = bisect_right(self._times, moment)
        return self.moments[place - 1] if place else None

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
    run = life.run
    listens = run.program.listens if run else None
    named = [each["containerPort"] for each in life.spec.get("ports") or ()]
    ports = named if listens is None else [each.port for each in listens]
    return ContainerState(
        namespace=namespace_of(pod),
        pod=name_of(pod),
        name=life.name,
        node=life.node,
        app=labels_of(pod).get("app", ""),
        phase=str(lookup(pod, "status.phase")),
        pod_ready=is_ready(pod),
        restarts=life.restarts,
        waiting=life.waiting[0] if life.waiting else "",
        last_reason=ended[-1].reason if ended else "",
        started=run.started if run else None,
        limit=memory_limit(life.spec),
        memory=run.memory if run else Memory(),
        cpu=run.program.cpu if run else 0.0,
        port=ports[0] if ports else None,
        listens_at=run.started + run.program.start_delay if run else None,
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
