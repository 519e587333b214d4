"""An anchor carries a hash to a place, and nothing of what the journal says."""

import json
import os
import sys
from pathlib import Path

import pytest
from tests.journal.samples import FakeClock, as_it_is, records
from tests.journal.signing import new_key, public, written

from sreagent.domain.errors import BadSettings, NotFound, SreError
from sreagent.domain.record import Noted
from sreagent.journal.anchors import (
    ANCHORS,
    AnchorFile,
    FilePlace,
    Place,
    ProgramPlace,
    anchor,
    local_place,
)
from sreagent.journal.keys import KeyFile
from sreagent.journal.store import Journal
from sreagent.journal.verify import Proof, verify


@pytest.fixture
def key() -> KeyFile:
    return new_key()


@pytest.fixture
def folder(tmp_path: Path, key: KeyFile) -> Path:
    return written(tmp_path, key, records())


def keep(folder: Path, place: Place, key: KeyFile) -> str:
    kept = anchor(folder, place, signer=key, keys=public(key), clock=FakeClock(), redact=as_it_is)
    return kept.receipt


def test_a_file_gets_one_line_that_proves_the_journal(
    tmp_path: Path, folder: Path, key: KeyFile
) -> None:
    place = FilePlace(tmp_path / "worm")
    assert keep(folder, place, key) == f"{place.path.stat().st_size} bytes"
    file = AnchorFile(name="copy", content=place.path.read_bytes())
    (folder / ANCHORS).unlink()
    found = verify(folder, Proof(keys=public(key), anchors=(file,)))
    assert found.anchored
    assert (found.anchored.seq, found.anchored.by) == (len(records()), place.name)


def test_only_numbers_hashes_times_and_a_signature_leave_the_machine(
    tmp_path: Path, folder: Path, key: KeyFile
) -> None:
    keep(folder, FilePlace(tmp_path / "worm"), key)
    sent = json.loads((tmp_path / "worm").read_bytes())
    told = {"anchored_at", "at", "head", "incident", "key", "place", "receipt", "seq", "signature"}
    assert set(sent) == told
    assert sent["receipt"] == ""


def test_a_checkpoint_that_a_place_has_is_not_given_again(
    tmp_path: Path, folder: Path, key: KeyFile
) -> None:
    place = FilePlace(tmp_path / "worm")
    for _ in range(2):
        keep(folder, place, key)
    assert place.path.read_bytes().count(b"\n") == 1
    with Journal.open(tmp_path, folder.name, FakeClock(), redact=as_it_is, signer=key) as journal:
        journal.append(Noted(text="more"))
    keep(folder, place, key)
    keep(folder, FilePlace(tmp_path / "another"), key)
    assert place.path.read_bytes().count(b"\n") == 2
    assert (folder / ANCHORS).read_bytes().count(b"\n") == 3


def test_the_unfinished_line_of_another_writer_is_left_alone(
    tmp_path: Path, folder: Path, key: KeyFile
) -> None:
    (tmp_path / "worm").write_bytes(b"unfinished")
    keep(folder, FilePlace(tmp_path / "worm"), key)
    first, second, end = (tmp_path / "worm").read_bytes().split(b"\n")
    assert (first, end) == (b"unfinished", b"")
    assert json.loads(second)["incident"] == folder.name


def test_a_program_gets_the_line_and_its_answer_is_the_receipt(folder: Path, key: KeyFile) -> None:
    code = "import json,sys; print('kept', json.load(sys.stdin)['seq'], '\\x1b[31mred')"
    place = ProgramPlace(f'{sys.executable} -c "{code}" --token abc')
    assert keep(folder, place, key) == f"kept {len(records())} red"
    assert place.name == f"command:{sys.executable}"


def test_a_receipt_is_redacted_before_it_is_noted(folder: Path, key: KeyFile) -> None:
    def hide(text: str) -> str:
        return text.replace("hunter2", "[gone]")

    place = ProgramPlace("echo hunter2")
    kept = anchor(folder, place, signer=key, keys=public(key), clock=FakeClock(), redact=hide)
    assert kept.receipt == "[gone]"
    assert b"hunter2" not in (folder / ANCHORS).read_bytes()


@pytest.mark.parametrize(
    ("place", "what"),
    [
        pytest.param(FilePlace(Path("/dev/full")), "/dev/full", id="full-disk"),
        pytest.param(FilePlace(Path("/nowhere/worm")), "/nowhere/worm", id="no-such-folder"),
        pytest.param(ProgramPlace("false"), "ended with 1", id="program-fails"),
        pytest.param(ProgramPlace("no-such-program-here"), "cannot run", id="no-program"),
    ],
)
def test_what_a_place_did_not_keep_is_not_noted(
    folder: Path, key: KeyFile, place: Place, what: str
) -> None:
    with pytest.raises(SreError, match=what):
        keep(folder, place, key)
    assert not (folder / ANCHORS).exists()


def test_a_journal_without_a_checkpoint_cannot_be_anchored(tmp_path: Path, key: KeyFile) -> None:
    folder = written(tmp_path, None)
    with pytest.raises(NotFound, match="no checkpoint signed"):
        keep(folder, FilePlace(tmp_path / "worm"), key)
    assert not (tmp_path / "worm").exists()


def test_a_checkpoint_of_an_unknown_key_gets_no_signature_here(
    tmp_path: Path, key: KeyFile
) -> None:
    forged = written(tmp_path, new_key())
    with pytest.raises(NotFound, match="no checkpoint signed"):
        keep(forged, FilePlace(tmp_path / "worm"), key)
    assert not (tmp_path / "worm").exists()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("file:/mnt/worm", "file:/mnt/worm", id="file"),
        pytest.param("file:worm", f"file:{{here}}{os.sep}worm", id="file-of-this-folder"),
        pytest.param("command:logger -t sre", "command:logger", id="program"),
        pytest.param("s3://bucket/prefix", None, id="not-here"),
    ],
)
def test_a_place_is_named_by_its_kind(text: str, name: str | None) -> None:
    place = local_place(text)
    assert (place.name if place else None) == (name.format(here=Path.cwd()) if name else None)


@pytest.mark.parametrize("text", ["file:", "command: "])
def test_a_place_without_a_name_is_refused(text: str) -> None:
    with pytest.raises(BadSettings, match="names no place"):
        local_place(text)
