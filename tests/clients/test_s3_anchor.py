"""S3 keeps a checkpoint under Object Lock: nobody deletes it before its day."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from sreagent.clients.aws import connect
from sreagent.clients.clock import SystemClock
from sreagent.clients.s3_anchor import S3Place, s3_place
from sreagent.domain.errors import BadSettings, SreError

LINE = b'{"seq":31}'
NAME = "INC-20261121-7f3a/0000031-fc42a646a4bc"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


@pytest.fixture
def s3(endpoint: str) -> Any:
    return boto3.client("s3", endpoint_url=endpoint, region_name="eu-central-1")


def place(address: str, endpoint: str) -> S3Place:
    cloud = connect(profile="", region="eu-central-1", endpoint=endpoint, timeout=60)
    return s3_place(address, cloud, SystemClock())


def bucket(s3: Any, name: str, *, locked: bool = True) -> str:
    where = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(
        Bucket=name, ObjectLockEnabledForBucket=locked, CreateBucketConfiguration=where
    )
    return name


def test_an_object_is_kept_as_it_is_and_locked_for_a_year(s3: Any, endpoint: str) -> None:
    name = bucket(s3, "audit-kept")
    kept = place(f"s3://{name}/sre/prod", endpoint)
    assert kept.name == f"s3://{name}/sre/prod"
    receipt = kept.keep(NAME, LINE)
    found = s3.get_object(Bucket=name, Key=f"sre/prod/{NAME}.json")
    assert found["Body"].read() == LINE + b"\n"
    assert found["ObjectLockMode"] == "COMPLIANCE"
    days = (found["ObjectLockRetainUntilDate"] - found["LastModified"]) / timedelta(days=1)
    assert round(days) == 365
    assert receipt == f"sre/prod/{NAME}.json version {found['VersionId']}"
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=name, Key=f"sre/prod/{NAME}.json", VersionId=found["VersionId"])


def test_the_days_are_those_of_the_address(s3: Any, endpoint: str) -> None:
    name = bucket(s3, "audit-days")
    place(f"s3://{name}?days=30", endpoint).keep(NAME, LINE)
    found = s3.get_object(Bucket=name, Key=f"{NAME}.json")
    days = (found["ObjectLockRetainUntilDate"] - found["LastModified"]) / timedelta(days=1)
    assert round(days) == 30


@pytest.mark.parametrize("name", ["audit-unlocked", "audit-missing"])
def test_a_bucket_that_cannot_lock_is_an_error(s3: Any, endpoint: str, name: str) -> None:
    if name == "audit-unlocked":
        bucket(s3, name, locked=False)
    with pytest.raises(SreError, match="PutObject"):
        place(f"s3://{name}", endpoint).keep(NAME, LINE)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("s3:///prefix", id="no-bucket"),
        pytest.param("https://bucket/prefix", id="another-kind"),
        pytest.param("bucket", id="no-kind"),
        pytest.param("s3://bucket?days=0", id="no-day"),
        pytest.param("s3://bucket?days=ten", id="no-number"),
        pytest.param("s3://bucket?days=99999", id="more-than-a-century"),
        pytest.param("s3://bucket?mode=GOVERNANCE", id="an-unknown-wish"),
    ],
)
def test_an_address_that_names_no_place_is_refused(address: str) -> None:
    with pytest.raises(BadSettings):
        place(address, "http://127.0.0.1:9")
