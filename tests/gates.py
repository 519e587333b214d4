"""A gate for tests, with a ledger and a kill switch in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sreagent.domain.attempt import Attempt
from sreagent.domain.errors import SreError
from sreagent.domain.ports import Clock
from sreagent.policy.document import Policy
from sreagent.tools.changes import Changes
from sreagent.tools.gate import Gate


@dataclass
class Memory:
    """A ledger."""

    kept: list[Attempt] = field(default_factory=list)
    broken: bool = False

    def attempts(self) -> tuple[Attempt, ...]:
        if self.broken:
            msg = "cannot read the ledger"
            raise SreError(msg)
        return tuple(self.kept)

    def reserve(self, attempt: Attempt, check: Callable[[tuple[Attempt, ...]], None]) -> None:
        check(self.attempts())
        self.kept.append(attempt)


@dataclass
class Switch:
    """A kill switch."""

    said: str = ""
    broken: bool = False

    def reason(self) -> str:
        if self.broken:
            msg = "cannot use the kill switch"
            raise SreError(msg)
        return self.said


def gate_over(
    changes: Changes,
    clock: Clock,
    *,
    policy: Policy | None = None,
    ledger: Memory | None = None,
    switch: Switch | None = None,
    read_only: bool = False,
) -> Gate:
    return Gate(
        inner=changes,
        policy=policy or Policy(),
        clock=clock,
        ledger=ledger or Memory(),
        switch=switch or Switch(),
        read_only=read_only,
    )
