"""Tells whether somebody edited an object since it was read."""

from collections.abc import Mapping
from typing import Any

from sreagent.domain.entity import Entity
from sreagent.domain.errors import Conflict
from sreagent.domain.inventory import Obj
from sreagent.tools.changes import Prepared, digest

BOOKKEEPING = frozenset({"resourceVersion", "managedFields", "generation", "selfLink"})
"""Metadata that the server writes, also when only the status changed."""
STATUS_NOTES = frozenset(
    {
        "deployment.kubernetes.io/revision",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deployment.kubernetes.io/revision-history",
        "autoscaling.alpha.kubernetes.io/conditions",
        "autoscaling.alpha.kubernetes.io/current-metrics",
        "control-plane.alpha.kubernetes.io/leader",
        "field.cattle.io/publicEndpoints",
    }
)
"""Annotations in which controllers keep what belongs into a status."""
OWN_TAINTS = "node.kubernetes.io/"
"""Taints that the node controller sets and takes away by what it sees, also after a cordon."""


def version_of(obj: Obj) -> str:
    """SHA-256 of all that people and deployers can write: labels and annotations included.

    A resourceVersion moves with each status update, so nobody could approve a change of a
    workload that crashes; this moves only when somebody edited the object.
    """
    kept: dict[str, Any] = {key: value for key, value in obj.items() if key != "status"}
    meta = {key: value for key, value in obj["metadata"].items() if key not in BOOKKEEPING}
    notes: Mapping[str, str] = meta.pop("annotations", None) or {}
    meta["annotations"] = {key: notes[key] for key in notes if key not in STATUS_NOTES}
    if obj["kind"] == "Node":
        kept["spec"] = _without_own_taints(obj.get("spec") or {})
    return digest({**kept, "metadata": meta})


def _without_own_taints(spec: Mapping[str, Any]) -> dict[str, Any]:
    taints = [t for t in spec.get("taints") or () if not t["key"].startswith(OWN_TAINTS)]
    return {**spec, "taints": taints}


def insist_unchanged(target: Entity, prepared: Prepared, live: Obj) -> None:
    """Check that an object is the one that was shown, as it was shown.

    Raises:
        Conflict: It is another one, or somebody edited it.
    """
    if live["metadata"]["uid"] != prepared.uid:
        msg = f"{target} is not the one that was shown: it was made anew since"
        raise Conflict(msg)
    if version_of(live) != prepared.version:
        msg = f"{target} was changed since it was shown"
        raise Conflict(msg, why="a yes is for the object as it was shown", hint=target.get)
