"""Repositories of images: one with its own key, one plain."""

from typing import Any

from tests.drift.worlds.world import (
    ACCOUNT,
    REGION,
    Aws,
    Mutation,
    Thing,
    World,
    arn,
    reports,
    world,
)

KEY = arn("kms", "key/5b1c9d1e-0000-4000-8000-5a0c4f7a7c11")


def _repository(name: str, **said: Any) -> Thing:
    return Thing(
        type="aws_ecr_repository",
        name=name.replace("-", "_").replace("/", "_"),
        attributes={
            "arn": arn("ecr", f"repository/{name}"),
            "encryption_configuration": [{"encryption_type": "AES256", "kms_key": ""}],
            "force_delete": None,
            "id": name,
            "image_scanning_configuration": [{"scan_on_push": False}],
            "image_tag_mutability": "MUTABLE",
            "image_tag_mutability_exclusion_filter": [],
            "name": name,
            "registry_id": ACCOUNT,
            "repository_url": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}",
            "tags": {},
            "tags_all": {},
            "timeouts": None,
            **said,
        },
    )


@world("ecr")
def repositories(aws: Aws, word: str) -> World:
    ecr, name, other = aws.client("ecr"), f"shop/web-{word}", f"shop/jobs-{word}"
    ecr.create_repository(
        repositoryName=name,
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "KMS", "kmsKey": KEY},
        tags=[{"Key": "env", "Value": "prod"}],
    )
    ecr.create_repository(repositoryName=other)
    ecr.create_repository(repositoryName=f"test-{word}")
    web = _repository(
        name,
        encryption_configuration=[{"encryption_type": "KMS", "kms_key": KEY}],
        image_scanning_configuration=[{"scan_on_push": True}],
        image_tag_mutability="IMMUTABLE",
        tags_all={"env": "prod"},
    )
    jobs = _repository(other)

    def unguard() -> None:
        ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="MUTABLE")
        ecr.put_image_scanning_configuration(
            repositoryName=name, imageScanningConfiguration={"scanOnPush": False}
        )

    return World(
        things=(web, jobs),
        strangers=(("aws_ecr_repository", f"test-{word}"),),
        mutations=(
            Mutation(
                title="tags may move, images are not scanned",
                do=unguard,
                reports=reports(
                    (web.address, "image_tag_mutability"),
                    (web.address, "image_scanning_configuration[0].scan_on_push"),
                ),
            ),
            Mutation(
                title="tags",
                # Moto's index of all tags knows no repositories, so a first tag stays unseen.
                do=lambda: ecr.untag_resource(resourceArn=web.attributes["arn"], tagKeys=["env"]),
                reports=reports((web.address, "tags.env")),
            ),
            Mutation(
                title="made anew without a key",
                do=lambda: _anew(ecr, name),
                reports=reports(
                    (web.address, "encryption_configuration[0].encryption_type"),
                    (web.address, "encryption_configuration[0].kms_key"),
                ),
            ),
            Mutation(
                title="deleted",
                do=lambda: ecr.delete_repository(repositoryName=other, force=True),
                reports=reports((jobs.address, "")),
            ),
        ),
    )


def _anew(ecr: Any, name: str) -> None:
    ecr.delete_repository(repositoryName=name, force=True)
    ecr.create_repository(
        repositoryName=name,
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        tags=[{"Key": "env", "Value": "prod"}],
    )
