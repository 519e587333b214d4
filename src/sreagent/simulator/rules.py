"""Alert rules: evaluated over the past and the present, pending first and firing later."""

import math
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from sreagent.simulator.clock import seconds_in
from sreagent.simulator.metrics import LIVE_STEP, STEP, Metrics
from sreagent.simulator.objects import Json
from sreagent.simulator.promql.evaluate import Evaluator
from sreagent.simulator.promql.operators import Sample
from sreagent.simulator.promql.parse import parse
from sreagent.simulator.promql.series import Labels
from sreagent.simulator.promql.syntax import Node

LONGEST_PAST = 3600.0

_PLACE = re.compile(r"\{\{\s*\$(labels\.(\w+)|value)\s*(?:\|\s*humanizePercentage\s*)?\}\}")
Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One alert rule."""

    name: str
    expression: str
    node: Node
    patience: float
    """Seconds the expression must hold before the alert fires."""
    labels: Labels
    annotations: Labels


@dataclass(slots=True, kw_only=True)
class Alert:
    """One alert that a rule raised."""

    rule: Rule | None
    """None for one that somebody posted."""
    labels: Labels
    annotations: Labels
    active_since: float
    value: float
    fires_since: float | None = None
    ends_at: float | None = None
    link: str = ""

    @property
    def state(self) -> str:
        """`pending` or `firing`."""
        return "pending" if self.fires_since is None else "firing"

    def source(self, prometheus: str) -> str:
        """The link to the expression."""
        if self.rule is None:
            return self.link or f"{prometheus}/graph"
        return f"{prometheus}/graph?g0.expr={quote(self.rule.expression)}&g0.tab=1"


class Alerts(Protocol):
    """Whatever raises alerts."""

    def catch_up(self, now: float) -> list[Alert]:
        """The alerts that are active now."""
        ...


class Posted:
    """Alerts that somebody sent and that stay until they end."""

    def __init__(self, alerts: Iterable[Alert]) -> None:
        self.alerts = tuple(alerts)

    def catch_up(self, now: float) -> list[Alert]:
        """The alerts that have not ended."""
        return [each for each in self.alerts if each.ends_at is None or each.ends_at > now]


@dataclass(slots=True)
class Rules:
    """All rules and what they raised."""

    rules: tuple[Rule, ...]
    metrics: Metrics
    since: float
    """The moment of the first evaluation, as long ago as the rules exist."""
    alerts: dict[Key, Alert] = field(default_factory=dict)
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def catch_up(self, now: float) -> list[Alert]:
        """Evaluate everything that was due until now; what is active comes back."""
        self.metrics.catch_up(now)
        with self._lock:
            if not self._next:
                self._evaluate(self.since)
            begin = max(self._next, now - LONGEST_PAST)
            moment = math.ceil(begin / LIVE_STEP) * LIVE_STEP
            while moment <= now:
                self._evaluate(moment)
                moment += STEP if moment < self.metrics.started else LIVE_STEP
            self._next = moment
            return list(self.alerts.values())

    def _evaluate(self, moment: float) -> None:
        evaluator = Evaluator(self.metrics.database)
        active: dict[Key, Alert] = {}
        for rule in self.rules:
            for sample in evaluator.vector(rule.node, moment):
                key, alert = self._raised(rule, sample, moment)
                active[key] = alert
        self.alerts = active

    def _raised(self, rule: Rule, sample: Sample, moment: float) -> tuple[Key, Alert]:
        labels = {key: value for key, value in sample.labels.items() if key != "__name__"}
        labels |= {"alertname": rule.name, **rule.labels}
        key = tuple(sorted(labels.items()))
        alert = self.alerts.get(key) or Alert(
            rule=rule, labels=labels, annotations={}, active_since=moment, value=sample.value
        )
        alert.value = sample.value
        alert.annotations = {
            name: _filled(text, labels, sample.value) for name, text in rule.annotations.items()
        }
        if alert.fires_since is None and moment - alert.active_since >= rule.patience:
            alert.fires_since = moment
        return key, alert


def read_rules(groups: Iterable[Json]) -> tuple[Rule, ...]:
    """The alert rules of some groups; raises ValueError for what cannot be read."""
    return tuple(_rule(each) for group in groups for each in _alerting(group))


def _alerting(group: Json) -> Iterator[Json]:
    yield from (each for each in group.get("rules") or () if "alert" in each)


def _rule(data: Json) -> Rule:
    return Rule(
        name=data["alert"],
        expression=" ".join(str(data["expr"]).split()),
        node=parse(str(data["expr"])),
        patience=seconds_in(str(data.get("for", "0s"))),
        labels=_texts(data.get("labels")),
        annotations=_texts(data.get("annotations")),
    )


def _texts(told: Any) -> Labels:  # noqa: ANN401 - untyped YAML
    return {str(key): str(value) for key, value in (told or {}).items()}


def _filled(text: str, labels: Labels, value: float) -> str:
    def part(found: re.Match[str]) -> str:
        if found[2]:
            return labels.get(found[2], "")
        return f"{value:.2%}" if "humanizePercentage" in found[0] else f"{value:g}"

    return _PLACE.sub(part, text)
