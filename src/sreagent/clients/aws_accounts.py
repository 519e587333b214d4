"""The way into each AWS account of an estate: by a profile of its own, or by a role."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sreagent.clients.aws import AwsCloud, assumed, configured_profiles, connect
from sreagent.clients.aws_errors import LOG_IN
from sreagent.clients.aws_estate import PATIENCE
from sreagent.domain.errors import Forbidden, SreError

_OF_ROLE = re.compile(r"arn:(?P<partition>[\w-]+):iam::(?P<account>\d{12}):role/")
_OF_CALLER = re.compile(r"arn:([\w-]+):")


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
        role: Name of a role that every account has, with its path; empty for none.
    """

    def connected(name: str) -> AwsCloud:
        return connect(
            profile=name, region=region, endpoint=endpoint, timeout=timeout, attempts=PATIENCE
        )

    return _Ways(usual=connected(profile), connected=connected, role=role).enter


@dataclass(slots=True, kw_only=True)
class _Ways:
    """All that may lead into an account."""

    usual: AwsCloud
    connected: Callable[[str], AwsCloud]
    """By a profile."""
    role: str
    _usual_is: tuple[str, str] | None = None
    _asking: Lock = field(default_factory=Lock)

    def enter(self, account: str) -> AwsCloud:
        """The credentials for an account; the usual ones where it is not known.

        Raises:
            Forbidden: None of all are of this account.
        """
        if not account:
            return self.usual
        usual, why = self._usual_account()
        if usual == account:
            return self.usual
        tried = [why] if why else []
        for name in _profiles(account):
            if (found := self._by_profile(name, account, tried)) is not None:
                return found
        if self.role and usual:
            return self._assumed(account)
        of = f" (the usual ones are of {usual})" if usual else ""
        msg = f"no AWS credentials for account {account}{of}"
        other = f"try: a profile for {account} in ~/.aws/config, or SRE_AWS_ROLE=NAME"
        raise Forbidden(msg, why="; ".join(tried), hint=other if usual else LOG_IN)

    def _usual_account(self) -> tuple[str, str]:
        """That of the usual credentials, or why they are no good: asked once, whatever it is."""
        with self._asking:
            if self._usual_is is None:
                tried: list[str] = []
                number = self._account_of(self.usual, tried, "the usual credentials")
                self._usual_is = number, "".join(tried)
            return self._usual_is

    def _by_profile(self, name: str, account: str, tried: list[str]) -> AwsCloud | None:
        what = f"the profile {name}"
        try:
            found = self.connected(name)
        except SreError as error:
            tried.append(f"{what}: {error.message}")
            return None
        its = self._account_of(found, tried, what)
        if its and its != account:
            tried.append(f"{what} leads to {its}")
        return found if its == account else None

    def _account_of(self, cloud: AwsCloud, tried: list[str], what: str) -> str:
        """Its number; empty, with the reason, where its credentials are no good."""
        try:
            return cloud.account
        except SreError as error:
            tried.append(f"{what}: {error.message}")
            return ""

    def _assumed(self, account: str) -> AwsCloud:
        role = f"arn:{self._partition()}:iam::{account}:role/{self.role.strip('/')}"
        try:
            return assumed(self.usual, role)
        except SreError as error:
            msg = f"the role {role} cannot be assumed"
            hint = error.hint or f"does it trust {self.usual.account}? or set another SRE_AWS_ROLE"
            raise Forbidden(msg, why=error.message, hint=hint) from error

    def _partition(self) -> str:
        """`aws`, or that of China or of a government: roles are of the same one."""
        found = _OF_CALLER.match(str(self.usual.caller.get("Arn") or ""))
        return found[1] if found else "aws"


def _profiles(account: str) -> list[str]:
    """Profiles that say themselves that they are of an account."""
    known = configured_profiles()
    return [name for name, settings in known.items() if _is_of(settings, account)]


def _is_of(settings: Mapping[str, Any], account: str) -> bool:
    role = _OF_ROLE.match(str(settings.get("role_arn") or ""))
    # Where a profile goes through SSO into a role of another account, it ends in that one.
    return account == (role["account"] if role else str(settings.get("sso_account_id") or ""))
