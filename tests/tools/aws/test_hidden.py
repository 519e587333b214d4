"""What is secret in an answer of AWS goes; what an incident is about stays."""

from typing import Any

import pytest

from sreagent.tools.aws.hidden import HIDDEN, redact_answer
from sreagent.tools.aws.on_call import ON_CALL
from sreagent.tools.aws.operations import operation_named


@pytest.mark.parametrize(
    ("service", "operation", "answer", "shown"),
    [
        pytest.param(
            "lambda",
            "GetFunctionConfiguration",
            {"Timeout": 3, "Environment": {"Variables": {"DB_URL": "x", "EMPTY": ""}}},
            {"Timeout": 3, "Environment": {"Variables": {"DB_URL": HIDDEN, "EMPTY": ""}}},
            id="environment-as-a-map-keeps-its-names",
        ),
        pytest.param(
            "ecs",
            "DescribeTaskDefinition",
            {
                "taskDefinition": {
                    "containerDefinitions": [
                        {"name": "app", "environment": [{"name": "DB_URL", "value": "x"}]}
                    ]
                }
            },
            {
                "taskDefinition": {
                    "containerDefinitions": [
                        {"name": "app", "environment": [{"name": "DB_URL", "value": HIDDEN}]}
                    ]
                }
            },
            id="environment-as-a-list-keeps-its-names",
        ),
        pytest.param(
            "ec2",
            "DescribeLaunchTemplateVersions",
            {"LaunchTemplateVersions": [{"LaunchTemplateData": {"UserData": "eA=="}}]},
            {"LaunchTemplateVersions": [{"LaunchTemplateData": {"UserData": HIDDEN}}]},
            id="user-data",
        ),
        pytest.param(
            "autoscaling",
            "DescribeLaunchConfigurations",
            {"LaunchConfigurations": [{"UserData": "eA==", "InstanceType": "m5.large"}]},
            {"LaunchConfigurations": [{"UserData": HIDDEN, "InstanceType": "m5.large"}]},
            id="user-data-that-the-sdk-does-not-mark",
        ),
        pytest.param(
            "cloudformation",
            "DescribeStacks",
            {
                "Stacks": [
                    {
                        "StackName": "s",
                        "Parameters": [{"ParameterKey": "Password", "ParameterValue": "x"}],
                        "Outputs": [{"OutputKey": "Url", "OutputValue": "x"}],
                        "Tags": [{"Key": "team", "Value": "shop"}],
                    }
                ]
            },
            {
                "Stacks": [
                    {
                        "StackName": "s",
                        "Parameters": [{"ParameterKey": "Password", "ParameterValue": HIDDEN}],
                        "Outputs": [{"OutputKey": "Url", "OutputValue": HIDDEN}],
                        "Tags": [{"Key": "team", "Value": "shop"}],
                    }
                ]
            },
            id="parameters-and-outputs-of-stacks",
        ),
        pytest.param(
            "cloudformation",
            "ListExports",
            {"Exports": [{"Name": "db", "Value": "x"}]},
            {"Exports": [{"Name": "db", "Value": HIDDEN}]},
            id="exports-of-stacks",
        ),
        pytest.param(
            "codebuild",
            "BatchGetBuilds",
            {"builds": [{"environment": {"environmentVariables": [{"name": "A", "value": "x"}]}}]},
            {
                "builds": [
                    {"environment": {"environmentVariables": [{"name": "A", "value": HIDDEN}]}}
                ]
            },
            id="environment-of-builds",
        ),
        pytest.param(
            "rds",
            "DescribeDBParameters",
            {"Parameters": [{"ParameterName": "max_connections", "ParameterValue": "100"}]},
            {"Parameters": [{"ParameterName": "max_connections", "ParameterValue": "100"}]},
            id="parameters-of-databases-stay",
        ),
        pytest.param(
            "stepfunctions",
            "DescribeExecution",
            {"status": "FAILED", "error": "Timeout", "cause": "slow", "input": "{}"},
            {"status": "FAILED", "error": "Timeout", "cause": "slow", "input": HIDDEN},
            id="causes-stay-and-payloads-go",
        ),
        pytest.param(
            "ec2",
            "DescribeInstances",
            {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}], "NextToken": "t"},
            {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}], "NextToken": "t"},
            id="nothing-secret",
        ),
        pytest.param(
            "ec2",
            "DescribeVpnConnections",
            {"VpnConnections": "not a list"},
            {"VpnConnections": "not a list"},
            id="another-shape-than-known",
        ),
        pytest.param(
            "secretsmanager",
            "GetSecretValue",
            {"Name": "db", "SecretString": "x", "VersionStages": ["AWSCURRENT"], "Count": 3},
            {"Name": HIDDEN, "SecretString": HIDDEN, "VersionStages": [HIDDEN], "Count": HIDDEN},
            id="nothing-is-known-so-everything-goes",
        ),
    ],
)
def test_an_answer_as_it_is_shown(
    service: str, operation: str, answer: dict[str, Any], shown: dict[str, Any]
) -> None:
    assert redact_answer(service, operation, answer) == shown


