"""AWS: who asks, where it is asked, pages, waiters, and what goes wrong."""

import json
import secrets
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.clients.servers import HTML, Reply, Server, reply
from tests.cloud.server import REGION, Account, account

from sreagent.clients.aws import PAGES, AwsCloud, connect
from sreagent.domain.errors import (
    BadSettings,
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    SreError,
    TimedOut,
    TryAgain,
    Unreachable,
)
from sreagent.domain.secrets import disown
from sreagent.policy.redaction import redact

SECRET = secrets.token_urlsafe(30)
"""What requests are signed with; new each time."""


@pytest.fixture(scope="module")
def moto() -> Iterator[Account]:
    with account() as running:
        yield running


@pytest.fixture
def aws(moto: Account, person: Path) -> AwsCloud:
    del person
    moto.reset()
    return cloud_at(moto.url)


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Somebody with an AWS configuration in the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    folder = tmp_path / ".aws"
    folder.mkdir()
    write_profiles(folder, oncall=f"region = {REGION}", elsewhere="region = us-west-2")
    yield folder
    disown()


def write_profiles(folder: Path, **profiles: str) -> None:
    configured = (f"[profile {name}]\n{lines}\n" for name, lines in profiles.items())
    (folder / "config").write_text("\n".join(configured), encoding="utf-8")
    keys = f"aws_access_key_id = {secrets.token_hex(10)}\naws_secret_access_key = {SECRET}"
    kept = (f"[{name}]\n{keys}\n" for name in profiles)
    (folder / "credentials").write_text("\n".join(kept), encoding="utf-8")


def cloud_at(url: str, *, timeout: float = 30.0, region: str = "") -> AwsCloud:
    return connect(profile="oncall", region=region, endpoint=url, timeout=timeout)


def test_a_profile_names_account_and_region(aws: AwsCloud) -> None:
    assert (aws.region, aws.account) == (REGION, "123456789012")


@pytest.mark.parametrize(
    ("profile", "region", "variables", "expected"),
    [
        pytest.param("oncall", "", {}, REGION, id="of the profile"),
        pytest.param("elsewhere", "", {}, "us-west-2", id="of another profile"),
        pytest.param("oncall", "eu-west-1", {}, "eu-west-1", id="as told"),
        pytest.param("", "", {"AWS_REGION": "eu-north-1"}, "eu-north-1", id="of the environment"),
        pytest.param("", "", {"AWS_PROFILE": "elsewhere"}, "us-west-2", id="of its profile"),
        pytest.param("", "", {}, "", id="none"),
    ],
)
def test_the_region_of_the_run(
    person: Path,
    monkeypatch: pytest.MonkeyPatch,
    profile: str,
    region: str,
    variables: dict[str, str],
    expected: str,
) -> None:
    del person
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert connect(profile=profile, region=region, endpoint="", timeout=1).region == expected


def test_one_call_may_name_another_region(aws: AwsCloud) -> None:
    aws.call("sqs", "CreateQueue", {"QueueName": "jobs"}, region="eu-west-1")
    here = aws.call("sqs", "ListQueues", {})
    there = aws.call("sqs", "ListQueues", {}, region="eu-west-1")
    assert (here.get("QueueUrls"), len(there["QueueUrls"])) == (None, 1)


def test_without_a_region_the_error_says_how_to_set_one(person: Path) -> None:
    write_profiles(person, default="")
    cloud = connect(profile="", region="", endpoint="", timeout=1)
    with pytest.raises(BadSettings) as caught:
        cloud.call("ecs", "ListClusters", {})
    assert "no AWS region" in caught.value.message
    assert "SRE_AWS_REGION" in caught.value.hint


def test_a_profile_that_is_not_there_is_told_at_once(person: Path) -> None:
    del person
    with pytest.raises(BadSettings, match="nobody"):
        connect(profile="nobody", region=REGION, endpoint="", timeout=1)


def test_a_configuration_that_cannot_be_read_is_told_at_once(person: Path) -> None:
    (person / "config").write_text("region = without a section", encoding="utf-8")
    with pytest.raises(BadSettings, match="configuration cannot be used"):
        connect(profile="oncall", region=REGION, endpoint="", timeout=1)


def test_without_credentials_the_error_says_so(person: Path, server: Server) -> None:
    (person / "credentials").unlink()
    with pytest.raises(Forbidden, match="no AWS credentials") as caught:
        cloud_at(server.url).call("ecs", "ListClusters", {})
    assert "aws sso login" in caught.value.hint
    assert server.asked == []


