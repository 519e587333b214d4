"""`sre drift` as a program: what it says, and what it leaves, whatever comes between."""

import fcntl
import json
import os
import pty
import re
import secrets
import signal
import subprocess
import time
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import boto3
import pytest
from markdown_it import MarkdownIt
from tests.cloud.faults import (
    Answer,
    Call,
    Faults,
    Next,
    a_page,
    answered_by,
    bad_way,
    broken_off,
    busy,
    changed,
    denied,
    empty,
    first,
    hanging,
    matching,
    signed_by,
    unknown_key,
)
from tests.cloud.server import Account, account
from tests.cloud.trail import Trail, cloudtrail, event
from tests.drift.worlds.sqs import a_queue
from tests.drift.worlds.world import ACCOUNT, REGION, Aws, Thing, World, builders
from tests.programs import SRE, Done, sre

from sreagent.clients.clock import SystemClock
from sreagent.domain.text import visible

AWS = 'provider["registry.terraform.io/hashicorp/aws"]'


def state_of(things: Iterable[Thing], *, serial: int = 7, **more: object) -> dict[str, Any]:
    """The state that holds them, as Terraform writes it."""
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": serial,
        "lineage": "3f1c",
        "outputs": {},
        "resources": [resource(thing) for thing in things],
        "check_results": None,
        **more,
    }


def resource(thing: Thing) -> dict[str, Any]:
    instance: dict[str, Any] = {
        "schema_version": 0,
        "attributes": dict(thing.attributes),
        "dependencies": list(thing.dependencies),
        "sensitive_attributes": [[{"type": "get_attr", "value": s}] for s in thing.sensitive],
    }
    if thing.key is not None:
        instance["index_key"] = thing.key
    return {
        "mode": "managed",
        "type": thing.type,
        "name": thing.name,
        "provider": AWS,
        "instances": [instance],
    }


def write(state: object, name: str = "prod.tfstate") -> str:
    Path(name).write_text(json.dumps(state), encoding="utf-8")
    return name


def drift(*arguments: str, env: dict[str, str] | None = None, stdin: str = "") -> Done:
    return sre("drift", "--no-who", *arguments, env=env, stdin=stdin)


def told(done: Done, *words: str, code: int = 1) -> None:
    """One message in three lines at most, with these words."""
    assert done.code == code, done.err or done.out
    assert "Traceback" not in done.out + done.err
    assert "bug in sreagent" not in done.err
    lines = done.err.strip().splitlines()
    assert lines, done.out
    assert lines[0].startswith("sre: ")
    assert len(lines) <= 3
    for word in words:
        assert word in done.err, done.err


def findings(report: Any) -> set[tuple[str, str]]:
    """Address and path of what is told as drift; an empty path is a missing resource."""
    return {(each["address"], each["path"]) for each in report["changed"]} | {
        (each["address"], "") for each in report["missing"]
    }


def gaps(report: Any) -> dict[str, str]:
    """Types that were not seen whole, and why."""
    return {
        each["type"]: each["why"]
        for each in report["coverage"]
        if each["extent"] != "complete" and each["resources"]
    }


@pytest.fixture(scope="session")
def pretend() -> Iterator[Account]:
    with account(images=False) as running:
        yield running


@pytest.fixture
def aws(pretend: Account) -> Iterator[Aws]:
    yield Aws(pretend.url)
    pretend.reset()


@pytest.fixture
def way(pretend: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """A way to the account, and the program set to take it."""
    with bad_way(pretend.url) as faults:
        monkeypatch.setenv("SRE_AWS_ENDPOINT", faults.url)
        monkeypatch.setenv("SRE_AWS_REGION", REGION)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, secrets.token_hex(8))
        yield faults


@pytest.fixture
def shop(aws: Aws, way: Faults) -> dict[str, World]:
    """Some services as Terraform left them, with their state in `prod.tfstate`."""
    del way
    names = ("sqs", "sns", "dynamodb")
    worlds = {name: builders()[name](aws, f"w{place}") for place, name in enumerate(names)}
    write(state_of(thing for world in worlds.values() for thing in world.things))
    return worlds


def disturb(shop: dict[str, World]) -> set[tuple[str, str]]:
    """Do one thing to each service; what has to be told."""
    for world in shop.values():
        world.mutations[0].do()
    return {one for world in shop.values() for one in world.mutations[0].reports}


ALONE = ("--state", "prod.tfstate", "--no-unmanaged")


# What can happen on the way.


def test_exit_codes_say_what_was_found(shop: dict[str, World], way: Faults) -> None:
    assert drift(*ALONE).code == 0
    way.add(matching("sns:ListTopics", denied))
    assert drift(*ALONE).code == 3
    expected = disturb(shop)
    done = drift(*ALONE, "--json")
    assert done.code == 2
    assert findings(done.json) == {one for one in expected if "sns" not in one[0]}
    assert gaps(done.json)["aws_sns_topic"]
    assert drift("--state", "nowhere.tfstate").code == 1


