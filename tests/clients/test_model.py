"""Any model that litellm reaches: what it says, and what becomes of everything that goes wrong."""

import json
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.clients.servers import HTML, Reply, serving

from sreagent.clients.model import BROKEN_OFF, LiteLlmModel
from sreagent.clients.model_loading import Loading
from sreagent.domain.conversation import Completion, Message, Speaker, Stop, ToolCall, ToolSpec
from sreagent.domain.errors import (
    BadSettings,
    Forbidden,
    NotFound,
    Refused,
    SreError,
    TimedOut,
    TooLong,
    Unreachable,
)
from sreagent.domain.secrets import disown, owned
from sreagent.simulator.chat_site import ChatSite, chat

KEY = secrets.token_hex(16)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ASKED = (
    Message(speaker=Speaker.SYSTEM, text="You look.", stable=True),
    Message(speaker=Speaker.USER, text="why is the shop down?"),
)
LOOK = ToolSpec(
    name="look",
    description="Look at a pod.",
    parameters={
        "type": "object",
        "properties": {"pod": {"type": "string"}},
        "additionalProperties": False,
    },
)


@dataclass(slots=True)
class Clock:
    """Time that passes when somebody waits."""

    waits: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.waits)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture(scope="module")
def loading() -> Loading:
    """What every test here uses, and no test waits for: a busy machine loads it for long."""
    loading = Loading()
    loading.wait()
    return loading


@pytest.fixture
def site() -> Iterator[ChatSite]:
    with chat([{"text": "hello"}], key=KEY) as site:
        yield site


@pytest.fixture(autouse=True)
def nobody_elses_keys() -> Iterator[None]:
    yield
    disown()


@dataclass(slots=True)
class Talk:
    """A model on the site, and what came of asking it."""

    model: LiteLlmModel
    clock: Clock
    pieces: list[str] = field(default_factory=list)

    def ask(
        self,
        messages: tuple[Message, ...] = ASKED,
        tools: tuple[ToolSpec, ...] = (LOOK,),
        *,
        limit: int = 100,
        seconds: float = 20.0,
    ) -> Completion:
        asking = self.model.ask(messages, tools, limit=limit, seconds=seconds)
        while True:
            try:
                self.pieces.append(next(asking))
            except StopIteration as end:
                answer: Completion = end.value
                return answer


@pytest.fixture
def talk(site: ChatSite, loading: Loading) -> Talk:
    clock = Clock()
    model = LiteLlmModel(name="scripted", url=site.url, key=KEY, loading=loading, clock=clock)
    return Talk(model, clock)


def named(name: str, loading: Loading, **more: Any) -> LiteLlmModel:
    return LiteLlmModel(name=name, loading=loading, clock=Clock(), **more)


def test_an_answer_is_told_as_it_comes_and_then_as_a_whole(talk: Talk, site: ChatSite) -> None:
    site.load([{"text": "the cache is full"}])
    answer = talk.ask()
    assert "".join(talk.pieces) == answer.text == "the cache is full"
    assert len(talk.pieces) > 1
    assert (answer.stop, answer.calls) == (Stop.DONE, ())
    assert answer.usage.prompt == site.requests[0].usage.prompt  # type: ignore[union-attr]
    assert answer.usage.answer > 0
    assert answer.usage.usd is None


def test_what_a_model_thinks_aloud_is_told_and_is_no_part_of_its_answer(
    talk: Talk, site: ChatSite
) -> None:
    site.load([{"thinking": "first the cache", "text": "the cache is full"}])
    answer = talk.ask()
    assert "".join(talk.pieces) == "first the cache\nthe cache is full"
    assert answer.text == "the cache is full"


def test_what_a_provider_had_in_its_cache_is_counted(talk: Talk, site: ChatSite) -> None:
    site.load([{"text": "one"}, {"text": "two"}])
    first = talk.ask()
    more = (*ASKED, Message(speaker=Speaker.ASSISTANT, text="one"))
    second = talk.ask((*more, Message(speaker=Speaker.USER, text="and?")))
    assert first.usage.cached == 0
    assert 0 < second.usage.cached < second.usage.prompt


