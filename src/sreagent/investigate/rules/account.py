"""Turns an explanation into evidence, hypotheses and a diagnosis that cites them."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from sreagent.diagnose.argument.causes import Cause, Explanation, RuledOut
from sreagent.diagnose.argument.looks import doubts, wanted_logs
from sreagent.diagnose.conditions.registry import Role, traits
from sreagent.diagnose.metrics.readings import as_usual, as_yesterday
from sreagent.diagnose.metrics.thresholds import against_usual
from sreagent.domain.change import Change
from sreagent.domain.diagnosis import CONFIDENT, Diagnosis, Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.finding import Finding
from sreagent.domain.hypothesis import Hypothesis, Standing
from sreagent.domain.inventory import log_command
from sreagent.domain.record import Concluded, Looked
from sreagent.domain.text import clean, one_line
from sreagent.investigate.case import Case
from sreagent.investigate.steps import Conclude
from sreagent.policy.redaction import redact
from sreagent.tools.looks import READ_TAIL
from sreagent.tools.metrics import Expression

ABSENT = "the alert names it, so it is gone or the alert is about another place"
VITAL = frozenset(
    {"Pod", "Event", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Service", "Endpoints"}
)
"""Kinds without which nothing can be called healthy."""
ELSEWHERE = 0.75
"""Confidence from which trouble that is not behind the alert is told beside it."""
NOT_READ = 4
"""Reads that were not made, of those that would tell, that are named."""
EXCERPT = 1600
"""Characters of an excerpt that are kept with its evidence."""


_LABELLED = {
    "pod": "Pod",
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "job_name": "Job",
    "persistentvolumeclaim": "PersistentVolumeClaim",
    "node": "Node",
}
"""Labels by which kube-state-metrics and the usual rules name an object."""
_KINDS = {kind.lower(): kind for kind in (*_LABELLED.values(), "Service")}
# Only a name with a dash is taken for one: "pod is down" names nothing.
_KIND_AND_NAME = re.compile(rf"\b({'|'.join(_KINDS)})\s+([a-z0-9]+(?:-[a-z0-9]+)+)")
_POD_NAME = re.compile(r"\b([a-z0-9]+(?:-[a-z0-9]+)*-[a-z0-9]{8,10}-[a-z0-9]{5})\b")


class Ledger:
    """Gives each observation its id, once."""

    def __init__(self, first: int, seen_at: datetime) -> None:
        self.evidence: list[Evidence] = []
        self._first = first
        self._seen_at = seen_at
        self._ids: dict[tuple[str, str], str] = {}

    def finding(self, finding: Finding) -> str:
        """Cite a finding."""
        draft = self._draft(
            finding.claim, finding.verdict, finding.source, finding.command or finding.entity.get
        )
        return self._cite(
            replace(
                draft,
                since=finding.since,
                entity=finding.entity,
                excerpt=redact(clean(finding.excerpt)[:EXCERPT]),
                plot=finding.plot,
                digest=_digest(finding.excerpt),
                tainted=finding.tainted,
            )
        )

    def change(self, change: Change) -> str:
        """Cite a change."""
        by = f" by {change.by}" if change.by else ""
        time = f"at {change.at:%Y-%m-%d %H:%M:%S} UTC" if change.is_dated else change.nearness
        claim = f"{change.entity}: {change.summary}, {time}{by}"
        command = change.command or change.entity.get
        draft = self._draft(claim, Health.BROKEN, "kubernetes", command)
        excerpt = redact("\n".join(change.diff))
        since = change.at if change.is_dated else None
        return self._cite(replace(draft, since=since, entity=change.entity, excerpt=excerpt))

    def fact(self, claim: str, verdict: Health, source: str, command: str) -> str:
        """Cite anything else that was seen, or could not be."""
        return self._cite(self._draft(claim, verdict, source, command))

    def _draft(self, claim: str, verdict: Health, source: str, command: str) -> Evidence:
        return Evidence(
            id="",
            claim=redact(one_line(claim, 500)),
            verdict=verdict,
            source=source,
            command=command,
            seen_at=self._seen_at,
        )

    def _cite(self, draft: Evidence) -> str:
        key = (draft.claim, draft.command)
        if key not in self._ids:
            self._ids[key] = f"E{self._first + len(self.evidence)}"
            self.evidence.append(replace(draft, id=self._ids[key]))
        return self._ids[key]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def conclude(case: Case) -> Conclude:
    """The account of a case, from everything in view."""
    explanation = case.explanation
    ledger = Ledger(len(case.incident.evidence) + 1, case.scene.now)
    overview = _overview(case, ledger, explanation)
    diagnoses = [_diagnosis(cause, ledger) for cause in explanation.causes]
    hypotheses = _hypotheses(explanation, diagnoses, ledger, _would_tell(case))
    gaps = _gaps(case, ledger)
    if case.out_of_time:
        claim = f"the time limit of {case.time_limit:g} s was over before everything was looked at"
        gaps.append(ledger.fact(claim, Health.UNKNOWN, "kubernetes", "sre resume last"))
    claims = [ledger.evidence[0].claim, *(f"{entity} does not exist" for entity in _absent(case))]
    claims += [one.claim for one in ledger.evidence if _is_as_usual(one)]
    looked = f"{'; '.join(claims)} {_cited([*overview, *gaps])}"
    concluded = _concluded(case, explanation, diagnoses, looked)
    concluded = replace(concluded, impact=_impact(explanation, ledger))
    return Conclude(
        evidence=tuple(ledger.evidence),
        changes=tuple(map(_redacted, explanation.changes)),
        hypotheses=hypotheses,
        concluded=concluded,
    )


def _redacted(change: Change) -> Change:
    diff = tuple(redact(line) for line in change.diff)
    return replace(change, summary=redact(change.summary), diff=diff)


def _overview(case: Case, ledger: Ledger, explanation: Explanation) -> list[str]:
    """What was looked at, and what the alert says of itself."""
    opened = case.incident.opened
    where = f"namespace {opened.namespace}" if opened.namespace else "all namespaces"
    counts = _counts(explanation.looked)
    command = next(
        (
            entry.record.command
            for entry in case.incident.entries
            if isinstance(entry.record, Looked) and "get pods" in entry.record.command
        ),
        "kubectl get pods -A",
    )
    claim = f"looked at {counts} in {where}"
    ids = [ledger.fact(claim, Health.HEALTHY, "kubernetes", command)]
    if explanation.unchanged:
        ids.append(ledger.fact(explanation.unchanged, Health.HEALTHY, "kubernetes", command))
    ids += [
        ledger.fact(f"{entity} does not exist; {ABSENT}", Health.UNKNOWN, "kubernetes", entity.get)
        for entity in _absent(case)
    ]
    if _looked_elsewhere(case):
        claim = f"the alert is about namespace {opened.alert.namespace}, which was not looked at"
        there = f"kubectl -n {opened.alert.namespace} get pods"
        ids.append(ledger.fact(claim, Health.UNKNOWN, "kubernetes", there))
    if expression := case.expression:
        claim = f"the alert's expression is {expression.text}"
        if expression.verdict is Health.UNKNOWN:
            claim = f"the alert's expression could not be asked: {expression.text}"
        ids.append(ledger.fact(claim, expression.verdict, "prometheus", expression.command))
        ids += [
            ledger.fact(said, Health.HEALTHY, "prometheus", expression.command)
            for said in _history(expression)
        ]
    ids += _usual(case, ledger, explanation)
    return ids


def _is_as_usual(seen: Evidence) -> bool:
    return seen.source == "prometheus" and seen.verdict is Health.HEALTHY


def _history(expression: Expression) -> Iterator[str]:
    """What the alert's own value did over the last hours, against its threshold."""
    if comparison := expression.comparison:
        said = against_usual(expression.points, comparison.sign, comparison.threshold)
        if said:
            yield f"the alert's value: {said}"


