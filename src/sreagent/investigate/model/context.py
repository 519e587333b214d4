"""What a model is sent: its prompt, the briefing, and what was said since. A fold over the record.

What comes first stays the same from one request to the next, so that providers can cache it.
"""

import json
from collections.abc import Iterator, Sequence

from sreagent.domain.conversation import Abilities, Message, Speaker, ToolCall, ToolSpec
from sreagent.domain.diagnosis import CONFIDENT
from sreagent.domain.evidence import Evidence
from sreagent.domain.incident import Incident
from sreagent.domain.record import RULES, Asked, Briefed, Concluded, Entry, Saw, Told, Turn
from sreagent.domain.text import one_line
from sreagent.investigate.model.briefing import framed
from sreagent.investigate.model.prompts import Prompts, specs
from sreagent.investigate.model.roles import Role

CHARACTERS = 3.6
"""Of one token, about; only for what has to fit."""
RESERVED = 0.5
"""Share of a model's context that old observations may fill."""
FRESH = 3
"""Answers of tools that are always sent whole."""
_NEXT = "What next?"


def conversation(
    incident: Incident, role: Role, prompts: Prompts, abilities: Abilities, *, tightness: int = 0
) -> tuple[list[Message], tuple[ToolSpec, ...]]:
    """The messages and tools of the next request.

    `tightness` is raised when the provider says that it was too much: fewer old answers are whole.
    """
    tools = specs(role)
    briefed = brief_of(incident)
    system = prompts.page(role.value, **_values(incident, briefed))
    if not abilities.tools and tools:
        listed = "\n".join(f"- {one.name}: {one.description} {one.parameters}" for one in tools)
        system += "\n\n" + prompts.page("without_tools", tools=listed)
    first = Message(speaker=Speaker.USER, text=_opening(incident, role, briefed), stable=True)
    said = list(_said(incident, role))
    room = int(abilities.context * RESERVED * CHARACTERS) >> tightness
    said = _compacted(said, room, max(FRESH - tightness, 1))
    if not abilities.tools:
        said = [_as_text(message) for message in said]
    messages = [Message(speaker=Speaker.SYSTEM, text=system, stable=True), first, *said]
    return messages, tools if abilities.tools else ()


def brief_of(incident: Incident) -> Briefed | None:
    """What the model was told first."""
    records = (entry.record for entry in reversed(incident.entries))
    return next((record for record in records if isinstance(record, Briefed)), None)


def frame_of(incident: Incident) -> str:
    """The mark around what was read."""
    briefed = brief_of(incident)
    return briefed.text.partition(">")[0].removeprefix("<") if briefed else "data"


def _values(incident: Incident, briefed: Briefed | None) -> dict[str, object]:
    opened = incident.opened
    return {
        "frame": briefed.text.partition(">")[0].removeprefix("<") if briefed else "data",
        "namespace": opened.namespace or "all",
        "version": opened.server_version,
        "prometheus": " Prometheus answers PromQL." if opened.prometheus else "",
        "confident": f"{CONFIDENT:g}",
    }


def _opening(incident: Incident, role: Role, briefed: Briefed | None) -> str:
    parts = [briefed.text if briefed else ""]
    if role in (Role.REMEDIATOR, Role.COMMUNICATOR):
        parts.append(framed(frame_of(incident), "\n".join(_outcome(incident))))
    return "\n".join(part for part in parts if part)


def _outcome(incident: Incident) -> Iterator[str]:
    """What came after the briefing, for those who were not there."""
    concluded = incident.concluded
    if concluded and concluded.diagnosis:
        one = concluded.diagnosis
        cited = " ".join(one.evidence)
        yield f"CONCLUDED by {concluded.by}: {one.entity.path} {one.confidence:.2f}"
        yield f"{one.root_cause} [{cited}]"
    elif concluded:
        yield f"CONCLUDED: {concluded.summary}"
    for evidence in _seen_since(incident):
        yield f"{evidence.id} {evidence.verdict}: {one_line(evidence.claim, 200)}"
        yield f"   {one_line(evidence.excerpt, 300)}"
    for proposal in incident.proposals:
        yield f"{proposal.id} {proposal.state}: {proposal.title}"


def _seen_since(incident: Incident) -> list[Evidence]:
    since = False
    found = []
    for entry in incident.entries:
        since = since or isinstance(entry.record, Briefed)
        if since and isinstance(entry.record, Saw):
            found.append(entry.record.evidence)
    return found[-8:]


def _said(incident: Incident, role: Role) -> Iterator[Message]:
    """The turns of a role since the briefing, with what its calls brought and people said."""
    open_calls: set[str] = set()
    listening = False
    for entry in _since_brief(incident):
        match entry.record:
            case Turn(role=whose, text=text, calls=calls):
                listening = whose == role.value
                if listening and (text or calls):
                    open_calls = {call.id for call in calls}
                    yield Message(speaker=Speaker.ASSISTANT, text=text, calls=calls)
            case Told(call=call, text=text) if listening:
                # What answers no call of a tool is told as the program's own words.
                speaker = Speaker.TOOL if call in open_calls else Speaker.USER
                open_calls.discard(call)
                answers = call if speaker is Speaker.TOOL else ""
                yield Message(speaker=speaker, text=text, answers=answers)
            case Asked(text=text, by=by):
                yield Message(speaker=Speaker.USER, text=f"{by}, on call, says: {text}")
            case Concluded(by=by, summary=summary) if by != RULES and role is not Role.REMEDIATOR:
                yield Message(speaker=Speaker.USER, text=f"Concluded: {one_line(summary, 600)}")
            case _:
                pass


def _since_brief(incident: Incident) -> Sequence[Entry]:
    entries = incident.entries
    starts = [n for n, entry in enumerate(entries) if isinstance(entry.record, Briefed)]
    return entries[starts[-1] :] if starts else ()


def _compacted(said: list[Message], room: int, fresh: int) -> list[Message]:
    """The same; of old answers of tools only the first line, as soon as there is no room."""
    size = sum(len(one.text) + sum(len(call.arguments) for call in one.calls) for one in said)
    answers = [n for n, one in enumerate(said) if one.speaker is Speaker.TOOL]
    for n in answers[: max(len(answers) - fresh, 0)]:
        if size <= room:
            break
        short = one_line(said[n].text, 160) + " … (read it again by its id)"
        if len(short) < len(said[n].text):
            size -= len(said[n].text) - len(short)
            said[n] = Message(speaker=Speaker.TOOL, text=short, answers=said[n].answers)
    return said


def _as_text(message: Message) -> Message:
    """For models that have no tools: calls as the JSON they wrote, answers as what was seen."""
    if message.calls:
        call = message.calls[0]
        text = f'{{"tool": "{call.name}", "arguments": {call.arguments}}}'
        return Message(speaker=Speaker.ASSISTANT, text=text)
    if message.speaker is Speaker.TOOL:
        return Message(speaker=Speaker.USER, text=message.text)
    return message


def calls_in(text: str) -> tuple[ToolCall, ...]:
    """The call that a model without tools wrote as JSON into its text."""
    decoder = json.JSONDecoder()
    start = text.find("{")
    while start >= 0:
        try:
            found, _ = decoder.raw_decode(text[start:])
        except ValueError:
            start = text.find("{", start + 1)
            continue
        if isinstance(found, dict) and isinstance(found.get("tool"), str):
            arguments = json.dumps(found.get("arguments") or {})
            return (ToolCall(id=f"text-{start}", name=found["tool"], arguments=arguments),)
        start = text.find("{", start + 1)
    return ()
