"""Buckets and what is set on them by resources of their own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any

from sreagent.domain.drift import Place
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import at, taken
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.kinds import Attributes, Kind, by, reader
from sreagent.drift.reality.look import Look
from sreagent.drift.reality.real import Real

Item = Mapping[str, Any]
Part = Callable[[Look, str], Mapping[str, Any] | None]
"""The attributes of one part of a bucket; empty when it has none, None when it was not read."""
Parts = Mapping[str, Mapping[str, Any] | None]
BUCKET, POLICY, BLOCK = "aws_s3_bucket", "aws_s3_bucket_policy", "aws_s3_bucket_public_access_block"
VERSIONING = "aws_s3_bucket_versioning"
ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"

_PAGE = 1000
_MADE = {
    "cf-templates-": "made by CloudFormation",
    "elasticbeanstalk-": "made by Elastic Beanstalk",
    "aws-glue-assets-": "made by Glue",
    "aws-athena-query-results-": "made by Athena",
    "codepipeline-": "made by CodePipeline",
}
_AS_NEW = "as S3 sets it for every new bucket"
_FLAGS = {
    "block_public_acls": "BlockPublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "ignore_public_acls": "IgnorePublicAcls",
    "restrict_public_buckets": "RestrictPublicBuckets",
}

_BY_DEFAULT = "apply_server_side_encryption_by_default"
_RULES = "server_side_encryption_configuration.rule"
_KEYLESS = "AES256"


def _rule_defaults(path: str) -> dict[str, Any]:
    return {f"{path}.{_BY_DEFAULT}.sse_algorithm": _KEYLESS}


_BUCKET = Shape(
    policies=frozenset({"policy"}),
    sets=frozenset({_RULES}),
    defaults=_rule_defaults(_RULES),
)
_ENCRYPTION = Shape(sets=frozenset({"rule"}), defaults=_rule_defaults("rule"))
_VERSIONING = Shape(
    defaults={
        "versioning_configuration.status": "Disabled",
        "versioning_configuration.mfa_delete": "Disabled",
    }
)


def _policy(look: Look, name: str) -> Mapping[str, Any] | None:
    answer = look.asked("GetBucketPolicy", Bucket=name)
    return answer if answer is None else taken(answer, {"policy": "Policy"})


def _block(look: Look, name: str) -> Mapping[str, Any] | None:
    answer = look.asked("GetPublicAccessBlock", Bucket=name)
    if not answer:
        return answer
    said = answer["PublicAccessBlockConfiguration"]
    return {flag: bool(said.get(key)) for flag, key in _FLAGS.items()}


def _versioning(look: Look, name: str) -> Mapping[str, Any] | None:
    answer = look.asked("GetBucketVersioning", Bucket=name)
    if answer is None:
        return None
    states = {"status": answer.get("Status", ""), "mfa_delete": answer.get("MFADelete", "")}
    return {"versioning_configuration": [states]}


def _encryption(look: Look, name: str) -> Mapping[str, Any] | None:
    answer = look.asked("GetBucketEncryption", Bucket=name)
    if not answer:
        return answer
    rules = at(answer, "ServerSideEncryptionConfiguration.Rules") or ()
    return {"rule": [_rule(rule) for rule in rules]}


def _rule(rule: Item) -> dict[str, Any]:
    told = rule.get("ApplyServerSideEncryptionByDefault") or {}
    names = {"sse_algorithm": "SSEAlgorithm", "kms_master_key_id": "KMSMasterKeyID"}
    chosen = {name: told.get(key, "") for name, key in names.items()}
    return {
        _BY_DEFAULT: [chosen] if told else [],
        "bucket_key_enabled": bool(rule.get("BucketKeyEnabled")),
    }


_PARTS: Mapping[str, Part] = {
    POLICY: _policy,
    BLOCK: _block,
    VERSIONING: _versioning,
    ENCRYPTION: _encryption,
}


@reader(
    "s3",
    Kind(type=BUCKET, shape=_BUCKET, identity=by("bucket")),
    Kind(type=BLOCK, identity=by("bucket")),
    Kind(type=POLICY, shape=Shape(policies=frozenset({"policy"})), identity=by("bucket")),
    Kind(type=VERSIONING, shape=_VERSIONING, identity=by("bucket")),
    Kind(type=ENCRYPTION, shape=_ENCRYPTION, identity=by("bucket")),
    is_global=True,
)
def buckets(look: Look) -> Iterator[Real]:
    """All buckets in one list; those in the state are asked for details, each in its region.

    Global, so that each bucket is looked at once: what is set on a bucket does not say in the
    state in which region it is.
    """
    listed = {
        each["Name"]: each for each in look.listed("ListBuckets", "Buckets", MaxBuckets=_PAGE)
    }
    regions = {name: _region(look, name, each) for name, each in listed.items()}
    known = [name for name in listed if _is_held(look, name)]
    parts = dict(look.each(known, lambda name: _read(_there(look, regions[name]), name)))
    tags = _tags(look, {name: regions[name] for name in known})
    for name, each in listed.items():
        yield _bucket(look, each, regions[name], parts.get(name, {}), tags.get(name, {}))
        yield from _parts(look, name, regions[name], parts.get(name, {}))


def _region(look: Look, name: str, listed: Item) -> str:
    said = look.in_state(BUCKET, name) or {}
    return str(listed.get("BucketRegion") or said.get("bucket_region") or said.get("region") or "")


def _is_held(look: Look, name: str) -> bool:
    return any(look.in_state(type_, name) is not None for type_ in (BUCKET, *_PARTS))


def _there(look: Look, region: str) -> Look:
    """The same look, in the region of a bucket.

    A bucket can refuse what others allow, so that each is asked anew.
    """
    place = Place(account=look.place.account, region=region or look.place.region)
    return replace(look, place=place, calls_off=set())


def _read(look: Look, name: str) -> Parts:
    """The parts of a bucket that the state speaks of, and always what opens it."""
    return {
        type_: part(look, name)
        for type_, part in _PARTS.items()
        if look.in_state(type_, name) is not None or _counts(type_, look.in_state(BUCKET, name))
    }


def _counts(type_: str, bucket: Attributes | None) -> bool:
    """Whether a part is read for the bucket's sake."""
    if bucket is None:
        return False
    if type_ == VERSIONING:
        return bool(at(bucket, "versioning.0.enabled"))
    if type_ == ENCRYPTION:
        path = f"server_side_encryption_configuration.0.rule.0.{_BY_DEFAULT}.0.sse_algorithm"
        return at(bucket, path) not in (None, "", _KEYLESS)
    return True


