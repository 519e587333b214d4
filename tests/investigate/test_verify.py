"""A change helped only when everything that was wrong was seen to be well."""

from dataclasses import replace

import pytest
from tests.investigate.build import (
    NOW,
    SEEN,
    deployment,
    endpoints,
    inventory,
    pod,
    replica_set,
    service,
)

from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.inventory import Inventory
from sreagent.domain.record import Check
from sreagent.investigate.verify import (
    CALLERS,
    EXPRESSION,
    SIGNAL,
    Plan,
    Quiet,
    Watch,
    callers,
    checks,
    helped,
    plan,
)

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
    watch.look(seen, 6.0, complete=True)
    found = watch.look(seen, 12.0, complete=True)
    firing = (*found, Check(name=EXPRESSION, verdict=Health.BROKEN, text="true now"))
    assert not watch.over(firing, 12.0)
    assert watch.over(firing, 80.0)
    assert helped(firing) is None


SERVICE = Entity(kind="Service", namespace="shop", name="cart")
FRONTEND = Entity(kind="Pod", namespace="shop", name="frontend-1")
REFUSED = "2026-11-21T01:04:{:02}Z ERROR dial tcp 10.0.0.9:80: call to http://cart:80/carts failed"
REFUSED += ': Get "http://cart:80/carts": dial tcp cart:80: connect: connection refused'
COMPLAINT = replace(
    SEEN,
    id="E2",
    source="logs",
    entity=FRONTEND,
    command="kubectl -n shop logs frontend-1 -c frontend --tail=2000",
    excerpt=REFUSED.format(1),
)


def test_one_good_look_at_a_service_is_not_enough() -> None:
    seen, gone = world(), inventory(service("cart", {"app": "cart"}), endpoints("cart", 0))
    watch = Watch(plan=Plan(workloads=(), services=(SERVICE,)), counts={})
    looks = [(seen, 0.0), (seen, 2.0), (gone, 4.0), (seen, 6.0), (seen, 8.0)]
    for view, spent in looks:
        found = watch.look(view, spent, complete=True)
        assert not watch.over(found, spent)
        assert not helped(found)
    found = watch.look(seen, 10.0, complete=True)
    assert watch.over(found, 10.0)
    assert helped(found)


def test_an_alert_without_a_signal_to_ask_is_told_and_is_no_failure() -> None:
    watch = Watch(plan=Plan(workloads=(), services=(SERVICE,)), counts={})
    for spent in (0.0, 4.0):
        found = watch.look(world(), spent, complete=True)
    found = (*found, Check(name=SIGNAL, verdict=Health.UNKNOWN, text="not known"))
    assert watch.over(found, 4.0)
    assert helped(found)


def quiet() -> Quiet:
    seen = inventory(service("cart", {"app": "cart"}), pod("frontend-1"))
    (caller,) = callers([SEEN, COMPLAINT], seen, Plan(workloads=(), services=(SERVICE,)))
    assert (caller.pod, caller.container) == (FRONTEND, "frontend")
    return Quiet(callers=(caller,))


def test_callers_are_quiet_only_after_a_while_without_a_new_line_of_the_old_trouble() -> None:
    heard = quiet()
    first, second = REFUSED.format(1), REFUSED.format(30)
    texts = [(first, 0.0), (f"{first}\n{second}", 2.0), (f"{second}\n2026 INFO cart 200", 11.0)]
    for text, spent in texts:
        (check,) = heard.hear([text], spent, NOW)
        assert (check.name, check.verdict) == (CALLERS, Health.BROKEN)
    (check,) = heard.hear([second], 12.0, NOW)
    assert (check.verdict, check.text) == (Health.HEALTHY, "for 10 s")


def test_lines_without_a_time_are_counted() -> None:
    heard = quiet()
    line = REFUSED.format(1).partition(" ")[2]
    heard.hear([line], 0.0, NOW)
    (check,) = heard.hear([f"{line}\n{line}"], 11.0, NOW)
    assert check.verdict is Health.BROKEN
    (check,) = heard.hear([f"{line}\n{line}"], 21.0, NOW)
    assert check.verdict is Health.HEALTHY


def test_a_caller_whose_log_gives_no_answer_leaves_it_open() -> None:
    found = quiet().hear([None], 12.0, NOW)
    assert helped((*found, Check(name="x", verdict=Health.HEALTHY, text=""))) is None


def test_a_caller_that_still_complains_in_the_end_leaves_it_open() -> None:
    (noisy,) = quiet().hear([REFUSED.format(1)], 0.0, NOW)
    assert helped((noisy, Check(name="x", verdict=Health.HEALTHY, text=""))) is None


@pytest.mark.parametrize(
    ("evidence", "workloads"),
    [
        pytest.param(COMPLAINT, (CART,), id="its-own-log"),
        pytest.param(replace(COMPLAINT, source="kubernetes"), (), id="no-log"),
        pytest.param(replace(COMPLAINT, excerpt="ERROR dial tcp db:5432"), (), id="of-another"),
        pytest.param(
            replace(COMPLAINT, entity=replace(FRONTEND, name="gone")), (), id="gone-meanwhile"
        ),
    ],
)
def test_only_the_logs_of_others_about_what_was_mended_are_read_again(
    evidence: Evidence, workloads: tuple[Entity, ...]
) -> None:
    view = inventory(
        deployment("cart", replicas=1, updated=1),
        replica_set("cart-a", of="cart"),
        pod("frontend-1", of="cart-a" if workloads else ""),
    )
    assert callers([evidence], view, Plan(workloads=workloads, services=(SERVICE,))) == ()