def test_a_busy_account_gives_the_same_report(shop: dict[str, World], way: Faults) -> None:
    expected = disturb(shop)
    calm = drift("--state", "prod.tfstate", "--json").json
    way.add(busy(0.3))
    done = drift("--state", "prod.tfstate", "--json")
    report = done.json
    assert sum(way.spoiled.values()) > 5
    assert done.code == 2
    assert findings(report) == expected
    assert report["errors"] == []
    times = ("at", "seconds", "calls")
    assert {**report, **dict.fromkeys(times)} == {**calm, **dict.fromkeys(times)}


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        pytest.param(denied, "not authorized", id="denied"),
        pytest.param(broken_off, "no usable answer", id="broken off"),
        pytest.param(a_page, "no usable answer", id="page"),
        pytest.param(empty, "no usable answer", id="empty"),
        pytest.param(hanging(4), "within 0.5 s", id="hangs"),
    ],
)
@pytest.mark.parametrize(
    "call",
    [pytest.param("sqs:ListQueues", id="list"), pytest.param("sqs:GetQueueAttributes", id="item")],
)
def test_what_cannot_be_read_is_a_gap_and_the_rest_goes_on(
    fault: Any, why: str, call: str, shop: dict[str, World], way: Faults
) -> None:
    del shop["sqs"]
    expected = disturb(shop)
    way.add(matching(call, fault))
    done = drift(*ALONE, "--json", env={"SRE_TIMEOUT": "0.5"} if why.startswith("within") else {})
    assert done.code == 2, done.err
    assert findings(done.json) == expected
    assert set(gaps(done.json)) == {"aws_sqs_queue"}
    assert why in gaps(done.json)["aws_sqs_queue"]
    assert done.err == ""


def test_a_second_page_that_breaks_off_loses_nothing(aws: Aws, way: Faults) -> None:
    del way.faults[:]
    tables = [builders()["dynamodb"](aws, f"p{place}") for place in range(2)]
    write(state_of(thing for world in tables for thing in world.things))
    name = tables[1].things[0].attributes["name"]

    def cut(body: bytes) -> bytes:
        listed = json.loads(body)["TableNames"]
        kept = [each for each in listed if each != name]
        return json.dumps({"TableNames": kept, "LastEvaluatedTableName": kept[-1]}).encode()

    pages = iter((changed(cut), broken_off))
    way.add(matching("dynamodb:ListTables", lambda c, h: next(pages, broken_off)(c, h)))
    done = drift(*ALONE, "--json")
    assert done.code == 3
    assert findings(done.json) == set()
    assert set(gaps(done.json)) == {"aws_dynamodb_table"}


def test_what_only_the_first_list_lacks_is_not_missing(shop: dict[str, World], way: Faults) -> None:
    del shop
    way.add(matching("sqs:ListQueues", first(1, changed(lambda _: b'{"QueueUrls": []}'))))
    done = drift(*ALONE, "--json")
    assert way.spoiled["sqs:ListQueues"] == 1
    assert (done.code, findings(done.json)) == (0, set())


OTHER, THIRD = "210987654321", "333333333333"


