"""Jobs that change other objects: who stands behind an edit that nobody made by hand."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from sreagent.diagnose.managers import Edit
from sreagent.diagnose.podspec import EMPTY, container_specs, spec_of
from sreagent.diagnose.scene import Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import parse_time

LONGEST = timedelta(minutes=10)
"""How long a run counts of which only the beginning is known."""
LEEWAY = timedelta(seconds=5)
_PROGRAM = re.compile(r"\b(kubectl|oc|helm|curl|argocd|flux|kustomize)\b")
_CHANGING = re.compile(
    r"\b(patch|scale|apply|replace|edit|set|delete|annotate|label|rollout|cordon|drain|taint"
    r"|upgrade|rollback|create|autoscale|PATCH|PUT|POST|DELETE)\b"
)

Run = tuple[datetime, datetime, Entity, str]
"""From, to, what ran, and its words."""


def errand_of(scene: Scene, entity: Entity, edit: Edit) -> Entity | None:
    """The CronJob or Job that ran at the time of an edit, and whose words name the object."""
    name = re.compile(rf"(?<![\w-]){re.escape(entity.name)}(?![\w-])")
    for began, ended, runner, words in _runs(scene):
        ran = began - LEEWAY <= edit.at <= ended + LEEWAY
        if ran and runner != entity and name.search(words):
            return runner
    return None


@once_per_scene
def _runs(scene: Scene) -> tuple[Run, ...]:
    """Runs of programs that change the cluster."""
    return tuple([*_of_jobs(scene), *_of_cron_jobs(scene)])


def _of_jobs(scene: Scene) -> Iterator[Run]:
    for job in scene.all("Job"):
        status = job.get("status") or EMPTY
        began = parse_time(status.get("startTime"))
        words = _words("Job", job)
        if began and words:
            ended = parse_time(status.get("completionTime")) or began + LONGEST
            yield began, ended, scene.inventory.workload_of("Job", job), words


def _of_cron_jobs(scene: Scene) -> Iterator[Run]:
    """Their jobs may be gone already."""
    for item in scene.all("CronJob"):
        status = item.get("status") or EMPTY
        began = parse_time(status.get("lastScheduleTime"))
        words = _words("CronJob", item)
        if began and words:
            ended = parse_time(status.get("lastSuccessfulTime"))
            late = ended if ended and ended >= began else began + LONGEST
            yield began, late, entity_of("CronJob", item), words


def _words(kind: str, item: Obj) -> str:
    """What it runs, when that is a program that changes the cluster; else empty."""
    said = [
        str(word)
        for one in container_specs(spec_of(kind, item))
        for word in (
            *(one.get("command") or ()),
            *(one.get("args") or ()),
            *(variable.get("value") or "" for variable in one.get("env") or ()),
        )
    ]
    text = " ".join(said)[:20_000]
    return text if _PROGRAM.search(text) and _CHANGING.search(text) else ""
