"""Stands in the door of the changes: nothing runs that policy or a person did not let through.

Each question is asked twice: when a change is shown, and again right before it is sent, with the
breakers' ledger locked and the kill switch read anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from sreagent.domain.action import Action
from sreagent.domain.attempt import Attempt
from sreagent.domain.errors import Denied, Halted, SreError
from sreagent.domain.ports import Clock, KillSwitch, Ledger
from sreagent.domain.verdict import Allow, Ask, Autonomy, Deny, Verdict
from sreagent.policy.approvers import proven
from sreagent.policy.document import Policy
from sreagent.policy.facts import Circumstances, Origin
from sreagent.policy.tiers import by_two, judge
from sreagent.policy.tightening import Tighten, input_of, tightened
from sreagent.tools.changes import Changes, Prepared

APPROVAL_LASTS = timedelta(minutes=10)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a change belongs to, and why it was thought of."""

    incident: str
    action: str
    """Id of the proposal."""
    alert: str = ""
    origin: Origin = Origin.RULES
    in_scope: bool = True
    grounded: bool = True
    confident: bool = True
    restores: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's yes to exactly one change, good for one run and ten minutes."""

    by: str
    at: datetime
    digest: str
    """Fingerprint of what was shown."""
    proof: str = ""
    """Signature of who said it."""
    beforehand: bool = False
    """It was said before anything was shown (`--yes`): it counts for bounded changes only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Wraps the changes and asks policy first."""

    inner: Changes
    policy: Policy
    clock: Clock
    ledger: Ledger
    switch: KillSwitch
    ceiling: Autonomy = Autonomy.AUTONOMOUS
    """At most this much runs by itself, whatever the policy would let."""
    second: Tighten | None = None
    """Another policy that can only make a verdict stricter."""
    read_only: bool = False

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        """Preparing only reads and asks a dry run, so it goes through."""
        prepared = self.inner.prepare(action, replicas_at_start=replicas_at_start)
        return replace(prepared, policy=self.policy.version)

    def judge(self, prepared: Prepared, about: About) -> Verdict:
        """What policy says about this change at this moment."""
        try:
            attempts = self.ledger.attempts()
        except SreError as error:
            return Deny("breaker/unreadable", f"nobody knows what ran already: {error.message}")
        return self._judge(prepared, about, attempts)

    def run(self, prepared: Prepared, about: About, approvals: Sequence[Approval] = ()) -> str:
        """Make the change if policy allows it, or asks and enough people said yes to exactly this.

        The attempt is counted before anything is sent, whatever comes of it.

        Raises:
            Denied: With the rule that matched; Halted when that passes.
            SreError: As the change itself; or the ledger cannot be used.
        """

        def check(attempts: tuple[Attempt, ...]) -> None:
            verdict = self._judge(prepared, about, attempts)
            people: set[str] = set()
            if isinstance(verdict, Ask):
                unused = _unused(approvals, about, attempts)
                people = set(self._people(unused, prepared, about, verdict))
            _insist(verdict, people, f"{prepared.action.verb} {prepared.action.target}")

        attempt = Attempt(
            at=self.clock.now(),
            incident=about.incident,
            action=about.action,
            verb=prepared.action.verb,
            target=prepared.action.target,
            autonomous=not approvals,
        )
        self.ledger.reserve(attempt, check)
        return self.inner.run(prepared)

    def settle(self, action: Action, after: Mapping[str, object]) -> bool:
        """Reading how it stands is free."""
        return self.inner.settle(action, after)

    def missing(
        self, verdict: Ask, approvals: Sequence[Approval], prepared: Prepared, about: About
    ) -> int:
        """How many more people have to say yes."""
        try:
            unused = _unused(approvals, about, self.ledger.attempts())
        except SreError:
            # The gate says so when it is to run.
            unused = list(approvals)
        people = set(self._people(unused, prepared, about, verdict))
        return max(verdict.people - len(people), 0)

    def _judge(self, prepared: Prepared, about: About, attempts: tuple[Attempt, ...]) -> Verdict:
        around = Circumstances(
            now=self.clock.now(),
            alert=about.alert,
            origin=about.origin,
            read_only=self.read_only,
            in_scope=about.in_scope,
            grounded=about.grounded,
            confident=about.confident,
            restores=about.restores,
            attempts=_counting(attempts, about, self.clock.now()),
            incident=about.incident,
            halted=self._halted(),
            ceiling=self.ceiling,
        )
        verdict = judge(prepared.action, prepared.facts, around, self.policy)
        if self.second is None:
            return verdict
        given = input_of(prepared.action, prepared.facts, around, verdict)
        verdict = tightened(verdict, self.second, given)
        return by_two(verdict, {verdict.rule}, prepared.action, self.policy)

    def _halted(self) -> str:
        try:
            return self.switch.reason()
        except SreError as error:
            return f"{error.message}: {error.why}" if error.why else error.message

    def _people(
        self, approvals: Sequence[Approval], prepared: Prepared, about: About, verdict: Ask
    ) -> Iterator[str]:
        """Who said yes to exactly this, not too long ago."""
        for approval in approvals:
            enough = verdict.bounded or not approval.beforehand
            plain = verdict.people < 2 and not approval.proof
            known = enough and (plain or self._known(approval, about))
            if known and self._fresh(approval, prepared):
                yield approval.by

    def _known(self, approval: Approval, about: About) -> bool:
        """Whether it is who it says; where the policy names approvers, a key has to prove it."""
        if not self.policy.approvers:
            return True
        return proven(
            self.policy.approvers.get(approval.by, ""),
            approval.proof,
            incident=about.incident,
            action=about.action,
            digest=approval.digest,
            said_at=approval.at,
        )

    def _fresh(self, approval: Approval, prepared: Prepared) -> bool:
        """Bound to this change and not too old; one from the future means the clock went back."""
        age = self.clock.now() - approval.at
        return approval.digest == prepared.fingerprint and timedelta() <= age <= APPROVAL_LASTS


def _counting(attempts: Sequence[Attempt], about: About, now: datetime) -> tuple[Attempt, ...]:
    """Those of the last hour, and those of this incident."""
    since = now - HOUR
    return tuple(a for a in attempts if a.at > since or a.incident == about.incident)


def _unused(
    approvals: Sequence[Approval], about: About, attempts: Sequence[Attempt]
) -> list[Approval]:
    """Each yes is heard once: an attempt after it has used it up."""
    mine = [a.at for a in attempts if (a.incident, a.action) == (about.incident, about.action)]
    return [approval for approval in approvals if all(at < approval.at for at in mine)]


def _insist(verdict: Verdict, people: set[str], what: str) -> None:
    match verdict:
        case Allow():
            return
        case Ask(rule=rule, people=needed):
            if len(people) >= needed:
                return
            word = "no approval" if not people else f"{len(people)} of {needed} approvals"
            msg = f"{what} has {word} for exactly this change ({rule})"
            why = "a yes is for what was shown, for ten minutes, and for one run"
            raise Denied(msg, why=why, hint="look at it again, and approve it again")
        case Deny(rule=rule, reason=reason, passes=passes):
            msg = f"{what} is not allowed: {reason or rule}"
            denial = Halted if passes else Denied
            raise denial(msg, why=f"rule {rule}")
        case other:
            assert_never(other)