def queue_of(pretend: Account, of: str) -> Thing:
    """A queue of another account, changed since its state was written."""
    role = f"arn:aws:iam::{of}:role/anybody"
    given = Aws(pretend.url).client("sts").assume_role(RoleArn=role, RoleSessionName="test")
    key = given["Credentials"]
    sqs = boto3.client(
        "sqs",
        region_name=REGION,
        endpoint_url=pretend.url,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
    )
    thing = a_queue(sqs, f"far-{of}", {})
    url = thing.attributes["url"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
    attributes = json.loads(json.dumps(thing.attributes).replace(ACCOUNT, of))
    return Thing(type=thing.type, name=thing.name, attributes=attributes)


def test_of_three_accounts_the_one_with_wrong_credentials_is_named(
    shop: dict[str, World], pretend: Account, way: Faults
) -> None:
    far, closed = (queue_of(pretend, of) for of in (OTHER, THIRD))
    write(state_of([*shop["sqs"].things, far, closed]))
    shop["sqs"].mutations[0].do()
    path = "visibility_timeout_seconds"
    expected = {*shop["sqs"].mutations[0].reports, (far.address, path)}

    def refuse(call: Call, honest: Next) -> Answer | None:
        return denied(call, honest) if THIRD.encode() in call.body else None

    way.add(matching("sts:AssumeRole", refuse))
    done = drift(*ALONE, "--json", "--aws-role", "reader")
    assert done.code == 2
    assert findings(done.json) == expected
    (error,) = done.json["errors"]
    assert THIRD in error["what"]
    assert "cannot be assumed" in error["message"]
    assert error["hint"]
    unseen = {each["account"] for each in done.json["coverage"] if each["extent"] != "complete"}
    assert unseen == {THIRD}


def test_without_a_way_into_another_account_the_report_says_what_to_do(
    shop: dict[str, World], pretend: Account
) -> None:
    write(state_of([*shop["sqs"].things, queue_of(pretend, OTHER)]))
    done = drift(*ALONE)
    assert done.code == 3
    assert f"no AWS credentials for account {OTHER}" in done.out
    assert "SRE_AWS_ROLE" in done.out


def test_credentials_that_are_none_find_nothing_missing(
    shop: dict[str, World], way: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    del shop
    key = secrets.token_hex(8)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    way.add(signed_by(key, unknown_key))
    done = drift(*ALONE, "--json")
    assert done.code == 3
    assert findings(done.json) == set()
    assert ACCOUNT in done.json["errors"][0]["what"]
    homeless = state_of([Thing(type="aws_vpc", name="x", attributes={"id": "vpc-1"})])
    told(drift("--state", write(homeless)), "InvalidClientTokenId")


# States that cannot be read.


def test_every_kind_of_bad_state_is_told_in_one_message() -> None:
    for name, body, words in BAD_STATES:
        Path(name).write_bytes(body)
        told(drift("--state", name), name, *words)


def _plan_file() -> bytes:
    with zipfile.ZipFile("plan", "w") as file:
        file.writestr("tfplan", b"\0\1")
        file.writestr("tfstate", b"{}")
    return Path("plan").read_bytes()


BAD_STATES = (
    ("zero.tfstate", b"", ("empty",)),
    ("cut.tfstate", json.dumps(state_of(())).encode()[:-20], ("cut off", "try")),
    (
        "tofu.tfstate",
        json.dumps(
            {
                "serial": 3,
                "lineage": "x",
                "meta": {},
                "encrypted_data": "AA",
                "encryption_version": "v0",
            }
        ).encode(),
        ("encrypted by OpenTofu", "tofu state pull"),
    ),
    ("old.tfstate", b'{"version": 1, "modules": []}', ("version 1", "terraform refresh")),
    ("new.tfstate", json.dumps(state_of((), version=9)).encode(), ("version 9",)),
    ("page.tfstate", b"<!DOCTYPE html><html></html>", ("web page",)),
    ("shown.tfstate", b'{"format_version": "7.0"}', ("format version 7.0",)),
    ("list.tfstate", b"[]", ("no Terraform state",)),
    ("deep.tfstate", b"[" * 200_000, ("no Terraform state",)),
)


def test_a_plan_file_is_told_how_to_be_read() -> None:
    Path("tfplan.out").write_bytes(_plan_file())
    told(drift("--state", "tfplan.out"), "tfplan.out", "terraform show -json")


def test_a_state_that_is_too_large_is_not_read() -> None:
    with Path("huge.tfstate").open("wb") as file:
        file.truncate(500 * 1024 * 1024)
    told(drift("--state", "huge.tfstate"), "too large", "500 MiB", "256 MiB")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param((), ("no Terraform code", "--state"), id="no state and no code"),
        pytest.param(("--state", "nope://x"), ("nope://", "try"), id="unknown scheme"),
        pytest.param(("--state", "absent.tfstate"), ("absent.tfstate", "try"), id="absent"),
        pytest.param(("--state", "prod/**"), ("prod/**",), id="empty pattern"),
        pytest.param(("--state", ""), ("empty", "try"), id="empty place"),
        pytest.param(("--state", "-"), ("stdin", "empty"), id="empty stdin"),
        pytest.param(("--header", "token"), ("lacks its name", "--header"), id="header"),
        pytest.param(("--baseline", "absent.json"), ("no baseline",), id="no baseline"),
        pytest.param(("--baseline", "broken.json"), ("baseline broken.json",), id="baseline"),
        pytest.param(("--ignore", "absent"), ("cannot read absent",), id="no ignore file"),
        pytest.param(("--ignore", "bad"), ("bad:2", "until"), id="ignore file"),
        pytest.param(("--html", "no/where.html"), ("no/where.html", "folder"), id="no folder"),
        pytest.param(("--fail-on", "huge"), ("--fail-on", "low"), id="severity"),
        pytest.param(("--code", "absent"), ("--code", "absent"), id="no folder of code"),
        pytest.param(("--fix", "it"), ("--fix", "patch"), id="fix"),
        pytest.param(("--send",), ("--send", "--fix pr --send"), id="send alone"),
        pytest.param(("--fix", "branch", "--send"), ("--fix pr",), id="send a branch"),
        pytest.param(("--nope",), ("--nope",), id="option"),
    ],
)
def test_bad_input_is_told_before_anything_is_read(
    arguments: tuple[str, ...], words: tuple[str, ...], way: Faults
) -> None:
    Path("broken.json").write_text('{"version": 1, "at"', encoding="utf-8")
    Path("bad").write_text("aws_x.y # fine\naws_x.y until=soon\n", encoding="utf-8")
    told(drift(*arguments), *words)
    assert not way.seen


@pytest.mark.parametrize("option", ["--html", "--sarif", "--junit"])
def test_a_file_that_cannot_be_written_is_named_with_what_to_do(option: str) -> None:
    state = write(state_of(()))
    done = drift("--state", state, option, "/dev/full")
    told(done, "cannot write /dev/full", "no space left", "name another file")
    assert "incidents" not in done.err


def test_a_bad_line_of_the_usual_ignore_file_is_told() -> None:
    Path(".sreignore").write_text("a..b\n", encoding="utf-8")
    told(drift("--state", write(state_of(()))), ".sreignore:1", "dot")


def test_a_bad_header_is_not_repeated() -> None:
    secret = secrets.token_hex(12)
    done = drift("--state", "https://127.0.0.1:1/x", "--header", f"PRIVATE-TOKEN={secret}")
    told(done, "--header")
    assert secret not in done.err


def test_of_many_states_the_good_ones_are_looked_at(shop: dict[str, World]) -> None:
    expected = disturb(shop)
    Path("states").mkdir()
    Path("prod.tfstate").rename("states/m-prod.tfstate")
    for name, body, _ in BAD_STATES:
        Path("states", name).write_bytes(body)
    done = drift("--state", "states/", "--json")
    assert done.code == 2
    assert findings(done.json) == expected
    named = {Path(each["what"]).name for each in done.json["errors"]}
    # An empty file is what a lock or a folder marker looks like in a listing.
    assert named == {name for name, body, _ in BAD_STATES if body}
    assert all(each["message"] for each in done.json["errors"])
    separate = [word for name in ("states/m-prod.tfstate", "states/cut.tfstate", "s3://nope/x")
                for word in ("--state", name)]  # fmt: skip
    done = drift(*separate, "--json")
    assert done.code == 2
    assert findings(done.json) == expected
    assert len(done.json["errors"]) == 2


