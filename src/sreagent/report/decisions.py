"""How an incident was decided, as a tree: a fold over its journal."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sreagent.domain.action import Proposal
from sreagent.domain.alert import Alert
from sreagent.domain.change import Change
from sreagent.domain.diagnosis import Diagnosis, Outcome
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.hypothesis import Hypothesis, Standing
from sreagent.domain.incident import Incident
from sreagent.domain.moment import stamp
from sreagent.domain.record import (
    Answered,
    Asked,
    Briefed,
    Closed,
    Concluded,
    Entry,
    FoundChanges,
    Intended,
    Looked,
    Noted,
    Opened,
    Proposed,
    Ran,
    Resumed,
    Saw,
    Told,
    Turn,
    Verified,
    Weighed,
)
from sreagent.domain.text import one_line
from sreagent.domain.verdict import Tier
from sreagent.report.model_part import rejected, said
from sreagent.report.sources import journal_id
from sreagent.report.timeline import ANSWERS, HELPED, OUTCOMES

LONGEST = 1000
"""Characters of one step."""
TIERS = {
    Tier.READ: "runs by itself",
    Tier.BOUNDED: "somebody is asked, --yes may answer",
    Tier.PERSON: "a person is asked",
}
_LOOKING = (Looked, Saw, FoundChanges)
_ACTING = (Proposed, Answered, Intended, Ran, Verified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was known, weighed, decided or done, and what belongs to it."""

    kind: str
    """`alert`, `looked`, `evidence`, `change`, `weighed`, `hypothesis`, `for`, `against`,
    `concluded`, `proposal`, `why`, `verdict`, `dry_run`, `undo`, `answer`, `intent`, `result`,
    `verified`, `briefed`, `turn`, `told`, `asked`, `note`, `resumed`, `closed`, …"""
    text: str
    """One line, safe to show."""
    entry: str = ""
    """The line of the journal that says so: `J7`."""
    at: datetime | None = None
    health: Health | None = None
    steps: tuple["Step", ...] = ()


def decisions(incident: Incident) -> Step:
    """The whole tree, in the order of the journal; what belongs to a change stands with it."""
    steps = (_alert(incident.entries[0], incident.opened), *_phases(incident))
    return _step("incident", f"{incident.id}: {OUTCOMES[incident.outcome]}", steps=steps)


def as_json(step: Step) -> dict[str, Any]:
    """A tree as JSON data, with every key always there."""
    return {
        "kind": step.kind,
        "text": step.text,
        "entry": step.entry,
        "at": stamp(step.at) if step.at else None,
        "health": step.health.value if step.health else None,
        "steps": [as_json(child) for child in step.steps],
    }


def _step(
    kind: str,
    text: str,
    entry: Entry | None = None,
    *,
    health: Health | None = None,
    steps: Iterable[Step] = (),
) -> Step:
    return Step(
        kind=kind,
        text=one_line(text, LONGEST),
        entry=journal_id(entry) if entry else "",
        at=entry.at if entry else None,
        health=health,
        steps=tuple(steps),
    )


def _phases(incident: Incident) -> Iterator[Step]:
    looking: list[Entry] = []
    told: set[str] = set()
    for entry in incident.entries[1:]:
        if isinstance(entry.record, _LOOKING):
            looking.append(entry)
            continue
        if looking:
            yield _looked(looking)
            looking = []
        if isinstance(entry.record, _ACTING):
            yield from _action(_subject(entry), incident, told)
        else:
            yield from _phase(entry, incident)
    if looking:
        yield _looked(looking)


def _phase(entry: Entry, incident: Incident) -> Iterator[Step]:
    match entry.record:
        case Weighed(hypotheses=found):
            steps = (_hypothesis(one, incident) for one in found)
            yield _step(
                "weighed", f"Weighed {_count(len(found), 'hypothesis')}", entry, steps=steps
            )
        case Concluded() as concluded:
            yield _concluded(entry, concluded, incident)
        case Noted(text=text, by=by):
            yield _step("note", f"Note{_by(by)}: {text}", entry)
        case Briefed() | Turn() | Told() | Asked() as record:
            yield _talked(entry, record)
        case Resumed(by=by):
            yield _step("resumed", f"Taken up again{_by(by)}", entry)
        case Closed(outcome=outcome, reason=reason):
            word = "Stopped" if outcome is Outcome.OPEN else f"Ended: {OUTCOMES[outcome]}"
            yield _step("closed", f"{word}{_because(reason)}", entry)
        case _:
            pass


