"""Stands in the door of the changes: nothing runs that policy or a person did not let through."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from sreagent.domain.action import Action
from sreagent.domain.errors import Denied
from sreagent.domain.record import Answer, Answered
from sreagent.domain.verdict import Allow, Ask, Deny, Verdict
from sreagent.policy.tiers import judge
from sreagent.tools.changes import Changes, Prepared


@dataclass(frozen=True, slots=True)
class Gate:
    """Wraps the changes and asks policy first."""

    inner: Changes
    read_only: bool = False

    def judge(self, prepared: Prepared) -> Verdict:
        """What policy says about this change at this moment."""
        if self.read_only:
            return Deny("read-only: this run changes nothing")
        return judge(prepared.action, prepared.facts)

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        """Preparing only reads and asks a dry run, so it goes through."""
        return self.inner.prepare(action, replicas_at_start=replicas_at_start)

    def run(self, prepared: Prepared, approval: Answered | None) -> str:
        """Make the change if policy allows it, or asks and a person said yes to exactly this.

        Raises:
            Denied: With the rule that matched.
        """
        verdict = self.judge(prepared)
        what = f"{prepared.action.verb} {prepared.action.target}"
        match verdict:
            case Allow():
                pass
            case Ask(rule=rule):
                if not _approves(approval, prepared):
                    msg = f"{what} has no approval for exactly this change ({rule})"
                    raise Denied(msg)
            case Deny(rule=rule):
                msg = f"{what} is not allowed: {rule}"
                raise Denied(msg)
            case other:
                assert_never(other)
        return self.inner.run(prepared)

    def settle(self, action: Action, after: Mapping[str, object]) -> bool:
        """Reading how it stands is free."""
        return self.inner.settle(action, after)


def _approves(approval: Answered | None, prepared: Prepared) -> bool:
    if approval is None or approval.answer is not Answer.RUN:
        return False
    return approval.digest == prepared.fingerprint
