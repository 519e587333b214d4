"""A run as spans, taken by a collector that reads them with OpenTelemetry's own messages."""

import builtins
import json
import secrets
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.clients.servers import Reply, Server, serving

from sreagent.cli.person import Nobody
from sreagent.clients.traces import provider, short
from sreagent.domain.alert import Alert
from sreagent.domain.errors import BadSettings
from sreagent.settings import Settings, load
from sreagent.simulator import Simulation
from sreagent.simulator.chat_site import chat
from sreagent.wiring import runs

messages = pytest.importorskip(
    "opentelemetry.proto.collector.trace.v1.trace_service_pb2",
    reason="the extra `otel` is not installed",
)
pytest.importorskip("opentelemetry.exporter.otlp", reason="the extra `otel` is not installed")

PATH = "/v1/traces"
ALERT = Alert(name="KubePodCrashLooping shop/checkout", status="firing")
CRASH = "{{evidence:broken logs: pod shop/checkout}}"
SAID = "checkout revision 2 needs PAYMENT_PROVIDERS, which is set nowhere"
CONCLUSION = {
    "root_cause": SAID,
    "entity": "Deployment/shop/checkout",
    "category": "deployment",
    "confidence": 0.95,
    "evidence": [CRASH],
}


def calls(name: str, **arguments: Any) -> dict[str, Any]:
    return {"calls": [{"name": name, "arguments": arguments}]}


SCRIPT = [
    {
        "text": "Let me see the pods.",
        "calls": [
            {"name": "look", "arguments": {"lines": ["kubectl -n shop get pods"]}},
            {"name": "read", "arguments": {"evidence": "E99"}},
        ],
    },
    calls("conclude", **CONCLUSION),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Simulation]:
    with Simulation.start("bad-deploy") as simulation:
        yield simulation


@pytest.fixture
def collector() -> Iterator[Server]:
    with serving() as server:
        server.on(PATH, Reply(body=b"", headers={"Content-Type": "application/x-protobuf"}))
        yield server


def investigated(cluster: Simulation, script: Any = None, **more: Any) -> runs.Run:
    """A run to its end, with a scripted model when there is a script."""
    kept = {"kubeconfig": str(cluster.kubeconfig), "prometheus": cluster.prometheus_url, **more}
    if script is None:
        return followed(Settings(**kept))
    with chat(script) as site:
        return followed(Settings(**kept, model="openai/sim", model_url=site.url))


def followed(settings: Settings) -> runs.Run:
    wishes = runs.Wishes(read_only=True)
    with runs.investigation(ALERT, settings, wishes, Nobody("tester", yes=False)) as run:
        for _ in run.happenings():
            pass
        return run


class Span:
    """One span as it arrived."""

    def __init__(self, told: Any) -> None:
        self.name: str = told.name
        self.id: bytes = told.span_id
        self.trace: bytes = told.trace_id
        self.parent: bytes = told.parent_span_id
        self.began: int = told.start_time_unix_nano
        self.ended: int = told.end_time_unix_nano
        self.kind: int = told.kind
        self.failed: bool = told.status.code == 2
        self.about = {one.key: value(one.value) for one in told.attributes}
        self.events = [event.name for event in told.events]


def value(told: Any) -> Any:
    kind = told.WhichOneof("value")
    if kind == "array_value":
        return [value(one) for one in told.array_value.values]
    return getattr(told, kind)


def spans(collector: Server) -> list[Span]:
    found = []
    for asked in collector.asked:
        assert (asked.method, asked.path) == ("POST", PATH)
        request = messages.ExportTraceServiceRequest.FromString(asked.body)
        for part in request.resource_spans:
            names = {one.key: value(one.value) for one in part.resource.attributes}
            assert names["service.name"] == "sreagent"
            found += [Span(one) for scope in part.scope_spans for one in scope.spans]
    return sorted(found, key=lambda one: one.began)


