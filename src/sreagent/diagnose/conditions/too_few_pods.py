"""Autoscalers that keep their target at fewer pods than it had."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sreagent.diagnose.conditions.autoscaling import target_of, used
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.conditions.starved import fails_its_callers
from sreagent.diagnose.objects.managers import last_applied
from sreagent.diagnose.objects.shapes import since, state_of, whole, word
from sreagent.diagnose.view.freshness import DAY, fresh_edit
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import Scene, first_seen
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import span

_HPA = "HorizontalPodAutoscaler"
_LATE = timedelta(minutes=2)
_SHRUNK = re.compile(r"(?:from (?P<before>\d+) )?to (?P<after>\d+)$")
_RESIZED = re.compile(r"New size: (?P<after>\d+);.* above Spec\.MaxReplicas")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lowered:
    """A maximum that used to be higher."""

    before: int | None
    """Pods that there were, or that there might have been."""
    at: datetime | None


@condition(
    "hpa.max_lowered",
    _HPA,
    worth=0.80,
    even_mild=True,
    even_near=True,
    breaks_anything=True,
    refuted_by="the same load on its pods with the higher maximum",
)
def max_lowered(scene: Scene, entity: Entity, scaler: Obj) -> Iterator[Finding]:
    """An autoscaler wants more pods than it may have since its maximum was lowered."""
    if not _wants_more(scaler):
        return
    target, most = target_of(scaler), whole(scaler, "spec", "maxReplicas")
    lowered = _lowered(scene, scaler, target, most) if target and most is not None else None
    if target is None or lowered is None:
        return
    age = scene.age(lowered.at)
    hurts = fails_its_callers(scene, target, lowered.at)
    yield say(
        entity,
        scaler,
        "hpa.max_lowered",
        f"may have {most} replicas at most"
        f" and wants more: its maxReplicas was lowered"
        + (f" {span(age)} ago" if age is not None else "")
        + (f", from {lowered.before} pods or more" if lowered.before else "")
        + _load(scaler),
        path="spec.maxReplicas",
        category=Category.RESOURCE,
        severity=Severity.ERROR if hurts else Severity.WARNING,
        since=lowered.at or since(state_of(scaler, "ScalingLimited")),
        facts={"max": str(most)} | ({"explains": target.path} if hurts else {}),
    )


def _wants_more(scaler: Obj) -> bool:
    state = state_of(scaler, "ScalingLimited")
    return state.get("status") == "True" and state.get("reason") == "TooManyReplicas"


def _lowered(scene: Scene, scaler: Obj, target: Entity, most: int) -> _Lowered | None:
    """Whether there were more pods than it may have now: only a lower maximum does that.

    What was applied last tells it, too, when somebody edited it since.
    """
    applied = whole(last_applied(scaler), "spec", "maxReplicas")
    edited = fresh_edit(scene, scaler)
    if applied is not None and applied > most and edited:
        return _Lowered(before=applied, at=edited)
    for event in scene.events(scaler, "SuccessfulRescale", within=DAY):
        found = _RESIZED.search(word(event, "message"))
        if found and int(found["after"]) == most:
            return _Lowered(before=None, at=first_seen([event]))
    return _shrunk(scene, target, most, edited) if edited else None


def _shrunk(scene: Scene, target: Entity, most: int, edited: datetime) -> _Lowered | None:
    """Pods were taken away down to the maximum right after the autoscaler was edited."""
    item = scene.inventory.find(target)
    known = workload_revisions(scene, target)
    if known and known[0].at and abs(known[0].at - edited) <= 5 * _LATE:
        return None
    for event in scene.events(item, "ScalingReplicaSet", within=DAY) if item else ():
        told, at = word(event, "message"), first_seen([event])
        found = _SHRUNK.search(told) if told.startswith("Scaled down") else None
        soon = at is not None and -_LATE <= at - edited <= 5 * _LATE
        if found and soon and int(found["after"]) == most:
            before = int(found["before"]) if found["before"] else None
            return _Lowered(before=before, at=edited)
    return None


def _load(scaler: Obj) -> str:
    """How busy its pods are, as it counts itself."""
    for resource, percent in used(scaler).items():
        return f"; its pods use {percent}% of their {resource} request"
    return ""
