"""Signed checkpoints: what an incident's journal ended with at a time.

checkpoints.jsonl   one signed line each, beside the journal
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sreagent.domain.errors import BadJournal, SreError
from sreagent.domain.moment import parse_time
from sreagent.domain.ports import Clock
from sreagent.journal.codec import moment
from sreagent.journal.disk import sync_folder
from sreagent.journal.seals import Sealed, Signer, lines_of, seal, unseal

CHECKPOINTS = "checkpoints.jsonl"
EVERY = 50
"""Entries after which the next checkpoint is due."""
SECONDS = 60.0
"""The same in time."""
FIELDS = frozenset({"at", "head", "incident", "seq"})

_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The journal of this incident had so many entries, and the last one had this hash."""

    incident: str
    seq: int
    head: str
    """SHA-256 of line `seq`, which by the chain stands for all lines before it."""
    at: datetime

    def body(self) -> dict[str, Any]:
        """What is signed, as JSON data."""
        return {
            "at": moment(self.at),
            "head": self.head,
            "incident": self.incident,
            "seq": self.seq,
        }


class Checkpoints:
    """The checkpoints of one incident, while its journal is open for writing."""

    def __init__(self, folder: Path, signer: Signer, clock: Clock) -> None:
        self.trouble: SreError | None = None
        """Why the last one could not be made; None when it could."""
        self._folder = folder
        self._signer = signer
        self._clock = clock
        self._seq = max((one.seq for one in read_checkpoints(folder)), default=0)
        self._tried: tuple[int, float] | None = None

    def due(self, seq: int, mono: float) -> bool:
        """Whether it is time for one: the first of a run, many entries, or a while later."""
        if self._tried is None:
            return True
        last, then = self._tried
        return seq - last >= EVERY or mono - then >= SECONDS

    def make(self, seq: int, head: str, mono: float) -> bytes:
        """The line of a checkpoint, signed and not yet written.

        Raises:
            SreError: It could not be signed.
        """
        self._tried = (seq, mono)
        checkpoint = Checkpoint(
            incident=self._folder.name, seq=seq, head=head, at=self._clock.now()
        )
        return seal(checkpoint.body(), self._signer)

    def write(self, line: bytes, seq: int) -> None:
        """Write a line and wait for the disk; when that fails, nothing of it is left.

        Raises:
            OSError: It could not be written.
        """
        add_line(self._folder / CHECKPOINTS, line)
        self._seq, self.trouble = seq, None

    def try_one(self, seq: int, head: str, mono: float) -> None:
        """Make and write one; what goes wrong stands in `trouble` and stops nothing."""
        if seq <= self._seq:
            return
        try:
            self.write(self.make(seq, head, mono), seq)
        except SreError as error:
            self.trouble = error
        except OSError as error:
            self.trouble = unwritten(self._folder / CHECKPOINTS, error)


def parse_checkpoint(raw: bytes) -> tuple[Checkpoint, Sealed]:
    """One line of checkpoints, its signature not yet checked.

    Raises:
        BadJournal: It is not a line that this program wrote.
    """
    sealed = unseal(raw, FIELDS)
    return checkpoint_of(sealed.body), sealed


def checkpoint_of(body: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint that JSON data tells.

    Raises:
        BadJournal: A field has the wrong type.
    """
    incident, seq, head = body["incident"], body["seq"], body["head"]
    numbered = type(seq) is int and seq > 0
    hashed = isinstance(head, str) and len(head) == 64 and set(head) <= _HEX
    at = time_of(body["at"])
    if not numbered or not hashed or not isinstance(incident, str):
        problem = "a field has the wrong type"
        raise BadJournal(problem)
    return Checkpoint(incident=incident, seq=seq, head=head, at=at)


def time_of(text: object) -> datetime:
    """A time as the journal spells it.

    Raises:
        BadJournal: It is spelled otherwise.
    """
    at = parse_time(text) if isinstance(text, str) else None
    if at is None or moment(at) != text:
        problem = "its time is not one"
        raise BadJournal(problem)
    return at


def read_checkpoints(folder: Path) -> tuple[Checkpoint, ...]:
    """All checkpoints of an incident, oldest first; signatures are not checked here.

    What a crash left of a last line counts for nothing.

    Raises:
        SreError: The file is there and cannot be read.
        BadJournal: A line is not what was written.
    """
    path = folder / CHECKPOINTS
    lines, _ = lines_of(content_if_there(path))
    return tuple(_named(path, number, raw) for number, raw in enumerate(lines, start=1))


def content_if_there(path: Path) -> bytes:
    """The bytes of a file; none when there is no such file.

    Raises:
        SreError: The file is there and cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        message = f"cannot read {path}"
        raise SreError(message, why=error.strerror or str(error)) from error


def add_line(path: Path, line: bytes) -> None:
    """Add a line and wait for the disk; when that fails, nothing of it is left.

    The unfinished line of a crash is cut off first.

    Raises:
        OSError: It could not be written.
    """
    fresh = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        end = _drop_torn_end(file)
        _add(file, line + b"\n", end)
    finally:
        os.close(file)
    if fresh:
        sync_folder(path.parent)


def unwritten(path: Path, error: OSError) -> SreError:
    """The trouble of a file that could not be written."""
    return SreError(
        f"cannot write {path}",
        why=error.strerror or str(error),
        hint="Free space or mend the rights; without a checkpoint nothing is changed.",
    )


def _named(path: Path, number: int, raw: bytes) -> Checkpoint:
    try:
        return parse_checkpoint(raw)[0]
    except BadJournal as error:
        message = f"line {number} of {path} is not what was written"
        hint = f"Nothing was changed on disk; see: sre audit verify {path.parent.name}"
        raise BadJournal(message, why=error.message, hint=hint) from error


def _drop_torn_end(file: int) -> int:
    size = os.fstat(file).st_size
    tail = os.pread(file, min(size, 65_536), max(size - 65_536, 0))
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    if torn:
        os.ftruncate(file, size - torn)
    return size - torn


def _add(file: int, block: bytes, end: int) -> None:
    done = False
    try:
        while block:
            block = block[os.write(file, block) :]
        os.fsync(file)
        done = True
    finally:
        if not done:
            with suppress(OSError):
                os.ftruncate(file, end)
