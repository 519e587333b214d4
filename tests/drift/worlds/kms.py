"""Keys."""

import json
from typing import Any

from tests.drift.worlds.world import ACCOUNT, Aws, Mutation, Thing, World, reports, world


def owner_only(*more: object) -> dict[str, Any]:
    root = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [root, *more]}


def a_key(kms: Any, name: str, policy: str, **state: object) -> Thing:
    made = kms.create_key(
        Description=name,
        Policy=json.dumps(owner_only()),
        Tags=[{"TagKey": "team", "TagValue": "shop"}],
    )["KeyMetadata"]
    kms.enable_key_rotation(KeyId=made["KeyId"], RotationPeriodInDays=365)
    return Thing(
        type="aws_kms_key",
        name=name.replace("-", "_"),
        attributes={
            "arn": made["Arn"],
            "bypass_policy_lockout_safety_check": False,
            "custom_key_store_id": "",
            "customer_master_key_spec": "SYMMETRIC_DEFAULT",
            "deletion_window_in_days": 30,
            "description": name,
            "enable_key_rotation": True,
            "id": made["KeyId"],
            "is_enabled": True,
            "key_id": made["KeyId"],
            "key_usage": "ENCRYPT_DECRYPT",
            "multi_region": False,
            "policy": policy,
            "rotation_period_in_days": 365,
            "tags": {"team": "shop"},
            "tags_all": {"team": "shop"},
            "timeouts": None,
            "xks_key_id": "",
            **state,
        },
    )


@world("kms")
def keys(aws: Aws, word: str) -> World:
    kms = aws.client("kms")
    key = a_key(kms, f"orders-{word}", json.dumps(owner_only(), sort_keys=True))
    # Of another resource: what the key says of it is as old as the key.
    apart = a_key(kms, f"apart-{word}", "")
    shared = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    policy = Thing(
        type="aws_kms_key_policy",
        name=f"apart_{word}",
        attributes={
            "bypass_policy_lockout_safety_check": False,
            "id": apart.attributes["id"],
            "key_id": apart.attributes["arn"],
            "policy": json.dumps(owner_only(), sort_keys=True),
        },
    )
    # Listing aliases makes moto know the keys of AWS, which it lists from then on.
    stranger = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/stranger-{word}", TargetKeyId=stranger)
    one, other = ({"KeyId": each.attributes["id"]} for each in (key, apart))
    wider = json.dumps(owner_only(shared))

    def put(key: dict[str, str]) -> None:
        kms.put_key_policy(PolicyName="default", Policy=wider, **key)

    return World(
        things=(key, apart, policy),
        strangers=(("aws_kms_key", stranger),),
        mutations=(
            Mutation(
                title="no rotation",
                do=lambda: kms.disable_key_rotation(**one),
                reports=reports((key.address, "enable_key_rotation")),
            ),
            Mutation(
                title="shared with another account",
                do=lambda: put(one),
                reports=reports((key.address, "policy")),
            ),
            Mutation(
                title="shared with another account, where the policy is a resource",
                do=lambda: put(other),
                reports=reports((policy.address, "policy")),
            ),
            Mutation(
                title="disabled",
                do=lambda: kms.disable_key(**one),
                reports=reports((key.address, "is_enabled")),
            ),
            Mutation(
                title="another description",
                do=lambda: kms.update_key_description(Description="mine", **one),
                reports=reports((key.address, "description")),
            ),
            Mutation(
                title="tags",
                do=lambda: kms.tag_resource(
                    Tags=[{"TagKey": "team", "TagValue": "payments"}], **one
                ),
                reports=reports((key.address, "tags.team")),
            ),
            Mutation(
                title="waits for its deletion",
                do=lambda: kms.schedule_key_deletion(PendingWindowInDays=7, **other),
                reports=reports((apart.address, ""), (policy.address, "")),
            ),
        ),
    )
