"""Language models through litellm, wherever they run."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from sreagent.clients.model_errors import (
    Asked,
    Trouble,
    broken_off,
    no_answer,
    trouble,
    without_a_key,
    without_login,
)
from sreagent.clients.model_loading import Loading
from sreagent.clients.model_messages import called, messages_for, tools_for
from sreagent.clients.model_stream import Answer, Reading
from sreagent.clients.model_table import OLLAMA, OWN_SERVER, Known, known
from sreagent.domain.conversation import Abilities, Completion, Message, Stop, ToolSpec
from sreagent.domain.errors import TimedOut
from sreagent.domain.ports import Clock
from sreagent.domain.secrets import own

TRIES = 3
FIRST_SHARE = 2 / 3
"""Share of the time left for which a silent model is waited for, while it can be asked again."""
PAUSES = (0.5, 2.0)
"""Seconds before the second and the third try, where the provider names none."""
BROKEN_OFF = "\n…\n"
"""Stands in the text after pieces that an answer begun anew will not go on from."""
_PAGES = frozenset({"text/html", "application/xhtml+xml", "text/plain"})


@dataclass(slots=True, kw_only=True, eq=False)
class LiteLlmModel:
    """One model, as litellm reaches it. One conversation at a time."""

    name: str
    """As litellm names it; a bare name with a `url` is a server that speaks OpenAI's protocol."""
    url: str = field(default="", repr=False)
    """Address of a server of one's own; empty for the provider's."""
    key: str = field(default="", repr=False)
    """Empty for the provider's usual variable."""
    tools: bool | None = None
    """Whether it can be given tools; None to read it from litellm's table."""
    context: int = 0
    """Tokens that it can read; 0 to read it from litellm's table."""
    loading: Loading
    clock: Clock
    _toolless: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        own(self.key)
        own(unquote(urlsplit(self.url).password or ""))

    def abilities(self) -> Abilities:
        """What it can do, by litellm's table and what it said itself; asks nobody.

        Raises:
            Unreachable: litellm cannot be loaded.
        """
        return self._abilities(self._known(self.loading.wait()))

    def ask(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], *, limit: int, seconds: float
    ) -> Generator[str, None, Completion]:
        """Yield the text of the answer as it comes, then return the whole of it.

        An answer that breaks off is begun anew: `BROKEN_OFF` is yielded in between, and only the
        last one is returned. `seconds` holds for all tries and the waits between them.

        Raises:
            TooLong: The messages do not fit into the model's context.
            Forbidden: The key is missing or wrong.
            NotFound: There is no such model or provider.
            Unreachable: It does not answer (TimedOut), or nothing a model would say.
            Refused: Anything else that the provider will not do; when it will not take tools,
                `abilities` says so from then on.
            BadSettings: A package that this provider needs is not installed.
        """
        started = self.clock.monotonic()
        model = self._known(self.loading.wait(seconds))
        request = self._request(model, messages, tools, limit)
        asked = self._asked(model, seconds)
        if refused := without_a_key(asked):
            # Some providers' clients would send everything first.
            raise refused
        turn = _Turn(model=model, request=request, asked=asked, clock=self.clock)
        for later in reversed(range(TRIES)):
            answer = Answer()
            left = seconds - (self.clock.monotonic() - started)
            failed = yield from turn.attempt(
                answer, left, left if not later else left * FIRST_SHARE
            )
            if failed is None or failed.filtered:
                took = self.clock.monotonic() - started
                return _completion(model, answer, took, filtered=failed is not None)
            self._toolless = self._toolless or failed.toolless
            pause = _pause(failed, later, seconds - (self.clock.monotonic() - started))
            if answer.text:
                yield BROKEN_OFF
            self.clock.sleep(pause)
        msg = f"{asked} was asked {TRIES} times in vain"
        raise TimedOut(msg)

    def _known(self, sdk: Any) -> Known:  # noqa: ANN401 - a module without types
        return known(sdk, self.name, self.url)

    def _abilities(self, model: Known) -> Abilities:
        tools = model.takes_tools if self.tools is None else self.tools
        return Abilities(
            tools=tools and not self._toolless,
            context=self.context or model.context,
            caching=model.wants_marks,
            priced=model.priced,
        )

    def _request(
        self, model: Known, messages: Sequence[Message], tools: Sequence[ToolSpec], limit: int
    ) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": model.model,
            "messages": messages_for(messages, marked=model.wants_marks),
            "max_tokens": limit,
            "stream": True,
            "stream_options": {"include_usage": True},
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
        }
        if not tools and model.wants_tools:
            tools = called(messages)
            request |= {"tool_choice": "none"} if tools else {}
        if tools:
            request["tools"] = tools_for(tools)
            # Otherwise litellm looks for tools of MCP servers, and fails without their package.
            request["_skip_mcp_handler"] = True
        if self.url:
            request["api_base"] = self.url
        if key := self.key or _no_key(model, self.url):
            request["api_key"] = key
        if model.provider == OLLAMA:
            # Otherwise it silently cuts off the beginning of what is longer than a few thousand.
            request["num_ctx"] = self._abilities(model).context
        return request

    def _asked(self, model: Known, seconds: float) -> Asked:
        return Asked(
            sdk=model.sdk,
            name=self.name,
            provider=model.provider,
            url=without_login(self.url),
            key=self.key,
            timeout=seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """One question, which may be put several times."""

    model: Known
    request: Mapping[str, Any]
    asked: Asked
    clock: Clock

    def attempt(
        self, answer: Answer, left: float, patience: float
    ) -> Generator[str, None, Trouble | None]:
        """Ask once, for `left` seconds in all and `patience` of silence; tells what went wrong."""
        source = _Source(self.model.sdk, {**self.request, "timeout": max(patience, 0.1)})
        reading = Reading(source)
        try:
            for chunk in reading.pieces(self._waits(left, patience)):
                if piece := answer.take(chunk):
                    yield piece
        except Exception as error:  # noqa: BLE001 - litellm raises what its providers' SDKs raise
            return trouble(self.asked, error, self.clock.now())
        finally:
            reading.leave()
        return self._useless(source, answer)

    def _waits(self, left: float, patience: float) -> Callable[[], float]:
        end = self.clock.monotonic() + left
        return lambda: min(patience, end - self.clock.monotonic())

    def _useless(self, source: "_Source", answer: Answer) -> Trouble | None:
        """Why an answer without an end is none; some servers never say that they are done."""
        if source.ended:
            return None
        if answer.nothing:
            return no_answer(self.asked, source.page or "what came is nothing that a model says")
        return broken_off(self.asked) if answer.calls_broken else None


class _Source:
    """A request that is sent when it is called; remembers how its answer began and ended."""

    def __init__(self, sdk: Any, request: Mapping[str, Any]) -> None:  # noqa: ANN401 - a module
        self.page = ""
        """What came instead of an answer."""
        self._sdk = sdk
        self._request = request
        self._stream: Any = None

    def __call__(self) -> Iterator[Any]:
        self._stream = self._sdk.completion(**self._request)
        headers = getattr(self._stream, "_response_headers", None) or {}
        kind = str(headers.get("content-type", "")).partition(";")[0].strip()
        if kind in _PAGES:
            self.page = f"it is a web page ({kind}): a proxy or a login page seems to stand there"
        return iter(self._stream)

    @property
    def ended(self) -> bool:
        """The provider said why the answer ended."""
        names = ("received_finish_reason", "intermittent_finish_reason")
        return any(getattr(self._stream, name, None) for name in names)


def _pause(failed: Trouble, later: int, left: float) -> float:
    """Seconds to wait before asking again; raises where that is of no use."""
    pause = PAUSES[TRIES - 1 - later] if failed.wait is None and later else failed.wait or 0.0
    if not failed.again or not later or pause >= left:
        raise failed.error
    return pause


def _completion(model: Known, answer: Answer, seconds: float, *, filtered: bool) -> Completion:
    return Completion(
        text=answer.text,
        calls=answer.calls,
        stop=Stop.FILTERED if filtered else answer.stop,
        usage=model.usage(answer.usage),
        seconds=seconds,
    )


def _no_key(model: Known, url: str) -> str:
    """What is sent to a server of one's own when no key is set: never the key of OpenAI."""
    return "none" if url and model.provider in ("openai", OWN_SERVER) else ""
