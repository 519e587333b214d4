"""A secret of a state is hidden wherever it turns up, in whatever spelling."""

import base64
import json
import secrets
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from sreagent.domain.drift import Author, Changed, Coverage, DriftReport, Extent, Trouble
from sreagent.drift.masks import Masks, is_secret
from sreagent.drift.state.managed import Managed, State


def state_of(secret: object, path: str = "password", **attributes: object) -> State:
    managed = Managed(
        address="aws_db_instance.main",
        type="aws_db_instance",
        name="main",
        attributes={"password": secret, **attributes},
        sensitive=(path,),
    )
    return State(source="x", resources=(managed,))


def word() -> str:
    """A random secret with letters that are written in other ways elsewhere."""
    return f'{secrets.token_hex(6)}"/+ é\\{secrets.token_hex(4)}'


@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(str, id="plain"),
        pytest.param(lambda s: f"postgres://app:{quote(s, safe='')}@db/shop", id="address"),
        pytest.param(lambda s: json.dumps({"Statement": [{"Sid": s}]}), id="policy"),
        pytest.param(lambda s: json.dumps(json.dumps({"Sid": s})), id="policy in a text"),
        pytest.param(lambda s: base64.b64encode(f"user:{s}".encode()).decode(), id="base64"),
        pytest.param(lambda s: {"team": s}, id="tag"),
        pytest.param(lambda s: [[{"x": [f"a {s} b"]}]], id="deep"),
    ],
)
def test_a_known_secret_is_hidden_in_any_spelling(spell: object) -> None:
    assert callable(spell)
    secret = word()
    masks = Masks([state_of(secret)])
    told = json.dumps(masks.hidden(spell(secret)), ensure_ascii=False)
    assert "(hidden " in told
    assert secret[:12] not in told
    assert base64.b64encode(secret.encode()).decode()[4:12] not in told


@pytest.mark.parametrize(
    ("attributes", "path"),
    [
        pytest.param({"env": {"example.com/key": "SECRET"}}, "env.example.com/key", id="dots"),
        pytest.param({"env": [{"x": "SECRET"}]}, "env[0].x", id="list"),
        pytest.param({"env": [{"x": "SECRET"}]}, "env", id="all of it"),
        pytest.param({"file": json.dumps({"password": "SECRET"})}, "file", id="document"),
        pytest.param({"pem": "-----BEGIN KEY-----\nSECRET\n-----END KEY-----"}, "pem", id="lines"),
    ],
)
def test_a_secret_is_found_where_the_state_marks_it(attributes: object, path: str) -> None:
    secret = secrets.token_hex(12)
    assert isinstance(attributes, dict)
    text = json.dumps(attributes).replace("SECRET", secret)
    masks = Masks([state_of("", path, **json.loads(text))])
    assert secret not in masks.hidden(f"see {secret}!")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param({"name": "DB_PASSWORD", "value": "SECRET"}, "DB_PASSWORD", id="pair"),
        pytest.param([{"Key": "api_token", "Value": "SECRET"}], "api_token", id="capitals"),
        pytest.param('[{"environment":[{"name":"PGPASSWORD","value":"SECRET"}]}]', "PG", id="json"),
        pytest.param("postgres://app:SECRET@db.example.com/shop", "db.example.com", id="address"),
        pytest.param("--port 1 --db-password SECRET", "--port 1", id="flag"),
        pytest.param('{"password": "SECRET", "size": 3}', "size", id="member"),
    ],
)
def test_a_secret_that_no_state_knows_is_hidden_by_its_name(value: object, kept: str) -> None:
    secret = secrets.token_hex(12)
    spelled = json.loads(json.dumps(value).replace("SECRET", secret))
    told = json.dumps(Masks([]).hidden(spelled))
    assert secret not in told
    assert kept in told


def test_a_text_without_secrets_stays_as_it_is() -> None:
    masks = Masks([state_of(secrets.token_hex(12))])
    policy = '{ "Version": "2012-10-17",\n "Statement": [] }'
    for text in (policy, "10.0.0.0/8", "arn:aws:sqs:eu-central-1:123456789012:orders", ""):
        assert masks.hidden(text) == text


def test_an_index_in_reality_is_another_than_in_the_state() -> None:
    (managed,) = state_of("", "rule[0].content", rule=[{"content": "x"}]).resources
    assert is_secret(managed, "rule[3].content")
    assert is_secret(managed, "rule")
    assert not is_secret(managed, "rule[3].port")
    assert not is_secret(managed, "rules")


def test_nothing_in_a_report_tells_a_secret() -> None:
    secret = secrets.token_hex(12)
    changed = Changed(
        address="aws_sqs_queue.q",
        type="aws_sqs_queue",
        id="q",
        path="delay",
        before=1,
        after=2,
        why=f"because {secret}",
        author=Author(who=f"jo {secret}", when=None, event=secret, why=f"said {secret}"),
    )
    report = DriftReport(
        at=datetime(2026, 11, 21, tzinfo=UTC),
        changed=(changed,),
        coverage=(Coverage(type="aws_x", extent=Extent.PARTIAL, why=f"no {secret}"),),
        errors=(Trouble(what=secret, message=secret, hint=secret),),
    )
    told = Masks([state_of(secret)]).over(report)
    assert secret not in repr(told)
    assert told.changed[0].severity is changed.severity
    assert told.coverage[0].extent is Extent.PARTIAL
    assert told.at == report.at


def test_thousands_of_secrets_do_not_make_it_slow() -> None:
    states = [state_of(secrets.token_hex(12)) for _ in range(3000)]
    masks = Masks(states)
    text = "arn:aws:iam::123456789012:role/some-role with a longer text beside it"
    assert {masks.hidden(f"{text} {number}") for number in range(5000)} == {
        f"{text} {number}" for number in range(5000)
    }
