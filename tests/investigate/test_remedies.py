"""Which change is proposed for which cause."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.investigate.build import NOW, inventory, pod, replica_set

from sreagent.diagnose.argument.explain import Cause
from sreagent.domain.change import Change
from sreagent.domain.diagnosis import Diagnosis
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Inventory
from sreagent.investigate.rules.remedies import remedies

CART = Entity(kind="Deployment", namespace="shop", name="cart")
SERVICE = Entity(kind="Service", namespace="shop", name="cart")
POD = Entity(kind="Pod", namespace="shop", name="cart-1")
ROLLOUT = Change(entity=CART, at=NOW, summary="revision 1 → 2", revision=2, previous_revision=1)


def proposed(
    condition: str,
    entity: Entity = CART,
    *,
    on: Entity | None = None,
    facts: Mapping[str, str] | None = None,
    change: Change | None = None,
    category: Category = Category.DEPLOYMENT,
    seen: Inventory | None = None,
) -> list[tuple[str, str, dict[str, Any]]]:
    """(verb, target, arguments) of each proposal, in order."""
    finding = Finding(
        condition=condition,
        entity=on or entity,
        claim="it is broken",
        category=category,
        facts=facts or {},
    )
    cause = Cause(
        entity=entity,
        statement="it is broken",
        category=category,
        confidence=0.9,
        findings=(finding,),
        change=change,
    )
    diagnosis = Diagnosis(
        root_cause="it is broken",
        entity=entity,
        category=category,
        confidence=0.9,
        evidence=("E1",),
    )
    drafts = remedies(cause, diagnosis, seen or inventory())
    assert all(draft.evidence == ("E1",) and draft.reason and draft.expected for draft in drafts)
    return [(d.action.verb, d.action.target.name, dict(d.action.arguments)) for d in drafts]


def test_a_crash_since_a_rollout_is_rolled_back() -> None:
    assert proposed("pod.crash_loop", on=POD, change=ROLLOUT) == [
        ("rollout_undo", "cart", {"revision": 1})
    ]


@pytest.mark.parametrize(
    ("facts", "limit"),
    [
        pytest.param({"limit": "192Mi", "previous_limit": "512Mi"}, "512Mi", id="lowered"),
        pytest.param({"limit": "192Mi"}, "384Mi", id="always-low-so-doubled"),
        pytest.param({"limit": "1500m"}, "3000m", id="odd-unit"),
    ],
)
def test_a_memory_kill_gets_its_former_limit_or_twice_the_present_one(
    facts: dict[str, str], limit: str
) -> None:
    found = proposed("pod.oom_killed", on=POD, facts={"container": "cart", **facts})
    assert found == [("set_resources", "cart", {"container": "cart", "memory_limit": limit})]


def test_a_lowered_limit_is_raised_first_and_the_rollback_is_the_second_choice() -> None:
    facts = {"container": "cart", "limit": "192Mi", "previous_limit": "512Mi"}
    found = proposed("pod.oom_killed", on=POD, facts=facts, change=ROLLOUT)
    assert [verb for verb, *_ in found] == ["set_resources", "rollout_undo"]


def test_a_selector_is_set_to_what_the_pods_carry_and_only_if_that_is_known() -> None:
    facts = {"selector_suggested": json.dumps({"app": "cart"})}
    assert proposed("service.selects_nothing", SERVICE, facts=facts) == [
        ("patch_service", "cart", {"selector": {"app": "cart"}})
    ]
    assert proposed("service.selects_nothing", SERVICE) == []


def test_a_target_port_is_sent_to_the_port_that_is_open() -> None:
    facts = {"port": "80", "target_suggested": "8080"}
    assert proposed("service.target_port", SERVICE, facts=facts) == [
        ("patch_service", "cart", {"port": 80, "target_port": 8080})
    ]
    facts = {"port": "80", "target_suggested": "http"}
    assert proposed("service.target_port", SERVICE, facts=facts)[0][2]["target_port"] == "http"


def test_a_workload_at_zero_is_scaled_to_what_it_was() -> None:
    found = proposed("workload.scaled_to_zero", facts={"replicas_before": "3"})
    assert found == [("scale", "cart", {"replicas": 3})]


def test_exhausted_connections_are_freed_by_a_restart() -> None:
    facts = {"log_cause": "connections exhausted"}
    assert proposed("pod.log_errors", on=POD, facts=facts) == [("rollout_restart", "cart", {})]
    assert proposed("pod.log_errors", on=POD, facts={"log_cause": "error"}) == []


def test_the_only_pod_that_fails_beside_healthy_siblings_is_replaced() -> None:
    cart = replica_set("cart-a", of="cart")
    sick = pod("cart-1", ready=False, of="cart-a")
    well = pod("cart-2", of="cart-a")
    assert proposed("pod.not_ready", on=POD, seen=inventory(cart, sick, well)) == [
        ("delete_pod", "cart-1", {})
    ]
    also_sick = pod("cart-2", ready=False, of="cart-a")
    assert proposed("pod.not_ready", on=POD, seen=inventory(cart, sick, also_sick)) == []
    on_a_node = proposed(
        "pod.not_ready", on=POD, seen=inventory(cart, sick, well), category=Category.NODE
    )
    assert on_a_node == []


def test_a_pod_that_only_suffers_is_not_replaced() -> None:
    cart = replica_set("cart-a", of="cart")
    pods = (pod("cart-1", of="cart-a"), pod("cart-2", of="cart-a"))
    caller = inventory(cart, *pods)
    assert proposed("pod.log_errors", SERVICE, on=POD, seen=caller) == []


def test_what_only_a_person_can_mend_has_no_proposal() -> None:
    secret = Entity(kind="Secret", namespace="shop", name="db")
    assert proposed("reference.missing", secret) == []
