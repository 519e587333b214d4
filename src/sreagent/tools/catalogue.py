"""Every change that can be made: the verbs of all kinds, known without asking anything."""

from collections.abc import Mapping

from sreagent.tools.fields import FieldTool
from sreagent.tools.removals import DELETE_POD, EVICT_POD, RemovalTool
from sreagent.tools.services import PATCH_SERVICE
from sreagent.tools.verbs import ChangeTool
from sreagent.tools.workloads import ROLLOUT_RESTART, ROLLOUT_UNDO, SCALE, SET_RESOURCES

FIELDS: Mapping[str, FieldTool] = {
    tool.verb: tool for tool in (ROLLOUT_UNDO, ROLLOUT_RESTART, SCALE, SET_RESOURCES, PATCH_SERVICE)
}
REMOVALS: Mapping[str, RemovalTool] = {tool.verb: tool for tool in (DELETE_POD, EVICT_POD)}

TOOLS: Mapping[str, ChangeTool] = {**FIELDS, **REMOVALS}
"""By verb."""
