"""What differs between a state and alarms without being drift, and what beside it is."""

from typing import Any

import pytest
from tests.drift.noise.scripted import Scripted
from tests.drift.noise.told import told

from sreagent.domain.drift import Place
from sreagent.drift.reality.aws.alarms import alarms
from sreagent.drift.reality.look import Look

ALARM = "aws_cloudwatch_metric_alarm"
HERE = Place(account="123456789012", region="eu-central-1")


def query(name: str, **said: object) -> dict[str, Any]:
    return {"id": name, "expression": "a / b", "return_data": True, "metric": [], **said}


@pytest.mark.parametrize(
    ("state", "real"),
    [
        pytest.param(
            {"dimensions": {"b": "2", "a": "1"}},
            {"dimensions": {"a": "1", "b": "2"}},
            id="order-of-dimensions",
        ),
        pytest.param({"dimensions": None}, {"dimensions": {}}, id="no-dimensions"),
        pytest.param(
            {"alarm_actions": ["a", "b"]}, {"alarm_actions": ["b", "a"]}, id="order-of-actions"
        ),
        pytest.param({"ok_actions": None}, {"ok_actions": []}, id="no-actions"),
        pytest.param({"threshold": 80}, {"threshold": 80.0}, id="number"),
        pytest.param(
            {"treat_missing_data": "missing"}, {"treat_missing_data": ""}, id="usual-treatment"
        ),
        pytest.param(
            {"metric_query": [query("b"), query("a")]},
            {"metric_query": [query("a"), query("b", label="")]},
            id="order-of-queries",
        ),
        pytest.param({"state": "OK"}, {"state": "ALARM"}, id="state-of-the-alarm"),
        pytest.param({"datapoints_to_alarm": None}, {"datapoints_to_alarm": 0}, id="all-points"),
    ],
)
def test_what_means_the_same_is_not_told(state: dict[str, Any], real: dict[str, Any]) -> None:
    assert told(ALARM, state, real) == set()


@pytest.mark.parametrize(
    ("state", "real", "path"),
    [
        pytest.param(
            {"dimensions": {"a": "1"}},
            {"dimensions": {"a": "1", "b": "2"}},
            "dimensions.b",
            id="a-dimension-more",
        ),
        pytest.param(
            {"alarm_actions": ["a", "b"]}, {"alarm_actions": []}, "alarm_actions", id="tells-nobody"
        ),
        pytest.param({"threshold": 80}, {"threshold": 80.5}, "threshold", id="threshold"),
        pytest.param({"threshold": 0}, {"threshold": 1.0}, "threshold", id="threshold-from-zero"),
        pytest.param(
            {"treat_missing_data": "missing"},
            {"treat_missing_data": "ignore"},
            "treat_missing_data",
            id="ignores-what-is-missing",
        ),
        pytest.param(
            {"metric_query": [query("b"), query("a")]},
            {"metric_query": [query("a", expression="a"), query("b")]},
            "metric_query[1].expression",
            id="another-expression",
        ),
        pytest.param(
            {"actions_enabled": True}, {"actions_enabled": False}, "actions_enabled", id="disabled"
        ),
        pytest.param(
            {"datapoints_to_alarm": 2}, {"datapoints_to_alarm": 0}, "datapoints_to_alarm", id="all"
        ),
    ],
)
def test_what_differs_beside_it_is_told(
    state: dict[str, Any], real: dict[str, Any], path: str
) -> None:
    assert told(ALARM, state, real) == {path}


def test_alarms_of_target_tracking_are_folded() -> None:
    listed = [
        {"AlarmName": name, "AlarmArn": f"arn:aws:cloudwatch:::alarm:{name}"}
        for name in ("TargetTracking-table/orders-AlarmHigh-1", "ours")
    ]
    estate = Scripted({"DescribeAlarms": [{"MetricAlarms": [each]} for each in listed]})
    found = list(alarms(Look(estate=estate, place=HERE, service="cloudwatch")))
    assert [each.folded for each in found] == ["alarm of target tracking", ""]
