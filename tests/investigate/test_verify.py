"""A change helped only when everything that was wrong was seen to be well."""

import pytest
from tests.investigate.build import deployment, endpoints, inventory, pod, replica_set, service

from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.inventory import Inventory
from sreagent.domain.record import Check
from sreagent.investigate.verify import EXPRESSION, Watch, checks, helped, plan

CART = Entity(kind="Deployment", namespace="shop", name="cart")


def world(*, ready: bool = True, updated: int = 1, seen: int = 1, restarts: int = 0) -> Inventory:
    return inventory(
        deployment("cart", replicas=1, updated=updated, seen=seen),
        replica_set("cart-a", of="cart"),
        pod("cart-1", ready=ready, of="cart-a", restarts=restarts),
        service("cart", {"app": "cart"}),
        endpoints("cart", int(ready)),
    )


def verdicts(seen: Inventory) -> dict[str, Health]:
    return {check.name: check.verdict for check in checks(seen, plan(seen, [CART]))}


def test_a_workload_is_watched_with_the_services_in_front_of_it() -> None:
    seen = world()
    assert [entity.name for entity in plan(seen, [CART]).services] == ["cart"]
    assert set(verdicts(seen).values()) == {Health.HEALTHY}


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(world(ready=False), id="pod-not-ready"),
        pytest.param(world(updated=0), id="not-rolled-out"),
        pytest.param(world(seen=0), id="controller-has-not-seen-the-change"),
    ],
)
def test_a_workload_that_is_not_there_yet_is_broken(seen: Inventory) -> None:
    assert verdicts(seen)["pods ready of cart"] is Health.BROKEN


def test_a_service_whose_endpoints_could_not_be_listed_is_unknown() -> None:
    seen = inventory(service("cart", {"app": "cart"}))
    entity = Entity(kind="Service", namespace="shop", name="cart")
    (check,) = checks(seen, plan(seen, [entity]))
    assert check.verdict is Health.UNKNOWN


def test_restarts_have_stopped_only_after_a_calm_while() -> None:
    seen = world(restarts=3)
    watch = Watch(plan=plan(seen, [CART]), counts={"uid-cart-1/cart": 3})
    watch.look(seen, 9.0, complete=True)
    assert not watch.well
    watch.look(world(restarts=4), 10.0, complete=True)
    assert not watch.well
    watch.look(world(restarts=4), 20.0, complete=True)
    assert watch.well


def test_a_look_without_an_answer_proves_nothing() -> None:
    seen = world()
    watch = Watch(plan=plan(seen, [CART]), counts={})
    found = watch.look(seen, 60.0, complete=False)
    assert {check.verdict for check in found} == {Health.UNKNOWN}
    assert helped(found) is None
    assert not watch.well


def test_with_nothing_to_check_nothing_is_known() -> None:
    watch = Watch(plan=plan(world(), []), counts={})
    assert watch.look(world(), 60.0, complete=True) == ()
    assert not watch.well
    assert helped(()) is None


def test_the_expression_is_waited_for_and_while_it_is_true_it_is_not_fixed() -> None:
    seen = world()
    watch = Watch(plan=plan(seen, [CART]), counts={})
    found = watch.look(seen, 12.0, complete=True)
    firing = (*found, Check(name=EXPRESSION, verdict=Health.BROKEN, text="true now"))
    assert not watch.over(firing, 12.0)
    assert watch.over(firing, 80.0)
    assert helped(firing) is None
