"""What differs between a state and topics without being drift, and what beside it is."""

import json
from typing import Any

import pytest
from tests.drift.noise.told import told

TOPIC = "aws_sns_topic"
RETRIES = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 3}}}


def policy(principal: object, name: str = "mine") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "SNS:Publish"}
    return {"policy": json.dumps({"Id": name, "Statement": [{**statement, "Resource": "*"}]})}


@pytest.mark.parametrize(
    ("state", "real"),
    [
        pytest.param(policy({"AWS": "*"}), policy("*"), id="two-spellings-of-everybody"),
        pytest.param(
            {"policy": ""}, policy("*", "__default_policy_ID"), id="policy-of-a-new-topic"
        ),
        pytest.param(
            {"kms_master_key_id": "alias/aws/sns"},
            {"kms_master_key_id": "arn:aws:kms:eu-central-1:123456789012:alias/aws/sns"},
            id="key-by-its-arn",
        ),
        pytest.param(
            {"delivery_policy": json.dumps(RETRIES, indent=2)},
            {"delivery_policy": json.dumps(RETRIES)},
            id="spaces-of-json",
        ),
        pytest.param({"signature_version": 0}, {"signature_version": 1}, id="usual-signature"),
        pytest.param({"tracing_config": ""}, {"tracing_config": "PassThrough"}, id="usual-tracing"),
        pytest.param({"fifo_throughput_scope": ""}, {"fifo_throughput_scope": "Topic"}, id="scope"),
        pytest.param({"owner": "1", "beginning_archive_time": ""}, {"name": "x"}, id="computed"),
    ],
)
def test_what_means_the_same_is_not_told(state: dict[str, Any], real: dict[str, Any]) -> None:
    assert told(TOPIC, state, real) == set()


@pytest.mark.parametrize(
    ("state", "real", "path"),
    [
        pytest.param(policy({"AWS": "123456789012"}), policy("*"), "policy", id="open"),
        pytest.param({"policy": ""}, policy("*"), "policy", id="a-policy-where-none-was"),
        pytest.param(
            policy({"AWS": "123456789012"}),
            policy("*", "__default_policy_ID"),
            "policy",
            id="back-to-the-policy-of-a-new-topic",
        ),
        pytest.param(
            {"kms_master_key_id": "alias/aws/sns"},
            {"kms_master_key_id": ""},
            "kms_master_key_id",
            id="key-gone",
        ),
        pytest.param(
            {"delivery_policy": json.dumps(RETRIES)},
            {"delivery_policy": json.dumps(RETRIES).replace("3", "9")},
            "delivery_policy",
            id="more-retries",
        ),
        pytest.param(
            {"signature_version": 2}, {"signature_version": 0}, "signature_version", id="signature"
        ),
        pytest.param(
            {"tracing_config": "Active"},
            {"tracing_config": "PassThrough"},
            "tracing_config",
            id="tr",
        ),
    ],
)
def test_what_differs_beside_it_is_told(
    state: dict[str, Any], real: dict[str, Any], path: str
) -> None:
    assert told(TOPIC, state, real) == {path}
