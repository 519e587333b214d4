"""Links an alert to what broke beside it at the same moment, where no call is known to link them.

Some programs name what they call only in their code. When their logs cannot be read either, all
that is seen of them are symptoms.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sreagent.diagnose.argument.causes import Cause, Part
from sreagent.diagnose.argument.focus import Focus, reach
from sreagent.diagnose.argument.folding import is_hard, is_symptom
from sreagent.diagnose.conditions.registry import Role, traits
from sreagent.diagnose.logs.meaning import OWN_TROUBLE, USUAL
from sreagent.diagnose.logs.patterns import OF_STORES, LogCause
from sreagent.diagnose.view.calling import failing_calls
from sreagent.diagnose.view.feeding import feeders
from sreagent.diagnose.view.scene import WORKLOADS, Scene
from sreagent.domain.alert import Alert
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Finding

EARLIEST, LATEST = 600, 120
"""Seconds by which a cause may begin before its symptom, and seem to begin after it."""
SURE = 0.75
"""Confidence from which something is broken for certain, whoever suffers from it."""
CERTAIN = 0.9
"""Confidence from which nobody else is to blame for who asked in vain since then."""
LIKELY = 0.60
"""Confidence from which a program's own trouble may be why another one lacks its messages."""
HOUR = 3600
ANSWERS = frozenset(
    {
        *(LogCause.HTTP_5XX, LogCause.RATE_LIMITED, LogCause.TOO_LARGE),
        *OF_STORES,
        *(LogCause.UNREADABLE_ANSWER, LogCause.UNIMPLEMENTED, LogCause.NOT_ENOUGH_REPLICAS),
    }
)
"""Complaints of somebody who was reached, and answered."""
UNLINKED = ("only a broker that both use links it to the alert", -0.12)
"""What is taken off while nothing between the two is seen to suffer, such as a queue."""
UNPROVED = ("that both began at once is all that links it to the alert", -0.12)


def by_coincidence(
    causes: Sequence[Cause], others: Callable[[], Iterable[Cause]]
) -> Sequence[Cause]:
    """The same causes; symptoms at the alert are laid to the one thing that broke just before.

    Else to the one of `others` whose log begins to name its own trouble then.
    """
    relevant = [one for one in causes if one.relevant]
    symptoms = [one for one in relevant if is_symptom(one.findings[0].condition)]
    if not symptoms or len(symptoms) < len(relevant):
        return causes
    suspects = [
        one for one in causes if all(_may_have_brought(one, symptom) for symptom in symptoms)
    ] or [one for one in others() if all(_names_it(one, symptom) for symptom in symptoms)]
    if len(suspects) != 1:
        return causes
    [suspect] = suspects
    left = [one for one in causes if one is not suspect and not one.relevant]
    return [_laid_to(suspect, symptoms), *left]


def by_feeding(
    scene: Scene,
    causes: Sequence[Cause],
    others: Callable[[], Iterable[Cause]],
    alert: Alert,
    focus: Focus,
) -> Sequence[Cause]:
    """The same causes; where none explains the alert, the one that may feed what it names.

    Of a number of the business that turned nothing else may be seen at the object: what should
    have come through a queue did not.
    """
    if _is_answered(causes, focus) or alert.starts_at is None:
        return causes
    known = feeders(scene, focus.entities)
    suspects = [
        one
        for one in (*causes, *(others() if known else ()))
        if {one.entity, *one.victims} & {*known} and _turned_before(scene, one, alert.starts_at)
    ]
    if len(suspects) != 1:
        return causes
    [suspect] = suspects
    laid = replace(
        suspect,
        relevant=True,
        victims=tuple(dict.fromkeys((*suspect.victims, *_workloads(focus)))),
    )
    if not reach(scene, focus.entities) & set(suspect.victims):
        laid = _less_sure(laid, UNLINKED)
    return [laid, *(one for one in causes if one is not suspect)]


def by_unreached(
    scene: Scene, causes: Sequence[Cause], alert: Alert, focus: Focus
) -> Sequence[Cause]:
    """The same causes; where none explains the alert, those that keep callers from its object.

    Who is not reached is well, and lacks its requests.
    """
    if _is_answered(causes, focus):
        return causes
    shut_out = {
        call.caller
        for call in failing_calls(scene)
        if call.target.entity in focus.entities and call.error.cause not in ANSWERS
    }
    return [
        replace(one, relevant=True)
        if one.confidence >= SURE
        and shut_out & {one.entity, *one.victims}
        and _is_no_later(one, alert.starts_at)
        else one
        for one in causes
    ]


def by_moment(causes: Sequence[Cause], alert: Alert, focus: Focus) -> Sequence[Cause]:
    """The same causes; where none explains the alert, the one that broke near it just before."""
    if _is_answered(causes, focus) or alert.starts_at is None:
        return causes
    suspects = [one for one in causes if _broke_near(one, alert.starts_at, focus)]
    if len(suspects) != 1:
        return causes
    [suspect] = suspects
    laid = replace(_less_sure(suspect, UNPROVED), relevant=True)
    return [laid, *(one for one in causes if one is not suspect)]


