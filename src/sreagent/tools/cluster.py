"""The changes of the catalogue that are made on a Kubernetes cluster."""

from sreagent.domain.inventory import Inventory
from sreagent.domain.ports import Clock, Cluster
from sreagent.tools.catalogue import FIELDS, REMOVALS
from sreagent.tools.changes import EveryChange
from sreagent.tools.fields import FieldChanges
from sreagent.tools.removals import Removals


def cluster_changes(cluster: Cluster, inventory: Inventory, clock: Clock) -> EveryChange:
    """Everything that can be changed on a cluster."""
    return EveryChange(
        (
            FieldChanges(cluster, inventory, clock, FIELDS),
            Removals(cluster, inventory, REMOVALS),
        )
    )
