"""Every change that can be made: the verbs of all kinds, known without asking anything."""

from collections.abc import Mapping

from sreagent.tools.cloud import CLOUD
from sreagent.tools.cluster import FIELDS, REMOVALS
from sreagent.tools.drains import DRAIN
from sreagent.tools.silences import SILENCES
from sreagent.tools.verbs import ChangeTool

TOOLS: Mapping[str, ChangeTool] = {
    **FIELDS,
    **REMOVALS,
    DRAIN.verb: DRAIN,
    **SILENCES,
    **CLOUD,
}
"""By verb."""
