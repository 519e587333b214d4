"""Changes to how traffic finds its pods."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from sreagent.domain.action import Action
from sreagent.domain.errors import TryAgain
from sreagent.domain.inventory import Obj
from sreagent.tools.fields import FieldTool, Present
from sreagent.tools.verbs import Arguments, again, kubectl

LabelKey = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:[a-z0-9][-a-z0-9.]{0,251}/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
    ),
]
LabelValue = Annotated[
    str, StringConstraints(pattern=r"^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")
]
PortName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?$")]
PortNumber = Annotated[int, Field(ge=1, le=65535)]


class Routing(Arguments):
    """Either a whole selector, or a service port and its target."""

    selector: dict[LabelKey, LabelValue] | None = Field(default=None, min_length=1)
    port: PortNumber | None = None
    target_port: PortNumber | PortName | None = None


def _title(action: Action) -> str:
    given, name = action.arguments, action.target.name
    if selector := given.get("selector"):
        labels = ",".join(f"{key}={value}" for key, value in selector.items())
        return f"Set the selector of service {name} to {labels}"
    return f"Send port {given['port']} of service {name} to {given['target_port']}"


def _command(action: Action) -> str:
    given, name = action.arguments, action.target.name
    if selector := given.get("selector"):
        kind = "json"
        patch: object = [{"op": "replace", "path": "/spec/selector", "value": selector}]
    else:
        # Ports are merged by their number, so the other ports stay.
        kind = "strategic"
        port = {"port": given["port"], "targetPort": given["target_port"]}
        patch = {"spec": {"ports": [port]}}
    text = json.dumps(patch, separators=(",", ":"))
    return kubectl(action.target, "patch service", name, f"--type={kind} -p '{text}'")


def _wanted(action: Action, present: Present) -> Mapping[str, Any]:
    given = action.arguments
    if selector := given.get("selector"):
        return {"/spec/selector": selector}
    place, _ = _port(present.live, action)
    return {f"/spec/ports/{place}/targetPort": given["target_port"]}


def _undo(action: Action, present: Present) -> Action | None:
    old: dict[str, Any]
    if action.arguments.get("selector"):
        old = {"selector": dict(present.live["spec"].get("selector") or {})}
        if not old["selector"]:
            return None
    else:
        _, port = _port(present.live, action)
        old = {"port": port["port"], "target_port": port.get("targetPort", port["port"])}
    return again(action, old)


def _port(live: Obj, action: Action) -> tuple[int, Mapping[str, Any]]:
    wanted = action.arguments.get("port")
    ports = live["spec"].get("ports") or []
    for place, port in enumerate(ports):
        if port["port"] == wanted and action.arguments.get("target_port") is not None:
            return place, port
    known = ", ".join(str(port["port"]) for port in ports)
    msg = f"patch_service: give a selector, or port (one of {known}) and target_port"
    raise TryAgain(msg)


PATCH_SERVICE = FieldTool(
    verb="patch_service",
    kinds=frozenset({"Service"}),
    arguments=Routing,
    title=_title,
    command=_command,
    wanted=_wanted,
    undo=_undo,
)
