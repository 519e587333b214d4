"""One command stops all changes, of every run, at once."""

import pytest
from tests.programs import Terminal, sre

from sreagent.simulator import Simulation

PROMPT = "[q] stop  ▸"


def test_a_halt_is_told_and_lifted() -> None:
    assert sre("halt", "--json").json == {"halted": False, "reason": ""}
    done = sre("halt", "--reason", "failover under way")
    assert "All changes are stopped" in done.out
    assert "failover under way" in sre("halt").out
    assert sre("halt", "--json").json["halted"]
    assert "Lifted" in sre("halt", "--lift").out
    assert "Changes may run" in sre("halt").out


@pytest.mark.parametrize(
    "flags", [("--reason", ""), ("--reason", "x", "--lift")], ids=["no-reason", "both"]
)
def test_a_wrong_halt_says_what_is_wrong(flags: tuple[str, ...]) -> None:
    assert sre("halt", *flags).code == 2


def test_a_halt_between_the_question_and_the_yes_stops_the_change_until_it_is_lifted(
    bad_deploy: Simulation,
) -> None:
    place = ("KubePodCrashLooping", "-n", "shop", "--kubeconfig", str(bad_deploy.kubeconfig))
    with Terminal("investigate", *place) as terminal:
        terminal.wait_for(PROMPT)
        sre("halt", "--reason", "failover under way")
        terminal.type("y")
        assert terminal.finish() == 5
    assert "failover under way" in terminal.shown
    assert "A1 done" not in terminal.shown
    assert "after `sre halt --lift`: sre approve" in terminal.shown
    approval = ("approve", "last", "A1", "--json", *place[3:])
    assert sre(*approval).json["actions"] == []
    sre("halt", "--lift")
    assert sre(*approval).json["outcome"] == "fixed"


def test_a_variable_stops_changes_and_looking_goes_on(bad_deploy: Simulation) -> None:
    place = ("KubePodCrashLooping", "-n", "shop", "--kubeconfig", str(bad_deploy.kubeconfig))
    done = sre("investigate", *place, "--json", env={"SRE_HALT": "audit"})
    assert done.code == 5
    assert done.json["diagnosis"]
    assert done.json["proposals"][0]["rule"] == "halt"
    assert done.json["proposals"][0]["verdict"] == "deny"
    halted = sre("approve", "last", "A1", *place[3:], "--json", env={"SRE_HALT": "audit"})
    assert halted.json["actions"] == []
    assert sre("approve", "last", "A1", *place[3:], "--json").json["outcome"] == "fixed"
