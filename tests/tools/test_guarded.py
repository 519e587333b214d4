"""A halt that comes while a change is under way stops its next request."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.gates import Switch

from sreagent.domain.errors import Denied, SreError
from sreagent.tools.guarded import guarded


@dataclass
class Port:
    """Something with reads and writes."""

    sent: list[str] = field(default_factory=list)

    def get(self, name: str) -> str:
        return f"got {name}"

    def patch(self, name: str, *, dry_run: bool = False) -> str:
        self.sent.append(f"{name} {dry_run}")
        return "patched"

    def call(self, service: str, operation: str, parameters: Any) -> str:
        del parameters
        self.sent.append(f"{service} {operation}")
        return "called"


def test_a_halt_stops_the_next_write_and_lets_reads_and_dry_runs_through() -> None:
    port, switch = Port(), Switch()
    behind = guarded(port, switch, ("patch", "call"))
    assert behind.patch("a") == "patched"
    switch.said = "failover"
    with pytest.raises(Denied, match="failover"):
        behind.patch("b")
    with pytest.raises(Denied, match="failover"):
        behind.call("ecs", "UpdateService", {})
    assert behind.get("c") == "got c"
    assert behind.patch("d", dry_run=True) == "patched"
    assert behind.call("ecs", "DescribeServices", {}) == "called"
    assert port.sent == ["a False", "d True", "ecs DescribeServices"]


def test_a_switch_that_cannot_be_read_stops_the_write() -> None:
    port = Port()
    with pytest.raises(SreError, match="kill switch"):
        guarded(port, Switch(broken=True), ("patch",)).patch("a")
    assert not port.sent
