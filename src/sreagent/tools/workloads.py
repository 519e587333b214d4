"""Changes to what runs: rollout undo and restart, scale, resources."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from sreagent.domain.action import Action
from sreagent.domain.errors import TryAgain
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import stamp
from sreagent.tools.fields import FieldTool, Present, nothing_to_undo
from sreagent.tools.verbs import Arguments, Name, Quantity, again, kubectl, named

ROLLED_OUT = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


class ToRevision(Arguments):
    """Which revision of the pod template."""

    revision: int = Field(ge=1, le=1_000_000)


class Replicas(Arguments):
    """How many."""

    replicas: int = Field(ge=0, le=10_000)


class Resources(Arguments):
    """A container and at least one quantity; what is not named stays."""

    container: Name
    memory_limit: Quantity | None = None
    memory_request: Quantity | None = None
    cpu_limit: Quantity | None = None
    cpu_request: Quantity | None = None


def _earlier_template(action: Action, present: Present) -> Mapping[str, Any]:
    template = present.revisions.template(present.live, action.arguments["revision"])
    return {"/spec/template": template}


def _back_to_current_revision(action: Action, present: Present) -> Action | None:
    revision = present.revisions.current(present.live)
    return again(action, {"revision": revision}) if revision else None


def _restart_stamp(action: Action, present: Present) -> Mapping[str, Any]:
    del action
    metadata = present.live["spec"]["template"].get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), RESTARTED_AT: stamp(present.now)}
    # All of the metadata, since annotations that are not there cannot be a precondition.
    return {"/spec/template/metadata": {**metadata, "annotations": annotations}}


def _other_resources(action: Action, present: Present) -> Mapping[str, Any]:
    place, container = _container(present.live, action)
    resources = container.get("resources") or {}
    new = {section: dict(resources.get(section) or {}) for section in ("limits", "requests")}
    for resource, section, quantity in _quantities(action):
        new[section][resource] = quantity
    filled = {section: values for section, values in new.items() if values}
    return {f"/spec/template/spec/containers/{place}/resources": {**resources, **filled}}


def _former_resources(action: Action, present: Present) -> Action | None:
    """Set back the quantities that were named; one that was not set cannot be unset."""
    _, container = _container(present.live, action)
    resources = container.get("resources") or {}
    old = {
        f"{resource}_{section[:-1]}": (resources.get(section) or {}).get(resource)
        for resource, section, _ in _quantities(action)
    }
    if not all(old.values()):
        return None
    return again(action, {"container": action.arguments["container"], **old})


def _resources_title(action: Action) -> str:
    words = [f"{r} {s[:-1]} {quantity}" for r, s, quantity in _quantities(action)]
    return f"Set {', '.join(words)} for {action.target.name}"


def _resources_command(action: Action) -> str:
    flags = []
    for wanted in ("limits", "requests"):
        values = [f"{r}={q}" for r, section, q in _quantities(action) if section == wanted]
        flags += [f"--{wanted}={','.join(values)}"] if values else []
    container = f"-c {action.arguments['container']}"
    return kubectl(action.target, "set resources", named(action.target), container, *flags)


def _quantities(action: Action) -> list[tuple[str, str, str]]:
    """(resource, section, quantity) of each quantity that the action names."""
    return [
        (resource, f"{section}s", quantity)
        for section in ("limit", "request")
        for resource in ("cpu", "memory")
        if (quantity := action.arguments.get(f"{resource}_{section}"))
    ]


def _container(live: Obj, action: Action) -> tuple[int, Mapping[str, Any]]:
    name = action.arguments["container"]
    containers = live["spec"]["template"]["spec"]["containers"]
    for place, container in enumerate(containers):
        if container["name"] == name:
            return place, container
    known = ", ".join(container["name"] for container in containers)
    msg = f"{action.target} has no container {name!r}; it has {known}"
    raise TryAgain(msg)


ROLLOUT_UNDO = FieldTool(
    verb="rollout_undo",
    kinds=ROLLED_OUT,
    arguments=ToRevision,
    title=lambda a: f"Roll back {a.target.name} to revision {a.arguments['revision']}",
    command=lambda a: kubectl(
        a.target, "rollout undo", named(a.target), f"--to-revision={a.arguments['revision']}"
    ),
    wanted=_earlier_template,
    undo=_back_to_current_revision,
)
ROLLOUT_RESTART = FieldTool(
    verb="rollout_restart",
    kinds=ROLLED_OUT,
    arguments=Arguments,
    title=lambda a: f"Restart {a.target.name}",
    command=lambda a: kubectl(a.target, "rollout restart", named(a.target)),
    wanted=_restart_stamp,
    undo=nothing_to_undo,
)
SCALE = FieldTool(
    verb="scale",
    kinds=frozenset({"Deployment", "StatefulSet"}),
    arguments=Replicas,
    title=lambda a: f"Scale {a.target.name} to {a.arguments['replicas']}",
    command=lambda a: kubectl(
        a.target, "scale", named(a.target), f"--replicas={a.arguments['replicas']}"
    ),
    wanted=lambda a, _: {"/spec/replicas": a.arguments["replicas"]},
    undo=lambda a, present: again(a, {"replicas": present.live["spec"].get("replicas", 1)}),
)
SET_RESOURCES = FieldTool(
    verb="set_resources",
    kinds=ROLLED_OUT,
    arguments=Resources,
    title=_resources_title,
    command=_resources_command,
    wanted=_other_resources,
    undo=_former_resources,
)