def test_what_is_sent_is_what_was_said(talk: Talk, site: ChatSite) -> None:
    call = ToolCall(id="c1", name="look", arguments='{"pod": "web"}')
    spoken = (
        *ASKED,
        Message(speaker=Speaker.ASSISTANT, calls=(call,)),
        Message(speaker=Speaker.TOOL, text="E1 it crashed", answers="c1"),
    )
    talk.ask(spoken, limit=77)
    body = site.requests[0].body
    assert [message["role"] for message in body["messages"]] == [
        *("system", "user", "assistant", "tool")
    ]
    assert body["messages"][0]["content"] == "You look."
    assert body["messages"][2]["tool_calls"][0]["function"] == {
        "name": "look",
        "arguments": '{"pod": "web"}',
    }
    assert body["messages"][3] == {
        "role": "tool",
        "tool_call_id": "c1",
        "content": "E1 it crashed",
    }
    assert body["tools"][0]["function"]["name"] == "look"
    assert body["max_tokens"] == 77
    assert body["model"] == "scripted"


def test_a_tool_is_not_changed_by_being_offered(talk: Talk) -> None:
    talk.ask()
    assert LOOK.parameters["additionalProperties"] is False


def test_calls_with_broken_arguments_are_sent_back_as_json(talk: Talk, site: ChatSite) -> None:
    call = ToolCall(id="c1", name="look", arguments='{"pod": ')
    refused = Message(speaker=Speaker.TOOL, text="that is no JSON", answers="c1")
    talk.ask((*ASKED, Message(speaker=Speaker.ASSISTANT, calls=(call,)), refused))
    sent = site.requests[0].body["messages"][2]["tool_calls"][0]["function"]["arguments"]
    assert sent == '{"unreadable": "{\\"pod\\": "}'


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param(
            [{"name": "look", "arguments": {"pod": "a"}, "id": "x"}],
            [("x", "look", '{"pod": "a"}')],
            id="one",
        ),
        pytest.param(
            [
                {"name": "look", "arguments": {"pod": "a"}, "id": "x"},
                {"name": "look", "arguments": {"pod": "b"}, "id": "x"},
            ],
            [("x", "look", '{"pod": "a"}'), ("x", "look", '{"pod": "b"}')],
            id="two-with-one-id",
        ),
        pytest.param(
            [
                {"name": "look", "arguments": {"pod": "a"}, "id": "x", "index": 0},
                {"name": "look", "arguments": {"pod": "b"}, "id": "y", "index": 0},
            ],
            [("x", "look", '{"pod": "a"}'), ("y", "look", '{"pod": "b"}')],
            id="two-with-one-number",
        ),
        pytest.param(
            [
                {"name": "look", "arguments": {"pod": "a"}, "id": "x", "index": None},
                {"name": "see", "arguments": {"pod": "b"}, "id": "y", "index": None},
            ],
            [("x", "look", '{"pod": "a"}'), ("y", "see", '{"pod": "b"}')],
            id="without-numbers",
        ),
        pytest.param(
            [{"name": "look", "arguments": {"pod": "a"}, "id": None}],
            [("", "look", '{"pod": "a"}')],
            id="without-id",
        ),
        pytest.param(
            [{"name": "look", "arguments": '{"pod": ', "id": "x"}],
            [("x", "look", '{"pod": ')],
            id="broken-json",
        ),
    ],
)
def test_calls_of_tools(
    talk: Talk, site: ChatSite, calls: list[Any], expected: list[tuple[str, str, str]]
) -> None:
    site.load([{"text": "I look.", "calls": calls}])
    answer = talk.ask()
    assert [(call.id, call.name, call.arguments) for call in answer.calls] == expected
    assert (answer.text, answer.stop) == ("I look.", Stop.CALLS)


