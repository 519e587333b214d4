"""Lines of aws: reads of the on-call list, typed as the API takes them, and what is refused."""

import shlex
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from sreagent.domain.command import AwsRead, Refusal
from sreagent.tools.aws.on_call import ON_CALL
from sreagent.tools.aws.operations import Shape, operation_named, waiters
from sreagent.tools.lines import parse
from sreagent.tools.lines.aws import parse_aws
from sreagent.tools.lines.aws_render import render_aws

HERE = Path(__file__).parent
READS = (HERE / "aws_reads.txt").read_text(encoding="utf-8").splitlines()
HOSTILE = (HERE / "aws_hostile.txt").read_text(encoding="utf-8").splitlines()
SDK = botocore.session.get_session()


def read_of(line: str) -> AwsRead:
    read = parse(line)
    assert isinstance(read, AwsRead), read
    return read


def refusal_of(line: str) -> Refusal:
    refusal = parse(line)
    assert isinstance(refusal, Refusal), refusal
    return refusal


def problems(read: AwsRead) -> str:
    """What the SDK would say of the parameters; it checks names, types and what is required."""
    shape = SDK.get_service_model(read.service).operation_model(read.operation).input_shape
    if shape is None:
        return "" if not read.parameters else "takes nothing"
    return str(ParamValidator().validate(read.parameters, shape).generate_report())


@pytest.mark.parametrize("line", READS)
def test_what_people_on_call_write_is_a_read_that_the_sdk_accepts(line: str) -> None:
    read = read_of(line)
    if read.operation not in ("help", "version"):
        assert problems(read) == ""


@pytest.mark.parametrize("line", READS)
def test_a_rendered_read_means_the_same(line: str) -> None:
    read = read_of(line)
    assert parse(render_aws(read)) == read


@pytest.mark.parametrize("line", HOSTILE)
def test_what_is_no_harmless_read_is_refused_with_a_reason(line: str) -> None:
    refusal = refusal_of(line)
    assert refusal.rule.startswith("grammar/")
    assert refusal.reason


