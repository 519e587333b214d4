"""Kinds that only some faults need: asked for when something in view makes them matter."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain

from sreagent.diagnose.argument.causes import Explanation
from sreagent.diagnose.conditions.admission import backends
from sreagent.diagnose.conditions.custom_resources import conversion_backends
from sreagent.diagnose.objects.shapes import part, parts, word
from sreagent.diagnose.view.denials import denials
from sreagent.diagnose.view.kind_complaints import tells_of_kinds
from sreagent.diagnose.view.readers import NOBODY_READS
from sreagent.diagnose.view.scene import WORKLOADS, Scene
from sreagent.domain.diagnosis import CONFIDENT
from sreagent.domain.inventory import Inventory, controller_ref
from sreagent.domain.kinds import CHAOS, KINDS
from sreagent.domain.signal import Measure
from sreagent.tools.looks import ListObjects

Wish = tuple[str, str]
"""A namespace (empty for all) and a kind."""

OF_DNS = ("ConfigMap", "Service", "Endpoints", "Pod", "Deployment", "ReplicaSet", "Event")
"""What tells how the name service is; it runs in another namespace than most programs."""
OF_BACKENDS = ("Service", "Endpoints", "Pod", "Deployment", "ReplicaSet")
OF_READERS = ("Deployment", "StatefulSet", "ConfigMap")
"""What tells who is configured to read a queue."""
OF_RIGHTS = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
OF_CERTIFICATES = ("Certificate", "Issuer", "ClusterIssuer")
WEBHOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
UNEXPLAINED = tuple(
    name
    for name, kind in KINDS.items()
    if kind.custom and name not in (*CHAOS, "PolicyReport", "ClusterPolicyReport")
)
"""Kinds of extensions, where what everybody has does not explain the trouble."""
FROM_AFAR = ("CronJob",)
"""Kinds that act from other namespaces, where logs do not tell either: who scales others by the
clock. Not everybody may look there, so what is nearer comes first."""
MESH_HOME = "istio-system"
MESH_WIDE = ("AuthorizationPolicy", "PeerAuthentication")
ARGO_HOME = "argocd"
ARGO_MARK = "argocd.argoproj.io/tracking-id"
FLUX_MARKS = {
    "Kustomization": "kustomize.toolkit.fluxcd.io/namespace",
    "HelmRelease": "helm.toolkit.fluxcd.io/namespace",
}
FLUX_SOURCES = ("GitRepository", "OCIRepository", "HelmRepository", "Bucket", "HelmChart")
_DNS_WORDS = ("no such host", "ENOTFOUND", "EAI_AGAIN", "NXDOMAIN", "resolve host", "not known")
_REWRITTEN = frozenset({"template_limit", "rewritten"})
"""Facts of pods that are not what their template says."""
_DNS_HOME = "kube-system"


def further_lists(scene: Scene, so_far: Explanation, namespace: str) -> tuple[ListObjects, ...]:
    """Lists worth asking for that were neither made nor refused, by namespace."""
    inventory = scene.inventory
    wanted: dict[str, list[str]] = defaultdict(list)
    for space, kind in dict.fromkeys(_wishes(scene, so_far, namespace)):
        scope = space if KINDS[kind].namespaced else ""
        if not inventory.looked(kind, scope) and not inventory.gap(kind, scope):
            wanted[scope].append(kind)
    return tuple(
        ListObjects(namespace=space, kinds=tuple(dict.fromkeys(kinds)))
        for space, kinds in wanted.items()
    )


def _wishes(scene: Scene, so_far: Explanation, namespace: str) -> Iterator[Wish]:
    inventory = scene.inventory
    said = scene.keep(_said, _said, inventory)
    kinds = chain(
        _of_storage(inventory),
        _of_traffic(inventory),
        _of_admission(said, so_far),
        OF_RIGHTS if _is_refused(said) else (),
    )
    yield from ((namespace, kind) for kind in kinds)
    for refused in dict.fromkeys(one.asked.namespace for one in denials(scene)):
        yield from ((refused or namespace, kind) for kind in OF_RIGHTS)
    # Experiments lie apart from what they hit.
    yield from (("", kind) for kind in CHAOS)
    yield from _of_deliveries(inventory, namespace)
    if not _is_explained(so_far):
        yield from (("", kind) for kind in FROM_AFAR if inventory.logs)
        yield from ((namespace, kind) for kind in UNEXPLAINED)
        yield from ((MESH_HOME, kind) for kind in MESH_WIDE)
        yield from _of_routes(inventory)
    if namespace and _unschedulable(inventory):
        # What a node has left depends on the pods of every namespace.
        yield "", "Pod"
    if any(NOBODY_READS in one.facts for one in so_far.findings):
        # A broker serves programs of any namespace, and names none of them.
        yield from (("", kind) for kind in OF_READERS)
    for cause in so_far.causes:
        if cause.relevant and cause.entity.kind in ("StatefulSet", "DaemonSet"):
            yield cause.entity.namespace, "ControllerRevision"
        if cause.entity.kind == "ReplicaSet":
            # Of its pods only the name of their owner is known: its Deployment is elsewhere.
            yield from ((cause.entity.namespace, kind) for kind in ("ReplicaSet", "Deployment"))
    if _logs(inventory, lambda text: any(sign in text for sign in _DNS_WORDS)):
        yield from ((_DNS_HOME, kind) for kind in OF_DNS)
    yield from _of_extensions(inventory)
    for backend in (*backends(scene), *conversion_backends(scene)) if namespace else ():
        yield from ((backend.namespace, kind) for kind in OF_BACKENDS)


def _logs(inventory: Inventory, tells: Callable[[str], bool]) -> bool:
    return any(tells(log.text) for log in inventory.logs)


def _is_refused(text: str) -> bool:
    return "system:serviceaccount:" in text and "cannot " in text


def _is_explained(so_far: Explanation) -> bool:
    return any(cause.relevant and cause.confidence >= CONFIDENT for cause in so_far.causes)


def _of_storage(inventory: Inventory) -> Iterator[str]:
    if any(inventory.all("PersistentVolumeClaim")):
        yield from ("PersistentVolume", "StorageClass")
    if any(inventory.all("StatefulSet")) or any(inventory.all("DaemonSet")):
        yield "ControllerRevision"


def _of_traffic(inventory: Inventory) -> Iterator[str]:
    if any(not parts(one, "status", "loadBalancer", "ingress") for one in inventory.all("Ingress")):
        yield "IngressClass"
    services = (part(one, "spec") for one in inventory.all("Service"))
    if any(not one.get("selector") and one.get("type") != "ExternalName" for one in services):
        yield "EndpointSlice"


def _of_admission(said: str, so_far: Explanation) -> Iterator[str]:
    if "FailedCreate" in said:
        yield "LimitRange"
    if "PriorityClass" in said:
        yield "PriorityClass"
    if "webhook" in said or "did not complete" in said:
        yield from WEBHOOKS
    if any(_REWRITTEN & one.facts.keys() for one in so_far.findings):
        yield "MutatingWebhookConfiguration"
    if "kyverno" in said:
        yield "PolicyReport"
    if "metrics API" in said or "metrics.k8s.io" in said or "unable to handle the request" in said:
        yield "APIService"


def _of_deliveries(inventory: Inventory, namespace: str) -> Iterator[Wish]:
    """What brought the workloads in view, where its marks on them say that it lies."""
    marks = [
        (part(one, "metadata", "labels"), part(one, "metadata", "annotations"))
        for kind in WORKLOADS
        for one in inventory.all(kind)
    ]
    if any(ARGO_MARK in notes or ARGO_MARK in labels for labels, notes in marks):
        yield from ((space, "Application") for space in dict.fromkeys((namespace, ARGO_HOME)))
    for kind, mark in FLUX_MARKS.items():
        spaces = {word(labels, mark) for labels, _ in marks if mark in labels}
        for space in sorted(spaces - {""}):
            yield from ((space, one) for one in (kind, *FLUX_SOURCES))


def _of_extensions(inventory: Inventory) -> Iterator[Wish]:
    """What metrics and logs tell of, in kinds that are not read otherwise."""
    for one in inventory.signals:
        if one.measure is Measure.CERTIFICATE and one.entity.kind == "Certificate":
            yield from ((one.entity.namespace, kind) for kind in OF_CERTIFICATES)
    if tells_of_kinds(inventory):
        # Definitions hold whole schemas: megabytes that only this makes worth reading.
        yield "", "CustomResourceDefinition"


def _of_routes(inventory: Inventory) -> Iterator[Wish]:
    """Gateways and Services of other namespaces that routes in view name."""
    for route in inventory.all("HTTPRoute"):
        for ref in parts(route, "spec", "parentRefs"):
            if space := word(ref, "namespace"):
                yield space, "Gateway"
        for rule in parts(route, "spec", "rules"):
            for ref in parts(rule, "backendRefs"):
                if space := word(ref, "namespace"):
                    yield from ((space, kind) for kind in ("Service", "Pod", "ReferenceGrant"))


def _said(inventory: Inventory) -> str:
    return " ".join(_complaints(inventory))


def _complaints(inventory: Inventory) -> Iterator[str]:
    """What controllers say does not work."""
    for event in inventory.all("Event"):
        if event.get("type") != "Normal":
            yield f"{word(event, 'reason')} {word(event, 'message', limit=1000)}"
    for kind in ("ReplicaSet", "HorizontalPodAutoscaler", "Deployment"):
        for item in inventory.all(kind):
            if kind == "ReplicaSet" and not controller_ref(item):
                continue
            for state in parts(item, "status", "conditions"):
                if state.get("reason") or state.get("message"):
                    yield f"{word(state, 'reason')} {word(state, 'message', limit=1000)}"


def _unschedulable(inventory: Inventory) -> bool:
    return any(
        state.get("reason") == "Unschedulable"
        for pod in inventory.all("Pod")
        for state in parts(pod, "status", "conditions")
    )
