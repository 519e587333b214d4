"""A shallow look at types that have no reader, through a pretend Cloud Control on loopback."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from sreagent.clients.aws import connect
from sreagent.clients.aws_estate import AwsEstate
from sreagent.domain.drift import Place
from sreagent.drift.examine import Examined, examine, settled
from sreagent.drift.reality.cloud_control import MAPPED, kinds_of, readers_of
from sreagent.drift.reality.known import kinds
from sreagent.drift.state.managed import Managed, State

HERE = Place(account="123456789012", region="eu-central-1")
PAGE = 2
JOB, STAGE, POOL = "aws_glue_job", "aws_api_gateway_stage", "aws_cognito_user_pool"


@dataclass(slots=True)
class CloudControl:
    """What is there, by type and identifier, and what was asked."""

    there: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)
    """Operation, or operation and type: the error that it answers with."""
    lists: tuple[str, ...] | None = None
    """Properties that a list gives; None: all of them."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, operation: str, said: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        type_ = said["TypeName"]
        self.asked.append((operation, said.get("Identifier", type_)))
        if error := self.refuses.get(f"{operation} {type_}") or self.refuses.get(operation):
            return 400, {"__type": error, "message": "no"}
        there = self.there.get(type_, {})
        if operation == "ListResources":
            return 200, self._page(there, int(said.get("NextToken") or 0)) | {"TypeName": type_}
        if said["Identifier"] not in there:
            return 400, {"__type": "ResourceNotFoundException", "message": "not there"}
        return 200, {
            "TypeName": type_,
            "ResourceDescription": _described(said["Identifier"], there[said["Identifier"]]),
        }

    def _page(self, there: Mapping[str, dict[str, Any]], start: int) -> dict[str, Any]:
        """Like the real one it pays no attention to how much it is asked for."""
        some = list(there.items())[start : start + PAGE]
        more = {"NextToken": str(start + PAGE)} if start + PAGE < len(there) else {}
        kept = [(id_, self._listed(properties)) for id_, properties in some]
        return {"ResourceDescriptions": [_described(*each) for each in kept], **more}

    def _listed(self, properties: dict[str, Any]) -> dict[str, Any]:
        if self.lists is None:
            return properties
        return {name: value for name, value in properties.items() if name in self.lists}


def _described(identifier: str, properties: Mapping[str, Any]) -> dict[str, str]:
    return {"Identifier": identifier, "Properties": json.dumps(properties)}


@pytest.fixture
def cloud() -> Iterator[CloudControl]:
    pretend = CloudControl()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            operation = self.headers["X-Amz-Target"].removeprefix("CloudApiService.")
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = pretend.answer(operation, said)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        pretend.url = f"http://127.0.0.1:{server.server_port}"
        yield pretend
        server.shutdown()


Examine = Callable[..., Examined]


