"""Buckets and what is set on them."""

import json
from typing import Any

from tests.drift.worlds.world import ACCOUNT, REGION, Aws, Mutation, Thing, World, reports, world

FLAGS = (
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
)
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-000000000000"
AES = {"sse_algorithm": "AES256", "kms_master_key_id": ""}


def camel(flag: str) -> str:
    return "".join(part.capitalize() for part in flag.split("_"))


def document(name: str, principal: object) -> dict[str, Any]:
    statement = {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def a_bucket(aws: Aws, name: str, region: str = REGION, **state: object) -> Thing:
    """Made as Terraform makes it; `state` is what differs from the usual."""
    s3 = aws.client("s3", region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "team", "Value": "shop"}]})
    rule = {"apply_server_side_encryption_by_default": [AES], "bucket_key_enabled": False}
    return Thing(
        type="aws_s3_bucket",
        name=name.replace("-", "_"),
        attributes={
            "acceleration_status": "",
            "acl": None,
            "arn": f"arn:aws:s3:::{name}",
            "bucket": name,
            "bucket_domain_name": f"{name}.s3.amazonaws.com",
            "bucket_prefix": "",
            "bucket_regional_domain_name": f"{name}.s3.{region}.amazonaws.com",
            "cors_rule": [],
            "force_destroy": False,
            "grant": [
                {"id": "bcaf", "permissions": ["FULL_CONTROL"], "type": "CanonicalUser", "uri": ""}
            ],
            "hosted_zone_id": "Z21DNDUVLTQW6Q",
            "id": name,
            "lifecycle_rule": [],
            "logging": [],
            "object_lock_configuration": [],
            "object_lock_enabled": False,
            "policy": "",
            "region": region,
            "replication_configuration": [],
            "request_payer": "BucketOwner",
            "server_side_encryption_configuration": [{"rule": [rule]}],
            "tags": {"team": "shop"},
            "tags_all": {"team": "shop"},
            "timeouts": None,
            "versioning": [{"enabled": False, "mfa_delete": False}],
            "website": [],
            "website_domain": None,
            "website_endpoint": None,
            **state,
        },
    )


def part(type_: str, name: str, **attributes: object) -> Thing:
    named = {"bucket": name, "id": name}
    return Thing(type=type_, name=name.replace("-", "_"), attributes={**named, **attributes})


def blocked(s3: Any, name: str) -> Thing:
    every = {camel(flag): True for flag in FLAGS}
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=every)
    return part("aws_s3_bucket_public_access_block", name, **dict.fromkeys(FLAGS, True))


def encrypted(s3: Any, name: str, key: str) -> None:
    chosen = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": chosen, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})


