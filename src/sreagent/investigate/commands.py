"""Written command lines, and what a change is about: scope, grounds and origin."""

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from sreagent.domain.action import Action
from sreagent.domain.command import AwsRead, KubectlRead, PrometheusRead, Read, Refusal
from sreagent.domain.diagnosis import CONFIDENT, Diagnosis
from sreagent.domain.entity import Entity
from sreagent.domain.errors import SreError, TryAgain
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.incident import Incident
from sreagent.domain.kinds import KINDS
from sreagent.domain.record import Entry, Looked, Noted, Saw
from sreagent.domain.text import one_line
from sreagent.investigate.case import Case
from sreagent.investigate.desk import Desk, Reads
from sreagent.investigate.steps import Command, Draft
from sreagent.policy.facts import Origin
from sreagent.tools.gate import About
from sreagent.tools.sighting import Sighting

EXCERPT = 2000
"""Characters of an answer that are kept with the evidence."""
MEASURED = frozenset({"kubernetes", "prometheus"})
"""Sources that say how something stands; the others repeat what somebody wrote."""


def understand(case: Case, desk: Desk, step: Command) -> Iterator[Entry | Draft]:
    """Run a read and tell what was seen, or turn a change into a draft for the gate."""
    meant = desk.parse(step.line)
    match meant:
        case Refusal(rule=rule, reason=reason):
            case.answers[step.line] = f"refused ({rule}): {reason}"
            text = f"not run ({rule}): {one_line(step.line, 200)}: {reason}"
            yield from case.add(Noted(text=text, by="policy"))
        case KubectlRead() | AwsRead() | PrometheusRead():
            if isinstance(meant, KubectlRead) and not meant.namespace:
                meant = replace(meant, namespace=case.incident.opened.namespace)
            yield from case.add(*_read(case, desk.reads, step.line, meant))
        case Action():
            yield Draft(
                action=placed(case.incident, meant),
                reason=step.reason or "a written command line",
                evidence=(),
                expected="what its writer expects",
                origin=Origin.LINE,
            )
        case other:
            assert_never(other)


def _read(case: Case, reads: Reads, line: str, read: Read) -> Iterator[Looked | Saw | Noted]:
    try:
        seen = reads.run(read)
    except (SreError, TryAgain) as error:
        case.answers[line] = f"not read: {error}"
        yield Noted(text=f"not read: {one_line(line, 200)}: {one_line(str(error), 300)}")
        return
    case.answers[line] = seen.text
    yield from _records(case, seen)


def action_of(incident: Incident, desk: Desk, line: str) -> Action:
    """The change that a person wrote as a command line.

    Raises:
        TryAgain: It is a read, or nothing that can be run; the message says why.
    """
    meant = desk.parse(line)
    match meant:
        case Action():
            return placed(incident, meant)
        case Refusal(reason=reason):
            raise TryAgain(reason)
        case _:
            msg = "that line only reads; write a change, or nothing to keep it as it is"
            raise TryAgain(msg)


def about_draft(incident: Incident, action: str, draft: Draft) -> About:
    """What policy has to know around a change."""
    target = draft.action.target
    # No cluster tells what of AWS an incident is about; a line of a person is asked about anyway.
    asked = draft.origin is Origin.LINE and target.kind.startswith("AWS::")
    return About(
        incident=incident.id,
        action=action,
        alert=incident.opened.alert.name,
        origin=draft.origin,
        in_scope=asked or in_scope(incident, target),
        grounded=any(map(_measured, incident.cited(draft.evidence))),
        confident=any(
            cause.evidence == draft.evidence and cause.confidence >= CONFIDENT
            for cause in _causes(incident)
        ),
        restores=bool(draft.undoes),
    )


def _causes(incident: Incident) -> Iterator[Diagnosis]:
    """The first cause, and the others that are independent of it."""
    if concluded := incident.concluded:
        yield from filter(None, (concluded.diagnosis, *concluded.other_causes))


def in_scope(incident: Incident, target: Entity) -> bool:
    """Whether the incident is about the target's namespace, or about the target itself.

    Told by the namespace that was found in the cluster at the start and by what was seen broken
    there, never by text.
    """
    broken = {e.entity for e in incident.evidence if e.entity and e.verdict is Health.BROKEN}
    if diagnosis := incident.diagnosis:
        broken.add(diagnosis.entity)
    if target.kind == "Alert":
        return target.name == incident.opened.alert.name
    if not target.namespace or target.kind.startswith("AWS::"):
        return target in broken
    spaces = {incident.opened.namespace, *(entity.namespace for entity in broken)}
    return target.namespace in spaces


def _measured(evidence: Evidence) -> bool:
    """A status field or a metric that says something is wrong: no free text."""
    broken = evidence.verdict is Health.BROKEN
    return broken and not evidence.tainted and evidence.source in MEASURED


def placed(incident: Incident, action: Action) -> Action:
    """The action in the incident's namespace, where its line names none."""
    target = action.target
    kind = KINDS.get(target.kind)
    if kind is None or not kind.namespaced or target.namespace:
        return action
    namespace = incident.opened.namespace or "default"
    return replace(action, target=replace(target, namespace=namespace))


def _records(case: Case, seen: Sighting) -> Iterator[Looked | Saw]:
    lines = seen.text.count("\n") + 1 if seen.text else 0
    unknown = seen.verdict is Health.UNKNOWN
    yield Looked(
        source=seen.source,
        command=seen.command,
        result=one_line(seen.text, 120) if unknown else f"{lines} lines",
        verdict=seen.verdict,
        seconds=seen.seconds,
    )
    yield Saw(
        evidence=Evidence(
            id=f"E{len(case.incident.evidence) + 1}",
            claim=f"what `{one_line(seen.command, 200)}` shows",
            verdict=seen.verdict,
            source=seen.source,
            command=seen.command,
            seen_at=case.clock.now(),
            excerpt=seen.text[:EXCERPT],
            digest=seen.digest,
            tainted=seen.tainted,
        )
    )
