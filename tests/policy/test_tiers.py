"""Which changes go alone, which need a person, which are never made."""

from dataclasses import replace
from typing import Any

import pytest
from tests.policy.situations import CALM, act, around, policy, tried

from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.verdict import Allow, Ask, Autonomy, Deny, Tier
from sreagent.policy.document import Policy
from sreagent.policy.facts import Facts, Origin
from sreagent.policy.tiers import BOUNDED, PERSON, VERBS, explain, judge

SERVING = replace(CALM, ready=True, capacity=20, at_once=1, headroom=1)


@pytest.mark.parametrize("verb", sorted(BOUNDED))
def test_a_bounded_change_is_asked_for_and_a_flag_may_answer(verb: str) -> None:
    verdict = judge(act(verb), CALM, around(), Policy())
    assert isinstance(verdict, Ask)
    assert (verdict.rule, verdict.bounded, verdict.people) == (f"tier/{verb}", True, 1)


@pytest.mark.parametrize("verb", sorted(PERSON))
def test_every_other_change_needs_a_person(verb: str) -> None:
    verdict = judge(act(verb), CALM, around(), Policy())
    assert isinstance(verdict, Ask)
    assert not verdict.bounded
    assert verdict.reason


def test_every_verb_has_its_place_in_one_of_the_tables() -> None:
    assert set(BOUNDED) | set(PERSON) == VERBS
    assert not set(BOUNDED) & set(PERSON)


def on(kind: str, name: str = "cart", namespace: str = "shop", **arguments: object) -> Action:
    target = Entity(kind=kind, namespace=namespace, name=name)
    return Action(verb="restore_applied", target=target, arguments=arguments)


