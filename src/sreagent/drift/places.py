"""Where a resource lives: a state does not say it, its attributes do."""

import re
from collections import Counter
from collections.abc import Iterable

from sreagent.domain.drift import Place
from sreagent.drift.state.managed import Managed

_ARN = re.compile(r"arn:[\w-]+:[\w-]*:(?P<region>[\w-]*):(?P<account>\d{12}|):")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)[a-z]")
_NUMBER = re.compile(r"\d{12}")
_ARNS = ("arn", "id", "cluster_arn", "role_arn", "vpc_arn", "execution_arn")
_ACCOUNTS = ("owner_id", "account_id", "registry_id", "caller_account")
_ZONES = ("availability_zone", "availability_zones", "region", "hosted_zone_region")


def place_of(managed: Managed, default: Place) -> Place:
    """The account and region of a resource; the default's where nothing tells."""
    account, region = _from_arns(managed)
    return Place(
        account=account or _account(managed) or default.account,
        region=_region(managed) or region or default.region,
    )


def usual_place(resources: Iterable[Managed], region: str = "") -> Place:
    """Where most resources of a state live: the default for those that do not tell."""
    accounts: Counter[str] = Counter()
    regions: Counter[str] = Counter()
    for managed in resources:
        place = place_of(managed, Place())
        accounts[place.account] += bool(place.account)
        regions[place.region] += bool(place.region)
    return Place(account=_most(accounts), region=_most(regions) or region)


def _most(counted: Counter[str]) -> str:
    return max(counted, key=lambda name: (counted[name], name), default="")


def _from_arns(managed: Managed) -> tuple[str, str]:
    for name in _ARNS:
        value = managed.attributes.get(name)
        if isinstance(value, str) and (found := _ARN.match(value)):
            return found["account"], found["region"]
    return "", ""


def _account(managed: Managed) -> str:
    values = (managed.attributes.get(name) for name in _ACCOUNTS)
    return next((str(value) for value in values if value and _NUMBER.fullmatch(str(value))), "")


def _region(managed: Managed) -> str:
    for name in _ZONES:
        value = managed.attributes.get(name)
        text = value[0] if isinstance(value, list) and value else value
        if text and isinstance(text, str):
            if _REGION.fullmatch(text):
                return text
            if found := _ZONE.fullmatch(text):
                return found[1]
    return ""
