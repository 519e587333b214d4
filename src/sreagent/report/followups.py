"""What is left to do after an incident, derived by rules from what happened."""

from collections.abc import Iterator
from dataclasses import dataclass

from sreagent.domain.action import ActionState, Proposal
from sreagent.domain.diagnosis import CONFIDENT, Diagnosis, Outcome
from sreagent.domain.finding import Category
from sreagent.domain.incident import Incident
from sreagent.domain.record import Closed, Concluded, Looked
from sreagent.report.markdown import code, escape
from sreagent.report.sources import Sources, journal_id

PREVENTION = {
    Category.DEPLOYMENT: (
        "Make a rollout of {entity} stop by itself when its new pods do not become ready, "
        "and start the image once with the real configuration before it is rolled out"
    ),
    Category.CONFIGURATION: (
        "Check before each apply that what {entity} refers to exists: "
        "ConfigMaps, Secrets and their keys, selectors, ports, variables"
    ),
    Category.RESOURCE: (
        "Set requests and limits of {entity} from its measured use, "
        "and alert before a limit is reached"
    ),
    Category.SCHEDULING: (
        "Compare requests, selectors and tolerations of {entity} with what the nodes offer, "
        "and alert on pods that stay pending"
    ),
    Category.NETWORK: (
        "Test the connection through {entity} from each caller whenever its selector, port or "
        "policy changes"
    ),
    Category.STORAGE: "Alert on {entity} before it is full or stays unbound",
    Category.NODE: "Spread what ran on {entity} over several nodes, and alert on the node itself",
    Category.DEPENDENCY: (
        "Let the callers of {entity} live without it for a while: timeouts, retries with back-off, "
        "a degraded answer"
    ),
    Category.AVAILABILITY: (
        "Guard the number of running pods of {entity}: a minimum, a disruption budget, an alert"
    ),
    Category.SECURITY: "Have the rights and credentials that {entity} uses reviewed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One thing to do. Both texts are Markdown."""

    what: str
    why: str


def followups(incident: Incident) -> tuple[FollowUp, ...]:
    """What is left to do, the most urgent first."""
    sources = Sources(incident)
    found = [*_undecided(incident, sources), *_made(incident, sources)]
    found += _unexplained(incident, sources)
    found += _prevention(incident, sources)
    found += [_gap(look, incident, sources) for look in incident.unknown]
    return tuple(found)


def _undecided(incident: Incident, sources: Sources) -> Iterator[FollowUp]:
    for proposal in incident.proposals:
        cited = sources.cite(proposal.id, *proposal.evidence)
        if proposal.state is ActionState.STARTED:
            yield FollowUp(
                what=f"Find out whether {proposal.id} was made: {_resume(incident)}",
                why=f"it was sent and no result is on record{cited}",
            )
        elif proposal.state in (ActionState.PROPOSED, ActionState.SKIPPED):
            command = code(f"sre approve {incident.id} {proposal.id}")
            yield FollowUp(
                what=f"Decide about {proposal.id}, {escape(proposal.title)}: {command}",
                why=f"it was proposed and not run{cited}",
            )
        elif proposal.state in (ActionState.REJECTED, ActionState.DENIED, ActionState.FAILED):
            yield FollowUp(
                what=f"Mend the cause in another way than {proposal.id}, {escape(proposal.title)}",
                why=f"that was {proposal.state}: {escape(proposal.note) or 'no reason'}{cited}",
            )


def _made(incident: Incident, sources: Sources) -> Iterator[FollowUp]:
    for proposal in incident.proposals:
        if proposal.state is ActionState.DONE and not proposal.undoes:
            yield _carried_over(proposal, sources)
            if proposal.undo_command:
                yield _taken_back(proposal, incident, sources)


def _carried_over(proposal: Proposal, sources: Sources) -> FollowUp:
    target = escape(str(proposal.action.target))
    return FollowUp(
        what=f"Make the same change where {target} is defined (Git, Helm, Terraform)",
        why=f"{proposal.id} changed the cluster only; the next deployment would bring the old "
        f"state back{sources.cite(proposal.id)}",
    )


def _taken_back(proposal: Proposal, incident: Incident, sources: Sources) -> FollowUp:
    command = code(f"sre undo {incident.id} {proposal.id}")
    urgent = proposal.verified is False
    return FollowUp(
        what=f"{'Take' if urgent else 'If need be, take'} {proposal.id} back: {command}",
        why=f"{'it did not help' if urgent else 'it still can be undone'}"
        f"{sources.cite(proposal.id)}",
    )


def _unexplained(incident: Incident, sources: Sources) -> Iterator[FollowUp]:
    diagnosis = incident.diagnosis
    if incident.outcome is Outcome.OPEN:
        last = journal_id(incident.entries[-1])
        yield FollowUp(
            what=f"Finish the investigation: {_resume(incident)}",
            why=f"it stopped before its end{sources.cite(last)}",
        )
    elif diagnosis and diagnosis.confidence < CONFIDENT:
        yield FollowUp(
            what="Confirm or refute the most likely cause"
            + (f": {escape(diagnosis.refuted_by)} would refute it" if diagnosis.refuted_by else ""),
            why=f"its confidence is {diagnosis.confidence:.2f}, below {CONFIDENT}"
            f"{sources.cite(*diagnosis.evidence)}",
        )
    elif incident.outcome is Outcome.NO_FAULT:
        yield FollowUp(
            what=f"Review threshold and duration of the alert {escape(incident.opened.alert.name)}",
            why=f"it fired and no fault was found{sources.cite(sources.entry(Concluded, Closed))}",
        )
    elif incident.outcome is Outcome.UNKNOWN:
        yield FollowUp(
            what="Investigate again once the sources can be reached",
            why=f"too little could be looked at{sources.cite(sources.entry(Closed))}",
        )


def _resume(incident: Incident) -> str:
    return code(f"sre resume {incident.id}")


def _prevention(incident: Incident, sources: Sources) -> Iterator[FollowUp]:
    concluded = incident.concluded
    if concluded is None:
        return
    causes: list[Diagnosis] = [concluded.diagnosis] if concluded.diagnosis else []
    for cause in (*causes, *concluded.other_causes):
        yield FollowUp(
            what=PREVENTION[cause.category].format(entity=escape(str(cause.entity))),
            why=f"the cause is of the kind {cause.category}{sources.cite(*cause.evidence)}",
        )


def _gap(look: Looked, incident: Incident, sources: Sources) -> FollowUp:
    entry = next(e for e in reversed(incident.entries) if e.record == look)
    return FollowUp(
        what=f"Let the next investigation see this: {code(look.command)}",
        why=f"it gave no answer ({escape(look.result)}){sources.cite(journal_id(entry))}",
    )
