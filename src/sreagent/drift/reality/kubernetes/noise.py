"""What changes by itself on Kubernetes objects, or is filled in where nobody said anything."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

Json = Any
"""A JSON value."""
_OWN_KEYS = re.compile(
    r"kubectl\.kubernetes\.io/(?:last-applied-configuration|restartedAt)"
    r"|deployment\.kubernetes\.io/.*|deprecated\.daemonset\.template\.generation"
    r"|meta\.helm\.sh/.*|autoscaling\.alpha\.kubernetes\.io/.*|pv\.kubernetes\.io/.*"
    r"|volume(?:\.beta)?\.kubernetes\.io/.*|batch\.kubernetes\.io/.*|kubernetes\.io/metadata\.name"
    r"|control-plane\.alpha\.kubernetes\.io/.*|endpoints\.kubernetes\.io/.*|controller-uid|job-name"
    r"|field\.cattle\.io/.*"
)
"""Keys of labels and annotations that controllers and tools keep for themselves."""
_FREE_HOSTS = frozenset({"app.kubernetes.io", "service.beta.kubernetes.io"})
_METADATA = frozenset({"labels", "annotations"})
_KEPT_BY_SERVER: Mapping[str, frozenset[str]] = {
    "Service": frozenset(
        {
            *("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "ipFamily"),
            *("internalTrafficPolicy", "healthCheckNodePort", "nodePort"),
        }
    ),
    "PersistentVolumeClaim": frozenset({"volumeName"}),
    "PersistentVolume": frozenset({"claimRef"}),
    "Namespace": frozenset({"finalizers"}),
    "Pod": frozenset({"nodeName", "priority", "tolerations", "serviceAccount"}),
    "ServiceAccount": frozenset({"secrets"}),
}
"""Fields that are filled in, by kind: where a state does not have them, nothing was added."""
_UNSAID: Mapping[str, frozenset[str]] = {
    "PersistentVolumeClaim": frozenset({"volumeName"}),
    "PersistentVolume": frozenset({"claimRef"}),
    "Pod": frozenset({"nodeName"}),
    "Service": frozenset({"clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"}),
}
"""Fields that a state has only because Terraform read them back."""
_DEFAULTS: Mapping[str, tuple[Json, ...]] = {
    "apiGroup": ("", "rbac.authorization.k8s.io"),
    "apiVersion": ("v1",),
    "automountServiceAccountToken": (True,),
    "backoffLimit": (6,),
    "completionMode": ("NonIndexed",),
    "completions": (1,),
    "concurrencyPolicy": ("Allow",),
    "containerPort": (),
    "defaultMode": (420,),
    "dnsPolicy": ("ClusterFirst",),
    "enableServiceLinks": (True,),
    "externalTrafficPolicy": ("Cluster",),
    "failedJobsHistoryLimit": (1,),
    "failurePolicy": ("Fail",),
    "failureThreshold": (3,),
    "imagePullPolicy": ("IfNotPresent", "Always"),
    "matchPolicy": ("Equivalent",),
    "maxSurge": ("25%", 0),
    "maxUnavailable": ("25%", 1),
    "minReplicas": (1,),
    "parallelism": (1,),
    "pathType": ("ImplementationSpecific",),
    "periodSeconds": (10,),
    "persistentVolumeReclaimPolicy": ("Retain",),
    "podManagementPolicy": ("OrderedReady",),
    "podReplacementPolicy": ("TerminatingOrFailed",),
    "preemptionPolicy": ("PreemptLowerPriority",),
    "progressDeadlineSeconds": (600,),
    "protocol": ("TCP",),
    "reclaimPolicy": ("Delete",),
    "reinvocationPolicy": ("Never",),
    "replicas": (1,),
    "restartPolicy": ("Always",),
    "revisionHistoryLimit": (10,),
    "schedulerName": ("default-scheduler",),
    "scheme": ("HTTP",),
    "scope": ("*",),
    "sessionAffinity": ("None",),
    "successThreshold": (1,),
    "successfulJobsHistoryLimit": (3,),
    "suspend": (False,),
    "terminationGracePeriodSeconds": (30,),
    "terminationMessagePath": ("/dev/termination-log",),
    "terminationMessagePolicy": ("File",),
    "timeoutSeconds": (1, 10, 10800),
    "type": ("ClusterIP", "RollingUpdate", "Opaque", ""),
    "volumeBindingMode": ("Immediate",),
    "volumeMode": ("Filesystem",),
    "whenDeleted": ("Retain",),
    "whenScaled": ("Retain",),
}
"""What the server fills in, whatever else it may stand for."""
_MIRRORS = frozenset({"serviceAccount"})
"""Old names of other fields: they always say the same."""


def without_noise(kind: str, body: Mapping[str, Json]) -> dict[str, Json]:
    """A manifest of a kind of Kubernetes itself, without what says nothing about drift."""
    unsaid = _UNSAID.get(kind, frozenset()) | _MIRRORS
    quiet = {name: _quiet(each, unsaid) if name == "spec" else each for name, each in body.items()}
    return {**quiet, "metadata": quiet_metadata(body.get("metadata") or {})}


def is_own_key(key: str) -> bool:
    """Whether a controller or a tool keeps this label or annotation for itself."""
    return _OWN_KEYS.fullmatch(key) is not None


def is_internal(key: str) -> bool:
    """Whether a label or annotation belongs to Kubernetes: Terraform forgets it unless code has it.

    `app.kubernetes.io/…` and `service.beta.kubernetes.io/…` are for people.
    """
    if is_own_key(key):
        return True
    host = urlsplit(f"//{key}").hostname or ""
    return "/" in key and host.endswith("kubernetes.io") and host not in _FREE_HOSTS


def is_filled_in(kind: str, names: tuple[str, ...], value: Json) -> bool:
    """Whether a field that no state has is there by itself.

    Args:
        kind: Of the object.
        names: The path, without places in lists.
        value: What stands there.
    """
    last = names[-1]
    if len(names) > 1 and names[-2] in _METADATA:
        return is_internal(last)
    if last in _MIRRORS or last in _KEPT_BY_SERVER.get(kind, frozenset()):
        return True
    return value in _DEFAULTS.get(last, ()) and not isinstance(value, dict | list)


def quiet_metadata(metadata: Mapping[str, Json]) -> dict[str, Json]:
    """Name, namespace, labels and annotations, without those that tools keep for themselves."""
    kept = {name: metadata[name] for name in ("name", "namespace") if metadata.get(name)}
    for name in _METADATA:
        values = metadata.get(name)
        said = values if isinstance(values, dict) else {}
        if quiet := {key: each for key, each in said.items() if not is_own_key(key)}:
            kept[name] = quiet
    return kept


def _quiet(value: Json, unsaid: frozenset[str]) -> Json:
    if isinstance(value, list):
        return [_quiet(each, unsaid) for each in value]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Json] = {}
    for name, each in value.items():
        if name in unsaid and not isinstance(each, dict):
            continue
        if name in _METADATA and isinstance(each, dict):
            kept[name] = {key: one for key, one in each.items() if not is_own_key(key)}
        else:
            kept[name] = _quiet(each, unsaid)
    return kept