def _usual(case: Case, ledger: Ledger, explanation: Explanation) -> list[str]:
    """What metrics say of the objects that the alert names, where that is as usual."""
    scene = case.scene
    told = (
        (entity, ", ".join(filter(None, (as_usual(scene, entity), as_yesterday(scene, entity)))))
        for entity in explanation.focus
    )
    commands = {signal.entity: signal.command for signal in case.inventory.signals}
    return [
        ledger.fact(f"{entity}: {said}", Health.HEALTHY, "prometheus", commands.get(entity, ""))
        for entity, said in told
        if said
    ]


def _absent(case: Case) -> Iterator[Entity]:
    """Objects that the alert names and that were looked for and not found."""
    for entity in _named(case):
        looked = case.inventory.looked(entity.kind, entity.namespace)
        if looked and case.inventory.find(entity) is None:
            yield entity


def _named(case: Case) -> Iterator[Entity]:
    """What the alert's labels, or the words that the person typed, call by name."""
    alert = case.incident.opened.alert
    namespace = alert.namespace or case.incident.opened.namespace
    named = [(kind, alert.labels.get(label, "")) for label, kind in _LABELLED.items()]
    if not alert.labels:
        named += [(_KINDS[kind], name) for kind, name in _KIND_AND_NAME.findall(alert.name)]
        named += [("Pod", name) for name in _POD_NAME.findall(alert.name)]
    for kind, name in dict.fromkeys(named):
        if name and (namespace or kind == "Node"):
            space = "" if kind == "Node" else namespace
            yield Entity(kind=kind, namespace=space, name=name)


