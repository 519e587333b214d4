"""How sure an account is, in named parts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sreagent.diagnose.argument.causes import Cause, Part
from sreagent.diagnose.conditions.registry import traits
from sreagent.diagnose.logs.meaning import OWN_TROUBLE
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.change import Change
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category, Finding

HIGHEST, LOWEST = 0.96, 0.05
CAPS = {
    "logs": (0.75, 0.84, 0.90),
    "prometheus": (0.78, 0.86, 0.92),
}
"""The most that a cause told by words in a log, or by a metric, is worth: when nothing else shows
it, when one other kind of evidence does (an object, a change, another program's log), and when two
do. What objects show is structure, and is not capped so."""

TOGETHER = 3
"""Programs from which on that they share a node is no accident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What is known about a cause beside its findings."""

    primary: Finding
    previous_was_healthy: bool = False
    named_by_alert: bool = False
    seen_by_callers: bool = False
    same_revision_healthy: bool = False
    older_than_the_alert: bool = False
    complains_since_the_change: bool = False
    felt_at_once: bool = False
    """Metrics show the trouble from minutes after the change on, and no victim tells of it before.

    What its own pods tell is left out: those of a release begin with it, whatever ails them.
    """
    struck_together: int = 0
    """Programs that fail alike and share only this node."""


def weigh(scene: Scene, cause: Cause, grounds: Grounds) -> Cause:
    """The cause with its confidence and what that is made of."""
    parts = tuple(_parts(scene, cause, grounds))
    total = sum(value for _, value in parts)
    cap = _cap(cause, grounds)
    if total > cap:
        parts = (*parts, ("cannot be surer than this", round(cap - total, 3)))
        total = cap
    return replace(cause, parts=parts, confidence=round(max(total, LOWEST), 2))


def _parts(scene: Scene, cause: Cause, grounds: Grounds) -> Iterator[Part]:
    primary = grounds.primary
    yield primary.condition, traits(primary.condition).worth
    yield from _from_log(primary)
    yield from _from_facts(primary)
    if cause.change:
        yield _worth_of_change(cause.change, primary)
        yield from _from_change(cause.change, grounds)
    if grounds.previous_was_healthy:
        yield "the previous revision ran well", 0.09 if traits(primary.condition).vague else 0.03
    if grounds.complains_since_the_change and traits(primary.condition).vague:
        yield "it logs new errors since the change", 0.06
    if grounds.seen_by_callers:
        yield "its callers say the same", 0.05
    if grounds.struck_together >= TOGETHER:
        yield f"{grounds.struck_together} programs that share only it fail alike", 0.08
    if grounds.named_by_alert:
        yield "the alert names it", 0.04
    if grounds.same_revision_healthy:
        yield "another pod of the same revision is healthy", -0.15
    if grounds.older_than_the_alert:
        yield "it was broken long before the alert", -0.25
    for gap in _gaps(scene, cause.entity, primary):
        yield f"not looked at: {gap}", -0.08


def is_death(finding: Finding) -> bool:
    """Whether a container ends or never starts, so that a healthy sibling speaks against."""
    return finding.condition in ("pod.crash_loop", "pod.start_failed", "pod.liveness_kills")


def _worth_of_change(change: Change, primary: Finding) -> Part:
    worth = 0.12 if traits(primary.condition).vague else 0.06
    if change.is_dated:
        return "changed shortly before", worth
    return "changed, nobody knows when", round(worth / 2, 2)


def _from_change(change: Change, grounds: Grounds) -> Iterator[Part]:
    """What ties a change to the trouble where the trouble alone leaves open why."""
    if not traits(grounds.primary.condition).vague:
        return
    field = grounds.primary.path.rpartition(".")[2]
    if field and re.search(rf"\b{re.escape(field)}[.:]", change.summary):
        yield "the change is to what fails", 0.08
    if change.is_dated and grounds.felt_at_once:
        yield "metrics show it from minutes after the change on", 0.06


def _from_log(primary: Finding) -> Iterator[Part]:
    if primary.condition in ("pod.crash_loop", "job.failed", "pod.init_stuck"):
        cause = primary.facts.get("log_cause")
        if cause and cause != "error":
            yield "the log says why", 0.12
        elif cause:
            yield "the log shows an error", 0.05
    if primary.condition == "pod.log_errors":
        yield from _from_complaints(primary)
    if "set nowhere" in primary.claim:
        yield "the pod template shows the same", 0.02


def _from_complaints(primary: Finding) -> Iterator[Part]:
    if primary.facts.get("outside"):
        yield "the other end is outside the cluster", 0.24
    elif primary.facts.get("log_cause") in OWN_TROUBLE:
        yield "the log names its own trouble", 0.18


def _from_facts(primary: Finding) -> Iterator[Part]:
    """Structure that settles a question the condition alone leaves open."""
    facts = primary.facts
    if facts.get("previous_limit"):
        yield "the limit was lowered", 0.02
    if facts.get("selector_suggested"):
        yield "a near selector fits one workload", 0.08
    if facts.get("probe_fault"):
        yield "the probe does not fit the container", 0.22
    if facts.get("named_file"):
        yield "the log names its content", 0.08
    if facts.get("settled"):
        yield facts["settled"], 0.06


def _gaps(scene: Scene, entity: Entity, primary: Finding) -> Iterator[str]:
    """Lists that were refused and could have told more about this cause."""
    matters = {"pod.crash_loop": ("Event", "logs of pod"), "pod.unschedulable": ("Node",)}
    for what in matters.get(primary.condition, ("Event",)):
        for gap in scene.inventory.gaps:
            if gap.what.startswith(what) and gap.namespace in ("", entity.namespace):
                yield gap.what
                break


def _has_two_witnesses(cause: Cause) -> bool:
    """Whether somebody else's log tells of the same trouble."""
    own = cause.findings[0].entity
    return any(one.source == "logs" and one.entity != own for one in cause.findings[1:])


def _cap(cause: Cause, grounds: Grounds) -> float:
    """The most that the kinds of evidence allow."""
    told_by = grounds.primary.source
    if grounds.primary.condition == "pod.log_errors" or _is_hearsay(cause):
        told_by = "logs"
    elif told_by != "prometheus":
        return HIGHEST
    kinds = {one.source for one in cause.findings if one.verdict is not Health.HEALTHY} - {told_by}
    others = len(kinds) + bool(cause.change) * ("kubernetes" not in kinds)
    others += told_by == "logs" and _has_two_witnesses(cause)
    return CAPS[told_by][min(others, 2)]


def _is_hearsay(cause: Cause) -> bool:
    """Whether no object shows the trouble that is laid to somebody else."""
    sources = {finding.source for finding in cause.findings}
    return "kubernetes" not in sources and cause.category is Category.DEPENDENCY
