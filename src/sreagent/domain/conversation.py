"""What is said between the program and a language model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Speaker(StrEnum):
    """Whose message it is."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool that the model wants to be used."""

    id: str
    """As the provider gave it; made unique when it gave one twice."""
    name: str
    arguments: str
    """JSON text, as the model wrote it: it may be broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation."""

    speaker: Speaker
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    """Only of the assistant."""
    answers: str = ""
    """Id of the call that a tool's message answers."""
    stable: bool = False
    """Everything up to here stays the same in the next request: worth caching."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool as the model sees it."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON schema of the arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one answer, or several, took."""

    prompt: int = 0
    """Tokens read, those from a cache included."""
    cached: int = 0
    """Tokens of the prompt that came from the provider's cache."""
    answer: int = 0
    """Tokens written."""
    usd: float | None = 0.0
    """US dollars; None when the price of the model is not known."""

    def __add__(self, other: "Usage") -> "Usage":
        """Both together; an unknown price stays unknown."""
        known = self.usd is not None and other.usd is not None
        return Usage(
            prompt=self.prompt + other.prompt,
            cached=self.cached + other.cached,
            answer=self.answer + other.answer,
            usd=(self.usd or 0.0) + (other.usd or 0.0) if known else None,
        )


class Stop(StrEnum):
    """Why an answer ended."""

    DONE = "done"
    CALLS = "calls"
    LENGTH = "length"
    """The limit of tokens was reached in the middle."""
    FILTERED = "filtered"
    """The provider would not say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One answer of a model."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    stop: Stop = Stop.DONE
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a model can do, as its provider and litellm's table tell it."""

    tools: bool
    """It can be given tools; otherwise it is asked for JSON in its text."""
    context: int
    """Tokens that prompt and answer may have together."""
    caching: bool = False
    """It wants to be told which part of a prompt stays the same."""
    priced: bool = False
    """The price of its tokens is known."""
