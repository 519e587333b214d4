"""Label selectors, as the API server reads them."""

from collections.abc import Mapping
from typing import Any

from sreagent.domain.inventory import Inventory, Obj


def labels_of(obj: Obj) -> Mapping[str, str]:
    """The labels of an object."""
    return obj["metadata"].get("labels") or {}


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether labels fit a LabelSelector; an empty one fits everything."""
    exact = (selector.get("matchLabels") or {}).items() <= labels.items()
    return exact and all(_holds(one, labels) for one in selector.get("matchExpressions") or ())


def services_of(inventory: Inventory, pod: Obj) -> list[Obj]:
    """The Services that send traffic to a pod when it is ready."""
    return [
        service
        for service in inventory.all("Service", pod["metadata"]["namespace"])
        if (selector := service["spec"].get("selector"))
        and selector.items() <= labels_of(pod).items()
    ]


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    values = expression.get("values") or ()
    match expression.get("operator"):
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    # Who does not know what an operator means had better think that it fits.
    return True
