"""Circuit breakers: how much may be tried, whatever came of it."""

from typing import Any

import pytest
from tests.policy.situations import CALM, act, around, policy, tried

from sreagent.domain.attempt import Attempt
from sreagent.domain.entity import Entity
from sreagent.domain.verdict import Allow, Ask, Deny
from sreagent.policy.document import Policy
from sreagent.policy.tiers import judge

OTHER = Entity(kind="Deployment", namespace="shop", name="frontend")
SAME_NAME = Entity(kind="HorizontalPodAutoscaler", namespace="shop", name="cart")
MINE: dict[str, Any] = {"incident": "INC-1"}


@pytest.mark.parametrize(
    ("verb", "attempts", "rule"),
    [
        pytest.param("scale", tried(times=2), "tier/scale", id="third-scaling"),
        pytest.param("scale", tried(times=3), "breaker/scalings", id="fourth-scaling"),
        pytest.param(
            "scale", tried(times=3, minutes=59.9), "breaker/scalings", id="within-the-hour"
        ),
        pytest.param("scale", tried(times=3, minutes=60.1), "tier/scale", id="after-the-hour"),
        pytest.param(
            "scale", tried(times=3, minutes=-90), "breaker/scalings", id="the-clock-went-back"
        ),
        pytest.param("scale", tried(times=3, target=OTHER), "tier/scale", id="another-service"),
        pytest.param(
            "scale",
            tried("set_autoscaler_bounds", times=3, target=SAME_NAME),
            "breaker/scalings",
            id="its-autoscaler",
        ),
        pytest.param(
            "rollout_restart", tried("rollout_restart", times=4), "tier/rollout_restart", id="fifth"
        ),
        pytest.param(
            "rollout_restart",
            tried("rollout_restart", times=5, target=OTHER),
            "breaker/restarts",
            id="restarts-of-anything",
        ),
        pytest.param(
            "delete_pod",
            tried("rollout_restart", times=2) + tried("evict_pod", times=3),
            "breaker/restarts",
            id="restarts-by-other-means",
        ),
        pytest.param(
            "rollout_undo",
            tried("patch_service", times=9, **MINE),
            "tier/rollout_undo",
            id="tenth-change",
        ),
        pytest.param(
            "rollout_undo",
            tried("patch_service", times=10, minutes=6000, **MINE),
            "breaker/changes",
            id="eleventh-change-days-later",
        ),
        pytest.param(
            "rollout_undo", tried("patch_service", times=10), "tier/rollout_undo", id="of-another"
        ),
        pytest.param(
            "rollout_undo", tried("rollout_restart", times=5), "tier/rollout_undo", id="no-restart"
        ),
    ],
)
def test_a_breaker_opens_after_so_many_attempts(
    verb: str, attempts: tuple[Attempt, ...], rule: str
) -> None:
    verdict = judge(act(verb), CALM, around(attempts=attempts), Policy())
    assert verdict.rule == rule
    assert isinstance(verdict, Deny) is rule.startswith("breaker/")


@pytest.mark.parametrize(
    ("times", "kind"),
    [pytest.param(2, Allow, id="two-ran-unasked"), pytest.param(3, Ask, id="three-ran-unasked")],
)
def test_after_three_changes_unasked_a_person_decides(times: int, kind: type) -> None:
    attempts = tried("patch_service", times=times, minutes=600, autonomous=True, **MINE)
    free = policy(autonomy={"default": "responder"})
    assert isinstance(judge(act("scale"), CALM, around(attempts=attempts), free), kind)


@pytest.mark.parametrize(
    ("breakers", "verb", "attempts", "rule"),
    [
        pytest.param({"scalings": 1}, "scale", tried(), "breaker/scalings", id="scalings"),
        pytest.param({"scalings": 0}, "scale", (), "breaker/scalings", id="no-scaling-at-all"),
        pytest.param({"restarts": 0}, "rollout_restart", (), "breaker/restarts", id="no-restart"),
        pytest.param({"changes": 0}, "rollout_undo", (), "breaker/changes", id="no-change"),
    ],
)
def test_a_policy_may_lower_a_breaker(
    breakers: dict[str, Any], verb: str, attempts: tuple[Attempt, ...], rule: str
) -> None:
    held = policy(breakers=breakers)
    assert judge(act(verb), CALM, around(attempts=attempts), held).rule == rule
