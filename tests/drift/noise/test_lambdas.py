"""What differs between the state of a function and Lambda, and says nothing."""

from typing import Any

import pytest
from tests.drift.noise.told import told

IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/mail"
LOGS = {"log_format": "Text", "log_group": "/aws/lambda/mail"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"last_modified": "a"}, {"last_modified": "b"}, id="last modified"),
        pytest.param({"version": "3"}, {"version": "$LATEST"}, id="version"),
        pytest.param({"qualified_arn": "a:3"}, {"qualified_arn": "a:4"}, id="qualified ARN"),
        pytest.param({"source_code_hash": "a"}, {"source_code_hash": "b"}, id="hash of the source"),
        pytest.param({"code_sha256": "a"}, {"code_sha256": "b"}, id="code by a deployment"),
        pytest.param(
            {"image_uri": f"{IMAGE}:1"}, {"image_uri": f"{IMAGE}@sha256:0"}, id="image by one"
        ),
        pytest.param(
            {"tracing_config": []}, {"tracing_config": [{"mode": "PassThrough"}]}, id="tracing"
        ),
        pytest.param({"ephemeral_storage": []}, {"ephemeral_storage": [{"size": 512}]}, id="disk"),
        pytest.param(
            {"logging_config": []},
            {"logging_config": [LOGS], "function_name": "mail"},
            id="logs of an older provider",
        ),
        pytest.param(
            {"snap_start": []},
            {"snap_start": [{"apply_on": "None", "optimization_status": "Off"}]},
            id="no snap start",
        ),
        pytest.param(
            {"reserved_concurrent_executions": None},
            {"reserved_concurrent_executions": -1},
            id="no limit",
        ),
        pytest.param({"layers": None}, {"layers": []}, id="no layers"),
        pytest.param(
            {"vpc_config": [{"subnet_ids": ["a", "b"], "vpc_id": "vpc-1"}]},
            {"vpc_config": [{"subnet_ids": ["b", "a"], "vpc_id": "vpc-1"}]},
            id="order of subnets",
        ),
    ],
)
def test_noise_is_not_told(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert told("aws_lambda_function", {"function_name": "mail", **before}, after) == set()


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        pytest.param(
            {"tracing_config": [{"mode": "Active"}]},
            {"tracing_config": [{"mode": "PassThrough"}]},
            "tracing_config[0].mode",
            id="tracing off",
        ),
        pytest.param(
            {"image_uri": f"{IMAGE}:1"}, {"image_uri": "evil/mail:1"}, "image_uri", id="other image"
        ),
        pytest.param(
            {"logging_config": []},
            {"logging_config": [{**LOGS, "log_group": "/else"}], "function_name": "mail"},
            "logging_config[0]",
            id="logs elsewhere",
        ),
        pytest.param(
            {"reserved_concurrent_executions": -1},
            {"reserved_concurrent_executions": 0},
            "reserved_concurrent_executions",
            id="switched off",
        ),
        pytest.param({"runtime": "python3.12"}, {"runtime": "python3.9"}, "runtime", id="runtime"),
        pytest.param(
            {"ephemeral_storage": []},
            {"ephemeral_storage": [{"size": 1024}]},
            "ephemeral_storage[0]",
            id="disk",
        ),
        pytest.param(
            {"layers": ["a", "b"]}, {"layers": ["b", "a"]}, "layers", id="order of layers"
        ),
    ],
)
def test_a_real_change_is_told(before: dict[str, Any], after: dict[str, Any], path: str) -> None:
    assert told("aws_lambda_function", {"function_name": "mail", **before}, after) == {path}
