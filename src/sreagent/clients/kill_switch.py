"""The kill switch: a file of the state folder, a shared file, and the environment."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sreagent.domain.errors import SreError
from sreagent.domain.moment import parse_time, stamp, utc
from sreagent.domain.ports import Clock
from sreagent.domain.text import one_line

HALT = "halt"
GO = "go"
"""What a shared file says when changes may run."""
READ_AT_MOST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKillSwitch:
    """Changes are stopped while any of the three places says so, or cannot be read."""

    root: Path
    """The state folder."""
    shared: str = ""
    """A file that has to say `go`; empty for none."""
    wish: Callable[[], str]
    """Reads the environment's word anew each time."""

    def reason(self) -> str:
        """Why changes are stopped; empty when they are not.

        Raises:
            SreError: One of the places cannot be read, so nobody knows.
        """
        if word := self.wish():
            return f"SRE_HALT is set: {one_line(word, 200)}"
        return self._own() or self._shared()

    def halt(self, reason: str, by: str, clock: Clock) -> None:
        """Stop all changes of this state folder; on disk when this returns.

        Raises:
            SreError: It cannot be written.
        """
        body = {"at": stamp(clock.now()), "by": by, "reason": reason}
        fresh = self.root / f"{HALT}.new"
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                os.write(file, json.dumps(body).encode() + b"\n")
                os.fsync(file)
            finally:
                os.close(file)
            fresh.replace(self.root / HALT)
        except OSError as error:
            raise _trouble(self.root / HALT, error) from error

    def lift(self) -> bool:
        """Let changes run again; False when they were not stopped here.

        Raises:
            SreError: The file cannot be removed.
        """
        try:
            (self.root / HALT).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _trouble(self.root / HALT, error) from error
        return True

    def _own(self) -> str:
        try:
            content = _start_of(self.root / HALT)
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise _trouble(self.root / HALT, error) from error
        try:
            body = json.loads(content)
            at = parse_time(body["at"])
            when = utc(at) if at else body["at"]
            return one_line(f"{body['reason']} ({body['by']}, {when})")
        except (ValueError, KeyError, TypeError, AttributeError):
            # Whatever stands in it, somebody put it there.
            return one_line(content.decode(errors="replace")) or f"{self.root / HALT} is there"

    def _shared(self) -> str:
        if not self.shared:
            return ""
        path = Path(self.shared)
        try:
            said = _start_of(path).decode(errors="replace").strip()
        except OSError as error:
            raise _trouble(path, error) from error
        return "" if said == GO else one_line(said, 200) or f"{path} does not say `{GO}`"


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(READ_AT_MOST)


def _trouble(path: Path, error: OSError) -> SreError:
    return SreError(
        f"cannot use the kill switch {path}",
        why=error.strerror or str(error),
        hint="While that is so, no change runs.",
    )
