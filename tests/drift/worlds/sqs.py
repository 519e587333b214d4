"""Queues."""

import json

from tests.drift.worlds.world import Aws, Mutation, Thing, World, arn, reports, world


@world("sqs")
def queues(aws: Aws, word: str) -> World:
    sqs, name = aws.client("sqs"), f"orders-{word}"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": arn("iam", "root", region="")},
                "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"],
                "Resource": arn("sqs", name),
            }
        ],
    }
    sizes = {"VisibilityTimeout": "60", "MaximumMessageSize": "262144"}
    settings = {**sizes, "Policy": json.dumps(policy)}
    url = sqs.create_queue(QueueName=name, Attributes=settings, tags={"team": "shop"})["QueueUrl"]
    queue = Thing(
        type="aws_sqs_queue",
        name=f"orders_{word}",
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
            "policy": json.dumps(policy, sort_keys=True),
            "receive_wait_time_seconds": 0,
            "redrive_allow_policy": "",
            "redrive_policy": "",
            "sqs_managed_sse_enabled": True,
            "tags": {"team": "shop"},
            "tags_all": {"env": "prod", "team": "shop"},
            "timeouts": None,
            "url": url,
            "visibility_timeout_seconds": 60,
        },
    )
    sqs.tag_queue(QueueUrl=url, Tags={"env": "prod"})
    wider = json.loads(json.dumps(policy))
    wider["Statement"][0]["Principal"] = "*"

    def put(**settings: str) -> None:
        # Moto forgets the policy where a call does not repeat it.
        whole = {"Policy": json.dumps(policy), **settings}
        sqs.set_queue_attributes(QueueUrl=url, Attributes=whole)

    return World(
        things=(queue,),
        mutations=(
            Mutation(
                title="shorter visibility",
                do=lambda: put(VisibilityTimeout="5"),
                reports=reports((queue.address, "visibility_timeout_seconds")),
            ),
            Mutation(
                title="open to everybody",
                do=lambda: put(Policy=json.dumps(wider)),
                reports=reports((queue.address, "policy")),
            ),
            Mutation(
                title="another tag",
                do=lambda: sqs.tag_queue(QueueUrl=url, Tags={"team": "payments", "new": "x"}),
                reports=reports((queue.address, "tags.team"), (queue.address, "tags.new")),
            ),
            Mutation(
                title="deleted",
                do=lambda: sqs.delete_queue(QueueUrl=url),
                reports=reports((queue.address, "")),
            ),
        ),
    )