@pytest.mark.parametrize(
    ("turn", "stop"),
    [
        pytest.param({"text": "so", "finish": "length"}, Stop.LENGTH, id="cut-by-the-limit"),
        pytest.param({"text": "I", "content_filter": "answer"}, Stop.FILTERED, id="filtered"),
        pytest.param({"content_filter": "prompt"}, Stop.FILTERED, id="filtered-at-once"),
        pytest.param({"empty": True}, Stop.DONE, id="empty"),
    ],
)
def test_why_an_answer_ended(
    talk: Talk, site: ChatSite, turn: Mapping[str, Any], stop: Stop
) -> None:
    site.load([turn])
    assert talk.ask().stop is stop


@pytest.mark.parametrize(
    ("turn", "waits"),
    [
        pytest.param({"status": 429, "retry_after": 7}, [7.0], id="busy-says-how-long"),
        pytest.param({"status": 429}, [0.5], id="busy"),
        pytest.param({"status": 500}, [0.5], id="failed"),
        pytest.param({"status": 503, "retry_after": 3}, [3.0], id="unavailable"),
        pytest.param({"html": True, "status": 502}, [0.5], id="bad-gateway"),
        pytest.param({"reset": "first"}, [0.5], id="reset-at-once"),
    ],
)
def test_a_model_that_fails_for_a_moment_is_asked_again(
    talk: Talk, site: ChatSite, turn: Mapping[str, Any], waits: list[float]
) -> None:
    site.load([turn, {"text": "now"}])
    assert talk.ask().text == "now"
    assert talk.clock.waits == waits
    assert talk.pieces == ["now"]


@pytest.mark.parametrize(
    "turn",
    [
        pytest.param({"text": "the cache is full", "reset": "middle"}, id="reset"),
        pytest.param({"text": "the cache is full", "stream_error": True}, id="error"),
    ],
)
def test_an_answer_that_breaks_off_is_begun_anew_and_that_shows(
    talk: Talk, site: ChatSite, turn: Mapping[str, Any]
) -> None:
    site.load([turn, {"text": "now"}])
    assert talk.ask().text == "now"
    assert talk.pieces[-2:] == [BROKEN_OFF, "now"]
    assert talk.pieces[0].startswith("the")


def test_a_model_that_stalls_is_asked_again_within_its_seconds(talk: Talk, site: ChatSite) -> None:
    talk.ask()
    site.load([{"text": "the cache is full", "stall": 30}, {"text": "now"}])
    started = time.monotonic()
    assert talk.ask(seconds=3.0).text == "now"
    assert time.monotonic() - started < 25


def test_three_tries_are_enough(talk: Talk, site: ChatSite) -> None:
    site.load([{"status": 500, "repeat": True}])
    with pytest.raises(Unreachable, match="scripted"):
        talk.ask()
    assert len(site.requests) == 3
    assert talk.clock.waits == [0.5, 2.0]


def test_nobody_waits_longer_than_asked_for(talk: Talk, site: ChatSite) -> None:
    site.load([{"status": 429, "retry_after": 3600}])
    with pytest.raises(Unreachable, match="wait 3600 s"):
        talk.ask()
    assert talk.clock.waits == []