def test_a_run_is_one_tree_with_its_looks_and_the_answers_of_its_model(
    cluster: Simulation, collector: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", secrets.token_hex(16))
    run = investigated(cluster, SCRIPT, traces=collector.url)
    assert run.untraced == ""
    found = spans(collector)
    (root,) = [one for one in found if not one.parent]
    by_id = {one.id: one for one in found}
    assert root.name == "invoke_agent sreagent"
    assert {one.trace for one in found} == {root.trace}
    assert {one.about["sreagent.incident.id"] for one in found} == {run.incident.id}
    assert all(one.parent in by_id for one in found if one is not root)
    assert all(by_id[o.parent].began <= o.began <= o.ended for o in found if o.parent)
    assert root.about["sreagent.outcome"] == run.incident.outcome.value
    assert "sreagent.concluded" in root.events

    turns = [one for one in found if one.about["gen_ai.operation.name"] == "chat"]
    assert [one.name for one in turns] == ["chat sim", "chat sim"]
    first = turns[0].about
    assert turns[0].kind == 3
    assert first["gen_ai.provider.name"] == "openai"
    assert first["gen_ai.request.model"] == "sim"
    assert first["gen_ai.usage.input_tokens"] > 100
    taken = sum(one.about["gen_ai.usage.output_tokens"] for one in turns)
    assert taken == run.incident.model_usage.answer == root.about["gen_ai.usage.output_tokens"]

    (look,) = [one for one in found if one.name == "execute_tool look"]
    below = [one for one in found if one.parent == look.id]
    assert [one.about["sreagent.command"] for one in below] == ["kubectl -n shop get pods"]
    (read,) = [one for one in found if one.name == "execute_tool read"]
    assert read.failed
    assert read.about["sreagent.invented"] == "evidence"
    of_rules = [one for one in found if one.name == "execute_tool kubernetes"]
    assert of_rules


def test_the_rules_alone_are_traced_too(cluster: Simulation, collector: Server) -> None:
    investigated(cluster, traces=f"{collector.url}{PATH}")
    names = {one.name.split()[0] for one in spans(collector)}
    assert names == {"invoke_agent", "execute_tool"}


@pytest.mark.parametrize("wanted", ["", "yes"])
def test_what_was_said_is_in_spans_only_when_it_is_wanted(
    cluster: Simulation, collector: Server, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", secrets.token_hex(16))
    script = [calls("look", lines=["kubectl -n shop get pods"]), calls("conclude", **CONCLUSION)]
    script[0]["text"] = f"the login is password={secrets.token_hex(12)}"
    run = investigated(cluster, script, traces=collector.url, traces_content=wanted)
    sent = "".join(str(one.about) for one in spans(collector))
    for text in (SAID, "the login is", "RULES SAY"):
        assert (text in sent) == bool(wanted)
    assert script[0]["text"] not in sent
    if wanted:
        turn = next(o for o in spans(collector) if "gen_ai.output.messages" in o.about)
        (told,) = json.loads(turn.about["gen_ai.output.messages"])
        assert told["role"] == "assistant"
        assert [part["type"] for part in told["parts"]] == ["text", "tool_call"]
    assert run.incident.concluded


def test_a_model_that_never_answers_is_a_span_with_an_error(
    cluster: Simulation, collector: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", secrets.token_hex(16))
    investigated(cluster, [{"status": 401, "repeat": True}], traces=collector.url)
    (turn,) = [one for one in spans(collector) if one.name.startswith("chat")]
    assert turn.failed
    assert turn.about["error.type"] == "no_answer"


def nobody_listens() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        pytest.param(None, "did not take them", id="nobody-there"),
        pytest.param(Reply(status=400), "did not take them", id="refused"),
        pytest.param(Reply(delay=20), "within 1 s", id="silent"),
        pytest.param(Reply(dropped=True), "did not take them", id="hangs-up"),
    ],
)
def test_a_collector_that_takes_nothing_costs_a_second_at_most(
    cluster: Simulation, collector: Server, reply: Reply | None, told: str
) -> None:
    collector.on(PATH, *([reply] if reply else []))
    url = collector.url if reply else nobody_listens()
    run = investigated(cluster, traces=url)
    assert told in run.untraced
    assert run.incident.concluded
    closed = run.incident.closed_at
    assert closed is not None
    assert run.case.clock.now() - closed < timedelta(seconds=2)


def test_a_login_in_the_address_is_told_nobody(cluster: Simulation) -> None:
    password = secrets.token_hex(8)
    url = nobody_listens().replace("//", f"//someone:{password}@")
    assert password not in investigated(cluster, traces=url).untraced


def test_missing_packages_are_told_in_a_line_and_the_run_goes_on(
    cluster: Simulation, collector: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("opentelemetry.exporter"):
            raise ImportError(name)
        return whole(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    run = investigated(cluster, traces=collector.url)
    assert "pip install 'sreagent[otel]'" in run.untraced
    assert "\n" not in run.untraced
    assert run.incident.concluded
    assert collector.asked == []


@pytest.mark.parametrize(
    ("name", "named", "model"),
    [
        pytest.param("anthropic/claude-x", "anthropic", "claude-x", id="same-name"),
        pytest.param("bedrock/eu.some:0", "aws.bedrock", "eu.some:0", id="bedrock"),
        pytest.param("azure/team/one", "azure.ai.openai", "team/one", id="azure"),
        pytest.param("local", "_OTHER", "local", id="server-of-ones-own"),
    ],
)
def test_providers_have_the_names_of_opentelemetry(name: str, named: str, model: str) -> None:
    assert (provider(name), short(name)) == (named, model)


def test_the_usual_variable_of_opentelemetry_turns_traces_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert load({}).traces == "http://127.0.0.1:4318"
    monkeypatch.setenv("SRE_TRACES", "http://127.0.0.1:4319")
    assert load({}).traces == "http://127.0.0.1:4319"
    monkeypatch.setenv("SRE_TRACES", "collector:4317")
    with pytest.raises(BadSettings, match="not an address"):
        load({})
