"""Settings by which a program forgets what it knew after a moment, and asks others again."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sreagent.diagnose.conditions.floods import sources
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.objects.podspec import references, spec_of
from sreagent.diagnose.objects.shapes import part
from sreagent.diagnose.view.freshness import edited_lately
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj

MOMENT = 5.0
"""Seconds below which keeping an answer saves nothing."""
_LIFETIME = re.compile(
    r"(?im)^[\s\"'{,-]*(?P<key>[\w.-]{0,80}?(?:ttl|expir(?:y|es|ation|e)|max[_-]?age|lifetime"
    r"|expire[_-]?after[_-]?write)(?P<said>[_.-]?(?:ms|millis(?:econds)?|s|secs?|seconds))?)"
    r"[\"']?\s*[:=]\s*[\"']?(?P<value>\d{1,9}(?:\.\d{1,6})?)(?P<unit>ms|s)?[\"',}\s]*$"
)
_TEXT = 64_000


class _Setting(NamedTuple):
    key: str
    value: str
    seconds: float


@condition(
    "configmap.forgets_at_once",
    "ConfigMap",
    worth=0.78,
    breaks_anything=True,
    refuted_by="as many requests with a longer lifetime",
)
def forgets_at_once(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """What a program keeps is kept for a moment only, and it asks others many times more."""
    for workload, flood in sources(scene).items():
        if workload.namespace != entity.namespace or not _reads(scene, workload, entity):
            continue
        # A lifetime that was always so short is not why it asks for more now.
        severity = Severity.ERROR if edited_lately(scene, item) else Severity.WARNING
        for setting in _moments(item):
            yield say(
                entity,
                item,
                "configmap.forgets_at_once",
                f"has {setting.key} {setting.value}, which is {setting.seconds:g} s: {workload} "
                f"keeps answers for no longer, and asks {flood.callee} for many times more than "
                "usual",
                category=Category.CONFIGURATION,
                severity=severity,
                since=flood.reading.since,
                path="data",
                facts={"explains": " ".join((workload.path, flood.callee.path))},
            )
            return


def _reads(scene: Scene, workload: Entity, config: Entity) -> bool:
    found = scene.inventory.find(workload)
    spec = spec_of(workload.kind, found) if found else {}
    return ("ConfigMap", config.name) in [(one.kind, one.name) for one in references(spec)]


def _moments(item: Obj) -> Iterator[_Setting]:
    """Lifetimes that are over at once; one without a unit is not judged."""
    for name, text in part(item, "data").items():
        lines = f"{name}: {text}" if "\n" not in str(text) else str(text)
        for found in _LIFETIME.finditer(lines[:_TEXT]):
            unit = (found["unit"] or (found["said"] or "").strip("_.-")).lower()
            if not unit:
                continue
            seconds = float(found["value"]) * (0.001 if unit.startswith("m") else 1.0)
            if 0 < seconds <= MOMENT:
                shown = f"{found['value']}{found['unit'] or ''}"
                yield _Setting(found["key"], shown, seconds)