def test_strangers_are_not_told_when_a_state_could_not_be_read(shop: dict[str, World]) -> None:
    strangers = {one for world in shop.values() for one in world.strangers}
    assert strangers
    whole = drift("--state", "prod.tfstate", "--json")
    assert {(each["type"], each["id"]) for each in whole.json["unmanaged"]} >= strangers
    assert whole.code == 2
    done = drift("--state", "prod.tfstate", "--state", "absent.tfstate", "--json")
    assert done.code == 3
    why = "it may stand in a state that could not be read"
    folded = {
        (each["type"], each["id"]) for each in done.json["unmanaged"] if each["folded"] == why
    }
    assert folded >= strangers


def test_an_old_state_is_read_as_it_is(shop: dict[str, World]) -> None:
    queue = shop["sqs"].things[0]
    flat = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in queue.attributes.items()
        if isinstance(value, str | int)
    }
    module = {
        "path": ["root"],
        "resources": {
            queue.address: {
                "type": queue.type,
                "primary": {"id": queue.attributes["id"], "attributes": flat},
            }
        },
    }
    old = {"version": 3, "terraform_version": "0.11.14", "serial": 1, "modules": [module]}
    done = drift("--state", write(old, "old.tfstate"), "--json")
    assert done.json["states"][0]["resources"] == 1
    assert findings(done.json) <= {(queue.address, "tags.env"), (queue.address, "tags.team")}


def test_a_provider_that_nobody_knows_is_not_looked_at(shop: dict[str, World]) -> None:
    state = state_of(shop["sqs"].things)
    strange = {
        "mode": "managed",
        "type": "pizza_order",
        "name": "x",
        "provider": 'provider["example.com/acme/pizza"]',
        "instances": [{"attributes": {"id": "1"}}],
    }
    state["resources"].append(strange)
    done = drift("--state", write(state), "--no-unmanaged", "--json")
    assert done.code == 3
    assert "pizza" in gaps(done.json)["pizza_order"]


def test_a_serial_that_is_none_is_told_and_the_rest_is_read(shop: dict[str, World]) -> None:
    state = state_of(shop["sqs"].things)
    done = drift("--state", write({**state, "serial": "many"}), "--no-unmanaged", "--json")
    assert done.code == 3
    assert findings(done.json) == set()
    assert "serial" in done.json["errors"][0]["message"]


def test_a_resource_in_two_states_is_told_once_and_compared_in_both(
    shop: dict[str, World],
) -> None:
    write(state_of(shop["sqs"].things), "other.tfstate")
    shop["sqs"].mutations[0].do()
    done = drift("--state", "prod.tfstate", "--state", "other.tfstate", "--json")
    assert done.code == 2
    assert {each["state"] for each in done.json["changed"]} == {"prod.tfstate", "other.tfstate"}
    (error,) = done.json["errors"]
    assert "stands in two states" in error["message"]
    assert "terraform state rm" in error["hint"]


def test_namesakes_in_two_accounts_and_ids_that_tell_nothing_apart_are_no_trouble(
    way: Faults,
) -> None:
    del way
    for of in (ACCOUNT, OTHER):
        home = f"arn:aws:logs:{REGION}:{of}:log-group:/app"
        group = {"id": "/app", "name": "/app", "arn": home}
        password = {"id": "none", "length": 16}
        things = (
            Thing(type="aws_cloudwatch_log_group", name="app", attributes=group),
            Thing(type="random_password", name="db", attributes=password),
        )
        write(state_of(things), f"{of}.tfstate")
    states = [word for of in (ACCOUNT, OTHER) for word in ("--state", f"{of}.tfstate")]
    done = drift(*states, "--no-unmanaged", "--json")
    assert len(done.json["states"]) == 2
    assert not [each for each in done.json["errors"] if "two states" in each["message"]]


# States that move, and locks.


def test_a_state_that_changed_meanwhile_is_read_again(shop: dict[str, World], way: Faults) -> None:
    world = shop["sqs"]
    things = world.things
    world.mutations[0].do()
    (reported,) = world.mutations[0].reports
    applied = state_of(things, serial=8)
    applied["resources"][0]["instances"][0]["attributes"][reported[1]] = 5
    write(state_of(things))

    def apply(_: Any, __: Any) -> None:
        """While reality is read, somebody applies what it shows."""
        write(applied)

    way.add(matching("sqs:ListQueues", first(1, apply)))
    done = drift(*ALONE, "--json")
    assert (done.code, findings(done.json)) == (0, set())
    (state,) = done.json["states"]
    assert (state["serial"], state["changed_meanwhile"]) == (8, False)
    assert done.json["provisional"] is False


def test_a_state_that_never_rests_is_told(shop: dict[str, World], way: Faults) -> None:
    serial = iter(range(8, 1000))

    def apply(_: Any, __: Any) -> None:
        write(state_of(shop["sqs"].things, serial=next(serial)))

    way.add(matching("sqs:ListQueues", apply))
    done = drift(*ALONE, "--json")
    (state,) = done.json["states"]
    assert state["changed_meanwhile"] is True
    assert done.json["provisional"] is True
    assert "PROVISIONAL" in drift(*ALONE).out


