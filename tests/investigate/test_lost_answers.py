"""An answer that was lost is not a "no"."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from tests.gates import gate_over
from tests.investigate.build import ACCOUNT, NO_READS, NOW
from tests.investigate.test_act import YES
from tests.investigate.test_outcome import OPENED

from sreagent.domain.action import Action, ActionState, Preview
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.errors import TimedOut
from sreagent.domain.incident import Incident
from sreagent.domain.inventory import Inventory
from sreagent.domain.ports import Cluster
from sreagent.investigate.case import Case
from sreagent.investigate.desk import Desk
from sreagent.investigate.loop import investigate
from sreagent.investigate.steps import Draft, Finish, Propose, Step
from sreagent.journal.store import Journal
from sreagent.policy.facts import Facts
from sreagent.tools.changes import Prepared, remembered
from sreagent.tools.lines import parse
from sreagent.tools.looks import KubernetesLooks

RESTART = Action(
    verb="rollout_restart", target=Entity(kind="Deployment", namespace="shop", name="cart")
)


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    passed: float = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


@dataclass
class SlowServer:
    """Takes a change, loses the answer, and has it done after a while."""

    clock: Clock
    done_after: float
    sent: list[float] = field(default_factory=list)
    verbs: frozenset[str] = frozenset({"rollout_restart"})

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        del replicas_at_start
        return Prepared(
            action=action,
            title="t",
            command="c",
            uid="u",
            before={"/x": 1},
            after={"/x": 2},
            preview=Preview(accepted=True, answer="accepted"),
            facts=Facts(),
            undo=None,
            undo_command="",
        )

    def run(self, prepared: Prepared) -> str:
        del prepared
        self.sent.append(self.clock.passed)
        msg = "no answer in time"
        raise TimedOut(msg)

    def settle(self, action: Action, after: Mapping[str, Any]) -> bool:
        del action, after
        return self.clock.passed - self.sent[0] >= self.done_after


@dataclass
class Silence:
    """A cluster that is not asked anything."""

    calls: int = 0


class OnceOrAgain:
    """Proposes the restart, or asks again for what waits."""

    def next(self, case: Case) -> Step:
        if case.incident.concluded is None:
            return ACCOUNT
        waits = not case.incident.proposals or (
            case.incident.proposals[0].state is ActionState.PROPOSED
        )
        if waits and "asked" not in case.asked_for:
            case.asked_for.add("asked")
            id_ = case.incident.proposals[0].id if case.incident.proposals else ""
            draft = Draft(action=RESTART, reason="r", evidence=("E1",), expected="e", id=id_)
            return Propose(drafts=(draft,))
        return Finish(outcome=Outcome.DIAGNOSED)


def run(server: SlowServer, case: Case) -> Incident:
    cluster = cast("Cluster", Silence())
    desk = Desk(
        looks=KubernetesLooks(cluster, case.inventory, case.clock),
        gate=gate_over(server, case.clock),
        parse=parse,
        reads=NO_READS,
        reasoner=OnceOrAgain(),
        person=YES,
    )
    list(investigate(case, desk))
    return case.incident


def opened(folder: Path, clock: Clock) -> Case:
    journal = Journal.create(folder, clock, redact=str)
    return Case.open(journal, OPENED, Inventory(), clock, 60)


def test_a_change_that_is_done_a_little_later_is_found_done(tmp_path: Path) -> None:
    clock = Clock()
    server = SlowServer(clock, done_after=6)
    case = opened(tmp_path, clock)
    assert run(server, case).proposals[0].state is ActionState.DONE
    case.journal.close()


def test_a_change_that_is_not_done_yet_stays_in_doubt_and_is_not_sent_again(
    tmp_path: Path,
) -> None:
    clock = Clock()
    server = SlowServer(clock, done_after=40)
    case = opened(tmp_path, clock)
    assert run(server, case).proposals[0].state is ActionState.STARTED
    later = run(server, case)
    assert later.proposals[0].state is ActionState.DONE
    assert len(server.sent) == 1
    case.journal.close()


def test_only_after_the_server_cannot_be_at_it_any_more_is_it_asked_again(tmp_path: Path) -> None:
    clock = Clock()
    server = SlowServer(clock, done_after=10_000)
    case = opened(tmp_path, clock)
    run(server, case)
    assert clock.passed < 60
    case.asked_for.clear()
    run(server, case)
    assert len(server.sent) == 2
    assert server.sent[1] - server.sent[0] >= 60
    case.journal.close()


@pytest.mark.parametrize(
    "value", [{"checksum/secret": "hunter2"}, "password=hunter2", [{"name": "TOKEN"}]]
)
def test_what_is_remembered_has_nothing_that_redaction_could_change(value: object) -> None:
    (kept,) = remembered({"/x": value}).values()
    assert str(kept).startswith("sha256:")
    assert remembered({"/spec/replicas": 3}) == {"/spec/replicas": 3}
