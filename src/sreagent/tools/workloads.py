"""Changes to what runs: rollout undo and restart, scale, resources, image, environment."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

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


Image = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][-A-Za-z0-9._:/@]{0,511}$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[._A-Za-z][-._A-Za-z0-9]{0,252}$")]


class ToImage(Arguments):
    """A container, and an image that it ran before."""

    container: Name
    image: Image


class FormerVariable(Arguments):
    """An environment variable, and the revision whose value it gets back."""

    container: Name
    name: Variable
    revision: int = Field(ge=1, le=1_000_000)


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


def _known_image(action: Action, present: Present) -> Mapping[str, Any]:
    """Only an image that this container ran before: nothing from outside starts here."""
    place, _ = _container(present.live, action)
    wanted, name = action.arguments["image"], action.arguments["container"]
    seen = {
        container["image"]
        for template in present.revisions.templates(present.live).values()
        for container in template["spec"]["containers"]
        if container["name"] == name
    }
    if wanted not in seen:
        there = ", ".join(sorted(seen)) or "none"
        msg = f"{action.target} never ran {wanted!r} in container {name}; it ran {there}"
        raise TryAgain(msg)
    return {f"/spec/template/spec/containers/{place}/image": wanted}


def _former_image(action: Action, present: Present) -> Action:
    _, container = _container(present.live, action)
    return again(action, {**action.arguments, "image": container["image"]})


def _image_command(action: Action) -> str:
    image = f"{action.arguments['container']}={action.arguments['image']}"
    return kubectl(action.target, "set image", named(action.target), image)


def _former_variable(action: Action, present: Present) -> Mapping[str, Any]:
    """The whole list with the one variable as it was; gone if it was not there."""
    place, container = _container(present.live, action)
    name, revision = action.arguments["name"], action.arguments["revision"]
    template = present.revisions.template(present.live, revision)
    _, former = _container({"spec": {"template": template}}, action)
    now, then = list(container.get("env") or ()), list(former.get("env") or ())
    entry = next((one for one in then if one["name"] == name), None)
    at = _position(now, name)
    if at is None and entry is None:
        msg = f"neither {action.target} nor its revision {revision} sets {name} in its container"
        raise TryAgain(msg)
    if at is None:
        # A variable can name only those before it, so it goes back to its place.
        now.insert(then.index(entry), entry)
    else:
        now[at : at + 1] = [] if entry is None else [entry]
    return {f"/spec/template/spec/containers/{place}/env": now or None}


def _position(variables: list[Mapping[str, Any]], name: str) -> int | None:
    return next((at for at, one in enumerate(variables) if one["name"] == name), None)


def _present_variable(action: Action, present: Present) -> Action | None:
    revision = present.revisions.current(present.live)
    return again(action, {**action.arguments, "revision": revision}) if revision else None


def _variable_command(action: Action) -> str:
    # The value is not in the action, and may be a secret.
    given = action.arguments
    value = f"'{given['name']}=<its value in revision {given['revision']}>'"
    return kubectl(
        action.target, "set env", named(action.target), f"-c {given['container']}", value
    )


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
SET_IMAGE = FieldTool(
    verb="set_image",
    kinds=ROLLED_OUT,
    arguments=ToImage,
    title=lambda a: f"Set the image of {a.target.name} to {a.arguments['image']}",
    command=_image_command,
    wanted=_known_image,
    undo=_former_image,
)
RESTORE_ENV = FieldTool(
    verb="restore_env",
    kinds=ROLLED_OUT,
    arguments=FormerVariable,
    title=lambda a: (
        f"Set variable {a.arguments['name']} of {a.target.name} back "
        f"to revision {a.arguments['revision']}"
    ),
    command=_variable_command,
    wanted=_former_variable,
    undo=_present_variable,
)
