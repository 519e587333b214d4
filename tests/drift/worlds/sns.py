"""Topics."""

import json
from typing import Any

from tests.drift.worlds.world import ACCOUNT, Aws, Mutation, Thing, World, arn, reports, world

PROTOCOLS = ("application", "firehose", "http", "lambda", "sqs")


def document(topic: str, principal: object) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": ["sns:Publish", "sns:Subscribe"],
        "Resource": topic,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def as_new(topic: str) -> str:
    """The policy that SNS gives a topic, in the order in which it lists the actions."""
    actions = ("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission")
    more = ("DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish")
    statement = {
        "Action": [f"SNS:{action}" for action in (*more, *actions)],
        "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}},
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Resource": topic,
        "Sid": "__default_statement_ID",
    }
    return json.dumps(
        {"Id": "__default_policy_ID", "Statement": [statement], "Version": "2008-10-17"}
    )


def a_topic(sns: Any, name: str, **state: object) -> Thing:
    topic = sns.create_topic(Name=name, Tags=[{"Key": "team", "Value": "shop"}])["TopicArn"]
    feedback = {
        f"{protocol}_{result}_feedback_role_arn": ""
        for protocol in PROTOCOLS
        for result in ("success", "failure")
    }
    rates = {f"{protocol}_success_feedback_sample_rate": 0 for protocol in PROTOCOLS}
    return Thing(
        type="aws_sns_topic",
        name=name.replace("-", "_"),
        attributes={
            "archive_policy": "",
            "arn": topic,
            "beginning_archive_time": "",
            "content_based_deduplication": False,
            "delivery_policy": "",
            "display_name": "",
            "fifo_throughput_scope": "",
            "fifo_topic": False,
            "id": topic,
            "kms_master_key_id": "",
            "name": name,
            "name_prefix": "",
            "owner": ACCOUNT,
            "policy": as_new(topic),
            "signature_version": 0,
            "tags": {"team": "shop"},
            "tags_all": {"team": "shop"},
            "tracing_config": "",
            **feedback,
            **rates,
            **state,
        },
    )


@world("sns")
def topics(aws: Aws, word: str) -> World:
    sns = aws.client("sns")
    retries = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 3, "minDelayTarget": 20}}}
    topic = a_topic(
        sns,
        f"orders-{word}",
        delivery_policy=json.dumps(retries, sort_keys=True),
        kms_master_key_id="alias/aws/sns",
        display_name="orders",
    )
    of_topic = {"TopicArn": topic.attributes["arn"]}

    def put(name: str, value: str, which: dict[str, str] = of_topic) -> None:
        sns.set_topic_attributes(AttributeName=name, AttributeValue=value, **which)

    put("DeliveryPolicy", json.dumps(retries, indent=2))
    put("KmsMasterKeyId", arn("kms", "alias/aws/sns"))
    put("DisplayName", "orders")
    # Its policy is another resource: what the topic says of it is as old as the topic.
    shared = a_topic(sns, f"shared-{word}")
    of_shared = {"TopicArn": shared.attributes["arn"]}
    put("Policy", document(of_shared["TopicArn"], {"AWS": ACCOUNT}), of_shared)
    policy = Thing(
        type="aws_sns_topic_policy",
        name=f"shared_{word}",
        attributes={
            "arn": of_shared["TopicArn"],
            "id": of_shared["TopicArn"],
            "owner": ACCOUNT,
            "policy": document(of_shared["TopicArn"], {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        },
    )
    stranger = sns.create_topic(Name=f"stranger-{word}")["TopicArn"]
    return World(
        things=(topic, shared, policy),
        strangers=(("aws_sns_topic", stranger),),
        mutations=(
            Mutation(
                title="open to everybody",
                do=lambda: put("Policy", document(of_topic["TopicArn"], "*")),
                reports=reports((topic.address, "policy")),
            ),
            Mutation(
                title="open to everybody, where the policy is a resource",
                do=lambda: put("Policy", document(of_shared["TopicArn"], "*"), of_shared),
                reports=reports((policy.address, "policy")),
            ),
            Mutation(
                title="another key and name",
                do=lambda: (put("KmsMasterKeyId", "alias/mine"), put("DisplayName", "mine")),  # type: ignore[func-returns-value]
                reports=reports(
                    (topic.address, "kms_master_key_id"), (topic.address, "display_name")
                ),
            ),
            Mutation(
                title="more retries",
                do=lambda: put("DeliveryPolicy", json.dumps(retries).replace("3", "9")),
                reports=reports((topic.address, "delivery_policy")),
            ),
            Mutation(
                title="tags",
                do=lambda: sns.tag_resource(
                    ResourceArn=of_topic["TopicArn"], Tags=[{"Key": "env", "Value": "prod"}]
                ),
                reports=reports((topic.address, "tags.env")),
            ),
            Mutation(
                title="deleted",
                do=lambda: sns.delete_topic(**of_shared),
                reports=reports((shared.address, ""), (policy.address, "")),
            ),
        ),
    )
