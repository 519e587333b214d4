"""A pretend cluster, reached over HTTP, for tests of what the tools do to it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sreagent.clients.clock import SystemClock
from sreagent.clients.kubernetes import KubernetesCluster, connect
from sreagent.domain.inventory import Inventory
from sreagent.simulator import Simulation
from sreagent.tools.changes import EveryChange
from sreagent.tools.cluster import cluster_changes
from sreagent.tools.looks import KubernetesLooks, ListObjects

KINDS = ("Pod", "Deployment", "ReplicaSet", "Service", "Endpoints", "HorizontalPodAutoscaler")


@dataclass(frozen=True, slots=True)
class World:
    """One running incident, as the admin sees it."""

    simulation: Simulation
    cluster: KubernetesCluster
    inventory: Inventory

    @property
    def changes(self) -> EveryChange:
        return cluster_changes(self.cluster, self.inventory, SystemClock())


def enter(simulation: Simulation, context: str = "admin") -> World:
    clock = SystemClock()
    cluster = connect(kubeconfig=str(simulation.kubeconfig), context=context, clock=clock)
    inventory = Inventory()
    list(
        KubernetesLooks(cluster, inventory, clock).list(
            [ListObjects(namespace="shop", kinds=KINDS)]
        )
    )
    return World(simulation, cluster, inventory)


@pytest.fixture
def bad_deploy() -> Iterator[Simulation]:
    with Simulation.start("bad-deploy") as simulation:
        yield simulation
