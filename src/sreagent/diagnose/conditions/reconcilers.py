"""What operators say in their logs of the custom resources that they cannot bring about."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.view.scene import WORKLOADS, Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, PodLog
from sreagent.domain.text import one_line

_MARK = "Reconciler error"
_REFUSED = re.compile(
    r"is invalid: |Invalid value: |Unsupported value: |denied the request|is forbidden: "
    r"|field is immutable|updates to \w{1,40} spec|strict decoding error|Required value"
)
"""What the API server says when it is the content that is wrong, and trying again is no use."""
LINES = 400
"""Last lines of a log that are read."""
SEVERAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A custom resource that an operator tries to bring about in vain."""

    about: Entity
    error: str
    count: int
    line: str
    log: PodLog


@condition(
    "operator.resource_refused",
    *WORKLOADS,
    worth=0.80,
    accuses=True,
    refuted_by="the operator bringing the same resource about",
)
def resource_refused(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """An operator cannot bring a custom resource about: what it asks for is refused."""
    for one in _complaints(scene).get(entity, ()):
        yield Finding(
            condition="operator.resource_refused",
            entity=entity,
            claim=f"{entity} cannot bring {one.about} about, {one.count} times: {one.error}",
            category=Category.CONFIGURATION,
            uid=item["metadata"].get("uid", ""),
            source="logs",
            command=one.log.command,
            excerpt=one.line,
            tainted=True,
            suspects=(one.about,),
            facts={
                "resource": one.about.path,
                "accusation": f"asks for what the API server refuses {entity}: {one.error}",
            },
        )


@once_per_scene
def _complaints(scene: Scene) -> Mapping[Entity, tuple[Complaint, ...]]:
    found: dict[Entity, tuple[Complaint, ...]] = {}
    for log, _ in scene.all_logs():
        pod = scene.inventory.find(log.pod)
        if pod and not log.previous and _MARK in log.text:
            told = tuple(one for one in _of_log(log) if one.count >= SEVERAL)
            found[scene.workload_of(pod)] = told
    return found


def _of_log(log: PodLog) -> Iterator[Complaint]:
    """The resources of one log, each with its last error."""
    latest: dict[Entity, tuple[str, str]] = {}
    counts: dict[Entity, int] = {}
    for line in log.text.splitlines()[-LINES:]:
        told = _fields(line) if _MARK in line else None
        about = _about(told) if told else None
        if told and about and _REFUSED.search(str(told.get("error"))):
            latest[about] = (one_line(str(told["error"]), 240), one_line(line, 400))
            counts[about] = counts.get(about, 0) + 1
    for about, (error, line) in latest.items():
        yield Complaint(about=about, error=error, count=counts[about], line=line, log=log)


def _fields(line: str) -> Mapping[str, Any] | None:
    """The JSON of a line: all of it, or what stands behind the message."""
    start = line.find("{")
    try:
        told = json.loads(line[start:8192]) if start >= 0 else None
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _about(told: Mapping[str, Any]) -> Entity | None:
    kind, name, space = (told.get(key) for key in ("controllerKind", "name", "namespace"))
    if not isinstance(kind, str) or not isinstance(name, str) or not kind or not name:
        return None
    return Entity(
        kind=one_line(kind, 80),
        namespace=one_line(str(space or ""), 80),
        name=one_line(name, 253),
    )
