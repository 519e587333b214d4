"""What happened when: to the system, then in the investigation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sreagent.domain.change import Change
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.evidence import Health
from sreagent.domain.incident import Incident
from sreagent.domain.moment import span, stamp
from sreagent.domain.record import (
    RULES,
    Answer,
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
from sreagent.report.markdown import code, escape
from sreagent.report.model_part import rejected, said
from sreagent.report.sources import Sources, journal_id

CHANGES = 8
"""Changes that are told; the likeliest come first."""

OUTCOMES = {
    Outcome.OPEN: "not ended",
    Outcome.NO_FAULT: "no fault found",
    Outcome.DIAGNOSED: "cause found, nothing changed",
    Outcome.WAITING: "a change waits for a person",
    Outcome.FIXED: "fixed",
    Outcome.NOT_FIXED: "a change was made and did not help",
    Outcome.REFUSED: "the change was refused",
    Outcome.ESCALATED: "not sure, handed over to a person",
    Outcome.UNKNOWN: "too little could be looked at",
}
ANSWERS = {
    Answer.RUN: "approved",
    Answer.DRY_RUN: "dry run asked again",
    Answer.EDIT: "edited",
    Answer.HINT: "hint given",
    Answer.SKIP: "skipped",
    Answer.REJECT: "rejected",
    Answer.QUIT: "left open",
}
HELPED = {True: "it helped", False: "it did not help", None: "whether it helped is not known"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the timeline."""

    at: datetime
    text: str
    """Markdown, with its citations."""


def timeline(incident: Incident) -> tuple[Event, ...]:
    """Everything in order of time. Looks are folded into one line per stretch."""
    sources = Sources(incident)
    events = [
        *_before(incident, sources),
        *_investigation(incident, sources),
    ]
    return tuple(sorted(events, key=lambda event: event.at))


def clock_time(at: datetime) -> str:
    """`2026-11-21 01:05:00`, in UTC."""
    return stamp(at)[:19].replace("T", " ")


def who_answered(answered: Answered) -> str:
    """Who decided, and how: `oncall@prod (keyboard)`."""
    by, how = escape(answered.by), escape(answered.how)
    return by if by == how else f"{by} ({how})"


def _before(incident: Incident, sources: Sources) -> Iterator[Event]:
    found_changes = sources.entry(FoundChanges)
    for change in incident.changes[:CHANGES]:
        shown = sources.shown_by(change.command)
        cited = sources.cite(shown.id if shown else found_changes)
        yield Event(at=change.at, text=f"{_change(change)}{cited}")
    alert = incident.opened.alert
    if alert.starts_at:
        text = f"Alert {escape(alert.name)} began to fire{sources.cite('J1')}"
        yield Event(at=alert.starts_at, text=text)
    if alert.ends_at:
        text = f"Alert {escape(alert.name)} resolved{sources.cite('J1')}"
        yield Event(at=alert.ends_at, text=text)
    yield from _first_symptom(incident, sources)


def _first_symptom(incident: Incident, sources: Sources) -> Iterator[Event]:
    """The earliest that the cited evidence tells; what a change did is told as that change."""
    ids = incident.diagnosis.evidence if incident.diagnosis else ()
    changes = {change.command for change in incident.changes}
    began = [
        (evidence.since, evidence)
        for evidence in incident.cited(ids)
        if evidence.verdict is Health.BROKEN and evidence.since and evidence.command not in changes
    ]
    if began:
        at, first = min(began, key=lambda pair: pair[0])
        yield Event(at=at, text=f"First symptom: {escape(first.claim)}{sources.cite(first.id)}")


def _change(change: Change) -> str:
    by = f" (recorded as made by {escape(change.by)})" if change.by else ""
    near = f"; {escape(change.nearness)}" if change.nearness else ""
    until = "" if change.until is None else f", some time until {clock_time(change.until)}"
    return f"Changed{until}: {escape(str(change.entity))}: {escape(change.summary)}{by}{near}"


def _investigation(incident: Incident, sources: Sources) -> Iterator[Event]:
    looking: list[Entry] = []
    for entry in incident.entries:
        if isinstance(entry.record, Looked | Saw | FoundChanges | Weighed):
            looking.append(entry)
            continue
        if looking:
            yield _looked(looking, sources)
            looking = []
        for text in _told(entry, incident, sources):
            yield Event(at=entry.at, text=text)
    if looking:
        yield _looked(looking, sources)


