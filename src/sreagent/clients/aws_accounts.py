"""The way into each AWS account of an estate: by a profile of its own, or by a role."""

import re
from collections.abc import Callable
from typing import Any

from sreagent.clients.aws import AwsCloud, connect, entered
from sreagent.clients.aws_estate import PATIENCE
from sreagent.domain.errors import BadSettings, Forbidden, SreError

_OF_ROLE = re.compile(r"arn:[\w-]+:iam::(\d{12}):role/")
_SESSION = "sre-drift"


def ways(
    *, profile: str, region: str, endpoint: str, timeout: float, role: str
) -> Callable[[str], AwsCloud]:
    """From the number of an account to the credentials that fit.

    First the usual ones, if they are of that account; then a profile of the AWS configuration
    that names it (`sso_account_id`, `role_arn`); then `role` of that account, assumed.

    Args:
        profile: The usual profile; empty for the default one.
        region: Where nothing else is said.
        endpoint: Stands in for AWS.
        timeout: Seconds for one answer.
        role: Name of a role that every account has; empty for none.
    """
    usual = connect(
        profile=profile, region=region, endpoint=endpoint, timeout=timeout, attempts=PATIENCE
    )

    def enter(account: str) -> AwsCloud:
        if not account or usual.account == account:
            return usual
        for name in _profiles(account):
            try:
                found = connect(
                    profile=name, region=region, endpoint=endpoint, timeout=timeout,
                    attempts=PATIENCE,
                )  # fmt: skip
                if found.account == account:
                    return found
            except (BadSettings, Forbidden):
                continue
        if role:
            return _assumed(usual, f"arn:aws:iam::{account}:role/{role}")
        msg = f"no AWS credentials for account {account} (these are of {usual.account})"
        raise Forbidden(
            msg, hint=f"add a profile for {account} to ~/.aws/config, or set SRE_AWS_ROLE=NAME"
        )

    return enter


def _profiles(account: str) -> list[str]:
    """Profiles that say themselves that they are of an account."""
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    try:
        known = Session().full_config.get("profiles") or {}
    except BotoCoreError:
        return []
    return [name for name, settings in known.items() if _is_of(settings, account)]


def _is_of(settings: dict[str, Any], account: str) -> bool:
    role = _OF_ROLE.match(str(settings.get("role_arn") or ""))
    return account == str(settings.get("sso_account_id") or (role[1] if role else ""))


def _assumed(usual: AwsCloud, role: str) -> AwsCloud:
    try:
        answer = usual.call("sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": _SESSION})
    except SreError as error:
        msg = f"the role {role} cannot be assumed"
        raise Forbidden(msg, why=error.message, hint=error.hint) from error
    given = answer["Credentials"]
    return entered(usual, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
