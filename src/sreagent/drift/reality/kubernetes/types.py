"""Which Kubernetes kind each type of the Terraform provider is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_TYPE = re.compile(r"kubernetes_(?P<name>[a-z_]+?)(?:_v\d+(?:(?:alpha|beta)\d+)?)?")
_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """A kind, and in which versions its fields have the shape that is known here."""

    kind: str
    group: str = ""
    versions: tuple[str, ...] = ("v1",)
    """Newest first; the first that the server serves is read."""
    type: str = ""
    """Its fields; empty means the name of the kind."""

    @property
    def fields(self) -> str:
        """The name of the type that tells its fields."""
        return self.type or self.kind


def _batch(kind: str) -> Sort:
    return Sort(kind=kind, group="batch", versions=("v1", "v1beta1"))


_SORTS: Mapping[str, Sort] = {
    "api_service": Sort(kind="APIService", group="apiregistration.k8s.io"),
    "cluster_role": Sort(kind="ClusterRole", group=_RBAC),
    "cluster_role_binding": Sort(kind="ClusterRoleBinding", group=_RBAC),
    "config_map": Sort(kind="ConfigMap"),
    "cron_job": _batch("CronJob"),
    "csi_driver": Sort(kind="CSIDriver", group="storage.k8s.io"),
    "daemon_set": Sort(kind="DaemonSet", group="apps"),
    "daemonset": Sort(kind="DaemonSet", group="apps"),
    "default_service_account": Sort(kind="ServiceAccount"),
    "deployment": Sort(kind="Deployment", group="apps"),
    "endpoint_slice": Sort(
        kind="EndpointSlice", group="discovery.k8s.io", versions=("v1", "v1beta1")
    ),
    "endpoints": Sort(kind="Endpoints"),
    "horizontal_pod_autoscaler": Sort(
        kind="HorizontalPodAutoscaler", group="autoscaling", versions=("v2", "v2beta2")
    ),
    "ingress": Sort(kind="Ingress", group="networking.k8s.io"),
    "ingress_class": Sort(
        kind="IngressClass", group="networking.k8s.io", versions=("v1", "v1beta1")
    ),
    "job": Sort(kind="Job", group="batch"),
    "limit_range": Sort(kind="LimitRange"),
    "mutating_webhook_configuration": Sort(kind="MutatingWebhookConfiguration", group=_ADMISSION),
    "namespace": Sort(kind="Namespace"),
    "network_policy": Sort(kind="NetworkPolicy", group="networking.k8s.io"),
    "persistent_volume": Sort(kind="PersistentVolume"),
    "persistent_volume_claim": Sort(kind="PersistentVolumeClaim"),
    "pod": Sort(kind="Pod"),
    "pod_disruption_budget": Sort(
        kind="PodDisruptionBudget", group="policy", versions=("v1", "v1beta1")
    ),
    "priority_class": Sort(
        kind="PriorityClass", group="scheduling.k8s.io", versions=("v1", "v1beta1")
    ),
    "replication_controller": Sort(kind="ReplicationController"),
    "resource_quota": Sort(kind="ResourceQuota"),
    "role": Sort(kind="Role", group=_RBAC),
    "role_binding": Sort(kind="RoleBinding", group=_RBAC),
    "runtime_class": Sort(kind="RuntimeClass", group="node.k8s.io", versions=("v1", "v1beta1")),
    "secret": Sort(kind="Secret"),
    "service": Sort(kind="Service"),
    "service_account": Sort(kind="ServiceAccount"),
    "stateful_set": Sort(kind="StatefulSet", group="apps"),
    "storage_class": Sort(kind="StorageClass", group="storage.k8s.io"),
    "validating_webhook_configuration": Sort(
        kind="ValidatingWebhookConfiguration", group=_ADMISSION
    ),
}
_OLD_INGRESS = Sort(
    kind="Ingress",
    group="networking.k8s.io",
    versions=("v1beta1",),
    type="IngressBeta",
)
_OLD_AUTOSCALER = Sort(
    kind="HorizontalPodAutoscaler",
    group="autoscaling",
    versions=("v1",),
    type="HorizontalPodAutoscalerV1",
)
BUILT_IN: Mapping[tuple[str, str], str] = MappingProxyType(
    {(sort.group, sort.kind): sort.fields for sort in _SORTS.values()}
)
"""The types that tell the fields of kinds of Kubernetes itself, by group and kind."""


def sort_of(type_: str, attributes: Mapping[str, object]) -> Sort | None:
    """The kind that a resource type makes; None for one that makes no object of its own."""
    if type_ == "kubernetes_ingress":
        return _OLD_INGRESS
    found = _TYPE.fullmatch(type_)
    if found is None:
        return None
    sort = _SORTS.get(found["name"])
    if sort and sort.kind == "HorizontalPodAutoscaler" and _scales_by_cpu_only(type_, attributes):
        return _OLD_AUTOSCALER
    return sort


def _scales_by_cpu_only(type_: str, attributes: Mapping[str, object]) -> bool:
    """Without metrics the provider makes an autoscaler of the first version."""
    if type_.endswith(("_v2", "_v2beta2")):
        return False
    spec = attributes.get("spec")
    first = spec[0] if isinstance(spec, list) and spec else {}
    return type_.endswith("_v1") or not (isinstance(first, dict) and first.get("metric"))