def _tags(look: Look, known: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Tags by bucket; the index of tags is one of each region."""
    found: dict[str, dict[str, Any]] = {}
    for region, names in groupby(sorted(known, key=known.__getitem__), key=known.__getitem__):
        ids = {
            (look.in_state(BUCKET, name) or {}).get("arn") or f"arn:aws:s3:::{name}": name
            for name in names
        }
        there = _there(look, region)
        found |= tags_for(there, BUCKET, ids, partial(_tags_of_one, there), under="TagSet")
    return {arn.rpartition(":")[2]: tags for arn, tags in found.items()}


def _tags_of_one(look: Look, arn: str) -> Mapping[str, Any] | None:
    return look.asked("GetBucketTagging", Bucket=arn.rpartition(":")[2])


def _bucket(look: Look, listed: Item, region: str, parts: Parts, tags: Mapping[str, Any]) -> Real:
    name = listed["Name"]
    # What a resource of its own holds, a bucket mirrors as of its last reading.
    own = {type_: part for type_, part in parts.items() if look.in_state(type_, name) is None}
    return Real(
        type=BUCKET,
        id=name,
        name=name,
        arn=listed.get("BucketArn") or f"arn:aws:s3:::{name}",
        region=region,
        folded=next((why for start, why in _MADE.items() if name.startswith(start)), ""),
        created=listed.get("CreationDate"),
        attributes={
            "bucket": name,
            **_mirrors(own),
            **tags,
        },
    )


def _mirrors(parts: Parts) -> dict[str, Any]:
    """Parts of a bucket as its own resource calls them; those not read are left out."""
    found: dict[str, Any] = {}
    if (policy := parts.get(POLICY)) is not None:
        found["policy"] = policy.get("policy", "")
    if versioning := parts.get(VERSIONING):
        said = versioning["versioning_configuration"][0]
        enabled, mfa = said["status"] == "Enabled", said["mfa_delete"] == "Enabled"
        found["versioning"] = [{"enabled": enabled, "mfa_delete": mfa}]
    if encryption := parts.get(ENCRYPTION):
        found["server_side_encryption_configuration"] = [encryption]
    return found


def _parts(look: Look, name: str, region: str, parts: Parts) -> Iterator[Real]:
    """What resources of their own hold, and a block of public access that nobody holds.

    A part that could not be read is there, as far as anybody knows.
    """
    for type_, part in parts.items():
        held = look.in_state(type_, name) is not None
        if part == {} or not (held or (type_ == BLOCK and part)):
            continue
        yield Real(
            type=type_,
            id=name,
            name=name,
            region=region,
            folded=_AS_NEW if type_ == BLOCK and all((part or {}).values()) else "",
            attributes={"bucket": name, **(part or {})},
        )
