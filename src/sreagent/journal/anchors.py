"""Anchors: checkpoints that are kept where this machine cannot rewrite them.

anchors.jsonl   what was anchored where, beside the journal; one signed line each

The same line, without a receipt, is what the place is given: an incident's id, a number, a hash,
two times and a signature. Nothing of what the journal says leaves the machine.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sreagent.domain.errors import BadJournal, BadSettings, NotFound
from sreagent.domain.ports import Clock
from sreagent.domain.text import one_line
from sreagent.journal.checkpoints import (
    CHECKPOINTS,
    FIELDS,
    Checkpoint,
    add_line,
    checkpoint_of,
    content_if_there,
    parse_checkpoint,
    time_of,
    unwritten,
)
from sreagent.journal.codec import Redact, moment
from sreagent.journal.seals import Checker, Sealed, Signer, lines_of, seal, unseal

T = TypeVar("T")

ANCHORS = "anchors.jsonl"
ANCHOR_FIELDS = FIELDS | {"anchored_at", "place", "receipt"}
PLACES = "try: file:PATH, command:LINE or s3://BUCKET/PREFIX"
RECEIPT = 2000
"""Characters of a receipt that are kept."""


class Place(Protocol):
    """Keeps what it was given, and does not let this machine change it."""

    @property
    def name(self) -> str:
        """What to call it; no login or argument stands in it."""
        ...

    def keep(self, name: str, line: bytes) -> str:
        """Keep one signed line under a name of its own; the receipt. Raises SreError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A checkpoint that a place was given."""

    checkpoint: Checkpoint
    anchored_at: datetime
    place: str
    receipt: str = ""
    """What the place answered, on one line."""

    def body(self) -> dict[str, Any]:
        """What is signed, as JSON data."""
        return {
            **self.checkpoint.body(),
            "anchored_at": moment(self.anchored_at),
            "place": self.place,
            "receipt": self.receipt,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorFile:
    """Anchors that come from elsewhere: from the place, or a copy of what it keeps."""

    name: str
    """As a message names it; `Place.name` for the place itself."""
    content: bytes = field(repr=False)
    """One line each. What cannot be read is a problem, not a gap."""

    def incidents(self) -> frozenset[str]:
        """Which incidents it names; broken lines name none."""
        lines, torn = lines_of(self.content)
        return frozenset(_incidents((*lines, torn)))


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A file that can only be added to, or that lies on another machine."""

    path: Path

    @property
    def name(self) -> str:
        """`file:` and the path."""
        return f"file:{self.path}"

    def keep(self, name: str, line: bytes) -> str:  # noqa: ARG002 - one shape for all places
        """Add the line and wait for the disk. The receipt says how long the file is now.

        Raises:
            SreError: It cannot be written.
        """
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                return f"{_add(file, line)} bytes"
            finally:
                os.close(file)
        except OSError as error:
            raise unwritten(self.path, error) from error


@dataclass(frozen=True, slots=True)
class ProgramPlace:
    """A program that takes a line to a place: a ticket, a chat, a timestamping service."""

    line: str
    """Program and arguments; no shell reads them."""

    @property
    def name(self) -> str:
        """`command:` and the program; its arguments may hold a password."""
        from sreagent.journal.keys import words_of  # noqa: PLC0415 - see keys

        return f"command:{words_of(self.line)[0]}"

    def keep(self, name: str, line: bytes) -> str:  # noqa: ARG002 - one shape for all places
        """Give the line to the program; what it prints is the receipt.

        Raises:
            SreError: It failed, or took too long.
        """
        from sreagent.journal.keys import PATIENCE, run_program  # noqa: PLC0415 - see keys

        said = run_program(
            self.line, line + b"\n", patience=PATIENCE, purpose="keep the checkpoint"
        )
        return said.decode(errors="replace")