@world("s3")
def parts(aws: Aws, word: str) -> World:
    """A bucket whose parts are resources of their own; its mirrors are those of its creation."""
    s3, name = aws.client("s3"), f"assets-{word}"
    bucket = a_bucket(aws, name)
    block = blocked(s3, name)
    owner = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document(name, owner)))
    policy = part(
        "aws_s3_bucket_policy",
        name,
        policy=json.dumps(document(name, {"AWS": ACCOUNT}), sort_keys=True),
    )
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    versioning = part(
        "aws_s3_bucket_versioning",
        name,
        expected_bucket_owner="",
        mfa=None,
        versioning_configuration=[{"mfa_delete": "", "status": "Enabled"}],
    )
    encrypted(s3, name, KEY)
    key = {"kms_master_key_id": KEY, "sse_algorithm": "aws:kms"}
    encryption = part(
        "aws_s3_bucket_server_side_encryption_configuration",
        name,
        expected_bucket_owner="",
        rule=[{"apply_server_side_encryption_by_default": [key], "bucket_key_enabled": True}],
    )
    s3.create_bucket(
        Bucket=f"stranger-{word}", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    only_some = {camel(flag): flag != "block_public_policy" for flag in FLAGS}
    suspended = {"Status": "Suspended"}
    to_rule = "rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id"
    return World(
        things=(bucket, block, policy, versioning, encryption),
        strangers=(("aws_s3_bucket", f"stranger-{word}"),),
        mutations=(
            Mutation(
                title="open to public policies",
                do=lambda: s3.put_public_access_block(
                    Bucket=name, PublicAccessBlockConfiguration=only_some
                ),
                reports=reports((block.address, "block_public_policy")),
            ),
            Mutation(
                title="no block at all",
                do=lambda: s3.delete_public_access_block(Bucket=name),
                reports=reports((block.address, "")),
            ),
            Mutation(
                title="open to everybody",
                do=lambda: s3.put_bucket_policy(
                    Bucket=name, Policy=json.dumps(document(name, "*"))
                ),
                reports=reports((policy.address, "policy")),
            ),
            Mutation(
                title="no policy",
                do=lambda: s3.delete_bucket_policy(Bucket=name),
                reports=reports((policy.address, "")),
            ),
            Mutation(
                title="versions no longer kept",
                do=lambda: s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=suspended),
                reports=reports((versioning.address, "versioning_configuration[0].status")),
            ),
            Mutation(
                title="another key",
                do=lambda: encrypted(s3, name, f"{KEY[:-1]}1"),
                reports=reports((encryption.address, to_rule)),
            ),
            Mutation(
                title="tags",
                do=lambda: s3.put_bucket_tagging(
                    Bucket=name, Tagging={"TagSet": [{"Key": "env", "Value": "prod"}]}
                ),
                reports=reports((bucket.address, "tags.team"), (bucket.address, "tags.env")),
            ),
            Mutation(
                title="deleted with all that was on it",
                do=lambda: s3.delete_bucket(Bucket=name),
                reports=reports(
                    *((each.address, "") for each in (bucket, block, policy, versioning)),
                    (encryption.address, ""),
                ),
            ),
        ),
    )


@world("s3_whole")
def whole(aws: Aws, word: str) -> World:
    """Buckets whose own resource holds everything, one of them in another region."""
    s3, name, far = aws.client("s3"), f"whole-{word}", f"far-{word}"
    key = {"kms_master_key_id": KEY, "sse_algorithm": "aws:kms"}
    rule = {"apply_server_side_encryption_by_default": [key], "bucket_key_enabled": True}
    statement = json.dumps(document(name, {"AWS": ACCOUNT}))
    bucket = a_bucket(
        aws,
        name,
        policy=statement,
        versioning=[{"enabled": True, "mfa_delete": False}],
        server_side_encryption_configuration=[{"rule": [rule]}],
    )
    s3.put_bucket_policy(Bucket=name, Policy=statement)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    encrypted(s3, name, KEY)
    # As S3 blocks every new bucket, which moto does not: nobody manages it, nobody misses it.
    blocked(s3, name)
    distant = a_bucket(aws, far, "us-west-2")
    # In the state, a part of a bucket does not say in which region it is.
    block = blocked(aws.client("s3", "us-west-2"), far)

    def loosen() -> None:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
        encrypted(s3, name, f"{KEY[:-1]}1")

    return World(
        things=(bucket, distant, block),
        mutations=(
            Mutation(
                title="open to everybody",
                do=lambda: s3.put_bucket_policy(
                    Bucket=name, Policy=json.dumps(document(name, "*"))
                ),
                reports=reports((bucket.address, "policy")),
            ),
            Mutation(
                title="versions no longer kept, another key",
                do=loosen,
                reports=reports(
                    (bucket.address, "versioning[0].enabled"),
                    (
                        bucket.address,
                        "server_side_encryption_configuration[0].rule[0]"
                        ".apply_server_side_encryption_by_default[0].kms_master_key_id",
                    ),
                ),
            ),
            Mutation(
                title="a policy where none was",
                do=lambda: aws.client("s3", "us-west-2").put_bucket_policy(
                    Bucket=far, Policy=json.dumps(document(far, "*"))
                ),
                reports=reports((distant.address, "policy")),
            ),
            Mutation(
                title="no block far away",
                do=lambda: aws.client("s3", "us-west-2").delete_public_access_block(Bucket=far),
                reports=reports((block.address, "")),
            ),
        ),
    )
