"""Changes, facts and circumstances for tests of the policy."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sreagent.domain.action import Action
from sreagent.domain.attempt import Attempt
from sreagent.domain.entity import Entity
from sreagent.policy.document import Policy
from sreagent.policy.facts import Circumstances, Facts

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
"""A Saturday, 02:00 in Berlin."""
KINDS = {
    "delete_pod": "Pod",
    "evict_pod": "Pod",
    "cordon": "Node",
    "uncordon": "Node",
    "drain": "Node",
    "set_autoscaler_bounds": "HorizontalPodAutoscaler",
    "suspend": "CronJob",
    "resume": "CronJob",
    "delete_job": "Job",
    "patch_service": "Service",
    "patch_ingress": "Ingress",
    "restore_applied": "ConfigMap",
    "silence": "Alert",
    "unsilence": "Alert",
    "ecs_redeploy": "AWS::ECS::Service",
    "ecs_rollback": "AWS::ECS::Service",
    "ecs_scale": "AWS::ECS::Service",
    "asg_scale": "AWS::AutoScaling::AutoScalingGroup",
    "lambda_alias": "AWS::Lambda::Alias",
    "rds_reboot": "AWS::RDS::DBInstance",
    "rds_start": "AWS::RDS::DBInstance",
    "ec2_reboot": "AWS::EC2::Instance",
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "rollout_undo": {"revision": 1},
    "scale": {"replicas": 3},
    "set_resources": {"container": "web", "memory_limit": "256Mi"},
    "set_image": {"container": "web", "image": "registry.example.com/shop/web:1.2"},
    "restore_env": {"container": "web", "name": "LOG_LEVEL", "revision": 1},
    "set_autoscaler_bounds": {"max_replicas": 3},
    "patch_service": {"selector": {"app": "cart"}},
    "patch_ingress": {"host": "shop.example.com", "path": "/", "service": "cart", "port": 80},
    "silence": {"minutes": 30, "matchers": {"alertname": "HighLoad"}, "comment": "rolled back"},
    "ecs_rollback": {"task_definition": "cart:7"},
    "ecs_scale": {"desired_count": 3},
    "asg_scale": {"desired_capacity": 3},
    "lambda_alias": {"version": "7"},
}
CALM = Facts(replicas=2, replicas_at_start=2, controlled=True, reversible=True)
"""Nothing that stands in the way of a bounded change."""


def act(verb: str, name: str = "cart", namespace: str = "shop", **arguments: object) -> Action:
    kind = KINDS.get(verb, "Deployment")
    if kind in ("Node", "Alert"):
        namespace = ""
    given = {**ARGUMENTS.get(verb, {}), **arguments}
    target = Entity(kind=kind, namespace=namespace, name=name)
    return Action(verb=verb, target=target, arguments=given)


def around(**more: Any) -> Circumstances:
    return Circumstances(**{"now": NOW, "incident": "INC-1", **more})


def policy(**sections: Any) -> Policy:
    """A policy as a file with these sections would give it."""
    return Policy.model_validate({"version": 1, **sections}, strict=False)


def tried(
    verb: str = "scale", *, minutes: float = 5, times: int = 1, **more: Any
) -> tuple[Attempt, ...]:
    """Attempts that were made some minutes ago (or, if negative, will be)."""
    attempt = Attempt(
        **{
            "at": NOW - timedelta(minutes=minutes),
            "incident": "INC-0",
            "action": "A1",
            "verb": verb,
            "target": act("scale").target,
            **more,
        }
    )
    return (attempt,) * times
