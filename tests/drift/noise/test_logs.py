"""What differs between a state and log groups without being drift, and what beside it is."""

from typing import Any

import pytest
from tests.drift.noise.told import told

GROUP = "aws_cloudwatch_log_group"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/0a1b"


@pytest.mark.parametrize(
    ("state", "real"),
    [
        pytest.param({"retention_in_days": None}, {"retention_in_days": 0}, id="kept-for-ever"),
        pytest.param({"kms_key_id": None}, {"kms_key_id": ""}, id="no-key"),
        pytest.param({"kms_key_id": KEY}, {"kms_key_id": "0a1b"}, id="key-by-its-id"),
        pytest.param({"log_group_class": ""}, {"log_group_class": "STANDARD"}, id="usual-class"),
        pytest.param({"skip_destroy": True, "name_prefix": "x"}, {"name": "x1"}, id="arguments"),
        pytest.param(
            {"tags": {}, "tags_all": {"env": "prod"}}, {"tags": {"env": "prod"}}, id="default-tags"
        ),
    ],
)
def test_what_means_the_same_is_not_told(state: dict[str, Any], real: dict[str, Any]) -> None:
    assert told(GROUP, state, real) == set()


@pytest.mark.parametrize(
    ("state", "real", "path"),
    [
        pytest.param(
            {"retention_in_days": 0}, {"retention_in_days": 1}, "retention_in_days", id="kept-a-day"
        ),
        pytest.param(
            {"retention_in_days": 30}, {"retention_in_days": 0}, "retention_in_days", id="for-ever"
        ),
        pytest.param({"kms_key_id": KEY}, {"kms_key_id": ""}, "kms_key_id", id="key-gone"),
        pytest.param({"kms_key_id": KEY}, {"kms_key_id": f"{KEY}2"}, "kms_key_id", id="other-key"),
    ],
)
def test_what_differs_beside_it_is_told(
    state: dict[str, Any], real: dict[str, Any], path: str
) -> None:
    assert told(GROUP, state, real) == {path}
