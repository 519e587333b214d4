"""Kinds that only some faults need: asked for when something in view makes them matter."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from sreagent.diagnose.admission import backends
from sreagent.diagnose.causes import Explanation
from sreagent.diagnose.scene import Scene
from sreagent.diagnose.shapes import part, parts, word
from sreagent.domain.diagnosis import CONFIDENT
from sreagent.domain.inventory import Inventory, controller_ref
from sreagent.domain.kinds import CHAOS, KINDS
from sreagent.tools.looks import ListObjects

Wish = tuple[str, str]
"""A namespace (empty for all) and a kind."""

OF_DNS = ("ConfigMap", "Service", "Endpoints", "Pod", "Deployment", "ReplicaSet", "Event")
"""What tells how the name service is; it runs in another namespace than most programs."""
OF_BACKENDS = ("Service", "Endpoints", "Pod", "Deployment", "ReplicaSet")
OF_RIGHTS = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
WEBHOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
UNEXPLAINED = tuple(
    name
    for name, kind in KINDS.items()
    if kind.custom and name not in (*CHAOS, "PolicyReport", "ClusterPolicyReport")
)
"""Kinds of extensions, where what everybody has does not explain the trouble."""
_DNS_WORDS = ("no such host", "ENOTFOUND", "EAI_AGAIN", "NXDOMAIN", "resolve host", "not known")
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
    said = " ".join(_complaints(inventory))
    logged = "\n".join(log.text for log in inventory.logs)
    kinds = chain(
        _of_storage(inventory),
        _of_traffic(inventory),
        _of_admission(said, so_far),
        _of_rights(said + logged),
        CHAOS,
        () if _is_explained(so_far) else UNEXPLAINED,
    )
    yield from ((namespace, kind) for kind in kinds)
    if namespace and _unschedulable(inventory):
        # What a node has left depends on the pods of every namespace.
        yield "", "Pod"
    if any(word in logged for word in _DNS_WORDS):
        yield from ((_DNS_HOME, kind) for kind in OF_DNS)
    for backend in backends(scene) if namespace else ():
        yield from ((backend.namespace, kind) for kind in OF_BACKENDS)


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
    if any("namespaceSelector" in str(one.get("spec")) for one in inventory.all("NetworkPolicy")):
        yield "Namespace"
    services = (part(one, "spec") for one in inventory.all("Service"))
    if any(not one.get("selector") and one.get("type") != "ExternalName" for one in services):
        yield "EndpointSlice"


def _of_admission(said: str, so_far: Explanation) -> Iterator[str]:
    if "FailedCreate" in said:
        yield "LimitRange"
    if "PodSecurity" in said:
        yield "Namespace"
    if "PriorityClass" in said:
        yield "PriorityClass"
    if "webhook" in said or "did not complete" in said:
        yield from WEBHOOKS
    if any(one.facts.get("template_limit") for one in so_far.findings):
        yield "MutatingWebhookConfiguration"
    if "kyverno" in said:
        yield "PolicyReport"
    if "metrics API" in said or "metrics.k8s.io" in said or "unable to handle the request" in said:
        yield "APIService"


def _of_rights(text: str) -> tuple[str, ...]:
    forbidden = "system:serviceaccount:" in text and "cannot " in text
    return OF_RIGHTS if forbidden else ()


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
