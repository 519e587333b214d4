"""Runs every condition over everything that was read."""

from datetime import datetime

from sreagent.diagnose import crashes, pods, services
from sreagent.diagnose.registry import CONDITIONS, Condition
from sreagent.diagnose.scene import Scene
from sreagent.domain.finding import Finding
from sreagent.domain.inventory import Inventory

KINDS = (crashes, pods, services)
"""The modules that register conditions."""


def findings(inventory: Inventory, now: datetime) -> tuple[Finding, ...]:
    """Everything that is wrong, worth knowing, or could not be decided."""
    return found_in(Scene(inventory, now))


def found_in(scene: Scene) -> tuple[Finding, ...]:
    """The same over a scene that is there already."""
    return tuple(
        finding
        for condition in CONDITIONS.values()
        for item in scene.all(condition.kind)
        for finding in condition.check(scene, item)
    )


def registered() -> tuple[Condition, ...]:
    """All conditions, by name."""
    return tuple(CONDITIONS[key] for key in sorted(CONDITIONS))
