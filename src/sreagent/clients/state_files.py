"""States in files and from standard input."""

import fcntl
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sreagent.clients.state_many import (
    check_size,
    held_from,
    is_pattern,
    is_state,
    literal,
    side_by_side,
    wanted,
)
from sreagent.domain.drift import Trouble
from sreagent.domain.errors import BadInput, Forbidden, NotFound, SreError
from sreagent.domain.terraform import LARGEST, Held, StateSpec, StateText
from sreagent.domain.text import one_line

_NEVER_ENTERED = frozenset({".terraform", ".git", "node_modules", ".venv", ".terragrunt-cache"})
_STALE_IS_TOLD = sys.platform == "linux"
_FLOCK = "hhxxxxqqixxxx"
"""`struct flock` of Linux on 64 bits."""


class FileStates:
    """States in the file system. A folder means all `*.tfstate` below it."""

    def fetch(self, spec: StateSpec) -> Iterator[StateText | Trouble]:
        """Each state that a path, a folder or a pattern means.

        Raises:
            NotFound: There is no such file.
            Forbidden: It may not be read.
            BadInput: It is too large, or no file.
        """
        path = str(Path(spec.address).expanduser())
        if Path(path).is_dir():
            root = path
            pattern = "" if path == "." else f"{path.rstrip('/')}/"
        elif is_pattern(path) and not Path(path).exists():
            # Only what stands before the first pattern is known to be a folder.
            base = literal(path).rpartition("/")[0]
            root = base or ("/" if path.startswith("/") else ".")
            pattern = path
        else:
            yield _read(path)
            return
        names = wanted(spec, _walk(root), pattern)
        yield from side_by_side(names, _read_if_state, str)


class StdinStates:
    """The one state that another program hands over."""

    def __init__(self, stdin: BinaryIO) -> None:
        self._stdin = stdin

    def fetch(self, spec: StateSpec) -> Iterator[StateText | Trouble]:
        """The state; it can be taken once.

        Raises:
            BadInput: Nobody hands anything over, or it is too large.
        """
        if self._stdin.isatty():
            msg = "no state comes through standard input"
            raise BadInput(msg, hint="try: terraform state pull | sre drift --state -")
        body = self._stdin.read(LARGEST + 1)
        check_size("stdin", len(body))
        yield StateText(
            source="stdin",
            body=body,
            lock_unknown="a state from standard input does not tell its lock",
            spec=spec,
        )


def _walk(root: str) -> Iterator[tuple[str, int]]:
    """Files below a folder with their sizes, in order; what may not be entered is left out."""
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if name not in _NEVER_ENTERED)
        for name in sorted(names):
            path = Path(folder, name)
            try:
                yield str(path), path.stat().st_size
            except OSError:
                continue


def _read_if_state(path: str) -> StateText | None:
    text = _read(path)
    return text if is_state(path, text.body) else None


def _read(path: str) -> StateText:
    held, lock_unknown = _lock(Path(path))
    try:
        with Path(path).open("rb") as file:
            # A pipe has no size: `<(terraform state pull)`.
            check_size(path, os.fstat(file.fileno()).st_size)
            body = file.read(LARGEST + 1)
    except OSError as error:
        raise _unread(path, error) from error
    check_size(path, len(body))
    return StateText(
        source=path,
        body=body,
        held=held,
        lock_unknown=lock_unknown,
        spec=StateSpec(scheme="file", address=path),
    )


def _unread(path: str, error: OSError) -> SreError:
    told = f"cannot read the state {one_line(path)}: {(error.strerror or str(error)).lower()}"
    if isinstance(error, PermissionError):
        return Forbidden(told, hint=f"try: ls -l {one_line(path)}")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        there = sorted(each.name for each in _siblings(Path(path)))[:3]
        return NotFound(told, why=f"beside it: {', '.join(there)}" if there else "", hint=_HOW)
    return BadInput(told, hint=_HOW)


_HOW = (
    "try: a path, a pattern ('states/**/*.tfstate') or terraform state pull | sre drift --state -"
)


def _siblings(path: Path) -> Iterator[Path]:
    try:
        yield from path.parent.glob("*.tfstate")
    except OSError:
        return


def _lock(path: Path) -> tuple[Held | None, str]:
    """Who holds the lock, or why nobody knows.

    Terraform writes a file, and leaves it behind when it is killed.
    """
    note = path.with_name(f".{path.name}.lock.info")
    try:
        body = note.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None, ""
    except OSError as error:
        return None, f"cannot read {one_line(str(note))}: {(error.strerror or str(error)).lower()}"
    return (held_from(body) if _is_locked(path) else None), ""


def _is_locked(path: Path) -> bool:
    """Whether a process holds the lock of a file. Asked without taking it; yes when not known."""
    if not _STALE_IS_TOLD:
        return True
    try:
        with path.open("rb") as file:
            asked = struct.pack(_FLOCK, fcntl.F_WRLCK, 0, 0, 0, 0)
            answer = struct.unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))
    except (OSError, struct.error):
        return True
    return bool(answer[0] != fcntl.F_UNLCK)
