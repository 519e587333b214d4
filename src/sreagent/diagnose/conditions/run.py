"""Runs every condition over everything that was read."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from itertools import chain
from operator import itemgetter
from pkgutil import iter_modules

from sreagent.diagnose import conditions
from sreagent.diagnose.conditions.registry import CONDITIONS, Condition
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Finding
from sreagent.domain.inventory import Inventory, Obj, entity_of

# Conditions are registered by importing the modules they stand in: all of this folder.
for _module in iter_modules(conditions.__path__):
    import_module(f"{conditions.__name__}.{_module.name}")


def findings(inventory: Inventory, now: datetime) -> tuple[Finding, ...]:
    """Everything that is wrong, worth knowing, or could not be decided."""
    return found_in(Scene(inventory, now))


def found_in(scene: Scene) -> tuple[Finding, ...]:
    """The same over a scene that is there already; the same thing is told once."""
    told: dict[tuple[str, str, str], Finding] = {}
    for finding in _found(scene):
        told.setdefault((finding.condition, finding.entity.path, finding.claim), finding)
    return tuple(told.values())


def _found(scene: Scene) -> Iterator[Finding]:
    """By kind, object and condition."""
    by_kind: dict[str, list[Condition]] = defaultdict(list)
    for condition in CONDITIONS:
        for kind in condition.kinds:
            by_kind[kind].append(condition)
    for kind, known in by_kind.items():
        found = [scene.keep((one, kind), _checked, scene, one, kind) for one in known]
        yield from (finding for _, finding in sorted(chain(*found), key=itemgetter(0)))


def _checked(scene: Scene, condition: Condition, kind: str) -> list[tuple[int, Finding]]:
    """What a condition finds, each with the place of its object among those of the kind."""
    check, entities = condition.check, scene.keep(("named", kind), _named, scene, kind)
    return [
        (place, finding)
        for place, (entity, item) in enumerate(entities)
        for finding in check(scene, entity, item)
    ]


def _named(scene: Scene, kind: str) -> list[tuple[Entity, Obj]]:
    return [(entity_of(kind, item), item) for item in scene.all(kind)]


def registered() -> tuple[Condition, ...]:
    """All conditions, by name and kinds."""
    return tuple(sorted(CONDITIONS, key=lambda one: (one.name, one.kinds)))
