"""The HTTP API of Prometheus."""

import math
import re
from collections.abc import Callable, Iterable
from urllib.parse import parse_qs

from sreagent.simulator.clock import fine_stamp, moment_of
from sreagent.simulator.exchange import Answer, Request, answer
from sreagent.simulator.metrics import KINDS_OF_METRIC, Metrics
from sreagent.simulator.objects import Json
from sreagent.simulator.promql.evaluate import Evaluator
from sreagent.simulator.promql.operators import Sample
from sreagent.simulator.promql.parse import parse, seconds_of
from sreagent.simulator.promql.series import Labels, Series
from sreagent.simulator.promql.syntax import Node, PromqlError, Selector
from sreagent.simulator.rules import Alert, Rule, Rules

MOST_POINTS = 11_000
_BUILD = {
    "version": "2.55.1",
    "revision": "6d7569113f1ca814f1e149f74176656540043b8d",
    "branch": "HEAD",
    "buildUser": "root@simulator",
    "buildDate": "20241104-14:34:07",
    "goVersion": "go1.23.2",
}
Parameters = dict[str, list[str]]


class PrometheusSite:
    """Answers everything Prometheus is asked."""

    def __init__(self, metrics: Metrics, rules: Rules, now: Callable[[], float]) -> None:
        self.metrics = metrics
        self.rules = rules
        self.now = now
        self._pages: dict[str, Callable[[Parameters], object]] = {
            "/api/v1/query": self._query,
            "/api/v1/query_range": self._query_range,
            "/api/v1/series": self._series,
            "/api/v1/labels": self._labels,
            "/api/v1/alerts": self._alerts,
            "/api/v1/rules": self._rules,
            "/api/v1/metadata": self._metadata,
            "/api/v1/targets": self._targets,
            "/api/v1/status/buildinfo": lambda _asked: _BUILD,
        }

    def answer(self, request: Request) -> Answer:
        """The answer to a request."""
        if request.path in ("/", "/graph", "/-/healthy", "/-/ready"):
            words = "Ready" if request.path == "/-/ready" else "Healthy"
            return Answer(body=f"Prometheus Server is {words}.\n".encode(), media="text/plain")
        if request.method not in ("GET", "POST"):
            return _refusal("bad_data", "method not allowed", 405)
        page = self._pages.get(request.path) or self._label_page(request.path)
        if page is None:
            return Answer(code=404, body=b"404 page not found\n", media="text/plain")
        self.metrics.catch_up(self.now())
        try:
            return answer({"status": "success", "data": page(_parameters(request))})
        except ValueError as problem:
            return _refusal("bad_data", str(problem), 400)
        except RecursionError:
            return _refusal("bad_data", "the expression is nested too deeply", 400)

    def _label_page(self, path: str) -> Callable[[Parameters], object] | None:
        found = re.fullmatch(r"/api/v1/label/([a-zA-Z_][a-zA-Z0-9_]*)/values", path)
        if found is None:
            return None
        return lambda asked: sorted(
            {
                series.labels[found[1]]
                for series in self._matching(asked)
                if found[1] in series.labels
            }
        )

    def _query(self, asked: Parameters) -> Json:
        node = _expression(asked)
        moment = _moment(_one(asked, "time"), self.now())
        evaluator = Evaluator(self.metrics.database)
        if isinstance(node, Selector) and node.range is not None:
            windows, _, _ = evaluator.windows(node, moment)
            told = [{"metric": labels, "values": _points(points)} for labels, points in windows]
            return {"resultType": "matrix", "result": told}
        value = evaluator.value(node, moment)
        if isinstance(value, float):
            return {"resultType": "scalar", "result": _point(moment, value)}
        result = [{"metric": each.labels, "value": _point(moment, each.value)} for each in value]
        return {"resultType": "vector", "result": result}

    def _query_range(self, asked: Parameters) -> Json:
        node = _expression(asked)
        start = _moment(_needed(asked, "start"), 0)
        end = _moment(_needed(asked, "end"), 0)
        step = seconds_of(_needed(asked, "step"))
        _check_range(node, start, end, step)
        evaluator = Evaluator(self.metrics.database)
        found: dict[frozenset[tuple[str, str]], tuple[Labels, list[tuple[float, float]]]] = {}
        for number in range(int((end - start) / step + 1e-9) + 1):
            moment = start + number * step
            for sample in evaluator.vector(node, moment):
                key = frozenset(sample.labels.items())
                found.setdefault(key, (sample.labels, []))[1].append((moment, sample.value))
        result = [
            {"metric": labels, "values": _points(points)} for labels, points in found.values()
        ]
        return {"resultType": "matrix", "result": result}

    def _series(self, asked: Parameters) -> list[Labels]:
        if not asked.get("match[]"):
            problem = "no match[] parameter provided"
            raise PromqlError(problem)
        return [series.labels for series in self._matching(asked)]

    def _labels(self, asked: Parameters) -> list[str]:
        return sorted({name for series in self._matching(asked) for name in series.labels})

    def _matching(self, asked: Parameters) -> Iterable[Series]:
        since = _moment(_one(asked, "start"), 0.0)
        until = _moment(_one(asked, "end"), self.now())
        chosen: list[Series] = []
        for text in asked.get("match[]", ()):
            node = parse(text)
            if not isinstance(node, Selector):
                problem = f"1:1: parse error: {text!r} is not a selector"
                raise PromqlError(problem)
            chosen += self.metrics.database.select(node.matchers)
        if not asked.get("match[]"):
            chosen = list(self.metrics.database.all())
        return [series for series in chosen if series.has_samples(since, until)]

    def _alerts(self, _asked: Parameters) -> Json:
        return {"alerts": [_alert(each) for each in self.rules.catch_up(self.now())]}

    def _rules(self, _asked: Parameters) -> Json:
        active = self.rules.catch_up(self.now())
        told = [
            _rule(rule, [each for each in active if each.rule is rule], self.now())
            for rule in self.rules.rules
        ]
        return {"groups": [{"name": "shop", "file": "rules.yaml", "interval": 5, "rules": told}]}

    def _metadata(self, asked: Parameters) -> Json:
        names = {series.labels["__name__"] for series in self.metrics.database.all()}
        wanted = _one(asked, "metric")
        return {
            name: [{"type": _kind_of(name), "help": name.replace("_", " "), "unit": ""}]
            for name in sorted(names)
            if wanted in ("", name)
        }

    def _targets(self, _asked: Parameters) -> Json:
        found = Evaluator(self.metrics.database).vector(parse("up"), self.now())
        return {"activeTargets": [_target(each) for each in found], "droppedTargets": []}


