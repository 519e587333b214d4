"""How a changed object is connected with one that is in trouble."""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from sreagent.diagnose.changes.deliveries import FLUX
from sreagent.diagnose.objects.podspec import EMPTY, references, spec_of
from sreagent.diagnose.view.calling import configured_calls, failing_calls
from sreagent.diagnose.view.releases import kept_release, release_of
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of
from sreagent.diagnose.view.selectors import matches
from sreagent.diagnose.view.targets import config_maps, name_service
from sreagent.domain.change import Change, Sort
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, entity_of

TEMPLATED = (*WORKLOADS, "Job", "CronJob", "Pod")
NAMED_BY_PODS = ("ConfigMap", "Secret", "PersistentVolumeClaim", "ServiceAccount")


class Path(Enum):
    """What leads from the object in trouble to the changed one, nearest first."""

    OWN = ("on the object itself", 1.0)
    DELIVERY = ("by the release that brings it", 0.95)
    USED = ("on what it uses", 0.85)
    BOUND = ("on a rule that binds it", 0.75)
    USER = ("on what uses it", 0.7)
    CALLED = ("on what it calls", 0.65)
    BEYOND = ("on what the services it calls use", 0.55)
    NODE = ("on a node that it runs on", 0.5)
    NAMESPACE = ("in the same namespace", 0.3)
    CLUSTER = ("on something of the whole cluster", 0.2)
    ELSEWHERE = ("elsewhere in the cluster", 0.1)

    @property
    def words(self) -> str:
        """The same, said."""
        return self.value[0]

    @property
    def worth(self) -> float:
        """How much a change there counts."""
        return self.value[1]

    @property
    def is_connected(self) -> bool:
        """Whether a dependency leads there, and not only the neighbourhood."""
        return self.worth >= Path.NODE.worth


class Paths:
    """Paths from one object in trouble to everything that it depends on."""

    def __init__(self, scene: Scene, entity: Entity) -> None:
        self.scene = scene
        self.entity = entity
        self.known: dict[Entity, Path] = {}
        self._spread()

    def to(self, change: Change) -> Path:
        """The shortest path to a changed object."""
        if found := self.known.get(change.entity):
            return found
        if change.sort is Sort.RELEASE and self._is_delivered_by(change.entity):
            return Path.DELIVERY
        if not change.entity.namespace:
            return Path.CLUSTER
        same = change.entity.namespace == self.entity.namespace
        return Path.NAMESPACE if same else Path.ELSEWHERE

    def _spread(self) -> None:
        own = _workload(self.scene, self.entity)
        self._put(Path.OWN, (self.entity, own))
        used = [*_uses(self.scene, own)]
        self._put(Path.USED, used)
        self._put(Path.BOUND, _rules(self.scene, own))
        self._put(Path.USER, _users(self.scene, own))
        called = [*_called(self.scene, [own, *used])]
        self._put(Path.CALLED, called)
        for entity in called:
            self._put(Path.BEYOND, _uses(self.scene, entity))
            self._put(Path.BEYOND, _rules(self.scene, entity))
        self._put(Path.NODE, _nodes(self.scene, own))

    def _put(self, path: Path, entities: Iterable[Entity]) -> None:
        for entity in entities:
            self.known.setdefault(entity, path)

    def _is_delivered_by(self, source: Entity) -> bool:
        near = (Path.OWN, Path.USED)
        items = [
            (one, item)
            for one, path in self.known.items()
            if path in near and (item := self.scene.inventory.find(one))
        ]
        delivery = self.scene.inventory.find(source) or EMPTY
        return any(_delivers(source, delivery, entity, item) for entity, item in items)


def _delivers(source: Entity, delivery: Obj, entity: Entity, item: Obj) -> bool:
    labels, notes = labels_of(item), item["metadata"].get("annotations") or {}
    if source.kind in ("Secret", "ConfigMap"):
        kept = kept_release(delivery) if delivery else ("", "")
        return any(kept) and kept == release_of(item)
    if source.kind == "Application":
        tracked = str(notes.get("argocd.argoproj.io/tracking-id") or "").partition(":")[0]
        listed = any(
            (one.get("kind"), one.get("namespace") or "", one.get("name"))
            == (entity.kind, entity.namespace, entity.name)
            for one in (delivery.get("status") or EMPTY).get("resources") or ()
        )
        return listed or tracked == source.name
    group = {"HelmRelease": "helm", "Kustomization": "kustomize"}.get(source.kind)
    if source.kind in FLUX and group:
        lead = f"{group}.toolkit.fluxcd.io"
        return (labels.get(f"{lead}/namespace"), labels.get(f"{lead}/name")) == (
            source.namespace,
            source.name,
        )
    return False


def _workload(scene: Scene, entity: Entity) -> Entity:
    item = scene.inventory.find(entity)
    if item and entity.kind in ("Pod", "ReplicaSet", "Job"):
        return scene.inventory.workload_of(entity.kind, item)
    return entity


def _uses(scene: Scene, entity: Entity) -> Iterator[Entity]:
    """Objects that an object names or is served by."""
    item = scene.inventory.find(entity)
    if item is None:
        return
    spec = item.get("spec") or EMPTY
    if entity.kind in TEMPLATED:
        yield from _used_by_pods(scene, entity, item)
    if entity.kind == "Service":
        yield from scene.workloads_behind(item)
    if entity.kind == "Ingress":
        yield from _backends(entity, spec)
    if entity.kind == "HorizontalPodAutoscaler":
        ref = spec.get("scaleTargetRef") or EMPTY
        yield _named(entity, str(ref.get("kind")), str(ref.get("name")))
    if entity.kind == "PersistentVolumeClaim":
        yield Entity(kind="StorageClass", name=str(spec.get("storageClassName") or ""))
        yield Entity(kind="PersistentVolume", name=str(spec.get("volumeName") or ""))


