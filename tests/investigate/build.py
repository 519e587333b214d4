"""Small Kubernetes objects for tests of the investigation."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sreagent.domain.command import Read
from sreagent.domain.diagnosis import Diagnosis, Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.finding import Category
from sreagent.domain.inventory import Inventory, Listing
from sreagent.domain.record import Concluded
from sreagent.investigate.steps import Conclude
from sreagent.tools.sighting import Sighting

NOW = datetime(2026, 11, 21, 1, 5, tzinfo=UTC)
CART = Entity(kind="Deployment", namespace="shop", name="cart")
SEEN = Evidence(
    id="E1",
    claim="cart is broken",
    verdict=Health.BROKEN,
    source="kubernetes",
    command="kubectl -n shop get deployments",
    seen_at=NOW,
    entity=CART,
)
ACCOUNT = Conclude(
    evidence=(SEEN,),
    changes=(),
    hypotheses=(),
    concluded=Concluded(
        diagnosis=Diagnosis(
            root_cause="cart is broken",
            entity=CART,
            category=Category.DEPLOYMENT,
            confidence=0.9,
            evidence=("E1",),
        ),
        outcome=Outcome.DIAGNOSED,
    ),
)
"""An account with good grounds for a change."""


class _NoReads:
    def run(self, read: Read) -> Sighting:
        raise AssertionError(read)


NO_READS = _NoReads()
"""For reasoners that write no command lines."""


def owner(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}]


def pod(name: str, *, ready: bool = True, of: str = "", restarts: int = 0) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "labels": {"app": "cart"},
            "ownerReferences": owner("ReplicaSet", of) if of else [],
        },
        "spec": {"containers": [{"name": "cart"}]},
        "status": {
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{"name": "cart", "restartCount": restarts}],
        },
    }


def replica_set(name: str, *, of: str) -> dict[str, Any]:
    meta = {"name": name, "namespace": "shop", "uid": f"uid-{name}"}
    return {
        "kind": "ReplicaSet",
        "metadata": {**meta, "ownerReferences": owner("Deployment", of)},
        "spec": {},
    }


def deployment(name: str, *, replicas: int, updated: int, seen: int = 1) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", "generation": 1},
        "spec": {
            "replicas": replicas,
            "template": {"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": []}},
        },
        "status": {
            "observedGeneration": seen,
            "updatedReplicas": updated,
            "replicas": replicas,
        },
    }


def service(name: str, selector: Mapping[str, str]) -> dict[str, Any]:
    meta = {"name": name, "namespace": "shop", "uid": f"uid-{name}"}
    return {"kind": "Service", "metadata": meta, "spec": {"selector": dict(selector)}}


def endpoints(name: str, ready: int) -> dict[str, Any]:
    meta = {"name": name, "namespace": "shop", "uid": f"uid-ep-{name}"}
    addresses = [{"ip": f"10.0.0.{n}"} for n in range(ready)]
    return {"kind": "Endpoints", "metadata": meta, "subsets": [{"addresses": addresses}]}


def inventory(*items: dict[str, Any], also_listed: tuple[str, ...] = ()) -> Inventory:
    """An inventory in which the kinds of these items, and those named, were listed."""
    made = Inventory()
    kinds = {item["kind"] for item in items} | set(also_listed)
    for kind in kinds:
        made.add(
            Listing(
                kind=kind,
                namespace="shop",
                items=tuple(item for item in items if item["kind"] == kind),
                seen_at=NOW,
                command=f"kubectl -n shop get {kind.lower()}",
            )
        )
    return made
