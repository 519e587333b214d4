"""Reads of AWS by command line, on a pretend account."""

import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.clients.servers import Reply, reply, serving
from tests.cloud.server import REGION, Account, account

from sreagent.clients.aws import AwsCloud, connect
from sreagent.domain.command import AwsRead
from sreagent.domain.errors import TryAgain
from sreagent.domain.evidence import Health
from sreagent.domain.secrets import disown
from sreagent.tools.cloud_reads import AwsReads

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class MovableClock:
    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return (self.time - NOON).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture(scope="module")
def moto() -> Iterator[Account]:
    with account() as running:
        yield running


@pytest.fixture(autouse=True)
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    key, secret = secrets.token_hex(10), secrets.token_hex(20)
    (tmp_path / ".aws" / "credentials").write_text(
        f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n",
        encoding="utf-8",
    )
    yield
    disown()


def cloud_at(url: str) -> AwsCloud:
    return connect(profile="", region=REGION, endpoint=url, timeout=1.0)


@pytest.fixture
def aws(moto: Account) -> AwsCloud:
    moto.reset()
    return connect(profile="", region=REGION, endpoint=moto.url, timeout=60.0)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


def reads(cloud: AwsCloud, clock: MovableClock) -> AwsReads:
    return AwsReads(cloud=cloud, redact_answer=hide_pay, render=line_of, clock=clock)


