"""What the people who use it notice, as far as it was seen."""

from collections.abc import Iterator

from sreagent.diagnose.argument.causes import Cause
from sreagent.diagnose.view.calling import failing_calls
from sreagent.diagnose.view.scene import WORKLOADS, Scene
from sreagent.domain.entity import Entity


def impact_of(scene: Scene, causes: tuple[Cause, ...]) -> str:
    """Capacity that is lost, and who complains. Empty when nothing relevant is wrong."""
    said: list[str] = []
    for cause in causes:
        if cause.relevant:
            said += _capacity(scene, cause)
            said += _complaints(scene, cause)
    return "; ".join(dict.fromkeys(said))


def _capacity(scene: Scene, cause: Cause) -> Iterator[str]:
    for entity in (cause.entity, *cause.victims):
        if entity.kind in WORKLOADS and (said := _ready(scene, entity)):
            yield said
        if entity.kind == "Service":
            service = scene.inventory.find(entity) if _saw_pods(scene, entity) else None
            pods = scene.backing(service) if service else []
            if service and not any(pod in scene.ready_pods(scene.workload_of(pod)) for pod in pods):
                yield f"{entity} has no endpoints: every call to it fails"


def _ready(scene: Scene, workload: Entity) -> str:
    item = scene.inventory.find(workload)
    wanted = (item.get("spec") or {}).get("replicas") if item else None
    ready = len(scene.ready_pods(workload))
    if wanted == 0:
        return f"{workload} has no pods at all"
    if wanted is None or ready >= wanted or not _saw_pods(scene, workload):
        return ""
    return f"{workload} has {ready} of {wanted} pods ready"


def _saw_pods(scene: Scene, entity: Entity) -> bool:
    return scene.inventory.looked("Pod", entity.namespace)


def _complaints(scene: Scene, cause: Cause) -> Iterator[str]:
    for call in failing_calls(scene):
        if call.caller in cause.victims and call.target.entity:
            yield (
                f"{call.caller} logged {call.error.cause.value} of {call.error.target} "
                f"{call.error.count} times"
            )
