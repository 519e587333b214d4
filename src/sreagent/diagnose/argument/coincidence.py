"""Links an alert to what broke beside it at the same moment, where no call is known to link them.

Some programs name what they call only in their code. When their logs cannot be read either, all
that is seen of them are symptoms.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sreagent.diagnose.argument.causes import Cause
from sreagent.diagnose.argument.folding import is_symptom
from sreagent.diagnose.conditions.registry import Role, traits

EARLIEST, LATEST = 600, 120
"""Seconds by which a cause may begin before its symptom, and seem to begin after it."""
SURE = 0.75
"""Confidence from which something is broken for certain, whoever suffers from it."""
UNPROVED = ("that both began at once is all that links it to the alert", -0.12)


def by_coincidence(causes: Sequence[Cause]) -> Sequence[Cause]:
    """The same causes; symptoms at the alert are laid to the one thing that broke just before."""
    relevant = [one for one in causes if one.relevant]
    symptoms = [one for one in relevant if is_symptom(one.findings[0].condition)]
    if not symptoms or len(symptoms) < len(relevant):
        return causes
    suspects = [
        one for one in causes if all(_may_have_brought(one, symptom) for symptom in symptoms)
    ]
    if len(suspects) != 1:
        return causes
    [suspect] = suspects
    left = [one for one in causes if one is not suspect and not one.relevant]
    return [_laid_to(suspect, symptoms), *left]


def _may_have_brought(cause: Cause, symptom: Cause) -> bool:
    """Whether it is broken beyond doubt, in the same namespace, since about the same time."""
    primary = cause.findings[0]
    if cause.relevant or cause.confidence < SURE or primary.source != "kubernetes":
        return False
    if traits(primary.condition).role is not Role.CAUSE or symptom.change:
        return False
    here = cause.entity.namespace in ("", symptom.entity.namespace)
    began, felt = _began(cause), symptom.first_symptom
    if not here or began is None or felt is None:
        return False
    return -LATEST <= (felt - began).total_seconds() <= EARLIEST


def _began(cause: Cause) -> datetime | None:
    change = cause.change
    return change.at if change and change.is_dated else cause.first_symptom


def _laid_to(cause: Cause, symptoms: Sequence[Cause]) -> Cause:
    felt_by = [one for symptom in symptoms for one in (symptom.entity, *symptom.victims)]
    return replace(
        cause,
        relevant=True,
        confidence=round(cause.confidence + UNPROVED[1], 2),
        parts=(*cause.parts, UNPROVED),
        findings=(*cause.findings, *(symptom.findings[0] for symptom in symptoms)),
        victims=tuple(dict.fromkeys((*cause.victims, *felt_by))),
    )
