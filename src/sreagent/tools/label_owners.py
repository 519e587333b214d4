"""Which object the labels of a series mean, decided against what there is."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory, Obj, entity_of
from sreagent.tools.certificate_owners import CertificateOwners

NAMESPACES = (
    "exported_namespace",
    "destination_workload_namespace",
    "destination_service_namespace",
    "namespace",
    "kubernetes_namespace",
    "k8s_namespace_name",
    "service_namespace",
)
"""Labels that tell a namespace; what an exporter says of others goes before its own place."""
KINDS = {
    "persistentvolumeclaim": "PersistentVolumeClaim",
    "deployment": "Deployment",
    "k8s_deployment_name": "Deployment",
    "statefulset": "StatefulSet",
    "k8s_statefulset_name": "StatefulSet",
    "daemonset": "DaemonSet",
    "k8s_daemonset_name": "DaemonSet",
    "horizontalpodautoscaler": "HorizontalPodAutoscaler",
    "resourcequota": "ResourceQuota",
}
PODS = ("exported_pod", "pod", "pod_name", "kubernetes_pod_name", "k8s_pod_name")
NAMES = (
    *("destination_workload", "destination_service_name", "destination_service"),
    *("service_name", "exported_service", "exported_job", "workload", "kubernetes_name"),
    *("service", "app_kubernetes_io_name", "kubernetes_service", "app", "application"),
    *("consumergroup", "group", "consumer_group", "envoy_cluster_name", "ingress"),
    *("component", "exported_container", "container", "job", "server"),
)
"""Labels that hold the name of a Service or a workload, most telling first."""
NODES = ("node", "nodename", "kubernetes_node", "k8s_node_name", "instance")
IDENTITY = (*KINDS, *NAMES, *PODS, "instance")
"""Every label that may say whom a series of a program is about."""

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
_TAILS = re.compile(
    r"[-_](?:service|svc|exporter|metrics|headless|http|server|consumer|group|workers?|\d+)$"
)
_OF_A_POD = re.compile(r"(?:-[a-z0-9]{6,10})?-[a-z0-9]{1,5}$")
_GATHERERS = re.compile(
    r"(?:^|[-_])(?:otel|opentelemetry|collector|prometheus|pushgateway|kube-state-metrics|statsd"
    r"|kubernetes-(?:pods|service-endpoints|nodes)|monitoring|telemetry|mesh)(?:$|[-_])"
)
"""Those that hand on what others measured: never what a series is about, if it says more."""


class Owners:
    """The objects in view, found by what labels call them."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory

    def find(self, labels: Mapping[str, str], names: Iterable[str] = IDENTITY) -> Entity | None:
        """The object that one of these labels means, first come first served."""
        namespace = namespace_of(labels)
        for label in names:
            if (value := labels.get(label)) and (found := self.named(label, value, namespace)):
                return found
        return None

    def named(self, label: str, value: str, namespace: str) -> Entity | None:
        """What one label means: a workload rather than its pods, a Service if it has none."""
        if kind := KINDS.get(label):
            entity = Entity(kind=kind, namespace=namespace, name=value)
            return entity if self.inventory.find(entity) else None
        if label in PODS:
            return self._workload_of_pod(namespace, value)
        if label == "instance":
            return self._by_address(value)
        return self._by_name(value, namespace)

    def node(self, labels: Mapping[str, str]) -> Entity | None:
        """The node that the labels of an exporter of nodes mean."""
        for label in NODES:
            value = labels.get(label, "")
            host = value.rpartition(":")[0] if ":" in value else value
            if found := self._nodes.get(value) or self._nodes.get(host.strip("[]")):
                return found
        pod = self._pods.get((namespace_of(labels), labels.get("pod", "")))
        on = (pod or {}).get("spec", {}).get("nodeName", "")
        return self._nodes.get(on)

    def certificate(self, labels: Mapping[str, str]) -> Entity | None:
        """What holds the certificate that labels tell of: a Secret, a host's Ingress, a node."""
        if labels.get("filepath"):
            return self.node(labels)
        return self._certificates.find(labels, namespace_of(labels))

    @cached_property
    def _certificates(self) -> CertificateOwners:
        return CertificateOwners(self.inventory)

    def pod(self, labels: Mapping[str, str]) -> Obj | None:
        """The pod that is there now of those that the labels name."""
        names = (labels.get(name, "") for name in PODS)
        name = next((one for one in names if one), "")
        return self._pods.get((namespace_of(labels), name))

    @cached_property
    def _pods(self) -> dict[tuple[str, str], Obj]:
        return {
            (one["metadata"].get("namespace", ""), one["metadata"]["name"]): one
            for one in self.inventory.all("Pod")
        }

    @cached_property
    def _nodes(self) -> dict[str, Entity]:
        found = {}
        for node in self.inventory.all("Node"):
            entity = entity_of("Node", node)
            found[entity.name] = entity
            for address in (node.get("status") or {}).get("addresses") or ():
                found[str(address.get("address"))] = entity
        return found

    @cached_property
    def _addresses(self) -> dict[str, Obj]:
        return {
            str((pod.get("status") or {}).get("podIP")): pod
            for pod in self._pods.values()
            if (pod.get("status") or {}).get("podIP") and not pod["spec"].get("hostNetwork")
        }

    @cached_property
    def _names(self) -> dict[str, list[Entity]]:
        """Workloads, then Services as the workload behind them, by name."""
        found: dict[str, list[Entity]] = {}
        for kind in _WORKLOADS:
            for item in self.inventory.all(kind):
                found.setdefault(item["metadata"]["name"], []).append(entity_of(kind, item))
        for service in self.inventory.all("Service"):
            known = found.setdefault(service["metadata"]["name"], [])
            space = service["metadata"].get("namespace", "")
            entity = self._behind(service)
            if entity not in known and not any(one.namespace == space for one in known):
                known.append(entity)
        return found

    def _behind(self, service: Obj) -> Entity:
        """The only workload that a Service leads to, or the Service itself."""
        meta, spec = service["metadata"], service.get("spec") or {}
        wanted = (spec.get("selector") or {}).items()
        found = [
            entity_of(kind, item)
            for kind in _WORKLOADS[:3]
            for item in self.inventory.all(kind, meta.get("namespace", ""))
            if wanted and wanted <= _template_labels(item).items()
        ]
        return found[0] if len(found) == 1 else entity_of("Service", service)

    def _workload_of_pod(self, namespace: str, name: str) -> Entity | None:
        if pod := self._pods.get((namespace, name)):
            found = self.inventory.workload_of("Pod", pod)
            if found.kind == "Job" and (job := self.inventory.find(found)):
                return self.inventory.workload_of("Job", job)
            return found
        return self._by_pod_name(namespace, name)

    def _by_pod_name(self, namespace: str, name: str) -> Entity | None:
        """The workload of a pod that is gone: its name begins with the workload's."""
        lead = _OF_A_POD.sub("", name)
        for known in (lead, lead.rpartition("-")[0]):
            for one in self._names.get(known, ()):
                if one.namespace == namespace and one.kind in _WORKLOADS:
                    return one
        return None

    def _by_address(self, value: str) -> Entity | None:
        host = value.rpartition("//")[2].rpartition(":")[0] or value
        pod = self._addresses.get(host)
        if pod is None:
            pod = next((one for (_, name), one in self._pods.items() if name == host), None)
        if pod is None:
            return self._by_name(host, "") if "//" in value or not host[:1].isdigit() else None
        meta = pod["metadata"]
        return self._workload_of_pod(meta.get("namespace", ""), meta["name"])

    def _by_name(self, value: str, namespace: str) -> Entity | None:
        for space, name in _readings(value, namespace):
            fitting = [one for one in self._names.get(name, ()) if space in ("", one.namespace)]
            if len(fitting) == 1 or (fitting and space):
                return fitting[0]
        return None


