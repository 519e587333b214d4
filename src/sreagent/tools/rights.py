"""The least rights that this program works with, as Kubernetes objects, for each role.

Made from the kinds that are read and the verbs of the catalogue, so that neither grows alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sreagent.domain.kinds import KINDS
from sreagent.tools.reads.usage import METRICS

READ = ("get", "list")
HOME = "sreagent"
"""The namespace that is made for the account when none is named."""


class Role(StrEnum):
    """What a service account is for. Each may do what the one before may, and more."""

    OBSERVER = "observer"
    """Looks at objects and events: no logs, no Secrets, no changes."""
    DIAGNOSTICIAN = "diagnostician"
    """Also reads logs and usage: enough for every diagnosis."""
    REMEDIATOR = "remediator"
    """Also makes the changes of the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One rule of a Role: verbs on resources of a group."""

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    cluster: bool = False
    """The resources are not in a namespace."""

    @property
    def rule(self) -> dict[str, Any]:
        """As RBAC spells it."""
        return {
            "apiGroups": [self.group],
            "resources": list(self.resources),
            "verbs": list(self.verbs),
        }


_WORKLOADS = Right(
    group="apps", resources=("deployments", "statefulsets", "daemonsets"), verbs=("patch",)
)
_EVICT = Right(group="", resources=("pods/eviction",), verbs=("create",))
_NODES = Right(group="", resources=("nodes",), verbs=("patch",), cluster=True)
_SERVICES = Right(group="", resources=("services",), verbs=("patch",))
_INGRESSES = Right(group="networking.k8s.io", resources=("ingresses",), verbs=("patch",))
_CRONJOBS = Right(group="batch", resources=("cronjobs",), verbs=("patch",))

CHANGES: Mapping[str, tuple[Right, ...]] = {
    **dict.fromkeys(
        (
            *("rollout_undo", "rollout_restart", "set_resources", "set_image"),
            "restore_env",
        ),
        (_WORKLOADS,),
    ),
    "scale": (Right(group="apps", resources=("deployments", "statefulsets"), verbs=("patch",)),),
    "delete_pod": (Right(group="", resources=("pods",), verbs=("delete",)),),
    "evict_pod": (_EVICT,),
    "cordon": (_NODES,),
    "uncordon": (_NODES,),
    "drain": (_NODES, _EVICT),
    "set_autoscaler_bounds": (
        Right(group="autoscaling", resources=("horizontalpodautoscalers",), verbs=("patch",)),
    ),
    "suspend": (_CRONJOBS,),
    "resume": (_CRONJOBS,),
    "delete_job": (Right(group="batch", resources=("jobs",), verbs=("delete",)),),
    "patch_service": (_SERVICES,),
    "patch_ingress": (_INGRESSES,),
    "restore_applied": (
        Right(group="", resources=("configmaps",), verbs=("patch",)),
        _SERVICES,
        _INGRESSES,
        Right(group="networking.k8s.io", resources=("networkpolicies",), verbs=("patch",)),
    ),
}
"""What each change of a Kubernetes object needs besides reading it."""


def manifests(
    role: Role, *, account: str, namespace: str = "", only: str = ""
) -> list[dict[str, Any]]:
    """The ServiceAccount and its (Cluster)Roles with their bindings, in the order to apply them.

    `account` in `namespace` is who runs; without one, a namespace is made for it. `only` narrows
    all that lies in a namespace to this one (a Role there). What belongs to no namespace is then
    still read, by a small ClusterRole, and no longer changed.
    """
    subject = {"kind": "ServiceAccount", "name": account, "namespace": namespace or HOME}
    made = [] if namespace else [_object("v1", "Namespace", HOME)]
    made.append(_object("v1", "ServiceAccount", account, namespace or HOME))
    name, rights = f"sre-{role}", list(_rights(role))
    if not only:
        return [*made, *_granted("ClusterRole", name, "", rights, subject)]
    shared = [right for right in rights if right.cluster and set(right.verbs) <= set(READ)]
    within = [right for right in rights if not right.cluster]
    made += _granted("ClusterRole", f"{name}-shared", "", shared, subject)
    return [*made, *_granted("Role", name, only, within, subject)]


def _rights(role: Role) -> Iterator[Right]:
    for group, cluster in sorted({(k.group, not k.namespaced) for k in KINDS.values()}):
        kinds = [k for k in KINDS.values() if (k.group, not k.namespaced) == (group, cluster)]
        # Who may list Secrets may read their values; sre does without.
        plurals = tuple(kind.plural for kind in kinds if not kind.metadata_only)
        yield Right(group=group, resources=plurals, verbs=READ, cluster=cluster)
    if role is Role.OBSERVER:
        return
    yield Right(group="", resources=("pods/log",), verbs=("get",))
    yield Right(group=METRICS, resources=("pods",), verbs=READ)
    yield Right(group=METRICS, resources=("nodes",), verbs=READ, cluster=True)
    if role is Role.REMEDIATOR:
        yield from dict.fromkeys(right for rights in CHANGES.values() for right in rights)


def _granted(
    kind: str, name: str, namespace: str, rights: Sequence[Right], subject: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    group = "rbac.authorization.k8s.io"
    role = _object(f"{group}/v1", kind, name, namespace)
    yield {**role, "rules": [right.rule for right in rights]}
    # Each account has bindings of its own, so that a second one takes nothing from the first.
    bound = f"{name}:{subject['namespace']}:{subject['name']}"
    yield {
        **_object(f"{group}/v1", f"{kind}Binding", bound, namespace),
        "roleRef": {"apiGroup": group, "kind": kind, "name": name},
        "subjects": [dict(subject)],
    }


def _object(version: str, kind: str, name: str, namespace: str = "") -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "labels": {"app.kubernetes.io/name": "sreagent"}}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": version, "kind": kind, "metadata": metadata}
