"""Limits of requests, edited shortly before somebody whom they name was refused."""

import re
from collections.abc import Iterator
from datetime import timedelta

from sreagent.diagnose.conditions.callees import CLOCKS, OFTEN, refuses_anew
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.objects.shapes import part
from sreagent.diagnose.view.calling import FailingCall, failing_calls
from sreagent.diagnose.view.freshness import fresh_edit
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Finding, Severity
from sreagent.domain.inventory import Obj

SHORTLY = timedelta(minutes=15)
"""Between the edit and the first refusal."""
_LIMITS = re.compile(
    r"rate.?limit|requests?.?per|max.?(?:requests|in.?flight|concurren)|burst|quota|throttl|\brps\b",
    re.IGNORECASE,
)
_TEXT = 64_000


@condition(
    "configmap.limits_caller",
    "ConfigMap",
    worth=0.70,
    breaks_anything=True,
    refuted_by="refusals with the limits as they were",
)
def limits_caller(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Limits name a program that is refused for asking too often, since they were edited."""
    calls = [call for call in failing_calls(scene) if call.error.cause is LogCause.RATE_LIMITED]
    edited = fresh_edit(scene, item) if calls else None
    text = "\n".join(map(str, part(item, "data").values()))[:_TEXT] if edited else ""
    if edited is None or not _LIMITS.search(text):
        return
    for call in calls:
        first = call.error.first_at
        near = first is not None and -CLOCKS <= first - edited <= SHORTLY
        if near and _is_named(call, text) and _counts(scene, call):
            called = call.target.entity
            explained = [call.caller, *([called] if called else [])]
            yield say(
                entity,
                item,
                "configmap.limits_caller",
                f"limits the requests of {call.caller}, and was edited: since then "
                f"{called or call.target.address} refuses them as too many, "
                f"{call.error.count} times",
                severity=Severity.ERROR,
                since=first,
                path="data",
                source="logs",
                excerpt=call.error.line,
                tainted=True,
                facts={
                    "explains": " ".join(one.path for one in explained),
                    "heard_from": call.caller.path,
                },
            )
            return


def _is_named(call: FailingCall, text: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){re.escape(call.caller.name)}(?![\w-])", text))


def _counts(scene: Scene, call: FailingCall) -> bool:
    return call.error.count >= OFTEN and refuses_anew(scene, call)