def test_a_date_to_come_back_at_is_understood(loading: Loading) -> None:
    when = (NOON + timedelta(seconds=9)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    clock = Clock()
    with serving() as server:
        server.on("/v1/chat/completions", Reply(status=429, headers={"Retry-After": when}))
        model = LiteLlmModel(name="m", url=f"{server.url}/v1", loading=loading, clock=clock)
        with pytest.raises(Unreachable):
            Talk(model, clock).ask(seconds=15.0)
    assert clock.waits == [9.0]


def test_silence_ends_with_the_seconds(talk: Talk, site: ChatSite) -> None:
    talk.ask()
    site.load([{"slow": 30, "text": "late", "repeat": True}])
    started = time.monotonic()
    with pytest.raises(TimedOut, match="within 1 s"):
        talk.ask(seconds=1.0)
    assert time.monotonic() - started < 25


@pytest.mark.parametrize(
    ("turn", "error", "words"),
    [
        pytest.param({"context_length": True}, TooLong, "longer than", id="too-long"),
        pytest.param({"status": 401}, Forbidden, "does not accept the key", id="wrong-key"),
        pytest.param({"status": 403}, Forbidden, "does not accept the key", id="not-allowed"),
        pytest.param({"status": 404}, NotFound, "there is no model", id="no-such-model"),
        pytest.param({"status": 400}, Refused, "refused the request", id="bad-request"),
        pytest.param(
            {"status": 429, "error": {"code": "insufficient_quota"}},
            Refused,
            "refused the request",
            id="nothing-left",
        ),
        pytest.param({"html": True}, Unreachable, "web page", id="a-web-page"),
    ],
)
def test_what_asking_again_would_not_help(
    talk: Talk, site: ChatSite, turn: Mapping[str, Any], error: type[SreError], words: str
) -> None:
    site.load([turn])
    with pytest.raises(error) as caught:
        talk.ask()
    assert words in caught.value.message
    assert "\n" not in caught.value.message
    assert len(site.requests) == 1
    assert KEY not in f"{caught.value.message} {caught.value.why} {caught.value.hint}"


def test_a_wrong_key_is_never_repeated(site: ChatSite, loading: Loading) -> None:
    wrong = secrets.token_hex(16)
    said = {"error": {"message": f"Incorrect API key provided: {wrong}."}}
    model = named("m", loading, url=site.url, key=wrong)
    site.load([{"status": 401, "error": said["error"]}])
    with pytest.raises(Forbidden) as caught:
        Talk(model, Clock()).ask()
    assert wrong not in f"{caught.value!r} {caught.value.why} {model!r}"
    assert "SRE_MODEL_KEY" in caught.value.hint
    assert [secret for _, secret in owned().forms]


def test_a_model_without_tools_says_so_from_then_on(talk: Talk, site: ChatSite) -> None:
    site.load({"tools": False, "turns": [{"text": "just words", "repeat": True}]})
    assert talk.model.abilities().tools
    with pytest.raises(Refused, match="cannot be given tools"):
        talk.ask()
    assert not talk.model.abilities().tools
    assert talk.ask(tools=()).text == "just words"


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(body=HTML, headers={"Content-Type": "text/html"}), id="page"),
        pytest.param(Reply(body=b'{"hello": 1}'), id="other-json"),
        pytest.param(Reply(body=b""), id="nothing"),
    ],
)
def test_what_no_model_says_is_no_answer(loading: Loading, reply: Reply) -> None:
    with serving() as server:
        server.on("/v1/chat/completions", reply)
        model = named("m", loading, url=f"{server.url}/v1")
        with pytest.raises(Unreachable, match="no answer"):
            Talk(model, Clock()).ask()


def test_a_server_that_is_not_there(loading: Loading) -> None:
    with pytest.raises(Unreachable) as caught:
        Talk(named("m", loading, url="http://127.0.0.1:9"), Clock()).ask()
    assert "http://127.0.0.1:9/v1" in caught.value.hint


