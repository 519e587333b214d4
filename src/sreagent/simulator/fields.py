"""The fields objects may have: what the API server does not know, it does not keep."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sreagent.simulator.kinds import Kind
from sreagent.simulator.objects import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The fields of one part of an object; parts that are not described may hold anything."""

    plain: frozenset[str]
    parts: dict[str, "Shape"] = field(default_factory=dict)


def _shape(text: str, **parts: Shape) -> Shape:
    return Shape(plain=frozenset(text.split()), parts=parts)


_METADATA = _shape(
    "name generateName namespace selfLink uid resourceVersion generation creationTimestamp "
    "deletionTimestamp deletionGracePeriodSeconds labels annotations ownerReferences finalizers "
    "managedFields"
)
_PROBE = _shape(
    "httpGet exec tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds "
    "successThreshold failureThreshold terminationGracePeriodSeconds"
)
_CONTAINER = _shape(
    "name image command args workingDir envFrom resizePolicy restartPolicy volumeMounts "
    "volumeDevices lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy "
    "securityContext stdin stdinOnce tty",
    env=_shape("name value valueFrom"),
    ports=_shape("name hostPort containerPort protocol hostIP"),
    resources=_shape("limits requests claims"),
    livenessProbe=_PROBE,
    readinessProbe=_PROBE,
    startupProbe=_PROBE,
)
_POD_SPEC = _shape(
    "volumes ephemeralContainers restartPolicy terminationGracePeriodSeconds "
    "activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount "
    "automountServiceAccountToken nodeName hostNetwork hostPID hostIPC shareProcessNamespace "
    "securityContext imagePullSecrets hostname subdomain affinity schedulerName tolerations "
    "hostAliases priorityClassName priority dnsConfig readinessGates runtimeClassName "
    "enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os "
    "hostUsers schedulingGates resourceClaims",
    containers=_CONTAINER,
    initContainers=_CONTAINER,
)
_TEMPLATE = _shape("", metadata=_METADATA, spec=_POD_SPEC)
_SPECS = {
    "Deployment": _shape(
        "replicas selector minReadySeconds revisionHistoryLimit paused progressDeadlineSeconds",
        strategy=_shape("type rollingUpdate"),
        template=_TEMPLATE,
    ),
    "ReplicaSet": _shape("replicas selector minReadySeconds", template=_TEMPLATE),
    "StatefulSet": _shape(
        "replicas selector serviceName podManagementPolicy updateStrategy revisionHistoryLimit "
        "minReadySeconds volumeClaimTemplates persistentVolumeClaimRetentionPolicy ordinals",
        template=_TEMPLATE,
    ),
    "DaemonSet": _shape(
        "selector updateStrategy minReadySeconds revisionHistoryLimit", template=_TEMPLATE
    ),
    "Pod": _POD_SPEC,
    "Service": _shape(
        "selector clusterIP clusterIPs type externalIPs sessionAffinity loadBalancerIP "
        "loadBalancerSourceRanges externalName externalTrafficPolicy healthCheckNodePort "
        "publishNotReadyAddresses sessionAffinityConfig ipFamilies ipFamilyPolicy "
        "allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution",
        ports=_shape("name protocol appProtocol port targetPort nodePort"),
    ),
}


def drop_unknown(kind: Kind, obj: Json) -> list[str]:
    """Take the fields nobody knows out of an object; their paths come back."""
    spec = _SPECS.get(kind.name)
    if spec is None:
        return []
    whole = _shape("apiVersion kind status", metadata=_METADATA, spec=spec)
    return list(_drop(whole, obj, ""))


def _drop(shape: Shape, part: object, path: str) -> Iterator[str]:
    if isinstance(part, list):
        for at, each in enumerate(part):
            yield from _drop(shape, each, f"{path[:-1]}[{at}].")
    elif isinstance(part, dict):
        for name in [name for name in part if name not in shape.plain]:
            if name in shape.parts:
                yield from _drop(shape.parts[name], part[name], f"{path}{name}.")
            else:
                del part[name]
                yield f"{path}{name}"


_TEXT_MAPS = ("labels", "annotations", "matchLabels", "nodeSelector")
_MAPS = (
    *_TEXT_MAPS,
    *("metadata", "spec", "template", "selector", "strategy", "rollingUpdate", "updateStrategy"),
    *("resources", "limits", "requests", "valueFrom", "configMapKeyRef", "secretKeyRef"),
    *("configMapRef", "secretRef", "httpGet", "readinessProbe", "livenessProbe", "startupProbe"),
    *("targetRef", "scaleTargetRef", "securityContext"),
)
_LISTS = (
    *("containers", "initContainers", "env", "envFrom", "ports", "ownerReferences"),
    *("matchExpressions", "subsets", "addresses", "notReadyAddresses", "endpoints"),
)
_FREE = (*_TEXT_MAPS, "limits", "requests", "data", "stringData", "binaryData", "managedFields")
"""Parts whose keys are anybody's choice."""


_OTHER_WORDS = ("rbac.authorization.k8s.io", "admissionregistration.k8s.io")
"""Groups in which the same words mean other things."""


def mistyped(kind: Kind, obj: Json) -> list[tuple[str, str]]:
    """The fields of an object that hold another kind of JSON than they must."""
    if kind.is_custom or kind.group in _OTHER_WORDS or kind.name == "LimitRange":
        return []
    return list(_wrong_types(obj))


def _wrong_types(part: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(part, list):
        for at, each in enumerate(part):
            yield from _wrong_types(each, f"{path}[{at}]")
    elif isinstance(part, dict):
        for name, value in part.items():
            where = f"{path}.{name}" if path else name
            yield from _wrong_type(name, value, where)
            if name not in _FREE:
                yield from _wrong_types(value, where)


def _wrong_type(name: str, value: object, path: str) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if name in _MAPS and not isinstance(value, dict):
        yield path, f"Invalid value: {value!r}: must be an object"
    elif name in _TEXT_MAPS and isinstance(value, dict):
        if not all(isinstance(each, str) for each in value.values()):
            yield path, "Invalid value: every value must be a string"
    elif name in _LISTS and not _is_list_of_objects(value):
        yield path, f"Invalid value: {value!r}: must be a list of objects"


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)
