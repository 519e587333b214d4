"""What a person sees and types at a terminal, and what a pipe gets."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.programs import Terminal, sre

from sreagent.clients.clock import SystemClock
from sreagent.clients.kubernetes import connect
from sreagent.domain.entity import Entity
from sreagent.simulator import Simulation

CHECKOUT = Entity(kind="Deployment", namespace="shop", name="checkout")
PROMPT = "▸ "


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with Simulation.start("bad-deploy") as simulation:
        yield simulation


def place(simulation: Simulation) -> tuple[str, ...]:
    return ("KubePodCrashLooping", "-n", "shop", "--kubeconfig", str(simulation.kubeconfig))


def image(simulation: Simulation) -> str:
    cluster = connect(kubeconfig=str(simulation.kubeconfig), clock=SystemClock())
    live = cluster.get(CHECKOUT)
    return str(live["spec"]["template"]["spec"]["containers"][0]["image"])


def last() -> dict[str, object]:
    shown: dict[str, object] = sre("incidents", "show", "last", "--json").json
    return shown


def test_a_refusal_asks_for_the_reason_and_changes_nothing(sim: Simulation) -> None:
    with Terminal("investigate", *place(sim)) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type("n")
        terminal.wait_for("because")
        terminal.type("it is release night\n")
        assert terminal.finish() == 4
    assert image(sim).endswith(":2.4.1")
    assert "it is release night" in json.dumps(last())


def test_ctrl_d_instead_of_a_reason_takes_the_no_back(sim: Simulation) -> None:
    with Terminal("investigate", *place(sim)) as terminal:
        for key, asked in (("n", "because"), ("e", "change to")):
            terminal.wait_for(PROMPT)
            terminal.type(key)
            terminal.wait_for(asked)
            # Ctrl-D leaves a line only where nothing stands on it; Ctrl-U empties it.
            terminal.type("\x15\x04")
        terminal.wait_for(PROMPT)
        terminal.type("q")
        assert terminal.finish() == 5
    assert last()["outcome"] == "waiting"


def test_a_skipped_proposal_ends_as_a_diagnosis(sim: Simulation) -> None:
    with Terminal("investigate", *place(sim)) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type("s")
        assert terminal.finish() == 0
    assert last()["outcome"] == "diagnosed"
    assert image(sim).endswith(":2.4.1")


def test_a_skipped_proposal_can_be_approved_later(sim: Simulation) -> None:
    with Terminal("investigate", *place(sim)) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type("s")
        assert terminal.finish() == 0
    done = sre("approve", "last", "A1", "--json", "--kubeconfig", str(sim.kubeconfig))
    assert done.json["outcome"] == "fixed"
    assert image(sim).endswith(":2.4.0")


def test_quitting_leaves_the_proposal_open_with_the_command_that_approves_it(
    sim: Simulation,
) -> None:
    with Terminal("investigate", *place(sim)) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type("q")
        assert terminal.finish() == 5
    assert f"sre approve {last()['incident']} A1" in terminal.shown
    assert image(sim).endswith(":2.4.1")


def test_a_wrong_edit_is_refused_and_a_right_one_is_what_runs(sim: Simulation) -> None:
    with Terminal("investigate", *place(sim)) as terminal:
        terminal.wait_for(PROMPT)
        for wrong, why in (("77", "no revision 77"), ("010", "stays as it is")):
            terminal.type("e")
            terminal.wait_for("--to-revision=1")
            terminal.type(f"\x7f{wrong}\n")
            assert why in terminal.wait_for(PROMPT)
        terminal.type("e")
        terminal.wait_for("--to-revision=1")
        terminal.type("\n")
        terminal.wait_for(PROMPT)
        terminal.type("d")
        again = terminal.wait_for(PROMPT)
        assert re.search(r"accepted by the server \([\d:]{8} UTC\)", again)
        terminal.type("y")
        terminal.wait_for("Verified")
        assert terminal.finish() == 0
    assert image(sim).endswith(":2.4.0")


def test_a_key_typed_before_the_question_is_no_answer_to_it(sim: Simulation) -> None:
    with Terminal("investigate", *place(sim)) as terminal:
        terminal.type("yyy")
        terminal.wait_for(PROMPT)
        terminal.type("s")
        assert terminal.finish() == 0
    assert image(sim).endswith(":2.4.1")


def test_ctrl_c_at_the_question_changes_nothing_and_can_be_resumed(sim: Simulation) -> None:
    with Terminal("investigate", *place(sim)) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type("\x03")
        assert terminal.finish() == 130
    assert "sre resume" in terminal.shown
    assert image(sim).endswith(":2.4.1")
    with Terminal("resume", "last", "--kubeconfig", str(sim.kubeconfig)) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type("y")
        assert terminal.finish() == 0
    assert image(sim).endswith(":2.4.0")


def test_a_change_is_taken_back_on_request_and_refused_after_somebody_elses(
    sim: Simulation,
) -> None:
    where = ("--kubeconfig", str(sim.kubeconfig))
    incident = sre("investigate", *place(sim), "--json").json["incident"]
    assert sre("approve", incident, "A1", "--json", *where).json["outcome"] == "fixed"
    for _ in range(2):
        asked = sre("undo", incident, "A1", "--json", *where).json
        assert [p["state"] for p in asked["proposals"]] == ["done", "proposed"]
    undone = sre("undo", incident, "A1", "--yes", "--json", *where)
    assert image(sim).endswith(":2.4.1"), undone.err
    states = {p["id"]: p["state"] for p in undone.json["proposals"]}
    assert states == {"A1": "undone", "A2": "done"}
    again = sre("undo", incident, "A1", "--yes", *where)
    assert again.code == 2
    assert "nothing to take back" in again.err


def annotate(simulation: Simulation) -> None:
    """Somebody else changes the pod template of checkout."""
    cluster = connect(kubeconfig=str(simulation.kubeconfig), clock=SystemClock())
    step = {"op": "add", "path": "/spec/template/metadata/annotations", "value": {"by": "me"}}
    cluster.patch(CHECKOUT, [step], dry_run=False)


def test_an_approval_is_for_what_was_shown_and_nothing_else(sim: Simulation) -> None:
    where = ("--kubeconfig", str(sim.kubeconfig))
    incident = sre("investigate", *place(sim), "--json").json["incident"]
    annotate(sim)
    first = sre("approve", incident, "A1", "--json", *where)
    assert (first.json["outcome"], first.json["actions"]) == ("waiting", [])
    assert image(sim).endswith(":2.4.1")
    assert any("by" in line for line in first.json["proposals"][0]["dry_run"]["diff"])
    second = sre("approve", incident, "A1", "--json", *where)
    assert second.json["outcome"] == "fixed"


def test_a_waiting_undo_does_not_take_a_later_change_back(sim: Simulation) -> None:
    where = ("--kubeconfig", str(sim.kubeconfig))
    incident = sre("investigate", *place(sim), "--json").json["incident"]
    sre("approve", incident, "A1", "--json", *where)
    sre("undo", incident, "A1", "--json", *where)
    annotate(sim)
    told = sre("approve", incident, "A2", "--json", *where).json
    assert [p["state"] for p in told["proposals"]] == ["done", "skipped"]
    assert image(sim).endswith(":2.4.0")


def test_a_refusal_needs_no_cluster(sim: Simulation) -> None:
    incident = sre("investigate", *place(sim), "--json").json["incident"]
    done = sre("reject", incident, "A1", "--reason", "fixed by hand")
    assert done.code == 4
    told = sre("incidents", "show", incident, "--json").json
    assert told["outcome"] == "refused"
    assert (told["proposals"][0]["state"], told["proposals"][0]["note"]) == (
        "rejected",
        "fixed by hand",
    )


def test_an_undo_is_refused_when_somebody_changed_the_object_since(sim: Simulation) -> None:
    where = ("--kubeconfig", str(sim.kubeconfig))
    incident = sre("investigate", *place(sim), "--json").json["incident"]
    sre("approve", incident, "A1", "--json", *where)
    annotate(sim)
    refused = sre("undo", incident, "A1", "--yes", *where)
    assert refused.code == 4
    assert "changed since" in refused.err
    assert "now " in refused.err
    assert image(sim).endswith(":2.4.0")


@pytest.mark.parametrize("flag", ["--dry-run", "--read-only", "--yes"])
def test_without_a_terminal_no_flag_makes_a_change_that_needs_a_person(
    sim: Simulation, flag: str
) -> None:
    told = sre("investigate", *place(sim), "--json", flag).json
    assert told["actions"] == []
    assert bool(told["proposals"]) is (flag != "--read-only")
    assert image(sim).endswith(":2.4.1")


def test_a_pipe_gets_plain_whole_lines(sim: Simulation) -> None:
    done = sre("investigate", *place(sim), "--read-only")
    assert "\x1b" not in done.out
    assert not set("╭╮╰╯│") & set(done.out)
    looks = [line for line in done.out.splitlines() if "get pods" in line]
    assert looks
    assert "…" not in looks[0]
    assert all(line == line.rstrip() for line in done.out.splitlines())


def test_text_from_outside_is_shown_as_it_is_and_controls_nothing(sim: Simulation) -> None:
    name = "[bold red]x[/] \x1b[31mred\x1b[0m \u202eevil :bomb: [link=http://evil]y[/link]"
    alert = [{"labels": {"alertname": name, "namespace": "shop"}, "status": {"state": "active"}}]
    Path("alert.json").write_text(json.dumps(alert), encoding="utf-8")
    where = ("--kubeconfig", str(sim.kubeconfig), "--read-only")
    with Terminal("investigate", "alert.json", *where, columns=200) as terminal:
        terminal.finish()
    assert "[bold red]x[/] red evil :bomb: [link=http://evil]y[/link]" in terminal.shown
    report = next(Path().glob("postmortem-*.md")).read_text(encoding="utf-8")
    assert "\x1b" not in report
    assert "\u202e" not in report
