"""What every test gets: an empty home, nothing of the developer's accounts, no network."""

import os
import shutil
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

# Programs under test are started thousands of times: they keep what was compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# A shell ignores Ctrl-C for what it starts in the background, and programs under test inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

LAB = os.environ.get("SRE_TEST_LAB", "")
"""Folder of the incident lab, read before the tests lose their environment."""

LAB_PROGRAMS = ("kubectl", "openssl")
PERSONAL = ("SRE_", "AWS_", "AZURE_", "GOOGLE_", "KUBE", "PROMETHEUS_", "ALERTMANAGER_", "OTEL_")
LOOPBACK = ("127.", "localhost", "::1")


@pytest.fixture(autouse=True)
def someone_elses_machine(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Move the test to an empty home and folder, away from the developer's settings."""
    person = tmp_path_factory.mktemp("person")
    for name in [n for n in os.environ if n.startswith(PERSONAL) or n.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    for name, folder in (
        ("HOME", "home"),
        ("XDG_CONFIG_HOME", "home/.config"),
        ("XDG_STATE_HOME", "home/.local/state"),
    ):
        (person / folder).mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, str(person / folder))
    (person / "work").mkdir()
    monkeypatch.chdir(person / "work")


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects to another machine."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
            pytest.fail(f"a test tried to connect to {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)


@pytest.fixture(scope="session")
def lab_folder() -> Path:
    """The folder of the incident lab; for tests marked `lab`."""
    return Path(LAB)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file together, and those of the lab on two labs at most.

    Those of the lab take the longest, so they begin first, and nobody waits for them at the end.
    """
    items.sort(key=lambda item: not item.get_closest_marker("lab"))
    for item in items:
        group = item.path.stem
        if item.get_closest_marker("lab"):
            group = "lab scenarios" if group == "test_scenarios" else "lab"
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test of the lab where there is no lab, and say what is missing."""
    mark = item.get_closest_marker("lab")
    if mark and (reason := _why_no_lab((*LAB_PROGRAMS, *mark.args))):
        pytest.skip(reason)


def _why_no_lab(programs: tuple[str, ...]) -> str:
    if not LAB:
        return "SRE_TEST_LAB is not set: no incident lab to test on"
    if not (Path(LAB) / "lab").is_file():
        return f"SRE_TEST_LAB is {LAB!r}, which holds no incident lab"
    missing = [program for program in programs if not shutil.which(program)]
    return f"the incident lab needs {', '.join(missing)}" if missing else ""
