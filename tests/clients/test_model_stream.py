"""Calls of tools put together from what servers make of OpenAI's stream, and marks for caches."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from sreagent.clients.model_messages import MOST_MARKS, messages_for
from sreagent.clients.model_stream import Answer, Reading, Silence
from sreagent.domain.conversation import Message, Speaker, ToolCall

Part = tuple[int, str | None, str | None, str]
"""Number, id, name and arguments of one piece of a call."""


def chunk(*parts: Part) -> Any:
    calls = [
        SimpleNamespace(index=index, id=id_, function=SimpleNamespace(name=name, arguments=text))
        for index, id_, name, text in parts
    ]
    delta = SimpleNamespace(content=None, tool_calls=calls)
    return SimpleNamespace(choices=[SimpleNamespace(delta=delta, finish_reason=None)])


@pytest.mark.parametrize(
    ("parts", "calls"),
    [
        pytest.param(
            [(0, "a", "look", ""), (0, None, None, '{"x"'), (0, None, None, ": 1}")],
            [("a", "look", '{"x": 1}')],
            id="as-it-should-be",
        ),
        pytest.param(
            [(1, "a", "look", "{}"), (2, "b", "look", "{}")],
            [("a", "look", "{}"), ("b", "look", "{}")],
            id="numbers-begin-at-one",
        ),
        pytest.param(
            [(0, "a", "look", "{}"), (0, "b", "look", ""), (1, None, None, '{"x": 1}')],
            [("a", "look", "{}"), ("b", "look", '{"x": 1}')],
            id="head-and-tail-under-two-numbers",
        ),
        pytest.param(
            [(0, "a", "look", '{"x"'), (0, "a", "look", ": 1}"), (0, "a", "look", "")],
            [("a", "look", '{"x": 1}')],
            id="name-and-id-in-every-piece",
        ),
        pytest.param(
            [(0, "", "look", '{"x": 1}'), (0, "", "look", '{"x": 2}')],
            [("", "look", '{"x": 1}'), ("", "look", '{"x": 2}')],
            id="whole-calls-without-ids",
        ),
        pytest.param(
            [(0, None, "look", ""), (0, "a", None, "{}")],
            [("a", "look", "{}")],
            id="the-id-comes-later",
        ),
    ],
)
def test_pieces_of_calls_find_each_other(
    parts: list[Part], calls: list[tuple[str, str, str]]
) -> None:
    answer = Answer()
    for part in parts:
        assert answer.take(chunk(part)) == ""
    assert [(call.id, call.name, call.arguments) for call in answer.calls] == calls


def test_several_calls_in_one_piece() -> None:
    answer = Answer()
    answer.take(chunk((0, "a", "look", "{}"), (1, "b", "see", "{}")))
    assert [call.name for call in answer.calls] == ["look", "see"]


def test_silence_is_told_apart_from_an_end() -> None:
    enough = threading.Event()

    def slow() -> Any:
        yield 1
        enough.wait(10)

    pieces = Reading(slow).pieces(lambda: 0.2)
    assert next(pieces) == 1
    with pytest.raises(Silence):
        next(pieces)
    enough.set()


def test_what_the_reading_raises_is_raised_here() -> None:
    def fails() -> Any:
        msg = "gone"
        raise OSError(msg)

    with pytest.raises(OSError, match="gone"):
        list(Reading(fails).pieces(lambda: 5.0))


def spoken(count: int, **more: Any) -> list[Message]:
    system = Message(speaker=Speaker.SYSTEM, text="rules", stable=True)
    rest = [Message(speaker=Speaker.USER, text=f"{n}", **more) for n in range(count)]
    return [system, *rest]


def marks(messages: list[Message]) -> list[int]:
    sent = messages_for(messages, marked=True)
    return [place for place, one in enumerate(sent) if isinstance(one["content"], list)]


def test_the_first_and_the_last_stable_messages_are_marked() -> None:
    found = marks(spoken(9, stable=True))
    assert found == [0, 7, 8, 9]
    assert len(found) == MOST_MARKS


def test_only_what_stays_the_same_is_marked() -> None:
    assert marks(spoken(3)) == [0]


def test_a_marked_message_says_the_same() -> None:
    sent = messages_for(spoken(0), marked=True)[0]["content"]
    assert sent == [{"type": "text", "text": "rules", "cache_control": {"type": "ephemeral"}}]


def test_a_message_of_calls_alone_is_not_marked() -> None:
    calls = (ToolCall(id="a", name="look", arguments="{}"),)
    silent = Message(speaker=Speaker.ASSISTANT, calls=calls, stable=True)
    assert marks([*spoken(0), silent]) == [0]


def test_nobody_else_gets_marks() -> None:
    sent = messages_for(spoken(2, stable=True), marked=False)
    assert [one["content"] for one in sent] == ["rules", "0", "1"]
