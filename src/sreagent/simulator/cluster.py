"""The whole pretend cluster: the API, its controllers and the thread that keeps them going."""

import threading
from typing import Protocol

from sreagent.simulator.api import Api
from sreagent.simulator.behaviour import Behaviour
from sreagent.simulator.clock import Clock
from sreagent.simulator.controllers.autoscalers import Autoscalers
from sreagent.simulator.controllers.claims import Claims
from sreagent.simulator.controllers.cronjobs import CronJobs
from sreagent.simulator.controllers.deployments import Deployments
from sreagent.simulator.controllers.endpoints import EndpointLists
from sreagent.simulator.controllers.jobs import Jobs
from sreagent.simulator.controllers.quotas import Quotas
from sreagent.simulator.controllers.replicasets import ReplicaSets
from sreagent.simulator.controllers.sets import DaemonSets, StatefulSets
from sreagent.simulator.controllers.upkeep import Budgets, Collector
from sreagent.simulator.kinds import Kind, Kinds
from sreagent.simulator.kubelet import Kubelet
from sreagent.simulator.logs import Logs
from sreagent.simulator.nodes import Nodes
from sreagent.simulator.scheduler import Scheduler
from sreagent.simulator.store import Store
from sreagent.simulator.timeline import Timeline

MOST_ROUNDS = 100


class Controller(Protocol):
    """Brings something one step closer to what is asked for, each time it is called."""

    @property
    def watches(self) -> tuple[Kind, ...]:
        """The kinds whose changes give it work."""

    def sync(self) -> None:
        """Do what can be done now."""

    def next_due(self) -> float | None:
        """When it has work even if nothing changes."""


class Cluster:
    """Everything behind the API server."""

    def __init__(self, kinds: Kinds | None = None) -> None:
        self.clock = Clock()
        self.store = Store(self.clock, kinds)
        self.api = Api(self.store)
        self.kubelet = Kubelet(self.store)
        self.nodes = Nodes(self.api, self.kubelet)
        self.cron_jobs = CronJobs(self.api)
        self.autoscalers = Autoscalers(self.api, self.kubelet)
        self.timeline = Timeline(self.store, self.kubelet)
        self.logs = Logs(self.kubelet)
        self._seen: dict[Controller, int] = {}
        self._controllers: tuple[Controller, ...] = (
            Deployments(self.api),
            ReplicaSets(self.api),
            StatefulSets(self.api),
            DaemonSets(self.api),
            self.cron_jobs,
            Jobs(self.api),
            Claims(self.store),
            Scheduler(self.store),
            self.kubelet,
            self.nodes,
            EndpointLists(self.store),
            Budgets(self.api),
            Quotas(self.store),
            self.autoscalers,
            Collector(self.api),
        )
        self._thread = threading.Thread(target=self._keep_going, name="cluster", daemon=True)

    def follow(self, behaviour: Behaviour) -> None:
        """Let programs and machines do what a behaviour says from here on."""
        self.kubelet.follow(behaviour)
        self.nodes.follow(behaviour)
        self.autoscalers.look_soon()

    def settle(self) -> None:
        """Let every controller work until none has anything left to do at this moment."""
        for _ in range(MOST_ROUNDS):
            version = self.store.version
            for controller in self._controllers:
                self._run(controller)
            if self.store.version == version:
                break
        self.timeline.observe()

    def _run(self, controller: Controller) -> None:
        last = self.store.last_write(controller.watches)
        due = controller.next_due()
        if last != self._seen.get(controller) or (due is not None and due <= self.clock.now()):
            self._seen[controller] = last
            controller.sync()

    def play(self, until: float) -> None:
        """Live through the past up to a moment, in as little time as the computer needs."""
        self.kubelet.horizon = until
        self.settle()
        while (due := self._next_due()) is not None and due <= until:
            self.clock.stop_at(max(due, self.clock.now()))
            self.settle()
        self.clock.stop_at(until)
        self.settle()

    def go_live(self) -> None:
        """Run with real time from here on."""
        self.kubelet.horizon = None
        self.clock.release()
        self.kubelet.start_heartbeats()
        self._thread.start()

    def stop(self) -> None:
        """End the thread and every watch."""
        self.store.close()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _next_due(self) -> float | None:
        moments = [controller.next_due() for controller in self._controllers]
        return min((each for each in moments if each is not None), default=None)

    def _keep_going(self) -> None:
        with self.store.lock:
            while not self.store.is_closed:
                self.settle()
                due = self._next_due()
                pause = None if due is None else max(0.005, due - self.clock.now())
                self.store.changed.wait(pause)
