"""An incident as the object that `--json` prints; its schema is docs/reference."""

from datetime import datetime
from typing import Any

from sreagent.domain.action import UNDECIDED, ActionState, Proposal
from sreagent.domain.alert import Alert
from sreagent.domain.change import Change
from sreagent.domain.diagnosis import Diagnosis
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Evidence
from sreagent.domain.hypothesis import Hypothesis
from sreagent.domain.incident import Incident
from sreagent.domain.moment import stamp
from sreagent.domain.record import RULES, Concluded, Cost, Looked
from sreagent.domain.signal import Plot
from sreagent.report.model_part import ModelPart, model_part

Json = dict[str, Any]

TRIED = (ActionState.STARTED, ActionState.DONE, ActionState.FAILED, ActionState.UNDONE)
"""States of a proposal that was carried out, or tried to be."""


def as_json(incident: Incident) -> Json:
    """The whole incident as JSON data, with every key always there."""
    concluded = incident.concluded
    other_causes = concluded.other_causes if concluded else ()
    tried = [p for p in incident.proposals if p.state in TRIED]
    part = model_part(incident)
    return {
        "incident": incident.id,
        "alert": _alert(incident.opened.alert),
        "diagnosis": _concluded(concluded) if concluded else None,
        "other_causes": [_diagnosis(cause, RULES) for cause in other_causes],
        "victims": [_entity(entity) for entity in incident.victims],
        "hypotheses": [_hypothesis(hypothesis) for hypothesis in incident.hypotheses],
        "changes": [_change(change) for change in incident.changes],
        "proposals": [_proposal(proposal, incident.id) for proposal in incident.proposals],
        "actions": [_action(proposal) for proposal in tried],
        "unknown": [_gap(look) for look in incident.unknown],
        "outcome": incident.outcome.value,
        "evidence": [_evidence(evidence) for evidence in incident.evidence],
        "model": _model(part) if part else None,
        "cost": _cost(incident.cost),
        "summary": concluded.summary if concluded else "",
        "impact": concluded.impact if concluded else "",
        "opened_at": stamp(incident.opened_at),
        "closed_at": _time(incident.closed_at),
    }


def _alert(alert: Alert) -> Json:
    return {
        "name": alert.name,
        "status": alert.status,
        "severity": alert.severity,
        "namespace": alert.namespace,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": _time(alert.starts_at),
        "source": alert.source,
    }


def _entity(entity: Entity) -> Json:
    return {"kind": entity.kind, "namespace": entity.namespace, "name": entity.name}


def _concluded(concluded: Concluded) -> Json | None:
    diagnosis = concluded.diagnosis
    return _diagnosis(diagnosis, concluded.by) if diagnosis else None


def _diagnosis(diagnosis: Diagnosis, by: str) -> Json:
    return {
        "root_cause": diagnosis.root_cause,
        "entity": _entity(diagnosis.entity),
        "category": diagnosis.category.value,
        "confidence": diagnosis.confidence,
        "evidence": list(diagnosis.evidence),
        "refuted_by": diagnosis.refuted_by,
        "by": by,
    }


def _hypothesis(hypothesis: Hypothesis) -> Json:
    return {
        "id": hypothesis.id,
        "statement": hypothesis.statement,
        "entity": _entity(hypothesis.entity),
        "category": hypothesis.category.value,
        "confidence": hypothesis.confidence,
        "standing": hypothesis.standing.value,
        "evidence_for": list(hypothesis.evidence_for),
        "evidence_against": list(hypothesis.evidence_against),
        "refuted_by": hypothesis.refuted_by,
        "parent": hypothesis.parent,
        "parts": [{"reason": reason, "share": share} for reason, share in hypothesis.parts],
        "explains": [_entity(entity) for entity in hypothesis.explains],
        "would_tell": list(hypothesis.would_tell),
    }


def _change(change: Change) -> Json:
    return {
        "entity": _entity(change.entity),
        "at": stamp(change.at),
        "by": change.by,
        "summary": change.summary,
        "diff": list(change.diff),
        "revision": change.revision,
        "previous_revision": change.previous_revision,
        "command": change.command,
        "sort": change.sort.value,
        "until": _time(change.until),
        "nearness": change.nearness,
    }


def _proposal(proposal: Proposal, incident: str) -> Json:
    preview = proposal.preview
    undecided = proposal.state in UNDECIDED
    return {
        "id": proposal.id,
        "title": proposal.title,
        "verb": proposal.action.verb,
        "target": _entity(proposal.action.target),
        "command": proposal.command,
        "tier": proposal.tier.value,
        "rule": proposal.rule,
        "ruling": proposal.ruling,
        "verdict": proposal.verdict,
        "policy": proposal.policy,
        "people": proposal.people,
        "reason": proposal.reason,
        "evidence": list(proposal.evidence),
        "state": proposal.state.value,
        "by": proposal.by,
        "note": proposal.note,
        "dry_run": preview
        and {"accepted": preview.accepted, "answer": preview.answer, "diff": list(preview.diff)},
        "undo": proposal.undo_command,
        "approve": f"sre approve {incident} {proposal.id}" if undecided else "",
    }


def _action(proposal: Proposal) -> Json:
    return {
        "id": proposal.id,
        "verb": proposal.action.verb,
        "target": _entity(proposal.action.target),
        "command": proposal.command,
        "state": proposal.state.value,
        "by": proposal.by,
        "at": _time(proposal.at),
        "message": proposal.note,
        "verified": proposal.verified,
        "undo": proposal.undo_command,
    }


def _gap(look: Looked) -> Json:
    return {"what": look.command, "why": look.result, "source": look.source}


def _evidence(evidence: Evidence) -> Json:
    return {
        "id": evidence.id,
        "claim": evidence.claim,
        "verdict": evidence.verdict.value,
        "source": evidence.source,
        "command": evidence.command,
        "seen_at": stamp(evidence.seen_at),
        "since": _time(evidence.since),
        "entity": evidence.entity and _entity(evidence.entity),
        "excerpt": evidence.excerpt,
        "tainted": evidence.tainted,
        "plot": evidence.plot and _plot(evidence.plot),
    }


def _plot(plot: Plot) -> Json:
    return {
        "start": stamp(plot.start),
        "end": stamp(plot.end),
        "values": list(plot.values),
        "unit": plot.unit,
        "changed_at": _time(plot.changed_at),
    }


def _model(part: ModelPart) -> Json:
    usage = part.usage
    return {
        "name": part.name,
        "version": part.version,
        "answers": part.answers,
        "tokens": {"prompt": usage.prompt, "cached": usage.cached, "answer": usage.answer},
        "usd": usage.usd,
        "invented": dict(part.invented),
        "rejected": part.rejected,
        "problem": part.problem,
    }


def _cost(cost: Cost) -> Json:
    return {
        "api_calls": cost.api_calls,
        "seconds": cost.seconds,
        "verify_seconds": cost.verify_seconds,
        "tokens": cost.tokens,
        "usd": cost.usd,
    }


def _time(at: datetime | None) -> str | None:
    return stamp(at) if at else None
