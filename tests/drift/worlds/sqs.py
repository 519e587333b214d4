"""Queues."""

import json
from typing import Any

from tests.drift.worlds.world import ACCOUNT, Aws, Mutation, Thing, World, arn, reports, world


def document(name: str, principal: object) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"],
        "Resource": arn("sqs", name),
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def a_queue(sqs: Any, name: str, made_with: dict[str, str], **state: object) -> Thing:
    """Made as Terraform makes it; `state` is what differs from the usual."""
    url = sqs.create_queue(
        QueueName=name,
        Attributes={"MaximumMessageSize": "262144", **made_with},
        tags={"team": "shop", "env": "prod"},
    )["QueueUrl"]
    return Thing(
        type="aws_sqs_queue",
        name=name.replace("-", "_").removesuffix(".fifo"),
        attributes={
            "arn": arn("sqs", name),
            "content_based_deduplication": False,
            "deduplication_scope": "",
            "delay_seconds": 0,
            "fifo_queue": False,
            "fifo_throughput_limit": "",
            "id": url,
            "kms_data_key_reuse_period_seconds": 300,
            "kms_master_key_id": "",
            "max_message_size": 262144,
            "message_retention_seconds": 345600,
            "name": name,
            "name_prefix": "",
            "policy": "",
            "receive_wait_time_seconds": 0,
            "redrive_allow_policy": "",
            "redrive_policy": "",
            "sqs_managed_sse_enabled": True,
            "tags": {"team": "shop"},
            "tags_all": {"env": "prod", "team": "shop"},
            "timeouts": None,
            "url": url,
            "visibility_timeout_seconds": 30,
            **state,
        },
    )


@world("sqs")
def queues(aws: Aws, word: str) -> World:
    """A queue that holds everything itself."""
    sqs, name = aws.client("sqs"), f"orders-{word}"
    policy = document(name, ROOT)
    queue = a_queue(
        sqs,
        name,
        {"VisibilityTimeout": "60", "Policy": json.dumps(policy)},
        policy=json.dumps(policy, sort_keys=True),
        visibility_timeout_seconds=60,
    )
    url = queue.attributes["url"]
    stranger = sqs.create_queue(QueueName=f"stranger-{word}")["QueueUrl"]

    def put(**settings: str) -> None:
        # Moto forgets the policy where a call does not repeat it.
        whole = {"Policy": json.dumps(policy), **settings}
        sqs.set_queue_attributes(QueueUrl=url, Attributes=whole)

    return World(
        things=(queue,),
        strangers=(("aws_sqs_queue", stranger),),
        mutations=(
            Mutation(
                title="shorter visibility",
                do=lambda: put(VisibilityTimeout="5"),
                reports=reports((queue.address, "visibility_timeout_seconds")),
            ),
            Mutation(
                title="open to everybody",
                do=lambda: put(Policy=json.dumps(document(name, "*"))),
                reports=reports((queue.address, "policy")),
            ),
            Mutation(
                title="another tag",
                do=lambda: sqs.tag_queue(QueueUrl=url, Tags={"team": "payments", "new": "x"}),
                reports=reports((queue.address, "tags.team"), (queue.address, "tags.new")),
            ),
            Mutation(
                title="a tag gone",
                do=lambda: sqs.untag_queue(QueueUrl=url, TagKeys=["env"]),
                reports=reports((queue.address, "tags.env")),
            ),
            Mutation(
                title="not encrypted, not visible for no time at all",
                do=lambda: put(SqsManagedSseEnabled="false", VisibilityTimeout="0"),
                reports=reports(
                    (queue.address, "sqs_managed_sse_enabled"),
                    (queue.address, "visibility_timeout_seconds"),
                ),
            ),
            Mutation(
                title="deleted",
                do=lambda: sqs.delete_queue(QueueUrl=url),
                reports=reports((queue.address, "")),
            ),
        ),
    )


@world("sqs_apart")
def apart(aws: Aws, word: str) -> World:
    """Queues whose policies are resources of their own: what they mirror is as old as they are."""
    sqs, name, dead = aws.client("sqs"), f"jobs-{word}.fifo", f"dead-{word}.fifo"
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    of_fifo: dict[str, object] = {
        "content_based_deduplication": True,
        "deduplication_scope": "queue",
        "fifo_queue": True,
        "fifo_throughput_limit": "perQueue",
    }
    target = a_queue(sqs, dead, fifo, **of_fifo)
    queue = a_queue(sqs, name, fifo, **of_fifo)
    url = queue.attributes["url"]
    redrive = {"deadLetterTargetArn": arn("sqs", dead), "maxReceiveCount": 3}

    def put(principal: object = None, tries: int = 3) -> None:
        # Moto forgets what a call does not repeat.
        policy = document(name, ROOT if principal is None else principal)
        to = {**redrive, "maxReceiveCount": tries}
        whole = {"Policy": json.dumps(policy), "RedrivePolicy": json.dumps(to)}
        sqs.set_queue_attributes(QueueUrl=url, Attributes=whole)

    put()
    policy, redriven = (
        Thing(
            type=f"aws_sqs_queue_{part}",
            name=queue.name,
            attributes={"id": url, part: json.dumps(said, sort_keys=True), "queue_url": url},
        )
        for part, said in (
            ("policy", document(name, {"AWS": ACCOUNT})),
            ("redrive_policy", redrive),
        )
    )
    return World(
        things=(queue, target, policy, redriven),
        mutations=(
            Mutation(
                title="open to everybody",
                do=lambda: put("*"),
                reports=reports((policy.address, "policy")),
            ),
            Mutation(
                title="more tries",
                do=lambda: put(tries=9),
                reports=reports((redriven.address, "redrive_policy")),
            ),
            Mutation(
                title="deleted with all that was on it",
                do=lambda: sqs.delete_queue(QueueUrl=url),
                reports=reports(*((each.address, "") for each in (queue, policy, redriven))),
            ),
        ),
    )
