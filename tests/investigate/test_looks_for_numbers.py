"""Of which namespaces metrics are read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.diagnose.build import Json, alert, app, container, seen, service
from tests.diagnose.signals import level, signal
from tests.investigate.test_outcome import OPENED

from sreagent.clients.clock import SystemClock
from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Signal, Unit
from sreagent.investigate.case import Case
from sreagent.investigate.rules.reasoner import RulesReasoner
from sreagent.investigate.steps import Gather
from sreagent.journal.store import Journal
from sreagent.policy.redaction import redact

FAILS = signal(Measure.CPU, level((10_800, 0.2), (600, 0.99), stray=0.01), Unit.SHARE)


def elsewhere(*objects: Json) -> list[Json]:
    for one in objects:
        one["metadata"]["namespace"] = "data"
    return list(objects)


def view(*signals: Signal) -> Inventory:
    """A program that calls a store of another namespace."""
    calls = container(env=[{"name": "STORE_URL", "value": "http://store.data:80"}])
    store = elsewhere(*app("store"), service("store"))
    found = seen(*app(revisions=[(432_000, calls)]), service(), *store)
    found.signals.extend(signals)
    return found


def measured(case: Case) -> Iterator[str]:
    """Namespaces whose metrics are asked for, where each look finds nothing new.

    The last one may be that of what programs count of their business.
    """
    reasoner = RulesReasoner()
    while isinstance(step := reasoner.look(case), Gather):
        case.asked_for |= {str(look) for look in (*step.lists, *step.logs)}
        if step.signals is not None:
            case.asked_for.add("signals")
            yield from (one.namespace for one in step.signals)
        if step.own_measures is not None:
            case.asked_for.add("own measures")
            yield from (f"business of {one.namespace}" for one in step.own_measures)


@pytest.mark.parametrize(
    ("signals", "namespaces"),
    [
        pytest.param([], {"shop", "data", "business of shop"}, id="nothing-is-found"),
        pytest.param([FAILS], {"shop"}, id="the-cause-is-here"),
    ],
)
def test_metrics_of_what_the_alert_depends_on_are_read_while_nothing_is_found(
    signals: list[Signal], namespaces: set[str], tmp_path: Path
) -> None:
    told = alert("HighLatency", namespace="shop", deployment="app")
    opened, clock = replace(OPENED, alert=told), SystemClock()
    with Journal.create(tmp_path, clock, redact=redact) as journal:
        case = Case.open(journal, opened, view(*signals), clock, 60)
        case.has_metrics = True
        assert set(measured(case)) == namespaces
