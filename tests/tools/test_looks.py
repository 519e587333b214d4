"""Reads of a cluster: what is kept of their answers."""

from typing import cast

from tests.diagnose.build import NOW, make

from sreagent.clients.clock import SystemClock
from sreagent.domain.inventory import Inventory, Listing
from sreagent.domain.ports import Cluster
from sreagent.tools.looks import KubernetesLooks, ListObjects

DEFINITION = "CustomResourceDefinition"


class Definitions:
    """A cluster with one definition of a custom resource, and one of an odd shape."""

    def list(self, kind: str, namespace: str = "") -> Listing:
        schema = {"openAPIV3Schema": {"type": "object"}}
        versions = [{"name": "v1", "served": True, "schema": schema}]
        items = (
            make(kind, "widgets.example.com", spec={"versions": versions, "validation": schema}),
            make(kind, "odd.example.com", spec="v1"),
        )
        return Listing(
            kind=kind, namespace=namespace, items=items, seen_at=NOW, command="kubectl get crds"
        )


def test_schemas_of_definitions_are_not_kept() -> None:
    inventory = Inventory()
    looks = KubernetesLooks(cast("Cluster", Definitions()), inventory, SystemClock())
    list(looks.list([ListObjects(namespace="", kinds=(DEFINITION,))]))
    kept = inventory.get(DEFINITION, "", "widgets.example.com")
    assert kept is not None
    assert kept["spec"] == {"versions": [{"name": "v1", "served": True}]}
    assert inventory.get(DEFINITION, "", "odd.example.com") is not None