@pytest.mark.parametrize(
    ("action", "facts", "rule"),
    [
        pytest.param(act("scale", replicas=0), CALM, "always/zero", id="to-zero"),
        pytest.param(
            act("set_autoscaler_bounds", min_replicas=0, max_replicas=2),
            CALM,
            "always/zero",
            id="autoscaler-down-to-zero",
        ),
        pytest.param(act("ecs_scale", desired_count=0), CALM, "always/zero", id="ecs-to-zero"),
        pytest.param(
            act("rollout_restart", namespace="kube-system"), CALM, "always/system", id="system"
        ),
        pytest.param(
            act("rollout_restart", namespace="istio-system"), CALM, "always/system", id="mesh"
        ),
        pytest.param(
            act("rollout_restart", name="payment-api"), CALM, "always/payments", id="payments"
        ),
        pytest.param(
            act("rollout_restart", name="paymentservice"), CALM, "always/payments", id="pay-stem"
        ),
        pytest.param(
            act("patch_service", selector={"app": "payments"}),
            CALM,
            "always/payments",
            id="traffic-to-payments",
        ),
        pytest.param(
            act("restore_env", name="PAYMENT_PROVIDERS"),
            CALM,
            "always/payments",
            id="setting-of-payments",
        ),
        pytest.param(
            act("rollout_restart", namespace="auth"), CALM, "always/access", id="authentication"
        ),
        pytest.param(act("rollout_restart", name="web-login"), CALM, "always/access", id="login"),
        pytest.param(
            act("ecs_redeploy", name="iam-sync"), CALM, "always/access", id="ecs-and-access"
        ),
        pytest.param(on("NetworkPolicy"), CALM, "always/security", id="network-policy"),
        pytest.param(
            act("rollout_restart", name="kyverno"), CALM, "always/security", id="admission"
        ),
        pytest.param(on("ClusterRole", namespace=""), CALM, "always/access", id="rbac"),
        pytest.param(on("Namespace", namespace=""), CALM, "always/cluster", id="namespace"),
        pytest.param(
            on("CustomResourceDefinition", namespace=""), CALM, "always/cluster", id="crd"
        ),
        pytest.param(
            act("delete_job", name="db-migrate-42"), CALM, "always/schema", id="migration"
        ),
        pytest.param(act("suspend", name="nightly-backup"), CALM, "always/data", id="backup"),
        pytest.param(act("resume", name="purge-orders"), CALM, "always/data", id="purge"),
        pytest.param(act("drain"), CALM, "always/nodes", id="drain"),
        pytest.param(act("silence"), CALM, "always/silence", id="silence"),
        pytest.param(
            act("ecs_redeploy", region="eu-west-1"), CALM, "always/region", id="other-region"
        ),
        pytest.param(
            act("delete_pod"), replace(SERVING, headroom=3), "tier/delete_pod", id="pod-that-serves"
        ),
        pytest.param(
            act("delete_pod"),
            replace(CALM, controlled=False),
            "tier/delete_pod",
            id="pod-nothing-makes-again",
        ),
        pytest.param(
            act("scale", replicas=2), replace(CALM, replicas=0), "tier/scale", id="up-from-zero"
        ),
        pytest.param(
            act("scale", replicas=3),
            replace(CALM, unseen=("HorizontalPodAutoscaler",)),
            "unseen",
            id="autoscalers-not-seen",
        ),
        pytest.param(act("scale"), Facts(), "unseen", id="number-not-known"),
        pytest.param(
            act("rollout_restart"),
            replace(CALM, capacity=9, at_once=1),
            "share",
            id="more-than-a-tenth-at-once",
        ),
        pytest.param(
            act("scale", replicas=8),
            replace(CALM, replicas=10, replicas_at_start=10),
            "share",
            id="a-fifth-less",
        ),
        pytest.param(
            act("set_autoscaler_bounds", min_replicas=2, max_replicas=5),
            replace(CALM, replicas=8, replicas_at_start=8),
            "share",
            id="autoscaler-may-make-less",
        ),
        pytest.param(
            act("rollout_restart"),
            replace(CALM, capacity=20, at_once=1, headroom=0, budget="cart"),
            "budget",
            id="restart-against-a-budget",
        ),
        pytest.param(
            act("rollout_restart"), replace(CALM, owner="Argo CD"), "owner", id="argo-owns-it"
        ),
        pytest.param(
            act("delete_pod"),
            replace(CALM, state_lost=("emptyDir cache",)),
            "state",
            id="state-is-lost",
        ),
    ],
)
def test_a_person_decides_where_names_or_live_facts_say_so(
    action: Action, facts: Facts, rule: str
) -> None:
    # Where each of these holds, no level of autonomy makes it run by itself.
    for level in (Autonomy.ASSISTANT, Autonomy.RESPONDER, Autonomy.AUTONOMOUS):
        verdict = judge(action, facts, around(), policy(autonomy={"default": level}))
        assert isinstance(verdict, Ask)
        assert (verdict.rule, verdict.bounded) == (rule, False)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("CheckoutPayments", "always/payments"),
        ("prod-billing-api", "always/payments"),
        ("refund-worker", "always/payments"),
        ("IAMSync", "always/access"),
        ("api-authn", "always/access"),
        ("token-issuer", "always/access"),
        ("web-certs", "always/security"),
        ("edge-waf", "always/security"),
        ("flyway-job", "always/schema"),
        ("OrderCleanup", "always/data"),
        ("pg-backup", "always/data"),
        ("db-failover", "always/region"),
        ("checkout", "tier/rollout_restart"),
        ("concert", "tier/rollout_restart"),
        ("delivery", "tier/rollout_restart"),
        ("capacity-planner", "tier/rollout_restart"),
        ("dropbox", "tier/rollout_restart"),
    ],
)
def test_a_name_tells_what_it_has_to_do_with(name: str, rule: str) -> None:
    assert judge(act("rollout_restart", name=name), CALM, around(), Policy()).rule == rule


