"""`kubectl patch`: understood only where the patch means exactly one change of the catalogue."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.tools.lines.kubectl_values import LABEL_KEY, LABEL_VALUE
from sreagent.tools.lines.objection import Objection, Rule

_PORT_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?")
_MOST_REPLICAS = 9999
_LAST_PORT = 65535


def patched(target: Entity, kind: str, text: str) -> Action:
    """The change that a patch means.

    Args:
        target: The object.
        kind: `strategic`, `merge` or `json`.
        text: The patch, as JSON.

    Raises:
        Objection: It means something else, or more than one change.
    """
    if kind not in ("strategic", "merge", "json"):
        raise Objection(Rule.PATCH, f"--type={kind!r} is not known: write strategic, merge or json")
    fields = _written(read_patch(text)) if kind == "json" else _leaves(read_patch(text))
    read = _BY_KIND.get(target.kind)
    if read is not None and (action := read(target, kind, fields)) is not None:
        return action
    raise Objection(Rule.PATCH, _MEANT)


_MEANT = (
    "this patch is not exactly one change of the catalogue: write replicas (scale), "
    "spec.suspend of a CronJob, minReplicas and maxReplicas of an HPA, one port and targetPort of "
    'a Service, or its whole selector as --type=json -p \'[{"op":"replace","path":'
    '"/spec/selector","value":{…}}]\''
)


def read_patch(text: str) -> Any:  # noqa: ANN401 - any JSON
    """A patch as JSON, each key once.

    Raises:
        Objection: It is none.
    """
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        reason = '-p needs the patch as JSON, each key once: -p \'{"spec":{"replicas":3}}\''
        raise Objection(Rule.PATCH, reason) from error


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a key stands twice"
        raise ValueError(msg)
    return found


def _leaves(patch: object) -> Mapping[str, Any]:
    """JSON pointer to value of what lies below `spec` in a merge patch."""
    if not isinstance(patch, Mapping) or list(patch) != ["spec"]:
        return {}
    spec = patch["spec"]
    return (
        {f"/spec/{key}": value for key, value in spec.items()} if isinstance(spec, Mapping) else {}
    )


def _written(patch: object) -> Mapping[str, Any]:
    """JSON pointer to value of the fields that a JSON patch sets."""
    found: dict[str, Any] = {}
    for step in patch if isinstance(patch, list) else ():
        whole = isinstance(step, Mapping) and set(step) == {"op", "path", "value"}
        if not whole or step["op"] not in ("replace", "add") or not isinstance(step["path"], str):
            return {}
        if step["path"] in found:
            return {}
        found[step["path"]] = step["value"]
    return found


def _scale(target: Entity, kind: str, fields: Mapping[str, Any]) -> Action | None:
    del kind
    replicas = fields.get("/spec/replicas")
    if len(fields) != 1 or not _number(replicas, 0, _MOST_REPLICAS):
        return None
    return Action(verb="scale", target=target, arguments={"replicas": replicas})


def _suspend(target: Entity, kind: str, fields: Mapping[str, Any]) -> Action | None:
    del kind
    stop = fields.get("/spec/suspend")
    if len(fields) != 1 or not isinstance(stop, bool):
        return None
    return Action(verb="suspend" if stop else "resume", target=target)


def _bounds(target: Entity, kind: str, fields: Mapping[str, Any]) -> Action | None:
    del kind
    names = {"/spec/minReplicas": "min_replicas", "/spec/maxReplicas": "max_replicas"}
    good = all(path in names and _number(n, 1, _MOST_REPLICAS) for path, n in fields.items())
    if not fields or not good:
        return None
    arguments = {names[path]: number for path, number in fields.items()}
    return Action(verb="set_autoscaler_bounds", target=target, arguments=arguments)


def _cordon(target: Entity, kind: str, fields: Mapping[str, Any]) -> Action | None:
    del kind
    stop = fields.get("/spec/unschedulable")
    if len(fields) != 1 or not isinstance(stop, bool):
        return None
    return Action(verb="cordon" if stop else "uncordon", target=target)


def _route(target: Entity, kind: str, fields: Mapping[str, Any]) -> Action | None:
    """A merge would keep keys of the old selector, and replace all ports: neither is meant."""
    if len(fields) != 1:
        return None
    selector, ports = fields.get("/spec/selector"), fields.get("/spec/ports")
    if kind == "json" and _labels(selector):
        return Action(verb="patch_service", target=target, arguments={"selector": selector})
    if kind == "strategic" and isinstance(ports, list) and len(ports) == 1:
        return _port(target, ports[0])
    return None


def _port(target: Entity, port: object) -> Action | None:
    if not isinstance(port, Mapping) or set(port) != {"port", "targetPort"}:
        return None
    to = port["targetPort"]
    named = isinstance(to, str) and _PORT_NAME.fullmatch(to)
    if not _number(port["port"], 1, _LAST_PORT) or not (named or _number(to, 1, _LAST_PORT)):
        return None
    arguments = {"port": port["port"], "target_port": to}
    return Action(verb="patch_service", target=target, arguments=arguments)


def _labels(selector: object) -> bool:
    if not isinstance(selector, Mapping) or not selector:
        return False
    return all(
        isinstance(value, str) and LABEL_KEY.fullmatch(key) and LABEL_VALUE.fullmatch(value)
        for key, value in selector.items()
    )


def _number(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


_BY_KIND: Mapping[str, Callable[[Entity, str, Mapping[str, Any]], Action | None]] = {
    "CronJob": _suspend,
    "Deployment": _scale,
    "HorizontalPodAutoscaler": _bounds,
    "Node": _cordon,
    "Service": _route,
    "StatefulSet": _scale,
}
