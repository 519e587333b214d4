from collections.abc import Iterator
from typing import Any

import kubernetes
import pytest
from tests.simulator.staging import Stage

from sreagent.simulator import Simulation


@pytest.fixture(scope="module")
def running() -> Iterator[Simulation]:
    """The bad deploy, served over HTTP; shared by the tests of a file."""
    with Simulation.start("bad-deploy") as simulation:
        yield simulation


@pytest.fixture
def bad_deploy() -> Stage:
    return Stage("bad-deploy")


@pytest.fixture
def memory_limit() -> Stage:
    return Stage("memory-limit")


@pytest.fixture
def selector_mismatch() -> Stage:
    return Stage("selector-mismatch")


@pytest.fixture
def client(running: Simulation) -> Iterator[Any]:
    """The official client, as the admin."""
    config: Any = kubernetes.config
    api = config.new_client_from_config(str(running.kubeconfig))
    yield api
    api.close()
