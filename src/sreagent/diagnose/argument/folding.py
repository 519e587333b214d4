"""Folds symptoms under what explains them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sreagent.diagnose.conditions.registry import Role, traits
from sreagent.diagnose.logs.patterns import NETWORK, LogCause
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity, parse_path
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Finding, Severity
from sreagent.domain.inventory import controller_ref

FLOODED = "workload.flooded"
"""A cause only where nobody else is."""
SINCE = timedelta(hours=1)
"""By which the trouble of somebody may be older than that of who asked somebody in vain."""
FOUND_LATE = timedelta(minutes=10)
"""By which metrics may seem to turn later than who asked complains: rates climb for minutes."""
LATE = 120
"""Seconds by which clocks may disagree about which came first."""
_NETWORK_WORDS = frozenset(cause.value for cause in NETWORK)
_OF_ITS_CODE = frozenset({LogCause.SQL_SYNTAX.value, LogCause.SCRIPT_SYNTAX.value})
"""What a program logs that nobody else can bring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything that is wrong with one object, most telling first."""

    entity: Entity
    findings: tuple[Finding, ...]

    @property
    def primary(self) -> Finding:
        """The finding that says most."""
        return self.findings[0]


def is_symptom(condition: str) -> bool:
    """Whether the condition only tells that something is broken."""
    return traits(condition).role is Role.SYMPTOM


def is_hard(finding: Finding) -> bool:
    """Whether a finding is more than a remark."""
    return finding.severity in (Severity.ERROR, Severity.CRITICAL)


def blames_another(finding: Finding) -> bool:
    """Whether what was seen is the kind of trouble that somebody else causes."""
    if finding.facts.get("log_cause") in _OF_ITS_CODE:
        return False
    if is_symptom(finding.condition):
        return True
    if is_network(finding) and finding.suspects:
        return True
    return bool(finding.suspects) and (
        finding.condition != "pod.crash_loop" or "accusation" in finding.facts
    )


def is_network(finding: Finding) -> bool:
    """Whether a log says that somebody else could not be reached."""
    return finding.facts.get("log_cause") in _NETWORK_WORDS


def subject_of(scene: Scene, finding: Finding) -> Entity:
    """The object a finding is told at: the workload for its pods and ReplicaSets."""
    entity = finding.entity
    item = scene.inventory.find(entity)
    if item is None:
        return entity
    if entity.kind == "Pod":
        return scene.workload_of(item)
    if entity.kind in ("ReplicaSet", "Job") and controller_ref(item):
        return scene.inventory.workload_of(entity.kind, item)
    return entity


def problems(scene: Scene, findings: Iterable[Finding]) -> dict[Entity, Problem]:
    """Broken findings by the object they are told at; remarks are none."""
    grouped: dict[Entity, list[Finding]] = defaultdict(list)
    for finding in findings:
        is_remark = traits(finding.condition).role is Role.REMARK
        if finding.verdict is Health.BROKEN and not is_remark:
            grouped[subject_of(scene, finding)].append(finding)
    for entity, finding in _accused(grouped):
        grouped.setdefault(entity, []).append(finding)
    return {
        entity: Problem(entity=entity, findings=tuple(sorted(found, key=_order)))
        for entity, found in grouped.items()
    }


def _accused(grouped: Mapping[Entity, list[Finding]]) -> list[tuple[Entity, Finding]]:
    return [
        (suspect, finding)
        for found in list(grouped.values())
        for finding in found
        if traits(finding.condition).accuses and "accusation" in finding.facts
        for suspect in finding.suspects
        if suspect not in grouped
    ]


class Folding:
    """The problems, and which of them explains which."""

    def __init__(self, scene: Scene, found: Mapping[Entity, Problem]) -> None:
        self.scene = scene
        self.problems = found
        self._behind: dict[Entity, tuple[Entity, ...]] = {}
        self._explained = _explained(found)

    def roots(self, entity: Entity) -> set[Entity]:
        """The problems at the end of the chain of blame; the problem itself when it has none."""
        return self._roots(entity, frozenset()) or {entity}

    def _roots(self, entity: Entity, seen: frozenset[Entity]) -> set[Entity]:
        """Nothing for a chain that leads back to where it came from."""
        blamed = self.blames(entity)
        if not blamed:
            return {entity}
        onward = (one for one in blamed if one not in seen)
        return {root for one in onward for root in self._roots(one, seen | {entity})}

    def blames(self, entity: Entity) -> tuple[Entity, ...]:
        """Broken objects that explain why this one is."""
        if entity not in self._behind:
            problem = self.problems[entity]
            blamed = () if self._explains_itself(problem) else tuple(self._blames(problem))
            self._behind[entity] = tuple(dict.fromkeys(blamed))
        return self._behind[entity]

    def _explains_itself(self, problem: Problem) -> bool:
        """Whether it can be a cause without anybody else's help."""
        hard = _spoken_for([one for one in problem.findings if is_hard(one)])
        if problem.entity in self._explained:
            return any(self._is_its_own(problem.entity, one) for one in hard)
        own = [one for one in hard if not blames_another(one) and not _is_old(one, hard)]
        if all(one.condition == FLOODED for one in own) and self._suffers_from_another(problem):
            return False
        return bool(own)

    def _suffers_from_another(self, problem: Problem) -> bool:
        """Whether what it suffers from is the trouble of somebody it calls, and not its load."""
        guilty = {
            one
            for finding in problem.findings
            if blames_another(finding)
            for suspect in finding.suspects
            for one in self.guilty(suspect)
        } - {problem.entity}
        return any(one in self._explained for one in guilty)

    def _is_its_own(self, entity: Entity, finding: Finding) -> bool:
        """Whether it is trouble that those who explain the object cannot have brought."""
        if is_symptom(finding.condition) or is_network(finding):
            return False
        causes = self._explained[entity]
        accused = {one for suspect in finding.suspects for one in (suspect, *self.guilty(suspect))}
        if blames_another(finding) or accused & set(causes):
            return False
        return not any(self._may_bring(one, entity, finding) for one in causes)

    def _may_bring(self, cause: Entity, entity: Entity, finding: Finding) -> bool:
        """Whether it breaks things on purpose, and the trouble came after it and no rollout."""
        known = workload_revisions(self.scene, entity)
        rolled_out = known[0].at if known else None
        return any(
            traits(one.condition).breaks_anything
            and not _before(finding.since, one.since)
            and not _before(one.since, rolled_out)
            for one in self.problems[cause].findings
        )

    def _blames(self, problem: Problem) -> Iterator[Entity]:
        if told := self._explained.get(problem.entity):
            yield from told
            return
        for finding in problem.findings:
            if not blames_another(finding):
                continue
            yield from self._behind_all_complaints(finding)
            for suspect in finding.suspects:
                for guilty in self.guilty(suspect):
                    if guilty != problem.entity and self._may_be_meant(guilty, finding):
                        yield guilty

    def _may_be_meant(self, guilty: Entity, finding: Finding) -> bool:
        """Where it is not told who was asked: whether he has been in trouble since about then."""
        if "asked" not in finding.facts or finding.since is None:
            return True
        troubled = [guilty, *self._broken_behind(guilty)]
        findings = [one for each in troubled for one in self.problems[each].findings]
        began = [one.since for one in findings if is_hard(one) and one.since]
        known = workload_revisions(self.scene, subject_of(self.scene, finding))
        released = known[0].at if known else None
        return any(
            finding.since - SINCE <= one <= finding.since + FOUND_LATE
            # Who complains only since a release of its own was well with that trouble.
            and not (_before(one, released) and not _before(finding.since, released))
            for one in began
        )

    def _behind_all_complaints(self, finding: Finding) -> Iterator[Entity]:
        """What explains each of those who complain, so that nothing is left of it here."""
        causes = [
            self._explained.get(parse_path(path), [])
            for path in finding.facts.get("heard_from", "").split()
        ]
        if causes and all(causes):
            yield from (one for each in causes for one in each if one != finding.entity)

    def explained_by(self, root: Entity) -> list[Entity]:
        """What an object says of itself that it explains, in trouble or not."""
        return [one for one, causes in self._explained.items() if root in causes]

    def guilty(self, suspect: Entity) -> list[Entity]:
        """The suspect itself when it is broken, else the broken workloads behind it."""
        return [suspect] if self._is_broken(suspect) else self._broken_behind(suspect)

    def _broken_behind(self, suspect: Entity) -> list[Entity]:
        item = self.scene.inventory.find(suspect)
        if suspect.kind != "Service" or item is None:
            return []
        behind = self.scene.workloads_behind(item)
        return [one for one in behind if self._is_broken(one)]

    def _is_broken(self, entity: Entity) -> bool:
        problem = self.problems.get(entity)
        return problem is not None and any(is_hard(one) for one in problem.findings)


