"""Who would set a field back: a deployer, an autoscaler, an operator."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory, Obj, controller_ref
from sreagent.domain.kinds import KINDS
from sreagent.domain.text import one_line

MARKS: Mapping[str, str] = {
    "argocd.argoproj.io/instance": "Argo CD",
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "meta.helm.sh/release-name": "Helm",
}
"""Labels and annotations by which a deployer marks what it owns."""
MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGERS: Mapping[str, str] = {
    "argocd": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "flux": "Flux",
    "helm": "Helm",
    "Helm": "Helm",
}
"""Beginnings of the names under which deployers write fields."""


def owner_of(inventory: Inventory, target: Entity, live: Obj, fields: Iterable[str]) -> str:
    """Who would set these fields (JSON pointers) of an object back; empty when nobody is known."""
    pointers = tuple(fields)
    if "/spec/replicas" in pointers and (scaler := autoscaler_of(inventory, target)):
        return f"HorizontalPodAutoscaler {scaler}"
    return next(_owners(live, pointers), "")


def deployer_of(obj: Obj) -> str:
    """The deployer whose mark an object bears."""
    meta = obj["metadata"]
    marks = {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}
    helm = "Helm" if marks.get(MANAGED_BY) == "Helm" else ""
    return next((name for mark, name in MARKS.items() if mark in marks), helm)


def autoscaler_of(inventory: Inventory, target: Entity) -> str:
    """Name of the HorizontalPodAutoscaler that owns the replica count of a workload."""
    for scaler in inventory.all("HorizontalPodAutoscaler", target.namespace):
        ref = scaler["spec"].get("scaleTargetRef", {})
        if (ref.get("kind"), ref.get("name")) == (target.kind, target.name):
            return str(scaler["metadata"]["name"])
    return ""


def _owners(live: Obj, pointers: tuple[str, ...]) -> Iterator[str]:
    if name := deployer_of(live):
        yield name
    owner = controller_ref(live)
    if owner and owner["kind"] not in KINDS:
        # The operator of a custom resource writes what it owns again and again.
        yield one_line(f"{owner['kind']} {owner['name']}", 80)
    for entry in live["metadata"].get("managedFields") or ():
        writer = next((MANAGERS[m] for m in MANAGERS if entry["manager"].startswith(m)), "")
        owned = entry.get("fieldsV1") or {}
        if writer and any(_holds(owned, pointer) for pointer in pointers):
            yield writer


def _holds(owned: Mapping[str, Any], pointer: str) -> bool:
    """Whether a field set names a field, something in it, or a list that it is in."""
    here: Mapping[str, Any] = owned
    for part in pointer.split("/")[1:]:
        if part.isdecimal():
            # Items are known by a key of theirs, not by their place: any of them will do.
            return bool(here)
        key = f"f:{part.replace('~1', '/').replace('~0', '~')}"
        if key not in here:
            return False
        here = here[key]
    return True
