"""What AWS and its SDK say about a failure, in our words."""

import re
from collections.abc import Mapping
from typing import Any

from sreagent.domain.errors import (
    BadSettings,
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    SreError,
    TimedOut,
    Unreachable,
)
from sreagent.domain.text import one_line

LOG_IN = "try: aws sso login, or another profile with SRE_AWS_PROFILE=NAME"
NO_REGION = "try: SRE_AWS_REGION=eu-central-1, or --region on the line"

_EXPIRED = re.compile(r"^(?:Expired(?:Token)?(?:Exception)?|RequestExpired|TokenRefreshRequired)$")
_FORBIDDEN = re.compile(
    r"AccessDenied|Unauthorized|NotAuthorized|AuthorizationError|AuthFailure|Forbidden|OptInRequired"
    r"|InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|InvalidSignature"
    r"|SignatureDoesNotMatch|MissingAuthenticationToken|IncompleteSignature|^40[13]$"
)
_BUSY = re.compile(
    r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|ProvisionedThroughputExceeded"
    r"|ServiceUnavailable|Unavailable$|InternalError|InternalFailure|InternalServer|^429$"
)
_CONFLICT = re.compile(
    r"PreconditionFailed|Conflict|ConcurrentModification|OperationAborted|ResourceContention"
    r"|ScalingActivityInProgress|^409$|^412$"
)
_NOT_FOUND = re.compile(r"NotFound|NoSuch|DoesNotExist|NotExist|^404$")
TIMED_OUT = ("ReadTimeoutError", "ConnectTimeoutError")
_NO_CREDENTIALS = (
    *("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"),
    *("TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError", "NoAuthTokenError"),
    *("LoginError", "MetadataRetrievalError", "SSOError", "UnknownCredentialError"),
)
_NOT_ASKED = (
    *("ParamValidationError", "ValidationError", "UnknownServiceError", "OperationNotFoundError"),
    *("InvalidRegionError", "PaginationError", "InvalidDNSNameError", "UnsupportedS3ArnError"),
    *("InvalidHostLabelError", "EndpointProviderError", "MissingParametersError"),
)


def refusal(what: str, answer: Mapping[str, Any]) -> SreError:
    """Say what an error answer means. `what` is the call: `ecs DescribeServices`."""
    error = answer.get("Error") or {}
    code, told = str(error.get("Code") or ""), one_line(str(error.get("Message") or ""))
    status = int((answer.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0)
    said = f"{code}: {told}" if told else code or f"status {status}"
    if _EXPIRED.search(code):
        return Forbidden(f"the AWS credentials have expired ({what})", why=said, hint=LOG_IN)
    if _FORBIDDEN.search(code):
        return Forbidden(f"AWS does not allow {what}: {said}")
    if _BUSY.search(code) or status >= 500:
        return Unreachable(f"AWS did not answer {what}: {said}")
    if _CONFLICT.search(code):
        return Conflict(f"AWS: {what} came in between: {said}")
    if _NOT_FOUND.search(code):
        return NotFound(f"AWS knows no such thing ({what}): {said}")
    return Refused(f"AWS refused {what}: {said}")


def failure(what: str, error: Exception, *, timeout: float) -> SreError:
    """Say what an error of the SDK means: none of AWS's answers was read."""
    names = {kind.__name__ for kind in type(error).__mro__}
    told = one_line(str(error))
    if names & set(TIMED_OUT):
        return TimedOut(f"AWS did not answer {what} within {timeout:g} s")
    if names & set(_NO_CREDENTIALS):
        return Forbidden(f"no AWS credentials to ask {what}: {told}", hint=LOG_IN)
    if "NoRegionError" in names:
        return BadSettings(f"no AWS region is set, so {what} cannot be asked", hint=NO_REGION)
    if names & {"ProfileNotFound", "ConfigParseError"}:
        return BadSettings(f"the AWS configuration cannot be used: {told}")
    if names & set(_NOT_ASKED):
        return Refused(f"{what} cannot be asked like this: {told}")
    return Unreachable(f"no usable answer from AWS to {what}: {told}")
