"""What differs between the state of a load balancer and what ELB gives, and says nothing."""

from typing import Any

import pytest
from tests.drift.noise.told import told

BLUE, GREEN = (f"arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/{c}/1" for c in "bg")


def mapping(*subnets: str) -> list[dict[str, Any]]:
    return [{"subnet_id": subnet, "allocation_id": ""} for subnet in subnets]


def leads(*groups: tuple[str, int], **sticky: Any) -> dict[str, Any]:
    """As a reading gives it: both ways at once."""
    return {
        "type": "forward",
        "target_group_arn": groups[0][0] if len(groups) == 1 else "",
        "forward": [
            {
                "target_group": [{"arn": arn, "weight": weight} for arn, weight in groups],
                "stickiness": [{"enabled": False, "duration": 0, **sticky}],
            }
        ],
    }


def action(**said: Any) -> dict[str, Any]:
    return {"type": "forward", "order": 1, "target_group_arn": "", "forward": [], **said}


@pytest.mark.parametrize(
    ("type_", "before", "after"),
    [
        pytest.param("aws_lb", {"dns_name": "a"}, {"dns_name": "b"}, id="dns name"),
        pytest.param("aws_lb", {"zone_id": "Z1"}, {"zone_id": "Z2"}, id="zone"),
        pytest.param(
            "aws_lb",
            {"access_logs": []},
            {"access_logs": [{"bucket": "", "enabled": False, "prefix": ""}]},
            id="no access logs",
        ),
        pytest.param(
            "aws_alb",
            {"subnets": ["a", "b"], "subnet_mapping": mapping("b", "a")},
            {"subnets": ["b", "a"], "subnet_mapping": mapping("a", "b")},
            id="order of subnets",
        ),
        pytest.param(
            "aws_lb",
            {"subnets": ["a"], "subnet_mapping": []},
            {"subnets": ["a"], "subnet_mapping": mapping("a")},
            id="subnets without mapping",
        ),
        pytest.param("aws_lb", {"idle_timeout": None}, {"idle_timeout": 60}, id="idle timeout"),
        pytest.param(
            "aws_lb_listener",
            {"default_action": [action(target_group_arn=BLUE)]},
            {"default_action": [leads((BLUE, 1))]},
            id="one group, by its ARN",
        ),
        pytest.param(
            "aws_alb_listener",
            {"default_action": [action(**leads((BLUE, 1)))]},
            {"default_action": [leads((BLUE, 1), duration=3600)]},
            id="both ways, and how long a stickiness would last",
        ),
        pytest.param(
            "aws_lb_listener",
            {"default_action": [action(**leads((BLUE, 1), (GREEN, 9)))]},
            {"default_action": [leads((GREEN, 9), (BLUE, 1))]},
            id="order of groups",
        ),
        pytest.param(
            "aws_lb_listener",
            {"default_action": [{"type": "authenticate-oidc"}, action(target_group_arn=BLUE)]},
            {"default_action": [leads((BLUE, 1)), {"type": "authenticate-oidc", "order": 1}]},
            id="order of actions",
        ),
        pytest.param(
            "aws_lb_listener",
            {"mutual_authentication": []},
            {"mutual_authentication": [{"mode": "off"}]},
            id="no mutual authentication",
        ),
        pytest.param(
            "aws_lb_target_group",
            {"health_check": [{"enabled": None, "port": "", "interval": 30, "path": "/"}]},
            {"health_check": [{"enabled": True, "port": "traffic-port", "interval": 30}]},
            id="defaults of a health check",
        ),
        pytest.param(
            "aws_lb_target_group",
            {"stickiness": []},
            {"stickiness": [{"enabled": False, "type": "lb_cookie", "cookie_duration": 86400}]},
            id="stickiness that is off",
        ),
        pytest.param(
            "aws_alb_target_group",
            {"load_balancer_arns": []},
            {"load_balancer_arns": ["arn"]},
            id="used by a load balancer",
        ),
        pytest.param(
            "aws_lb_target_group",
            {"deregistration_delay": "300", "slow_start": None},
            {"deregistration_delay": 300, "slow_start": 0},
            id="numbers as texts",
        ),
    ],
)
def test_noise_is_not_told(type_: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    assert told(type_, before, after) == set()


def test_weights_that_a_deployment_shifts_are_its_own() -> None:
    before = {"default_action": [action(**leads((BLUE, 100), (GREEN, 0)))]}
    after = {"default_action": [leads((BLUE, 0), (GREEN, 100))]}
    facts = {"shifted by": "CodeDeploy deployment group shop/prod"}
    assert told("aws_lb_listener", before, after, facts=facts) == set()
    target = "default_action[0].forward[0].target_group"
    assert told("aws_lb_listener", before, after) == {f"{target}[0].weight", f"{target}[1].weight"}


@pytest.mark.parametrize(
    ("type_", "before", "after", "paths"),
    [
        pytest.param(
            "aws_lb",
            {"subnets": ["a", "b"], "subnet_mapping": mapping("a", "b")},
            {"subnets": ["a"], "subnet_mapping": mapping("a")},
            {"subnets"},
            id="a subnet went",
        ),
        pytest.param(
            "aws_lb",
            {"access_logs": [{"bucket": "logs", "enabled": True, "prefix": ""}]},
            {"access_logs": [{"bucket": "logs", "enabled": False, "prefix": ""}]},
            {"access_logs[0].enabled"},
            id="access logs off",
        ),
        pytest.param(
            "aws_lb_listener",
            {"default_action": [action(target_group_arn=BLUE)]},
            {"default_action": [leads((GREEN, 1))]},
            {"default_action[0].target_group_arn"},
            id="another group",
        ),
        pytest.param(
            "aws_lb_listener",
            {"default_action": [action(target_group_arn=BLUE)]},
            {"default_action": [leads((BLUE, 1), (GREEN, 1))]},
            {"default_action[0].forward[0]"},
            id="one group more",
        ),
        pytest.param(
            "aws_lb_listener",
            {"ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
            {"ssl_policy": "ELBSecurityPolicy-2016-08"},
            {"ssl_policy"},
            id="weaker TLS",
        ),
        pytest.param(
            "aws_lb_target_group",
            {"stickiness": [{"enabled": False, "type": "lb_cookie"}]},
            {"stickiness": [{"enabled": True, "type": "lb_cookie"}]},
            {"stickiness[0].enabled"},
            id="stickiness on",
        ),
        pytest.param(
            "aws_lb_target_group",
            {"health_check": [{"enabled": True, "interval": 30}]},
            {"health_check": [{"enabled": True, "interval": 300}]},
            {"health_check[0].interval"},
            id="health check",
        ),
    ],
)
def test_a_real_change_is_told(
    type_: str, before: dict[str, Any], after: dict[str, Any], paths: set[str]
) -> None:
    assert told(type_, before, after) == paths