def _looked(entries: list[Entry], sources: Sources) -> Event:
    looks = [entry.record for entry in entries if isinstance(entry.record, Looked)]
    unanswered = sum(look.verdict is Health.UNKNOWN for look in looks)
    seen = sum(isinstance(entry.record, Saw) for entry in entries)
    parts = [
        f"{len(looks)} reads" if len(looks) != 1 else "1 read",
        f"{unanswered} without an answer" if unanswered else "",
        f"{seen} pieces of evidence" if seen else "",
    ]
    text = f"Looked: {', '.join(part for part in parts if part)}"
    cited = sources.cite(journal_id(entries[0]), journal_id(entries[-1]))
    return Event(at=entries[-1].at, text=text + cited)


def _told(entry: Entry, incident: Incident, sources: Sources) -> Iterator[str]:
    """The words for one entry; none for those that say nothing by themselves."""
    here = journal_id(entry)
    match entry.record:
        case Opened() as opened:
            by = f" by {escape(opened.by)}" if opened.by else ""
            where = f"on {escape(opened.context)} as {escape(opened.user)}"
            yield f"Investigation began{by}, {where}{sources.cite(here)}"
        case Concluded() as concluded:
            yield _concluded(concluded, here, sources)
        case Resumed(by=by):
            yield f"Taken up again{f' by {escape(by)}' if by else ''}{sources.cite(here)}"
        case Noted(text=text, by=by):
            yield f"Note{f' by {escape(by)}' if by else ''}: {escape(text)}{sources.cite(here)}"
        case Closed(outcome=outcome, reason=reason):
            why = f" ({escape(reason)})" if reason else ""
            yield f"Investigation ended: {OUTCOMES[outcome]}{why}{sources.cite(here)}"
        case Briefed() | Turn() | Told() | Asked() as record:
            yield from (f"{text}{sources.cite(here)}" for text in _talked(record))
        case Proposed() | Answered() | Intended() | Ran() | Verified():
            yield _action(entry, incident) + sources.cite(_subject(entry), here)
        case _:
            pass


def _talked(record: Briefed | Turn | Told | Asked) -> Iterator[str]:
    """What was said between the program, a model and a person."""
    match record:
        case Briefed(version=version):
            yield f"A model was told what the rules found (prompts {escape(version)})"
        case Turn(role=role, model=model, problem=problem) if problem:
            who = f" ({escape(model)})" if model else ""
            yield f"The {escape(role)}{who} gave no usable answer: {escape(problem)}"
        case Turn(role=role):
            yield f"The {escape(role)} answered: {escape(said(record))}"
        case Told() if why := rejected(record):
            yield f"Rejected: {escape(why)}"
        case Asked(text=text, by=by):
            yield f"{escape(by)} said: {escape(text)}"


def _concluded(concluded: Concluded, here: str, sources: Sources) -> str:
    diagnosis = concluded.diagnosis
    if diagnosis is None:
        return f"Conclusion: {OUTCOMES[concluded.outcome]}{sources.cite(here)}"
    cited = sources.cite(*diagnosis.evidence, here)
    return (
        f"Cause named{_by(concluded)} with confidence {diagnosis.confidence:.2f}: "
        f"{escape(diagnosis.root_cause)}{cited}"
    )


def _by(concluded: Concluded) -> str:
    return "" if concluded.by == RULES else f" by {escape(concluded.by)}"


def _subject(entry: Entry) -> str:
    record = entry.record
    return record.proposal.id if isinstance(record, Proposed) else getattr(record, "action", "")


def _action(entry: Entry, incident: Incident) -> str:
    match entry.record:
        case Proposed(proposal=proposed):
            return f"{proposed.id} proposed: {escape(proposed.title)}"
        case Answered(action=id_, answer=answer, how=how, reason=reason) as answered:
            said = "denied" if how == "policy" else ANSWERS[answer]
            why = f": {escape(reason)}" if reason else ""
            return f"{id_} {said} by {who_answered(answered)}{why}"
        case Intended(action=id_):
            proposal = incident.proposal(id_)
            return f"{id_} sent: {code(proposal.command) if proposal else 'its proposal is lost'}"
        case Ran(action=id_, ok=ok, message=message):
            return f"{id_} {'done' if ok else 'not done'}: {escape(message)}"
        case Verified(action=id_, helped=helped, seconds=seconds):
            return f"{id_} verified after {span(timedelta(seconds=seconds))}: {HELPED[helped]}"
        case _:
            return ""
