"""Whatever is done to a record, no signature or anchor vouches for a line that was changed."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.journal.samples import FakeClock, as_it_is
from tests.journal.signing import INTENT, RAN, new_key, public, written

from sreagent.domain.record import Noted
from sreagent.journal.anchors import ANCHORS, AnchorFile, FilePlace, anchor
from sreagent.journal.chain import split
from sreagent.journal.checkpoints import CHECKPOINTS
from sreagent.journal.keys import KeyFile
from sreagent.journal.store import Journal
from sreagent.journal.verify import Proof, Verification, verify

PLACE = "file:/elsewhere"
FIRST_RUN = (Noted(text="begin"), INTENT, RAN)
LINES = len(FIRST_RUN) + 1
Change = Callable[[bytes], Iterator[tuple[str, bytes]]]


@dataclass(frozen=True, slots=True)
class Record:
    """A record whose first run was anchored, and that went on afterwards."""

    folder: Path
    key: KeyFile
    anchors: bytes
    """What the place holds."""
    lines: tuple[bytes, ...]
    anchored: int

    def check(self, folder: Path, *, elsewhere: bool = False) -> Verification:
        files = (AnchorFile(name=PLACE, content=self.anchors),) if elsewhere else ()
        return verify(folder, Proof(keys=public(self.key), anchors=files))

    def untouched(self, folder: Path) -> int:
        """How many lines of a copy are those that were written, from the first on."""
        lines, _ = split((folder / "journal.jsonl").read_bytes())
        same = [mine == line for mine, line in zip(lines, self.lines, strict=False)]
        return [*same, False].index(False)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    root = tmp_path_factory.mktemp("original")
    key, clock = new_key(), FakeClock()
    folder = written(root, key, FIRST_RUN)
    place = FilePlace(root / "anchors")
    anchor(folder, place, signer=key, keys=public(key), clock=clock, redact=as_it_is)
    with Journal.open(root, folder.name, clock, redact=as_it_is, signer=key) as journal:
        journal.append(Noted(text="again"))
    lines, _ = split((folder / "journal.jsonl").read_bytes())
    return Record(folder, key, place.path.read_bytes(), tuple(lines), len(FIRST_RUN))


@pytest.fixture
def copy(tmp_path: Path, record: Record) -> Path:
    return Path(shutil.copytree(record.folder, tmp_path / record.folder.name))


def test_an_untouched_record_is_verified_to_its_end_and_anchored_where_it_was(
    record: Record, copy: Path
) -> None:
    found = record.check(copy, elsewhere=True)
    assert (found.sound, found.entries, found.verified) == (True, LINES, LINES)
    assert found.signed
    assert found.signed.by == record.key.key
    assert found.anchored
    assert found.anchored.seq == record.anchored
    assert (found.checkpoints, found.anchors) == (4, 2)


def flipped(content: bytes) -> Iterator[tuple[str, bytes]]:
    for place in range(len(content)):
        changed = bytes([content[place] ^ 1])
        yield f"byte {place} flipped", content[:place] + changed + content[place + 1 :]


def cut(content: bytes) -> Iterator[tuple[str, bytes]]:
    for place in range(len(content)):
        yield f"cut at {place}", content[:place]


def rearranged(content: bytes) -> Iterator[tuple[str, bytes]]:
    lines = content.splitlines(keepends=True)
    for n in range(len(lines)):
        yield f"line {n + 1} dropped", b"".join(lines[:n] + lines[n + 1 :])
        yield f"line {n + 1} doubled", b"".join(lines[: n + 1] + lines[n:])
    for n in range(len(lines) - 1):
        swapped = [*lines[:n], lines[n + 1], lines[n], *lines[n + 2 :]]
        yield f"lines {n + 1} and {n + 2} swapped", b"".join(swapped)


CHANGES = [pytest.param(change, id=change.__name__) for change in (flipped, cut, rearranged)]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_to_the_journal_is_noticed_and_vouched_for_by_nobody(
    record: Record, copy: Path, change: Change
) -> None:
    path = copy / "journal.jsonl"
    for what, content in change(path.read_bytes()):
        path.write_bytes(content)
        found = record.check(copy)
        assert not found.sound, what
        assert found.verified <= record.untouched(copy), what


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_to_the_checkpoints_is_noticed_or_vouches_for_less(
    record: Record, copy: Path, change: Change
) -> None:
    path = copy / CHECKPOINTS
    (copy / ANCHORS).unlink()
    for what, content in change(path.read_bytes()):
        path.write_bytes(content)
        found = record.check(copy)
        if "dropped" in what and found.verified == LINES:
            continue  # an earlier checkpoint says nothing that the last one does not say
        assert not found.sound or found.verified < LINES or found.unknown_keys, what


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_to_the_anchors_is_noticed_or_vouches_for_less(
    record: Record, copy: Path, change: Change
) -> None:
    path = copy / ANCHORS
    for what, content in change(path.read_bytes()):
        path.write_bytes(content)
        found = record.check(copy)
        doubled = "doubled" in what and found.sound
        assert doubled or not found.sound or found.anchored is None, what


@pytest.mark.parametrize("change", CHANGES)
def test_without_checkpoints_and_head_an_anchor_still_tells_what_is_missing(
    record: Record, copy: Path, change: Change
) -> None:
    for name in (CHECKPOINTS, ANCHORS, "head"):
        (copy / name).unlink()
    path = copy / "journal.jsonl"
    for what, content in change(path.read_bytes()):
        path.write_bytes(content)
        found = record.check(copy, elsewhere=True)
        untouched = record.untouched(copy)
        assert found.verified <= untouched, what
        if untouched < record.anchored:
            assert not found.sound, what


def test_a_record_made_anew_by_somebody_with_another_key_is_found(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forger = new_key()
    monkeypatch.setattr(secrets, "token_hex", lambda _: record.folder.name[-4:])
    forged = written(tmp_path, forger)
    assert forged.name == record.folder.name
    assert verify(forged, Proof(keys=public(record.key))).sound
    found = verify(forged, Proof(keys=public(record.key), demanded=True))
    assert not found.sound
    assert found.verified == 0
    assert found.unknown_keys == (forger.key,)


def test_what_follows_the_last_checkpoint_is_counted_and_not_vouched_for(
    record: Record, copy: Path
) -> None:
    lines = (copy / CHECKPOINTS).read_bytes().splitlines(keepends=True)
    (copy / CHECKPOINTS).write_bytes(b"".join(lines[:-1]))
    found = record.check(copy)
    assert (found.sound, found.verified, found.entries) == (True, LINES - 1, LINES)


def test_a_journal_without_signatures_is_verified_by_its_chain(tmp_path: Path) -> None:
    found = verify(written(tmp_path, None), Proof(keys=public(new_key())))
    assert (found.sound, found.verified, found.closed) == (True, 0, 6)


def test_a_journal_without_signatures_fails_where_a_key_is_demanded(tmp_path: Path) -> None:
    proof = Proof(keys=public(new_key()), demanded=True)
    (problem,) = verify(written(tmp_path, None), proof).problems
    assert "made anew" in problem.what


def test_signatures_of_unknown_keys_vouch_for_nothing_and_are_named(
    record: Record, copy: Path
) -> None:
    for keys in (None, public(new_key())):
        found = verify(copy, Proof(keys=keys))
        assert (found.sound, found.verified) == (True, 0)
        assert found.unknown_keys == (record.key.key,)


def test_an_anchor_that_vanished_from_its_place_is_told(record: Record, copy: Path) -> None:
    place = record.check(copy).anchored
    assert place
    gone = AnchorFile(name=place.by, content=b"")
    found = verify(copy, Proof(keys=public(record.key), anchors=(gone,)))
    (problem,) = found.problems
    assert problem.file == ANCHORS
    assert "any more" in problem.what


def test_an_anchor_file_names_the_incidents_that_have_to_be_there(record: Record) -> None:
    file = AnchorFile(name=PLACE, content=record.anchors + b"broken\n")
    assert file.incidents() == {record.folder.name}


def test_a_signature_over_a_head_that_is_not_there_is_told(record: Record, copy: Path) -> None:
    with Journal.create(copy.parent, FakeClock(), redact=as_it_is, signer=record.key) as other:
        other.append(Noted(text="of another incident"))
    shutil.copy(other.folder / CHECKPOINTS, copy / CHECKPOINTS)
    found = record.check(copy)
    assert [problem.what for problem in found.problems] == [f"it is of {other.id}"]
