"""A conversation in the shape that litellm takes."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sreagent.domain.conversation import Message, Speaker, ToolCall, ToolSpec

MOST_MARKS = 4
"""Places in one prompt that Anthropic lets be marked for its cache."""
_MARK = {"type": "ephemeral"}


def messages_for(messages: Sequence[Message], *, marked: bool) -> list[dict[str, Any]]:
    """The messages; with `marked`, the provider is told up to where they stay the same."""
    marks = _places(messages) if marked else frozenset()
    return [_message(one, mark=place in marks) for place, one in enumerate(messages)]


def tools_for(tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    """The tools as functions."""
    return [{"type": "function", "function": _function(tool)} for tool in tools]


def called(messages: Sequence[Message]) -> list[ToolSpec]:
    """The tools that were called in a conversation, as far as it tells."""
    names = dict.fromkeys(call.name for message in messages for call in message.calls)
    schema = {"type": "object", "properties": {}}
    return [ToolSpec(name=name, description="", parameters=schema) for name in names if name]


def _places(messages: Sequence[Message]) -> frozenset[int]:
    """The first stable message, which is shared by all requests, and the last ones."""
    stable = [place for place, one in enumerate(messages) if one.stable and _holds_text(one)]
    return frozenset((*stable[:1], *stable[1:][-(MOST_MARKS - 1) :]))


def _holds_text(message: Message) -> bool:
    # An empty block cannot be marked.
    return bool(message.text.strip())


def _message(message: Message, *, mark: bool) -> dict[str, Any]:
    return dict(_fields(message, mark=mark))


def _fields(message: Message, *, mark: bool) -> Iterator[tuple[str, Any]]:
    yield "role", message.speaker.value
    if message.speaker is Speaker.TOOL:
        yield "tool_call_id", message.answers
    if mark:
        yield "content", [{"type": "text", "text": message.text, "cache_control": _MARK}]
    else:
        # A message of calls alone has no content; an empty text is refused by some.
        yield "content", message.text or (None if message.calls else "")
    if message.calls:
        yield "tool_calls", [_call(call) for call in message.calls]


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": _sendable(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}


def _sendable(arguments: str) -> str:
    """Arguments as a JSON object: many a provider chokes on a conversation that holds others."""
    try:
        read = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        read = None
    if isinstance(read, dict):
        return arguments or "{}"
    return json.dumps({"unreadable": arguments})


def _function(tool: ToolSpec) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        # A copy to the ground: litellm takes out what some servers cannot read.
        "parameters": json.loads(json.dumps(tool.parameters)),
    }
