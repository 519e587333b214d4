"""Writing the journal of one incident: one folder, one writer, all on disk before it counts.

incidents/INC-20261121-7f3a/
├── journal.jsonl      the entries, one canonical line each
├── checkpoints.jsonl  signed statements of where the journal ended, where there is a signer
├── anchors.jsonl      which of them were kept elsewhere
├── journal.torn       lines that a crash cut short, if that ever happened
├── head               the last line's number and hash, written when the journal is closed
└── lock               held while somebody works on the incident; tells who
"""

import fcntl
import json
import os
import secrets
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from sreagent.domain.errors import BadJournal, InUse, SreError
from sreagent.domain.moment import stamp, utc
from sreagent.domain.ports import Clock
from sreagent.domain.record import Entry, Intended, Noted, Ran, Record
from sreagent.journal.chain import first_link, link, split, walk, write_line
from sreagent.journal.checkpoints import Checkpoints, read_checkpoints
from sreagent.journal.codec import Redact, dumps, redacted
from sreagent.journal.disk import sync_folder, write_fully
from sreagent.journal.seals import Signer
from sreagent.journal.shelf import JOURNAL, content_of, empty, folder_of, resolve

HEAD = "head"
TORN = "journal.torn"
LOCK = "lock"
TRIES = 100

_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """Where the journal ends."""

    seq: int
    link: str
    size: int
    mono: float = 0.0
    """Monotonic time of the last line."""


