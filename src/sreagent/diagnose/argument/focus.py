"""What an alert is about: its labels and its words, matched against what there is."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sreagent.diagnose.conditions.ingresses import backends, hosts
from sreagent.diagnose.objects.podspec import EMPTY, references, spec_of
from sreagent.diagnose.objects.shapes import parts, word
from sreagent.diagnose.view.calling import callers, configured_calls, failing_calls
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of
from sreagent.diagnose.view.targets import suspects_of
from sreagent.domain.alert import Alert
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, entity_of

ALWAYS_FIRING = ("Watchdog", "InfoInhibitor", "DeadMansSwitch", "DeadMansSnitch")
"""Alerts that prove that alerting works, and nothing else."""

HOPS = 4
"""Calls to follow from what the alert names."""

_KIND_LABELS = {
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "job_name": "Job",
    "cronjob": "CronJob",
    "pod": "Pod",
    "pod_name": "Pod",
    "node": "Node",
    "persistentvolumeclaim": "PersistentVolumeClaim",
    "horizontalpodautoscaler": "HorizontalPodAutoscaler",
    "hpa": "HorizontalPodAutoscaler",
    "resourcequota": "ResourceQuota",
    "ingress": "Ingress",
    "service": "Service",
    "svc": "Service",
}
_NAME_LABELS = (
    *("service", "service_name", "destination_service", "destination_service_name", "app"),
    *("app_kubernetes_io_name", "label_app", "component", "workload", "container", "job"),
    *("deployment", "instance", "owner_name", "created_by_name", "target", "host", "url"),
)
_NAMED_KINDS = (
    *("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Service", "Node", "Pod"),
    *("PersistentVolumeClaim", "HorizontalPodAutoscaler", "ResourceQuota", "Ingress"),
)
_WORD = re.compile(
    r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?:/[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """What the alert names, and where."""

    entities: tuple[Entity, ...]
    namespaces: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Nothing that is known was named."""
        return not self.entities


def focus_of(scene: Scene, alert: Alert) -> Focus:
    """Find the objects an alert is about. Labels go before words, words before annotations."""
    names = _Names(scene)
    spaces = [alert.namespace] if alert.namespace else []
    found = list(_by_labels(names, alert))
    if not found:
        words = list(_words(alert.name))
        spaces += [word.partition("/")[0] for word in words if names.is_namespace(word)]
        found = [one for word in words for one in names.find(word, spaces)]
    if not found:
        notes = " ".join(alert.annotations.values())
        found = [one for word in _words(notes) for one in names.find(word, spaces)]
    spaces += [one.namespace for one in found if one.namespace]
    entities = [one for named in found for one in _outermost(scene, named)]
    return Focus(entities=tuple(dict.fromkeys(entities)), namespaces=tuple(dict.fromkeys(spaces)))


def reach(scene: Scene, start: Iterable[Entity]) -> set[Entity]:
    """What the named objects depend on, directly or through others."""
    known: set[Entity] = set()
    edge = set(start)
    for _ in range(HOPS):
        known |= edge
        edge = {one for entity in edge for one in _depends_on(scene, entity)} - known
        if not edge:
            break
    return known | edge


