"""Alarms of CloudWatch on metrics."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import taken
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.kinds import Kind, reader
from sreagent.drift.reality.look import Look
from sreagent.drift.reality.real import Real

ALARM = "aws_cloudwatch_metric_alarm"

_PAGE = 100
_ACTIONS = {
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
    "insufficient_data_actions": "InsufficientDataActions",
}
_TEXTS = {
    "alarm_name": "AlarmName",
    "alarm_description": "AlarmDescription",
    "comparison_operator": "ComparisonOperator",
    "evaluate_low_sample_count_percentiles": "EvaluateLowSampleCountPercentile",
    "extended_statistic": "ExtendedStatistic",
    "metric_name": "MetricName",
    "namespace": "Namespace",
    "statistic": "Statistic",
    "threshold_metric_id": "ThresholdMetricId",
    "treat_missing_data": "TreatMissingData",
    "unit": "Unit",
}
_NUMBERS = {
    "datapoints_to_alarm": "DatapointsToAlarm",
    "evaluation_periods": "EvaluationPeriods",
    "period": "Period",
    "threshold": "Threshold",
}
_OF_QUERY = {
    "account_id": "AccountId",
    "expression": "Expression",
    "id": "Id",
    "label": "Label",
    "period": "Period",
    "return_data": "ReturnData",
}
_OF_METRIC = {
    "metric_name": "Metric.MetricName",
    "namespace": "Metric.Namespace",
    "period": "Period",
    "stat": "Stat",
    "unit": "Unit",
}
_ALARM = Shape(
    sets=frozenset(_ACTIONS),
    maps=frozenset({"dimensions", "metric_query.metric.dimensions"}),
    keyed={"metric_query": ("id",)},
    defaults={
        "treat_missing_data": "missing",
        "evaluate_low_sample_count_percentiles": "evaluate",
    },
)
_FOLDED = {
    "TargetTracking-": "alarm of target tracking",
    "awseb-": "made by Elastic Beanstalk",
    "Step-Scaling-AlarmHigh-": "alarm of an autoscaling policy",
}


@reader("cloudwatch", Kind(type=ALARM, shape=_ALARM))
def alarms(look: Look) -> Iterator[Real]:
    """All alarms in one list; tags of those in the state."""
    listed = list(
        look.listed("DescribeAlarms", "MetricAlarms", MaxRecords=_PAGE, AlarmTypes=["MetricAlarm"])
    )
    ids = {alarm["AlarmArn"]: alarm["AlarmName"] for alarm in listed}
    tags = tags_for(
        look, ALARM, ids, lambda arn: look.asked("ListTagsForResource", ResourceARN=arn)
    )
    for alarm in listed:
        yield _alarm(alarm, tags.get(alarm["AlarmArn"], {}))


def _alarm(alarm: Mapping[str, Any], tags: Mapping[str, Any]) -> Real:
    name = alarm["AlarmName"]
    return Real(
        type=ALARM,
        id=name,
        name=name,
        arn=alarm["AlarmArn"],
        folded=next((why for start, why in _FOLDED.items() if name.startswith(start)), ""),
        attributes={
            **{key: alarm.get(said) or "" for key, said in _TEXTS.items()},
            **{key: alarm.get(said) or 0 for key, said in _NUMBERS.items()},
            **{key: list(alarm.get(said) or ()) for key, said in _ACTIONS.items()},
            "actions_enabled": alarm.get("ActionsEnabled", True),
            "dimensions": _dimensions(alarm),
            "metric_query": [_query(each) for each in alarm.get("Metrics") or ()],
            **tags,
        },
    )


def _dimensions(item: Mapping[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in item.get("Dimensions") or ()}


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    """The period belongs to the metric, where there is one."""
    said = taken(query, _OF_QUERY)
    stat = query.get("MetricStat")
    if not stat:
        return {**said, "metric": []}
    metric = {**taken(stat, _OF_METRIC), "dimensions": _dimensions(stat.get("Metric") or {})}
    return {**said, "metric": [metric]}
