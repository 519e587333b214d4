"""Every kind of object the pretend cluster serves, and how the API spells it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

TODAY = "v1.31.4"
OLDEST = "v1.20.2"
VERSIONS = (TODAY, OLDEST)
READ_VERBS = ("get", "list", "watch")
WRITE_VERBS = ("create", "delete", "deletecollection", "patch", "update")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """One resource of the API; each is only the same as itself."""

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
    is_custom: bool = False
    """Not of Kubernetes itself; nothing is known of its fields."""
    of: "Kind | None" = None
    """The kind its objects are kept as, when it only is another spelling of that one."""

    @property
    def kept(self) -> "Kind":
        """The kind its objects are kept as."""
        return self.of or self

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
    of=EVENT,
)
ACCESS_REVIEW = _review(
    "authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"
)
RULES_REVIEW = _review("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview")
WHO_REVIEW = _review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview")
POD_USAGE = _usage("pods", "PodMetrics", namespaced=True)
NODE_USAGE = _usage("nodes", "NodeMetrics", namespaced=False)

STORAGE_CLASS = _cluster("storage.k8s.io", "storageclasses", "StorageClass", "sc")
PRIORITY_CLASS = _cluster("scheduling.k8s.io", "priorityclasses", "PriorityClass", "pc")
DEFINITION = _cluster(
    "apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", "crd"
)
API_SERVICE = _cluster("apiregistration.k8s.io", "apiservices", "APIService")
MUTATING = _cluster(
    "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration"
)
VALIDATING = _cluster(
    "admissionregistration.k8s.io",
    "validatingwebhookconfigurations",
    "ValidatingWebhookConfiguration",
)

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
    STORAGE_CLASS,
    _cluster("storage.k8s.io", "volumeattachments", "VolumeAttachment"),
    _cluster("storage.k8s.io", "csidrivers", "CSIDriver"),
    _cluster("storage.k8s.io", "csinodes", "CSINode"),
    PRIORITY_CLASS,
    _cluster("node.k8s.io", "runtimeclasses", "RuntimeClass"),
    DEFINITION,
    API_SERVICE,
    MUTATING,
    VALIDATING,
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


class Kinds:
    """The kinds one cluster serves: those of its version, and custom ones."""

    def __init__(self, version: str = TODAY) -> None:
        self.version = version
        self._kinds: list[Kind] = [*(_of_the_past() if version == OLDEST else _of_today())]
        self._index()

    def all(self) -> tuple[Kind, ...]:
        """Every kind, as it is served."""
        return tuple(self._kinds)

    def stored(self) -> tuple[Kind, ...]:
        """Every kind that objects are kept as."""
        found = (kind.kept for kind in self._kinds if not kind.is_virtual)
        return tuple(dict.fromkeys(found))

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind served at that place of the API."""
        return self._by_path.get((group, version, plural))

    def named(self, api_version: str, name: str) -> Kind | None:
        """The kind with that `apiVersion` and `kind`, in any spelling a cluster ever had.

        A manifest may be written for another version than this cluster's.
        """
        found = self._by_name.get((api_version, name))
        if found is not None:
            return found
        group = api_version.partition("/")[0] if "/" in api_version else ""
        same = (kind for kind in self._kinds if (kind.group, kind.name) == (group, name))
        return next(same, None)

    def called(self, word: str) -> Kind | None:
        """The kind a person means on a command line: `deploy`, `Service`, `jobs.batch`."""
        plain, _, group = word.lower().partition(".")
        for kind in self._kinds:
            if plain in (kind.plural, kind.singular, *kind.short) and kind.group.startswith(group):
                return kind
        return None

    def group_versions(self) -> list[tuple[str, str]]:
        """Every group and version served, core first, the preferred version of a group first."""
        return sorted(
            {(kind.group, kind.version) for kind in self._kinds},
            key=lambda each: (each[0], _age(each[1])),
        )

    def learn(self, kind: Kind) -> Kind:
        """Serve a kind from here on."""
        known = self.at(kind.group, kind.version, kind.plural)
        if known is None:
            self._kinds.append(kind)
            self._index()
        return known or kind

    def _index(self) -> None:
        self._by_path = {(kind.group, kind.version, kind.plural): kind for kind in self._kinds}
        self._by_name = {(kind.api_version, kind.name): kind for kind in self._kinds}


def guessed(obj: dict[str, Any]) -> Kind:
    """The kind of a custom object nobody defined."""
    group, _, version = str(obj["apiVersion"]).rpartition("/")
    name = str(obj["kind"])
    return Kind(
        group=group,
        version=version,
        plural=_plural(name.lower()),
        name=name,
        namespaced=bool((obj.get("metadata") or {}).get("namespace")),
        subresources=("status",),
        is_custom=True,
    )


def defined(definition: dict[str, Any]) -> list[Kind]:
    """The kinds a CustomResourceDefinition brings, one for each version it serves."""
    spec = definition["spec"]
    names = spec["names"]
    found = [
        Kind(
            group=spec["group"],
            version=each["name"],
            plural=names["plural"],
            name=names["kind"],
            short=tuple(names.get("shortNames") or ()),
            namespaced=spec.get("scope") != "Cluster",
            subresources=("status",),
            is_custom=True,
        )
        for each in spec.get("versions") or ()
        if each.get("served", True)
    ]
    first = found[0] if found else None
    return [kind if kind is first else replace(kind, of=first) for kind in found]


def _plural(name: str) -> str:
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")


def _age(version: str) -> tuple[int, str]:
    stage = 2 if "alpha" in version else 1 if "beta" in version else 0
    return stage, version if stage else "".join(chr(255 - ord(each)) for each in version)


def _of_today() -> Iterable[Kind]:
    yield from KINDS
    yield replace(AUTOSCALER, version="v1", of=AUTOSCALER)


def _of_the_past() -> Iterable[Kind]:
    renamed: dict[Kind, tuple[str, ...]] = {
        CRON_JOB: ("v1beta1",),
        BUDGET: ("v1beta1",),
        SLICE: ("v1beta1",),
        AUTOSCALER: ("v1", "v2beta2"),
    }
    for kind in KINDS:
        if kind is WHO_REVIEW:
            continue
        if kind in renamed:
            yield from (replace(kind, version=each, of=kind) for each in renamed[kind])
        else:
            yield kind


def kind_named(api_version: str, name: str) -> Kind | None:
    """The kind with that `apiVersion` and `kind`, as a cluster of today spells it."""
    return next(
        (each for each in KINDS if (each.api_version, each.name) == (api_version, name)), None
    )
