"""Hides what is secret in an answer of AWS, by its place in the answer.

The places come from botocore's own mark `sensitive`, and from the names below where that is missing
(passwords and user data of old APIs, environments, parameters and outputs of stacks) or where it
hides what an incident is about (causes of failures, addresses). They are worked out when the table
is made: see `operations.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sreagent.tools.aws.operations import operation_named

HIDDEN = "[REDACTED:aws]"

SECRET_NAMES: Mapping[str, str] = {
    "": """
        ADDomainJoinPassword AuthToken ClientSecret CrossRealmTrustPrincipalPassword
        CustomerGatewayConfiguration HECToken KdcAdminPassword MasterUserPassword PreSharedKey
        SharedSecret UserData authKey authorizationToken customerRouterConfig
        exportedEnvironmentVariables environmentVariables EnvironmentVariables grafanaToken
        masterUserPassword password userDataOverride""",
    "apigateway": "requestParameters requestTemplates variables value",
    "apigatewayv2": "RequestParameters RequestTemplates StageVariables",
    "athena": "ExecutionParameters",
    "batch": "environment parameters",
    "cloudformation": """
        ActualProperties ActualValue AfterContext AfterValue BeforeContext BeforeValue
        ExpectedProperties ExpectedValue OutputValue ParameterValue PreviousValue ResolvedValue
        ResourceProperties""",
    "codebuild": "buildspec",
    "codepipeline": "configuration outputVariables resolvedConfiguration token variables",
    "config": "configuration supplementaryConfiguration",
    "emr": "Properties",
    "events": "HeaderParameters Input InputTemplate QueryStringParameters",
    "glue": """
        Arguments DefaultArguments DefaultRunProperties NonOverridableArguments
        WorkflowRunProperties""",
    "imagebuilder": "data",
    "kinesisanalyticsv2": "PropertyMap TextContent",
    "sagemaker": "Environment HyperParameters",
    "scheduler": "Input",
    "securityhub": "Credential Environment StageVariables Variables",
    "servicecatalog": "OutputValue",
    "ssm": "Inputs Outputs ParameterValues Parameters Variables",
    "stepfunctions": "assignedVariables",
}
"""Service to members of its answers that hold secrets wherever they stand; "" is every service."""

SECRET_PLACES: Mapping[str, tuple[str, ...]] = {
    "cloudformation:ListExports": (".Exports[].Value",),
}

PLAIN_NAMES: Mapping[str, str] = {
    "": "NextToken nextToken",
    "backup": "RecoveryPointTags Tags",
    "cloudfront": "Comment",
    "grafana": "description name organizationRoleName organizationalUnits workspaceRoleArn",
    "guardduty": "Email IpAddressV4 IpAddressV6 PrivateIpAddress",
    "lambda": "Message",
    "networkmanager": "Location",
    "organizations": "AccountName Email MasterAccountEmail Name",
    "pi": "Description RecommendationDescription RecommendationDetails",
    "pipes": "Description",
    "resource-explorer-2": "Filters Tags",
    "s3": "KMSMasterKeyID KeyId SSEKMSKeyId",
    "ssm": "Description IPAddress IpAddress OwnerInformation",
    "stepfunctions": "cause description error location",
    "trustedadvisor": "updateReason",
}
"""Members that botocore marks as sensitive and that are no secrets of ours."""


def redact_answer(service: str, operation: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an answer without what is secret in it; names of settings stay, their values go.

    Nothing is known of an operation that is not on the on-call list: all its values go.
    """
    known = operation_named(service, operation)
    if known is None:
        return {name: _hidden(value) for name, value in answer.items()}
    copy: dict[str, Any] = dict(answer)
    for place in known.secret:
        copy = _without(copy, place)
    return copy


def _without(value: Any, place: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON value
    """The same with what is at a place hidden."""
    if not place:
        return _hidden(value)
    step, rest = place[0], place[1:]
    if step == "[]" and isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_without(item, rest) for item in value]
    if step == "{}" and isinstance(value, Mapping):
        return {name: _without(item, rest) for name, item in value.items()}
    if isinstance(value, Mapping) and step in value:
        return {**value, step: _without(value[step], rest)}
    return value


def _hidden(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The same shape with nothing in it; a list of names and values keeps the names."""
    if isinstance(value, Mapping):
        return {
            name: item if _names(name, item, value) else _hidden(item)
            for name, item in value.items()
        }
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_hidden(item) for item in value]
    return value if value is None or isinstance(value, bool) or value == "" else HIDDEN


def _names(name: str, item: object, beside: Mapping[str, Any]) -> bool:
    """Whether this is the name of a setting whose value stands beside it."""
    lower = {str(key).lower() for key in beside}
    return name.lower() in ("name", "key") and isinstance(item, str) and "value" in lower
