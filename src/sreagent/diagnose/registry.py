"""Where the conditions are kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sreagent.diagnose.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Finding
from sreagent.domain.inventory import Obj

Check = Callable[[Scene, Entity, Obj], Iterator[Finding]]
"""Looks at one object, by its name and its JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One way in which an object of a kind can be broken."""

    name: str
    kind: str
    meaning: str
    check: Check


CONDITIONS: dict[tuple[str, str], Condition] = {}
"""By name and kind: one name may be looked for on several kinds."""


def condition(name: str, *, kind: str) -> Callable[[Check], Check]:
    """Register a check for a kind; its docstring says what the condition means."""

    def register(check: Check) -> Check:
        meaning = (check.__doc__ or "").partition("\n")[0]
        CONDITIONS[name, kind] = Condition(name=name, kind=kind, meaning=meaning, check=check)
        return check

    return register
