"""What differs between a state and tables without being drift, and what beside it is."""

from typing import Any

import pytest
from tests.drift.noise.told import told

TABLE = "aws_dynamodb_table"
FACTS = {"read_capacity": "autoscaling of table/x", "by-day/write_capacity": "autoscaling of y"}


def index(name: str, **said: object) -> dict[str, Any]:
    known = {"name": name, "hash_key": name, "projection_type": "ALL", "non_key_attributes": []}
    return {**known, "read_capacity": 1, "write_capacity": 1, **said}


def indexes(*all_of_them: dict[str, Any]) -> dict[str, Any]:
    return {"global_secondary_index": list(all_of_them)}


@pytest.mark.parametrize(
    ("state", "real"),
    [
        pytest.param({"read_capacity": 5}, {"read_capacity": 40}, id="reads-under-autoscaling"),
        pytest.param(
            indexes(index("by-id"), index("by-day")),
            indexes(index("by-day", write_capacity=9), index("by-id")),
            id="order-of-indexes-and-one-under-autoscaling",
        ),
        pytest.param(
            {"billing_mode": "PAY_PER_REQUEST", "read_capacity": 5, **indexes(index("a"))},
            {
                "billing_mode": "PAY_PER_REQUEST",
                "read_capacity": 0,
                **indexes(index("a", read_capacity=0)),
            },
            id="capacities-of-a-table-paid-by-request",
        ),
        pytest.param(
            {"ttl": []}, {"ttl": [{"enabled": False, "attribute_name": ""}]}, id="nothing-expires"
        ),
        pytest.param(
            {"point_in_time_recovery": [{"enabled": True, "recovery_period_in_days": 0}]},
            {"point_in_time_recovery": [{"enabled": True, "recovery_period_in_days": 35}]},
            id="usual-period-of-backups",
        ),
        pytest.param(
            {"server_side_encryption": [{"enabled": False, "kms_key_arn": ""}]},
            {"server_side_encryption": []},
            id="encrypted-as-every-table-is",
        ),
        pytest.param(
            {"attribute": [{"name": "b", "type": "S"}, {"name": "a", "type": "N"}]},
            {"attribute": [{"name": "a", "type": "N"}, {"name": "b", "type": "S"}]},
            id="order-of-attributes",
        ),
        pytest.param(
            {"stream_arn": "a", "stream_label": "2026"},
            {"stream_enabled": False},
            id="stream-label",
        ),
        pytest.param({"table_class": ""}, {"table_class": "STANDARD"}, id="usual-class"),
        pytest.param({"billing_mode": None}, {"billing_mode": "PROVISIONED"}, id="usual-billing"),
        pytest.param(
            indexes(index("a", non_key_attributes=["x", "y"])),
            indexes(index("a", non_key_attributes=["y", "x"])),
            id="order-in-an-index",
        ),
    ],
)
def test_what_means_the_same_is_not_told(state: dict[str, Any], real: dict[str, Any]) -> None:
    assert told(TABLE, state, real, facts=FACTS) == set()


@pytest.mark.parametrize(
    ("state", "real", "paths"),
    [
        pytest.param(
            {"write_capacity": 5},
            {"write_capacity": 9},
            {"write_capacity"},
            id="writes-nobody-scales",
        ),
        pytest.param(
            indexes(index("by-id"), index("by-day")),
            indexes(index("by-day", read_capacity=9), index("by-id", hash_key="day")),
            {"global_secondary_index[0].hash_key", "global_secondary_index[1].read_capacity"},
            id="indexes-edited",
        ),
        pytest.param(
            indexes(index("a")),
            indexes(index("a"), index("b")),
            {"global_secondary_index[1]"},
            id="an-index-more",
        ),
        pytest.param(
            {"billing_mode": "PROVISIONED", "read_capacity": 5},
            {"billing_mode": "PAY_PER_REQUEST", "read_capacity": 0},
            {"billing_mode"},
            id="paid-by-request",
        ),
        pytest.param(
            {"ttl": [{"enabled": True, "attribute_name": "until"}]},
            {"ttl": [{"enabled": True, "attribute_name": "seen"}]},
            {"ttl[0].attribute_name"},
            id="expires-by-another-attribute",
        ),
        pytest.param(
            {"point_in_time_recovery": [{"enabled": True, "recovery_period_in_days": 35}]},
            {"point_in_time_recovery": [{"enabled": False}]},
            {"point_in_time_recovery[0].enabled"},
            id="no-backups",
        ),
        pytest.param(
            {"server_side_encryption": [{"enabled": True, "kms_key_arn": "k"}]},
            {"server_side_encryption": []},
            {"server_side_encryption[0]"},
            id="key-gone",
        ),
        pytest.param(
            {"stream_view_type": "NEW_IMAGE"},
            {"stream_view_type": "KEYS_ONLY"},
            {"stream_view_type"},
            id="other-stream",
        ),
    ],
)
def test_what_differs_beside_it_is_told(
    state: dict[str, Any], real: dict[str, Any], paths: set[str]
) -> None:
    assert told(TABLE, state, real, facts=FACTS) == paths
