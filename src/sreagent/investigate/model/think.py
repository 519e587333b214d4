"""Asks a model once, tells what it says as it comes, and writes down the whole of it."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TypeVar

from sreagent.domain.conversation import Completion, Message, Speaker, Stop, ToolCall, Usage
from sreagent.domain.errors import Refused, SreError, TooLong
from sreagent.domain.ports import Model
from sreagent.domain.record import Happening, Progress, Spoken, Turn
from sreagent.investigate.case import Case
from sreagent.investigate.model.context import calls_in, conversation
from sreagent.investigate.model.minds import Minds, turns
from sreagent.investigate.model.roles import Role
from sreagent.policy.redaction import redact

T = TypeVar("T")
TIGHTER = 2
"""Times that less is sent when the provider says that it was too much."""
LEAST = 5.0
"""Seconds that an answer gets even when the time is nearly over."""


def think(case: Case, minds: Minds, role: Role, remark: str = "") -> Iterator[Happening]:
    """Ask the model of a role for its next turn; what goes wrong is part of the turn.

    `remark` is said last: what was wrong with the answer before.
    """
    yield Progress(text=f"asking the {role}")
    try:
        model = minds.model(role)
    except SreError as error:
        yield from case.add(_failed(minds, role, "", error))
        return
    try:
        completion = yield from _asked(case, minds, model, role, remark)
    except SreError as error:
        yield from case.add(_failed(minds, role, model.name, error))
        return
    calls = _named_apart(case, completion.calls or calls_in(completion.text))
    turn = Turn(
        role=role.value,
        model=model.name,
        version=minds.prompts.version,
        text="" if _is_call(completion, calls) else redact(completion.text),
        calls=tuple(replace(one, arguments=redact(one.arguments)) for one in calls),
        usage=completion.usage,
        seconds=round(completion.seconds, 3),
        problem=_problem(completion, calls),
    )
    yield from case.add(turn)


def _asked(
    case: Case, minds: Minds, model: Model, role: Role, remark: str
) -> Generator[Happening, None, Completion]:
    """The answer; with less in the prompt when it was too much."""
    tightness = 0
    while True:
        abilities = model.abilities()
        messages, tools = conversation(
            case.incident, role, minds.prompts, abilities, tightness=tightness
        )
        if remark:
            messages.append(Message(speaker=Speaker.USER, text=remark))
        elif messages[-1].speaker is Speaker.ASSISTANT:
            messages.append(Message(speaker=Speaker.USER, text="Go on."))
        seconds = max(case.time_left, LEAST)
        answer = model.ask(messages, tools, limit=minds.limits.answer, seconds=seconds)
        try:
            return (yield from _spoken(answer))
        except TooLong:
            tightness += 1
            if tightness > TIGHTER:
                raise
        except Refused:
            # A server may say only now that it takes no tools: then it is asked in words.
            if model.abilities() == abilities:
                raise


def _spoken(answer: Generator[str, None, T]) -> Generator[Happening, None, T]:
    """Pass on what is said while it is said."""
    while True:
        try:
            yield Spoken(text=next(answer))
        except StopIteration as done:
            whole: T = done.value
            return whole


def _named_apart(case: Case, calls: tuple[ToolCall, ...]) -> tuple[ToolCall, ...]:
    """Calls with ids that no other call of the incident has; some models give one id twice."""
    used = {call.id for turn in turns(case.incident) for call in turn.calls}
    found = []
    for call in calls:
        name, n = call.id or "call", 1
        while name in used:
            n += 1
            name = f"{call.id or 'call'}-{n}"
        used.add(name)
        found.append(replace(call, id=name))
    return tuple(found)


def _is_call(completion: Completion, calls: tuple[ToolCall, ...]) -> bool:
    """Whether the text was a call and nothing else."""
    return bool(calls) and not completion.calls


def _problem(completion: Completion, calls: tuple[ToolCall, ...]) -> str:
    if completion.stop is Stop.FILTERED:
        return "the provider's content filter stopped the answer"
    if not completion.text.strip() and not calls:
        return "the answer was empty"
    return ""


def _failed(minds: Minds, role: Role, model: str, error: SreError) -> Turn:
    told = f"{error.message}: {error.why}" if error.why else error.message
    return Turn(
        role=role.value,
        model=model,
        version=minds.prompts.version,
        usage=Usage(),
        problem=redact(told),
    )
