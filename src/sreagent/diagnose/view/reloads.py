"""Configuration that programs took over while they ran, as their logs tell it.

It dates edits of which the server keeps no time, and tells that an edit has come into force.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sreagent.diagnose.logs.templates import Template
from sreagent.diagnose.objects.podspec import Container, containers
from sreagent.diagnose.view.mounted import mounted, named_in
from sreagent.diagnose.view.scene import Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj
from sreagent.domain.text import one_line

STARTING = timedelta(minutes=2)
"""After its start, in which a program reads its configuration for the first time."""
ONCE = timedelta(minutes=10)
"""Within which all lines of all replicas tell of one edit; who tells longer does it always."""
_WHAT = (
    r"(?:config\w{0,20}|settings|flags?|rules?|properties|routes|polic(?:y|ies)"
    r"|\S{1,80}\.\w{2,10})"
)
_RELOADED = re.compile(
    r"\b(?:re-?load(?:ed|ing|s)?|re-?read(?:ing)?|hot.?swapp?ed"
    rf"|(?:loaded|picked up|applied) (?:the )?new|(?:completed|successful(?:ly)?) load(?:ed|ing))"
    rf"\b.{{0,60}}\b{_WHAT}"
    rf"|\b{_WHAT}.{{0,60}}\b(?:re-?load(?:ed|ing)|changed?|updated|modified)\b"
    r"|\breconfigur(?:ed|ing)\b|CONFIG\w{0,10}_(?:CHANGED?|UPDATED?|RELOAD(?:ED)?)",
    re.IGNORECASE,
)
_WATCHED = re.compile(
    r"\b(?:file\w{0,8}|fs\w{0,6}|watch\w{0,4}) events?\b|\binotify\b", re.IGNORECASE
)
"""What watchers of files say; it must name the file, for others have such events too."""
_IS_NONE = re.compile(r"\b(?:not|no|un)[ -]?(?:changed?|updated|modified|reload)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """That a program took over what a ConfigMap or Secret has now."""

    at: datetime
    by: Entity
    line: str
    command: str


@once_per_scene
def reloads(scene: Scene) -> Mapping[Entity, Reload]:
    """The latest of each ConfigMap and Secret, of those whose edit a log tells."""
    told: dict[Entity, list[Reload]] = defaultdict(list)
    for entity, reload in _reloads(scene):
        told[entity].append(reload)
    return {entity: _latest(found) for entity, found in told.items()}


def _latest(found: Sequence[Reload]) -> Reload:
    """The first of those that tell of the latest edit."""
    last = max(one.at for one in found)
    return min((one for one in found if last - one.at <= ONCE), key=lambda one: one.at)


def _reloads(scene: Scene) -> Iterator[tuple[Entity, Reload]]:
    for pod in scene.all("Pod"):
        for container in containers(pod):
            yield from _of_container(scene, pod, container)


def _of_container(scene: Scene, pod: Obj, container: Container) -> Iterator[tuple[Entity, Reload]]:
    present = [pair for pair in scene.logs(pod, container.name) if not pair[0].previous]
    for log, reading in present:
        for line, watched in _told(reading.templates, container.running_since):
            entity = _source(line.example, pod, container, named_only=watched)
            if entity and line.first_at:
                said, by = one_line(line.text, 160), scene.workload_of(pod)
                yield entity, Reload(at=line.first_at, by=by, line=said, command=log.command)


def _told(
    templates: tuple[Template, ...], started: datetime | None
) -> Iterator[tuple[Template, bool]]:
    """Lines that tell of it, once, and whether they are only a watcher's.

    What is told all day long tells of no edit.
    """
    for line in templates:
        if not line.first_at or not line.last_at or line.last_at - line.first_at > ONCE:
            continue
        if started and line.first_at - started < STARTING:
            continue
        reloaded = _RELOADED.search(line.text)
        told = reloaded or _WATCHED.search(line.text)
        if told and not _IS_NONE.search(line.text):
            yield line, not reloaded


def _source(text: str, pod: Obj, container: Container, *, named_only: bool) -> Entity | None:
    """What it took over: whose file it names, else the only one that it finds as files."""
    named = list(dict.fromkeys(named_in(text, pod, container)))
    if named_only:
        return named[0] if len(named) == 1 else None
    every = list(dict.fromkeys(entity for _, entity in mounted(pod, container)))
    known = named or [one for one in every if one.kind == "ConfigMap"]
    return known[0] if len(known) == 1 else None
