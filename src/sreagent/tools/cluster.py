"""The changes of the catalogue that are made on a Kubernetes cluster."""

from collections.abc import Mapping

from sreagent.domain.inventory import Inventory
from sreagent.domain.ports import Clock, Cluster
from sreagent.tools.applied import RESTORE_APPLIED
from sreagent.tools.autoscaling import SET_AUTOSCALER_BOUNDS
from sreagent.tools.changes import EveryChange
from sreagent.tools.drains import Drains
from sreagent.tools.fields import FieldChanges, FieldTool
from sreagent.tools.impact import Scales
from sreagent.tools.ingresses import PATCH_INGRESS
from sreagent.tools.jobs import DELETE_JOB, RESUME, SUSPEND
from sreagent.tools.nodes import CORDON, UNCORDON
from sreagent.tools.removals import DELETE_POD, EVICT_POD, Removals, RemovalTool
from sreagent.tools.services import PATCH_SERVICE
from sreagent.tools.workloads import (
    RESTORE_ENV,
    ROLLOUT_RESTART,
    ROLLOUT_UNDO,
    SCALE,
    SET_IMAGE,
    SET_RESOURCES,
)

FIELDS: Mapping[str, FieldTool] = {
    tool.verb: tool
    for tool in (
        *(ROLLOUT_UNDO, ROLLOUT_RESTART, SCALE, SET_RESOURCES, SET_IMAGE, RESTORE_ENV),
        *(SET_AUTOSCALER_BOUNDS, SUSPEND, RESUME, CORDON, UNCORDON),
        *(PATCH_SERVICE, PATCH_INGRESS, RESTORE_APPLIED),
    )
}
REMOVALS: Mapping[str, RemovalTool] = {
    tool.verb: tool for tool in (DELETE_POD, EVICT_POD, DELETE_JOB)
}


def cluster_changes(cluster: Cluster, inventory: Inventory, clock: Clock) -> EveryChange:
    """Everything that can be changed on a cluster.

    `inventory` holds the logs that were read; all else is looked at again.
    """
    scales = Scales(cluster, inventory, clock)
    return EveryChange(
        (
            FieldChanges(cluster, scales, clock, FIELDS),
            Removals(cluster, scales, REMOVALS),
            Drains(cluster, scales, clock),
        )
    )