def test_the_key_of_openai_is_not_shown_to_another_server(
    loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = secrets.token_hex(16)
    monkeypatch.setenv("OPENAI_API_KEY", mine)
    with serving() as server:
        server.on("/v1/chat/completions", Reply(status=400))
        for name in ("openai/gpt-4o", "openai/some-other", "gpt-4o", "bare"):
            with pytest.raises(Refused):
                Talk(named(name, loading, url=f"{server.url}/v1"), Clock()).ask()
        assert len(server.asked) == 4
        assert all(mine not in str(request.headers) for request in server.asked)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        pytest.param("anthropic/claude-sonnet-4-5", Forbidden, "ANTHROPIC_API_KEY=", id="claude"),
        pytest.param("openai/gpt-4o", Forbidden, "OPENAI_API_KEY=", id="openai"),
        pytest.param("gemini/gemini-2.5-pro", Forbidden, "GEMINI_API_KEY=", id="gemini"),
        pytest.param("mistral/mistral-large-latest", Forbidden, "MISTRAL_API_KEY=", id="mistral"),
        pytest.param("house-model", NotFound, "PROVIDER/MODEL", id="no-provider"),
        pytest.param("antropic/claude-sonnet-4-5", NotFound, "claude-sonnet-4", id="misspelt"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_sent(
    loading: Loading, name: str, error: type[SreError], words: str
) -> None:
    with pytest.raises(error) as caught:
        Talk(named(name, loading), Clock()).ask()
    assert words in caught.value.hint


@pytest.mark.parametrize(
    ("name", "tools", "context", "caching", "priced"),
    [
        pytest.param("anthropic/claude-sonnet-4-5", True, 200_000, True, True, id="claude"),
        pytest.param("gpt-4o", True, 128_000, False, True, id="gpt"),
        pytest.param("vertex_ai/claude-sonnet-4-5", True, 200_000, True, True, id="vertex"),
        pytest.param(
            "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
            *(True, 200_000, True, True),
            id="bedrock",
        ),
        pytest.param("gemini/gemini-2.5-pro", True, 1_048_576, False, True, id="gemini"),
        pytest.param("ollama/nobody-knows-it", True, 32_768, False, False, id="ollama"),
        pytest.param("hosted_vllm/mine", True, 32_768, False, False, id="vllm"),
        pytest.param("nonsense", True, 32_768, False, False, id="unknown"),
    ],
)
def test_what_a_model_can_do_is_read_from_the_table(
    loading: Loading, name: str, tools: bool, context: int, caching: bool, priced: bool
) -> None:
    found = named(name, loading).abilities()
    assert (found.tools, found.context, found.caching, found.priced) == (
        *(tools, context, caching, priced),
    )


def test_settings_win_over_the_table(loading: Loading) -> None:
    found = named("gpt-4o", loading, tools=False, context=4096).abilities()
    assert (found.tools, found.context) == (False, 4096)


def test_a_price_is_known_where_the_model_is(loading: Loading, site: ChatSite) -> None:
    model = named("openai/gpt-4o", loading, url=site.url, key=KEY)
    answer = Talk(model, Clock()).ask()
    tokens = answer.usage
    assert tokens.usd == pytest.approx(tokens.prompt * 2.5e-6 + tokens.answer * 10e-6)


CONVERSATION = (
    Message(speaker=Speaker.SYSTEM, text="rules", stable=True),
    Message(speaker=Speaker.USER, text="evidence", stable=True),
    Message(
        speaker=Speaker.ASSISTANT, calls=(ToolCall(id="c1", name="look", arguments='{"pod": '),)
    ),
    Message(speaker=Speaker.TOOL, text="that is no JSON", answers="c1", stable=True),
    Message(speaker=Speaker.USER, text="go on"),
)
MARK = {"cache_control": {"type": "ephemeral"}}


def claude_says(*blocks: Mapping[str, Any]) -> Reply:
    """A stream of Anthropic's protocol."""
    usage = {"input_tokens": 10, "cache_read_input_tokens": 90, "output_tokens": 1}
    start = {"id": "m", "type": "message", "role": "assistant", "content": [], "usage": usage}
    end = {"delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 15}}
    events = [
        {"type": "message_start", "message": {**start, "model": "claude"}},
        *blocks,
        {"type": "message_delta", **end},
        {"type": "message_stop"},
    ]
    lines = (f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events)
    return Reply(body="".join(lines).encode(), headers={"Content-Type": "text/event-stream"})


LOOKING = (
    {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "tool_use", "id": "t1", "name": "look", "input": {}},
    },
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "input_json_delta", "partial_json": '{"pod": "web"}'},
    },
    {"type": "content_block_stop", "index": 0},
)


