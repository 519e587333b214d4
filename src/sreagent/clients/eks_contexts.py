"""Whether a context leads to a cluster that AWS runs, and what it is called there."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sreagent.clients.logins import Login

_REGION = r"[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}"
_NAME = r"[0-9A-Za-z][\w-]{0,99}"
_HOST = re.compile(rf"\.({_REGION})\.eks\.amazonaws\.com(?:\.cn)?\.?$")
_ARN = re.compile(rf"^arn:aws[\w-]*:eks:({_REGION}):\d{{12}}:cluster/({_NAME})$")
_EKSCTL = re.compile(rf"^(?:[^@\s]*@)?({_NAME})\.({_REGION})\.eksctl\.io$")


@dataclass(frozen=True, slots=True, kw_only=True)
class EksCluster:
    """A cluster as EKS knows it; what the context does not tell is empty."""

    name: str
    region: str
    profile: str
    """Of the AWS configuration, that the login program uses."""
    host: str
    """Of the API server, where it is one of EKS."""


def eks_cluster(login: Login) -> EksCluster | None:
    """The EKS cluster of a login; None for any other cluster."""
    host = urlsplit(login.server).hostname or ""
    at = _HOST.search(host)
    asked = _flags(login.account.get("exec"))
    told = next(_named(login), ("", ""))
    if not at and asked is None and not told[0]:
        return None
    flags = asked or {}
    return EksCluster(
        name=flags.get("--cluster-name") or told[0],
        region=(at[1] if at else "") or flags.get("--region") or told[1],
        profile=flags.get("--profile", ""),
        host=host if at else "",
    )


def _named(login: Login) -> Iterator[tuple[str, str]]:
    """Name and region, as the AWS CLI and eksctl write them into contexts."""
    for text in (str(login.cluster), str(login.context)):
        if found := _ARN.match(text):
            yield found[2], found[1]
        elif found := _EKSCTL.match(text):
            yield found[1], found[2]


def _flags(plugin: object) -> dict[str, str] | None:
    """What a login program of EKS is told; None for any other program."""
    if not isinstance(plugin, Mapping):
        return None
    words = [str(one) for one in _list(plugin.get("args"))]
    own = str(plugin.get("command") or "").rpartition("/")[2].startswith("aws-iam-authenticator")
    if not own and not {"eks", "get-token"} <= set(words):
        return None
    found = {
        str(one["name"]): str(one.get("value") or "")
        for one in _list(plugin.get("env"))
        if isinstance(one, Mapping) and one.get("name")
    }
    flags = {"--profile": found.get("AWS_PROFILE", ""), "--region": found.get("AWS_REGION", "")}
    return flags | _written(words, short=own)


def _written(words: Sequence[str], *, short: bool) -> dict[str, str]:
    """Flags with their values, `--name value` or `--name=value`."""
    names = {"--cluster-name", "--region", "--profile", "--cluster-id", "-i"}
    found: dict[str, str] = {}
    for word, value in zip(words, (*words[1:], ""), strict=True):
        name, mark, inline = word.partition("=")
        if name in names:
            found[name] = inline if mark else value
    known = found.get("--cluster-name", "")
    if short:
        known = found.get("-i") or found.get("--cluster-id") or known
    return {**found, "--cluster-name": known if re.fullmatch(_NAME, known) else ""}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