def _talked(entry: Entry, record: Briefed | Turn | Told | Asked) -> Step:
    """What was said between the program, a model and a person."""
    match record:
        case Briefed(version=version):
            return _step("briefed", f"Told a model what the rules found, prompts {version}", entry)
        case Turn(role=role, model=model, problem=problem):
            usage = record.usage
            words = f"The {role} ({model or 'no model'}): {problem or said(record)}"
            tokens = f"{usage.prompt:,} tokens read, {usage.answer:,} written"
            health = Health.BROKEN if problem else None
            steps = (_step("usage", tokens), *_calls(record))
            return _step("turn", words, entry, health=health, steps=steps)
        case Told(text=text):
            why = rejected(record)
            health = Health.BROKEN if why else None
            return _step("told", f"rejected: {why}" if why else text, entry, health=health)
        case Asked(text=text, by=by):
            return _step("asked", f"{by} said: {text}", entry)


def _calls(turn: Turn) -> Iterator[Step]:
    for call in turn.calls:
        yield _step("call", f"{call.name} {call.arguments}")


def _alert(entry: Entry, opened: Opened) -> Step:
    alert = opened.alert
    place = f"namespace {opened.namespace}" if opened.namespace else "all namespaces"
    where = f"cluster {opened.context}, read as {opened.user}, {place}"
    steps = (
        _step("where", where),
        *((_step("by", f"begun by {opened.by}"),) if opened.by else ()),
        *(_step("annotation", f"{key}: {text}") for key, text in alert.annotations.items()),
    )
    return _step("alert", f"Alert {_named(alert)}", entry, steps=steps)


def _named(alert: Alert) -> str:
    since = f"since {stamp(alert.starts_at)}" if alert.starts_at else ""
    return " ".join(part for part in (alert.name, alert.severity, alert.status, since) if part)


def _looked(entries: Sequence[Entry]) -> Step:
    """The reads of one stretch, each with the evidence that its call showed."""
    looks = [(entry, entry.record) for entry in entries if isinstance(entry.record, Looked)]
    seen = [(entry, entry.record.evidence) for entry in entries if isinstance(entry.record, Saw)]
    commands = {look.command for _, look in looks}
    steps = [_look(entry, look, seen) for entry, look in looks]
    steps += [_evidence(one, entry) for entry, one in seen if one.command not in commands]
    for entry in entries:
        if isinstance(entry.record, FoundChanges):
            steps += [_change(entry, change) for change in entry.record.changes]
    unanswered = sum(look.verdict is Health.UNKNOWN for _, look in looks)
    gaps = f", {unanswered} without an answer" if unanswered else ""
    return _step("looked", f"Looked: {_count(len(looks), 'read')}{gaps}", entries[0], steps=steps)


def _look(entry: Entry, look: Looked, seen: Iterable[tuple[Entry, Evidence]]) -> Step:
    steps = (_evidence(one, at) for at, one in seen if one.command == look.command)
    text = f"{look.command}: {look.result}"
    return _step("look", text, entry, health=look.verdict, steps=steps)


def _evidence(evidence: Evidence, entry: Entry | None = None, kind: str = "evidence") -> Step:
    tainted = " (repeats text that anybody could have written)" if evidence.tainted else ""
    return _step(kind, f"{evidence.id} {evidence.claim}{tainted}", entry, health=evidence.verdict)


def _change(entry: Entry, change: Change) -> Step:
    by = f", recorded as made by {change.by}" if change.by else ""
    text = f"{stamp(change.at)} {change.entity}: {change.summary}{by}"
    return _step("change", text, entry)


def _hypothesis(hypothesis: Hypothesis, incident: Incident) -> Step:
    refuted = hypothesis.standing is Standing.REFUTED
    word = "refuted by" if refuted else "would be refuted by"
    steps = [
        *_cited(hypothesis.evidence_for, incident, "for"),
        *_cited(hypothesis.evidence_against, incident, "against"),
    ]
    if hypothesis.refuted_by:
        steps.append(_step("refuted_by", f"{word}: {hypothesis.refuted_by}"))
    text = (
        f"{hypothesis.id} {hypothesis.statement} "
        f"({hypothesis.standing}, {hypothesis.confidence:.2f})"
    )
    return _step("hypothesis", text, steps=steps)


def _cited(ids: Sequence[str], incident: Incident, kind: str = "evidence") -> Iterator[Step]:
    for evidence in incident.cited(ids):
        yield _evidence(evidence, kind=kind)


def _concluded(entry: Entry, concluded: Concluded, incident: Incident) -> Step:
    steps = [
        *(() if concluded.diagnosis is None else _cited(concluded.diagnosis.evidence, incident)),
        *(_also(cause, incident) for cause in concluded.other_causes),
        *(_step("victim", f"suffers without being at fault: {one}") for one in concluded.victims),
    ]
    if concluded.impact:
        steps.append(_step("impact", f"impact: {concluded.impact}"))
    diagnosis = concluded.diagnosis
    said = f"{diagnosis.root_cause} ({diagnosis.confidence:.2f})" if diagnosis else ""
    text = f"Concluded, {OUTCOMES[concluded.outcome]}: {said or concluded.summary}"
    return _step("concluded", text, entry, steps=steps)


