"""Reads of AWS: operations of the on-call list, with typed parameters."""

import re
from collections.abc import Mapping
from typing import Any

from sreagent.domain.command import AwsRead
from sreagent.tools.aws.operations import Operation, Shape, operation_named
from sreagent.tools.lines.aws_flags import (
    EVERYWHERE,
    PAGES,
    Flags,
    Line,
    Takes,
    no_arguments,
    read_flags,
)
from sreagent.tools.lines.aws_values import value_of
from sreagent.tools.lines.objection import Objection, Rule

_COUNT = re.compile(r"[1-9][0-9]{0,5}")
_TOKEN = re.compile(r"[-A-Za-z0-9+/=_.:]{1,2000}")
_QUEUE = re.compile(
    r"(?:https://(?:sqs\.[a-z0-9-]{4,30}|(?:[a-z0-9-]{4,30}\.)?queue)\.amazonaws\.com(?:\.cn)?"
    r"/[0-9]{12}/)?[A-Za-z0-9_-]{1,80}(?:\.fifo)?"
)
_LEFT_OUT = {
    ("logs", "Unmask"): "it would show what data protection masks",
    ("s3", "SSECustomerKey"): "a key does not belong into a line",
}
_ALLOWED = {
    ("ec2", "DescribeInstanceAttribute", "Attribute"): (
        *("instanceType", "kernel", "ramdisk", "disableApiTermination", "rootDeviceName"),
        *("instanceInitiatedShutdownBehavior", "blockDeviceMapping", "productCodes"),
        *("sourceDestCheck", "groupSet", "ebsOptimized", "sriovNetSupport", "enaSupport"),
        *("enclaveOptions", "disableApiStop"),
    ),
}
"""Values that one parameter may have: user data often holds secrets."""


def parse_read(operation: Operation, line: Line) -> AwsRead:
    """A read with checked parameters.

    Raises:
        Objection: A flag or a value is not taken, or a required one is missing.
    """
    flags = read_flags(line, _known(operation))
    no_arguments(flags)
    return read_of(operation, flags, parameters_of(operation, flags))


def parse_wait(operation: Operation, waiter: str, line: Line) -> AwsRead:
    """Waiting for what an operation shows.

    Raises:
        Objection: As for the read.
    """
    flags = read_flags(line, _parameters(operation))
    if flags.arguments != (waiter,):
        raise Objection(Rule.ARGUMENT, f"write `wait {waiter}` and then the flags")
    return AwsRead(
        service=operation.service,
        operation=operation.name,
        parameters=parameters_of(operation, flags),
        region=flags.last("region"),
        options={"waiter": waiter},
    )


def read_of(operation: Operation, flags: Flags, parameters: Mapping[str, Any]) -> AwsRead:
    """A read with what was said beside its parameters."""
    return AwsRead(
        service=operation.service,
        operation=operation.name,
        parameters=parameters,
        region=flags.last("region"),
        query=flags.last("query"),
        options=_options(operation, flags),
    )


def named(service: str, name: str) -> Operation:
    """An operation that is on the on-call list for certain."""
    operation = operation_named(service, name)
    if operation is None:
        msg = f"{service}:{name} is not on the on-call list"
        raise LookupError(msg)
    return operation


def parameters_of(operation: Operation, flags: Flags) -> dict[str, Any]:
    """Typed parameters, as the API names them.

    Raises:
        Objection: A value has the wrong type, or a required one is missing.
    """
    found: dict[str, Any] = {}
    for flag, name in operation.flags.items():
        given = flag if flag in flags.given else _singular(flag)
        if given in flags.given and given not in EVERYWHERE and not _pages(operation, flags, flag):
            shape = operation.shape.of(operation.shape.members[name])
            found[name] = _value(operation, name, shape, flags.given[given], f"--{flag}")
    missing = operation.shape.required - set(found)
    if missing:
        lacks = ", ".join(f"--{f}" for f, name in operation.flags.items() if name in missing)
        raise Objection(Rule.ARGUMENT, f"{operation.service} {operation.command} lacks {lacks}")
    return found


def _value(operation: Operation, name: str, shape: Shape, words: tuple[str, ...], flag: str) -> Any:  # noqa: ANN401 - any value
    if reason := _LEFT_OUT.get((operation.service, name[:1].upper() + name[1:])):
        raise Objection(Rule.SECRET, f"leave {flag} away: {reason}")
    allowed = _ALLOWED.get((operation.service, operation.name, name))
    if allowed and words[0] not in allowed:
        raise Objection(Rule.SECRET, f"{flag} is one of {', '.join(allowed)}")
    if name == "QueueUrl" and not _QUEUE.fullmatch(words[0]):
        raise Objection(Rule.ARGUMENT, f"{words[0][:60]!r} is not the address of a queue of SQS")
    return words[0] == "true" if shape.kind == "boolean" else value_of(shape, words, flag)


def _known(operation: Operation) -> dict[str, Takes]:
    return {**_parameters(operation), **(PAGES if operation.paging else {})}


def _parameters(operation: Operation) -> dict[str, Takes]:
    known: dict[str, Takes] = {}
    for flag, name in operation.flags.items():
        kind = operation.shape.of(operation.shape.members[name]).kind
        if kind == "list":
            # The singular of a list is a list of one: `--instance-id` is what people type.
            known.setdefault(_singular(flag), Takes.ONE)
            known[flag] = Takes.MANY
        elif kind == "boolean":
            known[flag] = known[f"no-{flag}"] = Takes.NOTHING
        else:
            known[flag] = Takes.ONE
    return known


def _singular(flag: str) -> str:
    """`instance-ids` is `instance-id`; what has no plural is itself."""
    return flag[:-1] if flag.endswith("s") and not flag.endswith("ss") else flag


def _turned(operation: Operation, flags: Flags) -> list[str]:
    """Flags that say that the caller turns the pages himself."""
    alone = ["no-paginate"] if operation.paging and flags.on("no-paginate") else []
    return sorted(operation.paging & set(flags.given)) + alone


def _pages(operation: Operation, flags: Flags, flag: str) -> bool:
    """Whether a flag is about pages, and not the parameter of that name."""
    own = flag in operation.flags and (not operation.paging or _turned(operation, flags))
    return flag in PAGES and not own


def _options(operation: Operation, flags: Flags) -> dict[str, Any]:
    turned = _turned(operation, flags)
    asked = [flag for flag in PAGES if flag in flags.given and _pages(operation, flags, flag)]
    if turned and asked:
        raise Objection(Rule.FLAG, f"write either --{turned[0]} or --{asked[0]}")
    options: dict[str, Any] = {"no_paginate": True} if turned else {}
    for flag in asked:
        if flag == "starting-token":
            options["starting_token"] = _token(flags)
        elif flag == "max-items":
            options["max_items"] = _count(flags, flag)
        else:
            # How many come at a time changes nothing in the answer.
            _count(flags, flag)
    return options


def _count(flags: Flags, flag: str) -> int:
    if not _COUNT.fullmatch(flags.last(flag)):
        raise Objection(Rule.ARGUMENT, f"--{flag} is a number from 1: write --{flag} 50")
    return int(flags.last(flag))


def _token(flags: Flags) -> str:
    token = flags.last("starting-token")
    if not _TOKEN.fullmatch(token):
        raise Objection(Rule.ARGUMENT, "--starting-token is what the last answer had as NextToken")
    return token
