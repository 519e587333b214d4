"""A running OPA is asked as its data API wants it, and no answer is a no."""

import json
from collections.abc import Iterator

import pytest
from tests.clients.servers import HTML, Reply, Server, reply, serving

from sreagent.clients.opa import OpaServer
from sreagent.domain.errors import Forbidden, Unreachable
from sreagent.domain.verdict import Ask, Deny
from sreagent.policy.tightening import tightened

PATH = "/v1/data/sreagent/decision"
BOUNDED = Ask("tier/scale", "scaling", bounded=True)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def opa(server: Server) -> OpaServer:
    return OpaServer(f"{server.url}{PATH}", timeout=0.5)


def test_the_input_is_posted_and_the_result_is_the_answer(server: Server) -> None:
    server.on(PATH, reply({"result": "ask"}))
    assert opa(server)({"action": {"verb": "scale"}}) == "ask"
    asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", PATH)
    assert json.loads(asked.body) == {"input": {"action": {"verb": "scale"}}}


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        pytest.param(reply({"result": "allow"}), "tier/scale", id="allow"),
        pytest.param(reply({"result": "ask"}), "rego/ask", id="ask"),
        pytest.param(reply({"result": "deny"}), "rego/deny", id="deny"),
        pytest.param(reply({}), "rego/answer", id="undefined"),
        pytest.param(reply({"result": True}), "rego/answer", id="truth"),
        pytest.param(reply({"result": ["allow"]}), "rego/answer", id="list"),
        pytest.param(reply({"result": "ALLOW"}), "rego/answer", id="capitals"),
        pytest.param(reply({"result": "allow "}), "rego/answer", id="space"),
        pytest.param(reply(["allow"]), "rego/no-answer", id="another-shape"),
        pytest.param(reply({"result": "allow"}, 500), "rego/no-answer", id="server-error"),
        pytest.param(reply({"result": "allow"}, 403), "rego/no-answer", id="forbidden"),
        pytest.param(
            Reply(status=302, headers={"Location": "/elsewhere"}), "rego/no-answer", id="redirect"
        ),
        pytest.param(Reply(body=HTML), "rego/no-answer", id="login-page"),
        pytest.param(Reply(body=b'{"result": "al', missing=4), "rego/no-answer", id="cut-off"),
        pytest.param(Reply(dropped=True), "rego/no-answer", id="hung-up"),
        pytest.param(reply({"result": "allow"}, delay=2.0), "rego/no-answer", id="too-slow"),
    ],
)
def test_only_an_exact_allow_leaves_the_verdict_as_it_is(
    server: Server, answer: Reply, rule: str
) -> None:
    server.on(PATH, answer)
    verdict = tightened(BOUNDED, opa(server), {})
    assert verdict.rule == rule
    assert isinstance(verdict, Deny) is rule.startswith(("rego/no", "rego/answer", "rego/deny"))


def test_a_server_that_is_not_there_is_a_no() -> None:
    with serving() as gone:
        client = opa(gone)
    with pytest.raises(Unreachable):
        client({})
    assert isinstance(tightened(BOUNDED, client, {}), Deny)


def test_a_refusal_is_told_apart_from_silence(server: Server) -> None:
    server.on(PATH, reply({"message": "no"}, 401))
    with pytest.raises(Forbidden):
        opa(server)({})


def test_what_is_denied_already_is_not_asked_about(server: Server) -> None:
    denied = Deny("halt", "stopped")
    assert tightened(denied, opa(server), {}) is denied
    assert server.asked == []
