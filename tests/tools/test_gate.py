"""Nothing passes the gate that policy or enough people did not let through."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.gates import Memory, Switch, gate_over

from sreagent.domain.action import Action, Preview
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Denied, SreError, Unreachable
from sreagent.domain.verdict import Allow, Ask, Autonomy, Deny
from sreagent.policy.document import AutonomyRules, Policy, TwoPeople
from sreagent.policy.facts import Facts, Origin
from sreagent.tools.changes import Prepared
from sreagent.tools.gate import APPROVAL_LASTS, About, Approval, Gate

START = datetime(2026, 11, 21, 1, 5, tzinfo=UTC)
CART = Entity(kind="Deployment", namespace="shop", name="cart")
RESTART = Action(verb="rollout_restart", target=CART)
ROLLBACK = Action(verb="rollout_undo", target=CART, arguments={"revision": 1})
QUIET = Facts(replicas=3, replicas_at_start=3, pods=3, capacity=3, at_once=0, reversible=True)
SELF = Policy(autonomy=AutonomyRules(default=Autonomy.RESPONDER))


@dataclass
class Clock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class World:
    """The changes behind the gate, and what was sent to them."""

    clock: Clock = field(default_factory=Clock)
    ledger: Memory = field(default_factory=Memory)
    switch: Switch = field(default_factory=Switch)
    facts: Facts = QUIET
    before: int = 1
    fails: SreError | None = None
    sent: list[Prepared] = field(default_factory=list)
    verbs: frozenset[str] = frozenset()

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        del replicas_at_start
        return prepared(action, self.facts, self.before)

    def run(self, prepared: Prepared) -> str:
        self.sent.append(prepared)
        if self.fails:
            raise self.fails
        return "patched"

    def settle(self, action: Action, after: Mapping[str, object]) -> bool:
        del action, after
        return False

    def gate(self, policy: Policy | None = None, *, read_only: bool = False) -> Gate:
        return gate_over(
            self,
            self.clock,
            policy=policy,
            ledger=self.ledger,
            switch=self.switch,
            read_only=read_only,
        )

    def yes(self, shown: Prepared, by: str = "oncall") -> Approval:
        return Approval(by=by, at=self.clock.at, digest=shown.fingerprint)


def prepared(action: Action, facts: Facts, before: int) -> Prepared:
    return Prepared(
        action=action,
        title="t",
        command="c",
        uid="u1",
        before={"/spec/x": before},
        after={"/spec/x": 9},
        preview=Preview(accepted=True, answer="accepted by the server"),
        facts=facts,
        undo=None,
        undo_command="",
    )


def about(action: str = "A1") -> About:
    return About(incident="INC-20261121-7f3a", action=action)


def test_a_change_runs_once_on_one_yes() -> None:
    world = World()
    gate = world.gate()
    shown = gate.prepare(ROLLBACK)
    assert isinstance(gate.judge(shown, about()), Ask)
    yes = world.yes(shown)
    assert gate.run(shown, about(), (yes,)) == "patched"
    world.clock.sleep(1)
    with pytest.raises(Denied, match="no approval"):
        gate.run(shown, about(), (yes,))
    assert len(world.sent) == 1


def _other_action(world: World, shown: Prepared) -> Approval:
    other = world.gate().prepare(RESTART)
    del shown
    return world.yes(other)


def _other_fields(world: World, shown: Prepared) -> Approval:
    del shown
    world.before = 2
    return world.yes(world.gate().prepare(ROLLBACK))


def _other_policy(world: World, shown: Prepared) -> Approval:
    del shown
    return world.yes(world.gate(SELF).prepare(ROLLBACK))


def _too_old(world: World, shown: Prepared) -> Approval:
    yes = world.yes(shown)
    world.clock.at += APPROVAL_LASTS + timedelta(seconds=1)
    return yes


def _from_the_future(world: World, shown: Prepared) -> Approval:
    yes = world.yes(shown)
    world.clock.at -= timedelta(seconds=1)
    return yes


@pytest.mark.parametrize(
    "made",
    [_other_action, _other_fields, _other_policy, _too_old, _from_the_future],
    ids=[
        "for-another-action",
        "for-other-fields",
        "under-another-policy",
        "eleven-minutes-ago",
        "before-the-clock-went-back",
    ],
)
def test_a_yes_to_something_else_is_none(made: object) -> None:
    world = World()
    gate = world.gate()
    shown = gate.prepare(ROLLBACK)
    assert callable(made)
    with pytest.raises(Denied, match="no approval"):
        gate.run(shown, about(), (made(world, shown),))
    assert not world.sent
    assert not world.ledger.kept


def test_two_people_are_two_people() -> None:
    world = World()
    gate = world.gate(Policy(two_people=TwoPeople(verbs=("rollout_undo",))))
    shown = gate.prepare(ROLLBACK)
    verdict = gate.judge(shown, about())
    assert isinstance(verdict, Ask)
    twice = (world.yes(shown), world.yes(shown))
    assert gate.missing(verdict, twice, shown, about()) == 1
    with pytest.raises(Denied, match="1 of 2"):
        gate.run(shown, about(), twice)
    both = (world.yes(shown), world.yes(shown, "second"))
    assert gate.missing(verdict, both, shown, about()) == 0
    assert gate.run(shown, about(), both)


def test_a_first_yes_is_too_old_for_the_second() -> None:
    world = World()
    gate = world.gate(Policy(two_people=TwoPeople(verbs=("rollout_undo",))))
    shown = gate.prepare(ROLLBACK)
    first = world.yes(shown)
    world.clock.sleep(APPROVAL_LASTS.total_seconds() + 1)
    with pytest.raises(Denied, match="1 of 2"):
        gate.run(shown, about(), (first, world.yes(shown, "second")))


def test_an_attempt_counts_whatever_came_of_it() -> None:
    world = World(fails=Unreachable("no answer"))
    gate = world.gate()
    shown = gate.prepare(ROLLBACK)
    with pytest.raises(Unreachable):
        gate.run(shown, about(), (world.yes(shown),))
    assert [attempt.verb for attempt in world.ledger.kept] == ["rollout_undo"]
    assert not world.ledger.kept[0].autonomous


def _halted(world: World) -> None:
    world.switch.said = "failover"


def _switch_gone(world: World) -> None:
    world.switch.broken = True


def _ledger_gone(world: World) -> None:
    world.ledger.broken = True


@pytest.mark.parametrize("happens", [_halted, _switch_gone, _ledger_gone])
def test_between_the_yes_and_the_change_everything_is_asked_again(happens: object) -> None:
    world = World()
    gate = world.gate()
    shown = gate.prepare(ROLLBACK)
    yes = world.yes(shown)
    assert callable(happens)
    happens(world)
    assert isinstance(gate.judge(shown, about()), Deny)
    with pytest.raises(SreError):
        gate.run(shown, about(), (yes,))
    assert not world.sent


def test_read_only_is_kept_whoever_says_yes() -> None:
    world = World()
    gate = world.gate(read_only=True)
    shown = gate.prepare(ROLLBACK)
    with pytest.raises(Denied, match="changes nothing"):
        gate.run(shown, about(), (world.yes(shown),))
    assert not world.sent


def test_a_responder_restarts_alone_until_the_breaker_opens() -> None:
    world = World()
    gate = world.gate(SELF)
    for number in range(3):
        shown = gate.prepare(RESTART)
        assert isinstance(gate.judge(shown, about(f"A{number}")), Allow)
        gate.run(shown, about(f"A{number}"))
        world.clock.sleep(60)
    verdict = gate.judge(gate.prepare(RESTART), about("A4"))
    assert isinstance(verdict, Ask)
    with pytest.raises(Denied, match="no approval"):
        gate.run(gate.prepare(RESTART), about("A4"))
    assert all(attempt.autonomous for attempt in world.ledger.kept)


@pytest.mark.parametrize(
    "why",
    [
        replace(about(), origin=Origin.LINE),
        replace(about(), grounded=False),
        replace(about(), confident=False),
        replace(about(), in_scope=False),
    ],
    ids=["a-written-line", "only-free-text", "not-sure", "out-of-scope"],
)
def test_nothing_goes_alone_without_good_grounds(why: About) -> None:
    world = World()
    gate = world.gate(SELF)
    shown = gate.prepare(RESTART)
    assert not isinstance(gate.judge(shown, why), Allow)
    with pytest.raises(Denied):
        gate.run(shown, why)
    assert not world.sent


def test_a_ceiling_lowers_what_the_policy_lets() -> None:
    world = World()
    gate = replace(world.gate(SELF), ceiling=Autonomy.ASSISTANT)
    assert isinstance(gate.judge(gate.prepare(RESTART), about()), Ask)


def test_two_people_are_asked_for_by_a_rule_that_another_one_spoke_before() -> None:
    world = World()
    gate = world.gate(Policy(two_people=TwoPeople(rules=("tier/rollout_undo",))))
    shown = gate.prepare(ROLLBACK)
    line = replace(about(), origin=Origin.LINE)
    verdict = gate.judge(shown, line)
    assert isinstance(verdict, Ask)
    assert (verdict.rule, verdict.people) == ("line", 2)


def test_a_yes_that_was_said_beforehand_is_for_bounded_changes_only() -> None:
    world = World()
    gate = world.gate()
    shown = gate.prepare(ROLLBACK)
    with pytest.raises(Denied, match="no approval"):
        gate.run(shown, about(), (replace(world.yes(shown), beforehand=True),))
    bounded = gate.prepare(RESTART)
    assert gate.run(bounded, about("A2"), (replace(world.yes(bounded), beforehand=True),))


def test_a_yes_that_was_heard_does_not_count_as_one_of_two() -> None:
    world = World()
    gate = world.gate(Policy(two_people=TwoPeople(verbs=("rollout_undo",))))
    shown = gate.prepare(ROLLBACK)
    verdict = gate.judge(shown, about())
    assert isinstance(verdict, Ask)
    both = (world.yes(shown), world.yes(shown, "second"))
    gate.run(shown, about(), both)
    world.clock.sleep(1)
    anew = (*both, world.yes(shown))
    assert gate.missing(verdict, anew, shown, about()) == 1


def test_what_was_tried_long_ago_elsewhere_does_not_count() -> None:
    world = World()
    gate = world.gate(SELF)
    for number in range(3):
        gate.run(gate.prepare(RESTART), about(f"A{number}"))
        world.clock.sleep(1)
    world.clock.sleep(3700)
    elsewhere = replace(about("A1"), incident="INC-20261121-0002")
    assert isinstance(gate.judge(gate.prepare(RESTART), elsewhere), Allow)
