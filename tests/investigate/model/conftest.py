"""One pretend cluster with a bad rollout, and scripted models to look at it."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from sreagent.cli.person import Nobody
from sreagent.domain.alert import Alert
from sreagent.domain.incident import Incident
from sreagent.domain.record import Told, Turn
from sreagent.settings import Settings
from sreagent.simulator import Simulation
from sreagent.simulator.chat_site import ChatSite, chat
from sreagent.wiring import runs

Turns = Sequence[dict[str, Any]]
ALERT = Alert(name="KubePodCrashLooping shop/checkout", status="firing")
CRASH = "{{evidence:broken logs: pod shop/checkout}}"
"""The evidence in which the rules tell of the crash, as the model reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of an investigation with a scripted model."""

    incident: Incident
    site: ChatSite

    @property
    def turns(self) -> list[Turn]:
        return [e.record for e in self.incident.entries if isinstance(e.record, Turn)]

    @property
    def told(self) -> list[Told]:
        return [e.record for e in self.incident.entries if isinstance(e.record, Told)]

    @property
    def blamed(self) -> str:
        return self.incident.diagnosis.entity.path if self.incident.diagnosis else ""

    @property
    def by(self) -> str:
        return self.incident.concluded.by if self.incident.concluded else ""


Play = Callable[..., Played]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Simulation]:
    with Simulation.start("bad-deploy") as simulation:
        yield simulation


@pytest.fixture
def play(cluster: Simulation, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Investigate, or go on with an incident, with a model that says what a script says."""
    monkeypatch.setenv("OPENAI_API_KEY", secrets.token_hex(16))

    def played(
        script: Turns | dict[str, Any],
        *,
        read_only: bool = True,
        alert: Alert = ALERT,
        incident: str = "",
        **set_: Any,
    ) -> Played:
        serving: AbstractContextManager[ChatSite] = chat(script)
        with serving as site:
            wanted = {"model": "openai/sim", "model_url": site.url, "time_limit": 30.0, **set_}
            settings = Settings(
                kubeconfig=str(cluster.kubeconfig), prometheus=cluster.prometheus_url, **wanted
            )
            wishes, people = runs.Wishes(read_only=read_only), Nobody("tester", yes=False)
            running = (
                runs.resumption(incident, settings, wishes, people)
                if incident
                else runs.investigation(alert, settings, wishes, people)
            )
            with running as run:
                for _ in run.happenings():
                    pass
                return Played(incident=run.incident, site=site)

    return played


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """A turn that calls one tool."""
    return {"calls": [{"name": name, "arguments": arguments}]}


def conclusion(**more: Any) -> dict[str, Any]:
    """The right one, unless told otherwise."""
    said = {
        "root_cause": "checkout revision 2 needs PAYMENT_PROVIDERS, which is set nowhere",
        "entity": "Deployment/shop/checkout",
        "category": "deployment",
        "confidence": 0.95,
        "evidence": [CRASH],
        "refuted_by": "a pod of revision 2 that runs",
    }
    return call("conclude", **{**said, **more})
