"""Writes a read of AWS as the line that anybody can run again; parsing it gives the same read."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sreagent.domain.command import AwsRead
from sreagent.tools.aws.operations import known, operation_named
from sreagent.tools.lines.aws import service_of

_PLAIN = re.compile(r"[A-Za-z0-9_/.:@+%][-A-Za-z0-9_/.:@+%=,]*")
"""Words of a list that stand alone; all others make the list a JSON one."""
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def render_aws(read: AwsRead) -> str:
    """The line that means this read."""
    return " ".join(shlex.quote(word) for word in _words(read))


def _words(read: AwsRead) -> Iterator[str]:
    yield "aws"
    if read.operation == "version":
        yield "--version"
        return
    if read.operation == "help":
        yield from _help(read)
        return
    if "since_seconds" in read.options:
        yield from _tail(read)
    else:
        yield from _operation(read)
    yield from _everywhere(read)


def _help(read: AwsRead) -> Iterator[str]:
    if read.service:
        yield service_of(read.service)
    if name := read.options.get("operation"):
        yield _command(read.service, str(name))
    yield "help"


def _command(service: str, name: str) -> str:
    """An operation as the command line names it."""
    if operation := operation_named(service, name):
        return operation.command
    spelled = "-".join(_CAPITAL.split(name)).lower()
    return spelled if known(service, spelled) else name.lower()


def _operation(read: AwsRead) -> Iterator[str]:
    operation = operation_named(read.service, read.operation)
    if operation is None:
        msg = f"{read.service}:{read.operation} is not on the on-call list"
        raise LookupError(msg)
    yield service_of(read.service)
    if waiter := read.options.get("waiter"):
        yield from ("wait", str(waiter))
    else:
        yield operation.command
    for flag, name in operation.flags.items():
        if name in read.parameters:
            yield from _flag(flag, read.parameters[name])


def _tail(read: AwsRead) -> Iterator[str]:
    yield from ("logs", "tail")
    yield str(read.parameters.get("logGroupName") or read.parameters["logGroupIdentifier"])
    yield from ("--since", f"{int(read.options['since_seconds'])}s")
    for flag, name in (
        ("filter-pattern", "filterPattern"),
        ("log-stream-names", "logStreamNames"),
        ("log-stream-name-prefix", "logStreamNamePrefix"),
    ):
        if name in read.parameters:
            yield from _flag(flag, read.parameters[name])


def _everywhere(read: AwsRead) -> Iterator[str]:
    if "max_items" in read.options:
        yield from ("--max-items", str(read.options["max_items"]))
    if "starting_token" in read.options:
        yield from _flag("starting-token", read.options["starting_token"])
    if read.options.get("no_paginate"):
        yield "--no-paginate"
    if read.region:
        yield from ("--region", read.region)
    if read.query:
        yield from _flag("query", read.query)


def _flag(flag: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - any value of a parameter
    if isinstance(value, bool):
        yield f"--{flag}" if value else f"--no-{flag}"
    elif isinstance(value, str):
        yield from (f"--{flag}={value}",) if value.startswith("-") else (f"--{flag}", value)
    elif isinstance(value, Mapping):
        yield from (f"--{flag}", _json(value))
    elif isinstance(value, Sequence):
        yield f"--{flag}"
        yield from _list(value)
    else:
        yield from (f"--{flag}", str(value))


def _list(items: Sequence[Any]) -> Iterator[str]:
    if items and all(isinstance(item, str) and _PLAIN.fullmatch(item) for item in items):
        yield from items
    else:
        yield _json(items)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
