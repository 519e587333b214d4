"""`sre doctor`: what answers, what does not, and what to type."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.programs import Done, sre

from sreagent.cli.checkup import Check, State, check_model
from sreagent.cli.doctor import exit_of, lines
from sreagent.clients.clock import SystemClock
from sreagent.clients.model import LiteLlmModel
from sreagent.clients.model_loading import Loading
from sreagent.domain.errors import Exit
from sreagent.settings import state_folder
from sreagent.simulator import Simulation
from sreagent.simulator.chat_site import ChatSite, chat

READY = {"calls": [{"name": "ready", "arguments": {"word": "ok"}}]}


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulation]:
    with Simulation.start("bad-deploy") as simulation:
        yield simulation


@pytest.fixture
def site() -> Iterator[ChatSite]:
    with chat([READY], key=KEY) as site:
        yield site


@pytest.fixture(scope="module")
def loading() -> Loading:
    return Loading()


KEY = secrets.token_hex(16)


def doctor(simulation: Simulation, *more: str, **env: str) -> Done:
    where = ("--kubeconfig", str(simulation.kubeconfig), "--prometheus", simulation.prometheus_url)
    alerts = ("--alertmanager", simulation.alertmanager_url)
    return sre("doctor", *where, *alerts, "-n", "shop", *more, env=env)


def by_name(done: Done) -> dict[str, Any]:
    return {check["name"]: check for check in done.json["checks"]}


def test_everything_answers(sim: Simulation, site: ChatSite) -> None:
    done = doctor(sim, "--model", "scripted", SRE_MODEL_URL=site.url, SRE_MODEL_KEY=KEY)
    assert (done.code, done.err) == (0, "")
    names = [line.split()[1] for line in done.out.splitlines() if line[0] in "✓✗–"]  # noqa: RUF001
    assert names == [
        *("cluster", "prometheus", "alertmanager", "aws"),
        *("policy", "changes", "state", "model"),
    ]
    assert "✗" not in done.out
    assert "calls tools" in done.out
    assert "\x1b" not in done.out
    assert KEY not in done.out
    assert len(site.requests) == 1


def test_one_json_object_tells_the_same(sim: Simulation) -> None:
    done = doctor(sim, "--json")
    assert (done.code, done.json["fine"]) == (0, True)
    checks = by_name(done)
    assert checks["cluster"]["state"] == "fine"
    assert "context admin" in checks["cluster"]["said"]
    assert checks["aws"]["state"] == "unused"
    assert checks["model"]["state"] == "unused"
    assert "SRE_MODEL" in checks["model"]["hint"]
    assert checks["state"]["said"].startswith(str(state_folder()))


def test_what_does_not_answer_is_marked_and_the_rest_is_checked(sim: Simulation) -> None:
    done = sre("doctor", "--kubeconfig", str(sim.kubeconfig), "--prometheus", "http://127.0.0.1:9")
    assert done.code == 1
    broken = [line for line in done.out.splitlines() if line.startswith("✗")]
    assert len(broken) == 1
    assert "prometheus" in broken[0]
    assert "http://127.0.0.1:9" in broken[0]
    assert "✓ cluster" in done.out


def test_a_key_that_is_missing_is_named_with_its_variable(sim: Simulation) -> None:
    done = doctor(sim, "--model", "anthropic/claude-sonnet-4-5")
    assert done.code == 1
    assert "try: export ANTHROPIC_API_KEY=..." in done.out


def test_a_policy_that_cannot_be_used_is_a_matter_of_settings(sim: Simulation) -> None:
    Path("policy.yaml").write_text("version: 1\nautonmy: x\n", encoding="utf-8")
    done = doctor(sim, "--json", SRE_POLICY="policy.yaml")
    assert done.code == 2
    assert by_name(done)["policy"]["state"] == "broken"
    assert by_name(done)["cluster"]["state"] == "fine"


def test_a_state_folder_that_cannot_be_written_is_named(sim: Simulation) -> None:
    Path("file").write_text("", encoding="utf-8")
    done = doctor(sim, "--json", XDG_STATE_HOME=str(Path("file").absolute()))
    assert done.code == 1
    assert "XDG_STATE_HOME" in by_name(done)["state"]["hint"]


def test_stopped_changes_are_told(sim: Simulation) -> None:
    done = doctor(sim, "--json", SRE_HALT="database failover")
    assert done.code == 0
    assert "database failover" in by_name(done)["changes"]["said"]


def test_no_cluster_at_all_says_what_to_type() -> None:
    done = sre("doctor", "--json")
    assert done.code != 0
    assert by_name(done)["cluster"]["hint"]


def scripted(site: ChatSite, loading: Loading, name: str = "scripted") -> Check:
    clock = SystemClock()
    model = LiteLlmModel(name=name, url=site.url, key=KEY, loading=loading, clock=clock)
    return check_model(model, clock)


def test_a_model_is_asked_one_small_question(site: ChatSite, loading: Loading) -> None:
    check = scripted(site, loading)
    assert (check.state, check.name) == (State.FINE, "scripted")
    assert "reads 32,768 tokens" in check.said
    assert "price unknown" in check.said
    (request,) = site.requests
    assert len(json.dumps(request.body)) < 700
    assert request.body["max_tokens"] <= 64


def test_a_model_with_a_price_says_so(site: ChatSite, loading: Loading) -> None:
    assert "price known" in scripted(site, loading, "openai/gpt-4o").said


def test_a_model_without_tools_is_fine_and_asked_otherwise(
    site: ChatSite, loading: Loading
) -> None:
    site.load({"tools": False, "turns": [{"text": "ok"}]})
    check = scripted(site, loading)
    assert check.state is State.FINE
    assert "JSON" in check.said


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        pytest.param({"text": "Sure! I am ready."}, "SRE_MODEL_TOOLS=no", id="only-talks"),
        pytest.param({"status": 401}, "SRE_MODEL_KEY", id="wrong-key"),
        pytest.param({"status": 404}, "/models", id="no-such-model"),
    ],
)
def test_a_model_that_is_of_no_use_says_what_to_type(
    site: ChatSite, loading: Loading, turn: Any, words: str
) -> None:
    site.load([turn])
    check = scripted(site, loading)
    assert check.state is State.BROKEN
    assert words in check.hint
    assert KEY not in f"{check}"


def check(state: State, *, settings: bool = False) -> Check:
    return Check(name="x", state=state, said="said", why="why", hint="hint", settings=settings)


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        pytest.param([check(State.FINE), check(State.UNUSED)], Exit.OK, id="all-fine"),
        pytest.param([check(State.FINE), check(State.BROKEN)], Exit.FAILED, id="one-is-broken"),
        pytest.param(
            [check(State.BROKEN), check(State.BROKEN, settings=True)], Exit.USAGE, id="settings"
        ),
    ],
)
def test_what_the_shell_learns(checks: list[Check], code: Exit) -> None:
    assert exit_of(checks) is code


def test_each_check_is_one_line_and_its_advice_stands_below() -> None:
    first, why, hint = lines(check(State.BROKEN))
    assert first.startswith("✗ x ")
    assert (why.strip(), hint.strip()) == ("why", "hint")
