"""The way into many accounts: the usual credentials, a profile, or a role; or what was tried."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import boto3
import pytest
from botocore.credentials import SSOProvider
from tests.cloud.faults import (
    Answer,
    Call,
    Faults,
    Next,
    bad_way,
    denied,
    matching,
    signed_by,
    unknown_key,
)
from tests.cloud.server import REGION, Account, account

from sreagent.clients.aws import AwsCloud
from sreagent.clients.aws_accounts import ways
from sreagent.clients.aws_estate import AwsEstate
from sreagent.clients.clock import SystemClock
from sreagent.domain.drift import Place
from sreagent.domain.errors import BadSettings, Forbidden, SreError

USUAL, OTHER, THIRD = "123456789012", "210987654321", "333333333333"
Enter = Callable[[str], AwsCloud]


@pytest.fixture(scope="module")
def moto() -> Iterator[Account]:
    with account(images=False) as running:
        yield running


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """The usual access key, of the usual account."""
    key = secrets.token_hex(8)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secrets.token_hex(8))
    return key


@pytest.fixture
def way(moto: Account) -> Iterator[Faults]:
    with bad_way(moto.url) as faults:
        yield faults


def entering(way: Faults, role: str = "") -> Enter:
    return ways(profile="", region=REGION, endpoint=way.url, timeout=10, role=role)


def credentials(moto: Account, account_: str) -> dict[str, str]:
    """Such of another account, as its own people have them."""
    sts = boto3.client(
        "sts",
        region_name=REGION,
        endpoint_url=moto.url,
        aws_access_key_id="pretend",
        aws_secret_access_key=secrets.token_hex(8),
    )
    role = f"arn:aws:iam::{account_}:role/anybody"
    given: dict[str, str] = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return given


def configure(*lines: str) -> None:
    path = Path.home() / ".aws" / "config"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")


def profile(name: str, given: dict[str, str], *more: str) -> tuple[str, ...]:
    return (
        f"[profile {name}]",
        f"aws_access_key_id = {given['AccessKeyId']}",
        f"aws_secret_access_key = {given['SecretAccessKey']}",
        f"aws_session_token = {given['SessionToken']}",
        *more,
    )


def test_the_usual_credentials_are_of_their_account_and_of_no_account(
    way: Faults, key: str
) -> None:
    del key
    enter = entering(way)
    assert enter(USUAL).account == USUAL
    assert enter("").account == USUAL


def test_a_profile_with_a_role_of_the_account_leads_into_it(way: Faults, key: str) -> None:
    del key
    configure(
        "[profile shop]",
        f"role_arn = arn:aws:iam::{OTHER}:role/reader",
        "source_profile = base",
        f"endpoint_url = {way.url}",
        f"region = {REGION}",
        "[profile base]",
        "aws_access_key_id = pretend",
        "aws_secret_access_key = pretend",
        f"endpoint_url = {way.url}",
        f"region = {REGION}",
    )
    assert entering(way)(OTHER).account == OTHER


def test_a_profile_of_sso_that_names_the_account_leads_into_it(
    way: Faults, moto: Account, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del key
    given = credentials(moto, OTHER)
    until = SystemClock().now() + timedelta(hours=1)

    def portal(call: Call, _: Next) -> Answer | None:
        if "/federation/credentials" not in call.path:
            return None
        assert f"account_id={OTHER}" in call.path
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        said = {name[0].lower() + name[1:]: given[name] for name in names}
        body = {"roleCredentials": {**said, "expiration": int(until.timestamp() * 1000)}}
        return Answer(status=200, body=json.dumps(body).encode())

    way.add(portal)
    start = "https://acme.example/start"
    configure(
        "[profile shop]",
        f"sso_start_url = {start}",
        f"sso_region = {REGION}",
        f"sso_account_id = {OTHER}",
        "sso_role_name = reader",
        f"endpoint_url = {way.url}",
        f"region = {REGION}",
    )
    name = hashlib.sha1(start.encode(), usedforsecurity=False).hexdigest()
    cache = Path.home() / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    # The SDK looked for the home when it was loaded.
    monkeypatch.setattr(SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(cache))
    token = {
        "startUrl": start,
        "region": REGION,
        "accessToken": secrets.token_hex(8),
        "expiresAt": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    (cache / f"{name}.json").write_text(json.dumps(token), encoding="utf-8")
    assert entering(way)(OTHER).account == OTHER


def test_the_role_is_assumed_where_no_profile_leads(way: Faults, key: str) -> None:
    del key
    found = entering(way, role="/ops/reader")(OTHER)
    assert found.account == OTHER
    assert way.seen["sts:AssumeRole"] == 1


def test_a_profile_comes_before_the_role(way: Faults, moto: Account, key: str) -> None:
    del key
    lines = profile("shop", credentials(moto, OTHER), f"sso_account_id = {OTHER}")
    more = ("sso_start_url = https://a.example", f"sso_region = {REGION}", "sso_role_name = x")
    configure(*lines, *more)
    # Its login is over: the role is taken.
    assert entering(way, role="reader")(OTHER).account == OTHER
    assert way.seen["sts:AssumeRole"] == 1


def test_wrong_usual_credentials_do_not_close_the_way_of_a_profile(
    way: Faults, moto: Account, key: str
) -> None:
    way.add(signed_by(key, unknown_key))
    given = credentials(moto, OTHER)
    configure(
        "[profile shop]",
        f"role_arn = arn:aws:iam::{OTHER}:role/reader",
        "source_profile = base",
        f"endpoint_url = {way.url}",
        f"region = {REGION}",
        *profile("base", given, f"endpoint_url = {way.url}", f"region = {REGION}"),
    )
    assert entering(way)(OTHER).account == OTHER


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        pytest.param((), "", id="no profile"),
        pytest.param(
            (f"role_arn = arn:aws:iam::{OTHER}:role/x", "source_profile = absent"),
            "the profile shop",
            id="no source",
        ),
        pytest.param((f"sso_account_id = {OTHER}",), "the profile shop", id="half of SSO"),
        pytest.param((f"role_arn = arn:aws:iam::{OTHER}:role/x",), "the profile shop", id="alone"),
    ],
)
def test_where_nothing_leads_the_error_says_what_was_tried_and_what_to_do(
    lines: tuple[str, ...], why: str, way: Faults, key: str
) -> None:
    del key
    configure("[profile shop]", *lines, f"region = {REGION}")
    with pytest.raises(Forbidden) as caught:
        entering(way)(OTHER)
    assert f"no AWS credentials for account {OTHER}" in caught.value.message
    assert USUAL in caught.value.message
    assert why in caught.value.why
    assert "SRE_AWS_ROLE" in caught.value.hint


def test_a_profile_that_leads_elsewhere_is_not_taken(way: Faults, key: str) -> None:
    del key
    configure(
        "[profile shop]",
        f"role_arn = arn:aws:iam::{OTHER}:role/reader",
        "source_profile = base",
        f"endpoint_url = {way.url}",
        f"region = {REGION}",
        "[profile base]",
        "aws_access_key_id = pretend",
        "aws_secret_access_key = pretend",
    )

    def elsewhere(call: Call, honest: Next) -> Answer | None:
        if OTHER.encode() not in call.body:
            return None
        changed = call.body.replace(OTHER.encode(), THIRD.encode())
        headers = {n: v for n, v in call.headers.items() if n.lower() != "content-length"}
        del honest
        return way.honest(Call(method="POST", path="/", body=changed, headers=headers))

    way.add(matching("sts:AssumeRole", elsewhere))
    with pytest.raises(Forbidden, match="no AWS credentials") as caught:
        entering(way)(OTHER)
    assert f"the profile shop leads to {THIRD}" in caught.value.why


def test_a_role_that_may_not_be_assumed_is_told(way: Faults, key: str) -> None:
    del key
    way.add(matching("sts:AssumeRole", denied))
    with pytest.raises(Forbidden) as caught:
        entering(way, role="reader")(OTHER)
    assert "role/reader cannot be assumed" in caught.value.message
    assert "AccessDenied" in caught.value.why
    assert "trust" in caught.value.hint


def test_without_any_credentials_each_account_says_so(
    way: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(SreError) as caught:
        entering(way, role="reader")(OTHER)
    assert f"no AWS credentials for account {OTHER}" in caught.value.message
    assert "the usual credentials" in caught.value.why
    assert "sts:AssumeRole" not in way.seen


def test_a_wrong_usual_profile_is_told_at_once(way: Faults) -> None:
    with pytest.raises(BadSettings, match="absent"):
        ways(profile="absent", region=REGION, endpoint=way.url, timeout=10, role="")


def test_an_account_is_entered_once_whatever_it_said(way: Faults, key: str) -> None:
    del key
    way.add(matching("sts:AssumeRole", denied))
    estate = AwsEstate(entering(way, role="reader"))

    def queues(of: str) -> list[Any]:
        return list(estate.pages(Place(account=of, region=REGION), "sqs", "ListQueues", {}))

    for _ in range(3):
        with pytest.raises(Forbidden):
            queues(OTHER)
    assert queues(USUAL)
    assert way.seen["sts:AssumeRole"] == 1
    assert set(estate.closed()) == {OTHER}


def test_an_account_whose_login_is_slow_keeps_no_other_waiting(
    way: Faults, moto: Account, key: str
) -> None:
    del key
    slow, quick = credentials(moto, OTHER), credentials(moto, THIRD)
    asked, go_on = Event(), Event()

    def wait(call: Call, _: Next) -> None:
        if call.key == slow["AccessKeyId"]:
            asked.set()
            assert go_on.wait(20)

    way.add(matching("sts:GetCallerIdentity|sts:AssumeRole", wait))
    configure(*by_profile(OTHER, slow, way), *by_profile(THIRD, quick, way))
    estate = AwsEstate(entering(way))

    def queues(of: str) -> list[Any]:
        return list(estate.pages(Place(account=of, region=REGION), "sqs", "ListQueues", {}))

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(queues, OTHER)
        try:
            assert asked.wait(20)
            assert queues(THIRD)
            assert queues(USUAL)
            assert not late.done()
        finally:
            go_on.set()
        assert late.result(20)


def by_profile(account_: str, given: dict[str, str], way: Faults) -> tuple[str, ...]:
    """A role of an account, taken on with these credentials."""
    of_server = (f"endpoint_url = {way.url}", f"region = {REGION}")
    return (
        f"[profile to-{account_}]",
        f"role_arn = arn:aws:iam::{account_}:role/reader",
        f"source_profile = from-{account_}",
        *of_server,
        *profile(f"from-{account_}", given, *of_server),
    )


def test_usual_credentials_that_are_none_are_tried_once_for_all_accounts(
    way: Faults, key: str
) -> None:
    way.add(signed_by(key, unknown_key))
    enter = entering(way, role="reader")
    for account_ in (USUAL, OTHER, THIRD):
        with pytest.raises(Forbidden, match=f"no AWS credentials for account {account_}") as caught:
            enter(account_)
        assert "InvalidClientTokenId" in caught.value.why
    assert way.seen["sts:GetCallerIdentity"] == 1
