"""Topics of SNS."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.apart import is_held, key_name, split
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.kinds import Attributes, Kind, by, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

TOPIC, POLICY = "aws_sns_topic", "aws_sns_topic_policy"

_AS_NEW = '"__default_policy_ID"'
_PROTOCOLS = {
    "application": "Application",
    "firehose": "Firehose",
    "http": "HTTP",
    "lambda": "Lambda",
    "sqs": "SQS",
}
_TEXTS = {
    "archive_policy": "ArchivePolicy",
    "delivery_policy": "DeliveryPolicy",
    "display_name": "DisplayName",
    "fifo_throughput_scope": "FifoThroughputScope",
    "kms_master_key_id": "KmsMasterKeyId",
    "policy": "Policy",
    "tracing_config": "TracingConfig",
    **{
        f"{small}_{result}_feedback_role_arn": f"{name}{result.capitalize()}FeedbackRoleArn"
        for small, name in _PROTOCOLS.items()
        for result in ("success", "failure")
    },
}
_NUMBERS = {
    "signature_version": "SignatureVersion",
    **{
        f"{small}_success_feedback_sample_rate": f"{name}SuccessFeedbackSampleRate"
        for small, name in _PROTOCOLS.items()
    },
}
_FLAGS = {"content_based_deduplication": "ContentBasedDeduplication", "fifo_topic": "FifoTopic"}
_TOPIC = Shape(
    policies=frozenset({"policy"}),
    equal={"kms_master_key_id": key_name},
    defaults={
        "signature_version": 1,
        "tracing_config": "PassThrough",
        "fifo_throughput_scope": "Topic",
    },
)


def without_first_policy(
    before: Attributes, real: Real, _around: Wanted
) -> tuple[Attributes, Attributes]:
    """A topic that was given no policy has the one that SNS gives."""
    after = real.attributes
    if before.get("policy") or _AS_NEW not in str(after.get("policy")):
        return before, after
    return before, {name: value for name, value in after.items() if name != "policy"}


@reader(
    "sns",
    Kind(type=TOPIC, shape=_TOPIC, settle=without_first_policy),
    Kind(type=POLICY, shape=Shape(policies=frozenset({"policy"})), identity=by("arn")),
)
def topics(look: Look) -> Iterator[Real]:
    """All topics; what those in the state are like, one call each."""
    arns = [topic["TopicArn"] for topic in look.listed("ListTopics", "Topics")]
    known = [arn for arn in arns if is_held(look, arn, TOPIC, POLICY)]
    details = dict(look.each(known, lambda arn: _details(look, arn)))
    tags = tags_for(
        look,
        TOPIC,
        {arn: arn for arn in known},
        lambda arn: look.asked("ListTagsForResource", ResourceArn=arn),
    )
    for arn in arns:
        real = Real(
            type=TOPIC,
            id=arn,
            arn=arn,
            name=arn.rpartition(":")[2],
            known_as=(arn.rpartition(":")[2],),
            attributes={**details.get(arn, {}), **tags.get(arn, {})},
        )
        yield from split(look, real, {POLICY: "policy"}, refers="arn")


def _details(look: Look, arn: str) -> dict[str, Any]:
    answer = look.asked("GetTopicAttributes", TopicArn=arn)
    if not answer:
        return {}
    said: Mapping[str, str] = answer.get("Attributes") or {}
    return {
        "name": arn.rpartition(":")[2],
        **{name: said.get(key, "") for name, key in _TEXTS.items()},
        **{name: int(said.get(key) or 0) for name, key in _NUMBERS.items()},
        **{name: said.get(key, "false").casefold() == "true" for name, key in _FLAGS.items()},
    }
