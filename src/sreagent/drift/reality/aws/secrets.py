"""Secrets of Secrets Manager; what is secret in them is never read."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.apart import is_held, key_name, split
from sreagent.drift.reality.aws.said import made_by, tags_of, taken
from sreagent.drift.reality.kinds import Attributes, Kind, by, reader
from sreagent.drift.reality.look import Look
from sreagent.drift.reality.real import Real

SECRET, POLICY = "aws_secretsmanager_secret", "aws_secretsmanager_secret_policy"

_PAGE = 100
_DEFAULT_KEY = "alias/aws/secretsmanager"
_SECRET = Shape(
    policies=frozenset({"policy"}),
    keyed={"replica": ("region",)},
    equal={"kms_key_id": key_name, "replica.kms_key_id": key_name},
    defaults={"kms_key_id": _DEFAULT_KEY, "replica.kms_key_id": _DEFAULT_KEY},
    skipped=frozenset({"replica.status", "replica.status_message", "replica.last_accessed_date"}),
)


@reader(
    "secretsmanager",
    Kind(type=SECRET, shape=_SECRET),
    Kind(
        type=POLICY,
        shape=Shape(policies=frozenset({"policy"})),
        identity=by("secret_arn"),
    ),
)
def secrets(look: Look) -> Iterator[Real]:
    """All secrets but those that wait for their deletion; the policies of those in the state."""
    listed = list(look.listed("ListSecrets", "SecretList", MaxResults=_PAGE))
    there = [secret for secret in listed if not secret.get("DeletedDate")]
    known = [each["ARN"] for each in there if is_held(look, each["ARN"], SECRET, POLICY)]
    details = dict(look.each(known, lambda arn: _details(look, arn)))
    for secret in there:
        real = _secret(secret, details.get(secret["ARN"], {}))
        yield from split(look, real, {POLICY: "policy"}, refers="secret_arn")


def _secret(secret: Mapping[str, Any], details: Attributes) -> Real:
    tags = tags_of(secret)
    owner = secret.get("OwningService", "")
    return Real(
        type=SECRET,
        id=secret["ARN"],
        arn=secret["ARN"],
        name=secret["Name"],
        folded=f"made by {owner}" if owner else made_by(tags),
        known_as=(secret["Name"],),
        created=secret.get("CreatedDate"),
        attributes={
            "name": secret["Name"],
            "description": secret.get("Description", ""),
            "kms_key_id": secret.get("KmsKeyId", ""),
            "rotation_enabled": secret.get("RotationEnabled", False),
            "rotation_lambda_arn": secret.get("RotationLambdaARN", ""),
            "tags": tags,
            **details,
        },
    )


def _details(look: Look, arn: str) -> dict[str, Any]:
    answer = look.asked("GetResourcePolicy", SecretId=arn)
    policy = {} if answer is None else {"policy": answer.get("ResourcePolicy", "")}
    said = look.in_state(SECRET, arn) or {}
    return policy | (_replicas(look, arn) if said.get("replica") else {})


def _replicas(look: Look, arn: str) -> dict[str, Any]:
    """Only a description tells of copies in other regions."""
    answer = look.asked("DescribeSecret", SecretId=arn)
    if not answer:
        return {}
    names = {"region": "Region", "kms_key_id": "KmsKeyId"}
    return {"replica": [taken(each, names) for each in answer.get("ReplicationStatus") or ()]}
