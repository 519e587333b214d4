"""A journal holds what was written to it, whatever happens to the process or the disk."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.journal.samples import OPENED, START, FakeClock, as_it_is, records

from sreagent.domain.errors import BadJournal, NotFound, SreError
from sreagent.domain.record import Intended, Noted
from sreagent.journal.shelf import incident, read
from sreagent.journal.store import Journal

INTENT = Intended(action="A1", digest="d", before={}, after={})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "state" / "sreagent"


@pytest.fixture
def journal(root: Path) -> Iterator[Journal]:
    with Journal.create(root, FakeClock(), redact=as_it_is) as journal:
        journal.append(OPENED)
        yield journal


def reopen(journal: Journal, root: Path) -> Journal:
    return Journal.open(root, journal.id, FakeClock(), redact=as_it_is)


def closed_journal(root: Path, notes: int = 3) -> Path:
    with Journal.create(root, FakeClock(), redact=as_it_is) as journal:
        journal.append(OPENED)
        for number in range(notes):
            journal.append(Noted(text=f"note {number}"))
    return journal.folder / "journal.jsonl"


def test_what_was_appended_is_read_back_in_order(root: Path) -> None:
    with Journal.create(root, FakeClock(), redact=as_it_is) as journal:
        written = [journal.append(record) for record in records()]
    assert list(read(root, journal.id)) == written
    assert [entry.seq for entry in written] == list(range(1, len(written) + 1))


def test_many_records_are_written_together_or_one_by_one_alike(root: Path) -> None:
    with Journal.create(root, FakeClock(), redact=as_it_is) as journal:
        journal.append(OPENED)
        notes = [Noted(text="one"), Noted(text="two")]
        together = journal.append_all(notes)
    assert [entry.record for entry in together] == notes
    assert list(read(root, journal.id))[1:] == together


def test_nothing_to_write_is_nothing_written(journal: Journal, root: Path) -> None:
    assert journal.append_all([]) == []
    assert len(read(root, journal.id)) == 1


def test_an_intent_is_not_written_among_others(journal: Journal, root: Path) -> None:
    with pytest.raises(ValueError, match="alone"):
        journal.append_all([Noted(text="and"), INTENT])
    assert len(read(root, journal.id)) == 1


def test_the_id_tells_the_day_and_every_incident_has_its_own(root: Path) -> None:
    ids = {Path(closed_journal(root, 0)).parent.name for _ in range(20)}
    assert len(ids) == 20
    assert all(id_.startswith("INC-20261121-") and len(id_) == 17 for id_ in ids)


def test_only_the_owner_can_read_the_folder_and_its_files(journal: Journal) -> None:
    assert journal.folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in journal.folder.iterdir()}
    assert modes == {"journal.jsonl": 0o600, "lock": 0o600}


def test_texts_are_redacted_before_they_are_written_and_returned(root: Path) -> None:
    def hide(text: str) -> str:
        return text.replace("hunter2", "[gone]")

    with Journal.create(root, FakeClock(), redact=hide) as journal:
        entry = journal.append(Noted(text="password hunter2"))
    assert entry.record == Noted(text="password [gone]")
    assert b"hunter2" not in (journal.folder / "journal.jsonl").read_bytes()


def test_a_clock_that_goes_back_does_not_disturb_the_order(root: Path) -> None:
    clock = FakeClock()
    with Journal.create(root, clock, redact=as_it_is) as journal:
        first = journal.append(OPENED)
        clock.time = START - timedelta(days=1)
        second = journal.append(Noted(text="earlier, and yet later"))
    assert second.at < first.at
    assert list(read(root, journal.id)) == [first, second]


def test_work_goes_on_where_it_stopped(root: Path) -> None:
    path = closed_journal(root, notes=2)
    with Journal.open(root, path.parent.name, FakeClock(), redact=as_it_is) as journal:
        assert journal.append(Noted(text="again")).seq == 4
    assert [entry.seq for entry in read(root, path.parent.name)] == [1, 2, 3, 4]


def test_two_cannot_work_on_one_incident(journal: Journal, root: Path) -> None:
    with pytest.raises(SreError) as caught:
        reopen(journal, root)
    words = f"{journal.id} is being worked on by pid {os.getpid()} "
    assert re.fullmatch(re.escape(words) + r"\(since [\d-]+ [\d:]{8} UTC\)", caught.value.message)
    assert caught.value.hint


def test_the_lock_ends_with_the_process_that_held_it(root: Path) -> None:
    path = closed_journal(root)
    holder = hold_the_lock_in_another_process(root, path.parent.name)
    try:
        with pytest.raises(SreError, match=f"pid {holder.pid} "):
            Journal.open(root, path.parent.name, FakeClock(), redact=as_it_is)
    finally:
        holder.kill()
        holder.communicate()
    Journal.open(root, path.parent.name, FakeClock(), redact=as_it_is).close()


def hold_the_lock_in_another_process(root: Path, name: str) -> subprocess.Popen[str]:
    program = (
        "from tests.journal.samples import *\n"
        "from sreagent.journal.store import Journal\n"
        "from pathlib import Path\n"
        f"journal = Journal.open(Path({str(root)!r}), {name!r}, FakeClock(), redact=as_it_is)\n"
        "print('held', flush=True)\n"
        "input()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


@pytest.mark.parametrize(
    "torn",
    [
        pytest.param(b'{"at":"2026-11-21T0', id="half-a-line"),
        pytest.param(b"\x00" * 512, id="zeros-after-a-power-cut"),
        pytest.param(b'{"at":\n', id="a-line-that-is-no-json"),
        pytest.param(b'{"a":1}', id="json-without-its-line-feed"),
    ],
)
def test_an_unfinished_last_line_is_set_aside_and_told(root: Path, torn: bytes) -> None:
    path = closed_journal(root)
    sound = path.read_bytes()
    path.write_bytes(sound + torn)
    with Journal.open(root, path.parent.name, FakeClock(), redact=as_it_is):
        pass
    assert path.read_bytes().startswith(sound)
    assert (path.parent / "journal.torn").read_bytes().strip() == torn.strip()
    last = read(root, path.parent.name)[-1].record
    assert isinstance(last, Noted)
    assert "journal.torn" in last.text


def test_every_cut_inside_the_last_line_can_be_worked_on_again(root: Path) -> None:
    path = closed_journal(root, notes=1)
    (path.parent / "head").unlink()
    content = path.read_bytes()
    start = content.index(b"\n") + 1
    for cut in range(start + 1, len(content)):
        path.write_bytes(content[:cut])
        assert len(read(root, path.parent.name)) == 1
        with Journal.open(root, path.parent.name, FakeClock(), redact=as_it_is):
            pass
        (path.parent / "head").unlink()
        assert [entry.seq for entry in read(root, path.parent.name)] == [1, 2]


def test_a_broken_line_in_the_middle_is_named_and_left_alone(root: Path) -> None:
    path = closed_journal(root)
    content = path.read_bytes().replace(b"note 0", b"note 9")
    path.write_bytes(content)
    for attempt in (read, lambda r, i: Journal.open(r, i, FakeClock(), redact=as_it_is)):
        with pytest.raises(BadJournal, match="line 3 ") as caught:
            attempt(root, path.parent.name)
        assert "does not follow" in caught.value.why
    assert path.read_bytes() == content


def test_an_unknown_record_is_named_by_its_line(root: Path) -> None:
    path = closed_journal(root, notes=0)
    path.write_bytes(path.read_bytes().replace(b'"kind":"opened"', b'"kind":"dreamt"'))
    with pytest.raises(BadJournal, match="line 1 ") as caught:
        read(root, path.parent.name)
    assert "unknown kind of record 'dreamt'" in caught.value.why


def test_a_journal_shorter_than_its_head_is_not_written_to(root: Path) -> None:
    path = closed_journal(root)
    content = path.read_bytes()
    path.write_bytes(b"".join(content.splitlines(keepends=True)[:-1]))
    with pytest.raises(BadJournal, match="ends before entry 4"):
        Journal.open(root, path.parent.name, FakeClock(), redact=as_it_is)


def test_a_journal_of_another_incident_is_refused(root: Path) -> None:
    mine, other = closed_journal(root), closed_journal(root)
    other.write_bytes(mine.read_bytes())
    with pytest.raises(BadJournal, match="line 1 "):
        read(root, other.parent.name)


def test_nothing_is_written_after_somebody_else_wrote(journal: Journal) -> None:
    path = journal.folder / "journal.jsonl"
    with path.open("ab") as stranger:
        stranger.write(b"{}\n")
    content = path.read_bytes()
    with pytest.raises(BadJournal, match="somebody else wrote"):
        journal.append(INTENT)
    assert path.read_bytes() == content


def test_a_full_disk_is_an_error_and_leaves_the_journal_whole(journal: Journal, root: Path) -> None:
    path = journal.folder / "journal.jsonl"
    size = path.stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, limits[1]))
    try:
        with pytest.raises(SreError, match="cannot write the journal") as caught:
            journal.append(INTENT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.why
    assert path.stat().st_size == size
    journal.append(Noted(text="there is room again"))
    assert [entry.seq for entry in read(root, journal.id)] == [1, 2]


def test_an_interrupt_while_writing_leaves_the_journal_whole(
    journal: Journal, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            journal.append(INTENT)
    journal.append(Noted(text="stopped"))
    assert [entry.record for entry in read(root, journal.id)] == [
        OPENED,
        Noted(text="stopped"),
    ]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SreError, match="cannot write the journal"):
        Journal.create(tmp_path / "file", FakeClock(), redact=as_it_is)


def test_a_killed_writer_loses_nothing_that_append_had_returned(root: Path) -> None:
    program = (
        "import os, signal\n"
        "from tests.journal.samples import *\n"
        "from sreagent.journal.store import Journal\n"
        "from pathlib import Path\n"
        f"journal = Journal.create(Path({str(root)!r}), FakeClock(), redact=as_it_is)\n"
        "journal.append(OPENED)\n"
        "journal.append(Intended(action='A1', digest='d', before={}, after={}))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    died = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=False
    )
    assert died.returncode == -signal.SIGKILL
    assert [entry.record for entry in read(root, "last")] == [OPENED, INTENT]


def test_the_head_names_the_last_line_when_the_journal_is_closed(root: Path) -> None:
    path = closed_journal(root)
    head = json.loads((path.parent / "head").read_bytes())
    assert head["seq"] == 4
    assert len(head["hash"]) == 64


def test_a_closed_journal_takes_nothing_more(root: Path) -> None:
    with Journal.create(root, FakeClock(), redact=as_it_is) as journal:
        journal.append(OPENED)
    journal.close()
    with pytest.raises(SreError, match="cannot write the journal"):
        journal.append(INTENT)
    assert len(read(root, journal.id)) == 1


def test_a_journal_without_an_entry_cannot_be_worked_on(root: Path) -> None:
    Journal.create(root, FakeClock(), redact=as_it_is).close()
    for attempt in (incident, lambda r, i: Journal.open(r, i, FakeClock(), redact=as_it_is)):
        with pytest.raises(BadJournal, match="is empty"):
            attempt(root, "last")


def test_an_incident_that_is_not_there_is_not_created(root: Path) -> None:
    with pytest.raises(NotFound):
        Journal.open(root, "INC-20261121-0000", FakeClock(), redact=as_it_is)
    assert not root.exists()
