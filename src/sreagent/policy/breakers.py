"""Circuit breakers: how many changes were tried lately.

Attempts count, whatever came of them. One from the future, after a clock went back, counts as now.
"""

from collections.abc import Iterator
from datetime import timedelta

from sreagent.domain.action import Action
from sreagent.domain.attempt import Attempt
from sreagent.domain.verdict import Ask, Deny
from sreagent.policy.document import Breakers
from sreagent.policy.facts import Circumstances

HOUR = timedelta(hours=1)
SCALINGS = frozenset({"scale", "set_autoscaler_bounds", "ecs_scale", "asg_scale"})
RESTARTS = frozenset(
    {
        *("rollout_restart", "delete_pod", "evict_pod", "drain"),
        *("ecs_redeploy", "rds_reboot", "ec2_reboot"),
    }
)


def open_breaker(action: Action, around: Circumstances, limits: Breakers) -> Iterator[Deny]:
    """Speaks when too much was tried for one more."""
    recent = [attempt for attempt in around.attempts if attempt.at > around.now - HOUR]
    if action.verb in SCALINGS and _scalings(action, recent) >= limits.scalings:
        yield Deny(
            "breaker/scalings",
            f"{action.target} was scaled {limits.scalings} times within the hour; "
            "scaling again does not help, look for the cause",
        )
    if action.verb in RESTARTS and _restarts(recent) >= limits.restarts:
        yield Deny(
            "breaker/restarts",
            f"{limits.restarts} restarts were tried within the hour; look for the cause",
        )
    if len(_of_incident(around)) >= limits.changes:
        yield Deny(
            "breaker/changes",
            f"{limits.changes} changes were tried in this incident; go on by hand",
        )


def autonomy_is_spent(around: Circumstances, limits: Breakers) -> Iterator[Ask]:
    """Speaks when enough was done in this incident with nobody asked."""
    if sum(attempt.autonomous for attempt in _of_incident(around)) >= limits.autonomous:
        yield Ask(
            "breaker/autonomous",
            f"{limits.autonomous} changes ran by themselves in this incident; now a person decides",
        )


def _scalings(action: Action, recent: list[Attempt]) -> int:
    service = (action.target.namespace, action.target.name)
    return sum(
        attempt.verb in SCALINGS and (attempt.target.namespace, attempt.target.name) == service
        for attempt in recent
    )


def _restarts(recent: list[Attempt]) -> int:
    return sum(attempt.verb in RESTARTS for attempt in recent)


def _of_incident(around: Circumstances) -> list[Attempt]:
    return [attempt for attempt in around.attempts if attempt.incident == around.incident]
