"""Label selectors and node selectors, as the API server and the scheduler read them."""

from collections.abc import Mapping
from typing import Any

from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.diagnose.view.scene import Labels, labels_of
from sreagent.domain.inventory import Obj


def matches(selector: Mapping[str, Any] | None, labels: Labels) -> bool:
    """Whether labels fit a LabelSelector; an empty selector fits everything."""
    wanted = selector or {}
    exact = (wanted.get("matchLabels") or {}).items() <= labels.items()
    return exact and all(_holds(one, labels) for one in wanted.get("matchExpressions") or ())


def node_terms_fit(spec: Obj, node: Obj) -> bool:
    """Whether a node has what a pod's nodeSelector and required node affinity ask for."""
    labels = labels_of(node)
    if not (spec.get("nodeSelector") or {}).items() <= labels.items():
        return False
    affinity = (spec.get("affinity") or EMPTY).get("nodeAffinity") or EMPTY
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or EMPTY
    terms = required.get("nodeSelectorTerms") or ()
    return not terms or any(_term_fits(term, node) for term in terms)


def _term_fits(term: Mapping[str, Any], node: Obj) -> bool:
    fields = {"metadata.name": node["metadata"]["name"]}
    return all(_holds(one, labels_of(node)) for one in term.get("matchExpressions") or ()) and all(
        _holds(one, fields) for one in term.get("matchFields") or ()
    )


def _holds(expression: Mapping[str, Any], labels: Labels) -> bool:
    value = labels.get(expression["key"])
    values = expression.get("values") or ()
    operator = expression.get("operator")
    if operator == "In":
        return value in values
    if operator == "NotIn":
        return value not in values
    if operator == "Exists":
        return value is not None
    if operator == "DoesNotExist":
        return value is None
    if value is None or not values or not value.lstrip("-").isdigit():
        return False
    limit = int(values[0])
    return int(value) > limit if operator == "Gt" else int(value) < limit
