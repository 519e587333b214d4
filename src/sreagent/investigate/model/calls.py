"""Turns one call of a model into a step, after code has checked it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pydantic import BaseModel, ValidationError

from sreagent.domain.action import Action
from sreagent.domain.command import Read as ReadLine
from sreagent.domain.command import Refusal
from sreagent.domain.conversation import ToolCall
from sreagent.domain.diagnosis import CONFIDENT, Diagnosis, Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category
from sreagent.domain.hypothesis import Hypothesis, Standing
from sreagent.domain.incident import Incident
from sreagent.domain.record import Concluded, Noted, Record, Saw, Told, Turn, Weighed
from sreagent.domain.text import one_line
from sreagent.investigate.case import Case
from sreagent.investigate.commands import placed
from sreagent.investigate.model.arguments import (
    Conclude,
    Escalate,
    Guess,
    Look,
    Pass,
    Propose,
    Read,
    Report,
    Suggestion,
    Weigh,
)
from sreagent.investigate.model.briefing import framed
from sreagent.investigate.model.context import frame_of
from sreagent.investigate.model.digests import page
from sreagent.investigate.model.grounding import (
    Invented,
    check,
    check_evidence,
    entity_named,
    is_known,
    supported,
)
from sreagent.investigate.model.roles import Role, tools_of
from sreagent.investigate.steps import Draft, LookUp, Step, Write
from sreagent.investigate.steps import Propose as PutForward
from sreagent.policy.facts import Origin

ERRORS = 4
"""Mistakes in the arguments of one call that are named."""
Parse = Callable[[str], ReadLine | Action | Refusal]


@dataclass(frozen=True, slots=True)
class Calls:
    """Knows what each tool means."""

    parse: Parse

    def step(self, case: Case, turn: Turn, call: ToolCall) -> Step:
        """What to do for a call; nothing of it is done yet."""
        tools = tools_of(Role(turn.role))
        tool = tools.get(call.name)
        if tool is None:
            named = ", ".join(tools) or "none"
            text = f"there is no tool {one_line(call.name, 60)!r}; you have: {named}"
            return Write(records=(_unusable(call, text, "tool"),))
        try:
            said = tool.model_validate_json(call.arguments or "{}")
        except ValidationError as error:
            return Write(records=(_unusable(call, _mistakes(error)),))
        try:
            return self._meant(case, turn, call, said)
        except Invented as error:
            told = Told(call=call.id, text=f"rejected: {error}", invented=error.what)
            return Write(records=(told,))

    def _meant(self, case: Case, turn: Turn, call: ToolCall, said: BaseModel) -> Step:
        match said:
            case Look(lines=lines, promql=promql, minutes=minutes):
                return LookUp(call=call.id, lines=lines, promql=promql, minutes=minutes)
            case Propose(changes=changes):
                return self._proposed(case, call, changes)
            case _:
                return Write(records=tuple(_records(case, turn, call, said)))

    def _proposed(self, case: Case, call: ToolCall, changes: tuple[Suggestion, ...]) -> Step:
        key = f"propose {call.id}"
        if key in case.asked_for:
            states = [f"{p.id} {p.title}: {p.state} {p.note}" for p in case.incident.proposals]
            return Write(records=(Told(call=call.id, text="\n".join(states) or "not proposed"),))
        if not changes:
            return Write(records=(Told(call=call.id, text="nothing was proposed"),))
        drafts = tuple(self._draft(case, one) for one in changes)
        case.asked_for.add(key)
        return PutForward(drafts=drafts)

    def _draft(self, case: Case, one: Suggestion) -> Draft:
        check_evidence(case.incident, one.evidence)
        meant = self.parse(one.line)
        if isinstance(meant, Refusal):
            msg = f"{one_line(one.line, 120)}: {meant.reason}"
            raise Invented(msg, what="flag")
        if not isinstance(meant, Action):
            msg = f"{one_line(one.line, 120)} changes nothing"
            raise Invented(msg, what="flag")
        action = placed(case.incident, meant)
        if not is_known(case.incident, case.inventory, action.target):
            msg = f"{action.target.path} does not exist"
            raise Invented(msg, what="object")
        return Draft(
            action=action,
            reason=f"{one_line(one.reason, 500)} (risk as the model sees it: {one.risk})",
            evidence=one.evidence,
            expected=one_line(one.expected, 300),
            origin=Origin.MODEL,
        )


def _records(case: Case, turn: Turn, call: ToolCall, said: BaseModel) -> Iterator[Record]:
    """What is written down for a call that neither looks nor changes anything."""
    match said:
        case Read():
            yield _read_on(case.incident, call, said)
        case Weigh(hypotheses=guesses):
            yield from _weighed(case, guesses)
            yield Told(call=call.id, text="noted")
        case Conclude():
            yield from _concluded(case, turn, call, said)
        case Escalate():
            yield from _escalated(case, turn, call, said)
        case Report(evidence=ids):
            check_evidence(case.incident, ids)
            yield Told(call=call.id, text="passed on")
        case _:
            yield Told(call=call.id, text="passed on")


def is_usable(told: Told) -> bool:
    """Whether the call was understood and nothing in it was made up."""
    return not told.unusable and not told.invented


def _unusable(call: ToolCall, text: str, invented: str = "") -> Told:
    return Told(call=call.id, text=f"not understood: {text}", invented=invented, unusable=True)


def _mistakes(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False)[:ERRORS]
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'arguments'}: {one['msg']}" for one in found
    )


def _read_on(incident: Incident, call: ToolCall, said: Read) -> Told:
    check_evidence(incident, (said.evidence,))
    (evidence,) = incident.cited((said.evidence,))
    whole = next(
        (
            entry.record.text
            for entry in incident.entries
            if isinstance(entry.record, Saw) and entry.record.evidence.id == said.evidence
        ),
        "",
    )
    shown = page(whole or evidence.excerpt or evidence.claim, start=said.start, find=said.find)
    return Told(call=call.id, text=framed(frame_of(incident), shown), evidence=(said.evidence,))


def _weighed(case: Case, guesses: tuple[Guess, ...]) -> Iterator[Record]:
    """The model's hypotheses, then those of the rules that it left out."""
    found = []
    for guess in guesses:
        check_evidence(case.incident, (*guess.evidence_for, *guess.evidence_against))
        entity = _known(case, guess.entity)
        most = supported(case.incident, entity, guess.evidence_for)
        found.append(
            _hypothesis(
                guess.statement,
                entity,
                min(guess.confidence, most),
                guess.evidence_for,
                guess.evidence_against,
                guess.refuted_by,
            )
        )
    yield Weighed(hypotheses=_numbered(case.incident, found))


