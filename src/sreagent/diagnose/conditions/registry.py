"""Where the conditions are kept, each with what it is worth in an argument."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Finding
from sreagent.domain.inventory import Obj

Check = Callable[[Scene, Entity, Obj], Iterator[Finding]]
"""Looks at one object, by its name and its JSON."""


class Role(StrEnum):
    """The part a condition plays in an argument."""

    CAUSE = "cause"
    """It can be the root of an incident."""
    SYMPTOM = "symptom"
    """It tells that something is broken, and not what broke it."""
    REMARK = "remark"
    """Worth knowing; it never explains an incident."""
    GAP = "gap"
    """Nothing can be decided, because something could not be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One way in which an object of some kind can be broken."""

    name: str
    kinds: tuple[str, ...]
    meaning: str
    check: Check
    role: Role = Role.CAUSE
    worth: float = 0.40
    """Confidence that it gives alone, 0 to 1."""
    refuted_by: str = ""
    """What would show that an account built on it is wrong."""
    vague: bool = False
    """It leaves open why: a change, or a predecessor that was healthy, says much then."""
    accuses: bool = False
    """It shows its suspect guilty even when nothing else is seen of it."""
    if_named: bool = False
    """Nobody's business until an alert asks for its object."""
    even_mild: bool = False
    """It explains an alert that names its object even as a warning."""
    breaks_anything: bool = False
    """Whatever came over what it is aimed at, after it began, may be its doing."""
    even_near: bool = False
    """It explains, even as a warning, an alert whose object depends on it."""


CONDITIONS: list[Condition] = []
_BY_NAME: dict[str, Condition] = {}


def condition(name: str, *kinds: str, **traits: Any) -> Callable[[Check], Check]:  # noqa: ANN401
    """Register a check for some kinds; its docstring says what the condition means.

    Args:
        name: `pod.oom_killed`; several checks of different kinds may share one.
        kinds: Kinds of objects it is run on.
        traits: Fields of `Condition`: `role`, `worth`, `refuted_by`, …
    """

    def register(check: Check) -> Check:
        meaning = (check.__doc__ or "").partition("\n")[0]
        made = Condition(name=name, kinds=kinds, meaning=meaning, check=check, **traits)
        CONDITIONS.append(made)
        _BY_NAME.setdefault(name, made)
        return check

    return register


def traits(name: str) -> Condition:
    """What is known of a condition by its name; a symptom of little worth when it is not."""
    return _BY_NAME.get(name) or _UNKNOWN


def _nothing(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    del scene, entity, item
    return iter(())


_UNKNOWN = Condition(name="", kinds=(), meaning="", check=_nothing, role=Role.SYMPTOM)
