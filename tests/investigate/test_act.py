"""A change goes through policy and a person, or not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.gates import gate_over
from tests.investigate.build import ACCOUNT, NO_READS, NOW
from tests.investigate.test_outcome import OPENED

from sreagent.cli.person import Messenger, Nobody
from sreagent.clients.clock import SystemClock
from sreagent.clients.kubernetes import connect
from sreagent.domain.action import Action, ActionState, Proposal
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.incident import Incident, fold
from sreagent.domain.inventory import Inventory, Obj
from sreagent.domain.ports import Person, Reply
from sreagent.domain.record import Answer, Answered, Entry, Intended, Proposed, Ran, Record
from sreagent.domain.verdict import Tier
from sreagent.investigate.act import LEAST, REPLICAS, number_at_start
from sreagent.investigate.case import Case
from sreagent.investigate.desk import Desk
from sreagent.investigate.loop import investigate
from sreagent.investigate.steps import Draft, Finish, Gather, Propose, Step
from sreagent.journal.store import Journal
from sreagent.policy.redaction import redact
from sreagent.simulator import Simulation
from sreagent.simulator.api import Caller, Place
from sreagent.simulator.kinds import kind_named
from sreagent.tools.cluster import cluster_changes
from sreagent.tools.lines import parse
from sreagent.tools.looks import KubernetesLooks, ListObjects

LIMITS = ("HorizontalPodAutoscaler", "PodDisruptionBudget")
KINDS = ("Pod", "Deployment", "ReplicaSet", "Service", "Endpoints", *LIMITS)
CART = Entity(kind="Deployment", namespace="shop", name="cart")
RESTART = Action(verb="rollout_restart", target=CART)


class OneAfterTheOther:
    """A reasoner with few ideas, right or wrong."""

    def __init__(self, *actions: Action) -> None:
        self._actions = list(actions)

    def next(self, case: Case) -> Step:
        if not case.inventory.looked("Pod", "shop"):
            return Gather(lists=(ListObjects(namespace="shop", kinds=KINDS),))
        if case.incident.concluded is None:
            return ACCOUNT
        if self._actions:
            action, grounds = self._actions.pop(0), ("E1",)
            draft = Draft(action=action, reason="so", evidence=grounds, expected="better")
            return Propose(drafts=(draft,))
        return Finish(outcome=Outcome.DIAGNOSED)


class World:
    """A pretend cluster and one run over it."""

    def __init__(self, simulation: Simulation, folder: Path) -> None:
        self._simulation = simulation
        self._folder = folder
        self.cluster = connect(kubeconfig=str(simulation.kubeconfig), clock=SystemClock())

    def run(
        self,
        *actions: Action,
        person: Person,
        read_only: bool = False,
        dry_run: bool = False,
    ) -> Incident:
        clock, inventory = SystemClock(), Inventory()
        with Journal.create(self._folder, clock, redact=redact) as journal:
            case = Case.open(journal, OPENED, inventory, clock, 60)
            changes = cluster_changes(self.cluster, inventory, clock)
            desk = Desk(
                looks=KubernetesLooks(self.cluster, inventory, clock),
                gate=gate_over(changes, clock, read_only=read_only),
                parse=parse,
                reads=NO_READS,
                reasoner=OneAfterTheOther(*actions),
                person=person,
                dry_run=dry_run,
            )
            list(investigate(case, desk))
            return case.incident

    def create(self, version: str, name: str, called: str, spec: dict[str, Any]) -> None:
        kind = kind_named(version, name)
        assert kind is not None
        place = Place(kind=kind, namespace="shop")
        body = {"apiVersion": version, "kind": name, "metadata": {"name": called}, "spec": spec}
        self._simulation.cluster.api.create(place, body, Caller(manager="somebody"))

    @property
    def cart(self) -> Obj:
        return self.cluster.get(CART)

    @property
    def generation(self) -> Any:
        return self.cart["metadata"]["generation"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Simulation.start("bad-deploy") as simulation:
        yield World(simulation, tmp_path_factory.mktemp("state"))


def scale(replicas: int, name: str = "cart") -> Action:
    target = Entity(kind="Deployment", namespace="shop", name=name)
    return Action(verb="scale", target=target, arguments={"replicas": replicas})


def least(replicas: int) -> Action:
    target = Entity(kind="HorizontalPodAutoscaler", namespace="shop", name="hpa")
    return Action(verb="set_autoscaler_bounds", target=target, arguments={"min_replicas": replicas})


ROLLBACK = Action(
    verb="rollout_undo",
    target=Entity(kind="Deployment", namespace="shop", name="checkout"),
    arguments={"revision": 1},
)
YES = Nobody("flag", yes=True)


def test_a_bounded_change_runs_on_the_flag_and_is_written_before_it_is_sent(world: World) -> None:
    before = world.generation
    incident = world.run(RESTART, person=YES)
    assert incident.proposals[0].state is ActionState.DONE
    assert world.generation == before + 1
    kinds = [type(entry.record) for entry in incident.entries]
    assert kinds.index(Answered) < kinds.index(Intended) < kinds.index(Ran)


@pytest.mark.parametrize(
    ("action", "person", "limits", "state"),
    [
        pytest.param(RESTART, Nobody("n", yes=False), {}, ActionState.PROPOSED, id="nobody-there"),
        pytest.param(ROLLBACK, YES, {}, ActionState.PROPOSED, id="flag-for-a-person-change"),
        pytest.param(scale(0), YES, {}, ActionState.PROPOSED, id="flag-for-scale-to-zero"),
        pytest.param(scale(5), YES, {}, ActionState.DENIED, id="more-than-double"),
        pytest.param(scale(4, "payment"), YES, {}, ActionState.PROPOSED, id="payments"),
        pytest.param(RESTART, YES, {"read_only": True}, ActionState.DENIED, id="read-only"),
        pytest.param(RESTART, YES, {"dry_run": True}, ActionState.PROPOSED, id="dry-run"),
        pytest.param(
            RESTART,
            Messenger("m", Reply(answer=Answer.RUN, how="test"), action="A2"),
            {},
            ActionState.PROPOSED,
            id="an-answer-for-another-action",
        ),
    ],
)
def test_nothing_is_sent_without_the_yes_it_needs(
    world: World, action: Action, person: Person, limits: dict[str, bool], state: ActionState
) -> None:
    before = world.generation
    incident = world.run(action, person=person, **limits)
    assert incident.proposals[0].state is state
    assert not any(isinstance(entry.record, Intended | Ran) for entry in incident.entries)
    assert world.generation == before


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("/spec/replicas", REPLICAS),
        ("/spec/maxReplicas", REPLICAS),
        ("/desiredCount", REPLICAS),
        ("/DesiredCapacity", REPLICAS),
        ("/spec/minReplicas", LEAST),
    ],
)
def test_doubling_twice_in_one_incident_is_counted_from_the_start(
    name: str, names: tuple[str, ...]
) -> None:
    first = Proposal(
        id="A1",
        title="t",
        action=scale(4),
        command="c",
        tier=Tier.BOUNDED,
        rule="r",
        reason="r",
        evidence=(),
        expected="e",
    )
    before, after = {name: 2}, {name: 4}
    intent = Intended(action="A1", digest=first.action.digest, before=before, after=after)
    records: tuple[Record, ...] = (OPENED, Proposed(proposal=first), intent)
    entries = [Entry(seq=n, at=NOW, record=record) for n, record in enumerate(records, 1)]
    incident = fold("INC-20261121-0001", entries)
    assert number_at_start(incident, CART, names) == 2
    assert number_at_start(incident, ROLLBACK.target, names) is None


class Yes:
    """A person who says yes to whatever is asked."""

    name = "ada"

    def ask(self, *shown: object) -> Reply:
        del shown
        return Reply(answer=Answer.RUN, how="test")

    def hear(self, prompt: str) -> str | None:
        del prompt
        return None


def test_the_least_of_an_autoscaler_is_not_doubled_twice_in_one_incident(world: World) -> None:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}
    bounds = {"minReplicas": 2, "maxReplicas": 10, "scaleTargetRef": reference}
    world.create("autoscaling/v2", "HorizontalPodAutoscaler", "hpa", bounds)
    incident = world.run(*(least(number) for number in (4, 8)), person=Yes())
    first, second = incident.proposals
    assert (first.state, second.state) == (ActionState.DONE, ActionState.DENIED)
    assert (second.rule, second.note) == ("limit/doubling", "8 is above 2x the 2 at incident start")


def test_a_person_cannot_say_yes_to_what_policy_denies(world: World) -> None:
    yes_to_all = Messenger("m", Reply(answer=Answer.RUN, how="test"), action="A1")
    incident = world.run(scale(11), person=yes_to_all)
    assert incident.proposals[0].state is ActionState.DENIED
    assert "above" in incident.proposals[0].note


def test_an_action_outside_the_catalogue_is_not_even_proposed(world: World) -> None:
    incident = world.run(Action(verb="delete_namespace", target=CART), person=YES)
    assert incident.proposals == ()
    assert "not a change that can be made" in str(incident.entries)
