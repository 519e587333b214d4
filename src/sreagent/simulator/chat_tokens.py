"""How many tokens a conversation takes, and how many of them a provider has seen before."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CHARACTERS = 4
"""Of a token, roughly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one answer took, in tokens."""

    prompt: int
    cached: int
    """Of the prompt: the part that began an earlier request too."""
    completion: int = 0

    def told(self) -> dict[str, Any]:
        """As OpenAI tells it."""
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "prompt_tokens_details": {"cached_tokens": self.cached},
        }


def tokens(characters: int) -> int:
    """How many tokens that many characters are."""
    return -(-characters // CHARACTERS)


class Prompt:
    """What one request gives the model to read, in the order in which it is read."""

    def __init__(self, model: str, tools: object, messages: Sequence[Mapping[str, Any]]) -> None:
        self.model = model
        self.tools = _written(tools) if tools else ""
        self.messages = [_written(message) for message in messages]

    @property
    def tool_tokens(self) -> int:
        """Tokens of the tools."""
        return tokens(len(self.tools))

    @property
    def message_tokens(self) -> int:
        """Tokens of the messages."""
        return tokens(sum(map(len, self.messages)))

    @property
    def tokens(self) -> int:
        """Tokens of everything."""
        return self.message_tokens + self.tool_tokens

    def shared_with(self, earlier: "Prompt") -> int:
        """Characters at the beginning that both have; other tools leave nothing to share."""
        if (self.model, self.tools) != (earlier.model, earlier.tools):
            return 0
        alike = len(self.tools)
        for mine, theirs in zip(self.messages, earlier.messages, strict=False):
            if mine != theirs:
                break
            alike += len(mine)
        return alike


class Meter:
    """Counts, and remembers what was read before."""

    def __init__(self) -> None:
        self._read: list[Prompt] = []

    def read(self, prompt: Prompt) -> Usage:
        """What reading a prompt takes."""
        shared = max((prompt.shared_with(earlier) for earlier in self._read), default=0)
        self._read.append(prompt)
        return Usage(prompt=prompt.tokens, cached=shared // CHARACTERS)


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