def _counts(looked: Mapping[str, int]) -> str:
    words = [
        f"{count} {noun.removesuffix('s') if count == 1 else noun}"
        for noun, count in looked.items()
        if count
    ]
    return ", ".join(words) or "nothing"


def _gaps(case: Case, ledger: Ledger) -> list[str]:
    ids = []
    for gap in case.inventory.gaps:
        where = f" of {gap.namespace}" if gap.namespace and "/" not in gap.what else ""
        claim = f"{gap.what}{where} could not be looked at: {gap.reason} ({gap.message})"
        ids.append(ledger.fact(claim, Health.UNKNOWN, "kubernetes", gap.command))
    return ids


def _diagnosis(cause: Cause, ledger: Ledger) -> Diagnosis:
    ids = [ledger.finding(finding) for finding in cause.findings]
    if cause.change:
        ids.insert(min(1, len(ids)), ledger.change(cause.change))
    return Diagnosis(
        root_cause=redact(one_line(cause.statement, 1000)),
        entity=cause.entity,
        category=cause.category,
        confidence=round(cause.confidence, 2),
        evidence=tuple(dict.fromkeys(ids)),
        refuted_by=cause.refuted_by,
    )


def _would_tell(case: Case) -> tuple[str, ...]:
    """Reads that were refused, or that no time was left for, and that bear on what is in doubt."""
    doubted = doubts(case.explanation)
    left = wanted_logs(case.scene, case.explanation, limit=NOT_READ)
    logs = [
        log_command(log.pod, log.container, previous=log.previous, tail=READ_TAIL) for log in left
    ]
    spaces = {entity.namespace for entity, bits in doubted.items() if bits}
    gaps = [gap.command for gap in case.inventory.gaps if gap.namespace in ("", *spaces)]
    return tuple(dict.fromkeys((*logs, *gaps)))[:NOT_READ] if spaces else ()


def _hypotheses(
    explanation: Explanation,
    diagnoses: list[Diagnosis],
    ledger: Ledger,
    would_tell: tuple[str, ...],
) -> tuple[Hypothesis, ...]:
    """A tree: what may explain the alert, and under the best of it the rivals that were refuted."""
    found: list[Hypothesis] = []
    for cause, diagnosis in zip(explanation.causes, diagnoses, strict=True):
        sure = diagnosis.confidence >= CONFIDENT
        found.append(
            Hypothesis(
                id=f"H{len(found) + 1}",
                statement=diagnosis.root_cause,
                entity=diagnosis.entity,
                category=diagnosis.category,
                confidence=diagnosis.confidence,
                standing=Standing.LIKELY if sure else Standing.OPEN,
                evidence_for=diagnosis.evidence,
                evidence_against=tuple(ledger.finding(finding) for finding in cause.against),
                refuted_by=diagnosis.refuted_by,
                parts=cause.parts,
                explains=cause.victims,
                would_tell=() if sure else would_tell,
            )
        )
    for ruled_out in explanation.ruled_out:
        found.append(_refuted(ruled_out, len(found) + 1, ledger))
    return tuple(found)


