"""Every kind of object the pretend cluster serves, and how the API spells it."""

from dataclasses import dataclass

READ_VERBS = ("get", "list", "watch")
WRITE_VERBS = ("create", "delete", "deletecollection", "patch", "update")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One resource of the API."""

    group: str
    version: str
    plural: str
    name: str
    short: tuple[str, ...] = ()
    namespaced: bool = True
    in_all: bool = False
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = READ_VERBS + WRITE_VERBS
    is_virtual: bool = False
    """Computed on request or answered at once; never kept in the store."""

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self) -> str:
        """The singular resource name."""
        return self.name.lower()

    @property
    def resource(self) -> str:
        """The resource with its group, as error messages write it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified(self) -> str:
        """The kind with its group, as validation messages write it."""
        return f"{self.name}.{self.group}" if self.group else self.name


def _core(plural: str, name: str, *short: str, subresources: tuple[str, ...] = ()) -> Kind:
    return Kind(
        group="", version="v1", plural=plural, name=name, short=short, subresources=subresources
    )


def _cluster(group: str, plural: str, name: str, *short: str) -> Kind:
    return Kind(group=group, version="v1", plural=plural, name=name, short=short, namespaced=False)


def _in(group: str, plural: str, name: str, *short: str) -> Kind:
    return Kind(group=group, version="v1", plural=plural, name=name, short=short)


def _workload(plural: str, name: str, short: str, *, scales: bool) -> Kind:
    subresources = ("status", "scale") if scales else ("status",)
    return Kind(
        group="apps",
        version="v1",
        plural=plural,
        name=name,
        short=(short,),
        in_all=True,
        subresources=subresources,
    )


def _review(group: str, plural: str, name: str, *, namespaced: bool = False) -> Kind:
    return Kind(
        group=group,
        version="v1",
        plural=plural,
        name=name,
        namespaced=namespaced,
        verbs=("create",),
        is_virtual=True,
    )


def _usage(plural: str, name: str, *, namespaced: bool) -> Kind:
    return Kind(
        group="metrics.k8s.io",
        version="v1beta1",
        plural=plural,
        name=name,
        namespaced=namespaced,
        verbs=("get", "list"),
        is_virtual=True,
    )


