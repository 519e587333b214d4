"""The scripted model behind the endpoint: it reads a prompt, takes a turn, says what it says."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from sreagent.simulator import chat_errors
from sreagent.simulator.chat_reply import Envelope, Reply, cut, reply_of
from sreagent.simulator.chat_script import Script, Turn
from sreagent.simulator.chat_templates import NotToldError, latest, system_prompt, told_to
from sreagent.simulator.chat_tokens import Meter, Prompt, Usage
from sreagent.simulator.objects import Json

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A turn as it is to be sent."""

    reply: Reply
    envelope: Envelope
    usage: Usage


class ScriptedModel:
    """Answers with the turns of a script. One at a time."""

    def __init__(self, script: Script) -> None:
        self._meter = Meter()
        self._ids = count(1)
        self.load(script)

    def load(self, script: Script) -> None:
        """Begin with another script; what was read before stays known."""
        self.script = script
        self._left = [turn.repeat for turn in script.turns]

    def listed(self) -> Json:
        """The models there are."""
        names = self.script.models or ("scripted",)
        return {"object": "list", "data": [self.named(name) for name in names]}

    def named(self, name: str) -> Json:
        """The model of that name.

        Raises:
            ChatError: There is none.
        """
        self._check_name(name)
        size = {"max_model_len": self.script.context} if self.script.context else {}
        return {"id": name, "object": "model", "created": 0, "owned_by": "simulator", **size}

    def check_ability(self, body: Body) -> None:
        """Whether it is this model that is asked, and can be given all that.

        Raises:
            ChatError: It is another, has no tools, or cannot read that much.
        """
        prompt, most = _prompt(body), self.script.context
        self._check_name(prompt.model)
        if prompt.tools and not self.script.tools:
            raise chat_errors.no_tools(prompt.model)
        if most and prompt.tokens + (_limit(body) or 0) > most:
            raise chat_errors.too_long(most, prompt.message_tokens, prompt.tool_tokens)

    def next_turn(self, body: Body) -> tuple[int, Turn]:
        """The first turn that is left and fits, and its number from 1.

        Raises:
            ChatError: There is none.
        """
        system, new = system_prompt(body["messages"]), latest(body["messages"])
        for place, turn in enumerate(self.script.turns):
            if self._left[place] > 0 and _fits(turn, system, new):
                self._left[place] -= 1
                return place + 1, turn
        raise chat_errors.no_turn(new)

    def play(self, turn: Turn, body: Body) -> Played:
        """What a turn says.

        Raises:
            ChatError: It refuses, or cites what the conversation does not hold.
        """
        prompt = _prompt(body)
        _refuse(turn, prompt)
        try:
            reply = reply_of(turn, told_to(body["messages"]), self._new_id)
        except NotToldError as problem:
            raise chat_errors.script_error(str(problem)) from problem
        reply = cut(reply, _limit(body))
        usage = replace(self._meter.read(prompt), completion=reply.tokens)
        envelope = Envelope(
            id=f"chatcmpl-{next(self._ids)}",
            model=prompt.model,
            created=int(time.time()),
            usage=usage if self.script.usage else None,
        )
        return Played(reply=reply, envelope=envelope, usage=usage)

    def _check_name(self, name: str) -> None:
        if self.script.models and name not in self.script.models:
            raise chat_errors.fault(404, name)

    def _new_id(self) -> str:
        return f"call_{next(self._ids)}"


def _fits(turn: Turn, system: str, new: str) -> bool:
    if turn.if_system is not None and not turn.if_system.search(system):
        return False
    return turn.when is None or turn.when.search(new) is not None


def _refuse(turn: Turn, prompt: Prompt) -> None:
    """Raise what the turn has instead of an answer."""
    if turn.context_length:
        most = max(prompt.tokens // 2, 1)
        raise chat_errors.too_long(most, prompt.message_tokens, prompt.tool_tokens)
    if turn.content_filter == "prompt":
        raise chat_errors.filtered()
    if turn.status:
        raise chat_errors.fault(
            turn.status, prompt.model, retry_after=turn.retry_after, error=turn.error
        )


def _prompt(body: Body) -> Prompt:
    return Prompt(body["model"], body.get("tools"), body["messages"])


def _limit(body: Body) -> int | None:
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    return limit if isinstance(limit, int) else None
