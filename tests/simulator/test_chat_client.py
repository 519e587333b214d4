"""The pretend model as the official client of OpenAI sees it."""

import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.simulator.chatting import QUESTION, TOOL

from sreagent.simulator.chat_site import ChatSite, chat

openai: Any = pytest.importorskip("openai")


KEY = secrets.token_hex(16)


@pytest.fixture
def site() -> Iterator[ChatSite]:
    with chat([{"text": "hello"}], key=KEY) as site:
        yield site


@pytest.fixture
def client(site: ChatSite) -> Iterator[Any]:
    with openai.OpenAI(base_url=site.url, api_key=KEY, max_retries=0, timeout=5) as client:
        yield client


def create(client: Any, **more: Any) -> Any:
    return client.chat.completions.create(model="scripted", messages=[QUESTION], **more)


def test_it_reads_a_whole_answer(site: ChatSite, client: Any) -> None:
    site.load([{"text": "so", "calls": [{"name": "logs", "arguments": {"pod": "web"}}]}])
    answer = create(client, tools=[TOOL])
    (call,) = answer.choices[0].message.tool_calls
    assert answer.choices[0].message.content == "so"
    assert (call.function.name, call.function.arguments) == ("logs", '{"pod": "web"}')
    assert answer.usage.prompt_tokens_details.cached_tokens == 0


def test_it_reads_a_stream(site: ChatSite, client: Any) -> None:
    site.load([{"text": "one two three four", "calls": [{"name": "logs"}]}])
    chunks = list(create(client, stream=True, stream_options={"include_usage": True}))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "one two three four"
    assert chunks[-1].usage.completion_tokens == 6
    assert chunks[-2].choices[0].finish_reason == "tool_calls"


def test_it_lists_the_models(client: Any) -> None:
    assert [model.id for model in client.models.list()] == ["scripted"]


@pytest.mark.parametrize(
    ("turn", "error"),
    [
        pytest.param({"status": 401}, "AuthenticationError", id="key"),
        pytest.param({"status": 404}, "NotFoundError", id="model"),
        pytest.param({"status": 429}, "RateLimitError", id="busy"),
        pytest.param({"status": 500}, "InternalServerError", id="broken"),
        pytest.param({"context_length": True}, "BadRequestError", id="too-long"),
        pytest.param({"text": "a", "slow": 30}, "APITimeoutError", id="slow"),
        pytest.param({"reset": "first"}, "APIConnectionError", id="reset"),
    ],
)
def test_it_takes_each_fault_for_what_it_is(
    site: ChatSite, client: Any, turn: dict[str, object], error: str
) -> None:
    site.load([turn])
    with pytest.raises(getattr(openai, error)):
        create(client, timeout=0.5)


def test_it_comes_back_after_the_time_it_was_told(site: ChatSite, client: Any) -> None:
    site.load([{"status": 429, "retry_after": 0.2}, {"text": "now"}])
    answer = create(client.with_options(max_retries=1))
    assert answer.choices[0].message.content == "now"
    first, second = site.requests
    assert second.at - first.at >= 0.2


def test_an_error_in_the_middle_of_a_stream_is_raised(site: ChatSite, client: Any) -> None:
    site.load([{"text": "one two three four five six", "stream_error": True}])
    with pytest.raises(openai.APIError, match="had an error"):
        list(create(client, stream=True))


def test_a_reset_in_the_middle_of_a_stream_is_raised(site: ChatSite, client: Any) -> None:
    site.load([{"text": "one two three four five six", "reset": True}])
    with pytest.raises((openai.APIConnectionError, httpx.TransportError)):
        list(create(client, stream=True))
