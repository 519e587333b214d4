"""Answers that cite what the model was told: `{{evidence:REGEX}}` and its like, filled in."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_PLACE = re.compile(r"\{\{\s*(first_evidence|evidence|match)(?::(.*?))?\s*\}\}(?!\})", re.DOTALL)
_EVIDENCE = re.compile(r"^[^\w\n]*(E\d+)\b.*$", re.MULTILINE)

Messages = Sequence[Mapping[str, Any]]


class NotToldError(Exception):
    """A place in an answer asks for something that the conversation does not hold."""


def filled(value: Any, told: str) -> Any:  # noqa: ANN401 - texts at any depth of a JSON value
    """A value with the places in its texts filled in.

    Raises:
        NotToldError: Nothing in `told` fits a place.
    """
    if isinstance(value, str):
        return _PLACE.sub(lambda place: _found(place[1], place[2] or "", told), value)
    if isinstance(value, Mapping):
        return {key: filled(each, told) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [filled(each, told) for each in value]
    return value


def _found(what: str, pattern: str, told: str) -> str:
    try:
        looked_for = re.compile(pattern, re.MULTILINE)
    except re.error as problem:
        msg = f"{pattern!r} is not a regular expression: {problem}"
        raise NotToldError(msg) from problem
    if what == "match":
        found = looked_for.search(told)
        groups = found.groups() if found else ()
        text = next((each for each in groups if each is not None), found[0] if found else None)
    else:
        lines = _EVIDENCE.finditer(told)
        text = next((line[1] for line in lines if looked_for.search(line[0])), None)
    if text is None:
        msg = f"nothing in the conversation fits {{{{{what}:{pattern}}}}}"
        raise NotToldError(msg)
    return text


def told_to(messages: Messages) -> str:
    """What the model was told: what came from person and tools first, then the system prompt."""
    said = [each for each in messages if each.get("role") in ("user", "tool")]
    rules = [each for each in messages if each.get("role") in ("system", "developer")]
    return "\n".join(map(text_of, [*said, *rules]))


def system_prompt(messages: Messages) -> str:
    """The system prompt, or nothing."""
    return "\n".join(
        text_of(each) for each in messages if each.get("role") in ("system", "developer")
    )


def latest(messages: Messages) -> str:
    """What came since the model spoke last: results of all its calls, or what a person said."""
    spoken = [number for number, each in enumerate(messages) if each.get("role") == "assistant"]
    new = messages[spoken[-1] + 1 if spoken else 0 :]
    return "\n".join(text_of(each) for each in new if each.get("role") in ("user", "tool"))


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a message, whose content may come in parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""
