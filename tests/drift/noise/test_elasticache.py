"""What differs between the state of a replication group and ElastiCache, and says nothing."""

from typing import Any

import pytest
from tests.drift.noise.told import told

GROUP = "aws_elasticache_replication_group"
SCALED = {"scaled by": "autoscaling (2 to 6)"}


@pytest.mark.parametrize(
    ("before", "after", "facts"),
    [
        pytest.param(
            {"snapshot_window": "01:00-02:00", "maintenance_window": "Sun:05:00-Sun:06:00"},
            {"snapshot_window": "01:00-02:00", "maintenance_window": "sun:05:00-sun:06:00"},
            {},
            id="windows",
        ),
        pytest.param(
            {"member_clusters": ["a-001", "a-002"]},
            {"member_clusters": ["a-002", "a-001"]},
            {},
            id="order of nodes",
        ),
        pytest.param({"engine_version": "7.0"}, {"engine_version": "7.0.7"}, {}, id="patch"),
        pytest.param({"engine_version": "6.x"}, {"engine_version": "6.2.6"}, {}, id="any six"),
        pytest.param({"engine_version": "7.0"}, {"engine_version": "7.1.0"}, {}, id="minor"),
        pytest.param(
            {"auto_minor_version_upgrade": "true"},
            {"auto_minor_version_upgrade": True},
            {},
            id="text",
        ),
        pytest.param({"num_cache_clusters": 2}, {"num_cache_clusters": 3}, SCALED, id="autoscaled"),
        pytest.param({"auth_token": "x"}, {"auth_token": None}, {}, id="token"),
    ],
)
def test_noise_is_not_told(
    before: dict[str, Any], after: dict[str, Any], facts: dict[str, str]
) -> None:
    assert told(GROUP, before, after, facts=facts) == set()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            {"snapshot_window": "01:00-02:00"}, {"snapshot_window": "03:00-04:00"}, id="window"
        ),
        pytest.param({"engine_version": "7.0"}, {"engine_version": "6.2.6"}, id="older"),
        pytest.param(
            {"engine_version": "7.0", "auto_minor_version_upgrade": "false"},
            {"engine_version": "7.1.0"},
            id="not allowed",
        ),
        pytest.param({"num_cache_clusters": 2}, {"num_cache_clusters": 1}, id="a node less"),
        pytest.param(
            {"transit_encryption_enabled": True},
            {"transit_encryption_enabled": False},
            id="in clear",
        ),
        pytest.param(
            {"security_group_ids": ["sg-1"]}, {"security_group_ids": ["sg-2"]}, id="groups"
        ),
    ],
)
def test_a_real_change_is_told(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert told(GROUP, before, after) == set(after)
