"""Every change that can be made: the verbs of all kinds, known without asking anything."""

from collections.abc import Mapping

from sreagent.tools.applied import RESTORE_APPLIED
from sreagent.tools.autoscaling import SET_AUTOSCALER_BOUNDS
from sreagent.tools.cloud import CLOUD
from sreagent.tools.drains import DRAIN
from sreagent.tools.fields import FieldTool
from sreagent.tools.ingresses import PATCH_INGRESS
from sreagent.tools.jobs import DELETE_JOB, RESUME, SUSPEND
from sreagent.tools.nodes import CORDON, UNCORDON
from sreagent.tools.removals import DELETE_POD, EVICT_POD, RemovalTool
from sreagent.tools.services import PATCH_SERVICE
from sreagent.tools.silences import SILENCES
from sreagent.tools.verbs import ChangeTool
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

TOOLS: Mapping[str, ChangeTool] = {
    **FIELDS,
    **REMOVALS,
    DRAIN.verb: DRAIN,
    **SILENCES,
    **CLOUD,
}
"""By verb."""
