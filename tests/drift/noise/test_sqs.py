"""What differs between a state and queues without being drift, and what beside it is."""

import json
from typing import Any

import pytest
from tests.drift.noise.told import told

QUEUE = "aws_sqs_queue"
DEAD = {"deadLetterTargetArn": "arn:aws:sqs:eu-central-1:123456789012:dead", "maxReceiveCount": 3}


def policy(principal: object, action: object = "sqs:SendMessage") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return {"policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


@pytest.mark.parametrize(
    ("state", "real"),
    [
        pytest.param(
            policy({"AWS": "123456789012"}),
            policy({"AWS": "arn:aws:iam::123456789012:root"}, ["SQS:SendMessage"]),
            id="account-as-root",
        ),
        pytest.param(
            {"redrive_policy": json.dumps(DEAD)},
            {"redrive_policy": json.dumps(DEAD, sort_keys=True, separators=(",", ":"))},
            id="spaces-of-json",
        ),
        pytest.param(
            {"kms_master_key_id": "alias/aws/sqs"},
            {"kms_master_key_id": "arn:aws:kms:eu-central-1:123456789012:alias/aws/sqs"},
            id="key-by-its-arn",
        ),
        pytest.param(
            {"kms_data_key_reuse_period_seconds": 300}, {"name": "q"}, id="no-key-no-reuse-of-it"
        ),
        pytest.param({"delay_seconds": None}, {"delay_seconds": 0}, id="no-delay"),
        pytest.param({"deduplication_scope": ""}, {"deduplication_scope": "queue"}, id="usual"),
        pytest.param({"policy": None}, {"policy": ""}, id="no-policy"),
    ],
)
def test_what_means_the_same_is_not_told(state: dict[str, Any], real: dict[str, Any]) -> None:
    assert told(QUEUE, state, real) == set()


@pytest.mark.parametrize(
    ("state", "real", "path"),
    [
        pytest.param(policy({"AWS": "123456789012"}), policy("*"), "policy", id="open"),
        pytest.param(
            {"redrive_policy": json.dumps(DEAD)},
            {"redrive_policy": json.dumps({**DEAD, "maxReceiveCount": 9})},
            "redrive_policy",
            id="more-tries",
        ),
        pytest.param(
            {"kms_master_key_id": "alias/aws/sqs"},
            {"kms_master_key_id": ""},
            "kms_master_key_id",
            id="key-gone",
        ),
        pytest.param(
            {"sqs_managed_sse_enabled": True},
            {"sqs_managed_sse_enabled": False},
            "sqs_managed_sse_enabled",
            id="not-encrypted",
        ),
        pytest.param(
            {"visibility_timeout_seconds": 30},
            {"visibility_timeout_seconds": 0},
            "visibility_timeout_seconds",
            id="usual-number-to-zero",
        ),
        pytest.param({"delay_seconds": 0}, {"delay_seconds": 5}, "delay_seconds", id="a-delay"),
    ],
)
def test_what_differs_beside_it_is_told(
    state: dict[str, Any], real: dict[str, Any], path: str
) -> None:
    assert told(QUEUE, state, real) == {path}
