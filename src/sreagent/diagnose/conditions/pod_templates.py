"""Mistakes that stand in a pod template, told when they came lately or somebody suffers."""

from collections import Counter
from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.reading import LogError
from sreagent.diagnose.objects.podspec import EMPTY, container_specs, pod_condition, template_of
from sreagent.diagnose.view.calling import failing_calls_to
from sreagent.diagnose.view.revisions import Revision, hide_value, workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of

LATELY = 86_400
"""Seconds for which a template counts as new."""


@condition(
    "workload.env_shadowed",
    *WORKLOADS,
    worth=0.74,
    even_mild=True,
    even_near=True,
    refuted_by="the same trouble with the first value",
)
def env_shadowed(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A new template sets a variable twice, and the later value silently wins."""
    newest, before = _newest(scene, entity)
    if newest is None:
        return
    known = set(_twice(before.template)) if before else set()
    for container, name, first, last in _twice(newest.template):
        if (container, name, first, last) in known:
            continue
        heard = _complaint_about(scene, entity, last)
        yield Finding(
            condition="workload.env_shadowed",
            entity=entity,
            claim=f"{entity} sets {name} twice in container {container}: the later one wins, "
            f"{last or 'a reference'} instead of {first or 'a reference'}"
            f"{f'; its log has {heard.cause.value} of {heard.target}' if heard else ''}",
            category=Category.CONFIGURATION,
            severity=Severity.ERROR if heard else Severity.WARNING,
            uid=item["metadata"].get("uid", ""),
            path=f"spec.template.spec.containers[{container}].env[{name}]",
            since=newest.at,
            command=entity.get,
            facts={"container": container, "key": name, "introduced": str(newest.number)}
            | ({"settled": "its log complains of that value"} if heard else {}),
        )


def _complaint_about(scene: Scene, workload: Entity, value: str) -> LogError | None:
    """An error in the logs of its pods whose target stands in a value."""
    for pod in scene.pods(workload):
        for log, reading in scene.logs(pod):
            for error in reading.errors if not log.previous else ():
                host = error.target.partition(":")[0]
                if host and host in value:
                    return error
    return None


def _newest(scene: Scene, workload: Entity) -> tuple[Revision | None, Revision | None]:
    """The template in force when it is new, and the one before it."""
    known = workload_revisions(scene, workload)
    age = scene.age(known[0].at) if known else None
    if age is None or age > LATELY:
        return None, None
    return known[0], known[1] if len(known) > 1 else None


def _twice(template: Obj) -> Iterator[tuple[str, str, str, str]]:
    """Container, name, first and last value of variables that are set to two values."""
    for one in container_specs(template.get("spec") or EMPTY):
        counts = Counter(env["name"] for env in one.get("env") or ())
        for name in (name for name, count in counts.items() if count > 1):
            mine = [env for env in one["env"] if env["name"] == name]
            values = [hide_value(name, str(env.get("value") or "")) for env in mine]
            if values[0] != values[-1] or mine[0].get("valueFrom") != mine[-1].get("valueFrom"):
                yield one["name"], name, values[0], values[-1]


@condition(
    "workload.runs_another_program",
    *WORKLOADS,
    worth=0.80,
    even_mild=True,
    even_near=True,
    refuted_by="the program answering for the workload it runs in",
)
def runs_another_program(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The command of a workload is the program that another workload is named after."""
    for program in _programs(item, entity.kind):
        owner = _programs_by_name(scene).get((entity.namespace, program))
        alike = program in entity.name or entity.name in program
        if owner is None or owner == entity or alike or not _shares_image(scene, item, owner):
            continue
        calls = [
            call
            for service in scene.services_of(labels_of(_template(item)), entity.namespace)
            for call in failing_calls_to(scene, entity_of("Service", service))
        ]
        suffers = f"; {calls[0].caller} gets {calls[0].error.cause.value}" if calls else ""
        yield Finding(
            condition="workload.runs_another_program",
            entity=entity,
            claim=f"{entity} runs {program}, which is the program of {owner}{suffers}",
            category=Category.DEPLOYMENT,
            severity=Severity.CRITICAL if calls else Severity.WARNING,
            uid=item["metadata"].get("uid", ""),
            path="spec.template.spec.containers[].command",
            since=calls[0].error.first_at if calls else None,
            command=entity.get,
            facts={"program": program},
        )


def _template(item: Obj) -> Obj:
    return (item.get("spec") or EMPTY).get("template") or {"metadata": {}}


def _programs(item: Obj, kind: str) -> list[str]:
    """The bare names of what its containers run, where the template says so."""
    spec = template_of(kind, item).get("spec") or EMPTY
    words = [
        (one.get("command") or one.get("args") or [""])[0] for one in spec.get("containers") or ()
    ]
    return [str(word).rpartition("/")[2] for word in words if word]


@once_per_scene
def _programs_by_name(scene: Scene) -> dict[tuple[str, str], Entity]:
    """Workloads that run a program of their own name, by namespace and program."""
    return {
        (entity.namespace, program): entity
        for kind in WORKLOADS
        for item in scene.all(kind)
        for program in _programs(item, kind)
        if program == (entity := entity_of(kind, item)).name
    }


def _shares_image(scene: Scene, item: Obj, owner: Entity) -> bool:
    """Whether both run the same image, of which each should run a part of its own."""
    other = scene.inventory.find(owner) or EMPTY
    mine, theirs = (
        {str(c.get("image")).partition("@")[0].rpartition(":")[0] for c in container_specs(spec)}
        for spec in (_template(one).get("spec") or EMPTY for one in (item, other))
    )
    return bool(mine & theirs)


@condition(
    "workload.limits_removed",
    *WORKLOADS,
    worth=0.72,
    even_mild=True,
    refuted_by="the node being short without it",
)
def limits_removed(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The newest revision took away a memory or CPU limit that there was before."""
    for container, resource, before in lifted(scene, entity):
        short = _nodes_short_of_memory(scene, entity) if resource == "memory" else []
        where = f"; {' and '.join(short[:2])} is short of memory since" if short else ""
        yield Finding(
            condition="workload.limits_removed",
            entity=entity,
            claim=f"{entity} lost the {resource} limit of container {container} (was {before}) in "
            f"its newest revision{where}",
            category=Category.RESOURCE,
            severity=Severity.ERROR if short else Severity.WARNING,
            uid=item["metadata"].get("uid", ""),
            path=f"spec.template.spec.containers[{container}].resources.limits.{resource}",
            since=workload_revisions(scene, entity)[0].at,
            command=entity.get,
            facts={"container": container, "previous_limit": before, "resource": resource},
        )


def lifted(scene: Scene, workload: Entity) -> Iterator[tuple[str, str, str]]:
    """Container, resource and former limit, of limits that the newest revision took away."""
    newest, before = _newest(scene, workload)
    if newest is None or before is None:
        return
    now, names = _limits(newest.template), _names(newest.template)
    for (container, resource), limit in _limits(before.template).items():
        if container in names and (container, resource) not in now:
            yield container, resource, limit


def unbounded(scene: Scene, node: Entity) -> tuple[Entity, ...]:
    """Workloads with pods on a node, or evicted from it, that lost their memory limit lately."""
    owners = {
        scene.workload_of(pod)
        for pod in scene.all("Pod")
        if (pod.get("spec") or EMPTY).get("nodeName") == node.name
    }
    return tuple(
        sorted(
            owner
            for owner in owners
            if any(resource == "memory" for _, resource, _ in lifted(scene, owner))
        )
    )


def _limits(template: Obj) -> dict[tuple[str, str], str]:
    return {
        (one["name"], resource): str(value)
        for one in container_specs(template.get("spec") or EMPTY)
        for resource, value in ((one.get("resources") or EMPTY).get("limits") or {}).items()
    }


def _names(template: Obj) -> set[str]:
    return {one["name"] for one in container_specs(template.get("spec") or EMPTY)}


def _nodes_short_of_memory(scene: Scene, workload: Entity) -> list[str]:
    mine = scene.pods_by_workload.get(workload, ())
    names = {str((pod.get("spec") or EMPTY).get("nodeName") or "") for pod in mine}
    nodes = (scene.get("Node", "", name) for name in sorted(names))
    return [
        f"node {node['metadata']['name']}"
        for node in nodes
        if node and pod_condition(node, "MemoryPressure").get("status") == "True"
    ]
