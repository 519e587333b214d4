"""What somebody changed since a change was made."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.domain.entity import Entity
from sreagent.domain.errors import SreError
from sreagent.domain.inventory import Obj
from sreagent.domain.kinds import KINDS
from sreagent.domain.ports import Cluster
from sreagent.tools.changes import remembered
from sreagent.tools.difference import differing
from sreagent.tools.fields import field
from sreagent.tools.revisions import ClusterRevisions

TEMPLATE = "/spec/template"


def changed_since(cluster: Cluster, target: Entity, wrote: Mapping[str, Any]) -> tuple[str, ...]:
    """Lines `- what was written` and `+ what is there now`, for each field that differs.

    `wrote` is as the journal keeps it: of most values only a hash, so what was written is told as
    far as the cluster still knows it. Empty when nothing can be told.
    """
    if target.kind not in KINDS:
        return ()
    try:
        live = cluster.get(target)
        return tuple(_lines(cluster, live, wrote))
    except SreError:
        return ()


def _lines(cluster: Cluster, live: Obj, wrote: Mapping[str, Any]) -> Iterator[str]:
    for pointer, kept in wrote.items():
        if not pointer.startswith("/"):
            continue
        now, name = field(live, pointer), pointer.rsplit("/", 1)[-1]
        if remembered({pointer: now}) == {pointer: kept}:
            continue
        if isinstance(kept, int) or kept is None:
            yield from differing({name: kept}, {name: now})
        elif pointer == TEMPLATE and (written := _written(cluster, live, kept)):
            yield from differing({name: written}, {name: now})
        else:
            yield from differing({}, {name: now})


def _written(cluster: Cluster, live: Obj, kept: str) -> Mapping[str, Any] | None:
    """The pod template with this hash, which the cluster keeps as an earlier revision."""
    templates = ClusterRevisions(cluster).templates(live).values()
    fitting = (t for t in templates if remembered({TEMPLATE: t}) == {TEMPLATE: kept})
    return next(fitting, None)
