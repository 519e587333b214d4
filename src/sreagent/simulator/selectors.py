"""Label and field selectors, as queries and as parts of objects."""

import re
from collections.abc import Callable, Mapping, Sequence

from sreagent.simulator.objects import Json, labels_of, lookup
from sreagent.simulator.problems import bad_request

Test = Callable[[Json], bool]

_REQUIREMENT = re.compile(r"\s*([^,=!()\s]+)\s*(==|=|!=)\s*([^,\s]*)\s*$")
_SET_TERM = re.compile(r"\s*([^,=!()\s]+)\s+(in|notin)\s*\(([^)]*)\)\s*$")
_EXISTS = re.compile(r"\s*(!?)\s*([^,=!()\s]+)\s*$")
_TERMS = re.compile(r",(?![^(]*\))")

EVENT_FIELDS = {
    "regarding": "involvedObject",
    "reportingController": "reportingComponent",
}


def matches_labels(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether every wanted label is there with that value."""
    return all(labels.get(key) == value for key, value in wanted.items())


def matches_selector(selector: Json | None, labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy the `matchLabels`/`matchExpressions` of an object."""
    if selector is None:
        return False
    if not matches_labels(selector.get("matchLabels") or {}, labels):
        return False
    return all(_expression(each, labels) for each in selector.get("matchExpressions") or ())


def _expression(expression: Json, labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    values = expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "Gt" | "Lt" as operator:
            return _compares(value, operator, values)
        case _:
            return value is None


def _compares(value: str | None, operator: str, values: Sequence[str]) -> bool:
    if value is None or not value.lstrip("-").isdigit() or not values:
        return False
    return int(value) > int(values[0]) if operator == "Gt" else int(value) < int(values[0])


def node_term_fits(term: Json, labels: Mapping[str, str]) -> bool:
    """Whether the labels of a node satisfy one term of a node selector."""
    return all(_expression(each, labels) for each in term.get("matchExpressions") or ())


def label_test(query: str) -> Test:
    """The test a `labelSelector` query stands for; refuses what it cannot read."""
    terms = [_label_term(term) for term in _TERMS.split(query) if term.strip()]
    return lambda obj: all(term(labels_of(obj)) for term in terms)


def _label_term(term: str) -> Callable[[Mapping[str, str]], bool]:
    if found := _SET_TERM.match(term):
        key, operator, listed = found.groups()
        values = {value.strip() for value in listed.split(",")}
        if operator == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if found := _EXISTS.match(term):
        negated, key = found.groups()
        return lambda labels: (key in labels) != bool(negated)
    if found := _REQUIREMENT.match(term):
        key, operator, value = found.groups()
        return lambda labels: (labels.get(key) == value) == (operator != "!=")
    message = f"unable to parse requirement: found '{term.strip()}'"
    raise bad_request(message)


def field_test(query: str) -> Test:
    """The test a `fieldSelector` query stands for."""
    terms = [_field_term(term) for term in query.split(",") if term.strip()]
    return lambda obj: all(term(obj) for term in terms)


def _field_term(term: str) -> Test:
    for operator in ("!=", "==", "="):
        path, found, value = term.partition(operator)
        if found:
            return _field_comparison(path.strip(), value.strip(), equal=operator != "!=")
    message = f"invalid selector: '{term}'; can't understand '{term}'"
    raise bad_request(message)


def _field_comparison(path: str, value: str, *, equal: bool) -> Test:
    head, dot, rest = path.partition(".")
    read = EVENT_FIELDS.get(head, head) + dot + rest

    def test(obj: Json) -> bool:
        found = lookup(obj, read)
        return (_as_text(found) == value) == equal

    return test


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