@pytest.mark.parametrize(
    "variable",
    ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ECS", "HTTPS_PROXY", "HTTP_PROXY", "https_proxy"],
)
def test_the_environment_does_not_lead_elsewhere(
    person: Path, server: Server, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    del person
    monkeypatch.setenv(variable, server.url)
    monkeypatch.setattr(socket, "getaddrinfo", _knows_no_host)
    with pytest.raises(Unreachable):
        cloud_at("").call("ecs", "ListClusters", {})
    assert server.asked == []


def _knows_no_host(*_: object, **__: object) -> list[Any]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("variable", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
def test_the_environment_brings_no_other_files(
    person: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    del person
    other = tmp_path / "other"
    other.write_text("[profile evil]\nregion = eu-west-3\n[evil]\nregion = eu-west-3\n")
    monkeypatch.setenv(variable, str(other))
    with pytest.raises(BadSettings, match="evil"):
        connect(profile="evil", region="", endpoint="", timeout=1)


def test_an_endpoint_in_the_configuration_is_not_used(
    person: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profiles(person, oncall=f"region = {REGION}\nendpoint_url = {server.url}")
    monkeypatch.setattr(socket, "getaddrinfo", _knows_no_host)
    with pytest.raises(Unreachable):
        cloud_at("").call("ecs", "ListClusters", {})
    assert server.asked == []


def test_requests_say_who_sends_them(person: Path, server: Server) -> None:
    del person
    server.on("/", reply({"clusterArns": []}))
    cloud_at(server.url).call("ecs", "ListClusters", {})
    assert server.asked[0].headers["User-Agent"].startswith("sreagent")


def test_what_signs_the_requests_is_known_to_redaction(person: Path, server: Server) -> None:
    del person
    server.on("/", reply({"clusterArns": []}))
    cloud_at(server.url).call("ecs", "ListClusters", {})
    assert SECRET not in redact(f"the log holds {SECRET} somewhere")


def test_an_answer_is_data_with_the_id_of_its_request(person: Path, server: Server) -> None:
    del person
    server.on("/", reply({"clusterArns": ["a"]}, headers={"x-amzn-RequestId": "r-1"}))
    answer = cloud_at(server.url).call("ecs", "ListClusters", {})
    assert answer == {"clusterArns": ["a"], "RequestId": "r-1"}


def test_bytes_and_streams_are_not_read(aws: AwsCloud) -> None:
    aws.call(
        "s3",
        "CreateBucket",
        {"Bucket": "notes", "CreateBucketConfiguration": {"LocationConstraint": REGION}},
    )
    aws.call("s3", "PutObject", {"Bucket": "notes", "Key": "a", "Body": b"private"})
    answer = aws.call("s3", "GetObject", {"Bucket": "notes", "Key": "a"})
    assert answer["Body"].endswith(", not read)")
    assert "private" not in json.dumps(answer, default=str)


def test_pages_become_one_answer(aws: AwsCloud) -> None:
    make_log_groups(aws, 60)
    answer = aws.collect("logs", "DescribeLogGroups", {"limit": 7})
    assert len(answer["logGroups"]) == 60
    assert "NextToken" not in answer
    assert "nextToken" not in answer


def test_an_answer_stops_at_so_many_items_and_goes_on_from_there(aws: AwsCloud) -> None:
    make_log_groups(aws, 12)
    first = aws.collect("logs", "DescribeLogGroups", {"limit": 5}, most=7)
    rest = aws.collect("logs", "DescribeLogGroups", {"limit": 5}, start=first["NextToken"])
    names = [group["logGroupName"] for group in (*first["logGroups"], *rest["logGroups"])]
    assert (len(first["logGroups"]), names) == (7, sorted(set(names)))
    assert len(names) == 12


def make_log_groups(aws: AwsCloud, count: int) -> None:
    for number in range(count):
        aws.call("logs", "CreateLogGroup", {"logGroupName": f"group-{number:03}"})


def test_pages_without_end_are_not_read_to_their_end(person: Path, server: Server) -> None:
    del person
    pages = [reply({"events": [], "nextToken": f"t{number}"}) for number in range(PAGES + 5)]
    server.on("/", *pages)
    answer = cloud_at(server.url).collect("logs", "FilterLogEvents", {"logGroupName": "x"})
    assert len(server.asked) == PAGES
    assert answer == {"events": [], "NextToken": f"t{PAGES - 1}"}


def test_an_operation_without_pages_is_asked_once(aws: AwsCloud) -> None:
    assert aws.collect("sts", "GetCallerIdentity", {})["Account"] == "123456789012"


def test_a_waiter_looks_once(aws: AwsCloud) -> None:
    image = aws.call("ec2", "DescribeImages", {})["Images"][0]["ImageId"]
    wanted = {"ImageId": image, "MinCount": 1, "MaxCount": 1}
    made = aws.call("ec2", "RunInstances", wanted)["Instances"][0]["InstanceId"]
    asked = {"InstanceIds": [made]}
    assert aws.reached("ec2", "instance-running", asked) is True
    assert aws.reached("ec2", "instance_stopped", asked) is None
    aws.call("ec2", "TerminateInstances", asked)
    assert aws.reached("ec2", "instance-running", asked) is False


def test_a_waiter_knows_what_is_not_there_yet(aws: AwsCloud) -> None:
    absent = {"InstanceIds": ["i-0123456789abcdef0"]}
    assert aws.reached("ec2", "instance-exists", absent) is None
    missing = {"DBInstanceIdentifier": "orders"}
    assert aws.reached("rds", "db-instance-deleted", missing) is True


@pytest.mark.parametrize(
    ("service", "waiter"),
    [pytest.param("ec2", "instance-happy", id="name"), pytest.param("sts", "x", id="service")],
)
def test_a_waiter_that_is_not_known_is_told(aws: AwsCloud, service: str, waiter: str) -> None:
    with pytest.raises(TryAgain):
        aws.reached(service, waiter, {})


def test_an_expression_chooses_from_an_answer(aws: AwsCloud) -> None:
    assert aws.choose("a[?b==`1`].c | [0]", {"a": [{"b": 1, "c": "x"}]}) == "x"


@pytest.mark.parametrize("query", ["a[", "length(`1`)", "nope(@)", ""])
def test_an_expression_that_is_none_is_told(aws: AwsCloud, query: str) -> None:
    with pytest.raises(TryAgain, match="JMESPath"):
        aws.choose(query, {})


def test_an_operation_tells_what_it_takes(aws: AwsCloud) -> None:
    types, required = aws.asked_by("ecs", "DescribeServices")
    assert types["services"] == "list"
    assert required == {"services"}


Ask = Callable[[AwsCloud], object]


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        pytest.param(
            lambda c: c.call("ecs", "DescribeServices", {"cluster": "x", "services": ["y"]}),
            NotFound,
            id="no such cluster",
        ),
        pytest.param(
            lambda c: c.call("rds", "DescribeDBInstances", {"DBInstanceIdentifier": "x"}),
            NotFound,
            id="no such database",
        ),
        pytest.param(
            lambda c: c.call("lambda", "GetAlias", {"FunctionName": "f", "Name": "live"}),
            NotFound,
            id="no such function",
        ),
        pytest.param(
            lambda c: c.call("s3", "HeadBucket", {"Bucket": "nobodys"}), NotFound, id="only a 404"
        ),
        pytest.param(
            lambda c: c.call("ecs", "DescribeServices", {"clusters": "x"}), Refused, id="parameters"
        ),
        pytest.param(lambda c: c.call("ecs", "Nothing", {}), Refused, id="operation"),
        pytest.param(lambda c: c.call("nothing", "Nothing", {}), Refused, id="service"),
        pytest.param(
            lambda c: c.call("sqs", "ListQueues", {}, region="not a region"), Refused, id="region"
        ),
    ],
)
def test_what_aws_says_no_to(aws: AwsCloud, ask: Ask, kind: type[SreError]) -> None:
    with pytest.raises(kind):
        ask(aws)


def test_what_iam_does_not_allow_is_forbidden(aws: AwsCloud, moto: Account, person: Path) -> None:
    aws.call("iam", "CreateUser", {"UserName": "observer"})
    key = aws.call("iam", "CreateAccessKey", {"UserName": "observer"})["AccessKey"]
    (person / "credentials").write_text(
        f"[oncall]\naws_access_key_id = {key['AccessKeyId']}\n"
        f"aws_secret_access_key = {key['SecretAccessKey']}\n",
        encoding="utf-8",
    )
    moto.ask_for_rights()
    with pytest.raises(Forbidden, match="not authorized to perform: ecs:ListClusters"):
        cloud_at(moto.url).call("ecs", "ListClusters", {})


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        pytest.param("AccessDeniedException", 400, Forbidden, id="denied"),
        pytest.param("UnauthorizedOperation", 403, Forbidden, id="unauthorized"),
        pytest.param("UnrecognizedClientException", 400, Forbidden, id="unknown key"),
        pytest.param("ExpiredTokenException", 400, Forbidden, id="expired"),
        pytest.param("ClusterNotFoundException", 400, NotFound, id="not found"),
        pytest.param("ConflictException", 409, Conflict, id="conflict"),
        pytest.param("PreconditionFailedException", 412, Conflict, id="precondition"),
        pytest.param("InvalidParameterException", 400, Refused, id="parameter"),
        pytest.param("ServiceNotActiveException", 400, Refused, id="state"),
        pytest.param("ThrottlingException", 400, Unreachable, id="throttled"),
        pytest.param("ServerException", 500, Unreachable, id="broken"),
        pytest.param("Whatever", 503, Unreachable, id="unavailable"),
    ],
)
def test_errors_by_their_code(
    person: Path, server: Server, code: str, status: int, kind: type[SreError]
) -> None:
    del person
    server.on("/", reply({"__type": f"com.amazonaws#{code}", "message": "no"}, status))
    with pytest.raises(kind) as caught:
        cloud_at(server.url).call("ecs", "UpdateService", {"service": "x"})
    assert type(caught.value) is kind
    assert code in f"{caught.value.message} {caught.value.why}"


