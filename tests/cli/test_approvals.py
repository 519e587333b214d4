"""A yes from another terminal, from two people, and from somebody with a key."""

import shlex
import stat
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.programs import Done, Terminal, sre

from sreagent.clients.clock import SystemClock
from sreagent.journal.store import Journal
from sreagent.settings import state_folder
from sreagent.simulator import Simulation

PROMPT = "[q] stop  ▸"


def place(simulation: Simulation) -> tuple[str, ...]:
    return ("KubePodCrashLooping", "-n", "shop", "--kubeconfig", str(simulation.kubeconfig))


def approve(simulation: Simulation, *more: str) -> Done:
    return sre("approve", "last", "A1", "--kubeconfig", str(simulation.kubeconfig), "--json", *more)


def new_key(path: Path, *, mode: int = 0o600) -> str:
    """Make a key file; returns the public half as a policy names it."""
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(mode)
    return b64encode(key.public_key().public_bytes_raw()).decode()


def write_policy(text: str) -> None:
    folder = Path.home() / ".config" / "sreagent"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.yaml").write_text(f"version: 1\n{text}")


def test_another_terminal_says_yes_while_the_question_waits(bad_deploy: Simulation) -> None:
    with Terminal("investigate", *place(bad_deploy)) as terminal:
        terminal.wait_for(PROMPT)
        other = sre("approve", "last", "A1", "--kubeconfig", str(bad_deploy.kubeconfig))
        assert other.code == 0
        assert "handed over" in other.out
        assert terminal.finish() == 0
    assert "Verified" in terminal.shown
    answers = sre("incidents", "show", "last", "--json").json
    assert answers["outcome"] == "fixed"


def test_a_script_that_hands_its_yes_over_gets_the_object_of_the_incident(
    bad_deploy: Simulation,
) -> None:
    with Terminal("investigate", *place(bad_deploy)) as terminal:
        terminal.wait_for(PROMPT)
        other = approve(bad_deploy)
        assert other.code == 0
        assert other.json["outcome"] == "open"
        assert other.json["proposals"][0]["state"] in ("approved", "started", "done")
        assert "your answer to A1 was handed over" in other.err
        assert terminal.finish() == 0


def test_another_terminal_says_no_while_the_question_waits(bad_deploy: Simulation) -> None:
    with Terminal("investigate", *place(bad_deploy)) as terminal:
        terminal.wait_for(PROMPT)
        other = sre("reject", "last", "A1", "--reason", "the vendor mends it")
        assert other.code == 0
        assert terminal.finish() == 4
    shown = sre("incidents", "show", "last", "--json").json
    assert shown["proposals"][0]["state"] == "rejected"
    assert "the vendor mends it" in shown["proposals"][0]["note"]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param(("approve", "last", "A1"), "done", id="yes"),
        pytest.param(("reject", "last", "A1", "--reason", "not 'now'"), "rejected", id="no"),
    ],
)
def test_an_answer_that_nobody_waits_for_is_not_taken_and_says_what_to_type(
    bad_deploy: Simulation, answer: tuple[str, ...], state: str
) -> None:
    incident = sre("investigate", *place(bad_deploy), "--json").json["incident"]
    env = {"KUBECONFIG": str(bad_deploy.kubeconfig)}
    with Journal.open(state_folder(), incident, SystemClock(), redact=str):
        done = sre(*answer, env=env)
        assert done.code == 1
        assert "handed over" not in done.out
        assert "your answer was not taken" in done.err
        again = done.err.rpartition("when it has ended: ")[2].strip()
        held = sre("incidents", "show", incident, "--json").json
        assert held["proposals"][0]["state"] == "proposed"
    program, *words = shlex.split(again)
    assert program == "sre"
    assert sre(*words, env=env).code in (0, 4)
    shown = sre("incidents", "show", incident, "--json").json
    assert shown["proposals"][0]["state"] == state


def test_one_person_is_not_two(bad_deploy: Simulation) -> None:
    write_policy("two_people: {verbs: [rollout_undo]}\n")
    assert sre("investigate", *place(bad_deploy), "--json").json["proposals"][0]["people"] == 2
    for _ in range(2):
        done = approve(bad_deploy)
        assert done.code == 5
        assert done.json["actions"] == []


def test_two_people_prove_with_their_keys_who_they_are(
    bad_deploy: Simulation, tmp_path: Path
) -> None:
    names = {name: new_key(tmp_path / name) for name in ("ada", "grace")}
    new_key(tmp_path / "mallory")
    approvers = ", ".join(f"{name}: {public}" for name, public in names.items())
    write_policy(f"two_people: {{verbs: [rollout_undo]}}\napprovers: {{{approvers}}}\n")
    assert sre("investigate", *place(bad_deploy), "--json").code == 5
    stranger = approve(bad_deploy, "--key", str(tmp_path / "mallory"))
    assert stranger.code == 4
    assert "knows no approver" in stranger.err
    assert approve(bad_deploy).json["actions"] == []
    for _ in range(2):
        once = approve(bad_deploy, "--key", str(tmp_path / "ada"))
        assert once.json["actions"] == []
    both = approve(bad_deploy, "--key", str(tmp_path / "grace"))
    assert both.code == 0
    assert both.json["outcome"] == "fixed"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_that_others_can_read_proves_nothing(
    bad_deploy: Simulation, tmp_path: Path, mode: int
) -> None:
    new_key(tmp_path / "ada", mode=mode)
    assert stat.S_IMODE((tmp_path / "ada").stat().st_mode) == mode
    sre("investigate", *place(bad_deploy), "--json")
    done = approve(bad_deploy, "--key", str(tmp_path / "ada"))
    assert done.code == 2
    assert "chmod 600" in done.err
