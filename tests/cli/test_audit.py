"""The record is proved, anchored and shown again from the command line."""

import shutil
from pathlib import Path

import pytest
from tests.journal.samples import FakeClock, as_it_is, records
from tests.journal.signing import new_key, pem, written
from tests.programs import Terminal, sre

from sreagent.domain.record import Noted
from sreagent.journal.keys import KeyFile, own_key
from sreagent.journal.store import Journal
from sreagent.settings import state_folder


@pytest.fixture
def state() -> Path:
    return state_folder()


@pytest.fixture
def key(state: Path) -> KeyFile:
    return own_key(state / "audit.key")


@pytest.fixture
def folder(state: Path, key: KeyFile) -> Path:
    return written(state, key, records())


def drop_the_last_line(folder: Path) -> None:
    path = folder / "journal.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def whole_tree(root: Path) -> dict[str, tuple[bytes, int]]:
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_a_signed_record_says_up_to_where_and_by_which_key(folder: Path, key: KeyFile) -> None:
    done = sre("audit", "verify")
    assert (done.code, done.err) == (0, "")
    total = len(records())
    assert f"{folder.name}: sound, {total} entries" in done.out
    assert f"verified up to entry {total}, 0 after it" in done.out
    assert f"by the key {key.key}" in done.out
    assert "not anchored" in done.out


def test_an_anchored_record_says_since_when_and_how_much_came_after(
    tmp_path: Path, state: Path, folder: Path, key: KeyFile
) -> None:
    worm = tmp_path / "worm.jsonl"
    assert sre("audit", "anchor", "--to", f"file:{worm}").code == 0
    with Journal.open(state, folder.name, FakeClock(), redact=as_it_is, signer=key) as journal:
        journal.append(Noted(text="later"))
    total = len(records())
    done = sre("audit", "verify", "last", "--anchors", str(worm), "--json")
    assert done.code == 0
    assert done.json["anchored"]["seq"] == total
    assert done.json["anchored"]["by"] == f"file:{worm}"
    assert (done.json["verified"], done.json["unverified"]) == (total + 1, 0)
    told = sre("audit", "verify").out
    assert f"anchored up to entry {total} at 20" in told
    assert "1 after it" in told


def test_the_place_of_the_settings_is_used_and_compared(tmp_path: Path, folder: Path) -> None:
    env = {"SRE_AUDIT_ANCHOR": f"file:{tmp_path / 'worm'}"}
    anchored = sre("audit", "anchor", env=env)
    assert (anchored.code, anchored.err) == (0, "")
    assert "receipt: " in anchored.out
    shutil.rmtree(folder)
    done = sre("audit", "verify", "all", env=env)
    assert done.code == 1
    assert f"{folder.name}: missing, it was anchored" in done.out


def test_truncation_is_found_by_the_anchor_alone(tmp_path: Path, folder: Path) -> None:
    worm = tmp_path / "worm.jsonl"
    assert sre("audit", "anchor", "--to", f"file:{worm}").code == 0
    drop_the_last_line(folder)
    for name in ("head", "checkpoints.jsonl", "anchors.jsonl"):
        (folder / name).unlink()
    assert sre("audit", "verify").code == 0
    done = sre("audit", "verify", "--anchors", str(worm))
    assert done.code == 1
    assert "its end is gone" in done.out
    assert "broken" in done.out


def test_a_broken_record_is_not_anchored(tmp_path: Path, folder: Path) -> None:
    drop_the_last_line(folder)
    done = sre("audit", "anchor", "--to", f"file:{tmp_path / 'worm'}")
    assert done.code == 1
    assert "is broken; nothing was anchored" in done.err
    assert not (tmp_path / "worm").exists()


def test_a_public_key_from_elsewhere_finds_a_record_made_anew(tmp_path: Path, folder: Path) -> None:
    trusted = tmp_path / "trusted.pub"
    trusted.write_bytes(pem(new_key()))
    assert sre("audit", "verify", "--public-key", str(trusted)).code == 1
    own = folder.parents[1] / "audit.pub"
    assert sre("audit", "verify", "--public-key", str(own)).code == 0


def test_a_record_of_an_earlier_version_is_verified_by_its_chain_and_says_so(state: Path) -> None:
    written(state, None, records())
    done = sre("audit", "verify")
    assert done.code == 0
    assert "sound" in done.out
    assert "not verified by any signature" in done.out
    assert sre("audit", "anchor", "--to", "file:/tmp/x").code == 1


def test_all_records_are_verified_and_the_broken_one_is_named(state: Path, key: KeyFile) -> None:
    sound, broken, gone = (written(state, key) for _ in range(3))
    drop_the_last_line(broken)
    (gone / "journal.jsonl").unlink()
    done = sre("audit", "verify", "all", "--json")
    assert done.code == 1
    verdicts = {one["incident"]: one["sound"] for one in done.json["incidents"]}
    assert verdicts == {sound.name: True, broken.name: False, gone.name: False}
    assert done.json["sound"] is False


def test_verifying_writes_nothing(state: Path, folder: Path) -> None:
    before = whole_tree(state)
    for arguments in (("audit", "verify"), ("audit", "verify", "all"), ("replay",)):
        assert sre(*arguments).code == 0
    assert whole_tree(state) == before
    assert folder.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("anchor",), "no place", id="no-place"),
        pytest.param(("anchor", "--to", "ftp://x"), "is no place in S3", id="no-such-kind"),
        pytest.param(("anchor", "--to", "file:"), "names no place", id="no-path"),
        pytest.param(("verify", "--anchors", "/nowhere"), "cannot read the anchors", id="anchors"),
        pytest.param(("verify", "--public-key", "/nowhere"), "public key", id="public-key"),
    ],
)
def test_bad_input_is_told_and_exits_with_2(
    folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = sre("audit", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert folder.exists()


def test_a_key_with_open_rights_stops_what_would_sign(state: Path, folder: Path) -> None:
    (state / "audit.key").chmod(0o644)
    done = sre("audit", "anchor", "--to", "file:/tmp/x")
    assert done.code == 2
    assert f"chmod 600 {state / 'audit.key'}" in done.err
    assert sre("audit", "verify").code == 0
    assert folder.exists()


def test_replay_shows_the_tree_in_a_pipe_as_indented_lines(folder: Path) -> None:
    done = sre("replay", "last")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith(f"{folder.name}: ")
    assert any(line.startswith("  Alert KubePodCrashLooping") for line in lines)
    assert any(line.startswith("  Proposed A1: ") for line in lines)
    assert any("against" in line or "for: E1" in line for line in lines)
    assert "\x1b" not in done.out


def test_replay_draws_a_tree_at_a_terminal(folder: Path) -> None:
    with Terminal("replay", folder.name, columns=120) as terminal:
        assert terminal.finish() == 0
    assert "├── Alert KubePodCrashLooping" in terminal.shown
    assert "└── Ended: fixed" in terminal.shown


def test_replay_of_a_changed_record_shows_nothing(folder: Path) -> None:
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b"31 objects", b"99 objects"))
    done = sre("replay", "last")
    assert (done.code, done.out) == (1, "")
    assert "is not what was written" in done.err
