"""What a program stands on: volumes and nodes whose metrics show what its log complains of."""

from collections.abc import Iterable, Iterator, Mapping

from sreagent.diagnose.conditions.links import lost_links
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.metrics.readings import of
from sreagent.diagnose.objects.podspec import EMPTY, references
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj
from sreagent.domain.signal import Measure

_LOST = {Measure.CONNTRACK: 0.95, Measure.NETWORK_ERRORS: 5.0, Measure.RETRANSMITS: 0.05}
_OF_NODES: Mapping[LogCause, Mapping[Measure, float]] = {
    LogCause.CERTIFICATE: {Measure.CLOCK: 0.5},
    LogCause.AUTH_FAILED: {Measure.CLOCK: 60.0},
    LogCause.DISK_FULL: {Measure.NODE_DISK: 0.95},
    LogCause.CONNTRACK_FULL: {Measure.CONNTRACK: 0.8},
    LogCause.TIMEOUT: _LOST,
    LogCause.RESET: _LOST,
}
"""From where on a node is so ill that a program on it complains of this."""
FULL = 0.95
"""Share of a volume in use from which on writes to it fail."""


def footing_of(scene: Scene, pod: Obj, cause: LogCause) -> tuple[Entity, ...]:
    """Volumes of a pod, else its node, that are in the trouble of which its log tells."""
    return tuple(_full_volumes(scene, pod, cause)) or nodes_at_fault(scene, [pod], cause)


def nodes_at_fault(scene: Scene, pods: Iterable[Obj], cause: LogCause) -> tuple[Entity, ...]:
    """Nodes of these pods on which what is told of is no wonder."""
    worst = _OF_NODES.get(cause)
    if not worst:
        return ()
    names = sorted({str((pod.get("spec") or EMPTY).get("nodeName") or "") for pod in pods})
    nodes = [Entity(kind="Node", name=name) for name in names if name]
    return tuple(
        node
        for node in nodes
        if _is_ill(scene, node, worst) or (worst is _LOST and lost_links(scene, node))
    )


def _is_ill(scene: Scene, node: Entity, worst: Mapping[Measure, float]) -> bool:
    return any(one.now >= worst[one.measure] for one in of(scene, node, *worst))


def _full_volumes(scene: Scene, pod: Obj, cause: LogCause) -> Iterator[Entity]:
    space = pod["metadata"].get("namespace", "")
    for ref in references(pod.get("spec") or EMPTY) if cause is LogCause.DISK_FULL else ():
        claim = Entity(kind=ref.kind, namespace=space, name=ref.name)
        used = of(scene, claim, Measure.VOLUME, Measure.INODES)
        if ref.kind == "PersistentVolumeClaim" and any(one.now >= FULL for one in used):
            yield claim
