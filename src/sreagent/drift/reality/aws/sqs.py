"""SQS queues."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.apart import is_held, key_name, split
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.kinds import Kind, by, reader
from sreagent.drift.reality.look import Look
from sreagent.drift.reality.real import Real

QUEUE = "aws_sqs_queue"

_PAGE = 1000
_APART = {
    "aws_sqs_queue_policy": "policy",
    "aws_sqs_queue_redrive_policy": "redrive_policy",
    "aws_sqs_queue_redrive_allow_policy": "redrive_allow_policy",
}
_POLICY = frozenset({"policy"})
# No other defaults: SQS says each number, and none of them is 0 by default.
_QUEUE = Shape(
    policies=_POLICY,
    equal={"kms_master_key_id": key_name},
    defaults={"deduplication_scope": "queue", "fifo_throughput_limit": "perQueue"},
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


@reader(
    "sqs",
    Kind(type=QUEUE, shape=_QUEUE),
    *(
        Kind(type=type_, shape=Shape(policies=_POLICY), identity=by("queue_url"))
        for type_ in _APART
    ),
)
def queues(look: Look) -> Iterator[Real]:
    """All queues; what those in the state are like, one call each."""
    urls = list(look.listed("ListQueues", "QueueUrls", MaxResults=_PAGE))
    known = [url for url in urls if is_held(look, url, QUEUE, *_APART)]
    answers = dict(look.each(known, lambda url: _asked(look, url)))
    arns = {url: answer["QueueArn"] for url, answer in answers.items() if answer.get("QueueArn")}
    ids = {arn: url for url, arn in arns.items()}
    tags = tags_for(look, QUEUE, ids, lambda arn: look.asked("ListQueueTags", QueueUrl=ids[arn]))
    for url in urls:
        name, arn = url.rpartition("/")[2], arns.get(url, "")
        said = _attributes(name, answers[url]) if answers.get(url) else {}
        real = Real(
            type=QUEUE,
            id=url,
            name=name,
            arn=arn,
            known_as=(name,),
            attributes={**said, **tags.get(arn, {})},
        )
        yield from split(look, real, _APART, refers="queue_url")


def _asked(look: Look, url: str) -> Mapping[str, str]:
    answer = look.asked("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"]) or {}
    return answer.get("Attributes") or {}


def _attributes(name: str, said: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        **{key: int(said[key_said]) for key, key_said in _NUMBERS.items() if key_said in said},
        **{key: said.get(key_said, "") for key, key_said in _TEXTS.items()},
        **{key: said.get(key_said, "false") == "true" for key, key_said in _FLAGS.items()},
    }
