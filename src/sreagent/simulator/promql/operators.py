"""Operators between two values, a value and a vector, or two vectors."""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from sreagent.simulator.promql.functions import without_name
from sreagent.simulator.promql.series import Labels
from sreagent.simulator.promql.syntax import Matching, Operation, PromqlError

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
SETS = ("and", "or", "unless")


@dataclass(frozen=True, slots=True)
class Sample:
    """One value with its labels."""

    labels: Labels
    value: float


Vector = list[Sample]
Value = float | Vector
Key = frozenset[tuple[str, str]]


def operate(node: Operation, left: Value, right: Value) -> Value:
    """The result of an operator."""
    if isinstance(left, float) and isinstance(right, float):
        return _scalars(node, left, right)
    if node.operator in SETS:
        if isinstance(left, float) or isinstance(right, float):
            problem = f"1:1: parse error: set operator {node.operator!r} not allowed in scalars"
            raise PromqlError(problem)
        return _sets(node, left, right)
    if isinstance(right, float):
        return _filtered(node, [(each, each.value, right) for each in _vector(left)])
    if isinstance(left, float):
        return _filtered(node, [(each, left, each.value) for each in right])
    return _matched(node, left, right)


def _vector(value: Value) -> Vector:
    return [] if isinstance(value, float) else value


def _scalars(node: Operation, left: float, right: float) -> float:
    if node.operator in COMPARISONS:
        if not node.returns_bool:
            problem = "1:1: parse error: comparisons between scalars must use BOOL modifier"
            raise PromqlError(problem)
        return float(COMPARISONS[node.operator](left, right))
    return _compute(node.operator, left, right)


def _filtered(node: Operation, pairs: list[tuple[Sample, float, float]]) -> Vector:
    result: Vector = []
    for sample, left, right in pairs:
        if node.operator not in COMPARISONS:
            value = _compute(node.operator, left, right)
            result.append(Sample(without_name(sample.labels), value))
        elif node.returns_bool:
            truth = float(COMPARISONS[node.operator](left, right))
            result.append(Sample(without_name(sample.labels), truth))
        elif COMPARISONS[node.operator](left, right):
            result.append(sample)
    return result


def _compute(operator: str, left: float, right: float) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else _by_zero(left)
        case "%":
            return math.fmod(left, right) if right else math.nan
    return _power(left, right)


def _by_zero(left: float) -> float:
    return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left)


def _power(left: float, right: float) -> float:
    try:
        return float(left**right)
    except OverflowError:
        return math.inf
    except ZeroDivisionError:
        return math.inf


def _key(labels: Labels, matching: Matching) -> Key:
    if matching.on:
        return frozenset((name, labels.get(name, "")) for name in matching.labels)
    if not matching.labels and "__name__" not in labels:
        return frozenset(labels.items())
    left_out = {"__name__", *matching.labels}
    return frozenset(pair for pair in labels.items() if pair[0] not in left_out)


def _sets(node: Operation, left: Vector, right: Vector) -> Vector:
    in_left = {_key(each.labels, node.matching) for each in left}
    in_right = {_key(each.labels, node.matching) for each in right}
    match node.operator:
        case "and":
            return [each for each in left if _key(each.labels, node.matching) in in_right]
        case "unless":
            return [each for each in left if _key(each.labels, node.matching) not in in_right]
    return left + [each for each in right if _key(each.labels, node.matching) not in in_left]


def _matched(node: Operation, left: Vector, right: Vector) -> Vector:
    matching = node.matching
    many, one = (right, left) if matching.group == "right" else (left, right)
    partners = _unique(one, matching)
    result: Vector = []
    seen: dict[Key, int] = defaultdict(int)
    for sample in many:
        key = _key(sample.labels, matching)
        partner = partners.get(key)
        if partner is None:
            continue
        seen[key] += 1
        if seen[key] > 1 and not matching.group:
            problem = (
                "multiple matches for labels: many-to-one matching must be explicit "
                "(group_left/group_right)"
            )
            raise PromqlError(problem)
        result += _pair(node, sample, partner)
    return result


def _unique(vector: Vector, matching: Matching) -> dict[Key, Sample]:
    found: dict[Key, Sample] = {}
    for sample in vector:
        key = _key(sample.labels, matching)
        if key in found:
            problem = (
                f"found duplicate series for the match group {dict(sorted(key))} on the "
                '"one" side of the operation'
            )
            raise PromqlError(problem)
        found[key] = sample
    return found


def _pair(node: Operation, sample: Sample, partner: Sample) -> Vector:
    swapped = node.matching.group == "right"
    left, right = (partner, sample) if swapped else (sample, partner)
    if node.operator in COMPARISONS:
        truth = COMPARISONS[node.operator](left.value, right.value)
        if node.returns_bool:
            return [Sample(_result_labels(node.matching, sample, partner), float(truth))]
        return [Sample(sample.labels, left.value)] if truth else []
    value = _compute(node.operator, left.value, right.value)
    return [Sample(_result_labels(node.matching, sample, partner), value)]


def _result_labels(matching: Matching, sample: Sample, partner: Sample) -> Labels:
    labels = without_name(sample.labels)
    if matching.group:
        added = {name: partner.labels.get(name, "") for name in matching.include}
        return {name: value for name, value in {**labels, **added}.items() if value}
    if matching.on:
        return {name: labels[name] for name in matching.labels if name in labels}
    return {name: value for name, value in labels.items() if name not in matching.labels}
