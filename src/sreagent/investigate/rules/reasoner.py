"""Decides the next step by rules: look wide, look where it hurts, give an account, propose."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from sreagent.diagnose.argument.focus import reach
from sreagent.diagnose.argument.looks import is_dark, unmeasured, wanted_logs, wanted_namespaces
from sreagent.diagnose.view.scene import WORKLOADS
from sreagent.domain.action import ActionState, Proposal
from sreagent.domain.diagnosis import Diagnosis, Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.kinds import KINDS
from sreagent.investigate.case import Case
from sreagent.investigate.outcome import open_proposals, outcome_of, reason_of
from sreagent.investigate.rules.account import conclude
from sreagent.investigate.rules.further_kinds import further_lists
from sreagent.investigate.rules.remedies import remedies
from sreagent.investigate.steps import Draft, Finish, Gather, Propose, Step, Verify
from sreagent.policy.facts import Origin
from sreagent.tools.looks import ListObjects, ReadLog

FIRST_KINDS = (
    "Pod",
    "Event",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Service",
    "Endpoints",
    "ConfigMap",
    "Secret",
    "PersistentVolumeClaim",
    "Job",
    "CronJob",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "NetworkPolicy",
    "Ingress",
    "ResourceQuota",
    "ServiceAccount",
    "Node",
    "Namespace",
)
"""Listed once, at the start: most faults show in these."""
MENDED = 3
"""Causes for which changes are proposed in one run."""
LOG_LIMIT = 12
"""Logs read in one investigation."""
DARK_LIMIT = 30
"""The same while nothing is found at all: a silent replica must not look like health."""


class RulesReasoner:
    """Holds nothing: the case tells what was looked at and what came of it."""

    def __init__(self, *, asks: bool = True) -> None:
        self._asks = asks

    def next(self, case: Case) -> Step:
        """Look until enough is known, then conclude, propose, verify and finish."""
        return self.look(case) or self.act(case)

    def look(self, case: Case) -> Step | None:
        """The next look, the account, or the next check of a change; None when all is done."""
        return next(self._looks(case), None)

    def act(self, case: Case) -> Step:
        """What to do about it."""
        return next(self._acts(case))

    @staticmethod
    def knows_a_remedy(case: Case) -> bool:
        """Whether a change is still to be put to somebody."""
        drafts = _drafts(case) if case.changes_allowed else ()
        return any(key not in case.asked_for and draw() for key, draw in drafts)

    @staticmethod
    def _looks(case: Case) -> Iterator[Step]:
        yield from _look(case)
        if _needs_account(case):
            yield conclude(case)
        yield from _verify(case)

    def _acts(self, case: Case) -> Iterator[Step]:
        if case.changes_allowed:
            yield from _propose(case)
        outcome = outcome_of(case.incident, asked=self._asks)
        yield Finish(outcome=outcome, reason=reason_of(case.incident, outcome))


def _needs_account(case: Case) -> bool:
    """No account yet, or one of an earlier run that was not sure or did not see enough."""
    concluded = case.incident.concluded
    if concluded is None:
        return True
    settled = concluded.outcome is Outcome.DIAGNOSED or bool(case.incident.proposals)
    return not settled and not case.accounted


def _look(case: Case) -> Iterator[Gather]:
    namespace = case.incident.opened.namespace
    first = ListObjects(namespace=namespace, kinds=FIRST_KINDS)
    if str(first) not in case.asked_for:
        case.asked_for.add(str(first))
        # Namespaces are listed already where the alert's own had to be found.
        kinds = tuple(kind for kind in FIRST_KINDS if not case.inventory.looked(kind, namespace))
        yield Gather(lists=(replace(first, kinds=kinds),), expression=case.has_metrics)
    if not _needs_account(case) or case.out_of_time:
        return
    if case.has_metrics and "signals" not in case.asked_for:
        yield Gather(signals=case.explanation.focus)
    for want in (_second_lists, _logs, _namespaces):
        gather = want(case)
        lists = tuple(look for look in gather.lists if str(look) not in case.asked_for)
        logs = tuple(look for look in gather.logs if str(look) not in case.asked_for)
        if lists or logs:
            yield Gather(lists=lists, logs=logs)
    if case.has_metrics and (further := _further_signals(case)):
        case.asked_for |= {_measured(one.namespace) for one in further}
        yield Gather(signals=further)
    if case.has_metrics and is_dark(case.explanation) and "own measures" not in case.asked_for:
        yield Gather(own_measures=case.explanation.focus)


def _further_signals(case: Case) -> tuple[Entity, ...]:
    """What the trouble was followed to, in namespaces whose metrics were not read at first."""
    scene, so_far = case.scene, case.explanation
    first = {one.namespace for one in so_far.focus} or {*case.inventory.namespaces}
    found = [*unmeasured(scene, so_far, first)]
    if is_dark(so_far):
        # What the alert's object depends on may be ill and say so in numbers alone.
        near = (one for one in sorted(reach(scene, so_far.focus)) if one.kind in WORKLOADS)
        found += [one for one in near if one.namespace not in first]
    return tuple(one for one in found if _measured(one.namespace) not in case.asked_for)


def _measured(namespace: str) -> str:
    return f"signals of {namespace}"


def _second_lists(case: Case) -> Gather:
    """Kinds that only some faults need."""
    lists = further_lists(case.scene, case.explanation, case.incident.opened.namespace)
    return Gather(lists=lists)


def _logs(case: Case) -> Gather:
    read = sum(key.startswith("ReadLog") for key in case.asked_for)
    limit = DARK_LIMIT if is_dark(case.explanation) else LOG_LIMIT
    wanted = wanted_logs(case.scene, case.explanation, limit=limit)
    looks = (ReadLog(pod=w.pod, container=w.container, previous=w.previous) for w in wanted)
    fresh = [look for look in looks if str(look) not in case.asked_for]
    return Gather(logs=tuple(fresh[: max(limit - read, 0)]))


def _namespaces(case: Case) -> Gather:
    """Other namespaces that what is broken depends on."""
    if not case.incident.opened.namespace:
        return Gather()
    kinds = tuple(kind for kind in FIRST_KINDS if KINDS[kind].namespaced)
    spaces = wanted_namespaces(case.scene, case.explanation)
    return Gather(lists=tuple(ListObjects(namespace=space, kinds=kinds) for space in spaces))


def _verify(case: Case) -> Iterator[Verify]:
    for proposal in case.incident.proposals:
        if proposal.state is ActionState.DONE and proposal.verified is None:
            key = f"verify {proposal.id}"
            if not proposal.undoes and key not in case.asked_for:
                case.asked_for.add(key)
                yield Verify(action=proposal.id)


def _propose(case: Case) -> Iterator[Propose]:
    for key, draw in _drafts(case):
        if key not in case.asked_for:
            case.asked_for.add(key)
            if drafts := draw():
                yield Propose(drafts=drafts)


def _drafts(case: Case) -> Iterator[tuple[str, Callable[[], tuple[Draft, ...]]]]:
    """Changes still to be put to somebody, under a key so that none is asked twice in a run."""
    incident = case.incident
    for proposal in open_proposals(incident):
        yield f"ask {proposal.id}", partial(_again, proposal)
    taken_back = {proposal.undoes for proposal in incident.proposals}
    for proposal in incident.proposals:
        if proposal.verified is False and proposal.undo and proposal.id not in taken_back:
            yield f"undo {proposal.id}", partial(_undo, proposal)
    concluded = incident.concluded
    if concluded is None or concluded.outcome is not Outcome.DIAGNOSED:
        return
    tried = {proposal.action.target for proposal in incident.proposals}
    for diagnosis in (concluded.diagnosis, *concluded.other_causes)[:MENDED]:
        if diagnosis and diagnosis.entity not in tried:
            yield f"mend {diagnosis.entity}", partial(_mend, case, diagnosis)


def _mend(case: Case, diagnosis: Diagnosis) -> tuple[Draft, ...]:
    cause = next((c for c in case.explanation.causes if c.entity == diagnosis.entity), None)
    return remedies(cause, diagnosis, case.inventory) if cause and cause.relevant else ()


def _undo(proposal: Proposal) -> tuple[Draft, ...]:
    return (undo_draft(proposal, "it did not help"),)


def _again(proposal: Proposal) -> tuple[Draft, ...]:
    draft = Draft(
        action=proposal.action,
        reason=proposal.reason,
        evidence=proposal.evidence,
        expected=proposal.expected,
        id=proposal.id,
        undoes=proposal.undoes,
        origin=Origin(proposal.origin),
    )
    return (draft,)


def undo_draft(proposal: Proposal, why: str) -> Draft:
    """The change that takes a proposal's change back.

    Raises:
        ValueError: It has no undo.
    """
    if proposal.undo is None:
        msg = f"{proposal.id} has no undo"
        raise ValueError(msg)
    return Draft(
        action=proposal.undo,
        reason=f"{why}; this brings back what was there before {proposal.id}",
        evidence=proposal.evidence,
        expected="the state before the change",
        undoes=proposal.id,
    )
