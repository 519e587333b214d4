"""A pretend cluster for tests that run the program as a whole."""

from collections.abc import Iterator

import pytest

from sreagent.simulator import Simulation


@pytest.fixture
def bad_deploy() -> Iterator[Simulation]:
    with Simulation.start("bad-deploy") as simulation:
        yield simulation
