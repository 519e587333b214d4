"""What differs between a state and secrets without being drift, and what beside it is."""

from typing import Any

import pytest
from tests.drift.noise.scripted import Scripted
from tests.drift.noise.told import told

from sreagent.domain.drift import Place
from sreagent.drift.reality.aws.secrets import secrets
from sreagent.drift.reality.look import Look

SECRET = "aws_secretsmanager_secret"  # noqa: S105 - a type
KEYS = "arn:aws:kms:eu-central-1:123456789012:"
HERE = Place(account="123456789012", region="eu-central-1")


@pytest.mark.parametrize(
    ("state", "real"),
    [
        pytest.param({"kms_key_id": ""}, {"kms_key_id": "alias/aws/secretsmanager"}, id="usual"),
        pytest.param(
            {"kms_key_id": "alias/shop"}, {"kms_key_id": f"{KEYS}alias/shop"}, id="key-by-its-arn"
        ),
        pytest.param({"recovery_window_in_days": 7}, {"name": "x"}, id="argument"),
        pytest.param({"policy": None}, {"policy": ""}, id="no-policy"),
        pytest.param(
            {"replica": [{"region": "b", "kms_key_id": "", "status": "InSync"}, {"region": "a"}]},
            {"replica": [{"region": "a"}, {"region": "b", "kms_key_id": ""}]},
            id="order-and-state-of-copies",
        ),
        pytest.param({"name": "x"}, {"rotation_enabled": True}, id="rotation-of-another-resource"),
    ],
)
def test_what_means_the_same_is_not_told(state: dict[str, Any], real: dict[str, Any]) -> None:
    assert told(SECRET, state, real) == set()


@pytest.mark.parametrize(
    ("state", "real", "path"),
    [
        pytest.param(
            {"kms_key_id": f"{KEYS}key/1"}, {"kms_key_id": ""}, "kms_key_id", id="key-gone"
        ),
        pytest.param({"policy": ""}, {"policy": '{"Statement": []}'}, "policy", id="a-policy"),
        pytest.param(
            {"replica": [{"region": "a", "status": "InSync"}]},
            {"replica": [{"region": "a"}, {"region": "b"}]},
            "replica[1]",
            id="a-copy-more",
        ),
        pytest.param(
            {"rotation_enabled": True},
            {"rotation_enabled": False},
            "rotation_enabled",
            id="not-rotated",
        ),
    ],
)
def test_what_differs_beside_it_is_told(
    state: dict[str, Any], real: dict[str, Any], path: str
) -> None:
    assert told(SECRET, state, real) == {path}


def test_values_are_never_asked_for() -> None:
    listed = {"ARN": "arn:1", "Name": "x", "SecretVersionsToStages": {"v": ["AWSCURRENT"]}}
    owned = {"ARN": "arn:2", "Name": "rds!db", "OwningService": "rds"}
    estate = Scripted({"ListSecrets": [{"SecretList": [listed]}, {"SecretList": [owned]}]})
    wanted = {SECRET: {"arn:1": {"replica": [{"region": "a"}]}}}
    look = Look(estate=estate, place=HERE, service="secretsmanager", wanted=wanted)
    assert [each.folded for each in secrets(look)] == ["", "made by rds"]
    assert set(estate.asked) == {"ListSecrets", "GetResourcePolicy", "DescribeSecret"}