class _Names:
    """Everything that has a name, for looking it up by that name."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.by_name: dict[str, list[Entity]] = {}
        for kind in _NAMED_KINDS:
            for item in scene.all(kind):
                entity = entity_of(kind, item)
                self.by_name.setdefault(entity.name, []).append(entity)
        for ingress in scene.all("Ingress"):
            for host in hosts(ingress):
                self.by_name.setdefault(host, []).append(entity_of("Ingress", ingress))

    def find(self, word: str, spaces: list[str], kind: str = "") -> Iterator[Entity]:
        space, _, name = word.rpartition("/")
        for entity in self.by_name.get(name, ()):
            wanted = [space] if space else spaces
            here = not entity.namespace or not wanted or entity.namespace in wanted
            if here and kind in ("", entity.kind):
                yield entity

    def is_namespace(self, word: str) -> bool:
        space = word.partition("/")[0]
        inventory = self.scene.inventory
        return space in inventory.namespaces or inventory.get("Namespace", "", space) is not None


def _by_labels(names: _Names, alert: Alert) -> Iterator[Entity]:
    spaces = [alert.namespace] if alert.namespace else []
    found = False
    for label, kind in _KIND_LABELS.items():
        for entity in names.find(alert.labels.get(label, ""), spaces, kind):
            found = True
            yield entity
    for entity in _gone_or_by_address(names, alert) if not found else ():
        found = True
        yield entity
    for label in _NAME_LABELS if not found else ():
        value = _host(alert.labels.get(label, ""))
        matches = list(names.find(value, spaces)) if value else []
        yield from matches
        if matches:
            return


def _host(text: str) -> str:
    """The host of an address: `https://shop.example.com/cart`, `10.20.0.11:9100`, or a name."""
    return text.partition("://")[2].partition("/")[0].partition(":")[0] or text.partition(":")[0]


def _gone_or_by_address(names: _Names, alert: Alert) -> Iterator[Entity]:
    """The workload of a pod that was replaced since, and the node behind an address."""
    pod = alert.labels.get("pod") or alert.labels.get("pod_name") or ""
    owners = [
        entity
        for found in names.by_name.values()
        for entity in found
        if entity.kind in (*WORKLOADS, "CronJob", "Job")
        and pod.startswith(f"{entity.name}-")
        and entity.namespace in (alert.namespace, entity.namespace if not alert.namespace else "")
    ]
    yield from sorted(owners, key=lambda entity: -len(entity.name))[:1]
    address = alert.labels.get("instance", "").partition(":")[0]
    for node in names.scene.all("Node"):
        known = (node.get("status") or EMPTY).get("addresses") or ()
        if address and address in [one.get("address") for one in known]:
            yield entity_of("Node", node)


def _words(text: str) -> Iterator[str]:
    for found in _WORD.finditer(text[:4000]):
        yield found[0]


def _outermost(scene: Scene, entity: Entity) -> Iterator[Entity]:
    """A pod stands for its workload, a Service and its workload for each other.

    An Ingress stands for what it leads to, too.
    """
    item = scene.inventory.find(entity)
    if entity.kind == "Pod" and item:
        yield scene.workload_of(item)
    elif entity.kind == "Job" and item:
        yield scene.inventory.workload_of("Job", item)
        yield entity
    else:
        yield entity
    if entity.kind == "Service" and item:
        yield from scene.workloads_behind(item)
    if entity.kind == "Ingress" and item:
        for service in _led_to(entity, item):
            yield from _outermost(scene, service)


def _led_to(entity: Entity, ingress: Obj) -> Iterator[Entity]:
    for name in dict.fromkeys(one.service for one in backends(ingress)):
        yield Entity(kind="Service", namespace=entity.namespace, name=name)


def _certificates(entity: Entity, ingress: Obj) -> Iterator[Entity]:
    for tls in parts(ingress, "spec", "tls"):
        if name := word(tls, "secretName"):
            yield Entity(kind="Secret", namespace=entity.namespace, name=name)


def _depends_on(scene: Scene, entity: Entity) -> Iterator[Entity]:
    item = scene.inventory.find(entity)
    if item is None:
        return
    if entity.kind == "Service":
        yield from scene.workloads_behind(item)
    if entity.kind == "Ingress":
        yield from _led_to(entity, item)
        yield from _certificates(entity, item)
    if entity.kind in (*WORKLOADS, "CronJob", "Job"):
        yield from _needs(scene, entity, item)
    for failing in failing_calls(scene):
        if failing.caller == entity:
            yield from suspects_of(scene, entity.namespace, failing.error)


def _needs(scene: Scene, entity: Entity, item: Obj) -> Iterator[Entity]:
    """What a workload is configured to use, what serves it, and where it runs."""
    spec = spec_of(entity.kind, item)
    for call in configured_calls(scene).get(entity, ()):
        if call.target.entity:
            yield call.target.entity
    for ref in references(spec):
        yield Entity(kind=ref.kind, namespace=entity.namespace, name=ref.name)
    template = (item.get("spec") or EMPTY).get("template") or {"metadata": {}}
    for service in scene.services_of(labels_of(template), entity.namespace):
        yield entity_of("Service", service)
    for scaler in scene.all("HorizontalPodAutoscaler", entity.namespace):
        target = (scaler.get("spec") or EMPTY).get("scaleTargetRef") or EMPTY
        if target.get("name") == entity.name:
            yield entity_of("HorizontalPodAutoscaler", scaler)
    for pod in scene.pods_by_workload.get(entity, ()):
        yield Entity(kind="Node", name=pod["spec"].get("nodeName") or "")


def calls_it(scene: Scene, entity: Entity) -> list[Entity]:
    """Workloads that call this Service, or a Service of this workload."""
    known = callers(scene)
    item = scene.inventory.find(entity)
    found = set(known.get(entity, ()))
    if item and entity.kind in WORKLOADS:
        template = (item.get("spec") or EMPTY).get("template") or {"metadata": {}}
        for service in scene.services_of(labels_of(template), entity.namespace):
            found |= known.get(entity_of("Service", service), set())
    return sorted(found - {entity})
