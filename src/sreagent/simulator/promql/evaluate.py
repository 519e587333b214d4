"""Computes what an expression is worth at a moment."""

import math
import re
from collections.abc import Callable, Iterable, Iterator

from sreagent.simulator.promql.functions import (
    FOLDS,
    RANGE_FUNCTIONS,
    VALUE_FUNCTIONS,
    histogram_quantile,
    quantile,
    without_name,
)
from sreagent.simulator.promql.operators import Sample, Value, Vector, operate
from sreagent.simulator.promql.series import Database, Labels, Point
from sreagent.simulator.promql.syntax import (
    Aggregation,
    Function,
    Node,
    Number,
    Operation,
    PromqlError,
    Selector,
    Subquery,
    Text,
)

Window = tuple[Labels, list[Point]]


class Evaluator:
    """Answers expressions from a database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def value(self, node: Node, moment: float) -> Value:
        """A number or a vector."""
        match node:
            case Number(value=value):
                return value
            case Selector():
                return self._instant(node, moment)
            case Function():
                return self._call(node, moment)
            case Aggregation():
                return self._aggregate(node, moment)
            case Operation():
                left, right = self.value(node.left, moment), self.value(node.right, moment)
                return operate(node, left, right)
            case Subquery():
                problem = "1:1: parse error: a subquery needs a function around it"
                raise PromqlError(problem)
            case Text():
                problem = "1:1: parse error: a string is not a value"
                raise PromqlError(problem)

    def vector(self, node: Node, moment: float) -> Vector:
        """The value as a vector; a number is a vector with one value and no labels."""
        value = self.value(node, moment)
        return [Sample({}, value)] if isinstance(value, float) else value

    def windows(self, node: Node, moment: float) -> tuple[list[Window], float, float]:
        """The samples of a range, with its start and end."""
        if isinstance(node, Subquery):
            end = moment - node.offset
            return self._subquery(node, end), end - node.range, end
        if not isinstance(node, Selector) or node.range is None:
            problem = "1:1: parse error: a range vector is needed"
            raise PromqlError(problem)
        end = moment - node.offset
        start = end - node.range
        found = self.database.select(node.matchers)
        windows = [(series.labels, series.between(start, end)) for series in found]
        return [each for each in windows if each[1]], start, end

    def _instant(self, node: Selector, moment: float) -> Vector:
        if node.range is not None:
            problem = "1:1: parse error: a range vector needs a function around it"
            raise PromqlError(problem)
        result: Vector = []
        for series in self.database.select(node.matchers):
            point = series.value_at(moment - node.offset)
            if point is not None:
                result.append(Sample(series.labels, point[1]))
        return result

    def _subquery(self, node: Subquery, end: float) -> list[Window]:
        found: dict[tuple[tuple[str, str], ...], Window] = {}
        moment = math.floor((end - node.range) / node.step + 1) * node.step
        while moment <= end:
            for sample in self.vector(node.inner, moment):
                key = tuple(sorted(sample.labels.items()))
                found.setdefault(key, (sample.labels, []))[1].append((moment, sample.value))
            moment += node.step
        return list(found.values())

    def _call(self, node: Function, moment: float) -> Value:
        if node.name == "time":
            return moment
        if node.name == "scalar":
            found = self.vector(node.arguments[0], moment)
            return found[0].value if len(found) == 1 else math.nan
        if node.name in RANGE_FUNCTIONS:
            return self._over_range(node, moment)
        if node.name in VALUE_FUNCTIONS:
            return self._by_value(node, moment)
        return self._call_vector(node, moment)

    def _call_vector(self, node: Function, moment: float) -> Vector:
        calls: dict[str, Callable[[Function, float], Vector]] = {
            "absent": self._absent,
            "histogram_quantile": self._histogram,
            "label_replace": self._relabelled,
            "quantile_over_time": self._quantiles,
            "sort": self._sorted,
            "sort_desc": self._sorted,
            "timestamp": self._timestamps,
            "vector": self._constant,
        }
        return calls[node.name](node, moment)

    def _constant(self, node: Function, moment: float) -> Vector:
        return [Sample({}, self._number(node.arguments[0], moment))]

    def _sorted(self, node: Function, moment: float) -> Vector:
        vector = self.vector(node.arguments[0], moment)
        falling = node.name == "sort_desc"
        return sorted(vector, key=lambda sample: sample.value, reverse=falling)

    def _quantiles(self, node: Function, moment: float) -> Vector:
        share = self._number(node.arguments[0], moment)
        windows, _, _ = self.windows(node.arguments[1], moment)
        return [
            Sample(without_name(labels), quantile(share, [value for _, value in points]))
            for labels, points in windows
        ]

    def _over_range(self, node: Function, moment: float) -> Vector:
        windows, start, end = self.windows(node.arguments[0], moment)
        result: Vector = []
        for labels, points in windows:
            value = RANGE_FUNCTIONS[node.name](points, start, end)
            if value is not None:
                kept = labels if node.name == "last_over_time" else without_name(labels)
                result.append(Sample(kept, value))
        return result

    def _by_value(self, node: Function, moment: float) -> Vector:
        extra = [self._number(each, moment) for each in node.arguments[1:]]
        function = VALUE_FUNCTIONS[node.name]
        return [
            Sample(without_name(sample.labels), function(sample.value, *extra))
            for sample in self.vector(node.arguments[0], moment)
        ]

    def _number(self, node: Node, moment: float) -> float:
        value = self.value(node, moment)
        if not isinstance(value, float):
            problem = "1:1: parse error: expected type scalar, got instant vector"
            raise PromqlError(problem)
        return value

    def _absent(self, node: Function, moment: float) -> Vector:
        wanted = node.arguments[0]
        if self.vector(wanted, moment):
            return []
        matchers = wanted.matchers if isinstance(wanted, Selector) else ()
        known = {m.label: m.value for m in matchers if m.operator == "="}
        return [Sample(without_name(known), 1.0)]

    def _timestamps(self, function: Function, moment: float) -> Vector:
        node = function.arguments[0]
        if not isinstance(node, Selector):
            return [Sample(without_name(s.labels), moment) for s in self.vector(node, moment)]
        found = (
            (each.labels, each.value_at(moment)) for each in self.database.select(node.matchers)
        )
        return [Sample(without_name(labels), point[0]) for labels, point in found if point]

    def _histogram(self, node: Function, moment: float) -> Vector:
        share = self._number(node.arguments[0], moment)
        found: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
        for sample in self.vector(node.arguments[1], moment):
            labels = without_name(sample.labels)
            bound = labels.pop("le", None)
            if bound is not None:
                key = tuple(sorted(labels.items()))
                found.setdefault(key, []).append((float(bound), sample.value))
        return [Sample(dict(key), histogram_quantile(share, each)) for key, each in found.items()]

    def _relabelled(self, node: Function, moment: float) -> Vector:
        target, replacement, source, pattern = (_text(each) for each in node.arguments[1:])
        template = re.sub(r"\$(\d+)", r"\\\1", replacement)
        result: Vector = []
        for sample in self.vector(node.arguments[0], moment):
            labels = dict(sample.labels)
            match = re.fullmatch(pattern, labels.get(source, ""))
            if match:
                labels[target] = match.expand(template) if "\\" in template else template
            result.append(
                Sample({key: value for key, value in labels.items() if value}, sample.value)
            )
        return result

    def _aggregate(self, node: Aggregation, moment: float) -> Vector:
        groups: dict[tuple[tuple[str, str], ...], Vector] = {}
        for sample in self.vector(node.inner, moment):
            key = tuple(sorted(_group_labels(node, sample.labels).items()))
            groups.setdefault(key, []).append(sample)
        if node.name in FOLDS:
            return [
                Sample(dict(key), FOLDS[node.name]([each.value for each in group]))
                for key, group in groups.items()
            ]
        parameter = self._number(node.parameter or Number(value=0.0), moment)
        if node.name == "quantile":
            return [
                Sample(dict(key), quantile(parameter, [each.value for each in group]))
                for key, group in groups.items()
            ]
        falling = node.name == "topk"
        return list(_extremes(groups.values(), int(parameter), falling=falling))


def _extremes(groups: Iterable[Vector], count: int, *, falling: bool) -> Iterator[Sample]:
    for group in groups:
        ordered = sorted(group, key=lambda sample: sample.value, reverse=falling)
        yield from ordered[: max(0, count)]


def _group_labels(node: Aggregation, labels: Labels) -> Labels:
    if node.without:
        left_out = {"__name__", *node.labels}
        return {name: value for name, value in labels.items() if name not in left_out}
    return {name: labels[name] for name in node.labels if name in labels}


def _text(node: Node) -> str:
    if not isinstance(node, Text):
        problem = "1:1: parse error: expected type string"
        raise PromqlError(problem)
    return node.value