def _hypothesis(
    statement: str,
    entity: Entity,
    confidence: float,
    evidence_for: tuple[str, ...] = (),
    evidence_against: tuple[str, ...] = (),
    refuted_by: str = "",
) -> Hypothesis:
    return Hypothesis(
        id="",
        statement=one_line(statement, 600),
        entity=entity,
        category=Category.AVAILABILITY,
        confidence=round(confidence, 2),
        standing=Standing.LIKELY if confidence >= CONFIDENT else Standing.OPEN,
        evidence_for=evidence_for,
        evidence_against=evidence_against,
        refuted_by=one_line(refuted_by, 400),
    )


def _numbered(incident: Incident, found: list[Hypothesis]) -> tuple[Hypothesis, ...]:
    named = {one.entity for one in found}
    rest = [one for one in incident.hypotheses if one.entity not in named]
    ordered = sorted([*found, *rest], key=lambda one: -one.confidence)
    return tuple(
        replace(one, id=f"H{n}", parent=one.parent if n > 1 else "")
        for n, one in enumerate(ordered, start=1)
    )


def _known(case: Case, path: str) -> Entity:
    entity = entity_named(path)
    if not is_known(case.incident, case.inventory, entity):
        msg = f"{entity.path} was not seen anywhere"
        raise Invented(msg, what="object")
    return entity