NAMESPACE = Kind(
    group="",
    version="v1",
    plural="namespaces",
    name="Namespace",
    short=("ns",),
    namespaced=False,
    subresources=("status",),
)
NODE = Kind(
    group="",
    version="v1",
    plural="nodes",
    name="Node",
    short=("no",),
    namespaced=False,
    subresources=("status",),
    verbs=(*READ_VERBS, "delete", "patch", "update"),
)
POD = Kind(
    group="",
    version="v1",
    plural="pods",
    name="Pod",
    short=("po",),
    in_all=True,
    subresources=("status", "log", "eviction"),
)
SERVICE = Kind(
    group="",
    version="v1",
    plural="services",
    name="Service",
    short=("svc",),
    in_all=True,
    subresources=("status",),
)
ENDPOINTS = _core("endpoints", "Endpoints", "ep")
EVENT = Kind(
    group="",
    version="v1",
    plural="events",
    name="Event",
    short=("ev",),
    verbs=(*READ_VERBS, "delete", "deletecollection"),
)
CONFIG_MAP = _core("configmaps", "ConfigMap", "cm")
SECRET = _core("secrets", "Secret")
SERVICE_ACCOUNT = _core("serviceaccounts", "ServiceAccount", "sa")
CLAIM = _core("persistentvolumeclaims", "PersistentVolumeClaim", "pvc", subresources=("status",))
QUOTA = _core("resourcequotas", "ResourceQuota", "quota", subresources=("status",))
LIMIT_RANGE = _core("limitranges", "LimitRange", "limits")
VOLUME = _cluster("", "persistentvolumes", "PersistentVolume", "pv")
DEPLOYMENT = _workload("deployments", "Deployment", "deploy", scales=True)
REPLICA_SET = _workload("replicasets", "ReplicaSet", "rs", scales=True)
STATEFUL_SET = _workload("statefulsets", "StatefulSet", "sts", scales=True)
DAEMON_SET = _workload("daemonsets", "DaemonSet", "ds", scales=False)
REVISION = _in("apps", "controllerrevisions", "ControllerRevision")
JOB = Kind(
    group="batch",
    version="v1",
    plural="jobs",
    name="Job",
    in_all=True,
    subresources=("status",),
)
CRON_JOB = Kind(
    group="batch",
    version="v1",
    plural="cronjobs",
    name="CronJob",
    short=("cj",),
    in_all=True,
    subresources=("status",),
)
AUTOSCALER = Kind(
    group="autoscaling",
    version="v2",
    plural="horizontalpodautoscalers",
    name="HorizontalPodAutoscaler",
    short=("hpa",),
    in_all=True,
    subresources=("status",),
)
BUDGET = Kind(
    group="policy",
    version="v1",
    plural="poddisruptionbudgets",
    name="PodDisruptionBudget",
    short=("pdb",),
    subresources=("status",),
)
INGRESS = _in("networking.k8s.io", "ingresses", "Ingress", "ing")
NETWORK_POLICY = _in("networking.k8s.io", "networkpolicies", "NetworkPolicy", "netpol")
SLICE = _in("discovery.k8s.io", "endpointslices", "EndpointSlice")
LEASE = _in("coordination.k8s.io", "leases", "Lease")
NEW_EVENT = Kind(
    group="events.k8s.io",
    version="v1",
    plural="events",
    name="Event",
    short=("ev",),
    verbs=(*READ_VERBS, "delete", "deletecollection"),
)
ACCESS_REVIEW = _review(
    "authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"
)
RULES_REVIEW = _review("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview")
WHO_REVIEW = _review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview")
POD_USAGE = _usage("pods", "PodMetrics", namespaced=True)
NODE_USAGE = _usage("nodes", "NodeMetrics", namespaced=False)

KINDS: tuple[Kind, ...] = (
    CONFIG_MAP,
    ENDPOINTS,
    EVENT,
    LIMIT_RANGE,
    NAMESPACE,
    NODE,
    CLAIM,
    VOLUME,
    POD,
    QUOTA,
    SECRET,
    SERVICE_ACCOUNT,
    SERVICE,
    REVISION,
    DAEMON_SET,
    DEPLOYMENT,
    REPLICA_SET,
    STATEFUL_SET,
    CRON_JOB,
    JOB,
    AUTOSCALER,
    BUDGET,
    INGRESS,
    NETWORK_POLICY,
    _cluster("networking.k8s.io", "ingressclasses", "IngressClass"),
    SLICE,
    _cluster("storage.k8s.io", "storageclasses", "StorageClass", "sc"),
    _cluster("storage.k8s.io", "volumeattachments", "VolumeAttachment"),
    _cluster("scheduling.k8s.io", "priorityclasses", "PriorityClass", "pc"),
    LEASE,
    NEW_EVENT,
    _cluster("rbac.authorization.k8s.io", "clusterroles", "ClusterRole"),
    _cluster("rbac.authorization.k8s.io", "clusterrolebindings", "ClusterRoleBinding"),
    _in("rbac.authorization.k8s.io", "roles", "Role"),
    _in("rbac.authorization.k8s.io", "rolebindings", "RoleBinding"),
    ACCESS_REVIEW,
    RULES_REVIEW,
    WHO_REVIEW,
    POD_USAGE,
    NODE_USAGE,
)

_BY_PATH = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}
_BY_NAME = {(kind.api_version, kind.name): kind for kind in KINDS}


def kind_at(group: str, version: str, plural: str) -> Kind | None:
    """The kind served at that place of the API."""
    return _BY_PATH.get((group, version, plural))


def kind_named(api_version: str, name: str) -> Kind | None:
    """The kind with that `apiVersion` and `kind`."""
    return _BY_NAME.get((api_version, name))


def group_versions() -> list[tuple[str, str]]:
    """Every group and version served, core first."""
    return sorted({(kind.group, kind.version) for kind in KINDS})
