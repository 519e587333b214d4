"""Every attempt at a change, of all processes of a state folder: what circuit breakers count.

attempts.jsonl   one canonical line for each attempt, on disk before the change is sent
attempts.lock    held while one process counts and adds
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sreagent.domain.attempt import Attempt
from sreagent.domain.entity import parse_path
from sreagent.domain.errors import SreError
from sreagent.domain.moment import parse_time
from sreagent.domain.ports import Clock
from sreagent.journal.codec import dumps, moment
from sreagent.journal.disk import sync_folder, write_fully

ATTEMPTS = "attempts.jsonl"
LOCK = "attempts.lock"
PATIENCE = 5.0
"""Seconds to wait for another process that counts; it holds the lock for milliseconds."""


@dataclass(frozen=True, slots=True)
class FileLedger:
    """The ledger of one state folder."""

    root: Path
    clock: Clock

    def attempts(self) -> tuple[Attempt, ...]:
        """All attempts, oldest first.

        Raises:
            SreError: The file cannot be read, or holds what was not written by this program.
        """
        with self._locked():
            return self._read()

    def reserve(self, attempt: Attempt, check: Callable[[tuple[Attempt, ...]], None]) -> None:
        """Count an attempt if `check` lets it; on disk when this returns.

        Raises:
            SreError: What `check` raised, or the ledger cannot be read or written.
        """
        with self._locked():
            check(self._read())
            self._add(attempt)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with _told(self.root):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take(lock)
            yield
        finally:
            os.close(lock)

    def _take(self, lock: int) -> None:
        deadline = self.clock.monotonic() + PATIENCE
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            if self.clock.monotonic() >= deadline:
                msg = f"another process has held {self.root / LOCK} for {PATIENCE:g} s"
                raise SreError(msg, why="changes are counted one at a time", hint="try again")
            self.clock.sleep(0.02)

    def _read(self) -> tuple[Attempt, ...]:
        with _told(self.root):
            try:
                content = (self.root / ATTEMPTS).read_bytes()
            except FileNotFoundError:
                return ()
        # A line without its end was never relied on: its change was not sent.
        *lines, _ = content.split(b"\n")
        return tuple(self._parse(number, raw) for number, raw in enumerate(lines, start=1))

    def _parse(self, number: int, raw: bytes) -> Attempt:
        try:
            return _attempt(json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"line {number} of {self.root / ATTEMPTS} is not what was written"
            raise SreError(
                msg,
                why="without it nobody knows how many changes were made",
                hint="No change runs until it is mended; keep a copy before you touch it.",
            ) from error

    def _add(self, attempt: Attempt) -> None:
        line = dumps(
            {
                "action": attempt.action,
                "at": moment(attempt.at),
                "autonomous": attempt.autonomous,
                "incident": attempt.incident,
                "target": attempt.target.path,
                "verb": attempt.verb,
            }
        )
        with _told(self.root):
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            file = os.open(self.root / ATTEMPTS, flags, 0o600)
            try:
                _drop_torn_end(file)
                write_fully(file, line + b"\n")
                os.fsync(file)
            finally:
                os.close(file)
            sync_folder(self.root)


def _attempt(body: Mapping[str, Any]) -> Attempt:
    at, autonomous = parse_time(body["at"]), body["autonomous"]
    if at is None or type(autonomous) is not bool:
        raise ValueError(body)
    return Attempt(
        at=at,
        incident=str(body["incident"]),
        action=str(body["action"]),
        verb=str(body["verb"]),
        target=parse_path(body["target"]),
        autonomous=autonomous,
    )


def _drop_torn_end(file: int) -> None:
    """Stand at the end of the last whole line."""
    size = os.fstat(file).st_size
    tail = os.pread(file, min(size, 65_536), max(size - 65_536, 0))
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    if torn:
        os.ftruncate(file, size - torn)
    os.lseek(file, 0, os.SEEK_END)


@contextmanager
def _told(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = f"cannot use the ledger of changes in {root}"
        raise SreError(
            msg,
            why=error.strerror or str(error),
            hint="Mend the rights or free space; without it no change runs.",
        ) from error
