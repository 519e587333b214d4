"""Jobs that change other objects: who stands behind an edit that nobody made by hand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sreagent.diagnose.objects.managers import Edit
from sreagent.diagnose.objects.podspec import EMPTY, container_specs, spec_of
from sreagent.diagnose.view.scene import Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import parse_time

LONGEST = timedelta(minutes=10)
"""How long a run counts of which only the beginning is known."""
LEEWAY = timedelta(seconds=5)
_EVERYWHERE = frozenset({"bash", "python", "python3", "node", "java", "kubectl", "curl", "helm"})
"""Programs of which many run, so that their name proves nothing."""
_PROGRAM = re.compile(r"\b(kubectl|oc|helm|curl|argocd|flux|kustomize)\b")
_CHANGING = re.compile(
    r"\b(patch|scale|apply|replace|edit|set|delete|annotate|label|rollout|cordon|drain|taint"
    r"|upgrade|rollback|create|autoscale|PATCH|PUT|POST|DELETE)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    runner: Entity
    began: datetime
    ended: datetime
    words: str
    """What it was told to do."""
    programs: frozenset[str]
    """Names of what it runs: field managers are called after them."""


def errand_of(scene: Scene, entity: Entity, edit: Edit) -> Entity | None:
    """The CronJob or Job that made an edit.

    It ran at that time, and either its words name the object and a program that changes objects,
    or the field manager has the name of its program.
    """
    name = re.compile(rf"(?<![\w-]){re.escape(entity.name)}(?![\w-])")
    for run in _runs(scene):
        ran = run.began - LEEWAY <= edit.at <= run.ended + LEEWAY
        if ran and run.runner != entity and (_is_told(run, name) or edit.by in run.programs):
            return run.runner
    return None


def _is_told(run: _Run, name: re.Pattern[str]) -> bool:
    is_able = _PROGRAM.search(run.words) and _CHANGING.search(run.words)
    return bool(is_able and name.search(run.words))


@once_per_scene
def _runs(scene: Scene) -> tuple[_Run, ...]:
    return tuple([*_of_jobs(scene), *_of_cron_jobs(scene)])


def _of_jobs(scene: Scene) -> Iterator[_Run]:
    for job in scene.all("Job"):
        status = job.get("status") or EMPTY
        began = parse_time(status.get("startTime"))
        if began:
            ended = parse_time(status.get("completionTime")) or began + LONGEST
            runner = scene.inventory.workload_of("Job", job)
            yield _run(runner, began, ended, spec_of("Job", job))


def _of_cron_jobs(scene: Scene) -> Iterator[_Run]:
    """Their jobs may be gone already."""
    for item in scene.all("CronJob"):
        status = item.get("status") or EMPTY
        began = parse_time(status.get("lastScheduleTime"))
        if began:
            ended = parse_time(status.get("lastSuccessfulTime"))
            late = ended if ended and ended >= began else began + LONGEST
            yield _run(entity_of("CronJob", item), began, late, spec_of("CronJob", item))


def _run(runner: Entity, began: datetime, ended: datetime, spec: Obj) -> _Run:
    said: list[str] = []
    programs: set[str] = set()
    for one in container_specs(spec):
        said += [str(word) for word in (*(one.get("command") or ()), *(one.get("args") or ()))]
        said += [str(variable.get("value") or "") for variable in one.get("env") or ()]
        image = str(one.get("image") or "").rpartition("/")[2]
        programs.add(re.split("[:@]", image)[0])
        programs |= {str(word).rpartition("/")[2] for word in (one.get("command") or ())[:1]}
    return _Run(
        runner=runner,
        began=began,
        ended=ended,
        words=" ".join(said)[:20_000],
        programs=frozenset(one for one in programs if len(one) >= 4) - _EVERYWHERE,
    )
