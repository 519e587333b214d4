"""The Kubernetes kinds that are read: group, plural and the versions understood, newest first."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Where the API server serves a kind."""

    name: str
    group: str
    plural: str
    versions: tuple[str, ...]
    namespaced: bool = True
    metadata_only: bool = False
    """Read without its content: the values of a Secret never enter the process."""


def _kind(name: str, group: str, plural: str, *versions: str, **more: bool) -> Kind:
    return Kind(name=name, group=group, plural=plural, versions=versions, **more)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind("Pod", "", "pods", "v1"),
        _kind("Event", "", "events", "v1"),
        _kind("Service", "", "services", "v1"),
        _kind("Endpoints", "", "endpoints", "v1"),
        _kind("ConfigMap", "", "configmaps", "v1"),
        _kind("Secret", "", "secrets", "v1", metadata_only=True),
        _kind("ServiceAccount", "", "serviceaccounts", "v1"),
        _kind("PersistentVolumeClaim", "", "persistentvolumeclaims", "v1"),
        _kind("ResourceQuota", "", "resourcequotas", "v1"),
        _kind("LimitRange", "", "limitranges", "v1"),
        _kind("Node", "", "nodes", "v1", namespaced=False),
        _kind("Namespace", "", "namespaces", "v1", namespaced=False),
        _kind("PersistentVolume", "", "persistentvolumes", "v1", namespaced=False),
        _kind("Deployment", "apps", "deployments", "v1"),
        _kind("ReplicaSet", "apps", "replicasets", "v1"),
        _kind("StatefulSet", "apps", "statefulsets", "v1"),
        _kind("DaemonSet", "apps", "daemonsets", "v1"),
        _kind("ControllerRevision", "apps", "controllerrevisions", "v1"),
        _kind("Job", "batch", "jobs", "v1"),
        _kind("CronJob", "batch", "cronjobs", "v1", "v1beta1"),
        _kind(
            "HorizontalPodAutoscaler",
            "autoscaling",
            "horizontalpodautoscalers",
            "v2",
            "v2beta2",
            "v1",
        ),
        _kind("PodDisruptionBudget", "policy", "poddisruptionbudgets", "v1", "v1beta1"),
        _kind("NetworkPolicy", "networking.k8s.io", "networkpolicies", "v1"),
        _kind("Ingress", "networking.k8s.io", "ingresses", "v1", "v1beta1"),
        _kind("StorageClass", "storage.k8s.io", "storageclasses", "v1", namespaced=False),
    )
}
