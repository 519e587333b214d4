"""What differs between the state of a repository and ECR, and says nothing."""

from typing import Any

import pytest
from tests.drift.noise.told import told


def encrypted(type_: str, key: str = "") -> dict[str, Any]:
    return {"encryption_configuration": [{"encryption_type": type_, "kms_key": key}]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"encryption_configuration": []}, encrypted("AES256"), id="usual encryption"),
        pytest.param(
            {"image_scanning_configuration": []},
            {"image_scanning_configuration": [{"scan_on_push": False}]},
            id="no scans",
        ),
        pytest.param(
            {"image_tag_mutability": ""}, {"image_tag_mutability": "MUTABLE"}, id="tags that move"
        ),
    ],
)
def test_noise_is_not_told(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert told("aws_ecr_repository", before, after) == set()


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        pytest.param(
            encrypted("KMS", "arn:aws:kms:eu-central-1:1:key/a"),
            encrypted("KMS", "arn:aws:kms:eu-central-1:1:key/b"),
            {"encryption_configuration[0].kms_key"},
            id="another key",
        ),
        pytest.param(
            {"image_tag_mutability": "IMMUTABLE"},
            {"image_tag_mutability": "MUTABLE"},
            {"image_tag_mutability"},
            id="tags that move",
        ),
    ],
)
def test_a_real_change_is_told(
    before: dict[str, Any], after: dict[str, Any], paths: set[str]
) -> None:
    assert told("aws_ecr_repository", before, after) == paths
