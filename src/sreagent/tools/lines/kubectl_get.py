"""`get`, `describe` and `apply view-last-applied`: reads of objects."""

from typing import Any

from sreagent.domain.command import KubectlRead
from sreagent.tools.lines.kubectl_flags import Call
from sreagent.tools.lines.kubectl_objects import Objects, read_objects
from sreagent.tools.lines.kubectl_raw import raw_path
from sreagent.tools.lines.kubectl_values import (
    LABEL_KEY,
    choices,
    count,
    field_selector,
    namespace,
    output,
    selector,
    sort_by,
)
from sreagent.tools.lines.objection import Objection, Rule

_SUBRESOURCES = ("status", "scale", "resize")
_SECRET_FLAGS = frozenset(
    {
        "all-namespaces",
        "chunk-size",
        "field-selector",
        "ignore-not-found",
        "label-columns",
        "namespace",
        "no-headers",
        "output",
        "request-timeout",
        "selector",
        "show-kind",
        "show-labels",
        "warnings-as-errors",
    }
)
"""With these, the server prints the table of secrets and sends no values."""
_LISTING_FLAGS = frozenset(
    {
        "all",
        "all-namespaces",
        "field-selector",
        "list",
        "namespace",
        "overwrite",
        "request-timeout",
        "selector",
        "v",
        "warnings-as-errors",
    }
)
_RAW_FLAGS = frozenset({"raw", "request-timeout", "namespace", "v"})
NO_SECRETS = (
    "values of secrets are never read: `kubectl get secrets` lists their names, types and number "
    "of keys, `kubectl get externalsecrets` where they come from"
)


def refuse_files(call: Call) -> None:
    """Refuse flags that name a local file or a URL.

    Raises:
        Objection: There is one.
    """
    for flag in ("filename", "kustomize", "recursive"):
        if flag in call.given:
            reason = f"--{flag} reads local files or URLs: name the objects, as in pod/web-1"
            raise Objection(Rule.FILE, reason)


def scope(call: Call, objects: Objects) -> dict[str, Any]:
    """Where, and which of the objects.

    Raises:
        Objection: Names, selectors and -A do not go together.
    """
    everywhere = call.on("all-namespaces")
    labels, fields = selector(call), field_selector(call)
    place = namespace(call)
    if objects.named and (labels or fields or everywhere):
        reason = "a name goes with neither a selector nor -A: leave one of them away"
        raise Objection(Rule.RESOURCE, reason)
    return {
        "resources": objects.resources,
        "names": objects.names,
        "objects": objects.objects,
        "namespace": "" if everywhere else place,
        "everywhere": everywhere,
        "selector": labels,
        "field_selector": fields,
    }


def get(call: Call) -> KubectlRead:
    """Understand `kubectl get`."""
    refuse_files(call)
    if "raw" in call.given:
        return _raw(call)
    objects = _required(call)
    if objects.secret:
        _check_secret_table(call)
    shown = output(call, columns=True)
    _check_together(call, objects, shown.form)
    return KubectlRead(
        verb="get",
        output=shown.form,
        sort_by=sort_by(call),
        options=_get_options(call),
        **scope(call, objects),
    )


def describe(call: Call) -> KubectlRead:
    """Understand `kubectl describe`."""
    refuse_files(call)
    objects = _required(call)
    if objects.secret:
        raise Objection(Rule.SECRET, NO_SECRETS)
    count(call, "chunk-size")
    options = {} if call.on("show-events", default=True) else {"show_events": False}
    return KubectlRead(verb="describe", options=options, **scope(call, objects))


def last_applied(call: Call) -> KubectlRead:
    """Understand `kubectl apply view-last-applied`: the object, with what was applied last."""
    refuse_files(call)
    objects = _required(call)
    if objects.secret:
        raise Objection(Rule.SECRET, NO_SECRETS)
    form = call.last("output", "yaml")
    if form not in ("yaml", "json"):
        raise Objection(Rule.OUTPUT, f"-o {form!r} is not known: write -o yaml or json")
    options = {"last_applied": True}
    return KubectlRead(verb="get", output=form, options=options, **scope(call, objects))


def listed(call: Call) -> KubectlRead:
    """Understand `label --list` and `annotate --list`: the objects with what is asked for."""
    refuse_files(call)
    told = [word for word in call.arguments if "=" in word or word.endswith("-")]
    if told or not _LISTING_FLAGS.issuperset(call.given):
        reason = f"`kubectl {call.command} --list` sets nothing: TYPE/NAME only"
        raise Objection(Rule.FLAG, reason)
    objects = _required(call)
    if objects.secret:
        raise Objection(Rule.SECRET, NO_SECRETS)
    where = scope(call, objects)
    if call.command == "label":
        return KubectlRead(verb="get", options={"show_labels": True}, **where)
    return KubectlRead(verb="get", output="yaml", **where)


def _required(call: Call) -> Objects:
    arguments = call.arguments + (call.program or ())
    if not arguments:
        reason = f"name what to {call.command}: kubectl {call.command} pods -n NAMESPACE"
        raise Objection(Rule.RESOURCE, reason)
    return read_objects(arguments)


def _check_secret_table(call: Call) -> None:
    if call.last("output") not in ("", "wide", "name"):
        raise Objection(Rule.SECRET, NO_SECRETS)
    for flag in call.given:
        if flag not in _SECRET_FLAGS:
            reason = f"secrets are listed without --{flag}: it may show or compare their values"
            raise Objection(Rule.SECRET, reason)


def _check_together(call: Call, objects: Objects, form: str) -> None:
    """What kubectl itself refuses."""
    if call.on("show-labels") and form not in ("table", "wide"):
        raise Objection(Rule.FLAG, "--show-labels goes with the table only: leave -o away")
    watched = call.on("watch") or call.on("watch-only")
    if call.on("output-watch-events") and not watched:
        raise Objection(Rule.FLAG, "--output-watch-events goes with -w only")
    if watched and len(objects.all_resources) > 1:
        raise Objection(Rule.FLAG, "-w watches one resource: write one line for each")


def _get_options(call: Call) -> dict[str, Any]:
    options: dict[str, Any] = {}
    count(call, "chunk-size")
    if columns := choices(call, "label-columns", LABEL_KEY):
        options["label_columns"] = columns
    for flag in ("show-labels", "show-kind", "no-headers", "ignore-not-found"):
        if call.on(flag):
            options[flag.replace("-", "_")] = True
    if call.on("watch") or call.on("watch-only"):
        options["follow"] = True
    if "subresource" in call.given:
        options["subresource"] = _subresource(call)
    return options


def _subresource(call: Call) -> str:
    text = call.last("subresource")
    if text not in _SUBRESOURCES:
        raise Objection(Rule.FLAG, f"--subresource={text!r}: one of {', '.join(_SUBRESOURCES)}")
    return text


def _raw(call: Call) -> KubectlRead:
    if call.arguments or call.program or not _RAW_FLAGS.issuperset(call.given):
        raise Objection(Rule.PATH, "--raw stands alone: kubectl get --raw /readyz")
    return KubectlRead(verb="get", options={"path": raw_path(call.last("raw"))})
