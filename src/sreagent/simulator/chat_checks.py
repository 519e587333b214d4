"""What a provider looks at before a model reads a request."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.simulator.chat_errors import ChatError

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ROLES = ("system", "developer", "user", "assistant", "tool")


def check(body: object) -> Mapping[str, Any]:
    """The body of a request, when a provider would take it.

    Raises:
        ChatError: It would not.
    """
    if not isinstance(body, Mapping):
        raise ChatError(400, "We could not parse the JSON body of your request.")
    if not isinstance(body.get("model"), str):
        raise ChatError(400, "you must provide a model parameter", param="model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ChatError(
            400, "'messages' must be an array with at least one message", param="messages"
        )
    for number, message in enumerate(messages):
        _check_message(message, f"messages.[{number}]")
    _check_answers(messages)
    _check_tools(body.get("tools"))
    return body


def _check_message(message: object, where: str) -> None:
    if not isinstance(message, Mapping) or message.get("role") not in _ROLES:
        said = f"Invalid value for '{where}.role': use one of {', '.join(_ROLES)}."
        raise ChatError(400, said, param=f"{where}.role")
    if message.get("tool_calls") == []:
        said = f"Invalid '{where}.tool_calls': empty array."
        raise ChatError(400, said, param=f"{where}.tool_calls")
    needs_text = not (message["role"] == "assistant" and message.get("tool_calls"))
    if needs_text and not isinstance(message.get("content"), str | list):
        said = "Invalid value for 'content': expected a string, got null."
        raise ChatError(400, said, param=f"{where}.content")


def _check_answers(messages: list[Mapping[str, Any]]) -> None:
    """Each call has its answer, and each answer its call."""
    open_calls: list[str] = []
    for number, message in enumerate(messages):
        where = f"messages.[{number}].role"
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_calls:
                said = (
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceding message with 'tool_calls'."
                )
                raise ChatError(400, said, param=where)
            open_calls.remove(message["tool_call_id"])
            continue
        _check_none_open(open_calls, where)
        open_calls = [str(call.get("id")) for call in message.get("tool_calls") or ()]
    _check_none_open(open_calls, "messages")


def _check_none_open(calls: list[str], where: str) -> None:
    if calls:
        said = (
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            "to each 'tool_call_id'. The following tool_call_ids did not have response messages: "
        )
        raise ChatError(400, said + ", ".join(calls), param=where)


def _check_tools(tools: object) -> None:
    if tools is None:
        return
    if not isinstance(tools, list) or not tools:
        raise ChatError(
            400, "Invalid 'tools': expected an array with at least one tool.", param="tools"
        )
    for number, tool in enumerate(tools):
        for said, where in _wrong_with(tool):
            raise ChatError(400, said, param=f"tools[{number}].function{where}")


def _wrong_with(tool: object) -> Iterator[tuple[str, str]]:
    function = tool.get("function") if isinstance(tool, Mapping) else None
    if not isinstance(function, Mapping):
        yield "Missing required parameter: 'function'.", ""
        return
    if not _NAME.fullmatch(str(function.get("name", ""))):
        yield "Invalid 'name': string does not match '^[a-zA-Z0-9_-]{1,64}$'.", ".name"
    schema = function.get("parameters", {"type": "object"})
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        said = "Invalid schema for function: schema must be a JSON Schema of 'type: \"object\"'."
        yield said, ".parameters"
