"""How controllers write: only what changed, under their own name."""

from sreagent.simulator.clock import stamp
from sreagent.simulator.kinds import Kind
from sreagent.simulator.objects import Json, condition, meta, revised
from sreagent.simulator.ownership import claim
from sreagent.simulator.store import Store

MANAGER = "kube-controller-manager"
_TOLD = ("type", "status", "reason", "message")


def write(store: Store, kind: Kind, before: Json | None, obj: Json, part: str = "") -> Json:
    """Store an object that differs from what it was before."""
    if before is not None and before == obj:
        return before
    if before is not None and obj.get("spec") != before.get("spec"):
        meta(obj)["generation"] = meta(before).get("generation", 1) + 1
    claim(before, obj, MANAGER, store.clock.now(), part)
    return store.put(kind, obj)


def write_status(store: Store, kind: Kind, obj: Json, status: Json) -> None:
    """Store a new status, when it is one."""
    if obj.get("status") != status:
        write(store, kind, obj, revised(obj, status=status), "status")


def set_condition(obj: Json, now: float, kind: str, status: str, reason: str, message: str) -> Json:
    """The condition to write, keeping its times when nothing changed."""
    old = condition(obj, kind)
    told = {"type": kind, "status": status, "reason": reason, "message": message}
    told = {key: value for key, value in told.items() if value}
    if old and {key: old[key] for key in _TOLD if key in old} == told:
        return old
    moved = old is None or old["status"] != status
    since = stamp(now) if moved or old is None else old["lastTransitionTime"]
    return {**told, "lastTransitionTime": since}