class Journal:
    """The journal of one incident, open for this process alone.

    What `append` returned is on disk, redacted and tied to all entries before it. With a signer,
    checkpoints are signed: at the first entry, every 50 entries or 60 s, with each intent and each
    result, and at the end. An intent without its checkpoint is not written; elsewhere a signer
    that fails stops nothing, and `unsigned` says why.

    Made by `create` and `open`; for one thread.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        redact: Redact,
        lock: int,
        tip: Tip,
        signer: Signer | None = None,
    ) -> None:
        self.id = folder.name
        self.folder = folder
        self._clock = clock
        self._redact = redact
        self._lock = lock
        self._tip = tip
        self._checkpoints = Checkpoints(folder, signer, clock) if signer else None
        self._file = os.open(folder / JOURNAL, _APPEND, 0o600)

    @classmethod
    def create(
        cls, root: Path, clock: Clock, *, redact: Redact, signer: Signer | None = None
    ) -> Self:
        """Begin an incident with an id of its own.

        Raises:
            SreError: The folder cannot be written.
        """
        try:
            folder = _new_folder(root, clock)
            lock = _take(folder, clock)
            tip = Tip(seq=0, link=first_link(folder.name), size=0)
            journal = cls(folder, clock, redact=redact, lock=lock, tip=tip, signer=signer)
            for place in (folder, folder.parent, root):
                sync_folder(place)
        except OSError as error:
            raise _no_room(root, error) from error
        return journal

    @classmethod
    def open(
        cls,
        root: Path,
        incident: str,
        clock: Clock,
        *,
        redact: Redact,
        signer: Signer | None = None,
    ) -> Self:
        """Go on with an incident; `incident` may be short, as in `shelf.resolve`.

        A last line that a crash cut short is set aside in `journal.torn`, and an entry says so.

        Raises:
            NotFound: There is no such incident.
            SreError: Somebody else works on it, or the folder cannot be written.
            BadJournal: The journal is not what was written. It is left as it is.
        """
        folder = folder_of(root, resolve(root, incident))
        try:
            with ExitStack() as on_failure:
                lock = _take(folder, clock)
                on_failure.callback(os.close, lock)
                torn, tip = _whole(folder)
                journal = cls(folder, clock, redact=redact, lock=lock, tip=tip, signer=signer)
                on_failure.callback(os.close, journal._file)
                if torn:
                    journal._set_aside(torn)
                on_failure.pop_all()
        except OSError as error:
            raise _no_room(folder, error) from error
        return journal

    @property
    def unsigned(self) -> str:
        """Why the last checkpoint could not be made; empty when it could."""
        trouble = self._checkpoints.trouble if self._checkpoints else None
        return trouble.message if trouble else ""

    def append(self, record: Record) -> Entry:
        """Write one record. When this returns, it is on disk.

        Raises:
            SreError: It could not be written (disk full, …), or it is an intent and cannot be
                signed: the journal is as it was before, and whatever the record announces must
                not be done.
            BadJournal: Somebody else wrote to the file.
        """
        return self.append_all((record,))[0]

    def append_all(self, records: Sequence[Record]) -> list[Entry]:
        """Write many records with one wait for the disk: all of them, or none.

        Raises:
            SreError: As in `append`.
            ValueError: An intent stands among others; it is the one thing to wait for alone.
        """
        if len(records) > 1 and any(isinstance(record, Intended) for record in records):
            message = "an intent is written alone"
            raise ValueError(message)
        if not records:
            return []
        entries, lines, tip = self._lines(records)
        block = b"".join(line + b"\n" for line in lines)
        if self._checkpoints and isinstance(records[0], Intended):
            self._write(block, tip, self._signed(self._checkpoints, tip))
        else:
            self._write(block, tip)
            self._sign_if_due(records)
        return entries

    def close(self) -> None:
        """Leave the incident: note the end of the journal in `head`, let others in."""
        if self._file < 0:
            return
        try:
            self._sign()
            _write_head(self.folder / HEAD, self._tip)
        except OSError as error:
            raise _no_room(self.folder, error) from error
        finally:
            os.close(self._file)
            os.close(self._lock)
            self._file = self._lock = -1

    def __enter__(self) -> Self:
        """The journal itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it, whatever happened."""
        self.close()

    def _lines(self, records: Sequence[Record]) -> tuple[list[Entry], list[bytes], Tip]:
        entries, lines = [], []
        seq, prev, size = self._tip.seq, self._tip.link, self._tip.size
        mono = self._tip.mono
        for record in records:
            seq += 1
            kept = redacted(record, self._redact)
            entry = Entry(seq=seq, at=self._clock.now(), record=kept)
            mono = self._clock.monotonic()
            line = write_line(entry, prev=prev, mono=mono)
            prev, size = link(line), size + len(line) + 1
            entries.append(entry)
            lines.append(line)
        return entries, lines, Tip(seq=seq, link=prev, size=size, mono=mono)

    def _signed(self, checkpoints: Checkpoints, tip: Tip) -> bytes:
        try:
            return checkpoints.make(tip.seq, tip.link, tip.mono)
        except SreError as error:
            message = f"the intent cannot be signed, so the change is not made: {error.message}"
            raise SreError(message, why=error.why, hint=error.hint) from error

    def _sign_if_due(self, records: Sequence[Record]) -> None:
        ran = any(isinstance(record, Ran) for record in records)
        if self._checkpoints and (ran or self._checkpoints.due(self._tip.seq, self._tip.mono)):
            self._sign()

    def _sign(self) -> None:
        if self._checkpoints and self._tip.seq:
            self._checkpoints.try_one(self._tip.seq, self._tip.link, self._tip.mono)

    def _write(self, block: bytes, tip: Tip, signed: bytes = b"") -> None:
        """Write and wait for the disk; whatever interrupts it, the old end stays the end.

        `signed` is the checkpoint of the new end; it comes after, so that none is ahead of its
        journal.
        """
        before = self._tip
        try:
            self._refuse_a_second_writer()
        except OSError as error:
            raise _no_room(self.folder, error) from error
        try:
            write_fully(self._file, block)
            os.fsync(self._file)
            if self._checkpoints and signed:
                self._checkpoints.write(signed, tip.seq)
            self._tip = tip
        except OSError as error:
            raise _no_room(self.folder, error) from error
        finally:
            if self._tip is before:
                # If this fails too, the size differs and the next append refuses.
                with suppress(OSError):
                    os.ftruncate(self._file, before.size)

    def _refuse_a_second_writer(self) -> None:
        size = os.fstat(self._file).st_size
        if size != self._tip.size:
            message = f"somebody else wrote to the journal of {self.id}"
            raise BadJournal(
                message,
                why=f"it has {size} bytes, not {self._tip.size}",
                hint="Nothing more is written. Keep a copy of the folder and look at its end.",
            )

    def _set_aside(self, torn: bytes) -> None:
        """Move an unfinished line out of the way; it is saved before it is cut off."""
        spare = os.open(self.folder / TORN, _APPEND, 0o600)
        try:
            write_fully(spare, torn.rstrip(b"\n") + b"\n")
            os.fsync(spare)
        finally:
            os.close(spare)
        os.ftruncate(self._file, self._tip.size)
        os.fsync(self._file)
        sync_folder(self.folder)
        text = f"an unfinished line ({len(torn)} bytes) was set aside in {TORN}"
        self.append(Noted(text=text, by="sre"))


def _new_folder(root: Path, clock: Clock) -> Path:
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    (root / "incidents").mkdir(mode=0o700, exist_ok=True)
    day = stamp(clock.now())[:10].replace("-", "")
    for _ in range(TRIES):
        folder = folder_of(root, f"INC-{day}-{secrets.token_hex(2)}")
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            return folder
    message = f"no free incident id for {day} after {TRIES} tries"
    raise SreError(message, hint="Move old incidents out of the state folder.")


def _take(folder: Path, clock: Clock) -> int:
    """Lock an incident; the lock ends with the process, however that ends."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(lock, 200).decode(errors="replace").strip()
        os.close(lock)
        message = f"{folder.name} is being worked on by {holder or 'another process'}"
        raise InUse(
            message,
            hint="Wait for it or end it; to read along: sre incidents show " + folder.name,
        ) from error
    os.ftruncate(lock, 0)
    os.write(lock, f"pid {os.getpid()} (since {utc(clock.now())})\n".encode())
    return lock