@pytest.mark.parametrize(
    ("circumstances", "rule"),
    [
        pytest.param({"origin": Origin.LINE}, "line", id="a-written-line"),
        pytest.param({"grounded": False}, "taint", id="only-free-text"),
        pytest.param({"confident": False}, "confidence", id="not-sure"),
        pytest.param({"in_scope": False}, "scope", id="rules-outside-the-incident"),
        pytest.param(
            {"attempts": tried("cordon", times=3, autonomous=True, incident="INC-1")},
            "breaker/autonomous",
            id="three-ran-by-themselves",
        ),
    ],
)
def test_a_person_decides_where_the_thought_is_not_good_enough(
    circumstances: dict[str, Any], rule: str
) -> None:
    verdict = judge(
        act("rollout_restart"),
        CALM,
        around(**circumstances),
        policy(autonomy={"default": "autonomous"}),
    )
    assert isinstance(verdict, Ask)
    assert (verdict.rule, verdict.bounded) == (rule, False)


def test_a_person_who_asks_for_exactly_this_needs_no_evidence() -> None:
    asked = around(origin=Origin.PERSON, grounded=False, confident=False, in_scope=False)
    verdict = judge(act("rollout_restart"), CALM, asked, Policy())
    assert verdict.rule == "tier/rollout_restart"


@pytest.mark.parametrize(
    ("action", "facts", "rule"),
    [
        pytest.param(
            act("scale", replicas=11), replace(CALM, replicas=8), "limit/replicas", id="above-ten"
        ),
        pytest.param(act("scale", replicas=5), CALM, "limit/doubling", id="more-than-double"),
        pytest.param(
            act("scale", replicas=8), replace(CALM, replicas=4), "limit/doubling", id="twice-twice"
        ),
        pytest.param(
            act("set_autoscaler_bounds", max_replicas=20), CALM, "limit/replicas", id="bounds"
        ),
        pytest.param(act("asg_scale", desired_capacity=5), CALM, "limit/doubling", id="instances"),
        pytest.param(act("scale", replicas="4"), CALM, "limit/number", id="text-for-a-number"),
        pytest.param(act("scale", replicas=True), CALM, "limit/number", id="truth-for-a-number"),
        pytest.param(act("scale", replicas=-1), CALM, "limit/number", id="less-than-none"),
        pytest.param(act("scale"), replace(CALM, autoscaler="cart"), "autoscaler", id="autoscaler"),
        pytest.param(
            act("evict_pod"),
            replace(SERVING, headroom=0, budget="cart"),
            "budget",
            id="budget-used-up",
        ),
        pytest.param(act("exec"), CALM, "catalogue", id="not-in-the-catalogue"),
    ],
)
def test_some_changes_are_never_made(action: Action, facts: Facts, rule: str) -> None:
    verdict = judge(action, facts, around(), policy(autonomy={"default": "autonomous"}))
    assert isinstance(verdict, Deny)
    assert verdict.rule == rule
    assert verdict.reason


@pytest.mark.parametrize(
    ("circumstances", "rule"),
    [
        pytest.param({"halted": "db is on fire"}, "halt", id="halted"),
        pytest.param({"read_only": True}, "read-only", id="read-only"),
        pytest.param({"ceiling": Autonomy.OBSERVER}, "autonomy/observer", id="observer"),
        pytest.param({"ceiling": Autonomy.ADVISOR}, "autonomy/advisor", id="advisor"),
        pytest.param(
            {"origin": Origin.MODEL, "in_scope": False}, "scope", id="model-outside-the-incident"
        ),
        pytest.param(
            {"origin": Origin.LINE, "in_scope": False}, "scope", id="line-outside-the-incident"
        ),
    ],
)
def test_nothing_is_changed_where_changes_are_stopped(
    circumstances: dict[str, Any], rule: str
) -> None:
    verdict = judge(act("rollout_restart"), CALM, around(**circumstances), Policy())
    assert isinstance(verdict, Deny)
    assert verdict.rule == rule


