"""The Kubernetes kinds that are read: group, plural and the versions understood, newest first."""

from dataclasses import dataclass, replace


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
    custom: bool = False
    """Defined by an extension: read in the version that the server prefers, if it has it."""


def _kind(name: str, group: str, plural: str, *versions: str, **more: bool) -> Kind:
    return Kind(name=name, group=group, plural=plural, versions=versions, **more)


def _custom(group: str, *versions: str, **names: str) -> tuple[Kind, ...]:
    """Kinds of a namespace that an extension defines, each with its plural."""
    return tuple(
        Kind(name=name, group=group, plural=plural, versions=versions, custom=True)
        for name, plural in names.items()
    )


def _of_cluster(group: str, *versions: str, **names: str) -> tuple[Kind, ...]:
    """The same for kinds that belong to no namespace."""
    found = _custom(group, *versions, **names)
    return tuple(replace(kind, namespaced=False) for kind in found)


_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_VALIDATING = "validatingwebhookconfigurations"
_MUTATING = "mutatingwebhookconfigurations"
_GATEWAY = "gateway.networking.k8s.io"

CHAOS = (
    *("PodChaos", "NetworkChaos", "StressChaos", "IOChaos", "DNSChaos", "HTTPChaos", "TimeChaos"),
    *("KernelChaos", "JVMChaos", "BlockChaos", "ChaosEngine"),
)
"""Experiments that break something on purpose."""

_EXTENSIONS: tuple[Kind, ...] = (
    *_of_cluster(_GATEWAY, "v1", "v1beta1", GatewayClass="gatewayclasses"),
    *_custom(_GATEWAY, "v1", "v1beta1", Gateway="gateways", HTTPRoute="httproutes"),
    *_custom(_GATEWAY, "v1", "v1beta1", "v1alpha2", ReferenceGrant="referencegrants"),
    *_custom(
        "security.istio.io",
        *("v1", "v1beta1"),
        AuthorizationPolicy="authorizationpolicies",
        PeerAuthentication="peerauthentications",
    ),
    *_custom(
        "networking.istio.io",
        *("v1", "v1beta1", "v1alpha3"),
        VirtualService="virtualservices",
        DestinationRule="destinationrules",
    ),
    *_of_cluster(
        "crd.projectcalico.org",
        "v1",
        BGPPeer="bgppeers",
        BGPConfiguration="bgpconfigurations",
        IPPool="ippools",
    ),
    *_custom("keda.sh", "v1alpha1", ScaledObject="scaledobjects"),
    *_custom("cert-manager.io", "v1", Certificate="certificates", Issuer="issuers"),
    *_of_cluster("cert-manager.io", "v1", ClusterIssuer="clusterissuers"),
    *_custom("argoproj.io", "v1alpha1", Application="applications"),
    *_custom(
        "kustomize.toolkit.fluxcd.io",
        *("v1", "v1beta2", "v1beta1"),
        Kustomization="kustomizations",
    ),
    *_custom("helm.toolkit.fluxcd.io", "v2", "v2beta2", "v2beta1", HelmRelease="helmreleases"),
    *_custom(
        "source.toolkit.fluxcd.io",
        *("v1", "v1beta2", "v1beta1"),
        GitRepository="gitrepositories",
        OCIRepository="ocirepositories",
        HelmRepository="helmrepositories",
        Bucket="buckets",
        HelmChart="helmcharts",
    ),
    *_custom(
        "operators.coreos.com",
        "v1alpha1",
        ClusterServiceVersion="clusterserviceversions",
        Subscription="subscriptions",
        InstallPlan="installplans",
        CatalogSource="catalogsources",
    ),
    *_custom("operators.coreos.com", "v1", "v1alpha2", OperatorGroup="operatorgroups"),
    *_of_cluster(
        "olm.operatorframework.io",
        *("v1", "v1alpha1"),
        ClusterCatalog="clustercatalogs",
        ClusterExtension="clusterextensions",
    ),
    *_custom("wgpolicyk8s.io", "v1alpha2", "v1beta1", PolicyReport="policyreports"),
    *_of_cluster(
        "wgpolicyk8s.io", "v1alpha2", "v1beta1", ClusterPolicyReport="clusterpolicyreports"
    ),
    *_custom("chaos-mesh.org", "v1alpha1", **{kind: kind.lower() for kind in CHAOS[:-1]}),
    *_custom("litmuschaos.io", "v1alpha1", ChaosEngine="chaosengines"),
)

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
        _kind(
            *("IngressClass", "networking.k8s.io", "ingressclasses", "v1", "v1beta1"),
            namespaced=False,
        ),
        _kind("EndpointSlice", "discovery.k8s.io", "endpointslices", "v1", "v1beta1"),
        _kind("Role", _RBAC, "roles", "v1"),
        _kind("RoleBinding", _RBAC, "rolebindings", "v1"),
        _kind("ClusterRole", _RBAC, "clusterroles", "v1", namespaced=False),
        _kind("ClusterRoleBinding", _RBAC, "clusterrolebindings", "v1", namespaced=False),
        _kind("ValidatingWebhookConfiguration", _ADMISSION, _VALIDATING, "v1", namespaced=False),
        _kind("MutatingWebhookConfiguration", _ADMISSION, _MUTATING, "v1", namespaced=False),
        _kind("APIService", "apiregistration.k8s.io", "apiservices", "v1", namespaced=False),
        _kind(
            *("CustomResourceDefinition", "apiextensions.k8s.io", "customresourcedefinitions"),
            *("v1", "v1beta1"),
            namespaced=False,
        ),
        _kind(
            *("PriorityClass", "scheduling.k8s.io", "priorityclasses", "v1", "v1beta1"),
            namespaced=False,
        ),
        _kind("Lease", "coordination.k8s.io", "leases", "v1"),
        _kind("StorageClass", "storage.k8s.io", "storageclasses", "v1", namespaced=False),
        _kind("VolumeAttachment", "storage.k8s.io", "volumeattachments", "v1", namespaced=False),
        *_EXTENSIONS,
    )
}
