"""Secrets: what is told of them, never what is in them."""

import json
from secrets import token_hex
from typing import Any

from tests.drift.worlds.world import ACCOUNT, Aws, Mutation, Thing, World, reports, world


def document(principal: object) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def a_secret(manager: Any, name: str, **state: object) -> Thing:
    made = manager.create_secret(
        Name=name,
        Description="of the shop",
        SecretString=token_hex(8),
        Tags=[{"Key": "team", "Value": "shop"}],
    )
    return Thing(
        type="aws_secretsmanager_secret",
        name=name.replace("/", "_").replace("-", "_"),
        attributes={
            "arn": made["ARN"],
            "description": "of the shop",
            "force_overwrite_replica_secret": False,
            "id": made["ARN"],
            "kms_key_id": "",
            "name": name,
            "name_prefix": "",
            "policy": "",
            "recovery_window_in_days": 30,
            "replica": [],
            "tags": {"team": "shop"},
            "tags_all": {"team": "shop"},
            **state,
        },
    )


@world("secrets")
def secrets(aws: Aws, word: str) -> World:
    manager = aws.client("secretsmanager")
    secret = a_secret(manager, f"shop/db-{word}")
    # Its policy is another resource: what the secret says of it is as old as the secret.
    shared = a_secret(manager, f"shop/api-{word}")
    policy = Thing(
        type="aws_secretsmanager_secret_policy",
        name=f"api_{word}",
        attributes={
            "block_public_policy": None,
            "id": shared.attributes["arn"],
            "policy": document({"AWS": ACCOUNT}),
            "secret_arn": shared.attributes["arn"],
        },
    )
    one, other = ({"SecretId": each.attributes["arn"]} for each in (secret, shared))
    root = document({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    manager.put_resource_policy(ResourcePolicy=root, **other)
    stranger = manager.create_secret(Name=f"stranger-{word}", SecretString=token_hex(8))["ARN"]
    return World(
        things=(secret, shared, policy),
        strangers=(("aws_secretsmanager_secret", stranger),),
        mutations=(
            Mutation(
                title="readable by everybody",
                do=lambda: manager.put_resource_policy(ResourcePolicy=document("*"), **other),
                reports=reports((policy.address, "policy")),
            ),
            Mutation(
                title="a policy where none was",
                do=lambda: manager.put_resource_policy(ResourcePolicy=document("*"), **one),
                reports=reports((secret.address, "policy")),
            ),
            Mutation(
                title="no policy",
                do=lambda: manager.delete_resource_policy(**other),
                reports=reports((policy.address, "")),
            ),
            Mutation(
                title="another key and description",
                do=lambda: manager.update_secret(
                    KmsKeyId="alias/mine", Description="of anybody", **one
                ),
                reports=reports((secret.address, "kms_key_id"), (secret.address, "description")),
            ),
            Mutation(
                title="a new value is no drift",
                do=lambda: manager.put_secret_value(SecretString=token_hex(8), **one),
                reports=reports(),
            ),
            Mutation(
                title="tags",
                do=lambda: manager.untag_resource(TagKeys=["team"], **one),
                reports=reports((secret.address, "tags.team")),
            ),
            Mutation(
                title="waits for its deletion",
                do=lambda: manager.delete_secret(RecoveryWindowInDays=7, **one),
                reports=reports((secret.address, "")),
            ),
        ),
    )
