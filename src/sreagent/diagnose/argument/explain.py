"""From everything that was seen to the causes, ranked, with what they explain."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from sreagent.diagnose.argument.blame import by_configuration
from sreagent.diagnose.argument.causes import Cause, Explanation, RuledOut
from sreagent.diagnose.argument.coincidence import (
    by_coincidence,
    by_echo,
    by_feeding,
    by_moment,
    by_unreached,
)
from sreagent.diagnose.argument.confidence import Grounds, is_death, weigh
from sreagent.diagnose.argument.focus import ALWAYS_FIRING, Focus, calls_it, focus_of, reach
from sreagent.diagnose.argument.folding import LATE, Folding, Problem, is_hard, problems
from sreagent.diagnose.argument.impact import impact_of
from sreagent.diagnose.argument.refutation import (
    healthy_before,
    healthy_siblings,
    refuted_by,
    ruled_out,
)
from sreagent.diagnose.argument.statements import Account, state
from sreagent.diagnose.changes.found import RESTARTED, change_of, changes_in
from sreagent.diagnose.changes.nearness import Path
from sreagent.diagnose.changes.timeline import RankedChange, nothing_changed, ranked
from sreagent.diagnose.conditions.registry import traits
from sreagent.diagnose.conditions.run import found_in
from sreagent.diagnose.view.calling import complaints_about
from sreagent.diagnose.view.new_lines import new_since
from sreagent.diagnose.view.revisions import Revision, revision_of, workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene
from sreagent.domain.alert import Alert
from sreagent.domain.change import Change, Sort
from sreagent.domain.diagnosis import CONFIDENT
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Finding

__all__ = ["Cause", "Explanation", "RuledOut", "explain"]

LONG = timedelta(hours=1)
"""A revision that stood for this long worked well enough to keep."""
EVIDENCE = 8
"""Findings cited for one cause."""
SHORTLY = 300
"""Seconds between an edit of what a callee uses and the first symptom at its caller."""
EARLY = 30
"""Seconds by which a metric may seem to turn before what turned it."""
REMEMBERED = 86_400
"""Seconds before the first symptom in which an edit may have brought it."""


def explain(scene: Scene, alert: Alert) -> Explanation:
    """Explain an alert: what is wrong by itself, what merely suffers, what was ruled out."""
    findings = found_in(scene)
    focus = focus_of(scene, alert)
    folding = Folding(scene, problems(scene, findings))
    accounts = _Accounts(scene, alert, focus, folding)
    causes = accounts.causes()
    top = next((cause for cause in causes if cause.relevant), None)
    return Explanation(
        causes=causes,
        ruled_out=ruled_out(scene, focus, folding, top),
        victims=tuple(dict.fromkeys(one for cause in causes for one in cause.victims)),
        changes=_told(scene, top, focus),
        unchanged=_unchanged(scene, top, focus),
        findings=findings,
        looked=_looked(scene),
        focus=focus.entities,
        namespaces=focus.namespaces,
        is_over=_is_over(alert),
        impact=impact_of(scene, causes),
    )


class _Accounts:
    """Turns the roots of the folding into causes."""

    def __init__(self, scene: Scene, alert: Alert, focus: Focus, folding: Folding) -> None:
        self.scene = scene
        self.alert = alert
        self.focus = focus
        self.folding = folding
        self.near = reach(scene, focus.entities)
        self.own_services = _services_by_workload(scene, folding)

    def causes(self) -> tuple[Cause, ...]:
        """Relevant and sure ones first."""
        suffering: dict[Entity, list[Entity]] = defaultdict(list)
        for entity in self.folding.problems:
            for root in self.folding.roots(entity):
                suffering[root].append(entity)
        counts = {
            root: self._counts(self.folding.problems[root], victims)
            for root, victims in suffering.items()
        }
        found = [self._of(root, suffering) for root, counted in counts.items() if counted]

        def others() -> Iterator[Cause]:
            """Those that count only where nothing else explains the alert."""
            left = (root for root, counted in counts.items() if not counted)
            return by_configuration(self._of(root, suffering) for root in left)

        causes = by_coincidence([*by_configuration(found)], others)
        if not _is_over(self.alert):
            causes = by_unreached(self.scene, causes, self.alert, self.focus)
        causes = by_feeding(self.scene, causes, others, self.alert, self.focus)
        if not _is_over(self.alert):
            causes = by_echo(self.scene, by_moment(causes, self.alert, self.focus))
        return tuple(sorted(causes, key=_rank))

    def _of(self, root: Entity, suffering: Mapping[Entity, list[Entity]]) -> Cause:
        return self._cause(self.folding.problems[root], suffering[root])

    def _counts(self, problem: Problem, folded: Iterable[Entity]) -> bool:
        """A remark is a cause only where the alert points; so is a log that only complains."""
        named = any(one in self.focus.entities for one in (problem.entity, *folded))
        hard = [one for one in problem.findings if is_hard(one)]
        if any(not traits(one.condition).if_named for one in hard):
            return True
        if hard:
            return named or (self.focus.is_empty and self._in_scope(problem.entity))
        mild = traits(problem.primary.condition)
        if mild.even_near and problem.entity in self.near:
            return True
        return named and mild.even_mild

    def _cause(self, problem: Problem, folded: Iterable[Entity]) -> Cause:
        scene, entity, primary = self.scene, problem.entity, problem.primary
        affected = sorted({one for one in folded if one != entity})
        first = self._first_symptom(problem, affected)
        revision, previous = self._revisions(problem)
        change = self._change(problem, revision, first)
        healthy = healthy_before(scene, entity, previous)
        siblings = healthy_siblings(scene, entity, revision) if is_death(primary) else ()
        victims = self._victims(entity, affected)
        news = new_since(scene, entity, change, revision)
        # Of a revision that was replaced everywhere no pod is left to show that it was well.
        ran_well = bool(healthy) or _lasted(previous, change)
        cause = Cause(
            entity=entity,
            statement=state(
                scene,
                Account(
                    entity=entity,
                    primary=primary,
                    symptom=_symptom(problem) or self._felt(entity, affected),
                    change=change,
                    first_symptom=first,
                    previous=previous if ran_well else None,
                ),
            ),
            category=primary.category,
            confidence=0.0,
            findings=(*[*self._evidence(problem, affected), *healthy][:EVIDENCE], *news),
            against=siblings,
            change=change,
            refuted_by=refuted_by(primary, revision),
            victims=victims,
            first_symptom=first,
            relevant=self._is_relevant(entity, affected, victims),
        )
        grounds = Grounds(
            primary=primary,
            previous_was_healthy=ran_well,
            named_by_alert=entity in self.focus.entities or bool(self.near & set(victims)),
            seen_by_callers=bool(complaints_about(scene, entity)),
            same_revision_healthy=bool(siblings),
            older_than_the_alert=self._is_older(entity, first),
            complains_since_the_change=bool(news),
            felt_at_once=self._is_felt_at_once(problem, victims, change),
            struck_together=self._struck_together(entity, affected),
        )
        return weigh(scene, cause, grounds)

    def _felt(self, entity: Entity, affected: Iterable[Entity]) -> Finding | None:
        """What the pods of a node went through: that it took away, or could not take."""
        told = [
            one
            for each in (affected if entity.kind == "Node" else ())
            for one in self.folding.problems[each].findings
            if entity in one.suspects and one.entity.kind == "Pod" and is_hard(one)
            if one.condition != "pod.log_errors"
        ]
        evicted = (one for one in told if one.condition == "pod.evicted")
        return next(evicted, None) or next(iter(told), None)

    def _first_symptom(self, problem: Problem, affected: Iterable[Entity]) -> datetime | None:
        primary = problem.primary
        # Of a log only the end is read, so what it tells may be older than it seems.
        measured = "prometheus" if primary.source == "logs" else None
        own = [
            one.since
            for one in problem.findings
            if one.since and (one.condition == primary.condition or one.source == measured)
        ]
        others = [
            finding.since
            for entity in affected
            for finding in self.folding.problems[entity].findings
            if finding.since and is_hard(finding)
        ]
        return min(own or others, default=self.alert.starts_at)

    def _is_felt_at_once(
        self, problem: Problem, victims: Iterable[Entity], change: Change | None
    ) -> bool:
        """Whether metrics show the trouble soon after the change, and nobody else before it."""
        if change is None or not change.is_dated:
            return False
        told = [one for one in problem.findings if one.source == "prometheus"]
        told += [one for victim in victims for one in self.folding.problems[victim].findings]
        told = [one for one in told if one.since and is_hard(one)]
        moments = [one.since for one in told if one.since]
        if not any(one.source == "prometheus" for one in told):
            return False
        return -EARLY <= (min(moments) - change.at).total_seconds() <= SHORTLY

    def _struck_together(self, entity: Entity, affected: Iterable[Entity]) -> int:
        if entity.kind != "Node":
            return 0
        return sum(entity in self.folding.blames(one) for one in affected)

    def _is_older(self, entity: Entity, first: datetime | None) -> bool:
        """Whether it was broken long before the alert, which is not about it."""
        fired = self.alert.starts_at
        if entity in self.focus.entities or not fired or not first:
            return False
        return (fired - first).total_seconds() > REMEMBERED

    def _revisions(self, problem: Problem) -> tuple[Revision | None, Revision | None]:
        """The revision that fails, and the one before it."""
        known = workload_revisions(self.scene, problem.entity)
        failing = self._failing_revision(problem, known)
        older = [one for one in known if failing and one.number < failing.number]
        return failing, older[0] if older else None

    def _failing_revision(self, problem: Problem, known: tuple[Revision, ...]) -> Revision | None:
        for finding in problem.findings:
            pod = self.scene.inventory.find(finding.entity)
            if finding.entity.kind == "Pod" and pod and (found := revision_of(pod, known)):
                return found
            if finding.entity.kind == "ReplicaSet":
                name = finding.entity.name
                return next((one for one in known if one.name == name), None)
        return known[0] if known and problem.entity.kind in WORKLOADS else None

    def _change(
        self, problem: Problem, revision: Revision | None, first: datetime | None
    ) -> Change | None:
        """What brought it: the rollout of what fails, or an edit shortly before it failed."""
        rollout = None
        if revision and _began_with(revision, first):
            changes = changes_in(self.scene)
            rollout = change_of(changes, problem.entity, revision.number)
            if rollout and RESTARTED not in rollout.summary:
                return rollout
        found = ranked(self.scene, problem.entity, first)
        brought = (one.told for one in found if _may_have_brought(one))
        # A restart brings nothing by itself: what was edited before it does.
        known = (one for one in brought if not rollout or one.entity != problem.entity)
        return next(known, rollout)

    def _evidence(self, problem: Problem, affected: Iterable[Entity]) -> Iterator[Finding]:
        """Its own findings, one or two of a kind, then what the victims show."""
        told: dict[str, int] = defaultdict(int)
        for finding in problem.findings:
            told[finding.condition] += 1
            if told[finding.condition] <= 2:
                yield finding
        for entity in affected:
            yield self.folding.problems[entity].primary

    def _victims(self, entity: Entity, affected: Iterable[Entity]) -> tuple[Entity, ...]:
        item = self.scene.inventory.find(entity)
        own = self.scene.workloads_behind(item) if item and entity.kind == "Service" else []
        served = self.own_services.get(entity, set())
        named = [one for one in affected if one not in served]
        return tuple(one for one in named if one not in own)

    def _is_relevant(
        self, entity: Entity, affected: Iterable[Entity], victims: Iterable[Entity]
    ) -> bool:
        if _is_over(self.alert):
            return False
        touched = {entity, *affected, *victims, *self.folding.explained_by(entity)}
        if self.focus.is_empty:
            return any(self._in_scope(one) for one in touched)
        return bool(touched & self.near) or any(
            caller in self.focus.entities for one in touched for caller in calls_it(self.scene, one)
        )

    def _in_scope(self, entity: Entity) -> bool:
        spaces = self.focus.namespaces
        return not spaces or not entity.namespace or entity.namespace in spaces


def _is_over(alert: Alert) -> bool:
    return alert.name in ALWAYS_FIRING or alert.status == "resolved"


def _rank(cause: Cause) -> tuple[bool, bool, bool, float]:
    """Relevant ones first; of those we are sure of, the ones that others suffer from."""
    return (
        not cause.relevant,
        cause.confidence < CONFIDENT,
        not cause.victims,
        -cause.confidence,
    )


def _services_by_workload(scene: Scene, folding: Folding) -> dict[Entity, set[Entity]]:
    """Broken Services of each workload: they are not its victims, its callers are."""
    found: dict[Entity, set[Entity]] = defaultdict(set)
    for entity in folding.problems:
        item = scene.inventory.find(entity) if entity.kind == "Service" else None
        for workload in scene.workloads_behind(item) if item else ():
            found[workload].add(entity)
    return found


def _symptom(problem: Problem) -> Finding | None:
    """How it shows on a pod, when what says most is told at the workload itself.

    Of what a log says, how it shows in the metrics.
    """
    if problem.primary.condition == "pod.log_errors":
        measured = (one for one in problem.findings if one.source == "prometheus")
        return next((one for one in measured if is_hard(one)), None)
    if problem.primary.entity.kind == "Pod" or problem.entity != problem.primary.entity:
        return None
    hard = (one for one in problem.findings if is_hard(one) and one.entity.kind == "Pod")
    return next((one for one in hard if one.condition != "pod.log_errors"), None)


def _began_with(revision: Revision, first: datetime | None) -> bool:
    """Whether what fails failed soon after it was rolled out, and not days later."""
    if revision.at is None:
        return False
    if first is None:
        return True
    return -LATE <= (first - revision.at).total_seconds() <= REMEMBERED


def _may_have_brought(one: RankedChange) -> bool:
    """Whether a change came before the trouble, and to something that the object is made of."""
    change = one.change
    if change.sort in _CONSEQUENCES:
        return False
    if one.path.worth < Path.BOUND.worth:
        return _steers(one)
    if change.entity.kind == "Job" and change.sort is Sort.CREATION:
        return False
    if one.before is None:
        return change.sort in (Sort.EDIT, Sort.DELETION) or change.is_dated
    return -LATE <= one.before.total_seconds() <= REMEMBERED


def _steers(one: RankedChange) -> bool:
    """Whether what it calls was told something new just before, as a server of settings is."""
    if one.path not in (Path.CALLED, Path.BEYOND) or one.change.sort is not Sort.EDIT:
        return False
    return one.before is not None and -LATE <= one.before.total_seconds() <= SHORTLY


_CONSEQUENCES = frozenset({Sort.KILL, Sort.TROUBLE})
"""What happens to an object because something else is wrong."""


def _told(scene: Scene, top: Cause | None, focus: Focus) -> tuple[Change, ...]:
    """Changes, those first that are near to the trouble."""
    about = top.entity if top else next(iter(focus.entities), None)
    if about is None:
        return changes_in(scene)
    first = top.first_symptom if top else None
    return tuple(one.told for one in ranked(scene, about, first))


def _unchanged(scene: Scene, top: Cause | None, focus: Focus) -> str:
    about = top.entity if top else next(iter(focus.entities), None)
    return nothing_changed(scene, top.first_symptom if top else None, about)


def _looked(scene: Scene) -> dict[str, int]:
    counts = {
        "workloads": sum(len(scene.all(kind)) for kind in (*WORKLOADS, "CronJob")),
        "pods": len(scene.all("Pod")),
        "events": len(scene.all("Event")),
        "services": len(scene.all("Service")),
        "nodes": len(scene.all("Node")),
        "logs": len(scene.inventory.logs),
    }
    return {name: count for name, count in counts.items() if count}


def _lasted(previous: Revision | None, change: Change | None) -> bool:
    """Whether a revision stood long enough before the change to count as one that worked."""
    if previous is None or change is None or previous.at is None:
        return False
    return change.at - previous.at >= LONG
