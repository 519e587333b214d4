"""Programs that still run with what their configuration said when they were started."""

from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.logs.reading import LogError
from sreagent.diagnose.objects.managers import Edit, last_edit
from sreagent.diagnose.objects.podspec import Container, containers, env_references, is_over
from sreagent.diagnose.view.calling import is_current, with_target
from sreagent.diagnose.view.scene import Scene
from sreagent.diagnose.view.targets import resolve_error
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, PodLog
from sreagent.domain.moment import span

_OF_OLD_VALUES = frozenset({LogCause.AUTH_FAILED, LogCause.CERTIFICATE, LogCause.NO_SUCH_HOST})
"""What a program complains of whose login or address was changed under it."""


@condition(
    "pod.stale_environment",
    "Pod",
    worth=0.80,
    accuses=True,
    refuted_by="the same complaint after a restart of the pod",
)
def stale_environment(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """What fills the environment was edited after the start, and the program fails to log in."""
    if is_over(pod) or not scene.logs(pod):
        return
    for container in containers(pod):
        complaint = _complaint(scene, pod, container) if container.running else None
        source = _edited_since(scene, entity.namespace, container) if complaint else None
        if complaint is None or source is None:
            continue
        (log, error), (kept, edit) = complaint, source
        began = container.running_since
        late = span((edit.at - began).total_seconds()) if began else ""
        yield Finding(
            condition="pod.stale_environment",
            entity=entity,
            claim=f"{entity} runs with old values of {kept}, which was edited by {edit.by} {late} "
            f"after container {container.name} started; it logs {error.cause.value}, "
            f"{error.count} times",
            category=Category.CONFIGURATION,
            uid=pod["metadata"].get("uid", ""),
            path=f"spec.containers[{container.name}].env",
            since=error.first_at or edit.at,
            source="logs",
            command=log.command,
            excerpt=error.block,
            tainted=True,
            suspects=(kept,),
            facts={
                "container": container.name,
                "workload": scene.workload_of(pod).path,
                "accusation": f"was edited by {edit.by} {late} after container {container.name} of "
                f"{scene.workload_of(pod)} started, which still uses the old values and logs "
                f"{error.cause.value}, {error.count} times: {error.line}",
                "settled": f"{kept} is younger than the pod",
                "explains": _refusing(scene, pod, error),
            },
        )


def _complaint(scene: Scene, pod: Obj, container: Container) -> tuple[PodLog, LogError] | None:
    for log, reading in scene.logs(pod, container.name):
        for error in reading.errors if not log.previous else ():
            if error.cause in _OF_OLD_VALUES and is_current(scene, error):
                return log, error
    return None


def _refusing(scene: Scene, pod: Obj, error: LogError) -> str:
    """Paths of what refuses it, whose log tells of the same."""
    space = pod["metadata"].get("namespace", "")
    target = resolve_error(scene, space, with_target(scene, pod, error))
    item = scene.inventory.find(target.entity) if target and target.entity else None
    return " ".join(one.path for one in scene.workloads_behind(item)) if item else ""


def _edited_since(scene: Scene, space: str, container: Container) -> tuple[Entity, Edit] | None:
    """A ConfigMap or Secret in its environment that is younger than its present run."""
    for ref in env_references(container.spec):
        entity = Entity(kind=ref.kind, namespace=space, name=ref.name)
        item = scene.inventory.find(entity)
        edit = last_edit(item) if item else None
        began = container.running_since
        if edit and began and edit.at > began:
            return entity, edit
    return None
