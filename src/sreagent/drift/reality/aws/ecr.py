"""Repositories of ECR."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import taken
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.kinds import Kind, by, reader
from sreagent.drift.reality.look import Look
from sreagent.drift.reality.real import Real

_PAGE = 1000
_REPOSITORY = Shape(
    keyed={"image_tag_mutability_exclusion_filter": ("filter",)},
    defaults={
        "image_tag_mutability": "MUTABLE",
        "encryption_configuration.encryption_type": "AES256",
    },
)
_BLOCKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "encryption_configuration": (
        "encryptionConfiguration",
        {"encryption_type": "encryptionType", "kms_key": "kmsKey"},
    ),
    "image_scanning_configuration": (
        "imageScanningConfiguration",
        {"scan_on_push": "scanOnPush"},
    ),
}
_REPOSITORIES = Kind(
    type="aws_ecr_repository", identity=by("name"), import_id=by("name"), shape=_REPOSITORY
)


@reader("ecr", _REPOSITORIES)
def repositories(look: Look) -> Iterator[Real]:
    """All repositories; tags of those in the state."""
    listed = list(look.listed("DescribeRepositories", "repositories", maxResults=_PAGE))
    tags = tags_for(
        look,
        _REPOSITORIES.type,
        {item["repositoryArn"]: item["repositoryName"] for item in listed},
        lambda arn: look.asked("ListTagsForResource", resourceArn=arn),
        under="tags",
    )
    for item in listed:
        name, arn = item["repositoryName"], item["repositoryArn"]
        yield Real(
            type="aws_ecr_repository",
            id=name,
            name=name,
            arn=arn,
            created=item.get("createdAt"),
            attributes={**_repository(item), **tags.get(arn, {})},
        )


def _repository(item: Mapping[str, Any]) -> dict[str, Any]:
    filters = item.get("imageTagMutabilityExclusionFilters") or ()
    return {
        "name": item["repositoryName"],
        **taken(item, {"image_tag_mutability": "imageTagMutability", "registry_id": "registryId"}),
        **{
            name: [{member: item[key].get(said, "") for member, said in members.items()}]
            for name, (key, members) in _BLOCKS.items()
            if item.get(key)
        },
        "image_tag_mutability_exclusion_filter": [
            taken(each, {"filter": "filter", "filter_type": "filterType"}) for each in filters
        ],
    }