def hide_pay(service: str, operation: str, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Hides a member, as a table of sensitive places would."""
    del service, operation
    kept = dict(answer)
    if "Attributes" in kept:
        kept["Attributes"] = {**kept["Attributes"], "Policy": "[REDACTED:aws]"}
    return kept


def line_of(read: AwsRead) -> str:
    return f"aws {read.service} {read.operation}"


def ask(service: str, operation: str, **more: Any) -> AwsRead:
    return AwsRead(service=service, operation=operation, **more)


def test_an_answer_is_shown_as_json_without_what_only_the_wire_needs(
    aws: AwsCloud, clock: MovableClock
) -> None:
    seen = reads(aws, clock).run(ask("sts", "GetCallerIdentity"))
    assert json.loads(seen.text)["Account"] == "123456789012"
    assert "RequestId" not in seen.text
    assert (seen.command, seen.source) == ("aws sts GetCallerIdentity", "aws")
    assert (seen.verdict, seen.tainted) == (Health.HEALTHY, True)


def test_times_are_shown_as_text(aws: AwsCloud, clock: MovableClock) -> None:
    image = aws.call("ec2", "DescribeImages", {})["Images"][0]["ImageId"]
    aws.call("ec2", "RunInstances", {"ImageId": image, "MinCount": 1, "MaxCount": 1})
    query = "Reservations[].Instances[].LaunchTime | [0]"
    seen = reads(aws, clock).run(ask("ec2", "DescribeInstances", query=query))
    assert datetime.fromisoformat(json.loads(seen.text)).tzinfo is not None


def test_a_query_sees_only_what_was_not_hidden(aws: AwsCloud, clock: MovableClock) -> None:
    policy = json.dumps({"Statement": [], "Id": secrets.token_hex(8)})
    queue = {"QueueName": "jobs", "Attributes": {"Policy": policy}}
    url = aws.call("sqs", "CreateQueue", queue)["QueueUrl"]
    asked = {"QueueUrl": url, "AttributeNames": ["All"]}
    read = ask("sqs", "GetQueueAttributes", parameters=asked, query="Attributes.Policy")
    assert json.loads(reads(aws, clock).run(read).text) == "[REDACTED:aws]"


def test_a_query_that_is_none_is_told_to_the_writer(aws: AwsCloud, clock: MovableClock) -> None:
    with pytest.raises(TryAgain, match="JMESPath"):
        reads(aws, clock).run(ask("sts", "GetCallerIdentity", query="a["))


def test_secrets_in_plain_text_are_redacted_too(aws: AwsCloud, clock: MovableClock) -> None:
    secret = secrets.token_hex(12)
    tags = {"note": f"DB_PASSWORD={secret}"}
    aws.call("sqs", "CreateQueue", {"QueueName": "jobs", "tags": tags})
    url = aws.call("sqs", "ListQueues", {})["QueueUrls"][0]
    seen = reads(aws, clock).run(ask("sqs", "ListQueueTags", parameters={"QueueUrl": url}))
    assert "note" in seen.text
    assert secret not in seen.text


def test_another_region_is_asked_when_the_line_says_so(aws: AwsCloud, clock: MovableClock) -> None:
    aws.call("sqs", "CreateQueue", {"QueueName": "jobs"}, region="eu-west-1")
    here = reads(aws, clock).run(ask("sqs", "ListQueues"))
    there = reads(aws, clock).run(ask("sqs", "ListQueues", region="eu-west-1"))
    assert ("jobs" in here.text, "jobs" in there.text) == (False, True)


def test_so_many_items_and_on_from_there(aws: AwsCloud, clock: MovableClock) -> None:
    for number in range(5):
        aws.call("logs", "CreateLogGroup", {"logGroupName": f"group-{number}"})
    first = reads(aws, clock).run(ask("logs", "DescribeLogGroups", options={"max_items": 2}))
    token = json.loads(first.text)["NextToken"]
    rest = reads(aws, clock).run(
        ask("logs", "DescribeLogGroups", options={"starting_token": token})
    )
    assert [len(json.loads(seen.text)["logGroups"]) for seen in (first, rest)] == [2, 3]


def test_one_page_is_one_request(clock: MovableClock) -> None:
    with serving() as server:
        server.on("/", reply({"logGroups": [], "nextToken": "more"}))
        read = ask("logs", "DescribeLogGroups", options={"no_paginate": True})
        seen = reads(cloud_at(server.url), clock).run(read)
        assert len(server.asked) == 1
    assert json.loads(seen.text)["nextToken"] == "more"


def make_log(aws: AwsCloud, *messages: str) -> None:
    aws.call("logs", "CreateLogGroup", {"logGroupName": "shop"})
    stream = {"logGroupName": "shop", "logStreamName": "web-1"}
    aws.call("logs", "CreateLogStream", stream)
    at = int(datetime.now(UTC).timestamp() * 1000)  # noqa: TID251 - moto refuses old events
    events = [{"timestamp": at + n, "message": text} for n, text in enumerate(messages)]
    aws.call("logs", "PutLogEvents", {**stream, "logEvents": events})


def test_a_log_is_shown_as_lines(aws: AwsCloud, clock: MovableClock) -> None:
    secret = secrets.token_hex(12)
    make_log(aws, "starting", f"token={secret}", "\x1b[31mpanic\x1b[0m: no more disk")
    seen = reads(aws, clock).run(
        ask("logs", "FilterLogEvents", parameters={"logGroupName": "shop"})
    )
    lines = seen.text.splitlines()
    assert [line.split(" ", 2)[1:] for line in lines[::2]] == [
        ["web-1", "starting"],
        ["web-1", "panic: no more disk"],
    ]
    assert secret not in seen.text
    assert (seen.source, seen.tainted) == ("logs", True)


def test_a_log_without_events_says_so(aws: AwsCloud, clock: MovableClock) -> None:
    aws.call("logs", "CreateLogGroup", {"logGroupName": "shop"})
    read = ask("logs", "FilterLogEvents", parameters={"logGroupName": "shop"})
    assert reads(aws, clock).run(read).text == "no events"


def test_a_log_since_some_time_is_asked_from_there(clock: MovableClock) -> None:
    with serving() as server:
        server.on("/", reply({"events": []}))
        read = ask(
            "logs",
            "FilterLogEvents",
            parameters={"logGroupName": "shop"},
            options={"since_seconds": 600},
        )
        reads(cloud_at(server.url), clock).run(read)
        sent = json.loads(server.asked[0].body)
    assert sent["startTime"] == int((NOON - timedelta(minutes=10)).timestamp() * 1000)


def test_a_waiter_is_waited_for_half_a_minute(aws: AwsCloud, clock: MovableClock) -> None:
    read = ask(
        "ec2",
        "DescribeInstances",
        parameters={"InstanceIds": ["i-0123456789abcdef0"]},
        options={"waiter": "instance-exists"},
    )
    seen = reads(aws, clock).run(read)
    assert seen.text == "instance-exists: not yet after 30 s"
    assert clock.monotonic() == 30.0


def test_a_waiter_ends_when_it_is_so(aws: AwsCloud, clock: MovableClock) -> None:
    read = ask(
        "rds",
        "DescribeDBInstances",
        parameters={"DBInstanceIdentifier": "orders"},
        options={"waiter": "db-instance-deleted"},
    )
    assert reads(aws, clock).run(read).text == "db-instance-deleted: it is so"
    assert clock.monotonic() == 0.0


def test_help_is_told_without_asking_aws(clock: MovableClock) -> None:
    cloud = cloud_at("http://127.0.0.1:1")
    read = ask("ecs", "help", options={"operation": "DescribeServices"})
    assert "services: list (required)" in reads(cloud, clock).run(read).text
    assert "aws SERVICE OPERATION" in reads(cloud, clock).run(ask("", "help")).text


@pytest.mark.parametrize(
    ("answer", "verdict", "text"),
    [
        pytest.param(
            reply({"__type": "AccessDeniedException", "message": "not yours"}, 400),
            Health.UNKNOWN,
            "does not allow",
            id="forbidden",
        ),
        pytest.param(Reply(dropped=True), Health.UNKNOWN, "no usable answer", id="hung up"),
        pytest.param(Reply(delay=4.0), Health.UNKNOWN, "did not answer", id="late"),
        pytest.param(
            reply({"__type": "InvalidParameterException", "message": "what?"}, 400),
            Health.UNKNOWN,
            "refused",
            id="refused",
        ),
        pytest.param(
            reply({"__type": "ClusterNotFoundException", "message": "no cluster"}, 400),
            Health.HEALTHY,
            "no such thing",
            id="not there",
        ),
    ],
)
def test_what_could_not_be_looked_at_is_unknown_and_never_empty(
    clock: MovableClock, answer: Reply, verdict: Health, text: str
) -> None:
    with serving() as server:
        server.on("/", answer)
        seen = reads(cloud_at(server.url), clock).run(ask("ecs", "ListClusters"))
    assert seen.verdict is verdict
    assert text in seen.text


def test_without_a_region_the_sighting_says_what_to_set(clock: MovableClock) -> None:
    cloud = connect(profile="", region="", endpoint="", timeout=1)
    seen = reads(cloud, clock).run(ask("ecs", "ListClusters"))
    assert seen.verdict is Health.UNKNOWN
    assert "SRE_AWS_REGION" in seen.text