def _concluded(case: Case, turn: Turn, call: ToolCall, said: Conclude) -> Iterator[Record]:
    incident = case.incident
    entity = check(incident, case.inventory, said)
    most = supported(incident, entity, said.evidence)
    confidence = round(min(said.confidence, most), 2)
    others = [
        _hypothesis(one.statement, _known(case, one.entity), 0.1, refuted_by=one.refuted_by)
        for one in said.alternatives
    ]
    told = _hypothesis(
        said.root_cause, entity, confidence, said.evidence, refuted_by=said.refuted_by
    )
    yield Weighed(hypotheses=_numbered(incident, [told, *others]))
    if not said.evidence:
        text = "without evidence this is a hypothesis: it was written down as one; cite evidence"
        yield Told(call=call.id, text=text)
        return
    yield Told(
        call=call.id,
        text=f"concluded; confidence {confidence:.2f} (yours {said.confidence:.2f}, "
        f"the evidence gives {most:.2f})",
        evidence=said.evidence,
    )
    before = incident.concluded
    # What the rules cite for the same object speaks for it, too.
    agreed = [
        id_ for one in incident.hypotheses if one.entity == entity for id_ in one.evidence_for
    ]
    diagnosis = Diagnosis(
        root_cause=one_line(said.root_cause, 1000),
        entity=entity,
        category=said.category,
        confidence=confidence,
        evidence=tuple(dict.fromkeys((*said.evidence, *agreed))),
        refuted_by=one_line(said.refuted_by, 400),
    )
    known = (before.diagnosis, *before.other_causes) if before else ()
    sure = confidence >= CONFIDENT
    yield Concluded(
        diagnosis=diagnosis,
        outcome=Outcome.DIAGNOSED if sure else Outcome.ESCALATED,
        other_causes=tuple(one for one in known[1:] if one and one.entity != entity),
        victims=tuple(one for one in incident.victims if one != entity),
        impact=before.impact if before else "",
        summary=f"{'' if sure else 'Most likely, but not sure: '}{diagnosis.root_cause} "
        f"[{' '.join(said.evidence)}]",
        by=turn.model,
    )


def _escalated(case: Case, turn: Turn, call: ToolCall, said: Escalate) -> Iterator[Record]:
    """Its account goes to a person; what the rules are sure of stands."""
    check_evidence(case.incident, said.evidence)
    yield Told(call=call.id, text="handed over", evidence=said.evidence)
    before = case.incident.concluded
    missing = f" Missing: {said.missing}" if said.missing else ""
    account = one_line(f"{said.account}{missing}", 1000)
    if before and before.outcome in (Outcome.DIAGNOSED, Outcome.NO_FAULT):
        yield Noted(text=f"the model would hand over: {account}", by=turn.model)
        yield _again(before, turn.model)
        return
    yield Concluded(
        diagnosis=before.diagnosis if before else None,
        outcome=Outcome.ESCALATED,
        other_causes=before.other_causes if before else (),
        victims=case.incident.victims,
        impact=before.impact if before else "",
        summary=f"Handed over: {account} [{' '.join(said.evidence)}]".replace(" []", ""),
        by=turn.model,
    )


def _again(before: Concluded, model: str) -> Concluded:
    return replace(before, by=f"rules, after {model}")


def reported(turn: Turn) -> str:
    """What an observer reported in a turn; empty when it did not."""
    for call in turn.calls:
        if call.name == "report":
            try:
                return str(json.loads(call.arguments).get("seen", ""))
            except (ValueError, AttributeError):
                return ""
    return ""


def passed_to(turn: Turn) -> Role | None:
    """Whom a supervisor passed a person's words to."""
    for call in turn.calls:
        if call.name == "pass":
            try:
                return Role(Pass.model_validate_json(call.arguments).to)
            except ValueError:
                return None
    return None