def _before(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and (other - one).total_seconds() > LATE


def _is_old(finding: Finding, hard: Iterable[Finding]) -> bool:
    """Whether its code failed like that before there was any other trouble."""
    others = [one.since for one in hard if one.since and blames_another(one)]
    old = bool(others) and _before(finding.since, min(others))
    return old and finding.facts.get("log_cause") in _OF_ITS_CODE


def _spoken_for(hard: list[Finding]) -> list[Finding]:
    """Without pods whose log was not read, where another pod's log tells for all."""
    told = {one.condition for one in hard if one.facts.get("log") == "read"}
    return [one for one in hard if one.facts.get("log") != "not read" or one.condition not in told]


def _explained(found: Mapping[Entity, Problem]) -> dict[Entity, list[Entity]]:
    """Objects whose trouble a cause says it explains, each with those causes."""
    explained: dict[Entity, list[Entity]] = defaultdict(list)
    for entity, problem in found.items():
        for finding in problem.findings if not is_symptom(problem.primary.condition) else ():
            for path in finding.facts.get("explains", "").split() if is_hard(finding) else ():
                if (one := parse_path(path)) != entity and entity not in explained[one]:
                    explained[one].append(entity)
    return explained


_SEEN_FROM_OUTSIDE = frozenset(
    {
        "workload.fails_callers",
        "workload.errors_up",
        "workload.refusals_up",
        "workload.latency_up",
        "workload.traffic_gone",
        "workload.consumer_lag",
        "workload.queue_growing",
    }
)
"""Conditions that what the object says itself goes before."""


def telling(finding: Finding) -> float:
    """How much a finding says: specific conditions first, and those that have a log to show."""
    known = traits(finding.condition)
    if finding.condition in _SEEN_FROM_OUTSIDE:
        return 0.40
    if _is_its_own_answer(finding):
        return known.worth
    own = 0.02 if finding.facts.get("log_cause") in _OF_ITS_CODE else 0.0
    return known.worth + own + (0.05 if finding.excerpt else 0.0)


def _is_its_own_answer(finding: Finding) -> bool:
    """Whether a log only tells that errors were answered: any line that says why says more."""
    answered = finding.facts.get("log_cause") == LogCause.HTTP_5XX.value
    return answered and not finding.suspects


def _order(finding: Finding) -> tuple[float, int, str]:
    grades = (Severity.CRITICAL, Severity.ERROR, Severity.WARNING, Severity.INFO)
    grade = grades.index(finding.severity)
    return -telling(finding) + (1 if grade > 1 else 0), grade, finding.entity.path
