"""Lines of aws that mean a change of the catalogue."""

from typing import Any

import pytest

from sreagent.domain.action import Action
from sreagent.tools import cloud_ecs, cloud_functions, cloud_groups, cloud_instances
from sreagent.tools.cloud_verbs import CloudTool
from sreagent.tools.lines import parse

ECS = "aws ecs update-service --cluster prod --service web"

TOOLS = {
    tool.verb: tool
    for module in (cloud_ecs, cloud_functions, cloud_groups, cloud_instances)
    for tool in vars(module).values()
    if isinstance(tool, CloudTool)
}


@pytest.mark.parametrize(
    ("line", "verb", "target", "arguments"),
    [
        pytest.param(
            f"{ECS} --force-new-deployment",
            "ecs_redeploy",
            "AWS::ECS::Service/prod/web",
            {},
            id="ecs-redeploy",
        ),
        pytest.param(
            f"{ECS} --task-definition web:41 --region eu-west-1",
            "ecs_rollback",
            "AWS::ECS::Service/prod/web",
            {"task_definition": "web:41", "region": "eu-west-1"},
            id="ecs-rollback",
        ),
        pytest.param(
            f"{ECS} --desired-count 4 --no-force-new-deployment --no-cli-pager",
            "ecs_scale",
            "AWS::ECS::Service/prod/web",
            {"desired_count": 4},
            id="ecs-scale",
        ),
        pytest.param(
            f"{ECS} --desired-count 9 --desired-count 0",
            "ecs_scale",
            "AWS::ECS::Service/prod/web",
            {"desired_count": 0},
            id="ecs-last-count-wins",
        ),
        pytest.param(
            "aws autoscaling set-desired-capacity --auto-scaling-group-name web-asg "
            "--desired-capacity 4 --no-honor-cooldown",
            "asg_scale",
            "AWS::AutoScaling::AutoScalingGroup/web-asg",
            {"desired_capacity": 4},
            id="asg-scale",
        ),
        pytest.param(
            "aws lambda update-alias --function-name checkout --name live --function-version 7",
            "lambda_alias",
            "AWS::Lambda::Alias/checkout/live",
            {"version": 7},
            id="lambda-alias",
        ),
        pytest.param(
            "aws rds reboot-db-instance --db-instance-identifier orders --no-force-failover",
            "rds_reboot",
            "AWS::RDS::DBInstance/orders",
            {},
            id="rds-reboot",
        ),
        pytest.param(
            "aws rds start-db-instance --db-instance-identifier orders",
            "rds_start",
            "AWS::RDS::DBInstance/orders",
            {},
            id="rds-start",
        ),
        pytest.param(
            "aws ec2 reboot-instances --instance-ids i-0123456789abcdef0 --dry-run --no-dry-run",
            "ec2_reboot",
            "AWS::EC2::Instance/i-0123456789abcdef0",
            {},
            id="ec2-reboot",
        ),
    ],
)
def test_changes_of_the_catalogue_are_typed_actions(
    line: str, verb: str, target: str, arguments: dict[str, Any]
) -> None:
    action = parse(line)
    assert isinstance(action, Action)
    assert (action.verb, action.target.path, dict(action.arguments)) == (verb, target, arguments)
    TOOLS[verb].check(action)
    assert parse(TOOLS[verb].command(action)) == action
