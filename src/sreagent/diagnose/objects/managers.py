"""Who changed an object, and when: field managers and the last applied configuration."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import parse_time

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_CONTROLLERS = (
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-apiserver",
    "cloud-controller-manager",
    "coredns",
    "kube-proxy",
    "k3s",
    "k0s",
    "endpoint-controller",
    "cluster-autoscaler",
    "csi-",
    "external-provisioner",
    "external-attacher",
)
_CONTENT = (
    *("f:spec", "f:data", "f:binaryData", "f:stringData", "f:immutable", "f:type", "f:rules"),
    *("f:webhooks", "f:subjects", "f:roleRef", "f:aggregationRule", "f:subsets"),
    *("f:provisioner", "f:parameters", "f:reclaimPolicy", "f:volumeBindingMode"),
    *("f:allowVolumeExpansion", "f:mountOptions", "f:value", "f:globalDefault"),
    *("f:preemptionPolicy", "f:imagePullSecrets", "f:automountServiceAccountToken"),
)
_TELLING_LABELS = ("Node", "Namespace")
"""Kinds whose labels decide where pods go and what is let in."""
_TELLING_NOTES = ("Ingress",)
"""Kinds that are configured by annotations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What one field manager wrote last."""

    by: str
    at: datetime
    told: tuple[str, ...] | None = None
    """Its fields, where others than those that it owns are meant."""
    kind: str = ""
    owned: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths of the content that it owns: `spec.selector.tier`."""
        # Worked out late: of most edits of a large cluster only the time is asked for.
        return self.told if self.told is not None else tuple(_content(self.kind, self.owned))


def edits(item: Obj) -> Iterator[Edit]:
    """Edits of the content by people and their tools, not by the cluster's own controllers."""
    for entry in item["metadata"].get("managedFields") or ():
        if entry.get("subresource") == "status" or is_controller(entry.get("manager", "")):
            continue
        kind, owned = str(item.get("kind")), entry.get("fieldsV1") or EMPTY
        at = parse_time(entry.get("time"))
        if at and next(_content(kind, owned), None):
            yield Edit(by=entry.get("manager", ""), at=at, kind=kind, owned=owned)


def last_edit(item: Obj, below: str = "") -> Edit | None:
    """The newest edit, of those that own fields below this path if one is given."""
    found = [
        edit
        for edit in edits(item)
        if not below or any(path.startswith(below) for path in edit.fields)
    ]
    return max(found, key=lambda edit: edit.at, default=None)


def is_controller(manager: str) -> bool:
    """Whether a field manager is part of the cluster itself."""
    return manager.startswith(_CONTROLLERS)


def last_applied(item: Obj) -> Obj:
    """What `kubectl apply` sent last; empty when it was never used."""
    text = (item["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    if not text:
        return EMPTY
    try:
        found = json.loads(text)
    except ValueError:
        return EMPTY
    return found if isinstance(found, dict) else EMPTY


def written_at(item: Obj) -> datetime | None:
    """The newest time that any field manager noted, of whatever field."""
    times = [parse_time(entry.get("time")) for entry in item["metadata"].get("managedFields") or ()]
    return max((one for one in times if one), default=None)


def _content(kind: str, owned: Mapping[str, Any]) -> Iterator[str]:
    for root in _CONTENT:
        if root in owned:
            yield from _paths(owned[root], root[2:])
    meta = owned.get("f:metadata") or EMPTY
    if kind in _TELLING_LABELS and "f:labels" in meta:
        yield from _paths(meta["f:labels"], "labels")
    if kind in _TELLING_NOTES and "f:annotations" in meta:
        yield from (
            path
            for path in _paths(meta["f:annotations"], "annotations")
            if LAST_APPLIED not in path
        )


def _paths(owned: dict[str, Any], path: str) -> Iterator[str]:
    inner = {key: value for key, value in owned.items() if key.startswith(("f:", "k:"))}
    if not inner:
        yield path
    for key, value in inner.items():
        name = f"{path}.{key[2:]}" if key.startswith("f:") else f"{path}[{_key(key[2:])}]"
        yield from _paths(value or {}, name)


def _key(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return ",".join(str(value) for value in found.values()) if isinstance(found, dict) else text
