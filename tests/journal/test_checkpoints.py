"""Checkpoints are signed when they have to be; what cannot be signed is not changed."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.journal.samples import OPENED, START, FakeClock, as_it_is
from tests.journal.signing import INTENT, RAN, Lost, new_key, pem, public, written

from sreagent.domain.errors import BadJournal, SreError
from sreagent.domain.record import Noted
from sreagent.journal.checkpoints import CHECKPOINTS, read_checkpoints
from sreagent.journal.keys import KeyFile, own_key, public_keys
from sreagent.journal.shelf import read
from sreagent.journal.store import Journal
from sreagent.journal.verify import Proof, verify


@pytest.fixture
def key() -> KeyFile:
    return new_key()


class StillClock(FakeClock):
    """Moves only when it is told to."""

    def monotonic(self) -> float:
        return self.seconds


def signed_entries(folder: Path) -> list[int]:
    return [one.seq for one in read_checkpoints(folder)]


def test_a_checkpoint_is_signed_at_start_with_intent_and_result_and_at_the_end(
    tmp_path: Path, key: KeyFile
) -> None:
    folder = written(tmp_path, key)
    assert signed_entries(folder) == [1, 3, 4, 6]
    assert verify(folder, Proof(keys=public(key))).verified == 6


def test_a_checkpoint_is_signed_every_fifty_entries(tmp_path: Path, key: KeyFile) -> None:
    with Journal.create(tmp_path, StillClock(), redact=as_it_is, signer=key) as journal:
        for number in range(120):
            journal.append(Noted(text=str(number)))
    assert signed_entries(journal.folder) == [1, 51, 101, 120]


def test_a_checkpoint_is_signed_after_a_minute(tmp_path: Path, key: KeyFile) -> None:
    clock = StillClock()
    with Journal.create(tmp_path, clock, redact=as_it_is, signer=key) as journal:
        for number in range(5):
            clock.seconds += 25
            journal.append(Noted(text=str(number)))
    assert signed_entries(journal.folder) == [1, 4, 5]


def test_a_journal_that_goes_on_is_signed_with_its_first_entry(
    tmp_path: Path, key: KeyFile
) -> None:
    folder = written(tmp_path, None)
    with Journal.open(tmp_path, folder.name, FakeClock(), redact=as_it_is, signer=key) as journal:
        journal.append(Noted(text="again"))
        assert signed_entries(folder) == [7]
    assert signed_entries(folder) == [7]


def test_what_is_signed_is_the_canonical_line_without_its_signature(
    tmp_path: Path, key: KeyFile
) -> None:
    line = json.loads((written(tmp_path, key) / CHECKPOINTS).read_bytes().splitlines()[0])
    assert set(line) == {"at", "head", "incident", "key", "seq", "signature"}
    signature = line.pop("signature")
    message = json.dumps(line, sort_keys=True, separators=(",", ":")).encode()
    (tmp_path / "message").write_bytes(message)
    (tmp_path / "signature.b64").write_text(signature, encoding="ascii")
    (tmp_path / "audit.pub").write_bytes(pem(key))
    check = (
        "base64 -d signature.b64 > signature && openssl pkeyutl -verify -pubin -rawin"
        " -inkey audit.pub -in message -sigfile signature"
    )
    done = subprocess.run(["sh", "-c", check], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_intent_that_cannot_be_signed_is_not_written(tmp_path: Path) -> None:
    with Journal.create(tmp_path, FakeClock(), redact=as_it_is, signer=Lost()) as journal:
        journal.append(OPENED)
        assert journal.unsigned == "the key is out of reach"
        with pytest.raises(SreError, match="the change is not made: the key is out of reach"):
            journal.append(INTENT)
        journal.append(Noted(text="reading goes on"))
    records = [entry.record for entry in read(tmp_path, journal.id)]
    assert records == [OPENED, Noted(text="reading goes on")]


def test_a_result_is_written_even_when_it_cannot_be_signed(tmp_path: Path) -> None:
    with Journal.create(tmp_path, FakeClock(), redact=as_it_is, signer=Lost()) as journal:
        journal.append(OPENED)
        journal.append(RAN)
    assert read(tmp_path, journal.id)[-1].record == RAN
    assert verify(journal.folder).verified == 0


def test_an_intent_whose_checkpoint_finds_the_disk_full_is_taken_back(
    tmp_path: Path, key: KeyFile
) -> None:
    with Journal.create(tmp_path, FakeClock(), redact=as_it_is, signer=key) as journal:
        (journal.folder / CHECKPOINTS).symlink_to("/dev/full")
        journal.append(OPENED)
        assert "checkpoints.jsonl" in journal.unsigned
        with pytest.raises(SreError, match="cannot write the journal") as caught:
            journal.append(INTENT)
        assert "space" in caught.value.why
        (journal.folder / CHECKPOINTS).unlink()
        journal.append(INTENT)
    assert [entry.record for entry in read(tmp_path, journal.id)] == [OPENED, INTENT]
    assert signed_entries(journal.folder) == [2]
    assert verify(journal.folder, Proof(keys=public(key))).sound


def test_an_interrupt_between_intent_and_checkpoint_takes_both_back(
    tmp_path: Path, key: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    fsync = os.fsync

    def interrupted_the_second_time(file: int) -> None:
        calls.append(file)
        if len(calls) == 2:
            raise KeyboardInterrupt
        fsync(file)

    with Journal.create(tmp_path, FakeClock(), redact=as_it_is, signer=key) as journal:
        journal.append(OPENED)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", interrupted_the_second_time)
            with pytest.raises(KeyboardInterrupt):
                journal.append(INTENT)
        journal.append(Noted(text="stopped"))
    assert signed_entries(journal.folder) == [1, 2]
    assert verify(journal.folder, Proof(keys=public(key))).verified == 2


def test_the_unfinished_checkpoint_of_a_crash_is_cut_off(tmp_path: Path, key: KeyFile) -> None:
    folder = written(tmp_path, key)
    with (folder / CHECKPOINTS).open("ab") as file:
        file.write(b'{"at":"2026')
    assert not verify(folder, Proof(keys=public(key))).sound
    with Journal.open(tmp_path, folder.name, FakeClock(), redact=as_it_is, signer=key) as journal:
        journal.append(Noted(text="again"))
    found = verify(folder, Proof(keys=public(key)))
    assert found.sound
    assert found.verified == 7


def test_a_journal_that_lost_signed_entries_is_not_written_to(tmp_path: Path, key: KeyFile) -> None:
    folder = written(tmp_path, key)
    (folder / "head").unlink()
    path = folder / "journal.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(BadJournal, match="does not hold what a checkpoint signed"):
        Journal.open(tmp_path, folder.name, FakeClock(), redact=as_it_is, signer=key)


def test_a_second_writer_signs_nothing(tmp_path: Path, key: KeyFile) -> None:
    with Journal.create(tmp_path, FakeClock(), redact=as_it_is, signer=key) as journal:
        journal.append(OPENED)
        with pytest.raises(SreError, match="is being worked on"):
            Journal.open(tmp_path, journal.id, FakeClock(), redact=as_it_is, signer=new_key())
    assert signed_entries(journal.folder) == [1]


def test_a_clock_that_goes_back_leaves_a_sound_record(tmp_path: Path, key: KeyFile) -> None:
    clock = FakeClock()
    with Journal.create(tmp_path, clock, redact=as_it_is, signer=key) as journal:
        journal.append(OPENED)
        clock.time = START - timedelta(days=30)
        journal.append(INTENT)
        journal.append(RAN)
    found = verify(journal.folder, Proof(keys=public(key)))
    assert found.sound
    assert found.verified == 3


def test_a_writer_killed_between_intent_and_result_leaves_the_intent_signed(
    tmp_path: Path,
) -> None:
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from tests.journal.samples import *\n"
        "from tests.journal.signing import INTENT\n"
        "from sreagent.journal.keys import own_key\n"
        "from sreagent.journal.store import Journal\n"
        f"root = Path({str(tmp_path)!r})\n"
        "key = own_key(root / 'audit.key')\n"
        "journal = Journal.create(root, FakeClock(), redact=as_it_is, signer=key)\n"
        "journal.append(OPENED)\n"
        "journal.append(INTENT)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    died = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=False
    )
    assert died.returncode == -signal.SIGKILL
    (folder,) = (tmp_path / "incidents").iterdir()
    found = verify(folder, Proof(keys=public_keys(tmp_path / "audit.pub")))
    assert (found.sound, found.verified, found.in_doubt) == (True, 2, ("A1",))
    key = own_key(tmp_path / "audit.key")
    with Journal.open(tmp_path, folder.name, FakeClock(), redact=as_it_is, signer=key) as journal:
        journal.append(RAN)
    found = verify(folder, Proof(keys=public(key)))
    assert (found.sound, found.verified, found.in_doubt) == (True, 3, ())


def test_a_record_under_work_is_never_taken_for_a_broken_one(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.journal.samples import *\n"
        "from tests.journal.signing import INTENT, RAN\n"
        "from sreagent.journal.keys import own_key\n"
        "from sreagent.journal.store import Journal\n"
        f"root = Path({str(tmp_path)!r})\n"
        "key = own_key(root / 'audit.key')\n"
        "journal = Journal.create(root, FakeClock(), redact=as_it_is, signer=key)\n"
        "journal.append(OPENED)\n"
        "print(journal.folder, flush=True)\n"
        "for _ in range(100):\n"
        "    journal.append(INTENT); journal.append(RAN)\n"
        "journal.close()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout
        folder = Path(writer.stdout.readline().strip())
        proof = Proof(keys=public_keys(tmp_path / "audit.pub"))
        while writer.poll() is None:
            assert verify(folder, proof).problems == ()
    assert writer.returncode == 0
    assert verify(folder, proof).verified == 201
