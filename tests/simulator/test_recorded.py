"""`metrics.om`, `rules.yaml` and `alerts.json` of a folder, over HTTP."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.simulator.folders import deployment, write
from tests.simulator.staging import fetch, query

from sreagent.simulator import Simulation
from sreagent.simulator.staging.errors import StagingError

METRICS = """
# TYPE queue gauge
{{series gauge queue{name="in, \\"quoted\\""} -1h:10 -10m:10 -9m:250 +2h:250 step=15s}}
{{series counter hits_total{code="200"} -3h:40 +2h:40}}
{{series gauge memory{pod="{{pod lab app=web}}"} -3h:5 +2h:5 noise=4%}}
once{a="b"} 7 {{now-30}}
# EOF
"""
RULES = {
    "groups": [
        {
            "name": "queues",
            "rules": [
                {"alert": "QueueLong", "expr": "queue > 100", "labels": {"severity": "page"}},
                {"record": "queue:max", "expr": "max(queue)"},
            ],
        }
    ]
}
ALERTS = [
    {
        "labels": {"alertname": "QueueLong", "namespace": "lab"},
        "annotations": {"summary": "long"},
        "startsAt": "{{iso now-7m}}",
    },
    {"labels": {"alertname": "Over"}, "startsAt": "{{iso now-1h}}", "endsAt": "{{iso now-5m}}"},
]


def folder(tmp_path: Path, **files: Any) -> Path:
    return write(tmp_path, manifests=[deployment("web", 2)], **files)


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Simulation]:
    files = {"metrics_om": METRICS, "rules_yaml": RULES, "alerts_json": ALERTS}
    with Simulation.start(folder(tmp_path, **files)) as simulation:
        yield simulation


def value(simulation: Simulation, expression: str) -> float:
    ((_, text),) = [each["value"] for each in query(simulation, expression)]
    return float(text)


def test_series_go_as_they_are_drawn(recorded: Simulation) -> None:
    assert value(recorded, "queue") == 250
    assert value(recorded, "queue offset 20m") == 10
    assert value(recorded, "rate(hits_total[5m])") == pytest.approx(40, rel=0.01)
    assert value(recorded, "once") == 7
    (series,) = query(recorded, "queue")
    assert series["metric"]["name"] == 'in, "quoted"'


def test_a_line_is_repeated_for_every_pod(recorded: Simulation) -> None:
    found = query(recorded, "memory")
    assert len({each["metric"]["pod"] for each in found}) == 2
    assert all(4.8 <= float(each["value"][1]) <= 5.2 for each in found)


def test_nothing_is_scraped_beside_what_is_written(recorded: Simulation) -> None:
    assert query(recorded, "kube_deployment_spec_replicas") == []


def test_alerts_that_were_sent_are_those_of_alertmanager(recorded: Simulation) -> None:
    (alert,) = fetch(f"{recorded.alertmanager_url}/api/v2/alerts").json()
    assert alert["labels"]["alertname"] == "QueueLong"
    started = datetime.fromisoformat(alert["startsAt"]).timestamp()
    assert time.time() - started == pytest.approx(420, abs=30)


def test_rules_are_evaluated_over_the_series(recorded: Simulation) -> None:
    (group,) = fetch(f"{recorded.prometheus_url}/api/v1/rules").json()["data"]["groups"]
    (rule,) = group["rules"]
    assert (rule["name"], rule["state"]) == ("QueueLong", "firing")


def test_without_sent_alerts_the_rules_raise_them(tmp_path: Path) -> None:
    files = {"metrics_om": METRICS, "rules_yaml": RULES}
    with Simulation.start(folder(tmp_path, **files)) as simulation:
        (alert,) = fetch(f"{simulation.alertmanager_url}/api/v2/alerts").json()
        assert alert["labels"]["severity"] == "page"


def test_without_written_metrics_the_cluster_is_scraped(tmp_path: Path) -> None:
    with Simulation.start(folder(tmp_path)) as simulation:
        assert value(simulation, 'kube_deployment_spec_replicas{deployment="web"}') == 2


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param({"metrics_om": "\n\nnonsense"}, r"metrics\.om:3: is neither", id="metrics"),
        pytest.param(
            {"metrics_om": "{{series gauge x -1h}}"}, r"metrics\.om:1: '-1h' must be", id="series"
        ),
        pytest.param({"alerts_json": {"a": 1}}, r"alerts\.json:1: must hold a list", id="alerts"),
        pytest.param({"alerts_json": [{}]}, r"alerts\.json: holds no alerts", id="no-labels"),
        pytest.param(
            {"rules_yaml": {"groups": [{"rules": [{"alert": "A", "expr": "sum("}]}]}},
            r"rules\.yaml: is no rule file",
            id="rules",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, files: Any, told: str) -> None:
    with pytest.raises(StagingError, match=told):
        Simulation.start(folder(tmp_path, **files))
