"""Killed at any point, an incident goes on: nothing is made twice, nothing is forgotten."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from tests.programs import SRE, sre

from sreagent.clients.clock import SystemClock
from sreagent.clients.kubernetes import connect
from sreagent.domain.entity import Entity
from sreagent.simulator import Simulation

STATE = Path(".local/state/sreagent/incidents")


def journals() -> list[Path]:
    return list((Path.home() / STATE).glob("*/journal.jsonl"))


def kinds(journal: Path) -> list[str]:
    """The kinds of the finished lines."""
    return [
        json.loads(line)["kind"]
        for line in journal.read_bytes().splitlines(keepends=True)
        if line.endswith(b"\n")
    ]


def killed_after(kind: str, *arguments: str, count: int = 1) -> str:
    """Start `sre`, kill -9 it once its journal holds a record of this kind; the incident's id."""
    process = subprocess.Popen(
        [str(SRE), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = [path for path in journals() if kinds(path).count(kind) >= count]
        if found:
            process.kill()
            process.communicate()
            return found[0].parent.name
        if process.poll() is not None:
            break
        time.sleep(0.005)
    process.kill()
    out, err = process.communicate()
    pytest.fail(f"{kind} never came: {out!r} {err!r}")


def writes(simulation: Simulation) -> int:
    """How often the pod template of checkout was changed: each change makes a generation."""
    cluster = connect(kubeconfig=str(simulation.kubeconfig), clock=SystemClock())
    live = cluster.get(Entity(kind="Deployment", namespace="shop", name="checkout"))
    return int(live["metadata"]["generation"])


def place(simulation: Simulation) -> list[str]:
    return ["--kubeconfig", str(simulation.kubeconfig)]


def investigated(simulation: Simulation) -> dict[str, Any]:
    alert = "KubePodCrashLooping"
    done = sre("investigate", alert, "-n", "shop", "--json", *place(simulation))
    told: dict[str, Any] = done.json
    assert told["outcome"] == "waiting", done.err
    return told


@pytest.mark.parametrize("kind", ["opened", "looked", "weighed", "concluded", "proposed"])
def test_killed_while_looking_or_thinking_it_goes_on_to_the_same_answer(
    bad_deploy: Simulation, kind: str
) -> None:
    bad_deploy.faults.delay = 0.03
    incident = killed_after(
        kind, "investigate", "KubePodCrashLooping", "-n", "shop", *place(bad_deploy)
    )
    told = sre("resume", incident, "--json", *place(bad_deploy)).json
    assert told["incident"] == incident
    assert told["diagnosis"]["entity"]["name"] == "checkout"
    assert told["outcome"] == "waiting"
    assert [p["id"] for p in told["proposals"]] == ["A1"]
    ids = [item["id"] for item in told["evidence"]]
    assert len(ids) == len(set(ids))
    assert sre("audit", "verify", incident).code == 0


def test_killed_before_the_change_was_sent_it_is_found_not_done_and_asked_again(
    bad_deploy: Simulation,
) -> None:
    told = investigated(bad_deploy)
    before = writes(bad_deploy)
    # Slow answers: the process dies while its request is on the way, or just before.
    bad_deploy.faults.delay = 2.0
    incident = killed_after("intended", "approve", told["incident"], "A1", *place(bad_deploy))
    # What was on the way arrives, or never does.
    time.sleep(bad_deploy.faults.delay + 1.0)
    bad_deploy.faults.delay = 0.0
    assert incident == told["incident"]
    made = writes(bad_deploy) - before
    resumed = sre("resume", incident, "--json", *place(bad_deploy)).json
    action = next(p for p in resumed["proposals"] if p["id"] == "A1")
    if made:
        assert action["state"] == "done"
        assert resumed["outcome"] == "fixed"
    else:
        assert action["state"] == "proposed"
        assert resumed["outcome"] == "waiting"
    assert writes(bad_deploy) - before == made


def test_killed_after_the_change_was_made_it_is_not_made_again(bad_deploy: Simulation) -> None:
    told = investigated(bad_deploy)
    before = writes(bad_deploy)
    incident = killed_after("ran", "approve", told["incident"], "A1", *place(bad_deploy))
    resumed = sre("resume", incident, "--json", *place(bad_deploy)).json
    assert resumed["outcome"] == "fixed"
    assert resumed["actions"][0]["verified"] is True
    assert writes(bad_deploy) == before + 1


def test_an_answer_that_was_lost_is_looked_up_in_the_cluster(bad_deploy: Simulation) -> None:
    told = investigated(bad_deploy)
    before = writes(bad_deploy)
    journal = journals()[0]
    done = sre("approve", told["incident"], "A1", "--json", *place(bad_deploy))
    assert done.json["outcome"] == "fixed"
    # As if the process had died between the answer of the server and the result on disk.
    lines = journal.read_bytes().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if json.loads(line)["kind"] == "intended")
    journal.write_bytes(b"".join(lines[: at + 1]))
    for later in ("head", "checkpoints.jsonl"):
        (journal.parent / later).unlink(missing_ok=True)
    resumed = sre("resume", told["incident"], "--json", *place(bad_deploy)).json
    assert resumed["outcome"] == "fixed"
    assert "found done" in resumed["actions"][0]["message"]
    assert writes(bad_deploy) == before + 1


def test_ctrl_c_leaves_a_readable_incident_that_goes_on(bad_deploy: Simulation) -> None:
    bad_deploy.faults.delay = 2.0
    process = subprocess.Popen(
        [str(SRE), "investigate", "KubePodCrashLooping", "-n", "shop", *place(bad_deploy)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not journals() and time.monotonic() < deadline:
        time.sleep(0.01)
    # Its parts are loaded after the journal is open.
    time.sleep(3)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    bad_deploy.faults.delay = 0.0
    incident = journals()[0].parent.name
    assert incident in out
    assert sre("incidents", "show", incident).code == 0
    told = sre("resume", incident, "--json", *place(bad_deploy)).json
    assert told["outcome"] == "waiting"


def test_ctrl_c_before_the_first_answer_says_that_nothing_was_changed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cluster = {"server": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        config = {
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        }
        Path("config").write_text(json.dumps(config), encoding="utf-8")
        process = subprocess.Popen(
            [str(SRE), "investigate", "KubePodCrashLooping", "--kubeconfig", "config"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        asked, _ = silent.accept()
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=20)
        asked.close()
    assert process.returncode == 130
    assert (out, err) == ("", "sre: stopped; nothing was changed\n")


def test_two_processes_do_not_work_on_one_incident(bad_deploy: Simulation) -> None:
    told = investigated(bad_deploy)
    bad_deploy.faults.delay = 0.5
    first = subprocess.Popen(
        [str(SRE), "resume", told["incident"], *place(bad_deploy)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    lines = len(kinds(journals()[0]))
    deadline = time.monotonic() + 30
    while len(kinds(journals()[0])) == lines and time.monotonic() < deadline:
        time.sleep(0.01)
    second = sre("resume", told["incident"], *place(bad_deploy))
    first.kill()
    first.wait()
    assert second.code == 1
    assert "worked on" in second.err
