"""A pretend AWS account: moto's server as a program of its own, spoken to over HTTP."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

REGION = "eu-central-1"
TASKS = 3
"""Tasks that a new ECS service runs at once."""

_LISTENS = re.compile(r"Running on (http://127\.0\.0\.1:\d+)")


class Account:
    """The account behind a server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def reset(self) -> None:
        """Take everything away, rights too."""
        self._tell("reset")
        self._tell("reset-auth", "inf")

    def ask_for_rights(self) -> None:
        """From now on every call is checked against IAM."""
        self._tell("reset-auth", "0")

    def _tell(self, what: str, body: str = "") -> None:
        requests.post(f"{self.url}/moto-api/{what}", data=body, timeout=60).raise_for_status()


@contextmanager
def account(*, images: bool = True) -> Iterator[Account]:
    """A server for as long as it is needed.

    Without its images a region is made in a fraction of the time, after each reset anew.
    """
    server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    load = f"MOTO_EC2_LOAD_DEFAULT_AMIS={str(images).lower()}"
    command = ["env", f"MOTO_ECS_SERVICE_RUNNING={TASKS}", load, *server]
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with (
            log.open("w", encoding="utf-8") as out,
            subprocess.Popen(command, stdout=out, stderr=out) as program,
        ):
            try:
                yield Account(_address(program, log))
            finally:
                program.terminate()


def _address(program: subprocess.Popen[bytes], log: Path) -> str:
    while program.poll() is None:
        if found := _LISTENS.search(log.read_text(encoding="utf-8")):
            return found[1]
        time.sleep(0.05)
    msg = f"the server of the pretend account ended: {log.read_text(encoding='utf-8')}"
    raise AssertionError(msg)