@pytest.mark.parametrize(
    ("line", "parameters"),
    [
        pytest.param(
            "aws ec2 describe-instances --instance-id i-0abc123",
            {"InstanceIds": ["i-0abc123"]},
            id="singular-of-a-list-is-a-list-of-one",
        ),
        pytest.param(
            "aws ec2 describe-instances --instance-ids i-1 --instance-ids i-2",
            {"InstanceIds": ["i-2"]},
            id="last-flag-wins",
        ),
        pytest.param(
            "aws ec2 describe-instances --filters Name=a,Values=b,c Name=d,Values=e",
            {"Filters": [{"Name": "a", "Values": ["b", "c"]}, {"Name": "d", "Values": ["e"]}]},
            id="shorthand-with-lists",
        ),
        pytest.param(
            "aws ec2 describe-instances --filters 'Name=a,Values=[b,\"c,d\"]'",
            {"Filters": [{"Name": "a", "Values": ["b", "c,d"]}]},
            id="shorthand-with-quoted-list",
        ),
        pytest.param(
            "aws ec2 describe-instances --filters Name=tag:x=y,Values=",
            {"Filters": [{"Name": "tag:x=y", "Values": [""]}]},
            id="shorthand-with-equals-in-a-value-and-an-empty-one",
        ),
        pytest.param(
            'aws ec2 describe-instances --filters \'{"Name":"a","Values":["b"]}\'',
            {"Filters": [{"Name": "a", "Values": ["b"]}]},
            id="one-item-as-json",
        ),
        pytest.param(
            "aws ec2 describe-instance-status --include-all-instances --no-include-all-instances",
            {"IncludeAllInstances": False},
            id="switch-and-its-opposite",
        ),
        pytest.param(
            "aws elb describe-instance-health --load-balancer-name a --instances i-1 i-2",
            {"LoadBalancerName": "a", "Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]},
            id="structure-with-one-member",
        ),
        pytest.param(
            "aws logs filter-log-events --log-group-name g --start-time 1763683200000 --limit 5",
            {"logGroupName": "g", "startTime": 1763683200000, "limit": 5},
            id="integers",
        ),
        pytest.param(
            "aws cloudtrail lookup-events --start-time 1763683200 --end-time 2026-01-02T03:04:05Z",
            {"StartTime": 1763683200, "EndTime": "2026-01-02T03:04:05Z"},
            id="times",
        ),
        pytest.param(
            "aws s3 ls s3://app-logs/a/b",
            {"Bucket": "app-logs", "Prefix": "a/b", "Delimiter": "/"},
            id="s3-ls",
        ),
        pytest.param(
            "aws s3 ls app-logs --recursive",
            {"Bucket": "app-logs", "Prefix": ""},
            id="s3-ls-without-scheme",
        ),
        pytest.param(
            "aws logs tail /ecs/web --since 2026-11-21T01:00:00",
            {"logGroupName": "/ecs/web", "startTime": 1795222800000},
            id="logs-tail-from-a-moment-in-utc",
        ),
        pytest.param(
            "aws elbv2 describe-load-balancers --page-size 5",
            {},
            id="page-size-turns-pages",
        ),
        pytest.param(
            "aws elbv2 describe-load-balancers --page-size 5 --no-paginate",
            {"PageSize": 5},
            id="page-size-of-one-page",
        ),
        pytest.param(
            "aws cloudwatch get-metric-data --start-time 1 --end-time 2 --metric-data-queries "
            "'Id=m,MetricStat={Metric={Namespace=N,Dimensions=[{Name=a,Value=b}]},"
            "Period=60,Stat=Sum},ReturnData=true'",
            {
                "StartTime": 1,
                "EndTime": 2,
                "MetricDataQueries": [
                    {
                        "Id": "m",
                        "MetricStat": {
                            "Metric": {
                                "Namespace": "N",
                                "Dimensions": [{"Name": "a", "Value": "b"}],
                            },
                            "Period": 60,
                            "Stat": "Sum",
                        },
                        "ReturnData": True,
                    }
                ],
            },
            id="nested-shorthand",
        ),
    ],
)
def test_parameters_have_the_names_and_types_of_the_api(
    line: str, parameters: dict[str, Any]
) -> None:
    assert dict(read_of(line).parameters) == parameters


@pytest.mark.parametrize(
    ("line", "options"),
    [
        pytest.param("aws ec2 describe-instances --max-items 5", {"max_items": 5}, id="max-items"),
        pytest.param(
            "aws ec2 describe-instances --max-items 5 --starting-token abc=",
            {"max_items": 5, "starting_token": "abc="},
            id="starting-token",
        ),
        pytest.param(
            "aws ec2 describe-instances --max-results 5", {"no_paginate": True}, id="own-pages"
        ),
        pytest.param(
            "aws ec2 describe-instances --no-paginate", {"no_paginate": True}, id="one-page"
        ),
        pytest.param("aws sts get-caller-identity --no-paginate", {}, id="nothing-to-page"),
        pytest.param(
            "aws ec2 wait instance-running --instance-ids i-1",
            {"waiter": "instance-running"},
            id="waiter",
        ),
        pytest.param("aws logs tail /ecs/web", {"since_seconds": 600.0}, id="tail"),
        pytest.param(
            "aws logs tail /ecs/web --since 2h", {"since_seconds": 7200.0}, id="tail-since"
        ),
        pytest.param(
            "aws ec2 terminate-instances help", {"operation": "TerminateInstances"}, id="help"
        ),
    ],
)
def test_what_the_command_line_adds_is_told_apart(line: str, options: dict[str, Any]) -> None:
    assert dict(read_of(line).options) == options


def test_region_and_query_are_kept_wherever_they_stand() -> None:
    read = read_of("aws --region eu-west-1 ec2 --query 'Reservations[]' describe-instances")
    assert (read.region, read.query) == ("eu-west-1", "Reservations[]")


@pytest.mark.parametrize(
    ("line", "rule", "told"),
    [
        pytest.param(
            "aws ec2 describe-instances --instance i-1",
            "grammar/flag",
            "--instance-ids",
            id="abbreviation",
        ),
        pytest.param(
            "aws elbv2 describe-target-health",
            "grammar/argument",
            "--target-group-arn",
            id="missing",
        ),
        pytest.param(
            "aws cloudwatch get-metric-statistics --namespace N --metric-name M",
            "grammar/argument",
            "--end-time, --period, --start-time",
            id="several-missing",
        ),
        pytest.param(
            "aws iam create-user --user-name x",
            "grammar/not-in-catalogue",
            "iam:CreateUser",
            id="write",
        ),
        pytest.param(
            "aws iam attach-role-policy --role-name x --policy-arn y",
            "grammar/not-in-catalogue",
            "Permissions management",
            id="permissions",
        ),
        pytest.param(
            "aws dynamodb scan --table-name t", "grammar/secret", "describe-table", id="payload"
        ),
        pytest.param(
            "aws lambda get-function --function-name f",
            "grammar/secret",
            "get-function-configuration",
            id="code",
        ),
        pytest.param(
            "aws ec2 describe-instance", "grammar/verb", "describe-instances", id="misspelled"
        ),
        pytest.param("aws k8s get pods", "grammar/verb", "eks", id="no-service"),
        pytest.param(
            "aws codedeploy list-applications", "grammar/verb", "aws deploy", id="other-spelling"
        ),
        pytest.param(
            "aws ec2 terminate-instances --instance-ids i-1 --dry-run",
            "grammar/dry-run",
            "simulate-principal-policy",
            id="dry-run-of-a-change",
        ),
        pytest.param(
            "aws ec2 describe-instances --profile x", "grammar/connection", "pinned", id="profile"
        ),
        pytest.param(
            "aws cloudtrail lookup-events --start-time yesterday",
            "grammar/argument",
            "2026-01-31T12:00:00Z",
            id="no-time",
        ),
        pytest.param(
            "aws cloudtrail lookup-events --start-time 2026-13-41",
            "grammar/argument",
            "calendar",
            id="no-date",
        ),
    ],
)
def test_a_refusal_says_what_to_write_instead(line: str, rule: str, told: str) -> None:
    refusal = refusal_of(line)
    assert refusal.rule == rule
    assert told in refusal.reason


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 3000, id="lists"),
        pytest.param('{"a":' * 700, id="objects"),
        pytest.param("Name=" + "[" * 3000, id="shorthand-lists"),
        pytest.param("Name=" + "{a=" * 900, id="shorthand-structures"),
    ],
)
def test_deep_nesting_is_refused(text: str) -> None:
    assert isinstance(parse_aws(("aws", "ec2", "describe-instances", "--filters", text)), Refusal)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("(" * 900, id="brackets"),
        pytest.param("!" * 900 + "a", id="not"),
        pytest.param(".".join("*" * 400), id="projections"),
        pytest.param("&" * 900 + "a", id="references"),
    ],
)
def test_deep_expressions_are_refused(text: str) -> None:
    assert isinstance(parse_aws(("aws", "ec2", "describe-instances", "--query", text)), Refusal)


