"""What a scripted model answers: turns, read from YAML, JSON or Python."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

Convert = Callable[[Any], object]
Source = Path | str | Mapping[str, Any] | Sequence[Mapping[str, Any]]
FINISHES = ("stop", "tool_calls", "length", "content_filter")


class ScriptError(ValueError):
    """A script that cannot be played; says which turn and which key is to blame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool that the model asks for."""

    name: str
    arguments: Any = field(default_factory=dict)
    """A mapping, or a text that is sent as it is: it may be broken JSON."""
    id: str | None = ""
    """Empty for one of its own, None for a provider that gives none."""
    index: int | None = -1
    """Place among the calls in a stream; -1 for the right one, None for none at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One answer, or one way not to answer. Times are in seconds."""

    text: str = ""
    thinking: str = ""
    """Sent as `reasoning_content`, before the text."""
    calls: tuple[Call, ...] = ()
    finish: str = ""
    """The finish_reason; empty for the one that follows from the rest."""
    empty: bool = False
    """Neither text nor calls."""

    when: re.Pattern[str] | None = None
    """Taken only when this is found in what came since the model spoke last."""
    if_system: re.Pattern[str] | None = None
    """Taken only when this is found in the system prompt."""
    repeat: float = 1
    """How often it can be taken."""

    status: int = 0
    error: Mapping[str, Any] = field(default_factory=dict)
    """Replaces parts of the error object of that status."""
    retry_after: float | None = None
    html: bool = False
    """A page of a proxy, with `status` or 200."""
    context_length: bool = False
    content_filter: str = ""
    """`answer` ends the answer, `prompt` refuses the request."""

    slow: float = 0.0
    """Before the first byte."""
    pace: float = 0.0
    """After each piece of a stream."""
    stall: float = 0.0
    """In the middle of the answer."""
    reset: str = ""
    """`middle` or `first`: the connection is reset there."""
    stream_error: bool = False
    """An error object in the middle of a stream, which then ends."""

    @property
    def does_something(self) -> bool:
        """Whether there is anything to send or to refuse."""
        sent = self.text or self.thinking or self.calls or self.empty
        refused = self.status or self.html or self.context_length or self.content_filter
        return bool(sent or refused or self.stall or self.reset or self.stream_error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A model that answers with these turns, each once, in order."""

    turns: tuple[Turn, ...]
    tools: bool = True
    """Whether it can be given tools."""
    models: tuple[str, ...] = ()
    """The names it answers to; any when empty."""
    key: str = ""
    """What must come as the bearer; nothing is asked for when empty."""
    context: int = 0
    """Tokens of the longest prompt; 0 for no limit."""
    usage: bool = True
    """Whether it says how many tokens it took."""


def script_of(source: Source | Script) -> Script:
    """The script in a file (a path), in a text of YAML or JSON, or in Python's own lists.

    Raises:
        ScriptError: It cannot be played.
        OSError: The file cannot be read.
    """
    if isinstance(source, Script):
        return source
    if isinstance(source, Path):
        try:
            return script_of(source.read_text(encoding="utf-8"))
        except ScriptError as problem:
            msg = f"{source}: {problem}"
            raise ScriptError(msg) from problem
    return _script(_parsed(source) if isinstance(source, str) else source)


def _parsed(text: str) -> Any:  # noqa: ANN401 - the file can hold anything
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as problem:
        msg = f"is not YAML: {problem}"
        raise ScriptError(msg) from problem


def _script(told: object) -> Script:
    head: Mapping[str, Any] = told if isinstance(told, Mapping) else {"turns": told}
    head = dict(head)
    repeat = _flag(head.pop("repeat", False))
    turns = head.pop("turns", None)
    if not isinstance(turns, Sequence) or isinstance(turns, str):
        msg = "`turns` must be a list"
        raise ScriptError(msg)
    read = [_turn(number, turn) for number, turn in enumerate(turns, start=1)]
    if repeat and read:
        read[-1] = replace(read[-1], repeat=math.inf)
    return Script(turns=tuple(read), **_converted(head, _HEAD, "the script"))


def _turn(number: int, told: object) -> Turn:
    turn = Turn(**_converted(told, _TURN, f"turn {number}"))
    if not turn.does_something:
        msg = f"turn {number}: says nothing; write `empty: true` if that is meant"
        raise ScriptError(msg)
    return turn


def _converted(told: object, table: Mapping[str, Convert], where: str) -> dict[str, Any]:
    if not isinstance(told, Mapping):
        msg = f"{where}: {told!r} is not a mapping"
        raise ScriptError(msg)
    done = {}
    for key, value in told.items():
        if key not in table:
            msg = f"{where}: unknown key {key!r}; there are {', '.join(table)}"
            raise ScriptError(msg)
        try:
            done[key] = table[key](value)
        except ValueError as problem:
            msg = f"{where}: {key}: {problem}"
            raise ScriptError(msg) from problem
    return done


def _unlike(value: object, wanted: str) -> ScriptError:
    return ScriptError(f"{value!r} is not {wanted}")


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _unlike(value, "true or false")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _unlike(value, "a text")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise _unlike(value, "a number of seconds")
    return float(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _unlike(value, "a whole number")
    return value


def _times(value: object) -> float:
    return math.inf if value is True else _count(value)


def _pattern(value: object) -> re.Pattern[str]:
    try:
        return re.compile(_text(value), re.MULTILINE)
    except re.error as problem:
        raise _unlike(value, f"a regular expression: {problem}") from problem


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _unlike(value, "a mapping")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _unlike(value, "a list")
    return tuple(_text(each) for each in value)


def _one_of(*words: str, true: str = "") -> Convert:
    def convert(value: object) -> str:
        word = true if value is True and true else value
        if word not in words:
            raise _unlike(value, f"one of {', '.join(words)}")
        return str(word)

    return convert


def _calls(value: object) -> tuple[Call, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _unlike(value, "a list")
    return tuple(_call(number, told) for number, told in enumerate(value, start=1))


def _call(number: int, told: object) -> Call:
    parts = _converted(told, _CALL, f"call {number}")
    if "name" not in parts:
        msg = f"call {number}: has no name"
        raise ScriptError(msg)
    return Call(**parts)


def _arguments(value: object) -> object:
    return value if isinstance(value, str) else dict(_mapping(value))


_CALL: dict[str, Convert] = {
    "name": _text,
    "arguments": _arguments,
    "id": lambda value: None if value is None else _text(value),
    "index": lambda value: None if value is None else _count(value),
}
_TURN: dict[str, Convert] = {
    "text": _text,
    "thinking": _text,
    "calls": _calls,
    "finish": _one_of(*FINISHES),
    "empty": _flag,
    "when": _pattern,
    "if_system": _pattern,
    "repeat": _times,
    "status": _count,
    "error": _mapping,
    "retry_after": _seconds,
    "html": _flag,
    "context_length": _flag,
    "content_filter": _one_of("answer", "prompt", true="answer"),
    "slow": _seconds,
    "pace": _seconds,
    "stall": _seconds,
    "reset": _one_of("middle", "first", true="middle"),
    "stream_error": _flag,
}
_HEAD: dict[str, Convert] = {
    "tools": _flag,
    "models": _texts,
    "key": _text,
    "context": _count,
    "usage": _flag,
}
