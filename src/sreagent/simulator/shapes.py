"""One object in the spellings of several API versions."""

import copy
from collections.abc import Callable

from sreagent.simulator.kinds import NEW_EVENT, Kind
from sreagent.simulator.objects import Json, lookup
from sreagent.simulator.recorder import as_new_event

_HOSTNAME = "kubernetes.io/hostname"


def shown(kind: Kind, obj: Json) -> Json:
    """A stored object as a kind shows it."""
    if kind.of is None:
        return obj
    if kind is NEW_EVENT:
        return as_new_event(obj)
    change = _SHOWN.get((kind.plural, kind.version))
    seen = change(obj) if change else dict(obj)
    return {**seen, "apiVersion": kind.api_version, "kind": kind.name}


def kept(kind: Kind, obj: Json) -> Json:
    """An object that was written as one kind, as it is stored."""
    if kind.of is None:
        return obj
    change = _KEPT.get((kind.plural, kind.version))
    changed = change(obj) if change else dict(obj)
    return {**changed, "apiVersion": kind.kept.api_version, "kind": kind.name}


def _plain_autoscaler(obj: Json) -> Json:
    seen = copy.deepcopy(obj)
    spec, status = seen.get("spec") or {}, seen.get("status") or {}
    target = _cpu(spec.pop("metrics", None), "target")
    if target is not None:
        spec["targetCPUUtilizationPercentage"] = target
    current = _cpu(status.pop("currentMetrics", None), "current")
    status.pop("conditions", None)
    if current is not None:
        status["currentCPUUtilizationPercentage"] = current
    spec.pop("behavior", None)
    return seen


def _cpu(metrics: list[Json] | None, part: str) -> int | None:
    for each in metrics or ():
        if lookup(each, "resource.name") == "cpu":
            found = lookup(each, f"resource.{part}.averageUtilization")
            return None if found is None else int(found)
    return None


def _full_autoscaler(obj: Json) -> Json:
    changed = copy.deepcopy(obj)
    spec = changed.get("spec") or {}
    percent = spec.pop("targetCPUUtilizationPercentage", None)
    if percent is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    return changed


def _old_slice(obj: Json) -> Json:
    seen = copy.deepcopy(obj)
    for each in seen.get("endpoints") or ():
        node = each.pop("nodeName", None)
        each["topology"] = {_HOSTNAME: node} if node else {}
        each["conditions"] = {"ready": lookup(each, "conditions.ready")}
    return seen


def _new_slice(obj: Json) -> Json:
    changed = copy.deepcopy(obj)
    for each in changed.get("endpoints") or ():
        node = (each.pop("topology", None) or {}).get(_HOSTNAME)
        if node:
            each["nodeName"] = node
    return changed


_SHOWN: dict[tuple[str, str], Callable[[Json], Json]] = {
    ("horizontalpodautoscalers", "v1"): _plain_autoscaler,
    ("endpointslices", "v1beta1"): _old_slice,
}
_KEPT: dict[tuple[str, str], Callable[[Json], Json]] = {
    ("horizontalpodautoscalers", "v1"): _full_autoscaler,
    ("endpointslices", "v1beta1"): _new_slice,
}
