"""A real model for the tests of this folder, when somebody names one; they cost money."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.programs import Done, sre

from sreagent.simulator import Simulation

MODEL = os.environ.get("SRE_LIVE_MODEL", "")
"""Read, like all of this, before the tests lose their environment."""
URL = os.environ.get("SRE_LIVE_URL", "")
HOW = (
    "SRE_LIVE_MODEL is not set: no model to ask. "
    "Try: SRE_LIVE_MODEL=anthropic/claude-haiku-4-5 ANTHROPIC_API_KEY=… make live"
)
OF_PROVIDERS = ("AWS_", "AZURE_", "GOOGLE_", "VERTEX")
GIVEN = {
    name: value
    for name, value in os.environ.items()
    if name == "SRE_MODEL_KEY" or name.endswith("_API_KEY") or name.startswith(OF_PROVIDERS)
}
AWS_FILES = {"AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "credentials"}
HOME = Path.home()
USD_LIMIT = "0.50"
"""The most that one investigation may cost, in US dollars."""


@pytest.fixture(autouse=True)
def only_loopback() -> None:
    """Models are elsewhere: here tests may connect to other machines."""


@pytest.fixture(autouse=True)
def model(
    someone_elses_machine: None,  # noqa: ARG001 - first the environment is emptied
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The model that is asked, with the keys that were there; skips where there is none."""
    if not MODEL:
        pytest.skip(HOW)
    files = {name: str(HOME / ".aws" / file) for name, file in AWS_FILES.items()}
    for name, value in {**files, **GIVEN}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SRE_MODEL", MODEL)
    monkeypatch.setenv("SRE_MODEL_URL", URL)
    monkeypatch.setenv("SRE_USD_LIMIT", USD_LIMIT)
    return MODEL


@pytest.fixture(scope="module")
def cluster() -> Iterator[Mapping[str, str]]:
    """A bad rollout, and where it is played."""
    with Simulation.start("bad-deploy") as simulation:
        yield {
            "KUBECONFIG": str(simulation.kubeconfig),
            "PROMETHEUS_URL": simulation.prometheus_url,
        }


def investigate(cluster: Mapping[str, str], **more: str) -> Done:
    """What a person would type, told as JSON."""
    alert = "KubePodCrashLooping shop/checkout"
    return sre("investigate", alert, "--read-only", "--json", env={**cluster, **more})