def local_place(to: str) -> Place | None:
    """The place that `file:PATH` or `command:LINE` names; None for one that is reached otherwise.

    Raises:
        BadSettings: Path or line is missing.
    """
    kind, _, rest = to.partition(":")
    if kind not in ("file", "command"):
        return None
    if not rest.strip():
        message = f"{to!r} names no place"
        raise BadSettings(message, hint=PLACES)
    return FilePlace(Path(rest).expanduser().absolute()) if kind == "file" else ProgramPlace(rest)


def anchor(
    folder: Path, place: Place, *, signer: Signer, keys: Checker, clock: Clock, redact: Redact
) -> Anchor:
    """Give the newest checkpoint of an incident to a place, and note its receipt.

    One that the place was given before is not given again. A checkpoint counts when one of `keys`
    signed it: else a forged one would get a signature here. Whoever calls this has verified the
    journal: an anchor of a broken one would prove nothing.

    Raises:
        NotFound: There is no checkpoint with a right signature.
        SreError: It could not be signed, kept, or noted.
    """
    newest = _newest(folder, keys)
    known = _given_before(folder, newest, place.name, keys)
    if known:
        return known
    sent = Anchor(checkpoint=newest, anchored_at=clock.now(), place=place.name)
    name = f"{newest.incident}/{newest.seq:07d}-{newest.head[:12]}"
    receipt = place.keep(name, seal(sent.body(), signer))
    kept = replace(sent, receipt=redact(one_line(receipt, RECEIPT)))
    path = folder / ANCHORS
    try:
        add_line(path, seal(kept.body(), signer))
    except OSError as error:
        raise unwritten(path, error) from error
    return kept


def parse_anchor(raw: bytes) -> tuple[Anchor, Sealed]:
    """One line of anchors, its signature not yet checked.

    Raises:
        BadJournal: It is not a line that this program wrote.
    """
    sealed = unseal(raw, ANCHOR_FIELDS)
    body = sealed.body
    place, receipt = body["place"], body["receipt"]
    if not isinstance(place, str) or not isinstance(receipt, str):
        problem = "a field has the wrong type"
        raise BadJournal(problem)
    parsed = Anchor(
        checkpoint=checkpoint_of(body),
        anchored_at=time_of(body["anchored_at"]),
        place=place,
        receipt=receipt,
    )
    return parsed, sealed


def _newest(folder: Path, keys: Checker) -> Checkpoint:
    found = list(_signed(folder / CHECKPOINTS, parse_checkpoint, keys))
    if not found:
        message = f"{folder.name} has no checkpoint signed by a key that is known here"
        raise NotFound(
            message,
            why="it was written without a key, with another one, or by a version that did not sign",
            hint=f"Going on with it signs it: sre resume {folder.name}",
        )
    return max(found, key=lambda one: one.seq)


def _given_before(folder: Path, newest: Checkpoint, place: str, keys: Checker) -> Anchor | None:
    known = _signed(folder / ANCHORS, parse_anchor, keys)
    fitting = (one for one in known if one.place == place and one.checkpoint == newest)
    return next(fitting, None)


def _signed(
    path: Path, parse_line: Callable[[bytes], tuple[T, Sealed]], keys: Checker
) -> Iterator[T]:
    """What stands in a file with a right signature."""
    lines, _ = lines_of(content_if_there(path))
    for raw in lines:
        with suppress(BadJournal):
            found, sealed = parse_line(raw)
            if sealed.holds(keys):
                yield found


def _incidents(lines: Iterable[bytes]) -> Iterator[str]:
    for raw in lines:
        with suppress(BadJournal):
            yield parse_anchor(raw)[0].checkpoint.incident


def _add(file: int, line: bytes) -> int:
    """Add a line at the end; after the rest of an unfinished one, on a line of its own."""
    size = os.fstat(file).st_size
    lead = b"\n" if size and os.pread(file, 1, size - 1) != b"\n" else b""
    block = lead + line + b"\n"
    written = os.write(file, block)
    os.fsync(file)
    if written != len(block):
        raise OSError(28, "No space left on device")
    return size + written
