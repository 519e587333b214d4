"""Nodes whose cards lost their link."""

from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.metrics.readings import Reading, finding, of
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import span
from sreagent.domain.signal import Measure

UP = 0.5
"""Between a card that has a link (1) and one that has none (0)."""


@condition(
    "node.link_down",
    "Node",
    worth=0.85,
    even_near=True,
    refuted_by="packets that go through the card while it is told to be down",
)
def link_down(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """A network card of a node lost its link, which it had before."""
    for reading in lost_links(scene, entity):
        device = reading.signal.about or "a network card"
        age = scene.age(reading.since)
        yield finding(
            reading,
            "node.link_down",
            f"has no link at {device}" + (f" for {span(age)}" if age is not None else ""),
            node,
            category=Category.NODE,
            facts={"node": entity.name},
        )


def lost_links(scene: Scene, node: Entity) -> list[Reading]:
    """Cards of a node that are down and were up: many a card never had a cable."""
    found = of(scene, node, Measure.LINK)
    return [
        one for one in found if one.fell and one.shift and one.now < UP < one.shift.before.median
    ]