def test_the_kill_switch_speaks_before_everything_else() -> None:
    stopped = around(halted="stop", read_only=True, ceiling=Autonomy.OBSERVER)
    verdict = judge(act("exec"), CALM, stopped, Policy())
    assert verdict.rule == "halt"
    assert "stop" in verdict.reason


def test_a_freeze_tells_until_when() -> None:
    window = {"name": "sale", "zone": "UTC", "from": "2026-11-20T18:00", "to": "2026-11-30T09:00"}
    verdict = judge(act("rollout_restart"), CALM, around(), policy(freeze=[window]))
    assert verdict.rule == "freeze/sale"
    assert "2026-11-30T09:00 UTC" in verdict.reason


@pytest.mark.parametrize(
    ("level", "action", "allowed"),
    [
        pytest.param("assistant", act("rollout_restart"), None, id="assistant-asks"),
        pytest.param("responder", act("rollout_restart"), Tier.BOUNDED, id="responder-bounded"),
        pytest.param("responder", act("rollout_undo"), None, id="responder-asks-for-more"),
        pytest.param("autonomous", act("rollout_restart"), Tier.BOUNDED, id="autonomous-bounded"),
        pytest.param("autonomous", act("rollout_undo"), Tier.PERSON, id="autonomous-reversible"),
    ],
)
def test_autonomy_says_how_much_runs_by_itself(
    level: str, action: Action, allowed: Tier | None
) -> None:
    verdict = judge(action, CALM, around(), policy(autonomy={"default": level}))
    assert isinstance(verdict, Allow) is (allowed is not None)
    assert allowed is None or (isinstance(verdict, Allow) and verdict.tier is allowed)


def test_a_higher_lower_bound_takes_no_capacity_away() -> None:
    bounds = Action(
        verb="set_autoscaler_bounds",
        target=act("set_autoscaler_bounds").target,
        arguments={"min_replicas": 3},
    )
    facts = replace(CALM, replicas=8, replicas_at_start=8)
    verdict = judge(bounds, facts, around(), Policy())
    assert verdict.rule == "tier/set_autoscaler_bounds"


@pytest.mark.parametrize(
    ("bounds", "rule"),
    [
        pytest.param({"min_replicas": 4}, "tier/set_autoscaler_bounds", id="least-doubled"),
        pytest.param({"min_replicas": 5}, "limit/doubling", id="least-more-than-doubled"),
        pytest.param(
            {"min_replicas": 5, "max_replicas": 9}, "limit/doubling", id="least-beside-a-good-most"
        ),
        pytest.param(
            {"min_replicas": 4, "max_replicas": 10}, "tier/set_autoscaler_bounds", id="both-good"
        ),
    ],
)
def test_each_bound_is_counted_from_its_own_value_at_incident_start(
    bounds: dict[str, int], rule: str
) -> None:
    action = replace(act("set_autoscaler_bounds"), arguments=bounds)
    facts = replace(CALM, replicas=8, replicas_at_start=8, least_at_start=2)
    assert judge(action, facts, around(), Policy()).rule == rule


def test_autonomy_never_makes_what_cannot_be_undone() -> None:
    free = policy(autonomy={"default": "autonomous"})
    verdict = judge(act("rds_reboot"), replace(CALM, reversible=False), around(), free)
    assert isinstance(verdict, Ask)


def test_autonomy_can_be_given_to_one_alert_and_is_cut_by_the_ceiling_of_the_run() -> None:
    held = policy(autonomy={"default": "observer", "alerts": {"PodCrash": "responder"}})
    restart = act("rollout_restart")
    assert isinstance(judge(restart, CALM, around(alert="PodCrash"), held), Allow)
    assert isinstance(judge(restart, CALM, around(alert="podcrash"), held), Deny)
    cut = around(alert="PodCrash", ceiling=Autonomy.ASSISTANT)
    assert isinstance(judge(restart, CALM, cut, held), Ask)


