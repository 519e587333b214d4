"""What differs between the state of a service and ECS, and says nothing."""

from typing import Any

import pytest
from tests.drift.noise.told import told

FAMILY = "arn:aws:ecs:eu-central-1:123456789012:task-definition/web"


def balanced(*names: str) -> list[dict[str, Any]]:
    return [
        {"target_group_arn": name, "container_name": "app", "container_port": 80} for name in names
    ]


@pytest.mark.parametrize(
    ("before", "after", "facts"),
    [
        pytest.param(
            {"desired_count": 3},
            {"desired_count": 7},
            {"scaled by": "autoscaling (2 to 9)"},
            id="count by autoscaling",
        ),
        pytest.param(
            {"task_definition": "web:41"},
            {"task_definition": f"{FAMILY}:42"},
            {"deployed by": "ECS deployments by ci"},
            id="revision by a deployment",
        ),
        pytest.param(
            {"task_definition": f"{FAMILY}:41"},
            {"task_definition": f"{FAMILY}:42"},
            {},
            id="revision by somebody",
        ),
        pytest.param(
            {"task_definition": "web:42"}, {"task_definition": f"{FAMILY}:42"}, {}, id="its ARN"
        ),
        pytest.param(
            {"task_definition": "web"}, {"task_definition": f"{FAMILY}:42"}, {}, id="the newest one"
        ),
        pytest.param(
            {"capacity_provider_strategy": [], "launch_type": ""},
            {"capacity_provider_strategy": [{"capacity_provider": "FARGATE"}], "launch_type": ""},
            {},
            id="strategy of the cluster",
        ),
        pytest.param(
            {"platform_version": "LATEST"}, {"platform_version": "1.4.0"}, {}, id="latest platform"
        ),
        pytest.param(
            {"load_balancer": balanced("a", "b")},
            {"load_balancer": balanced("b", "a")},
            {},
            id="order of load balancers",
        ),
        pytest.param(
            {"load_balancer": balanced("blue")},
            {"load_balancer": balanced("green")},
            {"deployment controller": "CODE_DEPLOY"},
            id="blue and green",
        ),
        pytest.param(
            {"scheduling_strategy": "DAEMON", "desired_count": 0},
            {"scheduling_strategy": "DAEMON", "desired_count": 4},
            {},
            id="one on each machine",
        ),
        pytest.param({"propagate_tags": ""}, {"propagate_tags": "NONE"}, {}, id="no tags"),
    ],
)
def test_noise_of_a_service_is_not_told(
    before: dict[str, Any], after: dict[str, Any], facts: dict[str, str]
) -> None:
    assert told("aws_ecs_service", before, after, facts=facts) == set()


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        pytest.param({"desired_count": 3}, {"desired_count": 0}, "desired_count", id="by hand"),
        pytest.param(
            {"task_definition": "web:41"},
            {"task_definition": "web-debug:1"},
            "task_definition",
            id="another family",
        ),
        pytest.param(
            {"capacity_provider_strategy": [{"capacity_provider": "FARGATE", "weight": 1}]},
            {"capacity_provider_strategy": [{"capacity_provider": "FARGATE", "weight": 9}]},
            "capacity_provider_strategy[0].weight",
            id="strategy",
        ),
        pytest.param(
            {"platform_version": "1.4.0"},
            {"platform_version": "1.3.0"},
            "platform_version",
            id="platform",
        ),
        pytest.param(
            {"load_balancer": balanced("a")},
            {"load_balancer": balanced("b")},
            "load_balancer[0].target_group_arn",
            id="target group",
        ),
        pytest.param(
            {"enable_execute_command": False},
            {"enable_execute_command": True},
            "enable_execute_command",
            id="commands inside",
        ),
    ],
)
def test_a_real_change_of_a_service_is_told(
    before: dict[str, Any], after: dict[str, Any], path: str
) -> None:
    assert told("aws_ecs_service", before, after) == {path}


def test_settings_of_the_account_are_not_those_of_a_cluster() -> None:
    enabled = [{"name": "containerInsights", "value": "enabled"}]
    disabled = [{"name": "containerInsights", "value": "disabled"}]
    assert told("aws_ecs_cluster", {"setting": []}, {"setting": enabled}) == set()
    assert told("aws_ecs_cluster", {"setting": enabled}, {"setting": disabled}) == {
        "setting[0].value"
    }
