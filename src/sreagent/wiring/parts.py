"""What a run would use, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sreagent.domain.secrets import own
from sreagent.settings import Settings, policy_file, state_folder
from sreagent.wiring import connections, guards, models

if TYPE_CHECKING:
    from pathlib import Path

    from sreagent.domain.ports import Alerts, Clock, Cloud, Cluster, KillSwitch, Metrics, Model
    from sreagent.policy.document import Policy


@dataclass(frozen=True, slots=True)
class Parts:
    """Builds what a run with these settings would use, for `sre doctor`."""

    settings: Settings

    @property
    def namespace(self) -> str:
        """The namespace of the settings."""
        return self.settings.namespace

    @property
    def source(self) -> str:
        """Where the policy is from."""
        return str(policy_file(self.settings) or "the built-in one")

    @property
    def state(self) -> Path:
        """The state folder."""
        return state_folder()

    @property
    def clock(self) -> Clock:
        """The time of this machine."""
        return connections.system_clock()

    def cluster(self) -> Cluster:
        """The cluster."""
        return connections.cluster(self.settings, connections.system_clock())

    def metrics(self) -> Metrics | None:
        """Prometheus, where it is known."""
        own(connections.login_in(self.settings.prometheus))
        return connections.metrics(self.settings)

    def alerts(self) -> Alerts | None:
        """Alertmanager, where it is known."""
        own(connections.login_in(self.settings.alertmanager))
        return connections.alertmanager(self.settings) if self.settings.alertmanager else None

    def cloud(self) -> Cloud | None:
        """The AWS account, where a setting names one."""
        named = (self.settings.aws_profile, self.settings.aws_region, self.settings.aws_endpoint)
        return connections.cloud(self.settings) if any(named) else None

    def policy(self) -> Policy:
        """The policy that holds."""
        return guards.policy(self.settings)

    def switch(self) -> KillSwitch:
        """What stops all changes."""
        return guards.kill_switch(self.settings)

    def models(self) -> tuple[Model, ...]:
        """The language models, each once."""
        names = dict.fromkeys(filter(None, (self.settings.model, self.settings.model_small)))
        make = models.model_maker(self.settings, connections.system_clock()) if names else None
        return tuple(make(name) for name in names) if make else ()
