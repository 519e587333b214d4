"""Volumes that are held, shared or resized, and the classes they come from."""

from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.podspec import EMPTY, is_over, pod_condition, references
from sreagent.diagnose.objects.quantities import amount
from sreagent.diagnose.view.scene import Scene, first_seen, once_per_scene, pod_entity
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import parse_time
from sreagent.domain.text import one_line

RESIZE = 300
"""Seconds that a resize may take."""
_DEFAULT = ("storageclass.kubernetes.io/is-default-class",
            "storageclass.beta.kubernetes.io/is-default-class")  # fmt: skip
_ATTACH = ("FailedAttachVolume", "FailedMount")
_ONE_NODE = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})


@condition(
    "pod.volume_held",
    "Pod",
    worth=0.80,
    refuted_by="the volume being free while the pod still waits",
)
def volume_held(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A pod waits for a volume that one node at a time may use, and another node has it."""
    if not _waits_for_attach(scene, pod):
        return
    for claim, holder in _held_claims(scene, pod):
        lost, other = _lost_node(scene, holder), scene.workload_of(holder)
        modes = ", ".join((claim.get("spec") or EMPTY).get("accessModes") or ())
        both = "its own workload" if other == scene.workload_of(pod) else str(other)
        yield Finding(
            condition="pod.volume_held",
            entity=entity,
            claim=f"{entity} waits on node {_node(pod)} for claim {claim['metadata']['name']} "
            f"({modes}), which {pod_entity(holder)} of {both} holds on node {_node(holder)}"
            + (", which does not answer" if lost else ": one node at a time may use it"),
            category=Category.STORAGE,
            uid=pod["metadata"].get("uid", ""),
            path="spec.volumes",
            since=first_seen(scene.events(pod, *_ATTACH)) or scene.created(pod),
            command=f"kubectl -n {entity.namespace} get pods -o wide",
            suspects=(lost,) if lost else (),
            facts={"claim": claim["metadata"]["name"], "holder": pod_entity(holder).path},
        )


def _held_claims(scene: Scene, pod: Obj) -> Iterator[tuple[Obj, Obj]]:
    """Claims of a pod for one node only, each with a pod that runs with it on another node."""
    space = pod["metadata"].get("namespace", "")
    for ref in references(pod["spec"]):
        claim = scene.get(ref.kind, space, ref.name) if "Volume" in ref.kind else None
        modes = set(((claim or EMPTY).get("spec") or EMPTY).get("accessModes") or ())
        for other in _users(scene).get((space, ref.name), ()):
            runs = (other.get("status") or EMPTY).get("phase") == "Running"
            if claim and modes and modes <= _ONE_NODE and runs and _node(other) != _node(pod):
                yield claim, other
                break


@once_per_scene
def _users(scene: Scene) -> dict[tuple[str, str], list[Obj]]:
    """Pods that have not ended, by the claims they use."""
    found: dict[tuple[str, str], list[Obj]] = {}
    for pod in scene.all("Pod"):
        for ref in references(pod.get("spec") or EMPTY) if not is_over(pod) else ():
            if ref.kind == "PersistentVolumeClaim":
                found.setdefault((pod["metadata"]["namespace"], ref.name), []).append(pod)
    return found


def _waits_for_attach(scene: Scene, pod: Obj) -> bool:
    """Whether it is bound to a node and cannot have its volume there."""
    if (pod.get("status") or EMPTY).get("phase") != "Pending" or not _node(pod):
        return False
    told = [str(event.get("message")) for event in scene.events(pod, *_ATTACH)]
    return any("Multi-Attach" in text or "attach" in text for text in told)


def _node(pod: Obj) -> str:
    return str((pod.get("spec") or EMPTY).get("nodeName") or "")


def _lost_node(scene: Scene, holder: Obj) -> Entity | None:
    """The node of the holder, when it is down: it will not let go by itself."""
    node = scene.get("Node", "", _node(holder))
    if node is None or pod_condition(node, "Ready").get("status") == "True":
        return None
    return entity_of("Node", node)


@condition("pv.released", "PersistentVolume", worth=0.76, even_mild=True)
def released(scene: Scene, entity: Entity, volume: Obj) -> Iterator[Finding]:
    """A volume keeps the mark of a claim that is gone, and a claim waits for it."""
    if waits := _waiting_for(scene, volume):
        yield Finding(
            condition="pv.released",
            entity=entity,
            claim=f"{_left(entity, volume)}: {entity_of('PersistentVolumeClaim', waits[0])} "
            "cannot have it",
            category=Category.STORAGE,
            uid=volume["metadata"].get("uid", ""),
            path="spec.claimRef",
            since=scene.created(waits[0]),
            command=entity.get,
        )


@condition("pv.left_over", "PersistentVolume", role=Role.REMARK)
def left_over(scene: Scene, entity: Entity, volume: Obj) -> Iterator[Finding]:
    """A volume keeps the mark of a claim that is gone, and nobody waits for it."""
    if _is_released(volume) and not _waiting_for(scene, volume):
        yield _remark("pv.left_over", entity, volume, _left(entity, volume))


def _left(entity: Entity, volume: Obj) -> str:
    holder = (volume.get("spec") or EMPTY).get("claimRef") or EMPTY
    claimed = f"{holder.get('namespace')}/{holder.get('name')}"
    return f"{entity} is Released and still carries the mark of claim {claimed} of before"


def _is_released(volume: Obj) -> bool:
    return (volume.get("status") or EMPTY).get("phase") == "Released"


def _waiting_for(scene: Scene, volume: Obj) -> list[Obj]:
    """Claims that could have a released volume if it were free."""
    return [
        claim
        for claim in (scene.all("PersistentVolumeClaim") if _is_released(volume) else ())
        if (claim.get("status") or EMPTY).get("phase") == "Pending" and _wants(claim, volume)
    ]


def _wants(claim: Obj, volume: Obj) -> bool:
    """Whether a claim names the volume, or is the namesake of the claim that had it."""
    holder = (volume.get("spec") or EMPTY).get("claimRef") or EMPTY
    meta = claim["metadata"]
    if (claim.get("spec") or EMPTY).get("volumeName") == volume["metadata"]["name"]:
        return True
    return (holder.get("namespace"), holder.get("name")) == (meta.get("namespace"), meta["name"])


@condition("pvc.resize_stuck", "PersistentVolumeClaim", worth=0.72, even_mild=True)
def resize_stuck(scene: Scene, entity: Entity, claim: Obj) -> Iterator[Finding]:
    """A claim was made bigger, and its volume is not."""
    spec, status = claim.get("spec") or EMPTY, claim.get("status") or EMPTY
    asked = str(((spec.get("resources") or EMPTY).get("requests") or EMPTY).get("storage") or "0")
    has = str((status.get("capacity") or EMPTY).get("storage") or asked)
    if status.get("phase") != "Bound" or amount(asked) <= amount(has):
        return
    states = [
        state
        for name in ("FileSystemResizePending", "Resizing")
        if (state := pod_condition(claim, name)).get("status") == "True"
    ]
    since = parse_time(states[0].get("lastTransitionTime")) if states else None
    age = scene.age(since)
    if age is not None and age < RESIZE:
        return
    yield Finding(
        condition="pvc.resize_stuck",
        entity=entity,
        claim=f"{entity} asks for {asked} and has {has}: {_why_small(scene, claim, states)}",
        category=Category.STORAGE,
        severity=Severity.WARNING,
        uid=claim["metadata"].get("uid", ""),
        path="status.capacity.storage",
        since=since,
        command=f"kubectl -n {entity.namespace} describe pvc {entity.name}",
        facts={"asked": asked, "has": has},
    )


def _why_small(scene: Scene, claim: Obj, states: list[Obj]) -> str:
    name = str((claim.get("spec") or EMPTY).get("storageClassName") or "")
    kind = scene.get("StorageClass", "", name)
    failed = scene.events(claim, "VolumeResizeFailed", "FileSystemResizeFailed")
    if failed:
        return one_line(str(failed[-1].get("message")), 200)
    if kind is not None and not kind.get("allowVolumeExpansion"):
        return f"StorageClass {name} does not allow it to grow"
    if states and states[0].get("type") == "FileSystemResizePending":
        return "the file system grows when its pod is started again"
    return "the resize has not ended"


@condition("storage_class.several_defaults", "StorageClass", role=Role.REMARK)
def several_defaults(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """More than one StorageClass is the default: which one a claim gets is left to chance."""
    names = [one["metadata"]["name"] for one in scene.all("StorageClass") if is_default(one)]
    if len(names) > 1 and names[0] == entity.name:
        yield _remark("storage_class.several_defaults", entity, item,
                      f"{', '.join(sorted(names))} all are the default StorageClass")  # fmt: skip


@condition("storage_class.by_hand", "StorageClass", role=Role.REMARK)
def by_hand(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A StorageClass makes no volumes, and none is left for the claims that wait for one."""
    if item.get("provisioner") != "kubernetes.io/no-provisioner":
        return
    waits = [
        claim["metadata"]["name"]
        for claim in scene.all("PersistentVolumeClaim")
        if (claim.get("spec") or EMPTY).get("storageClassName") == entity.name
        and (claim.get("status") or EMPTY).get("phase") == "Pending"
    ]
    if waits:
        yield _remark("storage_class.by_hand", entity, item,
                      f"{entity} makes no volumes itself: somebody must make one for "
                      f"{', '.join(waits[:3])}")  # fmt: skip


def is_default(item: Obj) -> bool:
    """Whether a class serves claims that name none."""
    notes = item["metadata"].get("annotations") or {}
    return any(notes.get(name) == "true" for name in _DEFAULT)


def _remark(name: str, entity: Entity, item: Obj, claim: str) -> Finding:
    return Finding(
        condition=name,
        entity=entity,
        claim=claim,
        category=Category.STORAGE,
        severity=Severity.INFO,
        verdict=Health.HEALTHY,
        uid=item["metadata"].get("uid", ""),
        command=entity.get,
    )
