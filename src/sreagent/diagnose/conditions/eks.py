"""What AWS itself says of a cluster that it runs: the cluster, its node groups, its add-ons."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.podspec import is_ready, pod_condition
from sreagent.diagnose.objects.shapes import parts, whole, word, words
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of

_CLUSTER, _GROUP, _ADDON = "AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "AWS::EKS::Addon"
_GROUP_LABEL = "eks.amazonaws.com/nodegroup"
_HOME = "kube-system"
_PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "vpc-cni": ("aws-node",),
    "aws-ebs-csi-driver": ("ebs-csi-controller", "ebs-csi-node"),
    "aws-efs-csi-driver": ("efs-csi-controller", "efs-csi-node"),
    "eks-pod-identity-agent": ("eks-pod-identity-agent",),
}
"""What runs for an add-on, where that has another name."""
_SHORT = "InsufficientNumberOfReplicas"
"""Tells that pods of an add-on are not ready, and not why."""
_MILD = frozenset(
    {"UnsupportedVersion", "InsufficientFreeAddresses", "StsRegionalEndpointDisabled"}
)
"""Issues of a cluster that stop its upgrade, and nothing that runs."""
_OF_NEW_NODES = (
    *("LaunchTemplate", "LaunchFailures", "LimitExceeded", "FreeAddresses", "AmiId"),
    *("InstanceType", "InstanceRefresh", "PodEviction"),
)
"""Issues of a node group that keep nodes from coming, and take none away."""
_FAILED = ("FAILED", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_FAILED", "DEGRADED")
_SECURITY = ("AccessDenied", "Iam", "Kms", "AddonPermissionFailure", "AdmissionRequestDenied")
_NETWORK = ("Subnet", "Vpc", "SecurityGroup", "FreeAddresses", "Unreachable")


@condition(
    "eks.cluster",
    _CLUSTER,
    worth=0.84,
    even_mild=True,
    breaks_anything=True,
    refuted_by="`aws eks describe-cluster` without that issue while the trouble goes on",
)
def cluster(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """AWS says that something which a cluster needs is gone, forbidden or used up."""
    for one in _issues(item):
        mild = word(one, "code") in _MILD
        severity = Severity.WARNING if mild else Severity.ERROR
        yield _told("eks.cluster", entity, one, severity)


@condition(
    "eks.node_group",
    _GROUP,
    worth=0.84,
    even_mild=True,
    breaks_anything=True,
    refuted_by="a node of the group that joins while the trouble goes on",
)
def node_group(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """AWS cannot start, keep or reach nodes of a group."""
    nodes = [one for one in scene.all("Node") if labels_of(one).get(_GROUP_LABEL) == entity.name]
    wanted = whole(item, "scalingConfig", "desiredSize") or 0
    listed = scene.inventory.looked("Node")
    short = listed and len(nodes) < wanted
    gone = [entity_of("Node", one) for one in nodes if not is_ready(one)]
    waiting = _waiting(scene) if short else []
    said = f"; it is to have {wanted} nodes and has {len(nodes)}" if short else ""
    for one in _issues(item):
        takes_none = any(sign in word(one, "code") for sign in _OF_NEW_NODES)
        facts = _explains(waiting if takes_none else [*gone, *waiting])
        yield _told("eks.node_group", entity, one, Severity.ERROR, said, facts=facts)


@condition(
    "eks.addon",
    _ADDON,
    worth=0.82,
    even_mild=True,
    breaks_anything=True,
    refuted_by="`aws eks describe-addon` without that issue while the trouble goes on",
)
def addon(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """AWS cannot install or manage an add-on of the cluster."""
    for one in _issues(item):
        if word(one, "code") != _SHORT:
            facts = _explains(_programs(scene, entity))
            yield _told("eks.addon", entity, one, Severity.ERROR, facts=facts)


@condition("eks.addon_short", _ADDON, role=Role.SYMPTOM, worth=0.40)
def addon_short(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """AWS says that an add-on of the cluster has too few pods that are ready."""
    for one in _issues(item):
        if word(one, "code") == _SHORT:
            suspects = tuple(_programs(scene, entity))
            yield _told("eks.addon_short", entity, one, Severity.ERROR, suspects=suspects)


def _issues(item: Obj) -> list[Obj]:
    """The health issues that are told; where there are none, a status that says the same."""
    found = [one for one in parts(item, "health", "issues") if word(one, "code")]
    status = word(item, "status")
    if not found and status in _FAILED:
        return [{"code": status, "message": "no health issue is told"}]
    return found


def _told(
    name: str,
    entity: Entity,
    issue: Obj,
    severity: Severity,
    said: str = "",
    **more: Any,  # noqa: ANN401 - fields of different types
) -> Finding:
    code, message = word(issue, "code"), word(issue, "message", limit=300)
    about = [one for one in words(issue, "resourceIds") if one not in message][:4]
    names = f" ({', '.join(about)})" if about else ""
    return Finding(
        condition=name,
        entity=entity,
        claim=f"{_noun(entity)} has the health issue {code}{names}: "
        f"{message or 'no reason is given'}{said}",
        category=_category(code),
        severity=severity,
        path=f"health.issues[{code}]",
        source="aws",
        command=entity.get,
        excerpt=message,
        tainted=True,
        **{**more, "facts": {"code": code, **more.get("facts", {})}},
    )


def _explains(sufferers: Iterable[Entity]) -> dict[str, str]:
    paths = dict.fromkeys(one.path for one in sufferers)
    return {"explains": " ".join([*paths][:20])} if paths else {}


def _noun(entity: Entity) -> str:
    noun = {_CLUSTER: "cluster", _GROUP: "node group", _ADDON: "add-on"}[entity.kind]
    return f"EKS {noun} {'/'.join(filter(None, (entity.namespace, entity.name)))}"


def _category(code: str) -> Category:
    if any(sign in code for sign in _SECURITY):
        return Category.SECURITY
    if any(sign in code for sign in _NETWORK):
        return Category.NETWORK
    return Category.RESOURCE if "Limit" in code else Category.CONFIGURATION


def _waiting(scene: Scene) -> list[Entity]:
    """Programs whose pods find no node with room for them."""
    found = []
    for pod in scene.pods_by_node.get("", ()):
        state = pod_condition(pod, "PodScheduled")
        said = str(state.get("message") or "")
        if state.get("reason") == "Unschedulable" and ("Insufficient" in said or "0/0" in said):
            found.append(scene.workload_of(pod))
    return list(dict.fromkeys(found))


def _programs(scene: Scene, entity: Entity) -> list[Entity]:
    """What runs for an add-on, as far as it is in view."""
    return [
        Entity(kind=kind, namespace=_HOME, name=name)
        for name in _PROGRAMS.get(entity.name, (entity.name,))
        for kind in WORKLOADS
        if scene.get(kind, _HOME, name)
    ]
