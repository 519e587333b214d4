"""One real control plane for all lab tests; each scenario replaces the one before."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(slots=True)
class Lab:
    """A running lab."""

    folder: Path
    state: Path
    environment: dict[str, str]
    applied: str = ""

    def run(self, *arguments: str) -> str:
        done = self._try(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _try(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.folder / "lab"), *arguments, "--dir", str(self.state)]
        return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)

    def apply(self, scenario: Path, *, again: bool = False) -> None:
        """Bring the cluster into the state of a scenario, unless it is in it and nobody wrote."""
        if again or self.applied != str(scenario) or self._try("calls", "--writes").returncode:
            self.applied = ""
            # On a busy machine a controller may miss the moment that the lab waits for.
            if self._try("apply", str(scenario)).returncode:
                self.run("apply", str(scenario))
            self.run("calls", "--mark")
            self.applied = str(scenario)

    @property
    def example(self) -> Path:
        return self.folder / "examples"


@pytest.fixture(scope="session")
def lab(lab_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    started = Lab(lab_folder, tmp_path_factory.mktemp("lab"), {})
    printed = started.run("up", "--prometheus", "--alertmanager")
    exports = [line.removeprefix("export ") for line in printed.splitlines() if "=" in line]
    started.environment = dict(line.split("=", 1) for line in exports)
    yield started
    started.run("down")