def test_a_state_that_vanished_meanwhile_is_told(shop: dict[str, World], way: Faults) -> None:
    del shop

    def remove(_: Any, __: Any) -> None:
        Path("prod.tfstate").unlink(missing_ok=True)

    way.add(matching("sqs:ListQueues", remove))
    done = drift(*ALONE, "--json")
    assert done.code == 3
    assert "a second time" in done.json["errors"][0]["what"]


def test_a_held_lock_is_told_and_nothing_is_written(shop: dict[str, World]) -> None:
    disturb(shop)
    lock = Path(".prod.tfstate.lock.info")
    note = {
        "ID": "1",
        "Operation": "OperationTypeApply",
        "Who": "jo@laptop\x1b[31m",
        "Created": "2026-11-20T22:14:03.123456789Z",
    }
    lock.write_text(json.dumps(note), encoding="utf-8")
    before = {each: each.read_bytes() for each in Path().rglob("*") if each.is_file()}
    with Path("prod.tfstate").open("r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        done = drift(*ALONE)
        report = drift(*ALONE, "--json").json
    assert "PROVISIONAL" in done.out
    assert "apply in progress by jo@laptop since 2026-11-20T22:14" in done.out
    assert done.code == 2
    assert report["provisional"] is True
    assert {each: each.read_bytes() for each in Path().rglob("*") if each.is_file()} == before


def test_a_lock_that_cannot_be_read_is_not_taken_for_none(shop: dict[str, World]) -> None:
    text = json.dumps(state_of(shop["sqs"].things))
    done = drift("--state", "-", "--no-unmanaged", stdin=text)
    assert done.code == 0
    assert "NOT SEEN   the lock of 1 state  a state from standard input" in done.out
    report = drift("--state", "-", "--no-unmanaged", "--json", stdin=text).json
    assert "lock" in report["states"][0]["lock_unknown"]
    assert report["provisional"] is False


# What is named.


def test_only_what_is_named_is_told_also_one_of_many(shop: dict[str, World]) -> None:
    (queue, topic) = (replace(shop[name].things[0], key=0) for name in ("sqs", "sns"))
    write(state_of([queue, topic]))
    paths = {path for name in ("sqs", "sns") for _, path in shop[name].mutations[0].reports}
    for name in ("sqs", "sns"):
        shop[name].mutations[0].do()
    whole = findings(drift(*ALONE, "--json").json)
    assert {address for address, _ in whole} == {queue.address, topic.address}
    assert {path for _, path in whole} == paths
    for name in (queue.address, "aws_sqs_*[0]"):
        done = drift(*ALONE, "--only", name, "--json")
        assert {address for address, _ in findings(done.json)} == {queue.address}


def test_a_name_that_nothing_bears_is_no_clean_report(shop: dict[str, World]) -> None:
    queue = shop["sqs"].things[0]
    told(drift(*ALONE, "--only", f"{queue.address}_", "--json"), queue.address, "--only")


def test_sarif_says_where_the_code_stands(shop: dict[str, World]) -> None:
    queue = shop["sqs"].things[0]
    shop["sqs"].mutations[0].do()
    Path("infra").mkdir()
    code = f'\nresource "{queue.type}" "{queue.name}" {{\n}}\n'
    Path("infra", "queues.tf").write_text(code, encoding="utf-8")
    drift(*ALONE, "--only", queue.address, "--code", "infra", "--sarif", "x.sarif")
    (result,) = json.loads(Path("x.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "queues.tf"
    assert place["region"]["startLine"] == 2


# What mends it.


def a_plan(*drifted: tuple[str, int, int]) -> dict[str, Any]:
    """What Terraform shows of a plan: queues whose delay is not as their state has it."""

    def entry(address: str) -> dict[str, Any]:
        name = address.partition(".")[2]
        index = {"index": int(name[2:-1])} if "[" in name else {}
        return {
            "address": address,
            "mode": "managed",
            "type": "aws_sqs_queue",
            "name": name.partition("[")[0],
            "provider_name": "registry.terraform.io/hashicorp/aws",
            **index,
        }

    def values(address: str, delay: int) -> dict[str, Any]:
        return {"id": f"https://sqs/1/{address}", "delay_seconds": delay}

    held = [{**entry(name), "values": values(name, was)} for name, was, _ in drifted]
    changes = [
        {
            **entry(name),
            "change": {
                "actions": ["update"],
                "before": values(name, was),
                "after": values(name, now),
                "before_sensitive": {},
                "after_sensitive": {},
            },
        }
        for name, was, now in drifted
    ]
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "prior_state": {"values": {"root_module": {"resources": held}}},
        "resource_drift": changes,
    }


QUEUE = 'resource "aws_sqs_queue" "q" {\n  delay_seconds = 0\n}\n'
REALITY = ("--fix", "patch", "--direction", "reality")


def patch() -> str:
    """The one patch that was written; empty without one."""
    found = [each.read_text(encoding="utf-8") for each in Path().glob("*.patch")]
    assert len(found) <= 1
    return "".join(found)


def test_a_finding_of_another_state_does_not_change_the_code() -> None:
    write(a_plan(("aws_sqs_queue.q", 0, 5)), "mine.json")
    write(a_plan(("aws_sqs_queue.q", 0, 9)), "other.json")
    both = ("--state", "other.json", "--state", "mine.json")
    Path("main.tf").write_text(QUEUE, encoding="utf-8")
    done = drift(*both, *REALITY)
    assert done.code == 2, done.err
    assert "there is nothing to write" in done.err
    assert "which one state the code here makes is not known; name it alone" in done.err
    assert patch() == ""
    backend = 'terraform {\n  backend "local" {\n    path = "./mine.json"\n  }\n}\n'
    Path("main.tf").write_text(backend + QUEUE, encoding="utf-8")
    done = drift(*both, *REALITY)
    assert "the code here makes mine.json" in done.err
    assert "aws_sqs_queue.q delay_seconds (other.json)" in done.err
    assert "+  delay_seconds = 5\n" in patch()


def test_a_state_that_is_named_alone_is_that_of_the_code() -> None:
    write(a_plan(("aws_sqs_queue.q", 0, 5)), "pulled.json")
    Path("main.tf").write_text('terraform {\n  backend "s3" {}\n}\n' + QUEUE, encoding="utf-8")
    drift("--state", "pulled.json", *REALITY)
    assert "+  delay_seconds = 5\n" in patch()


def test_what_the_code_ignores_is_ignored_for_its_own_state_alone() -> None:
    write(a_plan(("aws_sqs_queue.q", 0, 5)), "mine.json")
    write(a_plan(("aws_sqs_queue.q", 0, 9)), "other.json")
    Path("main.tf").write_text(
        'terraform {\n  backend "local" {\n    path = "mine.json"\n  }\n}\n'
        'resource "aws_sqs_queue" "q" {\n  lifecycle {\n    ignore_changes = all\n  }\n}\n',
        encoding="utf-8",
    )
    done = drift("--state", "mine.json", "--state", "other.json", "--json")
    assert {each["state"]: each["class"] for each in done.json["changed"]} == {
        "mine.json": "ignored",
        "other.json": "drift",
    }


def test_a_patch_that_is_not_proved_is_not_written() -> None:
    # Both are made by one block: what the second needs undoes what the first did.
    write(a_plan(("aws_sqs_queue.q[0]", 0, 5), ("aws_sqs_queue.q[1]", 5, 9)))
    Path("main.tf").write_text(QUEUE, encoding="utf-8")
    git("init", "--quiet")
    git("add", "main.tf")
    git("-c", "user.name=Jo", "-c", "user.email=jo@x", "commit", "--quiet", "-m", "first")
    for fix in ("patch", "branch", "pr"):
        done = drift("--state", "prod.tfstate", "--fix", fix, "--direction", "reality")
        assert done.code == 2, done.err
        assert "the patch is not proved, so nothing is written" in done.err
        assert "aws_sqs_queue.q[0] delay_seconds would still differ" in done.err
        assert patch() == ""
        assert git("branch", "--list", "sre-drift/*") == ""


def test_code_that_cannot_be_read_is_told_before_anything_else_is(way: Faults) -> None:
    Path("backend.tf").symlink_to("/proc/self/mem")
    for arguments in ((), ("--state", "prod.tfstate"), ("--sarif", "x.sarif")):
        told(drift(*arguments), "backend.tf", "input/output error", "--code")
    assert not way.seen
    assert not Path("x.sarif").exists()


def test_code_that_was_left_out_is_told_beside_the_patch() -> None:
    write(a_plan(("aws_sqs_queue.q", 0, 5)))
    Path("main.tf").write_text(QUEUE, encoding="utf-8")
    Path("m").mkdir()
    Path("m", "gone.tf").symlink_to("nothing")
    done = drift("--state", "prod.tfstate", *REALITY)
    assert "code that was not read, and may say otherwise:\n  m/gone.tf: no file" in done.err
    assert patch()


def test_a_fix_without_code_is_told_before_anything_is_read(way: Faults) -> None:
    told(drift("--state", "prod.tfstate", "--fix", "patch"), "no Terraform code", "--code")
    assert not way.seen


def test_what_an_import_lacks_is_told(shop: dict[str, World], aws: Aws) -> None:
    del shop
    secret = secrets.token_hex(12)
    tags = [{"Key": "db_password", "Value": secret}, {"Key": "team", "Value": "shop"}]
    aws.client("ec2").create_security_group(
        GroupName="stray",
        Description="by hand",
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )
    Path("main.tf").write_text("", encoding="utf-8")
    done = drift("--state", "prod.tfstate", "--fix", "patch")
    assert "aws_security_group.stray: left out, to be set by hand: tags.db_password" in done.err
    assert secret not in done.err + patch()
    assert 'resource "aws_security_group" "stray"' in patch()


@pytest.fixture
def hosted(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose remote lies here, and a `gh` that writes down what it hears."""
    write(a_plan(("aws_sqs_queue.q", 0, 5)))
    Path("main.tf").write_text(QUEUE, encoding="utf-8")
    remote = tmp_path_factory.mktemp("remote")
    address = "https://github.com/acme/infra.git"
    git("init", "--quiet", "--bare", str(remote))
    git("init", "--quiet", "--initial-branch=main")
    git("remote", "add", "origin", address)
    git("config", f"url.{remote}.insteadOf", address)
    git("add", "main.tf")
    git("-c", "user.name=Jo", "-c", "user.email=jo@x", "commit", "--quiet", "-m", "first")
    git("checkout", "--quiet", "--detach")
    programs = tmp_path_factory.mktemp("programs")
    heard = programs / "heard"
    lines = ("#!/bin/sh", f'echo "$@" >> {heard}', '[ "$2" = list ] || echo https://x/pull/7', "")
    (programs / "gh").write_text("\n".join(lines), encoding="utf-8")
    (programs / "gh").chmod(0o755)
    heard.touch()
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    return heard


PR = ("--state", "prod.tfstate", "--direction", "reality", "--fix", "pr")


def test_nothing_is_pushed_before_it_is_known_where_it_is_to_go(hosted: Path) -> None:
    done = drift(*PR, "--send")
    assert "which branch the change is for is not known" in done.err
    assert "git remote set-head origin" in done.err
    assert git("ls-remote", "origin") == ""
    assert hosted.read_text(encoding="utf-8") == ""


def test_a_request_goes_to_the_default_branch(hosted: Path) -> None:
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    done = drift(*PR)
    assert "would create a pull request into main; to do it: --send" in done.err
    assert git("ls-remote", "origin") == ""
    done = drift(*PR, "--send")
    assert "created a pull request into main https://x/pull/7" in done.err
    assert "refs/heads/sre-drift/" in git("ls-remote", "origin")
    assert "--base=main" in hosted.read_text(encoding="utf-8")


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], check=True, capture_output=True, text=True)
    return done.stdout


# Secrets and hostile texts.


OUTPUTS = ("--html", "page.html", "--sarif", "x.sarif", "--junit", "x.xml", "--save-baseline", "b")


def _everything(done: Done) -> str:
    files = [each for each in Path().glob("*") if each.is_file() and each.suffix != ".tfstate"]
    return (
        done.out
        + done.err
        + "".join(each.read_text(encoding="utf-8", errors="replace") for each in files)
    )


@pytest.fixture
def trail(way: Faults) -> Iterator[Trail]:
    with cloudtrail() as trail:
        way.add(matching("cloudtrail:.*", answered_by(trail.url)))
        yield trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Hushed:
    """A queue that somebody changed, with secrets wherever they can stand."""

    marked: str
    """In a sensitive attribute."""
    copied: str
    """In another one."""
    of_output: str
    unknown: str
    """In no state: an address and a name tell it."""

    @property
    def all(self) -> tuple[str, ...]:
        return self.marked, self.copied, self.of_output, self.unknown

    @property
    def policy(self) -> str:
        statement = {
            "Sid": self.copied,
            "Effect": "Allow",
            "Principal": "*",
            "Action": "sqs:*",
            "Condition": {"StringEquals": {"aws:Referer": f"https://x.example?t={self.marked}"}},
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    @property
    def tags(self) -> dict[str, str]:
        return {
            "note": f"see {self.marked}",
            "db": f"postgres://app:{self.unknown}@db/shop",
            "out": self.of_output,
            "db_password": self.unknown,
            "team": "payments",
        }

    def state(self, queue: Thing) -> dict[str, Any]:
        state = state_of([queue])
        (instance,) = state["resources"][0]["instances"]
        instance["attributes"] |= {"secret_thing": self.marked, "other": self.copied}
        instance["sensitive_attributes"] = [
            [{"type": "get_attr", "value": name}] for name in ("secret_thing", "other")
        ]
        value = {"deep": [self.of_output]}
        state["outputs"] = {"o": {"value": value, "type": "string", "sensitive": True}}
        return state


@pytest.fixture
def hushed(aws: Aws, trail: Trail) -> Hushed:
    """The state, the code, the account and its trail, all full of secrets."""
    texts = [f"{secrets.token_hex(8)}-{place}" for place in range(3)]
    known = Hushed(
        marked=texts[0], copied=texts[1], of_output=texts[2], unknown=secrets.token_hex(12)
    )
    (queue,) = builders()["sqs"](aws, "hush").things
    url = queue.attributes["url"]
    sqs = aws.client("sqs")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": known.policy})
    sqs.tag_queue(QueueUrl=url, Tags=known.tags)
    tagged = {"ResourceType": "security-group", "Tags": [{"Key": "t", "Value": known.of_output}]}
    aws.client("ec2").create_security_group(
        GroupName="stray", Description="by hand", TagSpecifications=[tagged]
    )
    who = {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/{known.marked}",
        "accountId": ACCOUNT,
        "sessionContext": {"sessionIssuer": {"userName": "ops", "type": "Role"}},
    }
    at = SystemClock().now() - timedelta(hours=1)
    asked = {"queueUrl": url, "tags": known.tags, "attributes": {"Policy": known.policy}}
    for name in ("TagQueue", "SetQueueAttributes"):
        agent = f"cli {known.marked}"
        trail.record(event(name, "sqs", at, who, request=asked, userAgent=agent))
    head = f'resource "aws_sqs_queue" "{queue.name}" {{'
    lines = (head, "  tags = {", '    team = "shop"', "  }", "}", "")
    Path("main.tf").write_text("\n".join(lines), encoding="utf-8")
    write(known.state(queue))
    return known


@pytest.mark.parametrize("output", ["screen", "--json", "--markdown", "--debug"])
def test_no_secret_is_in_any_output(output: str, hushed: Hushed) -> None:
    flags = () if output == "screen" else (output,)
    patch = ("--fix", "patch", "--direction", "reality")
    done = sre("drift", "--state", "prod.tfstate", *OUTPUTS, *patch, *flags)
    assert done.code == 2, done.err
    (patched,) = Path().glob("*.patch")
    for written in ("payments", "by hand"):
        assert written in patched.read_text(encoding="utf-8")
    said = _everything(done)
    assert "role ops" in said
    for secret in hushed.all:
        assert secret not in said
    assert "tags" in said
    assert re.search(r"hidden [0-9a-f]{4}", said)


HOSTILE = (
    "a\x1b[2J\x1b]8;;http://evil\x07\u202eb\n- [x](http://e)|<script>alert(1)</script>]]>&#x;`\x00"
)


def test_hostile_names_are_harmless_everywhere(aws: Aws, way: Faults) -> None:
    del way
    world = builders()["sqs"](aws, "evil")
    world.mutations[0].do()
    state = state_of(world.things)
    (entry,) = state["resources"]
    entry["name"] = HOSTILE
    entry["instances"][0]["attributes"]["tags"] = {HOSTILE: HOSTILE}
    entry["instances"][0]["attributes"]["tags_all"] = {HOSTILE: HOSTILE}
    gone = json.loads(json.dumps(entry))
    gone["name"] = f"gone{HOSTILE}"
    gone["instances"][0]["index_key"] = HOSTILE
    gone["instances"][0]["attributes"]["id"] = f"http://x/{HOSTILE}"
    gone["instances"][0]["attributes"]["url"] = f"http://x/{HOSTILE}"
    strange = {**gone, "type": f"odd_{HOSTILE}", "provider": HOSTILE}
    state["resources"] += [gone, strange]
    write(state)
    outputs = ("--html", "page.html", "--sarif", "x.sarif", "--junit", "x.xml")
    for flags in ((), ("--json",), ("--markdown",), ("--all",)):
        done = drift("--state", "prod.tfstate", *outputs, *flags)
        assert done.code == 2, done.err
        assert visible(done.out) == done.out
        assert visible(done.err) == done.err
    assert "<script>" not in Path("page.html").read_text(encoding="utf-8")
    page = MarkdownIt("commonmark", {"html": True}).enable("table")
    rendered = page.render(drift("--state", "prod.tfstate", "--markdown").out)
    assert "<a " not in rendered
    assert "<script" not in rendered
    json.loads(Path("x.sarif").read_text(encoding="utf-8"))
    ElementTree.parse("x.xml")  # noqa: S314 - our own


# Pipes, terminals, and Ctrl-C.


def test_a_pipe_gets_plain_text_and_json_alone(shop: dict[str, World]) -> None:
    disturb(shop)
    done = drift("--state", "prod.tfstate")
    assert "\x1b" not in done.out + done.err
    assert done.err == ""
    assert json.loads(drift("--state", "prod.tfstate", "--json").out)["changed"]
    assert drift("--state", "prod.tfstate", "--markdown").out.startswith("#")


def test_no_color_is_respected_at_a_terminal(
    shop: dict[str, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    disturb(shop)
    for name, value in (("NO_COLOR", "1"), ("TERM", "xterm-256color"), ("COLUMNS", "100")):
        monkeypatch.setenv(name, value)
    raw = _at_a_terminal("drift", "--state", "prod.tfstate", "--no-who")
    assert "aws_sqs_queue" in raw
    assert re.findall(r"\x1b\[[0-9;]*3[0-7]m", raw) == []


def _at_a_terminal(*arguments: str) -> str:
    chunks: list[bytes] = []
    child, end = pty.fork()
    if child == 0:
        os.execv(str(SRE), [str(SRE), *arguments])  # noqa: S606 - the program itself
    try:
        while data := os.read(end, 65536):
            chunks.append(data)
    except OSError:
        os.waitpid(child, 0)
    finally:
        os.close(end)
    return b"".join(chunks).decode("utf-8", errors="replace")


@pytest.mark.parametrize("call", ["sqs:.*", "sts:.*", "cloudtrail:.*"])
def test_ctrl_c_ends_at_once_and_leaves_nothing(
    call: str, shop: dict[str, World], way: Faults
) -> None:
    disturb(shop)
    way.add(matching(call, hanging(30)))
    if call.startswith("sts"):
        write(state_of([Thing(type="aws_vpc", name="x", attributes={"id": "vpc-1"})]))
    before = set(Path().rglob("*"))
    process = subprocess.Popen(
        [str(SRE), "drift", "--state", "prod.tfstate", *OUTPUTS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not any(re.fullmatch(call, name) for name in way.seen):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    asked = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - asked < 25
    assert process.returncode == 130
    assert (out, "Traceback" in err) == ("", False)
    assert set(Path().rglob("*")) == before


def test_ten_thousand_findings_do_not_take_minutes() -> None:
    changes = [
        {
            "address": f'aws_sqs_queue.q["{number}"]',
            "mode": "managed",
            "type": "aws_sqs_queue",
            "name": "q",
            "index": str(number),
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {
                "actions": ["update"],
                "before": {
                    "id": f"https://sqs/1/q{number}",
                    "delay_seconds": 0,
                    "tags": {"a": "b"},
                },
                "after": {"id": f"https://sqs/1/q{number}", "delay_seconds": 9, "tags": {"a": "c"}},
                "before_sensitive": {},
                "after_sensitive": {},
            },
        }
        for number in range(5000)
    ]
    values = [
        {**{k: v for k, v in each.items() if k != "change"}, "values": each["change"]["before"]}  # type: ignore[index]
        for each in changes
    ]
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "prior_state": {"values": {"root_module": {"resources": values}}},
        "resource_drift": changes,
    }
    done = drift("--state", write(plan, "plan.json"), *OUTPUTS)
    assert done.code == 2, done.err
    assert done.out.count("delay_seconds") == 5000