def _whole(folder: Path) -> tuple[bytes, Tip]:
    """What a crash left unfinished, and where the sound part of the journal ends."""
    content = content_of(folder / JOURNAL)
    lines, torn = split(content)
    if not lines:
        raise empty(folder.name)
    *_, last = walk(lines, folder.name)
    links = [link(raw) for raw in lines]
    _compare_with_head(folder, links)
    _compare_with_checkpoints(folder, links)
    return torn, Tip(seq=last.seq, link=last.link, size=len(content) - len(torn))


def _compare_with_head(folder: Path, links: Sequence[str]) -> None:
    head = read_head(folder / HEAD)
    if head and (head[0] > len(links) or links[head[0] - 1] != head[1]):
        message = f"the journal of {folder.name} ends before entry {head[0]}, or that changed"
        raise BadJournal(
            message,
            why=f"it has {len(links)} entries; the file `head` knows of {head[0]}",
            hint="Nothing was changed on disk; look for a copy of the folder.",
        )


def _compare_with_checkpoints(folder: Path, links: Sequence[str]) -> None:
    for known in read_checkpoints(folder):
        if known.seq > len(links) or links[known.seq - 1] != known.head:
            message = f"the journal of {folder.name} does not hold what a checkpoint signed"
            raise BadJournal(
                message,
                why=f"it has {len(links)} entries; entry {known.seq} was signed",
                hint=f"Nothing was changed on disk; see: sre audit verify {folder.name}",
            )


def read_head(path: Path) -> tuple[int, str] | None:
    """Number and hash of the last line when the journal was last closed; None if it never was.

    Raises:
        BadJournal: The file is not what was written.
    """
    try:
        head = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        head = None
    match head:
        case {"seq": int(seq), "hash": str(hash_)} if seq > 0:
            return seq, hash_
        case _:
            message = f"{path} is not what was written"
            raise BadJournal(message)


def _write_head(path: Path, tip: Tip) -> None:
    if not tip.seq:
        return
    fresh = path.with_suffix(".new")
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        write_fully(file, dumps({"hash": tip.link, "seq": tip.seq}) + b"\n")
        os.fsync(file)
    finally:
        os.close(file)
    fresh.replace(path)


def _no_room(place: Path, error: OSError) -> SreError:
    return SreError(
        f"cannot write the journal in {place}",
        why=error.strerror or str(error),
        hint="Free space or mend the rights; without a journal nothing is changed.",
    )
