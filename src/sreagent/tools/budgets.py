"""Which PodDisruptionBudget stands over pods, and how much room it has."""

from collections.abc import Iterable
from dataclasses import dataclass

from sreagent.domain.inventory import Inventory, Obj
from sreagent.tools.selectors import labels_of, matches

KIND = "PodDisruptionBudget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The tightest budget over some pods."""

    name: str
    headroom: int
    """Disruptions that it allows now."""


def budget_over(inventory: Inventory, pods: Iterable[Obj]) -> Budget | None:
    """The budget with the least room over any of the pods; None when none is over them."""
    found = [
        Budget(name=budget["metadata"]["name"], headroom=_headroom(budget))
        for budget in inventory.all(KIND)
        if any(_covers(budget, pod) for pod in pods)
    ]
    return min(found, key=lambda budget: budget.headroom, default=None)


def _covers(budget: Obj, pod: Obj) -> bool:
    selector = budget["spec"].get("selector")
    if budget["metadata"].get("namespace") != pod["metadata"].get("namespace") or selector is None:
        return False
    # An empty selector means every pod since policy/v1, and none before.
    if not any(selector.values()) and budget.get("apiVersion") == "policy/v1beta1":
        return False
    return matches(selector, labels_of(pod))


def _headroom(budget: Obj) -> int:
    """As the server counts it when it is asked to evict: an old count allows nothing."""
    status = budget.get("status") or {}
    seen, written = status.get("observedGeneration"), budget["metadata"].get("generation")
    if seen is not None and written is not None and seen < written:
        return 0
    return max(int(status.get("disruptionsAllowed") or 0), 0)
