"""`wait`: looks again and again, never longer than half a minute."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.domain.errors import NotFound, TryAgain
from sreagent.tools.reads.asking import Asking, Target, Told
from sreagent.tools.reads.fields import presentable
from sreagent.tools.reads.objects import refuse_withheld
from sreagent.tools.reads.paths import steps, value_at

LONGEST = 30.0
POLL = 2.0
"""Seconds between two looks."""
_JSONPATH = re.compile(r"jsonpath='?(?P<path>\{[^}]*\})'?(?:=(?P<value>.*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is waited for."""

    word: str
    """`condition`, `field`, `create` or `delete`."""
    path: tuple[str | int, ...] = ()
    condition: str = ""
    value: str = ""
    """Empty where any value will do."""

    def met(self, obj: Mapping[str, Any] | None) -> bool:
        """Whether an object (None: it is not there) is as it should be."""
        if self.word == "delete" or obj is None:
            return self.word == "delete" and obj is None
        match self.word:
            case "condition":
                return _condition(obj, self.condition).lower() == self.value.lower()
            case "field":
                # Only what may be shown: whoever guesses a hidden value is not told.
                found = value_at(presentable(obj), self.path)
                return _as_text(found) == self.value if self.value else found is not None
        return True


def wait(asking: Asking) -> Told:
    """How it stood when the goal was reached, or when there was no more time."""
    goal = _goal(str(asking.read.options.get("for") or ""))
    limit = float(asking.read.options.get("timeout_seconds", LONGEST))
    ends = asking.clock.monotonic() + min(max(limit, 0.0), LONGEST)
    while True:
        states = _states(asking, goal)
        left = ends - asking.clock.monotonic()
        if all(states.values()) or left <= 0:
            break
        asking.clock.sleep(min(POLL, left))
    if not states:
        return Told(text="no matching resources found")
    done = "condition met" if goal.word in ("condition", "field") else f"{goal.word}d"
    late = f"{goal.word} not reached within {min(limit, LONGEST):g} s"
    return Told(text="\n".join(f"{name} {done if met else late}" for name, met in states.items()))


def _states(asking: Asking, goal: Goal) -> dict[str, bool]:
    """Each object and whether it is as it should be."""
    states: dict[str, bool] = {}
    for target in asking.targets():
        if goal.word in ("condition", "field"):
            refuse_withheld(target.resource)
        if target.name:
            states[str(target)] = goal.met(_present(asking, target, goal))
            continue
        for item in asking.items(target).found:
            states[f"{target.resource.title}/{item['metadata']['name']}"] = goal.met(item)
    return states


def _present(asking: Asking, target: Target, goal: Goal) -> Mapping[str, Any] | None:
    """The object; None when it is not there, which only some goals have an answer for."""
    withheld = target.resource.withheld
    try:
        ask = asking.api.table if withheld else asking.api.fetch
        return ask(target.path, {})
    except NotFound:
        if goal.word in ("create", "delete"):
            return None
        raise


def _goal(text: str) -> Goal:
    if text in ("create", "delete"):
        return Goal(word=text)
    if text.startswith("condition="):
        _, condition, value = (*text.split("=", 2), "true")[:3]
        return Goal(word="condition", condition=condition, value=value)
    if found := _JSONPATH.fullmatch(text):
        value = (found["value"] or "").strip("'\"")
        return Goal(word="field", path=steps(found["path"]), value=value)
    shapes = "condition=Ready, create, delete or jsonpath='{.status.phase}'=Running"
    msg = f"--for={text!r}: write {shapes}"
    raise TryAgain(msg)


def _condition(obj: Mapping[str, Any], wanted: str) -> str:
    for told in (obj.get("status") or {}).get("conditions") or ():
        if str(told.get("type", "")).lower() == wanted.lower():
            return str(told.get("status", ""))
    return ""


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