def test_a_policy_may_leave_a_verb_to_a_person_or_deny_it() -> None:
    held = policy(
        autonomy={"default": "autonomous"}, tiers={"rollout_restart": "person", "scale": "deny"}
    )
    asked = judge(act("rollout_restart"), CALM, around(), held)
    assert isinstance(asked, Ask)
    assert (asked.rule, asked.bounded) == ("policy/rollout_restart", False)
    assert judge(act("scale"), CALM, around(), held).rule == "policy/scale"


@pytest.mark.parametrize(
    ("named", "rule"),
    [
        pytest.param({"always": {"names": ["car?"]}}, "always/named", id="always-by-name"),
        pytest.param({"always": {"namespaces": ["sh*"]}}, "always/named", id="always-by-space"),
        pytest.param({"protect": {"names": ["cart"]}}, "protect", id="protected-by-name"),
        pytest.param({"protect": {"namespaces": ["shop"]}}, "protect", id="protected-by-space"),
        pytest.param({"protect": {"names": ["CART"]}}, "protect", id="case-does-not-count"),
        pytest.param({"protect": {"names": ["deployment/c*"]}}, "protect", id="with-its-kind"),
        pytest.param({"protect": {"names": ["shop/cart"]}}, "protect", id="with-its-namespace"),
        pytest.param({"protect": {"names": ["shop/Deployment/cart"]}}, "protect", id="all-of-it"),
        pytest.param({"protect": {"namespaces": ["Shop"]}}, "protect", id="space-in-any-case"),
    ],
)
def test_a_policy_may_keep_and_protect_what_it_names(named: dict[str, Any], rule: str) -> None:
    assert judge(act("rollout_restart"), CALM, around(), policy(**named)).rule == rule
    elsewhere = act("rollout_restart", name="frontend", namespace="edge")
    assert judge(elsewhere, CALM, around(), policy(**named)).rule == "tier/rollout_restart"


@pytest.mark.parametrize(
    "where",
    [
        pytest.param({"rules": ["always/*"]}, id="by-rule"),
        pytest.param({"verbs": ["rollout_restart"]}, id="by-verb"),
        pytest.param({"namespaces": ["pay*"]}, id="by-namespace"),
    ],
)
def test_two_people_are_asked_where_the_policy_says_so(where: dict[str, Any]) -> None:
    restart = act("rollout_restart", namespace="payments")
    verdict = judge(restart, CALM, around(), policy(two_people=where))
    assert isinstance(verdict, Ask)
    assert (verdict.people, verdict.bounded) == (2, False)


def test_two_people_are_asked_also_where_it_would_run_by_itself() -> None:
    held = policy(autonomy={"default": "autonomous"}, two_people={"verbs": ["rollout_restart"]})
    verdict = judge(act("rollout_restart"), CALM, around(), held)
    assert isinstance(verdict, Ask)
    assert verdict.people == 2


@pytest.mark.parametrize("verb", sorted(VERBS))
@pytest.mark.parametrize("level", list(Autonomy))
def test_explaining_without_live_facts_never_promises_that_a_change_runs(
    verb: str, level: Autonomy
) -> None:
    verdict = explain(act(verb), policy(autonomy={"default": level}))
    assert not isinstance(verdict, Allow)
    assert verdict.rule
    assert verdict.reason


def test_taking_a_change_back_may_bring_back_what_was_above_the_limits() -> None:
    back = act("scale", replicas=14)
    now = Facts(replicas=4, replicas_at_start=14)
    forward = around(origin=Origin.PERSON)
    assert isinstance(judge(back, now, forward, Policy()), Deny)
    assert isinstance(judge(back, now, replace(forward, restores=True), Policy()), Ask)
    stopped = replace(forward, restores=True, halted="failover")
    assert isinstance(judge(back, now, stopped, Policy()), Deny)
