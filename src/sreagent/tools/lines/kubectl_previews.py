"""Dry runs: what a change would do, asked without doing it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sreagent.domain.action import Action
from sreagent.domain.command import KubectlRead
from sreagent.tools.lines.kubectl_changes import CHANGES, REPLICAS
from sreagent.tools.lines.kubectl_flags import Call
from sreagent.tools.lines.kubectl_get import NO_SECRETS
from sreagent.tools.lines.kubectl_objects import Objects, read_objects
from sreagent.tools.lines.kubectl_patches import read_patch
from sreagent.tools.lines.kubectl_render import join
from sreagent.tools.lines.kubectl_values import NAME, field_selector, namespace, output, selector
from sreagent.tools.lines.objection import Objection, Rule

_MODES = {"client": "client", "server": "server", "unchanged": "client", "true": "client"}
_FILES = frozenset(
    [
        "cert",
        "edit",
        "filename",
        "from-env-file",
        "from-file",
        "key",
        "kustomize",
        "local",
        "patch-file",
        "raw",
        "recursive",
    ]
)
_ATTACHED = frozenset(
    ["attach", "interactive", "leave-stdin-open", "resolve", "rm", "stdin", "tty"]
)
_MADE: Mapping[str, tuple[str, ...]] = {
    "create configmap": (),
    "create cronjob": ("image", "schedule"),
    "create deployment": ("image",),
    "create ingress": (),
    "create job": (),
    "create namespace": (),
    "create poddisruptionbudget": ("selector",),
    "create priorityclass": ("value",),
    "create quota": (),
    "create service clusterip": (),
    "create service loadbalancer": ("tcp",),
    "create service nodeport": ("tcp",),
    "create serviceaccount": (),
    "run": ("image",),
}
"""What makes one object of a name, and the flags it needs."""
_EITHER: Mapping[str, tuple[str, ...]] = {
    "create ingress": ("rule", "default-backend"),
    "create job": ("image", "from"),
    "create poddisruptionbudget": ("min-available", "max-unavailable"),
    "create service clusterip": ("tcp", "clusterip"),
}
"""Of these flags exactly one is needed."""
_CHANGED: Mapping[str, tuple[str, ...]] = {
    "autoscale": ("max",),
    "delete": (),
    "expose": (),
    "patch": ("patch",),
    "rollout undo": (),
    "scale": ("replicas",),
    "set resources": (),
}
"""What works on objects that are there, and the flags it needs."""
_SETTINGS: Mapping[str, re.Pattern[str]] = {
    "annotate": re.compile(r"[A-Za-z0-9][-A-Za-z0-9._/]{0,316}(?:=[ -~]{0,500}|-)"),
    "label": re.compile(r"[A-Za-z0-9][-A-Za-z0-9._/]{0,316}(?:=[-A-Za-z0-9._]{0,63}|-)"),
    "set env": re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,252}(?:=[ -~]{0,500}|-)"),
    "set image": re.compile(r"(?:\*|[a-z0-9][-a-z0-9]{0,62})=[A-Za-z0-9][A-Za-z0-9._/:@-]{0,511}"),
    "set selector": re.compile(r"[A-Za-z0-9][-A-Za-z0-9._/]{0,316}=[-A-Za-z0-9._,=/]{0,400}"),
    "taint": re.compile(
        r"[A-Za-z0-9][-A-Za-z0-9._/]{0,316}(?:=[-A-Za-z0-9._]{0,63})?(?::[A-Za-z]{4,20}-?|-)"
    ),
}
"""What also takes words such as `app=web` or `app-`."""
_NODES = frozenset({"cordon", "drain", "uncordon"})
_CHOSEN = ("selector", "all", "field-selector")
_INSTEAD = (
    "it reads local files, makes credentials or rights, or has no dry run; write the dry run of "
    "scale, set image, patch, delete, drain or create deployment"
)


def preview(call: Call) -> KubectlRead:
    """Understand a call with `--dry-run`.

    Raises:
        Objection: It is a real change after all, or would send or show more than the change.
    """
    mode = _MODES.get(call.last("dry-run"))
    if mode is None or "none" in call.arguments:
        reason = "the last --dry-run counts, and it is written with `=`: write --dry-run=server"
        raise Objection(Rule.DRY_RUN, reason)
    _check_flags(call)
    _check_arguments(call)
    options: dict[str, Any] = {"line": join(call.words), "dry_run": mode}
    if (action := _action(call)) is not None:
        options["action"] = action
    return KubectlRead(verb="preview", namespace=namespace(call), options=options)


def _action(call: Call) -> Action | None:
    """The change of the catalogue that is tried, if it is one."""
    if call.command not in CHANGES:
        return None
    given = {k: v for k, v in call.given.items() if k not in ("dry-run", "output", "template")}
    try:
        return CHANGES[call.command](replace(call, given=given))
    except Objection:
        return None


def _check_flags(call: Call) -> None:
    known = (_MADE, _CHANGED, _SETTINGS)
    if call.command not in _NODES and not any(call.command in commands for commands in known):
        reason = f"a dry run of `kubectl {call.command}` is not taken: {_INSTEAD}"
        raise Objection(Rule.DRY_RUN, reason)
    if call.program is not None:
        raise Objection(Rule.DRY_RUN, "write the dry run without `--` and a command")
    for flag in call.given:
        if flag in _FILES or flag in _ATTACHED:
            reason = f"--{flag} reads local files or attaches: leave it away in a dry run"
            raise Objection(Rule.FILE, reason)
    needed = _MADE.get(call.command, _CHANGED.get(call.command, ()))
    if missing := [flag for flag in needed if flag not in call.given]:
        raise Objection(Rule.ARGUMENT, f"`kubectl {call.command}` needs --{missing[0]}")
    if output(call).form != "name" and "output" in call.given and call.command == "delete":
        raise Objection(Rule.OUTPUT, "delete prints -o name, or one line for each object")


def _check_arguments(call: Call) -> None:
    field_selector(call)
    if call.command in _MADE:
        _check_made(call)
    elif call.command in _NODES:
        _check_chosen(call, Objects(names=tuple(map(_bare, call.arguments)), resources=("node",)))
    else:
        _check_changed(call)


def _check_made(call: Call) -> None:
    if len(call.arguments) != 1 or not NAME.fullmatch(call.arguments[0]):
        raise Objection(Rule.NAME, f"`kubectl {call.command}` makes one object: name it")
    either = _EITHER.get(call.command, ())
    if either and len([flag for flag in either if flag in call.given]) != 1:
        words = " or ".join(f"--{flag}" for flag in either)
        raise Objection(Rule.ARGUMENT, f"`kubectl {call.command}` needs {words}")


def _check_changed(call: Call) -> None:
    pattern = _SETTINGS.get(call.command)
    told = [word for word in call.arguments if pattern is not None and pattern.fullmatch(word)]
    objects = read_objects([word for word in call.arguments if word not in told])
    if pattern is not None and not told and not {"env", "from"} & set(call.given):
        raise Objection(Rule.ARGUMENT, f"`kubectl {call.command}` needs what to set: KEY=VALUE")
    selector(call)
    if objects.secret or "secret" in call.last("from").lower():
        raise Objection(Rule.SECRET, NO_SECRETS)
    if call.command == "scale" and not REPLICAS.fullmatch(call.last("replicas")):
        raise Objection(Rule.ARGUMENT, "--replicas needs a plain number: --replicas=3")
    if call.command == "patch":
        read_patch(call.last("patch"))
    _check_chosen(call, objects)


def _check_chosen(call: Call, objects: Objects) -> None:
    """Something must be chosen, by name or by selector."""
    selector(call)
    chosen = any(flag in call.given for flag in _CHOSEN)
    if not objects.all_resources or bool(objects.named) == chosen:
        raise Objection(Rule.RESOURCE, f"say what to {call.command}, by name or by selector")


def _bare(node: str) -> str:
    """The name of a node, also of `node/NAME`."""
    name = node.removeprefix("nodes/").removeprefix("node/").removeprefix("no/")
    if not NAME.fullmatch(name):
        raise Objection(Rule.NAME, f"{node!r} is not the name of a node: write the real name")
    return name
