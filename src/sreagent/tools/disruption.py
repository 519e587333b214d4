"""How many pods a change replaces or takes away, and how many of them at the same moment."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sreagent.domain.action import Action
from sreagent.domain.inventory import Obj

ROLLING = frozenset(
    {"rollout_undo", "rollout_restart", "set_resources", "set_image", "restore_env"}
)
"""Changes of the pod template: every pod is made anew."""
COUNTABLE = ROLLING | {"scale"}
"""Changes of a workload whose status tells how many pods it has."""
DEFAULT_SHARE = "25%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disruption:
    """What a change does to pods."""

    pods: Sequence[Obj] = ()
    """Those that it may hit."""
    count: int = 0
    """How many of them it replaces or takes away."""
    at_once: int = 0
    """How many ready ones of them are away at the same moment."""


def is_ready(pod: Obj) -> bool:
    """Whether the pod has the Ready condition and is not on its way out."""
    if pod["metadata"].get("deletionTimestamp"):
        return False
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def ready_of(pods: Sequence[Obj]) -> int:
    """How many are ready."""
    return sum(map(is_ready, pods))


def disruption(action: Action, live: Obj, pods: Sequence[Obj]) -> Disruption:
    """What an action does to the pods of its target."""
    if action.verb in ROLLING:
        return _rolling(live, pods)
    if action.verb == "scale":
        return _fewer(pods, action.arguments["replicas"])
    if action.verb == "set_autoscaler_bounds":
        return _fewer(pods, action.arguments.get("max_replicas") or len(pods))
    if action.verb in ("delete_pod", "evict_pod", "drain", "delete_job"):
        return Disruption(pods=pods, count=len(pods), at_once=ready_of(pods))
    return Disruption()


def counted(action: Action, live: Obj) -> Disruption:
    """The same by the numbers in the status, for who may not list pods: the worst it can be."""
    status = live.get("status") or {}
    kept = action.arguments["replicas"] if action.verb == "scale" else 0
    ready = int(status.get("readyReplicas", status.get("numberReady", 0)) or 0)
    return Disruption(
        count=max(_wanted(live) - kept, 0),
        at_once=max(ready - kept, 0),
    )


def _fewer(pods: Sequence[Obj], wanted: int) -> Disruption:
    """Pods that are not ready are taken away first."""
    count = max(len(pods) - wanted, 0)
    return Disruption(pods=pods, count=count, at_once=max(ready_of(pods) - wanted, 0))


def _rolling(live: Obj, pods: Sequence[Obj]) -> Disruption:
    spec, wanted = live["spec"], _wanted(live)
    rest = _untouched(live, wanted)
    if rest >= wanted:
        return Disruption(pods=pods)
    ready, count = ready_of(pods), len(pods) - min(rest, len(pods))
    away = _most_away(live["kind"], spec, wanted)
    # Those that are down already count as away.
    at_once = ready if away is None else min(max(ready - (wanted - away), 0), ready)
    return Disruption(pods=pods, count=count, at_once=at_once)


def _wanted(live: Obj) -> int:
    if live["kind"] == "DaemonSet":
        return int((live.get("status") or {}).get("desiredNumberScheduled") or 0)
    return int(live["spec"].get("replicas", 1))


def _untouched(live: Obj, wanted: int) -> int:
    """How many pods keep what they run until somebody does more."""
    spec = live["spec"]
    strategy = spec.get("updateStrategy") or {}
    if spec.get("paused") or strategy.get("type") == "OnDelete":
        return max(wanted, 1)
    return int((strategy.get("rollingUpdate") or {}).get("partition") or 0)


def _most_away(kind: str, spec: Obj, wanted: int) -> int | None:
    """How many may be away at once; None for all of them."""
    if kind == "Deployment":
        strategy = spec.get("strategy") or {}
        if strategy.get("type") == "Recreate":
            return None
        rolling = strategy.get("rollingUpdate") or {}
        away = resolve(rolling.get("maxUnavailable", DEFAULT_SHARE), wanted, math.floor)
        more = resolve(rolling.get("maxSurge", DEFAULT_SHARE), wanted, math.ceil)
        return away if away or more else 1
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    away = resolve(rolling.get("maxUnavailable", 1), wanted, math.ceil)
    if kind == "DaemonSet":
        more = resolve(rolling.get("maxSurge", 0), wanted, math.ceil)
        return away if away or more else 1
    return max(away, 1)


def resolve(value: int | str, of: int, rounded: Callable[[float], int]) -> int:
    """A number of pods that may be written as a percentage."""
    if isinstance(value, int):
        return value
    digits = value.removesuffix("%")
    if not digits.isdecimal():
        # Nobody knows what it means: then all of them.
        return of
    return rounded(of * int(digits) / 100)