@pytest.fixture
def examined(cloud: CloudControl, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Examine resources of a state: type and attributes of each."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, secrets.token_hex(8))

    def run(*resources: tuple[str, dict[str, Any]]) -> Examined:
        managed = tuple(
            Managed(address=f"{type_}.r{at}", type=type_, name=f"r{at}", attributes=attributes)
            for at, (type_, attributes) in enumerate(resources)
        )
        estate = AwsEstate(
            lambda _: connect(profile="", region=HERE.region, endpoint=cloud.url, timeout=10)
        )
        types = {type_ for type_, _ in resources}
        state = State(source="pretend.tfstate", resources=managed)
        going = examine(settled([state], kinds_of(types), HERE), estate, readers_of(types))
        while True:
            try:
                next(going)
            except StopIteration as ended:
                found: Examined = ended.value
                return found

    return run


def paths(found: Examined) -> set[tuple[str, str]]:
    return {(each.managed.address, each.difference.path) for each in found.drifted}


def gone(found: Examined) -> set[str]:
    return {each.managed.address for each in found.gone}


def job(name: str = "nightly", **said: Any) -> tuple[str, dict[str, Any]]:
    return JOB, {
        "id": name,
        "name": name,
        "role_arn": "arn:aws:iam::123456789012:role/glue",
        "timeout": 60,
        "glue_version": "4.0",
        "max_retries": 0,
        "description": "",
        "execution_property": [{"max_concurrent_runs": 1}],
        "tags": {"team": "shop"},
        "tags_all": {"team": "shop"},
        **said,
    }


def really(name: str = "nightly", **said: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Role": "arn:aws:iam::123456789012:role/glue",
        "Timeout": 60,
        "GlueVersion": "4.0",
        "MaxRetries": 0,
        "Description": "made by the console",
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "Tags": {"team": "shop"},
        **said,
    }


def test_a_resource_as_terraform_left_it_has_no_drift(
    cloud: CloudControl, examined: Examine
) -> None:
    cloud.there["AWS::Glue::Job"] = {"nightly": really()}
    found = examined(job())
    assert (paths(found), gone(found)) == (set(), set())


@pytest.mark.parametrize(
    ("real", "path"),
    [
        pytest.param({"Timeout": 5}, "timeout", id="number"),
        pytest.param({"GlueVersion": "3.0"}, "glue_version", id="text"),
        pytest.param({"Tags": {"team": "payments"}}, "tags.team", id="tags as an object"),
        pytest.param(
            {"Tags": [{"Key": "team", "Value": "payments"}]}, "tags.team", id="tags as a list"
        ),
    ],
)
def test_a_value_of_the_same_name_that_differs_is_told(
    real: dict[str, Any], path: str, cloud: CloudControl, examined: Examine
) -> None:
    cloud.there["AWS::Glue::Job"] = {"nightly": really(**real)}
    assert paths(examined(job())) == {("aws_glue_job.r0", path)}


@pytest.mark.parametrize(
    ("state", "real"),
    [
        pytest.param({"description": None}, {"Description": "chosen"}, id="open in the state"),
        pytest.param({"role_arn": "x"}, {"Role": "y"}, id="another name"),
        pytest.param(
            {"kms_key_id": "5b1c"},
            {"KmsKeyId": "arn:aws:kms:eu-central-1:123456789012:key/5b1c"},
            id="an ARN for an id",
        ),
        pytest.param({"mode": "ACTIVE"}, {"Mode": "Active"}, id="in capitals"),
        pytest.param({"glue_version": "4"}, {"GlueVersion": "4.0"}, id="version"),
        pytest.param({"status": "A"}, {"Status": "B"}, id="what changes by itself"),
        pytest.param({"timeout": "60"}, {"Timeout": 60}, id="number as a text"),
        pytest.param({"client_secret": "a"}, {"ClientSecret": "b"}, id="secrets are not read"),
        pytest.param({"mode": [{"a": 1}]}, {"Mode": "on"}, id="a block for a value"),
    ],
)
def test_what_two_systems_say_in_two_ways_is_no_drift(
    state: dict[str, Any], real: dict[str, Any], cloud: CloudControl, examined: Examine
) -> None:
    cloud.there["AWS::Glue::Job"] = {"nightly": really(**real)}
    assert paths(examined(job(**state))) == set()


def test_what_is_not_there_is_missing_and_what_is_besides_is_nobodys(
    cloud: CloudControl, examined: Examine
) -> None:
    cloud.there["AWS::Glue::Job"] = {"other": really("other"), "hourly": really("hourly")}
    found = examined(job(), job("hourly"))
    assert gone(found) == {"aws_glue_job.r0"}
    assert found.strangers == ()


def test_an_identifier_is_put_together_of_its_parts(cloud: CloudControl, examined: Examine) -> None:
    cloud.there["AWS::ApiGateway::Stage"] = {"a1|prod": {"StageName": "prod", "RestApiId": "a1"}}
    stage = {"id": "ags-a1-prod", "rest_api_id": "a1", "stage_name": "prod"}
    assert gone(examined((STAGE, stage))) == set()


def test_many_resources_are_listed_and_only_what_the_list_leaves_out_is_asked_for(
    cloud: CloudControl, examined: Examine
) -> None:
    names = [f"job-{number}" for number in range(6)]
    cloud.there["AWS::Glue::Job"] = {name: really(name) for name in names}
    assert paths(examined(*map(job, names))) == set()
    assert [operation for operation, _ in cloud.asked] == ["ListResources"] * 3
    cloud.asked.clear()
    cloud.lists = ("Name",)
    cloud.there["AWS::Glue::Job"]["job-3"]["Timeout"] = 1
    assert paths(examined(*map(job, names))) == {("aws_glue_job.r3", "timeout")}
    assert {name for operation, name in cloud.asked if operation == "GetResource"} == set(names)


@pytest.mark.parametrize(
    "error",
    ["UnsupportedActionException", "InvalidRequestException", "AccessDeniedException"],
)
def test_a_type_that_cannot_be_listed_is_asked_for_one_by_one(
    error: str, cloud: CloudControl, examined: Examine
) -> None:
    cloud.refuses["ListResources"] = error
    cloud.there["AWS::Glue::Job"] = {"a": really("a"), "b": really("b", Timeout=1)}
    found = examined(job("a"), job("b"), job("c"))
    assert paths(found) == {("aws_glue_job.r1", "timeout")}
    assert gone(found) == {"aws_glue_job.r2"}


@pytest.mark.parametrize(
    "error",
    ["AccessDeniedException", "TypeNotFoundException", "HandlerFailureException"],
)
def test_what_cannot_be_read_is_not_missing(
    error: str, cloud: CloudControl, examined: Examine
) -> None:
    cloud.refuses["GetResource"] = error
    found = examined(job(), (POOL, {"id": "eu-central-1_a"}))
    assert gone(found) == set()
    assert {each.type for each in found.coverage if each.why} == {JOB, POOL}


def test_one_that_is_listed_by_another_name_is_not_missing(
    cloud: CloudControl, examined: Examine
) -> None:
    cloud.there["AWS::Cognito::UserPool"] = {"arn:pool": {"UserPoolId": "eu-central-1_a"}}
    found = examined((POOL, {"id": "eu-central-1_a", "arn": "arn:pool"}))
    assert gone(found) == set()
    assert [bool(each.why) for each in found.coverage] == [True]


def test_a_type_that_the_table_does_not_name_is_not_looked_at() -> None:
    assert readers_of(["aws_nobody_knows", JOB])[0].kinds[0].type == JOB
    assert set(kinds_of(["aws_nobody_knows"])) == set()


def test_the_table_names_each_type_once_and_as_both_sides_write_them() -> None:
    assert len({cloud_type for cloud_type, _ in MAPPED.values()}) == len(MAPPED) >= 80
    assert all(type_.startswith("aws_") and names for type_, (_, names) in MAPPED.items())


def test_what_has_a_reader_of_its_own_needs_no_shallow_look() -> None:
    wanted = {JOB, "aws_lb"}
    left = [each.kinds[0].type for each in readers_of(wanted - set(kinds()))]
    assert left == [JOB]