def _also(cause: Diagnosis, incident: Incident) -> Step:
    text = f"also: {cause.root_cause} ({cause.confidence:.2f})"
    return _step("cause", text, steps=_cited(cause.evidence, incident))


def _action(action: str, incident: Incident, told: set[str]) -> Iterator[Step]:
    """All that belongs to one change, once."""
    if action in told:
        return
    told.add(action)
    entries = [
        entry
        for entry in incident.entries
        if isinstance(entry.record, _ACTING) and _subject(entry) == action
    ]
    first = entries[0]
    if not isinstance(first.record, Proposed):
        known = (step for entry in entries for step in _told(entry))
        yield _step("proposal", f"{action}, of which no proposal is recorded", first, steps=known)
        return
    proposal = first.record.proposal
    later = (step for entry in entries[1:] for step in _again(entry, incident))
    steps = (*_proposal(proposal, incident), *later)
    yield _step("proposal", f"Proposed {proposal.id}: {proposal.title}", first, steps=steps)


def _again(entry: Entry, incident: Incident) -> Iterator[Step]:
    if isinstance(entry.record, Proposed):
        proposal = entry.record.proposal
        text = f"proposed again: {proposal.title}"
        yield _step("proposal", text, entry, steps=_proposal(proposal, incident))
    else:
        yield from _told(entry)


def _proposal(proposal: Proposal, incident: Incident) -> Iterator[Step]:
    yield _step("command", proposal.command)
    why = _cited(proposal.evidence, incident)
    yield _step("why", f"why: {proposal.reason}", steps=why)
    yield _step("expected", f"expected: {proposal.expected}")
    if preview := proposal.preview:
        facts = (("touches", preview.touches), ("depends", preview.depends))
        steps = [_step(kind, f"{kind}: {text}") for kind, text in facts if text]
        steps += [_step("diff", line) for line in preview.diff]
        health = Health.HEALTHY if preview.accepted else Health.BROKEN
        yield _step("dry_run", f"dry run: {preview.answer}", health=health, steps=steps)
    yield _step("undo", f"undo: {proposal.undo_command or 'nothing to bring back'}")
    yield _verdict(proposal)


def _verdict(proposal: Proposal) -> Step:
    people = f", {proposal.people} people" if proposal.people > 1 else ""
    policy = f", policy {proposal.policy[:12]}" if proposal.policy else ""
    text = f"verdict: {TIERS[proposal.tier]}{people} (tier {proposal.tier}{policy})"
    steps = [_step("rule", f"rule {proposal.rule}{_because(proposal.ruling)}")]
    if proposal.origin:
        steps.append(_step("origin", f"thought of by: {proposal.origin}"))
    return _step("verdict", text, steps=steps)


def _told(entry: Entry) -> Iterator[Step]:
    match entry.record:
        case Answered(answer=answer, by=by, how=how, reason=reason, proof=proof):
            said = "denied" if how == "policy" else ANSWERS[answer]
            who = by if by == how else f"{by} ({how})"
            proved = ", proved by a key" if proof else ""
            text = f"{said} by {who}{proved}{_because(reason)}"
            yield _step("answer", text, entry)
        case Intended(before=before, after=after):
            steps = (
                _step(
                    "field", f"{name}: {before.get(name, 'absent')} → {after.get(name, 'absent')}"
                )
                for name in sorted({*before, *after})
            )
            yield _step("intent", "intent written, then sent", entry, steps=steps)
        case Ran(ok=ok, message=message, settled=settled):
            found = " (found out afterwards)" if settled else ""
            health = Health.HEALTHY if ok else Health.BROKEN
            text = f"{'done' if ok else 'not done'}{found}: {message}"
            yield _step("result", text, entry, health=health)
        case Verified() as verified:
            yield _verified(entry, verified)
        case _:
            pass


def _verified(entry: Entry, verified: Verified) -> Step:
    health = {True: Health.HEALTHY, False: Health.BROKEN, None: Health.UNKNOWN}[verified.helped]
    steps = (
        _step("check", f"{check.name} {check.text}", health=check.verdict)
        for check in verified.checks
    )
    text = f"verified after {verified.seconds:.0f} s: {HELPED[verified.helped]}"
    return _step("verified", text, entry, health=health, steps=steps)


def _subject(entry: Entry) -> str:
    record = entry.record
    return record.proposal.id if isinstance(record, Proposed) else getattr(record, "action", "")


def _count(number: int, noun: str) -> str:
    many = {"hypothesis": "hypotheses"}.get(noun, f"{noun}s")
    return f"{number} {noun if number == 1 else many}"


def _by(name: str) -> str:
    return f" by {name}" if name else ""


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
