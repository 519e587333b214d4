"""What differs between a state and KMS without being drift, and what beside it is."""

import json
from typing import Any

import pytest
from tests.drift.noise.scripted import Scripted
from tests.drift.noise.told import told

from sreagent.domain.drift import Place
from sreagent.drift.reality.aws.kms import keys
from sreagent.drift.reality.look import Look

KEY = "aws_kms_key"
HERE = Place(account="123456789012", region="eu-central-1")
ARN = "arn:aws:kms:eu-central-1:123456789012:key/"


def policy(principal: object, *actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Resource": "*"}
    said = {"Version": "2012-10-17", "Statement": [{**statement, "Action": actions or "kms:*"}]}
    return {"policy": json.dumps(said)}


@pytest.mark.parametrize(
    ("state", "real"),
    [
        pytest.param({"deletion_window_in_days": 7}, {"description": "x"}, id="deletion-window"),
        pytest.param(
            policy("123456789012"), policy(["arn:aws:iam::123456789012:root"]), id="account-as-root"
        ),
        pytest.param(
            policy("*", "kms:Sign", "kms:Verify"), policy("*", "kms:Verify", "kms:Sign"), id="order"
        ),
        pytest.param(
            {"rotation_period_in_days": 0}, {"rotation_period_in_days": 365}, id="usual-rotation"
        ),
        pytest.param(
            {"customer_master_key_spec": None},
            {"customer_master_key_spec": "SYMMETRIC_DEFAULT"},
            id="usual-spec",
        ),
        pytest.param({"custom_key_store_id": None}, {"custom_key_store_id": ""}, id="no-store"),
    ],
)
def test_what_means_the_same_is_not_told(state: dict[str, Any], real: dict[str, Any]) -> None:
    assert told(KEY, state, real) == set()


@pytest.mark.parametrize(
    ("state", "real", "path"),
    [
        pytest.param(policy("123456789012"), policy("*"), "policy", id="open"),
        pytest.param(
            {"rotation_period_in_days": 365},
            {"rotation_period_in_days": 2560},
            "rotation_period_in_days",
            id="rotated-later",
        ),
        pytest.param({"is_enabled": True}, {"is_enabled": False}, "is_enabled", id="disabled"),
        pytest.param(
            {"enable_key_rotation": True},
            {"enable_key_rotation": False},
            "enable_key_rotation",
            id="not-rotated",
        ),
    ],
)
def test_what_differs_beside_it_is_told(
    state: dict[str, Any], real: dict[str, Any], path: str
) -> None:
    assert told(KEY, state, real) == {path}


def test_keys_of_aws_are_folded_without_a_question_for_each() -> None:
    listed = [{"KeyId": name, "KeyArn": ARN + name} for name in ("of-aws", "ours")]
    aliases = [{"AliasName": "alias/aws/s3", "TargetKeyId": "of-aws"}, {"AliasName": "alias/aws/x"}]
    estate = Scripted({"ListKeys": [{"Keys": listed}], "ListAliases": [{"Aliases": aliases}]})
    found = list(keys(Look(estate=estate, place=HERE, service="kms")))
    assert {key.id: key.folded for key in found} == {"of-aws": "key of AWS", "ours": ""}
    assert set(estate.asked) == {"ListKeys", "ListAliases"}
