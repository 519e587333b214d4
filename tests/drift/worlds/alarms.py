"""Alarms on metrics."""

from typing import Any

from tests.drift.worlds.world import Aws, Mutation, Thing, World, arn, reports, world

DIMENSIONS = {"ClusterName": "shop", "ServiceName": "api"}


@world("alarms")
def alarms(aws: Aws, word: str) -> World:
    cloudwatch = aws.client("cloudwatch")
    name, ratio = f"busy-{word}", f"errors-{word}"
    tell, page = arn("sns", "tell"), arn("sns", "page")
    common: dict[str, Any] = {
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 3,
        "Threshold": 80.0,
        "AlarmActions": [tell, page],
        "Tags": [{"Key": "team", "Value": "shop"}],
    }
    simple: dict[str, Any] = {
        **common,
        "AlarmName": name,
        "MetricName": "CPUUtilization",
        "Namespace": "AWS/ECS",
        "Period": 60,
        "Statistic": "Average",
        "TreatMissingData": "breaching",
        "Dimensions": [{"Name": key, "Value": value} for key, value in DIMENSIONS.items()],
    }
    metric = {"Namespace": "AWS/ApplicationELB", "MetricName": "HTTPCode_ELB_5XX_Count"}
    errors: dict[str, Any] = {
        "Id": "errors",
        "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"},
        "ReturnData": False,
    }
    share = {"Id": "share", "Expression": "errors / 100", "Label": "share", "ReturnData": True}
    ask: dict[str, Any] = {**common, "AlarmName": ratio, "Metrics": [errors, share]}
    cloudwatch.put_metric_alarm(**simple)
    cloudwatch.put_metric_alarm(**ask)
    for other in (f"stranger-{word}", f"TargetTracking-service/shop/{word}-AlarmHigh-1"):
        cloudwatch.put_metric_alarm(**{**simple, "AlarmName": other})

    def state(title: str, **more: object) -> Thing:
        return Thing(
            type="aws_cloudwatch_metric_alarm",
            name=title.replace("-", "_"),
            attributes={
                "actions_enabled": True,
                "alarm_actions": [page, tell],
                "alarm_description": "",
                "alarm_name": title,
                "arn": arn("cloudwatch", f"alarm:{title}"),
                "comparison_operator": "GreaterThanThreshold",
                "datapoints_to_alarm": 0,
                "dimensions": None,
                "evaluate_low_sample_count_percentiles": "",
                "evaluation_periods": 3,
                "extended_statistic": "",
                "id": title,
                "insufficient_data_actions": [],
                "metric_name": "",
                "metric_query": [],
                "namespace": "",
                "ok_actions": [],
                "period": 0,
                "statistic": "",
                "tags": {"team": "shop"},
                "tags_all": {"team": "shop"},
                "threshold": 80,
                "threshold_metric_id": "",
                "treat_missing_data": "missing",
                "unit": "",
                **more,
            },
        )

    busy = state(
        name,
        metric_name="CPUUtilization",
        namespace="AWS/ECS",
        period=60,
        statistic="Average",
        treat_missing_data="breaching",
        dimensions=DIMENSIONS,
    )
    counted = {
        "dimensions": None,
        "metric_name": "HTTPCode_ELB_5XX_Count",
        "namespace": "AWS/ApplicationELB",
        "period": 60,
        "stat": "Sum",
        "unit": "",
    }
    query = {"account_id": "", "expression": "", "label": "", "metric": [], "period": 0}
    of_errors = {**query, "id": "errors", "metric": [counted], "return_data": False}
    of_share = {
        **query,
        "id": "share",
        "expression": "errors / 100",
        "label": "share",
        "return_data": True,
    }
    # In the order in which a set of the provider stands, which is nobody's.
    failing = state(ratio, metric_query=[of_share, of_errors])

    def put(alarm: dict[str, Any], **changed: object) -> None:
        # The tags of an alarm that is there already are not changed so, nor are they in AWS.
        said = {key: value for key, value in {**alarm, **changed}.items() if key != "Tags"}
        cloudwatch.put_metric_alarm(**said, Tags=common["Tags"])

    elsewhere = [{"Name": "ClusterName", "Value": "test"}, simple["Dimensions"][1]]
    longer = {**errors, "MetricStat": {**errors["MetricStat"], "Period": 300}}
    return World(
        things=(busy, failing),
        strangers=(("aws_cloudwatch_metric_alarm", f"stranger-{word}"),),
        mutations=(
            Mutation(
                title="another threshold",
                do=lambda: put(simple, Threshold=99.0),
                reports=reports((busy.address, "threshold")),
            ),
            Mutation(
                title="tells nobody",
                do=lambda: put(simple, AlarmActions=[tell]),
                reports=reports((busy.address, "alarm_actions")),
            ),
            Mutation(
                title="watches another cluster, and disabled",
                do=lambda: put(simple, Dimensions=elsewhere, ActionsEnabled=False),
                reports=reports(
                    (busy.address, "dimensions.ClusterName"), (busy.address, "actions_enabled")
                ),
            ),
            Mutation(
                title="a longer period of one query",
                do=lambda: put(ask, Metrics=[longer, share]),
                reports=reports((failing.address, "metric_query[1].metric[0].period")),
            ),
            Mutation(
                title="tags",
                do=lambda: cloudwatch.tag_resource(
                    ResourceARN=busy.attributes["arn"], Tags=[{"Key": "team", "Value": "payments"}]
                ),
                reports=reports((busy.address, "tags.team")),
            ),
            Mutation(
                title="deleted",
                do=lambda: cloudwatch.delete_alarms(AlarmNames=[ratio]),
                reports=reports((failing.address, "")),
            ),
        ),
    )
