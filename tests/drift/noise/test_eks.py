"""What differs between the state of a cluster of nodes and EKS, and says nothing."""

from typing import Any

import pytest
from tests.drift.noise.told import told

CLUSTER, NODES = "aws_eks_cluster", "aws_eks_node_group"


def sized(size: int, most: int = 5) -> dict[str, Any]:
    return {"scaling_config": [{"desired_size": size, "min_size": 1, "max_size": most}]}


def template(version: str) -> dict[str, Any]:
    return {"launch_template": [{"id": "lt-1", "name": "nodes", "version": version}]}


def tainted(*keys: str) -> dict[str, Any]:
    return {"taint": [{"key": key, "value": "x", "effect": "NO_SCHEDULE"} for key in keys]}


@pytest.mark.parametrize(
    ("type_", "before", "after"),
    [
        pytest.param(
            CLUSTER, {"platform_version": "eks.4"}, {"platform_version": "eks.9"}, id="platform"
        ),
        pytest.param(CLUSTER, {"status": "ACTIVE"}, {"status": "UPDATING"}, id="status"),
        pytest.param(
            CLUSTER,
            {"enabled_cluster_log_types": ["api", "audit"]},
            {"enabled_cluster_log_types": ["audit", "api"]},
            id="order of logs",
        ),
        pytest.param(
            CLUSTER,
            {"vpc_config": [{"public_access_cidrs": ["10.0.0.1/8"]}]},
            {"vpc_config": [{"public_access_cidrs": ["10.0.0.0/8"]}]},
            id="a network in another spelling",
        ),
        pytest.param(
            CLUSTER,
            {"upgrade_policy": []},
            {"upgrade_policy": [{"support_type": "EXTENDED"}]},
            id="support",
        ),
        pytest.param(NODES, sized(2), sized(4), id="size by an autoscaler"),
        pytest.param(
            NODES, {"release_version": "1.31.0"}, {"release_version": "1.31.4"}, id="release"
        ),
        pytest.param(NODES, template("$Latest"), template("7"), id="latest template"),
        pytest.param(NODES, tainted("a", "b"), tainted("b", "a"), id="order of taints"),
        pytest.param(NODES, {"labels": None}, {"labels": {}}, id="no labels"),
        pytest.param(NODES, {"status": "ACTIVE"}, {"status": "DEGRADED"}, id="health"),
    ],
)
def test_noise_is_not_told(type_: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    assert told(type_, before, after) == set()


@pytest.mark.parametrize(
    ("type_", "before", "after", "paths"),
    [
        pytest.param(CLUSTER, {"version": "1.30"}, {"version": "1.31"}, {"version"}, id="upgraded"),
        pytest.param(
            CLUSTER,
            {"vpc_config": [{"public_access_cidrs": ["10.0.0.0/8"]}]},
            {"vpc_config": [{"public_access_cidrs": ["0.0.0.0/0"]}]},
            {"vpc_config[0].public_access_cidrs"},
            id="opened",
        ),
        pytest.param(
            CLUSTER,
            {"enabled_cluster_log_types": ["api", "audit"]},
            {"enabled_cluster_log_types": []},
            {"enabled_cluster_log_types"},
            id="logs off",
        ),
        pytest.param(
            NODES, sized(2), sized(2, most=50), {"scaling_config[0].max_size"}, id="may grow more"
        ),
        pytest.param(
            NODES, template("6"), template("7"), {"launch_template[0].version"}, id="template"
        ),
        pytest.param(NODES, tainted("a"), tainted("a", "b"), {"taint[1]"}, id="one taint more"),
        pytest.param(
            NODES, {"labels": {"a": "1"}}, {"labels": {"a": "2"}}, {"labels.a"}, id="label"
        ),
    ],
)
def test_a_real_change_is_told(
    type_: str, before: dict[str, Any], after: dict[str, Any], paths: set[str]
) -> None:
    assert told(type_, before, after) == paths
