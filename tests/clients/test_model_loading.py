"""litellm is loaded in the background, asks nobody, and says nothing."""

import subprocess
import sys
from pathlib import Path

ALONE = """
import socket, sys
def refuse(*_): raise AssertionError("asks the network")
socket.socket.connect = socket.getaddrinfo = refuse
from sreagent.clients.model_loading import Loading
from sreagent.domain.errors import TimedOut
loading = Loading()
try:
    loading.wait(0)
    raise AssertionError("it was waited for")
except TimedOut:
    pass
assert loading.wait().completion
import gc, os
assert gc.isenabled()
assert "FROM_THE_FOLDER" not in os.environ
"""
LEFT = """
from sreagent.clients.model_loading import Loading
Loading()
"""
STOPPED = """
import _thread, sys, threading
from sreagent.clients.model_loading import Loading
loading = Loading()
threading.Timer(0.3, _thread.interrupt_main).start()
try:
    loading.wait()
except KeyboardInterrupt:
    sys.exit(7)
"""
BROKEN = """
import sys
sys.modules["litellm"] = None
from sreagent.clients.model_loading import Loading
from sreagent.domain.errors import Unreachable
try:
    Loading().wait()
except Unreachable as error:
    assert "litellm" in error.message and "pip" in error.hint
else:
    sys.exit(9)
"""


def run(program: str) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_it_reads_no_file_of_the_folder_and_nothing_from_the_network() -> None:
    Path(".env").write_text("FROM_THE_FOLDER=1\n", encoding="utf-8")
    assert run(ALONE) == (0, "")


def test_who_does_not_wait_may_leave() -> None:
    assert run(LEFT) == (0, "")


def test_ctrl_c_ends_the_waiting() -> None:
    assert run(STOPPED) == (7, "")


def test_one_that_cannot_be_loaded_is_told_to_who_waits() -> None:
    assert run(BROKEN) == (0, "")
