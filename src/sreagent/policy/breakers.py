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
    if action.verb in SCALINGS and _scalings(action, around) >= limits.scalings:
        yield Deny(
            "breaker/scalings",
            f"{action.target} was scaled {limits.scalings} times within the hour; "
            "scaling again does not help, look for the cause",
        )
    if action.verb in RESTARTS and _restarts(around) >= limits.restarts:
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


def _scalings(action: Action, around: Circumstances) -> int:
    service = (action.target.namespace, action.target.name)
    tried = [attempt.target for attempt in _recent(around, SCALINGS)]
    return sum((target.namespace, target.name) == service for target in tried)


def _restarts(around: Circumstances) -> int:
    return len(_recent(around, RESTARTS))


def _recent(around: Circumstances, verbs: frozenset[str]) -> list[Attempt]:
    since = around.now - HOUR
    return [attempt for attempt in around.attempts if attempt.verb in verbs and attempt.at > since]


def _of_incident(around: Circumstances) -> list[Attempt]:
    return [attempt for attempt in around.attempts if attempt.incident == around.incident]
