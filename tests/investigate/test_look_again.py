"""After a change, what was wrong is looked at again: the objects, the callers, the alert."""

from pathlib import Path

from tests.gates import gate_over
from tests.investigate.build import NO_READS
from tests.investigate.test_act import Yes
from tests.investigate.test_outcome import OPENED
from tests.investigate.test_undo import Hurried

from sreagent.clients.kubernetes import connect
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.evidence import Health
from sreagent.domain.inventory import Inventory
from sreagent.domain.record import Verified
from sreagent.investigate.case import Case
from sreagent.investigate.desk import Desk
from sreagent.investigate.loop import investigate
from sreagent.investigate.rules.reasoner import RulesReasoner
from sreagent.journal.store import Journal
from sreagent.policy.redaction import redact
from sreagent.simulator import Simulation
from sreagent.tools.cluster import cluster_changes
from sreagent.tools.lines import parse
from sreagent.tools.looks import KubernetesLooks


def test_a_mended_service_is_fixed_once_it_is_steady_and_its_callers_are_quiet(
    tmp_path: Path,
) -> None:
    clock, inventory = Hurried(), Inventory()
    with (
        Simulation.start("selector-mismatch") as simulation,
        Journal.create(tmp_path, clock, redact=redact) as journal,
    ):
        cluster = connect(kubeconfig=str(simulation.kubeconfig), clock=clock)
        case = Case.open(journal, OPENED, inventory, clock, 60)
        desk = Desk(
            looks=KubernetesLooks(cluster, inventory, clock),
            gate=gate_over(cluster_changes(cluster, inventory, clock), clock),
            parse=parse,
            reads=NO_READS,
            reasoner=RulesReasoner(),
            person=Yes(),
        )
        list(investigate(case, desk))
        records = [entry.record for entry in case.incident.entries]
    (verified,) = [record for record in records if isinstance(record, Verified)]
    assert {check.name: check.verdict for check in verified.checks} == {
        "endpoints of cart": Health.HEALTHY,
        "steady": Health.HEALTHY,
        "callers quiet": Health.HEALTHY,
        "alert's own signal": Health.UNKNOWN,
    }
    assert verified.helped
    assert case.incident.outcome is Outcome.FIXED
