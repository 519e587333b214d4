"""Each known fault is found with no more than the built-in reasoner itself looks at."""

import pytest
from tests.diagnose.build import NOW
from tests.faults.scenes import Fault, faults

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.argument.looks import wanted_logs
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.inventory import Inventory, Listing
from sreagent.investigate.rules.further_kinds import further_lists
from sreagent.investigate.rules.reasoner import FIRST_KINDS, LOG_LIMIT

ROUNDS = 8


def show(cluster: Inventory, view: Inventory, kinds: tuple[str, ...]) -> None:
    """List kinds of the whole cluster, as `further_lists` asks for them."""
    refused = {gap.what for gap in cluster.gaps}
    for kind in (one for one in kinds if one not in refused):
        items = tuple(cluster.all(kind))
        view.add(Listing(kind=kind, namespace="", items=items, seen_at=NOW, command=""))


def investigated(one: Fault) -> Inventory:
    """What is in view when the reasoner asks for nothing more."""
    cluster, view = one.show(), Inventory()
    view.signals.extend(cluster.signals)
    view.gaps.extend(cluster.gaps)
    show(cluster, view, FIRST_KINDS)
    asked: set[tuple[str, str, bool]] = set()
    for _ in range(ROUNDS):
        scene = Scene(view, NOW)
        so_far = explain(scene, one.alert)
        lists = further_lists(scene, so_far, "")
        logs = {(log.pod.path, log.container, log.previous) for log in
                wanted_logs(scene, so_far, limit=LOG_LIMIT)} - asked  # fmt: skip
        if not lists and not logs:
            break
        show(cluster, view, tuple(kind for look in lists for kind in look.kinds))
        asked |= logs
        view.logs.extend(
            log for log in cluster.logs if (log.pod.path, log.container, log.previous) in logs
        )
    return view


@pytest.mark.parametrize("one", faults().values(), ids=lambda one: one.id)
def test_a_fault_is_found_by_the_looks_that_are_made(one: Fault) -> None:
    causes = explain(Scene(investigated(one), NOW), one.alert).causes
    relevant = [cause for cause in causes if cause.relevant]
    told = [f"{cause.entity.path} {cause.confidence}: {cause.statement}" for cause in relevant]
    assert [cause.entity.path for cause in relevant] == list(one.roots), told
    assert not one.says or one.says in relevant[0].statement, told
