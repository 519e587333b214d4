"""An answer of the model as it goes over the wire: whole, or in chunks."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sreagent.simulator.chat_script import Turn
from sreagent.simulator.chat_templates import filled
from sreagent.simulator.chat_tokens import CHARACTERS, Usage, tokens
from sreagent.simulator.objects import Json

_PIECE = re.compile(r"(?:\S+\s*|\s+){1,3}")
_ARGUMENT_PIECE = 24
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A tool asked for, as it is sent."""

    name: str
    arguments: str
    id: str | None
    index: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the model says."""

    thinking: str
    text: str
    calls: tuple[Asked, ...]
    finish: str

    @property
    def tokens(self) -> int:
        """How many it took to write."""
        written = sum(len(call.name) + len(call.arguments) for call in self.calls)
        return tokens(len(self.thinking) + len(self.text) + written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What stands around every answer."""

    id: str
    model: str
    created: int
    usage: Usage | None
    """None when the provider does not tell."""

    def around(self, kind: str, choices: list[Json], **more: object) -> Json:
        """An object of that kind."""
        head = {"id": self.id, "object": kind, "created": self.created, "model": self.model}
        return {**head, "choices": choices, **more}


def reply_of(turn: Turn, told: str, new_id: Callable[[], str]) -> Reply:
    """What a turn says in a conversation.

    Raises:
        NotToldError: It cites what the conversation does not hold.
    """
    calls = tuple(
        Asked(
            name=call.name,
            arguments=_argument_text(filled(call.arguments, told)),
            id=new_id() if call.id == "" else call.id,
            index=place if call.index == -1 else call.index,
        )
        for place, call in enumerate(turn.calls)
    )
    usual = "tool_calls" if calls else "stop"
    return Reply(
        thinking=filled(turn.thinking, told),
        text=filled(turn.text, told),
        calls=calls,
        finish="content_filter" if turn.content_filter else turn.finish or usual,
    )


def _argument_text(arguments: object) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def cut(reply: Reply, limit: int | None) -> Reply:
    """As much of an answer as fits into a limit of tokens."""
    if limit is None or reply.tokens <= limit:
        return reply
    left = limit * CHARACTERS
    thinking = reply.thinking[:left]
    left -= len(thinking)
    text = reply.text[:left]
    left -= len(text)
    calls = []
    for call in reply.calls:
        left -= len(call.name)
        if left <= 0:
            break
        calls.append(replace(call, arguments=call.arguments[:left]))
        left -= len(calls[-1].arguments)
    return Reply(thinking=thinking, text=text, calls=tuple(calls), finish="length")


def whole(reply: Reply, envelope: Envelope) -> Json:
    """The answer in one object."""
    message: Json = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.thinking:
        message["reasoning_content"] = reply.thinking
    if reply.calls:
        message["tool_calls"] = [_call(call, call.arguments) for call in reply.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish}
    more = {"usage": envelope.usage.told()} if envelope.usage else {}
    return envelope.around("chat.completion", [choice], **more)


def chunks(reply: Reply, envelope: Envelope, *, with_usage: bool) -> Iterator[Json]:
    """The answer as a stream tells it."""
    tells = with_usage and envelope.usage is not None
    more: dict[str, Any] = {"usage": None} if tells else {}

    def chunk(delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return envelope.around("chat.completion.chunk", [choice], **more)

    yield chunk({"role": "assistant", "content": None if reply.calls else ""})
    yield from map(chunk, _deltas(reply))
    yield chunk({}, reply.finish)
    if tells and envelope.usage:
        yield envelope.around("chat.completion.chunk", [], usage=envelope.usage.told())


def _deltas(reply: Reply) -> Iterator[Json]:
    for piece in _PIECE.findall(reply.thinking):
        yield {"reasoning_content": piece}
    for piece in _PIECE.findall(reply.text):
        yield {"content": piece}
    for call in reply.calls:
        place = {} if call.index is None else {"index": call.index}
        yield {"tool_calls": [{**place, **_call(call, "")}]}
        for start in range(0, len(call.arguments), _ARGUMENT_PIECE):
            piece = call.arguments[start : start + _ARGUMENT_PIECE]
            yield {"tool_calls": [{**place, "function": {"arguments": piece}}]}


def _call(call: Asked, arguments: str) -> Json:
    named = {} if call.id is None else {"id": call.id}
    return {**named, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def event(obj: object) -> bytes:
    """An event of a stream."""
    return b"data: " + json.dumps(obj, ensure_ascii=False).encode() + b"\n\n"
