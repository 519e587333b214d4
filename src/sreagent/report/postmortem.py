"""The postmortem of an incident, in Markdown: blameless, and every sentence with its source."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sreagent.domain.action import ActionState, Proposal
from sreagent.domain.diagnosis import CONFIDENT, Diagnosis, Outcome
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.hypothesis import Hypothesis, Standing
from sreagent.domain.incident import Incident
from sreagent.domain.moment import span
from sreagent.domain.record import (
    RULES,
    Answer,
    Answered,
    Asked,
    Closed,
    Concluded,
    Intended,
    Looked,
    Ran,
    Told,
    Turn,
    Verified,
    Weighed,
)
from sreagent.report.followups import followups
from sreagent.report.markdown import code, escape, fence, row
from sreagent.report.model_part import ModelPart, made_up, model_part, rejected, said, tokens
from sreagent.report.outcome import TRIED
from sreagent.report.sources import Sources, journal_id, split_citation
from sreagent.report.sparkline import caption, sparkline
from sreagent.report.timeline import HELPED, OUTCOMES, clock_time, timeline, who_answered

PROSE = 2000
"""Characters of a conclusion that are kept."""

Lines = Iterator[str]


def postmortem(incident: Incident, *, now: datetime) -> str:
    """The whole document. `now` is when it is written."""
    sources = Sources(incident)
    parts = (
        _head(incident, now),
        _summary(incident, sources),
        _impact(incident, sources),
        _timeline(incident),
        _root_cause(incident, sources),
        _done(incident, sources),
        _ruled_out(incident, sources),
        _not_looked_at(incident, sources),
        _not_known(incident, sources),
        _action_items(incident),
        _evidence_list(incident),
    )
    return "\n\n".join(text for part in parts if (text := "\n".join(part).strip())) + "\n"


def _head(incident: Incident, now: datetime) -> Lines:
    opened, alert = incident.opened, incident.opened.alert
    place = opened.namespace or alert.namespace
    # Free text often names the place itself.
    where = f" in {escape(place)}" if place and place not in alert.name.split() else ""
    severity = escape(alert.severity) or "no severity"
    status = OUTCOMES[incident.outcome]
    yield f"# {incident.id}: {escape(alert.name)}{where} ({severity}, {status})"
    yield ""
    since = f", began {clock_time(alert.starts_at)} UTC" if alert.starts_at else ""
    facts = {
        "Status": status,
        "Severity": severity,
        "Alert": f"{escape(alert.name)}, {escape(alert.status)}{since} "
        f"(from {escape(alert.source)})",
        "It says": escape(alert.summary),
        "Cluster": f"{escape(opened.context)} {escape(opened.server_version)}, "
        f"read as {escape(opened.user)}",
        "Investigated": _period(incident, now),
        **_model(model_part(incident)),
        "Cost": _cost(incident),
        "Written": f"{clock_time(now)} UTC",
    }
    yield from (row(("Incident", incident.id)), row(("---", "---")))
    yield from (row(fact) for fact in facts.items())
    yield ""
    yield (
        "All times are UTC. Sources stand in brackets: E is evidence (listed at the end, each with "
        "the call that shows it again), A an action, H a hypothesis, J a line of the incident's "
        "journal. This document describes systems and decisions, not whose fault it was."
    )


def _period(incident: Incident, now: datetime) -> str:
    begin, end = incident.opened_at, incident.closed_at
    if end is None:
        return f"{clock_time(begin)}, not ended after {span(now - begin)}"
    return f"{clock_time(begin)} to {clock_time(end)} ({span(end - begin)})"


def _cost(incident: Incident) -> str:
    if incident.closed_at is None:
        return "known at the end"
    cost = incident.cost
    return (
        f"{cost.api_calls} API calls, {span(cost.seconds)} looking, "
        f"{span(cost.verify_seconds)} verifying, {tokens(cost, model_part(incident))}"
    )


def _model(part: ModelPart | None) -> dict[str, str]:
    """Which model took part, and what it made up; nothing where only the rules worked."""
    if part is None or not part.answers:
        return {}
    version = f" (prompts {escape(part.version)})" if part.version else ""
    told = f"{escape(part.name)}{version}, {part.answers} answers"
    return {
        "Model": f"{told}, {part.rejected} calls rejected",
        "Made up by the model": escape(made_up(part)) or "nothing",
    }


def _summary(incident: Incident, sources: Sources) -> Lines:
    concluded = incident.concluded
    yield "## Summary\n"
    if concluded:
        text, cited = split_citation(concluded.summary)
        if not text and concluded.diagnosis:
            text = concluded.diagnosis.root_cause
        if not cited and concluded.diagnosis:
            cited = concluded.diagnosis.evidence
        said = escape(text, PROSE) or f"The conclusion is: {OUTCOMES[concluded.outcome]}."
        yield f"{said}{sources.cite(*cited, sources.entry(Concluded))}\n"
    else:
        last = journal_id(incident.entries[-1])
        yield f"The investigation stopped before it came to a conclusion.{sources.cite(last)}\n"
    yield _ending(incident, sources)


def _ending(incident: Incident, sources: Sources) -> str:
    tried = [proposal.id for proposal in incident.proposals if proposal.state in TRIED]
    if incident.outcome is Outcome.OPEN:
        last = incident.entries[-1]
        text = f"It has not ended; the last thing on record is of {clock_time(last.at)}."
        return text + sources.cite(*tried, journal_id(last))
    reason = f" ({escape(incident.reason)})" if incident.reason else ""
    text = f"How it ended: {OUTCOMES[incident.outcome]}{reason}."
    return text + sources.cite(*tried, sources.entry(Closed))


def _impact(incident: Incident, sources: Sources) -> Lines:
    concluded = incident.concluded
    yield "## Impact\n"
    here = sources.entry(Concluded)
    text, cited = split_citation(concluded.impact if concluded else "")
    if text:
        yield f"- {escape(text, PROSE)}{sources.cite(*cited, here)}"
    else:
        yield f"- What the users noticed was not seen by this investigation.{sources.cite(here)}"
    for victim in incident.victims:
        about = sources.about(victim)[:4]
        cited_here = sources.cite(*(about or (here,)))
        yield f"- {escape(str(victim))} suffered without being at fault.{cited_here}"
    began = incident.opened.alert.starts_at
    helped = sources.last(Verified)
    if began and helped and helped[1].helped:
        entry = next(e for e in incident.entries if journal_id(e) == helped[0])
        lasted = span(entry.at - began)
        yield f"- From the alert to the verified fix: {lasted}.{sources.cite('J1', helped[0])}"


def _timeline(incident: Incident) -> Lines:
    yield "## Timeline\n"
    for event in timeline(incident):
        yield f"- {clock_time(event.at)} {event.text}"


def _root_cause(incident: Incident, sources: Sources) -> Lines:
    diagnosis = incident.diagnosis
    if diagnosis is None:
        yield "## Root cause\n"
        yield _why_none(incident, sources)
    else:
        sure = diagnosis.confidence >= CONFIDENT
        yield "## Root cause\n" if sure else "## Most likely cause (not confirmed)\n"
        yield from _cause(diagnosis, sources)
    yield from _other_causes(incident, sources)


def _other_causes(incident: Incident, sources: Sources) -> Lines:
    causes = incident.concluded.other_causes if incident.concluded else ()
    if causes:
        yield ""
        here = sources.cite(sources.entry(Concluded))
        yield f"### Also found\n\nFaults that are independent of the first.{here}"
    for cause in causes:
        yield ""
        yield from _cause(cause, sources)


def _why_none(incident: Incident, sources: Sources) -> str:
    concluded = incident.concluded
    if concluded is None:
        last = journal_id(incident.entries[-1])
        return f"Not known: the investigation stopped before its conclusion.{sources.cite(last)}"
    cited = split_citation(concluded.summary)[1]
    reasons = {
        Outcome.NO_FAULT: "None: no fault was found in what was looked at.",
        Outcome.UNKNOWN: "Not known: too little could be looked at. This is not the same as none.",
    }
    text = reasons.get(concluded.outcome, "Not known.")
    return text + sources.cite(*cited, sources.entry(Concluded))


def _cause(diagnosis: Diagnosis, sources: Sources) -> Lines:
    cited = sources.cite(*diagnosis.evidence) or sources.cite(sources.entry(Concluded))
    yield f"{escape(diagnosis.root_cause, PROSE)}{cited}\n"
    yield f"- At fault: {escape(str(diagnosis.entity))} ({diagnosis.category}).{cited}"
    yield f"- Confidence: {diagnosis.confidence:.2f} of 1.{cited}"
    if sources.incident.diagnosis is diagnosis:
        yield from _who_concluded(sources)
    if diagnosis.refuted_by:
        yield f"- Would be refuted by: {escape(diagnosis.refuted_by)}.{cited}"
    for evidence in sources.incident.cited(diagnosis.evidence):
        yield from _shown(evidence, sources)


def _who_concluded(sources: Sources) -> Lines:
    """Only where a model had a say: otherwise it is always the rules."""
    concluded = sources.incident.concluded
    if concluded and model_part(sources.incident):
        by = "the rules" if concluded.by == RULES else escape(concluded.by)
        yield f"- Concluded by: {by}.{sources.cite(sources.entry(Concluded))}"


def _shown(evidence: Evidence, sources: Sources) -> Lines:
    warning = " The text below could have been written by anybody."
    warning = warning if evidence.tainted and evidence.excerpt else ""
    told = f"{escape(evidence.claim)} ({escape(evidence.source)}).{warning}"
    yield f"- {told}{sources.cite(evidence.id)}"
    if evidence.excerpt:
        language = "diff" if evidence.excerpt.startswith(("- ", "+ ")) else "text"
        yield "\n" + fence(evidence.excerpt, language=language, indent="  ")
    if evidence.plot:
        yield "\n" + fence(f"{sparkline(evidence.plot)}\n{caption(evidence.plot)}", indent="  ")


def _done(incident: Incident, sources: Sources) -> Lines:
    yield "## What was done"
    tried = [proposal for proposal in incident.proposals if proposal.state in TRIED]
    left = [proposal for proposal in incident.proposals if proposal.state not in TRIED]
    if not tried:
        last = journal_id(incident.entries[-1])
        yield f"\nNothing was changed by this investigation.{sources.cite(last)}"
    for proposal in tried:
        yield f"\n### {proposal.id} {escape(proposal.title)} ({_state(proposal)})\n"
        yield from _carried_out(proposal, sources)
    if left:
        yield "\n### Proposed and not run\n"
    for proposal in left:
        by = f" by {escape(proposal.by)}" if proposal.by else ""
        why = f": {escape(proposal.note)}" if proposal.note else ""
        told = f"{escape(proposal.title)}, {code(proposal.command)}, {proposal.state}{by}{why}."
        yield f"- {told}{sources.cite(proposal.id, *proposal.evidence)}"
    yield from _by_model(incident, sources)


def _by_model(incident: Incident, sources: Sources) -> Lines:
    """Each answer of a model, and what was rejected of it."""
    talked = [e for e in incident.entries if isinstance(e.record, Turn | Told | Asked)]
    if talked:
        yield "\n### What the model did\n"
    for entry in talked:
        here = sources.cite(journal_id(entry))
        match entry.record:
            case Turn(role=role, problem=problem) as turn:
                trouble = f" (not usable: {escape(problem)})" if problem else ""
                yield f"- As {escape(role)}: {escape(said(turn))}{trouble}{here}"
            case Told() as told if why := rejected(told):
                yield f"- Rejected: {escape(why)}{here}"
            case Asked(text=text, by=by):
                yield f"- {escape(by)} said: {escape(text)}{here}"
            case _:
                pass


def _state(proposal: Proposal) -> str:
    if proposal.state is ActionState.STARTED:
        return "in doubt: no result on record"
    return proposal.state.value


def _carried_out(proposal: Proposal, sources: Sources) -> Lines:
    id_ = proposal.id
    yield f"- Command: {code(proposal.command)}{sources.cite(id_)}"
    yield f"- Why: {escape(proposal.reason)}{sources.cite(*proposal.evidence, id_)}"
    ruling = f"{proposal.ruling} ({proposal.rule})" if proposal.ruling else proposal.rule
    yield f"- Policy: {escape(ruling)}{sources.cite(id_)}"
    yield _approval(proposal, sources)
    if preview := proposal.preview:
        yield f"- Dry run: {escape(preview.answer)}{sources.cite(id_)}"
        if preview.diff:
            yield "\n" + fence("\n".join(preview.diff), language="diff", indent="  ")
    if ran := sources.last(Ran, action=id_):
        lost = " (the answer was lost; this was read afterwards)" if ran[1].settled else ""
        yield f"- Result: {escape(ran[1].message)}{lost}{sources.cite(id_, ran[0])}"
    elif sent := sources.last(Intended, action=id_):
        yield f"- Result: none on record, so it may or may not have run{sources.cite(sent[0])}"
    if verified := sources.last(Verified, action=id_):
        checks = "; ".join(f"{check.name}: {check.text}" for check in verified[1].checks)
        told = f"{HELPED[verified[1].helped]} ({escape(checks)})"
        yield f"- Verification: {told}{sources.cite(id_, verified[0])}"
    if proposal.undo_command:
        yield f"- Undo: {code(proposal.undo_command)}{sources.cite(id_)}"


def _approval(proposal: Proposal, sources: Sources) -> str:
    answers = [
        (entry, entry.record)
        for entry in sources.incident.entries
        if isinstance(entry.record, Answered)
        and entry.record.action == proposal.id
        and entry.record.answer is Answer.RUN
    ]
    if not answers:
        return f"- Approved: by nobody{sources.cite(proposal.id)}"
    entry, answer = answers[-1]
    cited = sources.cite(proposal.id, journal_id(entry))
    return f"- Approved: by {who_answered(answer)} at {clock_time(entry.at)}{cited}"


def _ruled_out(incident: Incident, sources: Sources) -> Lines:
    refuted = [h for h in incident.hypotheses if h.standing is Standing.REFUTED]
    yield "## What was ruled out\n"
    if not refuted:
        yield f"Nothing was ruled out by evidence.{sources.cite(sources.entry(Weighed))}"
    for hypothesis in refuted:
        why = f": {escape(hypothesis.refuted_by)}" if hypothesis.refuted_by else ""
        cited = sources.cite(hypothesis.id, *hypothesis.evidence_against)
        yield f"- {escape(hypothesis.statement)}, refuted{why}{cited}"


def _not_looked_at(incident: Incident, sources: Sources) -> Lines:
    yield "## What could not be looked at\n"
    if not incident.unknown:
        looked = any(isinstance(entry.record, Looked) for entry in incident.entries)
        text = "Every look was answered." if looked else "Nothing was looked at."
        yield text + sources.cite(sources.entry(Looked))
        return
    yield from ("These give no answer either way: they may be well or broken.", "")
    for look in incident.unknown:
        entry = next(e for e in reversed(incident.entries) if e.record == look)
        yield f"- {code(look.command)}: {escape(look.result)}{sources.cite(journal_id(entry))}"


def _not_known(incident: Incident, sources: Sources) -> Lines:
    doubts = list(_doubts(incident, sources))
    if doubts:
        yield "## What we don't know\n"
        yield from doubts


def _doubts(incident: Incident, sources: Sources) -> Lines:
    diagnosis = incident.diagnosis
    if diagnosis and diagnosis.confidence < CONFIDENT:
        yield (
            f"- Whether the cause is right: {diagnosis.confidence:.2f} is below {CONFIDENT}, "
            f"so a person has to decide.{sources.cite(*diagnosis.evidence)}"
        )
        for hypothesis in incident.hypotheses:
            if hypothesis.standing is not Standing.REFUTED:
                yield _considered(hypothesis, sources)
    for proposal in incident.proposals:
        if proposal.state is ActionState.STARTED:
            yield f"- Whether {proposal.id} was made.{sources.cite(proposal.id)}"
        elif proposal.state is ActionState.DONE and proposal.verified is None:
            yield f"- Whether {proposal.id} helped.{sources.cite(proposal.id)}"
    if incident.concluded is None:
        cited = sources.cite(journal_id(incident.entries[-1]))
        yield f"- The cause: the investigation came to no conclusion.{cited}"


def _considered(hypothesis: Hypothesis, sources: Sources) -> str:
    decides = (
        f"; would be refuted by {escape(hypothesis.refuted_by)}" if hypothesis.refuted_by else ""
    )
    against = _ids(hypothesis.evidence_against)
    weighed = f"for: {_ids(hypothesis.evidence_for)}, against: {against}"
    cited = sources.cite(hypothesis.id, *hypothesis.evidence_for, *hypothesis.evidence_against)
    statement = escape(hypothesis.statement, PROSE)
    return f"- Possible ({hypothesis.confidence:.2f}): {statement} ({weighed}{decides}){cited}"


def _ids(ids: Iterable[str]) -> str:
    return " ".join(ids) or "nothing"


def _action_items(incident: Incident) -> Lines:
    yield "## Action items\n"
    items = followups(incident)
    if not items:
        yield "None follow by rule."
    for item in items:
        yield f"- [ ] {item.what}\n  - Why: {item.why}"


def _evidence_list(incident: Incident) -> Lines:
    yield "## Evidence\n"
    if not incident.evidence:
        yield "None was recorded."
    for evidence in incident.evidence:
        verdict = "could not look" if evidence.verdict is Health.UNKNOWN else evidence.verdict.value
        seen = f"{verdict}, {escape(evidence.source)}, seen {clock_time(evidence.seen_at)}"
        yield f"- **{evidence.id}** {escape(evidence.claim)} ({seen})\n  {code(evidence.command)}"
