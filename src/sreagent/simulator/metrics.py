"""What Prometheus scraped: every sample follows from the state of the cluster at its time."""

import random
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from sreagent.simulator.objects import Json
from sreagent.simulator.promql.series import Database, Series
from sreagent.simulator.timeline import ContainerState, DeploymentState, Moment, Timeline

HISTORY_SECONDS = 3 * 3600.0
STEP = 15.0
LIVE_STEP = 5.0
"""After the start: shorter, so that a fix shows soon."""

Pairs = tuple[tuple[str, str], ...]
Reading = tuple[str, Pairs, float]

_BOUNDS = ("0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf")
_QUICK = (0.31, 0.33, 0.24, 0.1, 0.015, 0.004, 0.0008, 0.0002)
"""Share of requests in each bucket of a quick service."""
_SLOW = (0.05, 0.21, 0.37, 0.29, 0.06, 0.016, 0.0035, 0.0005)
KINDS_OF_METRIC = {
    "_total": "counter",
    "_bucket": "histogram",
    "_count": "histogram",
    "_sum": "histogram",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The requests one service gets, and which of them need another service."""

    service: str
    namespace: str
    rate: float
    errors: float
    """Share that fails on a good day."""
    slow: bool
    needs: dict[str, float]
    """Share of requests that fail while another service is gone."""


def read_traffic(data: Iterable[Json]) -> dict[str, Traffic]:
    """The traffic of an incident, by service."""
    return {each["service"]: Traffic(**each) for each in data}


class Metrics(Protocol):
    """What Prometheus knows."""

    database: Database
    started: float
    """When the cluster began to live in real time."""

    def catch_up(self, now: float) -> None:
        """Learn everything that was to be learnt until now."""
        ...


class Recorded:
    """Series that were written down before and do not change."""

    def __init__(self, database: Database, started: float) -> None:
        self.database = database
        self.started = started

    def catch_up(self, now: float) -> None:
        """Nothing: what will be is written down too."""


class Scraped:
    """Scrapes the timeline; catches up when somebody asks."""

    def __init__(self, timeline: Timeline, traffic: dict[str, Traffic], started: float) -> None:
        self.timeline = timeline
        self.traffic = traffic
        self.started = started
        self.database = Database()
        self._next = _aligned(started - HISTORY_SECONDS, STEP)
        self._handles: dict[tuple[str, Pairs], Series] = {}
        self._counts: dict[tuple[str, Pairs], float] = {}
        self._alive: set[tuple[str, Pairs]] = set()
        self._lock = threading.Lock()

    def catch_up(self, now: float) -> None:
        """Take every scrape that was due until now."""
        with self._lock:
            self._next = max(self._next, _aligned(now - HISTORY_SECONDS, STEP))
            while self._next <= now:
                self._scrape(self._next)
                self._next += STEP if self._next < self.started else LIVE_STEP

    def _scrape(self, moment: float) -> None:
        state = self.timeline.at(moment)
        if state is None:
            return
        seen: set[tuple[str, Pairs]] = set()
        for name, labels, value in self._readings(state, moment):
            key = (name, labels)
            seen.add(key)
            self._series(key).add(moment, value)
        for key in self._alive - seen:
            self._series(key).end(moment)
        self._alive = seen

    def _series(self, key: tuple[str, Pairs]) -> Series:
        found = self._handles.get(key)
        if found is None:
            found = self.database.series({"__name__": key[0], **dict(key[1])})
            self._handles[key] = found
        return found

    def _readings(self, state: Moment, moment: float) -> Iterator[Reading]:
        for container in state.containers:
            yield from _container_readings(container, moment)
            if container.started is not None:
                yield self._cpu(container, moment)
        for deployment in state.deployments:
            yield from _deployment_readings(deployment)
        for (namespace, name), ready in state.services.items():
            labels = (("namespace", namespace), ("endpoint", name))
            yield "kube_endpoint_address_available", labels, float(ready)
        for traffic in self.traffic.values():
            yield from self._requests(traffic, state, moment)

    def _cpu(self, container: ContainerState, moment: float) -> Reading:
        labels = _resource_labels(container)
        used = container.cpu / 1000 * self._pause(moment)
        grown = self._count("container_cpu_usage_seconds_total", labels, used)
        return "container_cpu_usage_seconds_total", labels, grown

    def _requests(self, traffic: Traffic, state: Moment, moment: float) -> Iterator[Reading]:
        service = (traffic.namespace, traffic.service)
        base = (
            ("namespace", traffic.namespace),
            ("service", traffic.service),
            ("job", traffic.service),
        )
        arrived = traffic.rate * self._pause(moment) * _noise(f"{service}/{moment}", 0.06)
        if state.services.get(service, 0) <= 0:
            arrived = 0.0
        lost = arrived * min(0.98, self._lost_share(traffic, state))
        usual = (arrived - lost) * traffic.errors
        for code, count in (("200", arrived - lost - usual), ("500", usual), ("502", lost)):
            labels = (*base, ("code", code))
            yield "http_requests_total", labels, self._count("http_requests_total", labels, count)
        yield from self._durations(traffic, base, arrived)

    def _lost_share(self, traffic: Traffic, state: Moment) -> float:
        """The share of requests that fail because something they need is gone or fails itself."""
        lost = 0.0
        for name, share in traffic.needs.items():
            if state.services.get((traffic.namespace, name), 0) <= 0:
                lost += share
            elif name in self.traffic:
                lost += share * self._lost_share(self.traffic[name], state)
        return lost

    def _durations(self, traffic: Traffic, base: Pairs, arrived: float) -> Iterator[Reading]:
        name = "http_request_duration_seconds"
        for bound, share in zip(
            _BOUNDS, accumulate(_SLOW if traffic.slow else _QUICK), strict=True
        ):
            labels = (*base, ("le", bound))
            count = self._count(f"{name}_bucket", labels, arrived * share)
            yield f"{name}_bucket", labels, count
        yield f"{name}_count", base, self._count(f"{name}_count", base, arrived)
        spent = arrived * (0.16 if traffic.slow else 0.055)
        yield f"{name}_sum", base, self._count(f"{name}_sum", base, spent)

    def _count(self, name: str, labels: Pairs, more: float) -> float:
        key = (name, labels)
        self._counts[key] = self._counts.get(key, 0.0) + more
        return self._counts[key]

    def _pause(self, moment: float) -> float:
        return STEP if moment <= self.started else LIVE_STEP


def _container_readings(container: ContainerState, moment: float) -> Iterator[Reading]:
    whose = (("namespace", container.namespace), ("pod", container.pod))
    labels = (*whose, ("container", container.name))
    yield "kube_pod_container_status_restarts_total", labels, float(container.restarts)
    yield "kube_pod_status_ready", (*whose, ("condition", "true")), float(container.pod_ready)
    yield "kube_pod_status_phase", (*whose, ("phase", container.phase)), 1.0
    ready = float(container.started is not None and container.pod_ready)
    yield "kube_pod_container_status_ready", labels, ready
    if container.waiting:
        name = "kube_pod_container_status_waiting_reason"
        yield name, (*labels, ("reason", container.waiting)), 1.0
    if container.last_reason:
        name = "kube_pod_container_status_last_terminated_reason"
        yield name, (*labels, ("reason", container.last_reason)), 1.0
    if container.limit is not None:
        limits = (*labels, ("resource", "memory"), ("unit", "byte"))
        yield "kube_pod_container_resource_limits", limits, container.limit
    if container.started is not None:
        used = container.memory.used(max(0.0, moment - container.started))
        noise = _noise(f"{container.pod}/{moment}", 0.012)
        yield "container_memory_working_set_bytes", _resource_labels(container), used * noise
    yield from _target_readings(container, moment)


def _target_readings(container: ContainerState, moment: float) -> Iterator[Reading]:
    if container.port is None:
        return
    labels = (
        ("namespace", container.namespace),
        ("job", container.app),
        ("pod", container.pod),
        ("instance", f"{container.pod}:{container.port}"),
    )
    began = container.listens_at
    answers = container.started is not None and began is not None and moment >= began
    yield "up", labels, float(answers)


def _resource_labels(container: ContainerState) -> Pairs:
    return (
        ("namespace", container.namespace),
        ("pod", container.pod),
        ("container", container.name),
        ("node", container.node),
    )


def _deployment_readings(deployment: DeploymentState) -> Iterator[Reading]:
    labels = (("namespace", deployment.namespace), ("deployment", deployment.name))
    missing = max(0, deployment.wanted - deployment.available)
    yield "kube_deployment_spec_replicas", labels, float(deployment.wanted)
    yield "kube_deployment_status_replicas_available", labels, float(deployment.available)
    yield "kube_deployment_status_replicas_unavailable", labels, float(missing)
    yield "kube_deployment_status_replicas_ready", labels, float(deployment.ready)
    yield "kube_deployment_status_replicas_updated", labels, float(deployment.updated)
    yield "kube_deployment_status_observed_generation", labels, float(deployment.observed)
    yield "kube_deployment_metadata_generation", labels, float(deployment.generation)


def _aligned(moment: float, step: float) -> float:
    return moment // step * step


def _noise(seed: str, part: float) -> float:
    # Seeded, so that the past never changes.
    return 1 + random.Random(seed).uniform(-part, part)
