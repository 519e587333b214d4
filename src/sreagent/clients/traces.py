"""A run as spans of OpenTelemetry: what its model said, its looks and its changes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sreagent.domain.evidence import Health
from sreagent.domain.record import (
    Answered,
    Briefed,
    Concluded,
    Entry,
    Happening,
    Intended,
    Looked,
    Progress,
    Proposed,
    Ran,
    Told,
    Turn,
    Verified,
)
from sreagent.domain.text import one_line

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span

    from sreagent.clients.otlp import Delivery
    from sreagent.domain.action import Proposal
    from sreagent.domain.conversation import ToolCall
    from sreagent.domain.incident import Incident
    from sreagent.domain.ports import Clock

PROVIDERS = {
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""Providers that OpenTelemetry names otherwise than litellm."""
OTHER = "_OTHER"
LONGEST = 8000
"""Characters of one text, where texts are sent at all."""
Attributes = Mapping[str, "str | int | float | bool | tuple[str, ...]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Whether spans carry what was said and read, and how it is made fit for that."""

    wanted: bool
    redact: Callable[[str], str]

    def of(self, **texts: str) -> dict[str, str]:
        """The texts as attributes, by their names with `__` for a dot; none when not wanted."""
        if not self.wanted:
            return {}
        return {
            name.replace("__", "."): self.redact(text)[:LONGEST]
            for name, text in texts.items()
            if text
        }


@dataclass(slots=True, kw_only=True)
class _Open:
    """A span that has not ended."""

    span: Span
    context: Context
    since: datetime
    calls: list[ToolCall] = field(default_factory=list)
    """Calls of the model's turn that still wait; the first is the one under way."""


class Traces:
    """Sees everything that happens in one run, and makes spans of it."""

    def __init__(
        self, delivery: Delivery, incident: Incident, clock: Clock, contents: Contents
    ) -> None:
        self._delivery = delivery
        self._tracer = delivery.tracer
        self._clock = clock
        self._contents = contents
        self._same = {"sreagent.incident.id": incident.id, "gen_ai.conversation.id": incident.id}
        self._asked_at: datetime | None = None
        self._proposals: dict[str, Proposal] = {}
        self._sent_at: dict[str, datetime] = {}
        self._call: _Open | None = None
        model = incident.opened.model
        about = {"gen_ai.agent.name": "sreagent", "gen_ai.operation.name": "invoke_agent"}
        if model:
            about |= {"gen_ai.provider.name": provider(model), "gen_ai.request.model": short(model)}
        self._root = self._begin("invoke_agent sreagent", clock.now(), about)

    def see(self, happening: Happening) -> None:
        """Something happened."""
        match happening:
            case Progress():
                self._asked_at = self._clock.now()
            case Entry(record=Looked() | Turn() | Told() | Ran()):
                self._work(happening)
            case Entry():
                self._remark(happening)
            case _:
                pass

    def end(self, incident: Incident) -> str:
        """The run is over; says why its spans did not arrive, or nothing."""
        now, root = self._clock.now(), self._root
        self._close_call(now)
        usage = incident.model_usage
        root.span.set_attribute("sreagent.outcome", incident.outcome.value)
        root.span.set_attribute("gen_ai.usage.input_tokens", usage.prompt)
        root.span.set_attribute("gen_ai.usage.output_tokens", usage.answer)
        root.span.end(end_time=_ns(now))
        return self._delivery.finish()

    def _work(self, entry: Entry) -> None:
        match entry.record:
            case Looked() as look:
                self._looked(look, entry.at)
            case Turn() as turn:
                self._turn(turn, entry.at)
            case Told() as told:
                self._told(told, entry.at)
            case Ran() as ran:
                self._ran(ran, entry.at)
            case _:
                pass

    def _remark(self, entry: Entry) -> None:
        """What belongs to the run as a whole."""
        root = self._root.span
        match entry.record:
            case Briefed(text=text):
                said = _message("user", [{"type": "text", "content": text}])
                root.set_attributes(self._contents.of(gen_ai__input__messages=said))
            case Concluded(diagnosis=found, outcome=outcome, by=by, summary=summary):
                told: dict[str, str | float] = {
                    "sreagent.outcome": outcome.value,
                    "sreagent.by": by,
                    **self._contents.of(sreagent__summary=summary),
                }
                told |= {"sreagent.confidence": found.confidence} if found else {}
                root.add_event("sreagent.concluded", told, _ns(entry.at))
            case Proposed(proposal=proposal):
                self._proposals[proposal.id] = proposal
            case Intended(action=action):
                self._sent_at[action] = entry.at
            case Answered(action=action, answer=answer, how=how):
                event = {"sreagent.action.id": action, "answer": answer.value, "how": how}
                root.add_event("sreagent.answered", event, _ns(entry.at))
            case Verified(action=action, helped=helped):
                word = {True: "yes", False: "no", None: "unknown"}[helped]
                event = {"sreagent.action.id": action, "helped": word}
                root.add_event("sreagent.verified", event, _ns(entry.at))
            case _:
                pass

    def _turn(self, turn: Turn, at: datetime) -> None:
        seconds = timedelta(seconds=turn.seconds)
        since = at - seconds if seconds else self._asked_at or at
        name = short(turn.model)
        opened = self._begin(f"chat {name}".strip(), since, self._of_turn(turn), client=True)
        if turn.problem:
            self._fail(opened.span, _kind(turn.problem), one_line(turn.problem, 200))
        opened.span.end(end_time=_ns(at))
        self._close_call(at)
        self._next_call(list(turn.calls), at)

    def _of_turn(self, turn: Turn) -> Attributes:
        usage = turn.usage
        known: dict[str, str | int | float | tuple[str, ...]] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider(turn.model),
            "gen_ai.request.model": short(turn.model),
            "sreagent.role": turn.role,
            "sreagent.prompts.version": turn.version,
        }
        if usage.prompt or usage.answer:
            known |= {
                "gen_ai.usage.input_tokens": usage.prompt,
                "gen_ai.usage.output_tokens": usage.answer,
                "gen_ai.usage.cache_read.input_tokens": usage.cached,
            }
            known |= {"sreagent.cost.usd": usage.usd} if usage.usd is not None else {}
        if _kind(turn.problem) == FILTERED:
            known["gen_ai.response.finish_reasons"] = (FILTERED,)
        return {**known, **self._contents.of(gen_ai__output__messages=_said(turn))}

    def _next_call(self, calls: list[ToolCall], at: datetime) -> None:
        """The call that is worked on from now on; the looks for it lie under its span."""
        if not calls:
            return
        call = calls[0]
        about = {
            **_tool(call.name),
            "gen_ai.tool.call.id": call.id,
            "gen_ai.tool.type": "function",
            **self._contents.of(gen_ai__tool__call__arguments=call.arguments),
        }
        self._call = self._begin(f"execute_tool {one_line(call.name, 60)}", at, about)
        self._call.calls = calls

    def _told(self, told: Told, at: datetime) -> None:
        running = self._call
        if running is None or running.calls[0].id != told.call:
            return
        running.span.set_attributes(self._contents.of(gen_ai__tool__call__result=told.text))
        if told.invented:
            running.span.set_attribute("sreagent.invented", told.invented)
            self._fail(running.span, "invented")
        elif told.unusable:
            self._fail(running.span, "unusable")
        rest = running.calls[1:]
        self._close_call(at)
        self._next_call(rest, at)

    def _close_call(self, at: datetime) -> None:
        if self._call:
            self._call.span.end(end_time=_ns(at))
            self._call = None

    def _looked(self, look: Looked, at: datetime) -> None:
        command = {"sreagent.command": self._contents.redact(look.command)}
        since = at - timedelta(seconds=look.seconds)
        name = look.source
        opened = self._begin(f"execute_tool {name}", since, {**_tool(name), **command})
        if look.verdict is Health.UNKNOWN:
            code = re.match(r"\d{3}\b", look.result)
            self._fail(opened.span, code[0] if code else OTHER)
        opened.span.end(end_time=_ns(at))

    def _ran(self, ran: Ran, at: datetime) -> None:
        proposal = self._proposals.get(ran.action)
        verb = proposal.action.verb if proposal else "change"
        about = {**_tool(verb), "sreagent.action.id": ran.action}
        if proposal:
            about["sreagent.command"] = self._contents.redact(proposal.command)
        since = self._sent_at.get(ran.action, at)
        opened = self._begin(f"execute_tool {verb}", since, about)
        if not ran.ok:
            self._fail(opened.span, "refused" if ran.refused else OTHER)
        opened.span.end(end_time=_ns(at))

    def _begin(
        self, name: str, since: datetime, about: Attributes, *, client: bool = False
    ) -> _Open:
        """A span under the call that is worked on, or under the run, never before it."""
        from opentelemetry.trace import SpanKind, set_span_in_context

        above = self._above()
        since = max(since, above.since) if above else since
        span = self._tracer.start_span(
            name,
            context=above.context if above else None,
            kind=SpanKind.CLIENT if client else SpanKind.INTERNAL,
            attributes={**self._same, **about},
            start_time=_ns(since),
        )
        return _Open(span=span, context=set_span_in_context(span), since=since)

    def _above(self) -> _Open | None:
        return self._call or getattr(self, "_root", None)

    def _fail(self, span: Span, kind: str, why: str = "") -> None:
        from opentelemetry.trace import Status, StatusCode

        span.set_attribute("error.type", kind)
        span.set_status(Status(StatusCode.ERROR, self._contents.redact(why)))


FILTERED = "content_filter"


def provider(model: str) -> str:
    """The provider of a model, as OpenTelemetry names it."""
    name = model.partition("/")[0] if "/" in model else OTHER
    return PROVIDERS.get(name, name)


def short(model: str) -> str:
    """The name of a model without its provider."""
    return model.partition("/")[2] or model


def _kind(problem: str) -> str:
    """The sort of a problem: few words for all of them, so that they can be counted."""
    if not problem:
        return ""
    if "content filter" in problem:
        return FILTERED
    return "empty_answer" if "was empty" in problem else "no_answer"


def _tool(name: str) -> dict[str, str]:
    return {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": one_line(name, 60)}


def _said(turn: Turn) -> str:
    parts = [{"type": "text", "content": turn.text}] if turn.text else []
    parts += [
        {"type": "tool_call", "id": one.id, "name": one.name, "arguments": one.arguments}
        for one in turn.calls
    ]
    return _message("assistant", parts) if parts else ""


def _message(role: str, parts: list[dict[str, str]]) -> str:
    return json.dumps([{"role": role, "parts": parts}], ensure_ascii=False)


def _ns(at: datetime) -> int:
    """Nanoseconds since 1970."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
