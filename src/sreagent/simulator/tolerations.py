"""Taints and tolerations."""

from sreagent.simulator.objects import Json

USUAL_SECONDS = 300.0


def tolerates(pod: Json, taint: Json) -> bool:
    """Whether a pod may be on a node with this taint."""
    return any(_fits(each, taint) for each in pod["spec"].get("tolerations") or ())


def tolerated_seconds(pod: Json, taint: Json) -> float | None:
    """How long a pod may stay when the taint comes; None for ever."""
    for each in pod["spec"].get("tolerations") or ():
        if _fits(each, taint):
            seconds = each.get("tolerationSeconds")
            return None if seconds is None else float(seconds)
    # Admission gives every pod a toleration of five minutes for dead nodes.
    return USUAL_SECONDS


def _fits(toleration: Json, taint: Json) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    pair = (taint["key"], taint.get("value", ""))
    return (toleration.get("key"), toleration.get("value", "")) == pair
