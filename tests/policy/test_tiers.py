"""Which changes go alone, which need a person, which are never made."""

from datetime import UTC, datetime

import pytest

from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.verdict import Allow, Ask, Deny
from sreagent.policy.document import Policy
from sreagent.policy.facts import Circumstances, Facts
from sreagent.policy.tiers import judge


def act(verb: str, name: str = "cart", namespace: str = "shop", **arguments: object) -> Action:
    kind = {"delete_pod": "Pod", "patch_service": "Service"}.get(verb, "Deployment")
    return Action(
        verb=verb, target=Entity(kind=kind, namespace=namespace, name=name), arguments=arguments
    )


NOW = Circumstances(now=datetime(2026, 11, 21, 1, 0, tzinfo=UTC))
TWO = Facts(replicas=2, replicas_at_start=2)
BROKEN_POD = Facts(controlled=True, ready=False)


@pytest.mark.parametrize(
    ("action", "facts", "bounded"),
    [
        pytest.param(act("rollout_restart"), TWO, True, id="restart"),
        pytest.param(act("scale", replicas=4), TWO, True, id="scale-to-double"),
        pytest.param(act("delete_pod"), BROKEN_POD, True, id="pod-that-does-not-serve"),
        pytest.param(act("rollout_undo", revision=1), TWO, False, id="rollback"),
        pytest.param(act("set_resources"), TWO, False, id="limits"),
        pytest.param(act("patch_service"), TWO, False, id="routing"),
        pytest.param(act("scale", replicas=0), TWO, False, id="to-zero"),
        pytest.param(act("scale", replicas=2), Facts(replicas=0), False, id="up-from-zero"),
        pytest.param(
            act("delete_pod"), Facts(controlled=True, ready=True), False, id="pod-that-serves"
        ),
        pytest.param(act("delete_pod"), Facts(), False, id="pod-nothing-makes-again"),
        pytest.param(act("rollout_restart", namespace="kube-system"), TWO, False, id="system"),
        pytest.param(act("rollout_restart", name="payment-api"), TWO, False, id="payments"),
        pytest.param(act("rollout_restart", namespace="auth"), TWO, False, id="authentication"),
        pytest.param(act("rollout_restart", name="paymentservice"), TWO, False, id="pay-stem"),
        pytest.param(act("rollout_restart", name="web-login"), TWO, False, id="login"),
        pytest.param(
            act("scale", replicas=3),
            Facts(replicas=2, replicas_at_start=2, unseen=("HorizontalPodAutoscaler",)),
            False,
            id="autoscalers-not-seen",
        ),
    ],
)
def test_a_change_is_asked_for_and_only_a_bounded_one_may_be_answered_by_a_flag(
    action: Action, facts: Facts, bounded: bool
) -> None:
    verdict = judge(action, facts, NOW, Policy())
    assert isinstance(verdict, Ask)
    assert verdict.bounded is bounded
    assert verdict.rule


@pytest.mark.parametrize(
    ("action", "facts"),
    [
        pytest.param(act("scale", replicas=11), Facts(replicas=8), id="above-ten"),
        pytest.param(act("scale", replicas=5), TWO, id="more-than-double"),
        pytest.param(
            act("scale", replicas=8),
            Facts(replicas=4, replicas_at_start=2),
            id="doubled-twice",
        ),
        pytest.param(
            act("scale", replicas=3), Facts(replicas=2, autoscaler="cart"), id="autoscaler"
        ),
        pytest.param(act("exec"), TWO, id="not-in-the-catalogue"),
    ],
)
def test_some_changes_are_never_made(action: Action, facts: Facts) -> None:
    assert isinstance(judge(action, facts, NOW, Policy()), Deny)


def test_no_change_is_ever_allowed_without_being_asked_for() -> None:
    verbs = ("rollout_undo", "rollout_restart", "scale", "set_resources", "patch_service")
    for verb in (*verbs, "delete_pod"):
        assert not isinstance(judge(act(verb, replicas=2), TWO, NOW, Policy()), Allow)