def _refuted(ruled_out: RuledOut, number: int, ledger: Ledger) -> Hypothesis:
    return Hypothesis(
        id=f"H{number}",
        statement=ruled_out.statement,
        entity=ruled_out.entity,
        category=ruled_out.category,
        parent="H1" if number > 1 else "",
        confidence=0.02,
        standing=Standing.REFUTED,
        evidence_against=tuple(ledger.finding(finding) for finding in ruled_out.findings),
        refuted_by="; ".join(finding.claim for finding in ruled_out.findings[:2]),
    )


def _concluded(
    case: Case, explanation: Explanation, diagnoses: list[Diagnosis], looked: str
) -> Concluded:
    told = [*zip(explanation.causes, diagnoses, strict=True)]
    first = next((diagnosis for cause, diagnosis in told if cause.relevant), None)
    others = tuple(
        diagnosis
        for cause, diagnosis in told
        # What is wrong elsewhere is told where that is about certain: a guess would be an alarm.
        if diagnosis is not first and (cause.relevant or diagnosis.confidence >= ELSEWHERE)
    )
    outcome = _outcome(case, first)
    return Concluded(
        diagnosis=first,
        outcome=outcome,
        other_causes=others,
        victims=explanation.victims,
        summary=_summary(case, first, outcome, looked),
    )


CLOSED = frozenset({"forbidden", "unreachable", "timeout"})
"""Why a log that is there could not be read."""


def _outcome(case: Case, first: Diagnosis | None) -> Outcome:
    if first is not None:
        return Outcome.DIAGNOSED if first.confidence >= CONFIDENT else Outcome.ESCALATED
    # "Could not look" is never "nothing found".
    blind = VITAL & {gap.what for gap in case.inventory.gaps}
    unread = any(g.what.startswith("logs of") and g.reason in CLOSED for g in case.inventory.gaps)
    unseen = blind or unread or case.out_of_time or _looked_elsewhere(case) or any(_absent(case))
    return Outcome.UNKNOWN if unseen else Outcome.NO_FAULT


def _looked_elsewhere(case: Case) -> bool:
    """The person chose a namespace that is not the alert's."""
    told, chosen = case.incident.opened.alert.namespace, case.incident.opened.namespace
    return bool(told and chosen and told != chosen)


def _summary(case: Case, first: Diagnosis | None, outcome: Outcome, looked: str) -> str:
    alert = case.incident.opened.alert.name
    if first is not None:
        lead = "" if outcome is Outcome.DIAGNOSED else "Most likely, but not sure: "
        return f"{lead}{first.root_cause} {_cited(first.evidence)}"
    if outcome is Outcome.UNKNOWN:
        return f"Nothing can be said about {alert}: not enough could be looked at; {looked}"
    return f"No fault found behind {alert}; {looked}"


def _impact(explanation: Explanation, ledger: Ledger) -> str:
    victims = set(explanation.victims)
    seen = [f for f in explanation.findings if f.entity in victims and f.verdict is Health.BROKEN]
    ids = [ledger.finding(f) for f in seen if traits(f.condition).role is not Role.REMARK][:4]
    if not explanation.impact:
        return ""
    causes = [ledger.finding(f) for cause in explanation.causes[:1] for f in cause.findings[:2]]
    return f"{explanation.impact} {_cited(ids or causes)}".strip()


def _cited(ids: Iterable[str]) -> str:
    listed = " ".join(dict.fromkeys(ids))
    return f"[{listed}]" if listed else ""
