"""`logs`: the tails of containers, found by pod, owner or selector."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.domain.errors import SreError, TryAgain
from sreagent.tools.reads.asking import Asking, Items, Target, Told, told
from sreagent.tools.reads.objects import ONCE
from sreagent.tools.reads.printing import ROOM, newest

TAIL = 500
"""Lines of one container, where the read does not say."""
TAIL_OF_MANY = 50
"""The same where several containers are read."""
LOGS_AT_ONCE = 10
"""Containers that are read at most."""
_DEFAULT = "kubectl.kubernetes.io/default-container"
_PASSED = {
    "since_seconds": "sinceSeconds",
    "since_time": "sinceTime",
    "limit_bytes": "limitBytes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One container whose log is meant."""

    target: Target
    container: str


def logs(asking: Asking) -> Told:
    """The logs that the read is about, one after the other."""
    pods = _pods(asking)
    sources = [source for pod in pods.found for source in _sources(asking, pod)]
    if not sources:
        return Told(text=f"No pods found for these logs in {asking.namespace} namespace.")
    notes = [pods.note] if pods.note else []
    limit = int(asking.read.options.get("max_log_requests") or LOGS_AT_ONCE)
    if len(sources) > min(limit, LOGS_AT_ONCE):
        sources = _without_rest(sources, min(limit, LOGS_AT_ONCE), notes)
    prefix = len(sources) > 1 or asking.option("prefix")
    tail = asking.read.options.get("tail", TAIL_OF_MANY if len(sources) > 1 else TAIL)
    parts = [_log(asking, source, tail=int(tail), prefix=prefix) for source in sources]
    notes += [ONCE] if asking.option("follow") else []
    # The end of a log is what happened last: it must not be what is cut off.
    texts = notes + [newest(part.text, ROOM // len(parts)) for part in parts]
    return Told(text="\n".join(texts), missed=any(part.missed for part in parts))


def _without_rest(sources: list[Source], limit: int, notes: list[str]) -> list[Source]:
    notes.append(f"… {len(sources) - limit} more containers not read: name one pod or container")
    return sources[:limit]


def _pods(asking: Asking) -> Items:
    resource = asking.catalogue.resolve("pods")
    if asking.read.selector:
        return asking.items(asking.target(resource))
    (target,) = asking.targets() or (None,)
    if target is None or not target.name:
        msg = "name one pod, or a selector: kubectl logs web-1, or kubectl logs -l app=web"
        raise TryAgain(msg)
    if target.resource.qualified == "pods":
        return asking.items(target)
    return _behind(asking, target)


def _behind(asking: Asking, target: Target) -> Items:
    """The pods of a workload or Service; one of them, unless all are asked for."""
    (owner,) = asking.items(target).found
    labels = selector_of(owner)
    if not labels:
        msg = f"{target} selects no pods: name a pod, a workload or a service"
        raise TryAgain(msg)
    pods = asking.target(asking.catalogue.resolve("pods"))
    items = asking.items(pods, {"labelSelector": labels, "limit": "500"})
    if asking.option("all_pods") or len(items.found) < 2:
        return items
    first = max(items.found, key=_suits)
    note = f"(1 of {len(items.found)} pods of {target}: {first['metadata']['name']})"
    return Items(found=[first], note=note)


def selector_of(owner: Mapping[str, Any]) -> str:
    """The label selector of a workload or Service as text; empty if it has none."""
    selector = (owner.get("spec") or {}).get("selector") or {}
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        return ",".join(f"{key}={value}" for key, value in selector.items())
    equal = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    return ",".join((*equal, *map(_expression, selector.get("matchExpressions") or ())))


def _expression(told: Mapping[str, Any]) -> str:
    key, values = told["key"], ",".join(told.get("values") or ())
    match told["operator"]:
        case "Exists":
            return str(key)
        case "DoesNotExist":
            return f"!{key}"
        case operator:
            return f"{key} {operator.lower()} ({values})"


def _suits(pod: Mapping[str, Any]) -> tuple[bool, str]:
    """A pod in trouble tells more than one that runs; of those, the newest."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    ready = bool(statuses) and all(one.get("ready") for one in statuses)
    return not ready, str(pod["metadata"].get("creationTimestamp") or "")


def _sources(asking: Asking, pod: Mapping[str, Any]) -> Iterator[Source]:
    metadata, spec = pod["metadata"], pod.get("spec") or {}
    resource = asking.catalogue.resolve("pods")
    target = Target(resource=resource, namespace=metadata["namespace"], name=metadata["name"])
    names = [one["name"] for one in spec.get("containers") or ()]
    started = [one["name"] for one in spec.get("initContainers") or ()]
    started += [one["name"] for one in spec.get("ephemeralContainers") or ()]
    wanted = asking.read.container
    if asking.option("all_containers"):
        yield from (Source(target=target, container=name) for name in (*started, *names))
    elif not wanted:
        first = (metadata.get("annotations") or {}).get(_DEFAULT, "")
        yield Source(target=target, container=first if first in names else names[0])
    elif wanted in (*names, *started):
        yield Source(target=target, container=wanted)
    else:
        msg = f"{target} has no container {wanted!r}: it has {', '.join((*started, *names))}"
        raise TryAgain(msg)


def _log(asking: Asking, source: Source, *, tail: int, prefix: bool) -> Told:
    mark = f"[{source.target}/{source.container}] " if prefix else ""
    try:
        text = asking.api.text(f"{source.target.path}/log", _query(asking, source, tail))
    except SreError as error:
        failed = told([error])
        return Told(text=f"{mark}{failed.text}", missed=failed.missed)
    lines = text.rstrip("\n").split("\n")
    if lines == [""]:
        return Told(text=f"{mark}(no lines)")
    return Told(text="\n".join(f"{mark}{line}" for line in lines))


def _query(asking: Asking, source: Source, tail: int) -> dict[str, str]:
    options = asking.read.options
    query = {"container": source.container, "tailLines": str(tail)}
    query |= {sent: str(options[name]) for name, sent in _PASSED.items() if options.get(name)}
    query |= {name: "true" for name in ("previous", "timestamps") if options.get(name)}
    return query