def _broke_near(cause: Cause, fired: datetime, focus: Focus) -> bool:
    primary, change = cause.findings[0], cause.change
    # The first symptom is the alert itself where nothing else is known: it tells no time here.
    told = [one.since for one in cause.findings if one.since]
    began = change.at if change and change.is_dated else min(told, default=None)
    if cause.confidence < SURE or not is_hard(primary) or began is None:
        return False
    spaces = {one.namespace for one in (cause.entity, *cause.victims) if one.namespace}
    soon = -LATEST <= (fired - began).total_seconds() <= 2 * HOUR
    return soon and bool(spaces & {*focus.namespaces}) and _is_cause(cause)


def _is_cause(cause: Cause) -> bool:
    return traits(cause.findings[0].condition).role is Role.CAUSE


def _is_no_later(cause: Cause, fired: datetime | None) -> bool:
    began = cause.first_symptom
    return not began or not fired or (began - fired).total_seconds() <= LATEST


def _less_sure(cause: Cause, part: Part) -> Cause:
    confidence = round(cause.confidence + part[1], 2)
    return replace(cause, confidence=confidence, parts=(*cause.parts, part))


def _is_answered(causes: Sequence[Cause], focus: Focus) -> bool:
    return focus.is_empty or any(one.relevant for one in causes)


def _turned_before(scene: Scene, cause: Cause, fired: datetime) -> bool:
    """Whether it is in grave trouble that began in the hour before the alert, and was not usual."""
    primary, began = cause.findings[0], cause.first_symptom
    if cause.confidence < LIKELY or began is None or not is_hard(primary):
        return False
    if not -LATEST <= (fired - began).total_seconds() <= HOUR:
        return False
    return primary.source != "logs" or _is_new_in_its_log(scene, primary, began)


def _is_new_in_its_log(scene: Scene, finding: Finding, began: datetime) -> bool:
    """Whether the log reaches back to when it had no such trouble; of callers, one of theirs."""
    heard = finding.facts.get("heard_from", "").split()
    pod = scene.inventory.find(finding.entity)
    pods = [pod] if pod and finding.entity.kind == "Pod" else []
    pods += [call.pod for call in failing_calls(scene) if call.caller.path in heard]
    begins = [reading.begins_at for pod in pods for _, reading in scene.logs(pod)]
    return any(one and (began - one).total_seconds() >= USUAL for one in begins)


def _workloads(focus: Focus) -> list[Entity]:
    return [one for one in focus.entities if one.kind in WORKLOADS]


def _may_have_brought(cause: Cause, symptom: Cause) -> bool:
    """Whether it is broken beyond doubt and felt in the same namespace, since about then."""
    primary = cause.findings[0]
    change = cause.change
    # What only metrics show may be one more victim, unless somebody changed it just before.
    alone = primary.source == "prometheus" and not (change and change.is_dated)
    if cause.relevant or cause.confidence < SURE or alone:
        return False
    if not _is_cause(cause) or symptom.change:
        return False
    return _is_felt_there(cause, symptom)


def by_echo(scene: Scene, causes: Sequence[Cause]) -> Sequence[Cause]:
    """The same causes; who only asked somebody in vain suffers from the one that is certain."""
    certain = [
        one for one in causes if one.relevant and one.confidence >= CERTAIN and _is_cause(one)
    ]
    if len(certain) != 1:
        return causes
    [cause] = certain
    echoes = [
        one
        for one in causes
        if one.relevant
        and one is not cause
        and "asked" in one.findings[0].facts
        and not one.change
        and _is_felt_there(cause, one)
        and _may_have_asked(scene, one, cause)
    ]
    if not echoes:
        return causes
    felt_by = [entity for one in echoes for entity in (one.entity, *one.victims)]
    known = tuple(dict.fromkeys((*cause.victims, *felt_by)))
    left = [one for one in causes if one is not cause and one not in echoes]
    return [replace(_less_sure(cause, UNPROVED), victims=known), *left]


def _may_have_asked(scene: Scene, echo: Cause, cause: Cause) -> bool:
    """Whether it may call who is in trouble: anybody near it, where nothing is known of that."""
    troubled = {cause.entity, *cause.victims}
    asked = echo.findings[0].suspects
    items = [scene.inventory.find(one) for one in asked if one.kind == "Service"]
    behind = [one for item in items if item for one in scene.workloads_behind(item)]
    if asked:
        return bool(troubled & {*asked, *behind})
    return echo.entity.namespace in {one.namespace for one in troubled}


def _names_it(cause: Cause, symptom: Cause) -> bool:
    """Whether the log of a program names its own trouble, since about then."""
    primary = cause.findings[0]
    grave = is_hard(primary) and cause.confidence >= LIKELY
    own = primary.facts.get("log_cause") in OWN_TROUBLE
    return grave and own and not symptom.change and _is_felt_there(cause, symptom)


def _is_felt_there(cause: Cause, symptom: Cause) -> bool:
    felt_in = {one.namespace for one in (cause.entity, *cause.victims)}
    here = not cause.entity.namespace or symptom.entity.namespace in felt_in
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
        _less_sure(cause, UNPROVED),
        relevant=True,
        findings=(*cause.findings, *(symptom.findings[0] for symptom in symptoms)),
        victims=tuple(dict.fromkeys((*cause.victims, *felt_by))),
    )