def test_a_claude_is_told_what_stays_the_same_and_asked_again_when_overloaded(
    loading: Loading,
) -> None:
    busy = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    clock = Clock()
    with serving() as server:
        answers = (Reply(status=529, body=json.dumps(busy).encode()), claude_says(*LOOKING))
        server.on("/v1/messages", *answers)
        name, url = "anthropic/claude-sonnet-4-5", server.url
        model = LiteLlmModel(name=name, url=url, key=KEY, loading=loading, clock=clock)
        answer = Talk(model, clock).ask(CONVERSATION)
        sent = json.loads(server.asked[1].body)
    assert clock.waits == [0.5]
    assert [(call.id, call.arguments) for call in answer.calls] == [("t1", '{"pod": "web"}')]
    usage = answer.usage
    assert (usage.prompt, usage.cached, usage.answer) == (100, 90, 15)
    assert usage.usd == pytest.approx(10 * 3e-6 + 90 * 0.3e-6 + 15 * 15e-6)
    assert sent["system"] == [{"type": "text", "text": "rules", **MARK}]
    assert json.dumps(sent).count("ephemeral") == 3
    assert "cache_control" not in sent["messages"][-1]["content"][-1]


def test_a_claude_that_called_tools_can_be_asked_for_words_alone(loading: Loading) -> None:
    with serving() as server:
        server.on("/v1/messages", claude_says())
        model = named("anthropic/claude-sonnet-4-5", loading, url=server.url, key=KEY)
        Talk(model, Clock()).ask(CONVERSATION, ())
        sent = json.loads(server.asked[0].body)
    assert [tool["name"] for tool in sent["tools"]] == ["look"]
    assert sent["tool_choice"] == {"type": "none"}


def test_ollama_is_given_tools_and_room_for_the_prompt(loading: Loading) -> None:
    calls = [{"function": {"name": "look", "arguments": {"pod": pod}}} for pod in ("a", "b")]
    says = {"model": "m", "message": {"role": "assistant", "content": "", "tool_calls": calls}}
    silent = {"role": "assistant", "content": ""}
    ends = {"model": "m", "message": silent, "done": True, "done_reason": "stop"}
    lines = (json.dumps(each).encode() + b"\n" for each in ({**says, "done": False}, ends))
    with serving() as server:
        server.on("/api/chat", Reply(body=b"".join(lines)))
        model = named("ollama/mine", loading, url=server.url, context=9000)
        answer = Talk(model, Clock()).ask(CONVERSATION)
        # litellm may ask /api/show for prices, from a thread of its own.
        (request,) = (each for each in server.asked if each.path == "/api/chat")
    assert [call.arguments for call in answer.calls] == ['{"pod": "a"}', '{"pod": "b"}']
    assert json.loads(request.body)["options"]["num_ctx"] == 9000
    assert json.loads(request.body)["tools"]


def test_a_login_in_the_address_is_not_shown(loading: Loading) -> None:
    word = secrets.token_hex(8)
    with pytest.raises(Unreachable) as caught:
        Talk(named("m", loading, url=f"http://me:{word}@127.0.0.1:9/v1"), Clock()).ask()
    assert word not in f"{caught.value.message} {caught.value.hint}"


def test_somebody_who_stops_listening_leaves_no_mess(talk: Talk, site: ChatSite) -> None:
    site.load([{"text": "a b c d e f", "pace": 0.05}, {"text": "hello"}])
    asking = talk.model.ask(ASKED, (), limit=10, seconds=20)
    next(asking)
    asking.close()
    assert talk.ask().text == "hello"


def test_nothing_is_printed(
    talk: Talk, site: ChatSite, loading: Loading, capfd: pytest.CaptureFixture[str]
) -> None:
    site.load([{"status": 500, "repeat": True}])
    for model in (talk.model, named("nonsense", loading), named("anthropic/claude-9", loading)):
        with pytest.raises(SreError):
            Talk(model, Clock()).ask()
    assert capfd.readouterr() == ("", "")


def test_a_package_that_is_missing_is_named(
    loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)  # as where it is not installed
    with pytest.raises(BadSettings) as caught:
        Talk(named("vertex_ai/gemini-2.5-pro", loading), Clock()).ask()
    assert "google" in f"{caught.value.message} {caught.value.why}"


def test_a_missing_login_of_google_is_told(
    loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(Forbidden) as caught:
        Talk(named("vertex_ai/gemini-2.5-pro", loading), Clock()).ask()
    assert "gcloud auth application-default login" in caught.value.hint