def example(shape: Shape, depth: int) -> Any:
    """A value of a shape, with awkward characters in it."""
    plain: dict[str, Any] = {
        "string": 'it\'s "a", b=c $x',
        "integer": -7,
        "float": 0.5,
        "boolean": False,
        "timestamp": "2026-11-21T01:00:00Z",
    }
    if shape.kind == "list":
        return [example(shape.of(shape.item), depth + 1), example(shape.of(shape.item), depth + 1)]
    if shape.kind == "map":
        return {"k-1": example(shape.of(shape.item), depth + 1)}
    if shape.kind == "structure":
        names = shape.members if depth < 3 else shape.required
        return {
            name: example(shape.of(shape.members[name]), depth + 1)
            for name in names
            if shape.of(shape.members[name]).kind not in ("blob", "document")
        }
    return plain[shape.kind]


@pytest.mark.parametrize("service", sorted(ON_CALL))
def test_every_operation_on_call_renders_and_parses_with_all_its_parameters(service: str) -> None:
    special = {
        "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
        "Attribute": "instanceType",
    }
    for name in sorted(ON_CALL[service]):
        operation = operation_named(service, name)
        assert operation is not None
        parameters = {
            member: special.get(member, value)
            for member, value in example(operation.shape, 0).items()
            if member != "unmask" and not member.startswith("SSECustomerKey")
        }
        options = {"no_paginate": True} if operation.paging else {}
        read = AwsRead(service=service, operation=name, parameters=parameters, options=options)
        assert parse_aws(shlex.split(render_aws(read))) == read


@pytest.mark.parametrize("service", sorted(s for s in ON_CALL if waiters(s)))
def test_every_waiter_asks_an_operation_on_call(service: str) -> None:
    assert set(waiters(service).values()) <= ON_CALL[service]