def _used_by_pods(scene: Scene, entity: Entity, item: Obj) -> Iterator[Entity]:
    spec = spec_of(entity.kind, item)
    pods = scene.pods_by_workload.get(entity, [])[:3]
    for one in (spec, *(pod.get("spec") or EMPTY for pod in pods)):
        for ref in references(one):
            yield _named(entity, ref.kind, ref.name)
        for name in config_maps(one):
            yield _named(entity, "ConfigMap", name)
        if priority := one.get("priorityClassName"):
            yield Entity(kind="PriorityClass", name=str(priority))
    for service in _services(scene, entity, item):
        yield entity_of("Service", service)
        yield from _ingresses_to(scene, service)
    for scaler in scene.all("HorizontalPodAutoscaler", entity.namespace):
        target = (scaler.get("spec") or EMPTY).get("scaleTargetRef") or EMPTY
        if (target.get("kind"), target.get("name")) == (entity.kind, entity.name):
            yield entity_of("HorizontalPodAutoscaler", scaler)


def _users(scene: Scene, entity: Entity) -> Iterator[Entity]:
    """Workloads that name a ConfigMap, a Secret, a claim or an account."""
    for kind in (*WORKLOADS, "CronJob") if entity.kind in NAMED_BY_PODS else ():
        for item in scene.all(kind, entity.namespace):
            spec = spec_of(kind, item)
            names = {(one.kind, one.name) for one in references(spec)}
            names |= {("ConfigMap", name) for name in config_maps(spec)}
            if (entity.kind, entity.name) in names:
                yield entity_of(kind, item)


def _rules(scene: Scene, entity: Entity) -> Iterator[Entity]:
    """Policies, quotas and rights that bind the pods of an object."""
    item = scene.inventory.find(entity)
    if item is None or entity.kind not in TEMPLATED:
        return
    labels, space = _pod_labels(entity, item), entity.namespace
    for kind, field in (("NetworkPolicy", "podSelector"), ("PodDisruptionBudget", "selector")):
        for rule in scene.all(kind, space):
            if matches((rule.get("spec") or EMPTY).get(field), labels):
                yield entity_of(kind, rule)
    for kind in ("ResourceQuota", "LimitRange"):
        for rule in scene.all(kind, space):
            yield entity_of(kind, rule)
    yield Entity(kind="Namespace", name=space)
    yield from _rights(scene, entity, spec_of(entity.kind, item))


def _rights(scene: Scene, entity: Entity, spec: Obj) -> Iterator[Entity]:
    account = spec.get("serviceAccountName") or "default"
    bindings = [("RoleBinding", one) for one in scene.all("RoleBinding", entity.namespace)]
    bindings += [("ClusterRoleBinding", one) for one in scene.all("ClusterRoleBinding")]
    for kind, binding in bindings:
        is_named = any(
            (one.get("kind"), one.get("name")) == ("ServiceAccount", account)
            and one.get("namespace", entity.namespace) == entity.namespace
            for one in binding.get("subjects") or ()
        )
        if is_named:
            role = binding.get("roleRef") or EMPTY
            space = entity.namespace if role.get("kind") == "Role" else ""
            yield entity_of(kind, binding)
            yield Entity(kind=str(role.get("kind")), namespace=space, name=str(role.get("name")))


def _called(scene: Scene, entities: Iterable[Entity]) -> Iterator[Entity]:
    """Services that they call by configuration or by their logs, and the name service."""
    callers = {one for one in entities if one.kind in TEMPLATED}
    services = [
        call.target.entity
        for one in callers
        for call in configured_calls(scene).get(one, ())
        if call.target.entity
    ]
    services += [
        one.target.entity
        for one in failing_calls(scene)
        if one.caller in callers and one.target.entity
    ]
    for service in (*dict.fromkeys(services), *([name_service(scene)] if callers else ())):
        yield service
        item = scene.inventory.find(service)
        if item and service.kind == "Service":
            yield from scene.workloads_behind(item)


def _nodes(scene: Scene, entity: Entity) -> Iterator[Entity]:
    for pod in scene.pods_by_workload.get(entity, ()):
        if node := (pod.get("spec") or EMPTY).get("nodeName"):
            yield Entity(kind="Node", name=node)


def _services(scene: Scene, entity: Entity, item: Obj) -> list[Obj]:
    return scene.services_of(_pod_labels(entity, item), entity.namespace)


def _pod_labels(entity: Entity, item: Obj) -> Mapping[str, str]:
    if entity.kind == "Pod":
        return labels_of(item)
    template = (item.get("spec") or EMPTY).get("template") or EMPTY
    return (template.get("metadata") or EMPTY).get("labels") or {}


def _ingresses_to(scene: Scene, service: Obj) -> Iterator[Entity]:
    here = entity_of("Service", service)
    for ingress in scene.all("Ingress", here.namespace):
        entity = entity_of("Ingress", ingress)
        if here in _backends(entity, ingress.get("spec") or EMPTY):
            yield entity


def _backends(entity: Entity, spec: Obj) -> Iterator[Entity]:
    paths = [
        path
        for rule in spec.get("rules") or ()
        for path in (rule.get("http") or EMPTY).get("paths") or ()
    ]
    ends = [path.get("backend") or EMPTY for path in paths]
    ends += [spec.get("defaultBackend") or spec.get("backend") or EMPTY]
    for end in ends:
        name = (end.get("service") or EMPTY).get("name") or end.get("serviceName")
        if name:
            yield _named(entity, "Service", str(name))


def _named(near: Entity, kind: str, name: str) -> Entity:
    return Entity(kind=kind, namespace=near.namespace, name=name)