def test_expired_credentials_say_how_to_log_in(person: Path, server: Server) -> None:
    del person
    server.on("/", reply({"__type": "ExpiredTokenException", "message": "expired"}, 400))
    with pytest.raises(Forbidden, match="have expired") as caught:
        cloud_at(server.url).call("ecs", "ListClusters", {})
    assert "aws sso login" in caught.value.hint


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(
            Reply(body=HTML, headers={"Content-Type": "text/html"}), Unreachable, id="page"
        ),
        pytest.param(Reply(body=HTML, status=403), Unreachable, id="page that refuses"),
        pytest.param(Reply(body=b""), Unreachable, id="empty"),
        pytest.param(Reply(body=b'{"clusterArns": ['), Unreachable, id="half"),
        pytest.param(Reply(body=b"[]"), Unreachable, id="another shape"),
        pytest.param(Reply(body=b'{"clusterArns": 3}'), Unreachable, id="another type"),
        pytest.param(Reply(dropped=True), Unreachable, id="hung up"),
        pytest.param(Reply(body=b"{}", missing=50), Unreachable, id="cut off"),
        pytest.param(Reply(delay=3.0), TimedOut, id="late"),
    ],
)
def test_an_answer_that_is_none_is_never_nothing_found(
    person: Path, server: Server, answer: Reply, kind: type[SreError]
) -> None:
    del person
    server.on("/", answer)
    with pytest.raises(kind):
        cloud_at(server.url, timeout=0.3).call("ecs", "ListClusters", {})


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        pytest.param("ec2", "DescribeInstances", {}, id="ec2"),
        pytest.param("rds", "DescribeDBInstances", {}, id="query"),
        pytest.param("s3", "ListBuckets", {}, id="rest-xml"),
        pytest.param("s3", "GetBucketPolicy", {"Bucket": "files"}, id="text"),
        pytest.param("s3", "GetBucketVersioning", {"Bucket": "files"}, id="s3"),
        pytest.param("eks", "ListClusters", {}, id="rest-json"),
        pytest.param("cloudwatch", "DescribeAlarms", {}, id="cbor"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(HTML, id="page"),
        pytest.param(b'<?xml version="1.0"?>\n<!-- gate -->\n' + HTML, id="page of XHTML"),
        pytest.param(b"", id="empty"),
    ],
)
def test_a_login_page_is_no_empty_list_in_any_protocol(
    person: Path,
    server: Server,
    service: str,
    operation: str,
    parameters: dict[str, Any],
    body: bytes,
) -> None:
    del person
    for path in (
        "/",
        "/clusters",
        "/files",
        "/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
    ):
        server.on(path, Reply(body=body, headers={"Content-Type": "text/html"}))
    with pytest.raises(Unreachable):
        cloud_at(server.url).call(service, operation, parameters)
    assert server.asked


