"""The changes of the catalogue that are made on a Kubernetes cluster."""

from sreagent.domain.inventory import Inventory
from sreagent.domain.ports import Clock, Cluster, KillSwitch
from sreagent.tools.catalogue import FIELDS, REMOVALS
from sreagent.tools.changes import EveryChange
from sreagent.tools.drains import Drains
from sreagent.tools.fields import FieldChanges
from sreagent.tools.impact import Scales
from sreagent.tools.removals import Removals


def cluster_changes(
    cluster: Cluster, inventory: Inventory, clock: Clock, switch: KillSwitch | None = None
) -> EveryChange:
    """Everything that can be changed on a cluster.

    `inventory` holds the logs that were read; all else is looked at again. `switch` is read
    between the parts of a change that has several.
    """
    scales = Scales(cluster, inventory, clock)
    return EveryChange(
        (
            FieldChanges(cluster, scales, clock, FIELDS),
            Removals(cluster, scales, REMOVALS),
            Drains(cluster, scales, clock, switch),
        )
    )
