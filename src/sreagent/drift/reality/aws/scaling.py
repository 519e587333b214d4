"""Sizes that Application Auto Scaling changes."""

from collections.abc import Mapping
from typing import Any

from sreagent.drift.reality.aws.said import listed_or_missed
from sreagent.drift.reality.look import Look


def targets(look: Look, namespace: str) -> list[Mapping[str, Any]]:
    """All of a service that are scaled; none, and a gap, if they cannot be read."""
    found = listed_or_missed(
        look,
        "DescribeScalableTargets",
        "ScalableTargets",
        service="application-autoscaling",
        ServiceNamespace=namespace,
    )
    return found or []


def scaled(look: Look, namespace: str) -> dict[str, str]:
    """Who changes the size of a resource, by how the service calls it: `service/CLUSTER/NAME`."""
    return {
        each["ResourceId"]: f"autoscaling ({each['MinCapacity']} to {each['MaxCapacity']})"
        for each in targets(look, namespace)
    }