def _parameters(request: Request) -> Parameters:
    asked = {name: list(values) for name, values in request.lists.items()}
    if request.method == "POST":
        for name, values in parse_qs(request.body.decode(errors="replace")).items():
            asked.setdefault(name, []).extend(values)
    return asked


def _one(asked: Parameters, name: str) -> str:
    return asked.get(name, [""])[-1]


def _needed(asked: Parameters, name: str) -> str:
    value = _one(asked, name)
    if not value:
        problem = f'invalid parameter "{name}": cannot parse "" to a valid value'
        raise PromqlError(problem)
    return value


def _expression(asked: Parameters) -> Node:
    return parse(_one(asked, "query"))


def _moment(text: str, default: float) -> float:
    if not text:
        return default
    try:
        return float(text)
    except ValueError:
        return moment_of(text)


def _check_range(node: Node, start: float, end: float, step: float) -> None:
    if isinstance(node, Selector) and node.range is not None:
        problem = (
            'invalid parameter "query": invalid expression type "range vector" '
            "for range query, must be Scalar or instant Vector"
        )
        raise PromqlError(problem)
    if step <= 0 or end < start:
        problem = 'invalid parameter "step" or "end": step must be above 0, end not before start'
        raise PromqlError(problem)
    if (end - start) / step > MOST_POINTS:
        problem = (
            "exceeded maximum resolution of 11,000 points per timeseries. "
            "Try decreasing the query resolution (?step=XX)"
        )
        raise PromqlError(problem)


def _point(moment: float, value: float) -> list[object]:
    return [round(moment, 3), _shown(value)]


def _points(points: Iterable[tuple[float, float]]) -> list[list[object]]:
    return [_point(moment, value) for moment, value in points]


def _shown(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e21 else repr(value)


def _alert(alert: Alert) -> Json:
    return {
        "labels": alert.labels,
        "annotations": alert.annotations,
        "state": alert.state,
        "activeAt": fine_stamp(alert.active_since),
        "value": _shown(alert.value),
    }


def _rule(rule: Rule, active: list[Alert], now: float) -> Json:
    states = {each.state for each in active}
    return {
        "type": "alerting",
        "name": rule.name,
        "query": rule.expression,
        "duration": rule.patience,
        "labels": rule.labels,
        "annotations": rule.annotations,
        "alerts": [_alert(each) for each in active],
        "health": "ok",
        "state": "firing" if "firing" in states else "pending" if states else "inactive",
        "evaluationTime": 0.001,
        "lastEvaluation": fine_stamp(now),
    }


def _kind_of(name: str) -> str:
    return next((kind for end, kind in KINDS_OF_METRIC.items() if name.endswith(end)), "gauge")


def _target(sample: Sample) -> Json:
    return {
        "labels": {key: value for key, value in sample.labels.items() if key != "__name__"},
        "scrapeUrl": f"http://{sample.labels.get('instance', '')}/metrics",
        "health": "up" if sample.value else "down",
        "lastError": "" if sample.value else "connection refused",
    }


def _refusal(kind: str, message: str, code: int) -> Answer:
    return answer({"status": "error", "errorType": kind, "error": message}, code)
