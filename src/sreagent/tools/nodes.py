"""Changes to where pods may be placed."""

from collections.abc import Mapping

from sreagent.domain.action import Action
from sreagent.domain.errors import TryAgain
from sreagent.tools.fields import FieldTool, Present
from sreagent.tools.verbs import Arguments, ClusterTarget

UNSCHEDULABLE = "/spec/unschedulable"
NODE = frozenset({"Node"})


def _cordoned(action: Action, present: Present, *, wanted: bool) -> Mapping[str, bool | None]:
    if bool(present.live["spec"].get("unschedulable")) is wanted:
        msg = f"{action.target} is {'cordoned' if wanted else 'not cordoned'} already"
        raise TryAgain(msg)
    # As kubectl: a node that takes pods does not have the field.
    return {UNSCHEDULABLE: True if wanted else None}


CORDON = FieldTool(
    verb="cordon",
    kinds=NODE,
    target=ClusterTarget,
    arguments=Arguments,
    title=lambda a: f"Place no more pods on node {a.target.name}",
    command=lambda a: f"kubectl cordon {a.target.name}",
    wanted=lambda a, present: _cordoned(a, present, wanted=True),
    undo=lambda a, _: Action(verb="uncordon", target=a.target),
)
UNCORDON = FieldTool(
    verb="uncordon",
    kinds=NODE,
    target=ClusterTarget,
    arguments=Arguments,
    title=lambda a: f"Place pods on node {a.target.name} again",
    command=lambda a: f"kubectl uncordon {a.target.name}",
    wanted=lambda a, present: _cordoned(a, present, wanted=False),
    undo=lambda a, _: Action(verb="cordon", target=a.target),
)
