"""Keys of KMS."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.apart import is_held, key_name, split
from sreagent.drift.reality.aws.said import made_by, taken
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.kinds import Attributes, Kind, reader
from sreagent.drift.reality.look import Look
from sreagent.drift.reality.real import Real

KEY, POLICY = "aws_kms_key", "aws_kms_key_policy"

_GONE = ("PendingDeletion", "PendingReplicaDeletion")
_OF_AWS = "alias/aws/"
_KEY = Shape(
    policies=frozenset({"policy"}),
    defaults={
        "key_usage": "ENCRYPT_DECRYPT",
        "customer_master_key_spec": "SYMMETRIC_DEFAULT",
        "rotation_period_in_days": 365,
    },
)
_POLICY = Shape(policies=frozenset({"policy"}), equal={"key_id": key_name})
_NAMES = {
    "is_enabled": "Enabled",
    "key_usage": "KeyUsage",
    "customer_master_key_spec": "KeySpec",
    "multi_region": "MultiRegion",
    "custom_key_store_id": "CustomKeyStoreId",
    "xks_key_id": "XksKeyConfiguration.Id",
}


def _key_id(attributes: Attributes) -> str:
    return str(key_name(attributes.get("key_id") or attributes.get("id") or ""))


@reader(
    "kms",
    Kind(type=KEY, shape=_KEY, identity=_key_id),
    Kind(type=POLICY, shape=_POLICY, identity=_key_id),
)
def keys(look: Look) -> Iterator[Real]:
    """All keys, and whose they are by their aliases; those in the state, three calls each."""
    arns = {key["KeyId"]: key["KeyArn"] for key in look.listed("ListKeys", "Keys", Limit=1000)}
    aliases = {
        alias["TargetKeyId"]: alias["AliasName"]
        for alias in look.listed("ListAliases", "Aliases", Limit=100)
        if alias.get("TargetKeyId")
    }
    known = [key for key in arns if is_held(look, key, KEY, POLICY)]
    details = dict(look.each(known, lambda key: _details(look, key)))
    ids = {arn: key for key, arn in arns.items()}
    tags = tags_for(look, KEY, ids, lambda arn: _tags_of_one(look, arn))
    for key, arn in arns.items():
        said = details.get(key, {})
        if said.get("state") in _GONE:
            continue
        alias = aliases.get(key, "")
        attributes = {name: value for name, value in said.items() if name != "state"}
        real = Real(
            type=KEY,
            id=key,
            arn=arn,
            name=alias.removeprefix("alias/") or key,
            folded=_folded(alias, tags.get(arn, {}).get("tags", {})),
            known_as=tuple(name for name in (key, alias) if name),
            attributes={**attributes, **tags.get(arn, {})},
        )
        yield from split(look, real, {POLICY: "policy"}, refers="key_id")


def _folded(alias: str, tags: Mapping[str, str]) -> str:
    return "key of AWS" if alias.startswith(_OF_AWS) else made_by(tags)


def _details(look: Look, key: str) -> dict[str, Any]:
    """A key can refuse what others allow, so that each is asked anew."""
    alone = replace(look, calls_off=set())
    answer = alone.asked("DescribeKey", KeyId=key)
    if not answer:
        return {}
    meta = answer["KeyMetadata"]
    if meta.get("KeyState") in _GONE:
        return {"state": meta["KeyState"]}
    policy = alone.asked("GetKeyPolicy", KeyId=key, PolicyName="default") or {}
    return {
        "description": meta.get("Description") or "",
        **taken(meta, _NAMES),
        **taken(policy, {"policy": "Policy"}),
        **_rotation(alone, meta),
    }


def _rotation(look: Look, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of two parts, of other origin or of another store have none."""
    is_plain = meta.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
    if not is_plain or meta.get("Origin", "AWS_KMS") != "AWS_KMS":
        return {}
    answer = look.asked("GetKeyRotationStatus", KeyId=meta["KeyId"]) or {}
    names = {"enable_key_rotation": "KeyRotationEnabled"}
    if answer.get("KeyRotationEnabled"):
        names["rotation_period_in_days"] = "RotationPeriodInDays"
    return taken(answer, names)


def _tags_of_one(look: Look, arn: str) -> Mapping[str, Any] | None:
    answer = look.asked("ListResourceTags", KeyId=arn)
    if answer is None:
        return None
    return {"Tags": {tag["TagKey"]: tag["TagValue"] for tag in answer.get("Tags") or ()}}
