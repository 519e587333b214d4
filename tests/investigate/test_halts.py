"""A change that a halt stopped before it was sent waits, and is made afterwards."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest
from tests.gates import gate_over
from tests.investigate.build import NO_READS
from tests.investigate.test_act import YES
from tests.investigate.test_lost_answers import Clock, OnceOrAgain, Silence, SlowServer, opened
from tests.tools.test_guarded import Port

from sreagent.domain.action import ActionState
from sreagent.domain.ports import Cluster, KillSwitch
from sreagent.investigate.case import Case
from sreagent.investigate.desk import Desk
from sreagent.investigate.loop import investigate
from sreagent.tools.changes import Prepared
from sreagent.tools.guarded import guarded
from sreagent.tools.lines import parse
from sreagent.tools.looks import KubernetesLooks


@dataclass
class Thrown:
    """A kill switch that is thrown after some reads, until it is lifted."""

    left: int

    def reason(self) -> str:
        self.left -= 1
        return "" if self.left >= 0 else "failover"


@dataclass
class Server(SlowServer):
    """Takes a change at once, unless changes are stopped."""

    port: Port = field(default_factory=Port)
    switch: KillSwitch = field(default_factory=lambda: Thrown(left=0))

    def run(self, prepared: Prepared) -> str:
        return guarded(self.port, self.switch, ("patch",)).patch(prepared.action.target.name)


def run(case: Case, server: Server) -> ActionState:
    case.asked_for.clear()
    desk = Desk(
        looks=KubernetesLooks(cast("Cluster", Silence()), case.inventory, case.clock),
        gate=replace(gate_over(server, case.clock), switch=server.switch),
        parse=parse,
        reads=NO_READS,
        reasoner=OnceOrAgain(),
        person=YES,
    )
    list(investigate(case, desk))
    return case.incident.proposals[0].state


@pytest.mark.parametrize(
    "reads",
    [pytest.param(1, id="when-the-gate-asks-again"), pytest.param(2, id="right-before-the-write")],
)
def test_a_change_that_was_approved_and_then_halted_waits_until_the_halt_is_lifted(
    tmp_path: Path, reads: int
) -> None:
    clock, switch = Clock(), Thrown(left=reads)
    server = Server(clock, done_after=0, switch=switch)
    case = opened(tmp_path, clock)
    assert run(case, server) is ActionState.PROPOSED
    assert "failover" in case.incident.proposals[0].note
    assert run(case, server) is ActionState.PROPOSED
    assert not server.port.sent
    switch.left = 100
    clock.sleep(1)
    assert run(case, server) is ActionState.DONE
    assert server.port.sent == ["cart False"]
    case.journal.close()
