"""SQS queues."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.kinds import Kind, reader
from sreagent.drift.reality.look import Look
from sreagent.drift.reality.real import Real

_QUEUE = Shape(
    policies=frozenset({"policy"}),
    defaults={
        "visibility_timeout_seconds": 30,
        "message_retention_seconds": 345_600,
        "kms_data_key_reuse_period_seconds": 300,
        "sqs_managed_sse_enabled": True,
    },
)
_NUMBERS = {
    "visibility_timeout_seconds": "VisibilityTimeout",
    "message_retention_seconds": "MessageRetentionPeriod",
    "max_message_size": "MaximumMessageSize",
    "delay_seconds": "DelaySeconds",
    "receive_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
    "kms_data_key_reuse_period_seconds": "KmsDataKeyReusePeriodSeconds",
}
_TEXTS = {
    "policy": "Policy",
    "redrive_policy": "RedrivePolicy",
    "redrive_allow_policy": "RedriveAllowPolicy",
    "kms_master_key_id": "KmsMasterKeyId",
    "deduplication_scope": "DeduplicationScope",
    "fifo_throughput_limit": "FifoThroughputLimit",
}
_FLAGS = {
    "fifo_queue": "FifoQueue",
    "content_based_deduplication": "ContentBasedDeduplication",
    "sqs_managed_sse_enabled": "SqsManagedSseEnabled",
}


@reader("sqs", Kind(type="aws_sqs_queue", shape=_QUEUE))
def queues(look: Look) -> Iterator[Real]:
    """All queues; what those in the state are like, one call each."""
    urls = list(look.listed("ListQueues", "QueueUrls", MaxResults=1000))
    known = [url for url in urls if look.in_state("aws_sqs_queue", url) is not None]
    details = dict(look.each(known, lambda url: _details(look, url)))
    for url in urls:
        yield Real(
            type="aws_sqs_queue",
            id=url,
            name=url.rpartition("/")[2],
            attributes=details.get(url) or {},
            known_as=(url.rpartition("/")[2],),
        )


def _details(look: Look, url: str) -> Mapping[str, Any]:
    answer = look.asked("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
    if answer is None:
        return {}
    said = answer.get("Attributes") or {}
    tags = look.asked("ListQueueTags", QueueUrl=url) if look.uses("aws_sqs_queue", "tags") else None
    return {
        "name": url.rpartition("/")[2],
        **{name: int(said[key]) for name, key in _NUMBERS.items() if key in said},
        **{name: said.get(key, "") for name, key in _TEXTS.items()},
        **{name: said.get(key, "false") == "true" for name, key in _FLAGS.items()},
        **({"tags": tags.get("Tags") or {}} if tags is not None else {}),
    }
