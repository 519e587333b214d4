"""Programs that may feed others through a broker, where no call leads from one to the other."""

from collections.abc import Iterable, Iterator

from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.diagnose.view.calling import configured_callers, configured_calls
from sreagent.diagnose.view.scene import WORKLOADS, Scene
from sreagent.domain.entity import Entity

BROKERS = frozenset({5671, 5672, 9092, 9093, 9094, 4222, 1883, 8883, 61613, 61616, 6650, 6379})
"""Ports at which brokers of messages and queues listen."""
FEEDERS = 8
"""Programs of which one may be asked about, so that a broker of many does not mean all of them."""


def feeders(scene: Scene, focus: Iterable[Entity]) -> tuple[Entity, ...]:
    """Programs that use the same broker as these; those of the broker's namespace first."""
    named = tuple(focus)
    found: dict[Entity, bool] = {}
    for broker in _brokers(scene, named):
        for one in configured_callers(scene).get(broker, ()):
            if one.kind in WORKLOADS and one not in named:
                found[one] = found.get(one, False) or one.namespace == broker.namespace
    ordered = sorted(found, key=lambda one: (not found[one], one))
    return tuple(ordered[:FEEDERS])


def _brokers(scene: Scene, named: tuple[Entity, ...]) -> Iterator[Entity]:
    """Brokers among these, and those that these use."""
    for entity in named:
        ends = [call.target.entity for call in configured_calls(scene).get(entity, ())]
        for end in (entity, *ends):
            item = scene.inventory.find(end) if end and end.kind == "Service" else None
            ports = ((item or EMPTY).get("spec") or EMPTY).get("ports") or ()
            if end and any(one.get("port") in BROKERS for one in ports):
                yield end
