"""Different spellings of the same: policies, networks, names, numbers, quantities."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from ipaddress import ip_network
from typing import Any
from urllib.parse import unquote

_ROOT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root")
_QUANTITY = re.compile(r"([+-]?[\d.]+(?:[eE][+-]?\d+)?)([numkKMGTPE]|[KMGTPE]i)?")
_LIST_FIELDS = ("Action", "NotAction", "Resource", "NotResource")
_CASELESS = ("Action", "NotAction")
_SUFFIXES = {
    **{name: Decimal(10) ** power for name, power in zip("num", (-9, -6, -3), strict=True)},
    **{name: Decimal(10) ** power for name, power in zip("kMGTPE", range(3, 19, 3), strict=True)},
    "K": Decimal(1000),
    **{f"{name}i": Decimal(1024) ** power for power, name in enumerate("KMGTPE", start=1)},
}


def caseless(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A text that means the same in capitals."""
    return value.casefold() if isinstance(value, str) else value


def stripped(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A text without the white space around it."""
    return value.strip() if isinstance(value, str) else value


def domain_name(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    r"""A name of the DNS: without the last dot, small, with `\052` as `*`."""
    if not isinstance(value, str):
        return value
    return value.rstrip(".").replace("\\052", "*").casefold()


def network(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A CIDR block in its one spelling; what is none stays as it is."""
    return _network(value) if isinstance(value, str) and ("/" in value or ":" in value) else value


@lru_cache(maxsize=65_536)
def _network(text: str) -> str:
    """The same few stand in very many rules and routes."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return text


def protocol(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """An IP protocol: `-1` is all of them, numbers have names."""
    known = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
    text = str(value).casefold()
    return known.get(text, text)


def number(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A number, also where it is written as a text: `"5"`, `5.0`."""
    try:
        return Decimal(str(value)).normalize() if not isinstance(value, bool) else value
    except InvalidOperation:
        return value


def quantity(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A Kubernetes quantity as a number: `1000m` is 1, `1Gi` is `1024Mi`."""
    found = _QUANTITY.fullmatch(str(value).strip())
    if not found or isinstance(value, bool):
        return value
    try:
        amount = Decimal(found[1]) * _SUFFIXES.get(found[2] or "", Decimal(1))
    except InvalidOperation:
        return value
    return amount.normalize()


def decoded(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A text that may be in base64, without the white space around it."""
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return value.strip()


def json_text(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """What a JSON text says; a text that is no JSON stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def policy(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """An IAM policy in its one spelling: order, single values as lists, account ids as roots.

    A deleted principal (`AROA…`) stays what it is: that is a real difference.
    """
    if isinstance(value, str):
        return _policy_text(value)
    return _policy(value) if isinstance(value, Mapping) else value


@lru_cache(maxsize=8192)
def _policy_text(text: str) -> Any:  # noqa: ANN401 - any JSON value
    plain = unquote(text) if text.lstrip().startswith("%7B") else text
    parsed = json_text(plain)
    return _policy(parsed) if isinstance(parsed, Mapping) else parsed


def _policy(document: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    statements = document.get("Statement") or []
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list):
        return document
    said = [_statement(each) for each in statements if isinstance(each, Mapping)]
    rest = {name: value for name, value in document.items() if name not in ("Statement", "Id")}
    return {**rest, "Statement": sorted(said, key=lambda each: json.dumps(each, sort_keys=True))}


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, value in statement.items():
        if name == "Sid" and not value:
            continue
        if name in _LIST_FIELDS:
            texts = _texts(value)
            said[name] = sorted({one.casefold() for one in texts} if name in _CASELESS else texts)
        elif name in ("Principal", "NotPrincipal"):
            said[name] = _principal(value)
        elif name == "Condition" and isinstance(value, Mapping):
            if value:
                said[name] = _condition(value)
        else:
            said[name] = value
    return said


def _texts(value: Any) -> set[str]:  # noqa: ANN401 - any JSON value
    values = value if isinstance(value, list) else [value]
    return {str(one).lower() if isinstance(one, bool) else str(one) for one in values}


def _principal(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(value, Mapping):
        return {"AWS": ["*"]} if value == "*" else value
    return {
        kind: sorted(_account(one) if kind == "AWS" else one for one in _texts(names))
        for kind, names in value.items()
    }


def _account(name: str) -> str:
    root = _ROOT.fullmatch(name)
    return root[1] if root else name


def _condition(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        operator: {key.casefold(): sorted(_texts(wanted)) for key, wanted in tests.items()}
        for operator, tests in value.items()
        if isinstance(tests, Mapping)
    }
