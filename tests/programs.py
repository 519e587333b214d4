"""Runs `sre` as a person or a script does: as a program of its own."""

import codecs
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

SRE = Path(sys.executable).with_name("sre")
"""The installed command beside the interpreter that runs the tests."""
LIMIT = 180
"""Seconds after which a program under test is taken to hang."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a program ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.out)
        except ValueError:
            msg = f"exit {self.code}, not JSON: {self.out!r} {self.err!r}"
            raise AssertionError(msg) from None


def sre(*arguments: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Done:
    """Run `sre` without a terminal."""
    ended = subprocess.run(
        [str(SRE), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        env={**os.environ, **(env or {})},
        check=False,
    )
    return Done(ended.returncode, ended.stdout, ended.stderr)


class Terminal:
    """`sre` at a pretend terminal: read what it shows, type keys."""

    def __init__(self, *arguments: str, columns: int = 80) -> None:
        self.shown = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._pid, self._end = pty.fork()
        if self._pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "50"}
            os.execv(str(SRE), [str(SRE), *arguments])

    def wait_for(self, text: str, seconds: float = 60) -> str:
        """Read until the text was shown since the last time; returns what was shown."""
        begin, deadline = len(self.shown), time.monotonic() + seconds
        while text not in self.shown[begin:]:
            if not self._read(deadline):
                msg = f"{text!r} was not shown, but:\n{self.shown[begin:]}"
                raise AssertionError(msg)
        return self.shown[begin:]

    def type(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def finish(self, seconds: float = 90) -> int:
        """Read to the end; the exit code."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        if time.monotonic() >= deadline:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            msg = f"it did not end within {seconds} s:\n{self.shown}"
            raise AssertionError(msg)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._end)

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._end], [], [], max(deadline - time.monotonic(), 0))
        try:
            data = os.read(self._end, 65536) if ready else b""
        except OSError:
            return False
        self.shown += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self._decoder.decode(data))
        return bool(data)
