"""What differs between the state of a database and RDS, and says nothing."""

from typing import Any

import pytest
from tests.drift.noise.told import told

INSTANCE = {
    "engine": "postgres",
    "engine_version": "15.4",
    "auto_minor_version_upgrade": True,
    "multi_az": True,
    "max_allocated_storage": 100,
}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"engine_version": "15"}, {"engine_version": "15.8"}, id="of what was asked"),
        pytest.param({}, {"engine_version": "15.8"}, id="minor version by itself"),
        pytest.param(
            {"engine": "mysql", "engine_version": "8.0.35"},
            {"engine_version": "8.0.39"},
            id="patch by itself",
        ),
        pytest.param(
            {"latest_restorable_time": "2026-11-20T22:14:00Z"},
            {"latest_restorable_time": "2026-11-21T00:14:00Z"},
            id="restorable time",
        ),
        pytest.param({"allocated_storage": 20}, {"allocated_storage": 40}, id="storage grew"),
        pytest.param({"endpoint": "a:5432"}, {"endpoint": "b:5432"}, id="endpoint"),
        pytest.param(
            {"ca_cert_identifier": "rds-ca-2019"},
            {"ca_cert_identifier": "rds-ca-rsa2048-g1"},
            id="certificates rotate",
        ),
        pytest.param(
            {"maintenance_window": "Sun:03:00-Sun:04:00"},
            {"maintenance_window": "sun:03:00-sun:04:00"},
            id="window in capitals",
        ),
        pytest.param({"password": "x"}, {"password": None}, id="password"),
        pytest.param({"status": "available"}, {"status": "backing-up"}, id="status"),
        pytest.param({"monitoring_interval": None}, {"monitoring_interval": 0}, id="unmonitored"),
        pytest.param({"replicas": []}, {"replicas": ["shop-2"]}, id="replicas"),
        pytest.param(
            {"replicate_source_db": "arn:aws:rds:eu-central-1:123456789012:db:shop"},
            {"replicate_source_db": "shop"},
            id="source by its ARN",
        ),
        pytest.param(
            {"availability_zone": "eu-central-1a"},
            {"availability_zone": "eu-central-1b", "multi_az": True},
            id="failover",
        ),
        pytest.param({"kms_key_id": ""}, {"kms_key_id": None}, id="no key"),
        pytest.param(
            {"vpc_security_group_ids": ["sg-1", "sg-2"]},
            {"vpc_security_group_ids": ["sg-2", "sg-1"]},
            id="order of groups",
        ),
    ],
)
def test_noise_of_an_instance_is_not_told(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert told("aws_db_instance", {**INSTANCE, **before}, after) == set()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"engine_version": "15"}, {"engine_version": "16.1"}, id="major version"),
        pytest.param(
            {"engine": "mysql", "engine_version": "8.0.35"},
            {"engine_version": "8.4.3"},
            id="series",
        ),
        pytest.param(
            {"auto_minor_version_upgrade": False}, {"engine_version": "15.8"}, id="not allowed"
        ),
        pytest.param(
            {"allocated_storage": 20}, {"allocated_storage": 200}, id="storage beyond its most"
        ),
        pytest.param(
            {"allocated_storage": 20, "max_allocated_storage": 0},
            {"allocated_storage": 40},
            id="storage without autoscaling",
        ),
        pytest.param(
            {"maintenance_window": "sun:03:00-sun:04:00"},
            {"maintenance_window": "mon:03:00-mon:04:00"},
            id="window",
        ),
        pytest.param({"monitoring_interval": 60}, {"monitoring_interval": 0}, id="monitoring off"),
        pytest.param(
            {"availability_zone": "eu-central-1a"},
            {"availability_zone": "eu-central-1b", "multi_az": False},
            id="zone",
        ),
        pytest.param(
            {"vpc_security_group_ids": ["sg-1"]},
            {"vpc_security_group_ids": ["sg-2"]},
            id="groups",
        ),
        pytest.param({"storage_encrypted": True}, {"storage_encrypted": False}, id="encryption"),
    ],
)
def test_a_real_change_of_an_instance_is_told(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    (name, *_) = after
    assert told("aws_db_instance", {**INSTANCE, **before}, after) >= {name}


CLUSTER = {"engine": "aurora-mysql", "engine_version": "8.0.mysql_aurora.3.05.2"}
ZONES = [f"eu-central-1{letter}" for letter in "abc"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"cluster_members": ["a"]}, {"cluster_members": ["a", "b"]}, id="members"),
        pytest.param(
            {"availability_zones": ZONES[:2]}, {"availability_zones": ZONES}, id="a third zone"
        ),
        pytest.param({}, {"engine_version": "8.0.mysql_aurora.3.08.0"}, id="minor version"),
        pytest.param(
            {"engine_version": "8.0"},
            {"engine_version": "8.0.mysql_aurora.3.05.2"},
            id="of what was asked",
        ),
        pytest.param({"reader_endpoint": "a"}, {"reader_endpoint": "b"}, id="reader endpoint"),
        pytest.param(
            {"serverlessv2_scaling_configuration": [{"max_capacity": 4, "min_capacity": 1}]},
            {"serverlessv2_scaling_configuration": [{"max_capacity": 4.0, "min_capacity": 1.0}]},
            id="capacity",
        ),
        pytest.param({"engine_mode": ""}, {"engine_mode": "provisioned"}, id="mode"),
    ],
)
def test_noise_of_a_cluster_is_not_told(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert told("aws_rds_cluster", {**CLUSTER, **before}, after) == set()


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        pytest.param(
            {"availability_zones": ZONES},
            {"availability_zones": ZONES[:2]},
            "availability_zones",
            id="a zone less",
        ),
        pytest.param(
            {}, {"engine_version": "5.7.mysql_aurora.2.11.1"}, "engine_version", id="older engine"
        ),
        pytest.param(
            {"serverlessv2_scaling_configuration": [{"max_capacity": 4}]},
            {"serverlessv2_scaling_configuration": [{"max_capacity": 64}]},
            "serverlessv2_scaling_configuration[0].max_capacity",
            id="capacity",
        ),
    ],
)
def test_a_real_change_of_a_cluster_is_told(
    before: dict[str, Any], after: dict[str, Any], path: str
) -> None:
    assert told("aws_rds_cluster", {**CLUSTER, **before}, after) == {path}


def test_the_subnets_of_a_group_have_no_order() -> None:
    state = {"subnet_ids": ["subnet-1", "subnet-2"], "description": ""}
    real = {"subnet_ids": ["subnet-2", "subnet-1"], "description": "Managed by Terraform"}
    assert told("aws_db_subnet_group", state, real) == set()
    fewer = {"subnet_ids": ["subnet-2"]}
    assert told("aws_db_subnet_group", state, fewer) == {"subnet_ids"}
