"""What a scenario waits for: whether it is true of a cluster now."""

import json
import re
from collections.abc import Mapping
from typing import Any

from sreagent.simulator.api import Place
from sreagent.simulator.cluster import Cluster
from sreagent.simulator.kinds import DAEMON_SET, DEPLOYMENT, EVENT, POD, STATEFUL_SET
from sreagent.simulator.logs import LogQuery
from sreagent.simulator.objects import Json, is_ready, lookup, meta, name_of
from sreagent.simulator.problems import ApiError
from sreagent.simulator.selectors import label_test

_STEP = re.compile(r"\.?([A-Za-z0-9_\-/]+(?:\\\.[A-Za-z0-9_\-/]+)*)|\[([^\]]*)\]")
_FILTER = re.compile(r"""\?\(@\.([\w.]+)\s*==\s*["'](.*)["']\)""")


def holds(cluster: Cluster, condition: Mapping[str, Any]) -> bool:
    """Whether a condition is met; raises ValueError for one that is not understood."""
    for word, check in _CHECKS.items():
        if word in condition:
            return check(cluster, condition)
    if "promql" in condition or "seconds" in condition:
        return True
    problem = f"unknown condition {json.dumps(dict(condition), default=str)}"
    raise ValueError(problem)


def _rollouts(cluster: Cluster, condition: Mapping[str, Any]) -> bool:
    namespace = str(condition["rollouts"])
    return all(
        _is_rolled_out(each)
        for kind in (DEPLOYMENT, STATEFUL_SET, DAEMON_SET)
        for each in cluster.store.all(kind, namespace)
    )


def _rollout(cluster: Cluster, condition: Mapping[str, Any]) -> bool:
    namespace, _, name = str(condition["rollout"]).partition("/")
    found = cluster.store.find(DEPLOYMENT, namespace, name)
    return found is not None and _is_rolled_out(found)


def _is_rolled_out(workload: Json) -> bool:
    status = workload.get("status") or {}
    if status.get("observedGeneration") != meta(workload).get("generation"):
        return False
    if workload["kind"] == "DaemonSet":
        return bool(status.get("numberReady", 0) == status.get("desiredNumberScheduled"))
    wanted = workload["spec"].get("replicas", 1)
    fields = ("replicas", "updatedReplicas", "readyReplicas")
    return all(status.get(field, 0) == wanted for field in fields)


def _pods(cluster: Cluster, condition: Mapping[str, Any]) -> bool:
    asked = condition["pods"]
    test = label_test(asked.get("selector", ""))
    found = [
        pod
        for pod in cluster.store.all(POD, asked["namespace"])
        if test(pod) and _is_meant(pod, asked)
    ]
    if "exact" in asked:
        return len(found) == int(asked["exact"])
    return len(found) >= int(asked.get("min", 1))


def _is_meant(pod: Json, asked: Mapping[str, Any]) -> bool:
    statuses = [
        *(lookup(pod, "status.initContainerStatuses") or ()),
        *(lookup(pod, "status.containerStatuses") or ()),
    ]
    restarts = max((each["restartCount"] for each in statuses), default=0)
    return (
        asked.get("reason") in (None, *_reasons(pod, statuses))
        and asked.get("phase") in (None, lookup(pod, "status.phase"))
        and ("ready" not in asked or is_ready(pod) == bool(asked["ready"]))
        and restarts >= int(asked.get("restarts", 0))
    )


def _reasons(pod: Json, statuses: list[Json]) -> set[object]:
    found = {lookup(pod, "status.reason")}
    for each in statuses:
        for part in ("state", "lastState"):
            found |= {told.get("reason") for told in (each.get(part) or {}).values()}
    return found


def _event(cluster: Cluster, condition: Mapping[str, Any]) -> bool:
    asked = condition["event"]
    found = [
        event
        for event in cluster.store.all(EVENT, asked["namespace"])
        if asked.get("reason") in (None, event["reason"])
        and re.search(asked.get("matches", ""), event["message"])
        and re.search(asked.get("object", ""), _about(event))
    ]
    return len(found) >= int(asked.get("min", 1))


def _about(event: Json) -> str:
    return f"{event['involvedObject']['kind']}/{event['involvedObject']['name']}"


def _log(cluster: Cluster, condition: Mapping[str, Any]) -> bool:
    asked = condition["log"]
    test = label_test(asked.get("selector", ""))
    for pod in cluster.store.all(POD, asked["namespace"]):
        if test(pod) and asked.get("target", "").rpartition("/")[2] in ("", name_of(pod)):
            for container in pod["spec"]["containers"]:
                text = _tail(cluster, pod, container["name"], previous=bool(asked.get("previous")))
                if re.search(asked["matches"], text):
                    return True
    return False


def _tail(cluster: Cluster, pod: Json, container: str, *, previous: bool) -> str:
    query = LogQuery(container=container, previous=previous, tail=200)
    try:
        return cluster.logs.read(pod, query, cluster.clock.now()).decode(errors="replace")
    except ApiError:
        return ""


def _get(cluster: Cluster, condition: Mapping[str, Any]) -> bool:
    words = str(condition["get"]).split()
    namespace = words[words.index("-n") + 1] if "-n" in words else ""
    kind_word, _, name = words[0].partition("/")
    kind = cluster.store.kinds.called(kind_word)
    if kind is None:
        problem = f"the cluster serves no {kind_word!r}"
        raise ValueError(problem)
    place = Place(kind=kind, namespace=namespace if kind.namespaced else "", name=name or words[1])
    obj = cluster.store.find(kind, place.namespace, place.name)
    if obj is None:
        return False
    path = str(condition.get("jsonpath", "{.metadata.name}")).strip("{}")
    told = " ".join(_as_text(each) for each in _walk([obj], path))
    if "equals" in condition:
        return told == str(condition["equals"])
    return re.search(str(condition.get("matches", "")), told) is not None


def _walk(found: list[Any], path: str) -> list[Any]:
    """As much of JSONPath as conditions use: fields, indexes, `[*]` and one comparison."""
    for step in _STEP.finditer(path):
        field, inside = step[1], step[2]
        if field is not None:
            name = field.replace("\\.", ".")
            found = [each[name] for each in found if isinstance(each, dict) and name in each]
        elif inside == "*":
            found = [part for each in found for part in each]
        elif chosen := _FILTER.fullmatch(inside):
            wanted = (chosen[1], chosen[2])
            found = [part for each in found for part in each if _equals(part, *wanted)]
        else:
            at = int(inside)
            found = [each[at] for each in found if -len(each) <= at < len(each)]
    return found


def _equals(part: object, path: str, value: str) -> bool:
    return _as_text(lookup(part, path)) == value


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


_CHECKS = {
    "rollouts": _rollouts,
    "rollout": _rollout,
    "pods": _pods,
    "event": _event,
    "log": _log,
    "get": _get,
}