def namespace_of(labels: Mapping[str, str]) -> str:
    """The namespace that the labels tell, or an empty text."""
    return next((labels[name] for name in NAMESPACES if labels.get(name)), "")


def hands_on(value: str) -> bool:
    """Whether a name is that of a collector, which measures others."""
    return bool(_GATHERERS.search(value))


def _readings(value: str, namespace: str) -> Iterator[tuple[str, str]]:
    """Ways to read a label as namespace and name.

    `shop/cart` (OpenTelemetry), `cart.shop.svc.cluster.local` and `outbound|80||cart.shop.svc…`
    (Istio, Envoy), `shop-cart-80@kubernetes` (Traefik), `redis-exporter` (for redis).
    """
    host = value.rpartition("|")[2].partition(":")[0]
    if "/" in host:
        space, _, name = host.rpartition("/")
        yield space.rpartition("/")[2], name
    parts = host.split(".")
    if len(parts) > 1:
        yield parts[1], parts[0]
    name = host.partition("@")[0]
    yield namespace, name
    if namespace and name.startswith(f"{namespace}-"):
        name = name.removeprefix(f"{namespace}-")
        yield namespace, name
    while (shorter := _TAILS.sub("", name)) != name:
        name = shorter
        yield namespace, name


def _template_labels(item: Obj) -> Mapping[str, str]:
    template = (item.get("spec") or {}).get("template") or {}
    return (template.get("metadata") or {}).get("labels") or {}


def best_labels(
    owners: Owners, series: Iterable[Mapping[str, str]], candidates: Iterable[str] = IDENTITY
) -> tuple[str, ...]:
    """The label that says best whom the series of a metric are about, and one that fills its gaps.

    Best is what means something for most series, and the most different things.
    """
    known = list(series)
    meant = {label: _meant(owners, known, label) for label in candidates}
    order = {label: place for place, label in enumerate(meant)}
    value: Callable[[str], tuple[int, int, int]] = lambda label: (  # noqa: E731 - a sort key
        len(meant[label]),
        len(set(meant[label].values())),
        -order[label],
    )
    best = max(meant, key=value, default="")
    if not best or not meant[best]:
        return ()
    gaps = {
        label: len(found.keys() - meant[best].keys())
        for label, found in meant.items()
        if label != best
    }
    second = max(gaps, key=lambda label: (gaps[label], -order[label]), default="")
    return (best, second) if second and gaps[second] else (best,)


def _meant(owners: Owners, series: Iterable[Mapping[str, str]], label: str) -> dict[int, Entity]:
    found = {}
    known: dict[tuple[str, str], Entity | None] = {}
    for place, labels in enumerate(series):
        value = labels.get(label, "")
        if not value or hands_on(value):
            continue
        key = (namespace_of(labels), value)
        if key not in known:
            known[key] = owners.named(label, value, key[0])
        if entity := known[key]:
            found[place] = entity
    return found
