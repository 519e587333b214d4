"""A change that was only partly made can be taken back as far as it went."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from tests.gates import gate_over
from tests.investigate.build import ACCOUNT, NO_READS
from tests.investigate.test_act import Yes
from tests.investigate.test_outcome import OPENED

from sreagent.clients.clock import SystemClock
from sreagent.clients.kubernetes import KubernetesCluster, connect
from sreagent.domain.action import Action, ActionState
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Denied, Refused
from sreagent.domain.inventory import Inventory
from sreagent.domain.ports import Cluster
from sreagent.investigate.case import Case
from sreagent.investigate.desk import Desk
from sreagent.investigate.loop import investigate
from sreagent.investigate.steps import Draft, Finish, Propose, Reasoner, Step
from sreagent.investigate.undo import UndoReasoner, draft_undo
from sreagent.journal.store import Journal
from sreagent.policy.redaction import redact
from sreagent.simulator import Simulation
from sreagent.tools.cluster import cluster_changes
from sreagent.tools.lines import parse
from sreagent.tools.looks import KubernetesLooks

NODE = Entity(kind="Node", namespace="", name="node-2")
DRAIN = Action(verb="drain", target=NODE)
CLOSED = [{"op": "add", "path": "/spec/unschedulable", "value": True}]
SCHEDULABLE = [{"op": "remove", "path": "/spec/unschedulable"}]


class Hurried(SystemClock):
    """A clock for which waiting takes no time."""

    waited = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds


class Killed(BaseException):
    """The process ends: nothing catches it."""


@dataclass
class Broken:
    """A cluster to which a process speaks that is killed at its second eviction."""

    real: KubernetesCluster
    evicted: int = 0

    def evict(self, pod: Entity, *, uid: str, dry_run: bool) -> None:
        if self.evicted and not dry_run:
            raise Killed
        self.real.evict(pod, uid=uid, dry_run=dry_run)
        self.evicted += not dry_run

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


@dataclass
class Budgeted:
    """A cluster in which a budget keeps every pod where it is."""

    real: KubernetesCluster

    def evict(self, pod: Entity, *, uid: str, dry_run: bool) -> None:
        del pod, uid, dry_run
        msg = "it would violate the pod's disruption budget"
        raise Refused(msg)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class Draining:
    """A reasoner that wants a node empty."""

    def next(self, case: Case) -> Step:
        if case.incident.concluded is None:
            return ACCOUNT
        if not case.incident.proposals:
            draft = Draft(action=DRAIN, reason="so", evidence=("E1",), expected="better")
            return Propose(drafts=(draft,))
        return Finish(outcome=Outcome.DIAGNOSED)


@dataclass
class World:
    """A node to empty, and what stands in the way of that."""

    cluster: KubernetesCluster
    case: Case
    trouble: Callable[[KubernetesCluster], object] = Budgeted

    def desk(self, reasoner: Reasoner) -> Desk:
        clock = self.case.clock
        cluster = cast("Cluster", self.trouble(self.cluster))
        return Desk(
            looks=KubernetesLooks(self.cluster, self.case.inventory, clock),
            gate=gate_over(cluster_changes(cluster, self.case.inventory, clock), clock),
            parse=parse,
            reads=NO_READS,
            reasoner=reasoner,
            person=Yes(),
        )

    def run(self, reasoner: Reasoner) -> None:
        list(investigate(self.case, self.desk(reasoner)))

    @property
    def cordoned(self) -> bool:
        return bool(self.cluster.get(NODE)["spec"].get("unschedulable"))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """A node that nobody has touched."""
    with Simulation.start("bad-deploy") as simulation:
        clock, inventory = Hurried(), Inventory()
        cluster = connect(kubeconfig=str(simulation.kubeconfig), clock=clock)
        with Journal.create(tmp_path, clock, redact=redact) as journal:
            yield World(cluster, Case.open(journal, OPENED, inventory, clock, 60))


@pytest.fixture
def world(fresh: World) -> World:
    """A node whose drain was asked for and came to nothing but the cordon."""
    fresh.run(Draining())
    return fresh


def test_a_drain_that_budgets_held_back_is_taken_back_and_the_pods_that_stayed_are_told(
    world: World,
) -> None:
    (drained,) = world.case.incident.proposals
    assert drained.state is ActionState.DONE
    assert "only partly done" in drained.note
    assert world.cordoned
    world.run(UndoReasoner(draft_undo(world.case.incident, "A1", world.desk(Draining()))))
    assert [p.state for p in world.case.incident.proposals] == [
        ActionState.UNDONE,
        ActionState.DONE,
    ]
    assert not world.cordoned
    told = str([entry.record for entry in world.case.incident.entries])
    assert "A1 was only partly done: cordoned; 0 of" in told


def test_it_is_not_taken_back_after_somebody_let_pods_on_the_node_again(world: World) -> None:
    world.cluster.patch(NODE, SCHEDULABLE, dry_run=False)
    with pytest.raises(Denied, match="changed since A1"):
        draft_undo(world.case.incident, "A1", world.desk(Draining()))


def test_a_drain_that_was_killed_half_way_counts_as_done_partly_and_is_taken_back(
    fresh: World,
) -> None:
    fresh.trouble = Broken
    with pytest.raises(Killed):
        fresh.run(Draining())
    assert [p.state for p in fresh.case.incident.proposals] == [ActionState.STARTED]
    fresh.run(Draining())
    (drained,) = fresh.case.incident.proposals
    assert drained.state is ActionState.DONE
    assert "only partly done" in drained.note
    fresh.run(UndoReasoner(draft_undo(fresh.case.incident, "A1", fresh.desk(Draining()))))
    assert [p.state for p in fresh.case.incident.proposals] == [
        ActionState.UNDONE,
        ActionState.DONE,
    ]
    assert not fresh.cordoned


def test_a_drain_that_was_killed_before_its_first_write_was_not_made(fresh: World) -> None:
    fresh.trouble = Broken
    with pytest.raises(Killed):
        fresh.run(Draining())
    fresh.cluster.patch(NODE, SCHEDULABLE, dry_run=False)
    fresh.run(Draining())
    (drained,) = fresh.case.incident.proposals
    assert drained.state is ActionState.PROPOSED
    assert drained.note == "found not done in the cluster"


def test_a_drain_of_a_node_that_was_closed_before_leaves_nothing_to_take_back(
    fresh: World,
) -> None:
    fresh.cluster.patch(NODE, CLOSED, dry_run=False)
    fresh.trouble = Broken
    with pytest.raises(Killed):
        fresh.run(Draining())
    fresh.run(Draining())
    assert fresh.case.incident.proposals[0].state is ActionState.PROPOSED
    assert fresh.cordoned