def test_nobody_there_is_unreachable(person: Path) -> None:
    del person
    with pytest.raises(Unreachable):
        cloud_at("http://127.0.0.1:1").call("ecs", "ListClusters", {})


def test_a_read_is_asked_again_after_a_hiccup(person: Path, server: Server) -> None:
    del person
    server.on("/", Reply(status=503), reply({"clusterArns": ["a"]}))
    assert cloud_at(server.url).call("ecs", "ListClusters", {})["clusterArns"] == ["a"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Reply(status=503), id="unavailable"),
        pytest.param(Reply(dropped=True), id="hung up"),
        pytest.param(Reply(delay=3.0), id="late"),
    ],
)
def test_a_change_is_never_sent_twice(person: Path, server: Server, answer: Reply) -> None:
    del person
    server.on("/", answer)
    with pytest.raises(Unreachable):
        cloud_at(server.url, timeout=0.3).call("ecs", "UpdateService", {"service": "x"})
    assert len(server.asked) == 1


def test_a_dry_run_of_ec2_that_would_be_done_is_no_error(aws: AwsCloud) -> None:
    image = aws.call("ec2", "DescribeImages", {})["Images"][0]["ImageId"]
    wanted = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "DryRun": True}
    assert aws.call("ec2", "RunInstances", wanted) == {}