def test_the_answer_itself_is_left_as_it_is() -> None:
    answer = {"Environment": {"Variables": {"A": "x"}}}
    redact_answer("lambda", "GetFunctionConfiguration", answer)
    assert answer == {"Environment": {"Variables": {"A": "x"}}}


@pytest.mark.parametrize(
    ("service", "operation", "member"),
    [
        pytest.param("batch", "DescribeJobs", "environment", id="batch"),
        pytest.param("glue", "GetJob", "DefaultArguments", id="glue"),
        pytest.param("apigateway", "GetStages", "variables", id="apigateway"),
        pytest.param("elbv2", "DescribeRules", "ClientSecret", id="elbv2"),
        pytest.param("emr", "DescribeCluster", "KdcAdminPassword", id="emr"),
        pytest.param("directconnect", "DescribeVirtualInterfaces", "authKey", id="directconnect"),
        pytest.param("docdb", "DescribeDBInstances", "MasterUserPassword", id="docdb"),
        pytest.param("ec2", "DescribeVpnConnections", "PreSharedKey", id="ec2"),
        pytest.param("ec2", "DescribeInstanceAttribute", "UserData", id="user-data"),
        pytest.param("cloudfront", "GetDistribution", "HeaderValue", id="cloudfront"),
        pytest.param("iam", "ListVirtualMFADevices", "Base32StringSeed", id="iam"),
        pytest.param("sagemaker", "DescribeModel", "Environment", id="sagemaker"),
        pytest.param("events", "ListTargetsByRule", "Input", id="events"),
    ],
)
def test_secrets_that_an_answer_may_hold_have_their_place(
    service: str, operation: str, member: str
) -> None:
    known = operation_named(service, operation)
    assert known is not None
    assert any(member in place for place in known.secret)


@pytest.mark.parametrize(
    "operation",
    [
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParametersByPath",
        "sts:GetSessionToken",
        "ecr:GetAuthorizationToken",
        "ec2:GetPasswordData",
        "acm:ExportCertificate",
        "apigateway:GetApiKeys",
        "appsync:ListApiKeys",
        "glue:GetConnections",
        "codebuild:BatchGetProjects",
        "lambda:GetFunction",
        "s3:GetObject",
        "dynamodb:Scan",
        "dynamodb:Query",
        "kinesis:GetRecords",
        "sqs:ReceiveMessage",
        "athena:GetQueryResults",
        "redshift:GetClusterCredentials",
        "cognito-idp:ListUsers",
    ],
)
def test_credentials_payloads_and_code_are_not_on_call(operation: str) -> None:
    service, name = operation.split(":")
    assert name not in ON_CALL.get(service, frozenset())
