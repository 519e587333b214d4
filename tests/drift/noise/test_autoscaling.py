"""What differs between a state and an autoscaling group without being drift, and what beside it."""

from typing import Any

import pytest
from tests.drift.noise.answering import seen
from tests.drift.noise.told import told

GROUP = "aws_autoscaling_group"
TEMPLATES = {"aws_launch_template": {"lt-1": {"latest_version": 7, "default_version": 3}}}


def launched(version: str, template: str = "lt-1") -> dict[str, Any]:
    return {"launch_template": [{"id": template, "name": "a", "version": version}]}


def tags(**said: str) -> dict[str, Any]:
    pairs = [{"key": key, "value": value} for key, value in said.items()]
    return {"tag": [{**pair, "propagate_at_launch": True} for pair in pairs]}


@pytest.mark.parametrize(
    ("state", "real"),
    [
        pytest.param({"target_group_arns": []}, {"target_group_arns": ["a"]}, id="attached-group"),
        pytest.param({"load_balancers": None}, {"load_balancers": ["a"]}, id="attached-balancer"),
        pytest.param(
            {"target_group_arns": ["a", "b"]}, {"target_group_arns": ["b", "a"]}, id="order"
        ),
        pytest.param(launched("$Latest"), launched("7"), id="latest-by-number"),
        pytest.param(launched("7"), launched("$Latest"), id="number-by-latest"),
        pytest.param(launched("$Default"), launched("3"), id="default-by-number"),
        pytest.param(launched(""), launched("$Default"), id="no-version"),
        pytest.param(tags(b="2", a="1"), tags(a="1", b="2"), id="order-of-tags"),
        pytest.param(
            tags(a="1"), tags(a="1", AmazonECSManaged="", **{"aws:x": "y"}), id="tags-of-services"
        ),
        pytest.param(
            {"suspended_processes": ["A", "B"]},
            {"suspended_processes": ["B", "A"]},
            id="order-of-suspended",
        ),
        pytest.param(
            {"termination_policies": []}, {"termination_policies": ["Default"]}, id="usual-end"
        ),
        pytest.param({"health_check_grace_period": 300}, {}, id="not-read"),
        pytest.param({"instance_refresh": []}, {"instance_refresh": []}, id="nothing"),
        pytest.param(
            {"availability_zones": ["a"], "vpc_zone_identifier": ["s"]},
            {"availability_zones": ["b"], "vpc_zone_identifier": ["s"]},
            id="zones-of-subnets",
        ),
    ],
)
def test_what_means_the_same_is_not_told(state: dict[str, Any], real: dict[str, Any]) -> None:
    assert told(GROUP, state, real, around=TEMPLATES) == set()


@pytest.mark.parametrize(
    ("state", "real", "paths"),
    [
        pytest.param(
            {"target_group_arns": ["a"]},
            {"target_group_arns": ["b"]},
            {"target_group_arns"},
            id="other-group",
        ),
        pytest.param(
            launched("$Latest"), launched("6"), {"launch_template[0].version"}, id="an-old-version"
        ),
        pytest.param(
            launched("$Latest"),
            launched("$Latest", "lt-2"),
            {"launch_template[0].id"},
            id="another-template",
        ),
        pytest.param(tags(a="1"), tags(a="2"), {"tag[0].value"}, id="tag-edited"),
        pytest.param(tags(a="1"), tags(a="1", b="2"), {"tag[1]"}, id="tag-added"),
        pytest.param(
            {"suspended_processes": []},
            {"suspended_processes": ["Terminate"]},
            {"suspended_processes"},
            id="suspended",
        ),
        pytest.param(
            {"termination_policies": []},
            {"termination_policies": ["NewestInstance"]},
            {"termination_policies"},
            id="another-end",
        ),
        pytest.param(
            {"desired_capacity": 2}, {"desired_capacity": 5}, {"desired_capacity"}, id="by-hand"
        ),
        pytest.param({"max_size": 2}, {"max_size": 5}, {"max_size"}, id="larger"),
    ],
)
def test_what_somebody_did_is_told(
    state: dict[str, Any], real: dict[str, Any], paths: set[str]
) -> None:
    assert told(GROUP, state, real, around=TEMPLATES) == paths


def _answers(**more: Any) -> dict[str, list[dict[str, Any]]]:
    group = {
        "AutoScalingGroupName": "web",
        "MinSize": 1,
        "MaxSize": 9,
        "DesiredCapacity": 5,
        **more,
    }
    return {
        "DescribeAutoScalingGroups": [{"AutoScalingGroups": [group]}],
        "DescribePolicies": [{"ScalingPolicies": []}],
        "DescribeScheduledActions": [{"ScheduledUpdateGroupActions": []}],
    }


@pytest.mark.parametrize(
    ("answers", "state", "paths"),
    [
        pytest.param(_answers(), {"desired_capacity": 2}, {"desired_capacity"}, id="nobody"),
        pytest.param(
            {
                **_answers(),
                "DescribePolicies": [
                    {"ScalingPolicies": [{"AutoScalingGroupName": "web", "PolicyName": "cpu"}]}
                ],
            },
            {"desired_capacity": 2, "max_size": 10},
            {"max_size"},
            id="a-policy",
        ),
        pytest.param(
            {
                **_answers(),
                "DescribeScheduledActions": [
                    {
                        "ScheduledUpdateGroupActions": [
                            {"AutoScalingGroupName": "web", "ScheduledActionName": "night"}
                        ]
                    }
                ],
            },
            {"desired_capacity": 2},
            set(),
            id="a-schedule",
        ),
        pytest.param(
            _answers(Tags=[{"Key": "k8s.io/cluster-autoscaler/enabled", "Value": "true"}]),
            {"desired_capacity": 2},
            set(),
            id="the-autoscaler-of-a-cluster",
        ),
        pytest.param(
            _answers(
                SuspendedProcesses=[
                    {"ProcessName": "Launch", "SuspensionReason": "Administrative suspension"}
                ]
            ),
            {"suspended_processes": []},
            set(),
            id="suspended-by-aws",
        ),
        pytest.param(
            _answers(
                SuspendedProcesses=[
                    {"ProcessName": "Launch", "SuspensionReason": "User suspended at 2026"}
                ]
            ),
            {"suspended_processes": []},
            {"suspended_processes"},
            id="suspended-by-a-person",
        ),
    ],
)
def test_controllers_own_what_they_change(
    answers: dict[str, list[dict[str, Any]]], state: dict[str, Any], paths: set[str]
) -> None:
    (real,) = seen(GROUP, answers, {GROUP: {"web": state}})
    assert told(GROUP, state, real.attributes, facts=real.facts) == paths


def test_a_group_that_is_deleted_is_not_there() -> None:
    assert seen(GROUP, _answers(Status="Delete in progress"), {}) == []
