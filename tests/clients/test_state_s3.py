"""States in S3: keys, folders, patterns and workspaces; locks in a file or a table."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer
from tests.clients.servers import Reply, Server
from tests.cloud.faults import Call, Faults, Next, bad_way, denied, matching, signed_by

from sreagent.clients.aws import AwsCloud, connect
from sreagent.clients.state_s3 import S3States
from sreagent.domain.drift import Trouble
from sreagent.domain.errors import BadInput, Forbidden, NotFound, SreError, Unreachable
from sreagent.domain.state_spec import spec_of
from sreagent.domain.terraform import StateSpec, StateText

REGION = "eu-central-1"
STATE = json.dumps({"version": 4, "serial": 1, "lineage": "a", "resources": []}).encode()
LOCK = json.dumps({"ID": "a1", "Operation": "OperationTypePlan", "Who": "ci@runner"})


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
        monkeypatch.setenv(name, secrets.token_hex(8))


@pytest.fixture
def bucket(endpoint: str) -> Iterator[Any]:
    s3 = boto3.resource("s3", endpoint_url=endpoint, region_name=REGION)
    made = s3.create_bucket(
        Bucket=f"tf-{secrets.token_hex(4)}",
        CreateBucketConfiguration={"LocationConstraint": REGION},
    )
    yield made
    made.objects.all().delete()
    made.delete()


Fetch = Callable[[str], list[StateText | Trouble]]


def entering(endpoint: str, asked: list[tuple[str, str]]) -> Callable[[str, str], AwsCloud]:
    def enter(profile: str, region: str) -> AwsCloud:
        asked.append((profile, region))
        return connect(profile="", region=region or REGION, endpoint=endpoint, timeout=10)

    return enter


@pytest.fixture
def fetch(endpoint: str) -> Fetch:
    states = S3States(entering(endpoint, []))
    return lambda text: list(states.fetch(spec_of(text)))


def put(bucket: Any, *keys: str, body: bytes = STATE) -> None:
    for key in keys:
        bucket.put_object(Key=key, Body=body)


def test_a_state_is_read_by_its_key(bucket: Any, fetch: Fetch) -> None:
    put(bucket, "prod/network.tfstate")
    (text,) = fetch(f"s3://{bucket.name}/prod/network.tfstate")
    assert isinstance(text, StateText)
    assert text.source == f"s3://{bucket.name}/prod/network.tfstate"
    assert text.body == STATE
    assert text.region == REGION
    assert "?dynamodb_table=" in text.lock_unknown


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        pytest.param("", ["a/net.tfstate", "env:/prod/a/net.tfstate", "x.tfstate"], id="bucket"),
        pytest.param("a/", ["a/net.tfstate"], id="folder"),
        pytest.param("**/net.tfstate", ["a/net.tfstate", "env:/prod/a/net.tfstate"], id="pattern"),
        pytest.param("env:/*/a/net.tfstate", ["env:/prod/a/net.tfstate"], id="workspaces"),
        pytest.param("a/*", ["a/net.tfstate", "a/plain"], id="what-looks-like-a-state"),
    ],
)
def test_a_folder_or_a_pattern_means_states_and_nothing_else(
    bucket: Any, fetch: Fetch, pattern: str, found: list[str]
) -> None:
    put(bucket, "a/net.tfstate", "env:/prod/a/net.tfstate", "x.tfstate", "a/plain")
    put(bucket, "a/empty.tfstate", body=b"")
    put(bucket, "a/notes", "a/build.zip", "a/net.tfstate.backup", body=b"no state")
    put(bucket, "a/x.tfstate.tflock", body=LOCK.encode())
    texts = fetch(f"s3://{bucket.name}/{pattern}")
    assert [each.source for each in texts if isinstance(each, StateText)] == [
        f"s3://{bucket.name}/{key}" for key in found
    ]
    assert len(texts) == len(found)


def test_many_states_are_read_in_order(bucket: Any, fetch: Fetch) -> None:
    keys = [f"many/{place:03}.tfstate" for place in range(12)]
    put(bucket, *keys)
    texts = fetch(f"s3://{bucket.name}/many/")
    assert [each.source.rpartition("/")[2] for each in texts if isinstance(each, StateText)] == [
        key.rpartition("/")[2] for key in keys
    ]


def test_a_state_of_many_is_fetched_again_by_its_own_spec(bucket: Any, endpoint: str) -> None:
    put(bucket, "a/net.tfstate")
    asked: list[tuple[str, str]] = []
    states = S3States(entering(endpoint, asked))
    (text,) = states.fetch(spec_of(f"s3://{bucket.name}/a/?profile=net&region=eu-central-1"))
    assert isinstance(text, StateText)
    assert text.profile == "net"
    assert text.spec
    assert list(states.fetch(text.spec)) == [text]
    assert asked == [("net", REGION), ("net", REGION)]


@pytest.mark.parametrize("spec", ["a/net.tfstate", "a/", "**"])
def test_a_lock_file_tells_who_holds_the_lock_and_stays(
    bucket: Any, fetch: Fetch, spec: str
) -> None:
    put(bucket, "a/net.tfstate")
    put(bucket, "a/net.tfstate.tflock", body=LOCK.encode())
    (text,) = fetch(f"s3://{bucket.name}/{spec}")
    assert isinstance(text, StateText)
    assert text.held
    assert (text.held.who, text.held.operation) == ("ci@runner", "OperationTypePlan")
    assert text.lock_unknown == ""
    assert bucket.Object("a/net.tfstate.tflock").get()["Body"].read() == LOCK.encode()


@pytest.fixture
def table(endpoint: str) -> Iterator[Any]:
    found = boto3.resource("dynamodb", endpoint_url=endpoint, region_name=REGION)
    made = found.create_table(
        TableName=f"locks-{secrets.token_hex(4)}",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield made
    made.delete()


def test_a_lock_table_tells_who_holds_the_lock(bucket: Any, table: Any, fetch: Fetch) -> None:
    put(bucket, "a/net.tfstate")
    spec = f"s3://{bucket.name}/a/net.tfstate?dynamodb_table={table.name}"
    (free,) = fetch(spec)
    table.put_item(Item={"LockID": f"{bucket.name}/a/net.tfstate", "Info": LOCK})
    (taken,) = fetch(spec)
    assert isinstance(free, StateText)
    assert isinstance(taken, StateText)
    assert (free.held, free.lock_unknown) == (None, "")
    assert taken.held
    assert taken.held.who == "ci@runner"
    assert table.item_count == 1


def test_a_state_that_is_not_the_one_that_was_written_last_is_doubted(
    bucket: Any, table: Any, fetch: Fetch
) -> None:
    put(bucket, "net.tfstate")
    spec = f"s3://{bucket.name}/net.tfstate?dynamodb_table={table.name}"
    name = f"{bucket.name}/net.tfstate-md5"
    digest = hashlib.md5(STATE, usedforsecurity=False).hexdigest()
    table.put_item(Item={"LockID": name, "Digest": digest})
    (right,) = fetch(spec)
    table.put_item(Item={"LockID": name, "Digest": "0" * 32})
    (wrong,) = fetch(spec)
    assert isinstance(right, StateText)
    assert isinstance(wrong, StateText)
    assert right.doubts == ()
    assert "not what Terraform wrote last" in wrong.doubts[0]
    assert wrong.body == STATE


def test_a_lock_table_that_cannot_be_read_leaves_the_lock_unknown(
    bucket: Any, fetch: Fetch
) -> None:
    put(bucket, "net.tfstate")
    (text,) = fetch(f"s3://{bucket.name}/net.tfstate?dynamodb_table=none")
    assert isinstance(text, StateText)
    assert text.held is None
    assert "dynamodb GetItem" in text.lock_unknown


def test_a_lock_that_says_nothing_is_held_by_somebody(
    bucket: Any, table: Any, fetch: Fetch
) -> None:
    put(bucket, "a.tfstate", "b.tfstate")
    put(bucket, "a.tfstate.tflock", body=b"{}")
    table.put_item(Item={"LockID": f"{bucket.name}/b.tfstate", "Info": "{}"})
    for key in ("a", "b"):
        (text,) = fetch(f"s3://{bucket.name}/{key}.tfstate?dynamodb_table={table.name}")
        assert isinstance(text, StateText)
        assert text.held
        assert text.held.who == "somebody"


def test_a_key_or_a_bucket_that_is_not_there_is_not_found(bucket: Any, fetch: Fetch) -> None:
    with pytest.raises(NotFound, match=r"none\.tfstate") as error:
        fetch(f"s3://{bucket.name}/none.tfstate")
    assert "/**" in error.value.hint
    with pytest.raises(NotFound):
        fetch(f"s3://no-{secrets.token_hex(6)}/a/")
    with pytest.raises(NotFound, match="means no state"):
        fetch(f"s3://{bucket.name}/none/**")


def test_a_place_that_only_code_names_is_not_sent_our_credentials(endpoint: str) -> None:
    spec = StateSpec(scheme="s3", address="s3://b/k", options={"endpoint": "https://minio.local"})
    with pytest.raises(BadInput, match=r"minio\.local"):
        list(S3States(entering(endpoint, [])).fetch(spec))


def refused(code: str) -> Reply:
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    return Reply(body=body, status=403, headers={"Content-Type": "application/xml"})


def test_a_refusal_names_the_state_and_the_role_that_the_code_asks_for(server: Server) -> None:
    server.on("/b/k", refused("AccessDenied"))
    server.on("/b/k.tflock", refused("AccessDenied"))
    states = S3States(entering(server.url, []))
    with pytest.raises(Forbidden, match="s3://b/k") as error:
        list(
            states.fetch(StateSpec(scheme="s3", address="s3://b/k", options={"role_arn": "arn:r"}))
        )
    assert "arn:r" in error.value.why


@pytest.fixture
def way(endpoint: str) -> Iterator[Faults]:
    with bad_way(endpoint) as faults:
        yield faults


def in_a_role(bucket: Any) -> StateSpec:
    role = "arn:aws:iam::210987654321:role/reader"
    address = f"s3://{bucket.name}/a.tfstate"
    options = {"role_arn": role, "external_id": "e1", "session_name": "reader-of-states"}
    return StateSpec(scheme="s3", address=address, options=options)


def test_the_role_of_the_backend_is_taken_on_once(
    bucket: Any, way: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, "a.tfstate")
    usual = secrets.token_hex(8)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", usual)
    asked: list[bytes] = []

    def note(call: Call, _: Next) -> None:
        asked.append(call.body)

    way.add(
        matching("sts:AssumeRole", note),
        matching("s3:.*", signed_by(usual, denied)),
    )
    states = S3States(entering(way.url, []))
    (text,) = states.fetch(in_a_role(bucket))
    assert isinstance(text, StateText)
    assert text.body == STATE
    assert text.spec
    assert list(states.fetch(text.spec)) == [text]
    (role,) = asked
    assert b"role%2Freader" in role
    assert b"ExternalId=e1" in role
    assert b"RoleSessionName=reader-of-states" in role


def test_who_may_read_a_state_needs_not_take_on_its_role(bucket: Any, way: Faults) -> None:
    put(bucket, "a.tfstate")
    way.add(matching("sts:AssumeRole", denied))
    (text,) = S3States(entering(way.url, [])).fetch(in_a_role(bucket))
    assert isinstance(text, StateText)
    way.add(matching("s3:.*", denied))
    with pytest.raises(Forbidden, match=r"a\.tfstate") as error:
        list(S3States(entering(way.url, [])).fetch(in_a_role(bucket)))
    assert "role/reader was not taken on: AWS does not allow sts AssumeRole" in error.value.why


def test_a_lock_that_may_not_be_read_is_unknown(server: Server) -> None:
    server.on("/b/k", Reply(body=STATE))
    server.on("/b/k.tflock", refused("AccessDenied"))
    (text,) = S3States(entering(server.url, [])).fetch(spec_of("s3://b/k"))
    assert isinstance(text, StateText)
    assert text.body == STATE
    assert "AccessDenied" in text.lock_unknown


def test_a_body_that_breaks_off_is_no_state(server: Server) -> None:
    server.on("/b/k", Reply(body=STATE, missing=50))
    server.on("/b/k.tflock", refused("AccessDenied"))
    with pytest.raises(Unreachable, match="s3://b/k"):
        list(S3States(entering(server.url, [])).fetch(spec_of("s3://b/k")))


def test_of_many_one_that_is_refused_is_told_and_the_others_go_on(
    bucket: Any, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, "a.tfstate", "b.tfstate")
    put(bucket, "b.tfstate", body=STATE + b" ")
    monkeypatch.setattr("sreagent.clients.state_many.LARGEST", len(STATE))
    first, second = fetch(f"s3://{bucket.name}")
    assert isinstance(first, StateText)
    assert isinstance(second, Trouble)
    assert "too large" in second.message


def test_no_error_of_the_sdk_gets_through(bucket: Any, fetch: Fetch) -> None:
    for text in ("s3://", "s3://UPPER_case!/k", f"s3://{bucket.name}/none"):
        with pytest.raises(SreError) as error:
            fetch(text)
        assert not isinstance(error.value, ClientError)
