"""Takes a manual edit back: what `kubectl apply` last wrote holds again."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import StringConstraints

from sreagent.domain.action import Action
from sreagent.domain.errors import TryAgain
from sreagent.domain.inventory import Obj
from sreagent.tools.fields import FieldTool, Present
from sreagent.tools.verbs import Arguments, kubectl

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
GIVEN_OUT = frozenset({"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "loadBalancerIP"})
"""What the cluster gives a Service once; it cannot be taken back."""
FILLED_IN = frozenset({"ingressClassName", "policyTypes"})
"""What the server sets where nobody did."""

Key = Annotated[str, StringConstraints(pattern=r"^[._A-Za-z0-9][-._A-Za-z0-9]{0,252}$")]


class OfConfigMap(Arguments):
    """A key of a ConfigMap; without one, all of its data, or the spec of another kind."""

    key: Key | None = None


def _wanted(action: Action, present: Present) -> Mapping[str, Any]:
    live, key = present.live, action.arguments.get("key")
    applied = _applied(action, live)
    if action.target.kind == "ConfigMap":
        return _data(applied, live, key)
    if key is not None:
        msg = "restore_applied: only a ConfigMap has keys"
        raise TryAgain(msg)
    fill = _service if action.target.kind == "Service" else _spec
    changed = fill(live["spec"], applied.get("spec") or {})
    if not changed:
        msg = f"{action.target} is as it was applied last"
        raise TryAgain(msg)
    return changed


def _applied(action: Action, live: Obj) -> Mapping[str, Any]:
    """What the annotation of `kubectl apply` says."""
    text = (live["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    if not text:
        msg = f"{action.target} was not made with kubectl apply, so nothing tells how it was"
        raise TryAgain(msg)
    try:
        applied = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"what was last applied of {action.target} cannot be read"
        raise TryAgain(msg) from error
    if not isinstance(applied, dict) or applied.get("kind") != live.get("kind"):
        msg = f"what was last applied is not {action.target}"
        raise TryAgain(msg)
    if applied.get("apiVersion") != live.get("apiVersion"):
        msg = f"{action.target} was applied as {applied.get('apiVersion')}, which is another shape"
        raise TryAgain(msg)
    return applied


def _data(applied: Obj, live: Obj, key: str | None) -> Mapping[str, Any]:
    """The whole data, or one key; JSON pointers, None for what was not there."""
    former = applied.get("data") or {}
    if key is None or not live.get("data"):
        return {"/data": former or None}
    if key not in former and key not in live["data"]:
        msg = f"restore_applied: there is no key {key!r}; there are {', '.join(former) or 'none'}"
        raise TryAgain(msg)
    return {f"/data/{key}": former.get(key)}


def _spec(live: Mapping[str, Any], applied: Mapping[str, Any]) -> Mapping[str, Any]:
    names = [*applied, *(name for name in live if name not in applied and name not in FILLED_IN)]
    return {
        f"/spec/{name}": applied.get(name) for name in names if live.get(name) != applied.get(name)
    }


def _service(live: Mapping[str, Any], applied: Mapping[str, Any]) -> Mapping[str, Any]:
    """Only what was written: the rest was filled in by the server."""
    wanted = {name: value for name, value in applied.items() if name not in GIVEN_OUT}
    wanted["selector"] = applied.get("selector")
    wanted["ports"] = _ports(live.get("ports") or (), applied.get("ports") or ())
    return {f"/spec/{name}": value for name, value in wanted.items() if live.get(name) != value}


def _ports(
    live: Sequence[Mapping[str, Any]], applied: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The applied ports; each keeps the number that its node has open for it."""
    opened = {_port(one): one["nodePort"] for one in live if "nodePort" in one}
    filled: list[Mapping[str, Any]] = []
    for one in applied:
        given: dict[str, Any] = {"protocol": "TCP", "targetPort": one["port"], **one}
        if _port(one) in opened:
            given.setdefault("nodePort", opened[_port(one)])
        filled.append(given)
    return filled


def _port(port: Mapping[str, Any]) -> tuple[int, str]:
    return port["port"], port.get("protocol", "TCP")


def _undo(action: Action, present: Present) -> Action | None:
    """Of a selector only: any other edit that is taken back stands nowhere but in the object."""
    selector = present.live.get("spec", {}).get("selector")
    if action.target.kind != "Service" or set(_wanted(action, present)) != {"/spec/selector"}:
        return None
    if not selector:
        return None
    arguments = {"selector": dict(selector)}
    return Action(verb="patch_service", target=action.target, arguments=arguments)


def _title(action: Action) -> str:
    key = action.arguments.get("key")
    what = f"key {key} of " if key else ""
    return f"Set {what}{action.target.kind} {action.target.name} back to what was applied"


def _command(action: Action) -> str:
    # `kubectl apply` of the whole is the nearest; of one key there is no line.
    target, key = action.target, action.arguments.get("key")
    view = kubectl(target, "apply view-last-applied", target.kind.lower(), target.name)
    note = f"  # only data.{key}" if key else ""
    return f"{view} | {kubectl(target, 'apply -f -')}{note}"


RESTORE_APPLIED = FieldTool(
    verb="restore_applied",
    kinds=frozenset({"ConfigMap", "Service", "Ingress", "NetworkPolicy"}),
    arguments=OfConfigMap,
    title=_title,
    command=_command,
    wanted=_wanted,
    undo=_undo,
)
