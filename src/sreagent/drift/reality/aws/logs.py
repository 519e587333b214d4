"""Log groups of CloudWatch."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.apart import key_name
from sreagent.drift.reality.aws.said import taken
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.kinds import Kind, reader
from sreagent.drift.reality.look import Look
from sreagent.drift.reality.real import Real

GROUP = "aws_cloudwatch_log_group"

_PAGE = 50
_OF_SERVICES = "/aws/"
_GROUP = Shape(equal={"kms_key_id": key_name}, defaults={"log_group_class": "STANDARD"})
_NAMES = {
    "log_group_class": "logGroupClass",
    "deletion_protection_enabled": "deletionProtectionEnabled",
}


@reader("logs", Kind(type=GROUP, shape=_GROUP))
def groups(look: Look) -> Iterator[Real]:
    """All groups in one list; tags of those in the state."""
    listed = list(look.listed("DescribeLogGroups", "logGroups", limit=_PAGE))
    tags = tags_for(
        look,
        GROUP,
        {_arn(group): group["logGroupName"] for group in listed},
        lambda arn: look.asked("ListTagsForResource", resourceArn=arn),
        under="tags",
    )
    for group in listed:
        yield _group(group, tags.get(_arn(group), {}))


def _arn(group: Mapping[str, Any]) -> str:
    return str(group["arn"]).removesuffix(":*")


def _group(group: Mapping[str, Any], tags: Mapping[str, Any]) -> Real:
    name = group["logGroupName"]
    millis = group.get("creationTime")
    return Real(
        type=GROUP,
        id=name,
        name=name,
        arn=_arn(group),
        folded=_folded(name),
        created=datetime.fromtimestamp(millis / 1000, UTC) if millis else None,
        attributes={
            "name": name,
            "retention_in_days": group.get("retentionInDays", 0),
            "kms_key_id": group.get("kmsKeyId", ""),
            **taken(group, _NAMES),
            **tags,
        },
    )


def _folded(name: str) -> str:
    """Services make groups under their own names when they first have something to say."""
    if not name.startswith(_OF_SERVICES):
        return ""
    return f"made by {name.removeprefix(_OF_SERVICES).partition('/')[0]}"
