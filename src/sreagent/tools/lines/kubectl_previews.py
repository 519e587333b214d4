"""Dry runs: what a change would do, asked without doing it."""

import re
from collections.abc import Mapping
from typing import Any

from sreagent.domain.action import Action
from sreagent.domain.command import KubectlRead
from sreagent.tools.lines.kubectl_changes import CHANGES, REPLICAS
from sreagent.tools.lines.kubectl_flags import Call
from sreagent.tools.lines.kubectl_get import NO_SECRETS
from sreagent.tools.lines.kubectl_objects import read_objects
from sreagent.tools.lines.kubectl_render import join
from sreagent.tools.lines.kubectl_values import field_selector, namespace, output, selector
from sreagent.tools.lines.objection import Objection, Rule

_MODES = {"client": "client", "server": "server", "unchanged": "client", "true": "client"}
_FILES = frozenset(
    [
        "cert",
        "custom",
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
_NEEDS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "annotate": (2, ()),
    "autoscale": (1, ("max",)),
    "cordon": (0, ()),
    "create configmap": (1, ()),
    "create cronjob": (1, ("image", "schedule")),
    "create deployment": (1, ("image",)),
    "create ingress": (1, ()),
    "create job": (1, ()),
    "create namespace": (1, ()),
    "create poddisruptionbudget": (1, ("selector",)),
    "create priorityclass": (1, ("value",)),
    "create quota": (1, ()),
    "create service clusterip": (1, ()),
    "create service loadbalancer": (1, ("tcp",)),
    "create service nodeport": (1, ("tcp",)),
    "create serviceaccount": (1, ()),
    "delete": (1, ()),
    "drain": (0, ()),
    "expose": (1, ()),
    "label": (2, ()),
    "patch": (1, ("patch",)),
    "rollout undo": (1, ()),
    "run": (1, ("image",)),
    "scale": (1, ("replicas",)),
    "set env": (1, ()),
    "set image": (2, ()),
    "set resources": (1, ()),
    "set selector": (2, ()),
    "taint": (2, ()),
    "uncordon": (0, ()),
}
"""The dry runs that are understood: how many arguments and which flags they need."""
_CHOSEN = ("selector", "all", "field-selector")
_ARGUMENT = re.compile(r"[A-Za-z0-9*](?:[-A-Za-z0-9*._/,=:@+]{0,511})")


def preview(call: Call) -> KubectlRead:
    """Understand a call with `--dry-run`.

    Raises:
        Objection: It is a real change after all, or would send or show more than the change.
    """
    mode = _MODES.get(call.last("dry-run"))
    if mode is None:
        reason = "the last --dry-run counts, and this one is none: write --dry-run=server"
        raise Objection(Rule.DRY_RUN, reason)
    _check_shape(call)
    line = join(call.words)
    options: dict[str, Any] = {"line": line, "dry_run": mode}
    if (action := _action(call)) is not None:
        options["action"] = action
    return KubectlRead(verb="preview", namespace=namespace(call), options=options)


def _action(call: Call) -> Action | None:
    """The change of the catalogue that is tried, if it is one."""
    if call.command not in CHANGES:
        return None
    given = {k: v for k, v in call.given.items() if k not in ("dry-run", "output")}
    plain = Call(
        command=call.command,
        given=given,
        arguments=call.arguments,
        program=call.program,
        words=call.words,
    )
    try:
        return CHANGES[call.command](plain)
    except Objection:
        return None


def _check_shape(call: Call) -> None:
    least, needed = _NEEDS.get(call.command, (-1, ()))
    if least < 0:
        reason = f"a dry run of `kubectl {call.command}` is not taken: {_INSTEAD}"
        raise Objection(Rule.DRY_RUN, reason)
    if call.program is not None:
        raise Objection(Rule.DRY_RUN, "write the dry run without `--` and a command")
    for flag in call.given:
        if flag in _FILES or flag in _ATTACHED:
            reason = f"--{flag} reads local files or attaches: leave it away in a dry run"
            raise Objection(Rule.FILE, reason)
    missing = [flag for flag in needed if flag not in call.given]
    if len(call.arguments) < least or missing:
        words = " ".join(f"--{flag}" for flag in missing) or "its arguments"
        raise Objection(Rule.ARGUMENT, f"`kubectl {call.command}` needs {words}")
    _check_values(call)


def _check_values(call: Call) -> None:
    output(call)
    selector(call)
    field_selector(call)
    secret = any("secret" in word.lower() for word in (*call.arguments, call.last("from")))
    if secret:
        raise Objection(Rule.SECRET, NO_SECRETS)
    for word in call.arguments:
        if not _ARGUMENT.fullmatch(word):
            raise Objection(
                Rule.NAME, f"{word!r} is not the name of an object: write the real name"
            )
    if call.command in ("delete", "drain", "cordon", "uncordon"):
        _check_chosen(call)
    if call.command == "scale" and not REPLICAS.fullmatch(call.last("replicas")):
        raise Objection(Rule.ARGUMENT, "--replicas needs a plain number: --replicas=3")


def _check_chosen(call: Call) -> None:
    """Something must be chosen, by name or by selector."""
    if call.command == "delete":
        chosen = bool(read_objects(call.arguments).named)
    else:
        chosen = bool(call.arguments)
    if not chosen and not any(flag in call.given for flag in _CHOSEN):
        raise Objection(Rule.RESOURCE, f"name what to {call.command}: TYPE/NAME")


_INSTEAD = (
    "it reads local files, makes credentials or rights, or has no dry run; write the dry run of "
    "scale, set image, patch, delete, drain or create deployment"
)
