"""Changes to which Service a path of the outside world leads to."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints

from sreagent.domain.action import Action
from sreagent.domain.errors import TryAgain
from sreagent.domain.inventory import Obj
from sreagent.tools.fields import FieldTool, Present
from sreagent.tools.services import PortName, PortNumber
from sreagent.tools.verbs import DNS_NAME, Arguments, Name, again, kubectl

Host = Annotated[str, StringConstraints(pattern=rf"^(?:(?:\*\.)?{DNS_NAME})?$", max_length=253)]
Path = Annotated[str, StringConstraints(pattern=r"^/[!-&(-~]{0,1023}$")]
"""Visible ASCII without an apostrophe."""


class Backend(Arguments):
    """One path of one host, and the Service that shall answer there."""

    host: Host
    """Empty for the rule of all hosts."""
    path: Path
    service: Name
    port: PortNumber | PortName


def _title(action: Action) -> str:
    given = action.arguments
    where = f"{given['host'] or '*'}{given['path']}"
    return f"Send {where} of ingress {action.target.name} to {given['service']}:{given['port']}"


def _command(action: Action) -> str:
    # A rule has no name, only a place that is not in the action: there is no line that says it.
    given = action.arguments
    where = f"{given['host'] or '*'}{given['path']}"
    note = f"# {where} to service {given['service']}, port {given['port']}"
    return kubectl(action.target, "edit ingress", action.target.name, note)


def _wanted(action: Action, present: Present) -> Mapping[str, Any]:
    pointer, old = _found(action, present.live)
    service, port = action.arguments["service"], action.arguments["port"]
    if "serviceName" in old:
        return {pointer: {"serviceName": service, "servicePort": port}}
    kind = "number" if isinstance(port, int) else "name"
    return {pointer: {"service": {"name": service, "port": {kind: port}}}}


def _undo(action: Action, present: Present) -> Action:
    _, old = _found(action, present.live)
    if "serviceName" in old:
        service, port = old["serviceName"], old["servicePort"]
    else:
        service = old["service"]["name"]
        port = old["service"]["port"].get("number") or old["service"]["port"].get("name")
    return again(action, {**action.arguments, "service": service, "port": port})


def _found(action: Action, ingress: Obj) -> tuple[str, Mapping[str, Any]]:
    """JSON pointer and value of the backend of a path."""
    host, path = action.arguments["host"], action.arguments["path"]
    known: list[str] = []
    for at, rule in enumerate(ingress["spec"].get("rules") or ()):
        for place, one in enumerate((rule.get("http") or {}).get("paths") or ()):
            known.append(f"{rule.get('host') or '*'}{one.get('path', '')}")
            if (rule.get("host", ""), one.get("path", "")) == (host, path):
                return f"/spec/rules/{at}/http/paths/{place}/backend", _service(action, one)
    msg = f"{action.target} has no path {host or '*'}{path}; it has {', '.join(known) or 'none'}"
    raise TryAgain(msg)


def _service(action: Action, path: Mapping[str, Any]) -> Mapping[str, Any]:
    backend: Mapping[str, Any] = path["backend"]
    if "resource" in backend:
        msg = f"{action.target}: that path leads to no Service"
        raise TryAgain(msg)
    return backend


PATCH_INGRESS = FieldTool(
    verb="patch_ingress",
    kinds=frozenset({"Ingress"}),
    arguments=Backend,
    title=_title,
    command=_command,
    wanted=_wanted,
    undo=_undo,
)
