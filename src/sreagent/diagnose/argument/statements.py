"""Says a cause in one or two sentences, with the numbers that matter."""

from dataclasses import dataclass
from datetime import datetime

from sreagent.diagnose.view.bearing import bearing
from sreagent.diagnose.view.revisions import Revision
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.change import Change
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Finding
from sreagent.domain.moment import span
from sreagent.domain.text import one_line

LONGEST = 700
SYMPTOM = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a statement is made of."""

    entity: Entity
    primary: Finding
    symptom: Finding | None = None
    """How the trouble shows on a pod, when the primary finding is about something else."""
    change: Change | None = None
    first_symptom: datetime | None = None
    previous: Revision | None = None
    """The revision that ran well before."""


def state(scene: Scene, account: Account) -> str:
    """What is wrong with whom, since which change, and what was before."""
    entity, change, first = account.entity, account.change, account.first_symptom
    subject = str(entity)
    own_rollout = change is not None and change.revision is not None and change.entity == entity
    if change and own_rollout:
        subject += f", {_rollout(scene, change, first)},"
    text = f"{subject} {predicate(account.primary, entity)}"
    if account.symptom:
        text += f"; {one_line(account.symptom.claim, SYMPTOM)}"
    if change and not own_rollout:
        text += f"; {_edit(scene, change, entity, first)}{_settings(scene, change, text)}"
    if account.previous and (ran := _ran(account.previous, change)):
        text += f"; {account.previous.label} ran for {ran}"
    return one_line(text, LONGEST)


def predicate(finding: Finding, entity: Entity) -> str:
    """The claim without its subject; of another object's claim, the whole of it."""
    if finding.entity != entity and entity in finding.suspects:
        return finding.facts.get("accusation") or f"is behind this: {finding.claim}"
    return finding.claim.removeprefix(f"{finding.entity} ")


def when(scene: Scene, moment: datetime) -> str:
    """`08:49 UTC, 3 min ago`."""
    ago = span(max((scene.now - moment).total_seconds(), 0))
    clock = moment.strftime("%H:%M UTC")
    if (scene.now - moment).total_seconds() > 20 * 3600:
        clock = moment.strftime("%Y-%m-%d %H:%M UTC")
    return f"{clock}, {ago} ago"


def _rollout(scene: Scene, change: Change, first_symptom: datetime | None) -> str:
    said = change.summary.partition(": ")[2]
    by = f" by {change.by}" if change.by else ""
    return (
        f"revision {change.revision} ({said}; rolled out {when(scene, change.at)}{by}"
        f"{_lead(change, first_symptom)})"
    )


def _edit(scene: Scene, change: Change, entity: Entity, first_symptom: datetime | None) -> str:
    by = f" by {change.by}" if change.by else ""
    about = "" if change.entity == entity else f"{change.entity}: "
    if not change.is_dated:
        return f"{about}{change.summary} ({change.nearness or 'at an unknown time'}{by})"
    return f"{about}{change.summary} ({when(scene, change.at)}{by}{_lead(change, first_symptom)})"


def _settings(scene: Scene, change: Change, seen: str) -> str:
    """What a ConfigMap says now of what was seen, where nobody knows what it said before."""
    item = scene.inventory.find(change.entity)
    if item is None or change.entity.kind != "ConfigMap" or change.diff:
        return ""
    told = bearing(item, seen)
    return f"; it says {', '.join(told)}" if told else ""


def _lead(change: Change, first_symptom: datetime | None) -> str:
    if first_symptom is None:
        return ""
    lead = (first_symptom - change.at).total_seconds()
    return f", {span(lead)} before the first symptom" if lead >= 1 else ""


def _ran(previous: Revision, change: Change | None) -> str:
    if not change or not previous.at:
        return ""
    return span((change.at - previous.at).total_seconds())
