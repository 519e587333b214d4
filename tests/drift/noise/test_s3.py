"""What differs between a state and S3 without being drift, and what beside it is."""

import json
from collections.abc import Generator, Mapping
from typing import Any

import pytest
from tests.drift.noise.scripted import Scripted
from tests.drift.noise.told import told

from sreagent.domain.drift import Place
from sreagent.domain.errors import Forbidden
from sreagent.drift.examine import Examined, examine
from sreagent.drift.matching import held_at
from sreagent.drift.reality.aws.s3 import buckets
from sreagent.drift.reality.known import kinds, readers
from sreagent.drift.reality.look import Look
from sreagent.drift.state.managed import Managed

BUCKET, POLICY = "aws_s3_bucket", "aws_s3_bucket_policy"
VERSIONING = "aws_s3_bucket_versioning"
ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"
HERE = Place(account="123456789012", region="us-east-1")


def versions(**said: object) -> dict[str, Any]:
    return {"versioning_configuration": [said]}


def rule(**said: object) -> dict[str, Any]:
    more = {"bucket_key_enabled": said.pop("bucket_key_enabled", None)}
    return {"rule": [{"apply_server_side_encryption_by_default": [said], **more}]}


def statement(principal: object) -> dict[str, Any]:
    said = {"Effect": "Allow", "Principal": principal, "Action": ["s3:Get*"], "Resource": "*"}
    return {"policy": json.dumps({"Version": "2012-10-17", "Statement": said})}


@pytest.mark.parametrize(
    ("type_", "state", "real"),
    [
        pytest.param(
            VERSIONING,
            versions(status="Disabled", mfa_delete=""),
            versions(status="", mfa_delete=""),
            id="never-versioned",
        ),
        pytest.param(
            VERSIONING,
            versions(status="Enabled", mfa_delete=""),
            versions(status="Enabled", mfa_delete="Disabled"),
            id="without-mfa",
        ),
        pytest.param(
            ENCRYPTION,
            rule(sse_algorithm="AES256", kms_master_key_id=None),
            rule(sse_algorithm="AES256", kms_master_key_id="", bucket_key_enabled=False),
            id="no-key",
        ),
        pytest.param(
            BUCKET,
            {"server_side_encryption_configuration": [rule(sse_algorithm="AES256")]},
            {
                "server_side_encryption_configuration": [
                    rule(sse_algorithm="AES256", bucket_key_enabled=False)
                ]
            },
            id="encrypted-as-every-bucket-is",
        ),
        pytest.param(
            POLICY, statement({"AWS": "*"}), statement("*"), id="two-spellings-of-everybody"
        ),
        pytest.param(
            BUCKET,
            {
                "bucket_domain_name": "x.s3.amazonaws.com",
                "request_payer": "BucketOwner",
                "acl": None,
            },
            {"bucket": "x"},
            id="computed-or-not-read",
        ),
        pytest.param(BUCKET, {"policy": None}, {"policy": ""}, id="no-policy"),
    ],
)
def test_what_means_the_same_is_not_told(
    type_: str, state: dict[str, Any], real: dict[str, Any]
) -> None:
    assert told(type_, state, real) == set()


@pytest.mark.parametrize(
    ("type_", "state", "real", "paths"),
    [
        pytest.param(
            VERSIONING,
            versions(status="Enabled", mfa_delete="Enabled"),
            versions(status="Enabled", mfa_delete=""),
            {"versioning_configuration[0].mfa_delete"},
            id="mfa-off",
        ),
        pytest.param(
            VERSIONING,
            versions(status="Disabled"),
            versions(status="Enabled"),
            {"versioning_configuration[0].status"},
            id="versioned",
        ),
        pytest.param(
            ENCRYPTION,
            rule(sse_algorithm="aws:kms", kms_master_key_id="k", bucket_key_enabled=True),
            rule(sse_algorithm="AES256", kms_master_key_id="", bucket_key_enabled=True),
            {
                f"rule[0].apply_server_side_encryption_by_default[0].{name}"
                for name in ("sse_algorithm", "kms_master_key_id")
            },
            id="key-gone",
        ),
        pytest.param(
            BUCKET,
            {"server_side_encryption_configuration": []},
            {"server_side_encryption_configuration": [rule(sse_algorithm="aws:kms")]},
            {"server_side_encryption_configuration[0]"},
            id="encrypted-with-a-key",
        ),
        pytest.param(
            POLICY, statement({"AWS": "123456789012"}), statement("*"), {"policy"}, id="everybody"
        ),
    ],
)
def test_what_differs_beside_it_is_told(
    type_: str, state: dict[str, Any], real: dict[str, Any], paths: set[str]
) -> None:
    assert told(type_, state, real) == paths


def managed(type_: str, **attributes: object) -> Managed:
    return Managed(address=f"{type_}.x", type=type_, name="x", attributes=attributes)


def to_the_end(going: Generator[object, None, Examined]) -> Examined:
    while True:
        try:
            next(going)
        except StopIteration as ended:
            found: Examined = ended.value
            return found


LISTED = [
    {"Buckets": [{"Name": "near", "BucketRegion": "eu-central-1"}]},
    {"Buckets": [{"Name": "far", "BucketRegion": "us-west-2"}]},
    {"Buckets": [{"Name": "nobodys", "BucketRegion": "sa-east-1"}]},
]
OPEN = {"Policy": statement("*")["policy"]}


def test_a_bucket_is_looked_at_once_and_told_in_its_region() -> None:
    estate = Scripted({"ListBuckets": LISTED, "GetBucketPolicy": [OPEN]})
    near = held_at(
        Place(account=HERE.account, region="eu-central-1"),
        [managed(BUCKET, bucket="near", region="eu-central-1", policy="")],
        kinds(),
    )
    # Its policy does not say where it is, and stands where most of its state does.
    misplaced = held_at(
        Place(account=HERE.account, region="us-east-2"),
        [managed(POLICY, bucket="far", **statement({"AWS": "123456789012"}))],
        kinds(),
    )
    only = [each for each in readers() if each.service == "s3"]
    found = to_the_end(examine({near.place: near, misplaced.place: misplaced}, estate, only))
    places = {each.real.id: each.place.region for each in found.drifted} | {
        each.real.id: each.place.region for each in found.strangers
    }
    assert places == {"near": "eu-central-1", "far": "us-west-2", "nobodys": "sa-east-1"}
    assert found.gone == ()
    asked = [(there.region, said["Bucket"]) for there, said in estate.asked["GetBucketPolicy"]]
    once = {("eu-central-1", "near"), ("us-west-2", "far")}
    assert set(asked) == once
    # Each of the two looks asks once.
    assert len(asked) == 2 * len(once)


def test_what_a_bucket_refuses_to_tell_is_a_gap_and_not_missing() -> None:
    estate = Scripted({"ListBuckets": LISTED, "GetBucketPolicy": Forbidden("not allowed")})
    wanted: Mapping[str, Any] = {POLICY: {"near": {"bucket": "near"}, "far": {"bucket": "far"}}}
    look = Look(estate=estate, place=HERE, service="s3", wanted=wanted)
    found = [each for each in buckets(look) if each.type == POLICY]
    assert [(each.id, dict(each.attributes)) for each in found] == [
        ("near", {"bucket": "near"}),
        ("far", {"bucket": "far"}),
    ]
    assert look.gaps == ["s3:GetBucketPolicy: not allowed"]
