"""The other reads: logs, top, events, explain, discovery, rights, rollouts, wait, contexts."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sreagent.domain.command import KubectlRead
from sreagent.tools.lines.kubectl_flags import Call
from sreagent.tools.lines.kubectl_get import (
    NO_SECRETS,
    describe,
    get,
    last_applied,
    refuse_files,
    scope,
)
from sreagent.tools.lines.kubectl_objects import (
    LOGGED,
    ROLLED_OUT,
    Objects,
    kind_of,
    read_objects,
)
from sreagent.tools.lines.kubectl_values import (
    CONTEXT,
    NAMESPACE,
    check_asked,
    choices,
    count,
    duration,
    namespace,
    output,
    selector,
)
from sreagent.tools.lines.kubectl_values import name as object_name
from sreagent.tools.lines.objection import Objection, Rule

_LOGGED = (*ROLLED_OUT, "Pod", "Job", "Service")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_TYPE = re.compile(r"[A-Z][A-Za-z]{0,30}")
_VERB = re.compile(r"[a-z]{2,30}|\*")
_FIELD_PATH = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9$][A-Za-z0-9-]{0,62}){0,30}")
_GROUP = re.compile(r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)?")
_GROUP_VERSION = re.compile(r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?v[a-z0-9]{1,20}")
_URL_PATH = re.compile(r"/[A-Za-z0-9._*/-]{0,200}")
_ASKED = re.compile(r"[a-z*](?:[a-z0-9.*-]{0,120}[a-z0-9*])?")
_CONDITION = re.compile(r"condition=[A-Za-z][A-Za-z0-9._/-]{0,120}(?:=[A-Za-z0-9]{1,40})?")
_JSONPATH = re.compile(r"jsonpath=[ -~]{1,400}")
_NO_END = re.compile(r"-[0-9]{1,9}[smh]")
"""A negative timeout: kubectl waits for a week, this program as long as it ever does."""
_LOGIN = re.compile(r"users|token|passw|key|auth-provider|exec|\.\*", re.IGNORECASE)
"""Parts of a template that would show how a user logs in."""
_USER_NAMES = re.compile(r"users\[(?:\*|[0-9]{1,3})\]\.name(?![A-Za-z])")
_SHELLS = ("bash", "zsh", "fish", "powershell")


def logs(call: Call) -> KubectlRead:
    """Understand `kubectl logs`."""
    if "insecure-skip-tls-verify-backend" in call.given:
        reason = "the kubelet's certificate is always checked: leave that flag away"
        raise Objection(Rule.CONNECTION, reason)
    objects, container = _log_source(call)
    options = _switches(
        call, "previous", "all-containers", "all-pods", "timestamps", "prefix", "follow"
    )
    options |= _switches(call, "ignore-errors")
    options |= _log_window(call)
    duration(call, "pod-running-timeout")
    return KubectlRead(
        verb="logs",
        objects=objects.objects,
        namespace=namespace(call),
        selector=selector(call),
        container=container,
        options=options,
    )


def _log_source(call: Call) -> tuple[Objects, str]:
    """`POD`, `POD CONTAINER` or `TYPE/NAME`, or nothing with a selector; and the container."""
    arguments = _arguments(call)
    container = call.last("container")
    if "container" in call.given or len(arguments) == 2:
        container = object_name(container or arguments[-1])
    labels = selector(call)
    if bool(arguments) == bool(labels) or len(arguments) > 2:
        reason = "name one pod, or a selector: kubectl logs web-1, or kubectl logs -l app=web"
        raise Objection(Rule.RESOURCE, reason)
    if call.program and call.arguments:
        raise Objection(Rule.FLAG, "logs runs no command: leave `--` and what follows away")
    if container and call.on("all-containers"):
        raise Objection(Rule.FLAG, "write -c or --all-containers, not both")
    if len(arguments) == 2 and "container" in call.given:
        raise Objection(Rule.RESOURCE, "name the container once: kubectl logs web-1 -c app")
    if labels:
        return Objects(), container
    source = arguments[0]
    objects = read_objects([source if "/" in source else f"pod/{source}"])
    resource = objects.objects[0][0]
    if kind_of(resource) not in _LOGGED and resource.split(".")[0] not in LOGGED:
        raise Objection(Rule.RESOURCE, f"a {resource} has no log: name a pod, a workload or a job")
    return objects, container


def _log_window(call: Call) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if call.last("tail") not in ("", "-1"):
        options["tail"] = count(call, "tail")
    for flag in ("limit-bytes", "max-log-requests"):
        if (number := count(call, flag)) is not None:
            options[flag.replace("-", "_")] = number
    if "since" in call.given and "since-time" in call.given:
        raise Objection(Rule.FLAG, "write --since or --since-time, not both")
    if since := duration(call, "since"):
        options["since_seconds"] = max(round(since), 1)
    if "since-time" in call.given:
        options["since_time"] = _time(call.last("since-time"))
    return options


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise Objection(Rule.FLAG, f"--since-time={text!r}: write 2026-01-31T08:00:00Z")
    return text


def top(call: Call) -> KubectlRead:
    """Understand `kubectl top pod` and `kubectl top node`."""
    arguments = _arguments(call)
    resource = f"{call.command.split()[1]}s"
    if len(arguments) > 1:
        raise Objection(Rule.RESOURCE, f"`kubectl {call.command}` takes one name, or none")
    if call.last("sort-by", "cpu") not in ("cpu", "memory"):
        raise Objection(Rule.FLAG, "top sorts by cpu or memory: --sort-by=memory")
    names = tuple(object_name(word) for word in arguments)
    return KubectlRead(
        verb="top",
        sort_by=call.last("sort-by"),
        options=_switches(call, "containers", "sum", "no-headers", "show-capacity"),
        **scope(call, Objects(resources=(resource,), names=names)),
    )


def events(call: Call) -> KubectlRead:
    """Understand `kubectl events`."""
    _no_arguments(call)
    options = _switches(call, "no-headers")
    if call.on("watch"):
        options["follow"] = True
    if "for" in call.given:
        options["for"] = _subject(call.last("for"))
    if types := choices(call, "types", _TYPE):
        options["types"] = types
    return KubectlRead(
        verb="events", output=output(call).form, options=options, **scope(call, Objects())
    )


def _subject(text: str) -> str:
    """`pod/web-1` in lower case."""
    objects = read_objects([text]).objects
    if not objects:
        raise Objection(Rule.FLAG, f"--for={text!r}: write --for=pod/web-1")
    return "/".join(objects[0])


def explain(call: Call) -> KubectlRead:
    """Understand `kubectl explain`."""
    arguments = _arguments(call)
    if len(arguments) != 1 or not _FIELD_PATH.fullmatch(arguments[0]):
        raise Objection(Rule.RESOURCE, "name one field: kubectl explain deployment.spec.strategy")
    if call.last("output", "plaintext") not in ("plaintext", "plaintext-openapiv2"):
        raise Objection(Rule.OUTPUT, "explain prints plain text: leave --output away")
    options = {"topic": arguments[0], **_switches(call, "recursive")}
    if "api-version" in call.given:
        options["api_version"] = _matching(call, "api-version", _GROUP_VERSION, "apps/v1")
    return KubectlRead(verb="explain", options=options)


def api_resources(call: Call) -> KubectlRead:
    """Understand `kubectl api-resources`."""
    _no_arguments(call)
    options = _switches(call, "no-headers")
    if "api-group" in call.given:
        options["api_group"] = _matching(call, "api-group", _GROUP, "apps")
    if "namespaced" in call.given:
        options["namespaced"] = call.on("namespaced")
    for flag in ("verbs", "categories"):
        if values := choices(call, flag, _VERB):
            options[flag] = values
    if call.last("output") not in ("", "name", "wide"):
        raise Objection(Rule.OUTPUT, "api-resources prints -o name or wide, or a table")
    if call.last("sort-by") not in ("", "name", "kind"):
        raise Objection(Rule.FLAG, "api-resources sorts by name or kind")
    form = output(call, columns=True).form
    return KubectlRead(
        verb="api_resources", output=form, sort_by=call.last("sort-by"), options=options
    )


def version(call: Call) -> KubectlRead:
    """Understand `kubectl version`."""
    _no_arguments(call)
    if call.last("output") not in ("", "json", "yaml"):
        raise Objection(Rule.OUTPUT, "version prints -o json or yaml, or plain text")
    return KubectlRead(verb="version", output=output(call).form, options=_switches(call, "client"))


def cluster_info(call: Call) -> KubectlRead:
    """Understand `kubectl cluster-info` and its dump."""
    _no_arguments(call)
    if call.command == "cluster-info":
        return KubectlRead(verb="cluster_info", namespace=namespace(call))
    if call.last("output-directory", "-") != "-":
        raise Objection(Rule.FILE, "--output-directory writes files: leave it away")
    options: dict[str, Any] = {"dump": True}
    if spaces := choices(call, "namespaces", NAMESPACE):
        options["namespaces"] = spaces
    duration(call, "pod-running-timeout")
    form = output(call).form
    if form not in ("table", "json", "yaml"):
        raise Objection(Rule.OUTPUT, "the dump is printed with -o json or yaml")
    return KubectlRead(
        verb="cluster_info",
        namespace=namespace(call),
        everywhere=call.on("all-namespaces"),
        output="json" if form == "table" else form,
        options=options,
    )


def can_i(call: Call) -> KubectlRead:
    """Understand `kubectl auth can-i`."""
    arguments = _arguments(call)
    options = _switches(call, "list", "quiet", "no-headers")
    place: dict[str, Any] = {
        "namespace": namespace(call),
        "everywhere": call.on("all-namespaces"),
    }
    if call.on("list"):
        _no_arguments(call)
        return KubectlRead(verb="can_i", options=options, **place)
    if call.on("no-headers"):
        raise Objection(Rule.FLAG, "--no-headers goes with --list only")
    if len(arguments) not in (2, 3) or not _VERB.fullmatch(arguments[0]):
        reason = "write a verb and a resource: kubectl auth can-i delete pods -n payments"
        raise Objection(Rule.RESOURCE, reason)
    options["action"] = arguments[0]
    if "subresource" in call.given:
        options["subresource"] = _matching(call, "subresource", _ASKED, "log")
    if arguments[1].startswith("/"):
        return _can_i_path(arguments, options, place)
    resource, _, name = arguments[1].lower().partition("/")
    names = tuple(object_name(word, "role") for word in (*arguments[2:], *([name] if name else [])))
    if not _ASKED.fullmatch(resource) or len(names) > 1:
        raise Objection(Rule.RESOURCE, f"{arguments[1]!r} is not the name of a resource")
    return KubectlRead(verb="can_i", resources=(resource,), names=names, options=options, **place)


def _can_i_path(
    arguments: tuple[str, ...], options: dict[str, Any], place: dict[str, Any]
) -> KubectlRead:
    if len(arguments) > 2 or not _URL_PATH.fullmatch(arguments[1]):
        raise Objection(
            Rule.PATH, "write one path of the API server: kubectl auth can-i get /logs/"
        )
    return KubectlRead(verb="can_i", options={**options, "path": arguments[1]}, **place)


def whoami(call: Call) -> KubectlRead:
    """Understand `kubectl auth whoami`."""
    _no_arguments(call)
    return KubectlRead(verb="whoami", output=output(call).form)


def rollout_status(call: Call) -> KubectlRead:
    """Understand `kubectl rollout status`."""
    options: dict[str, Any] = {}
    if not call.on("watch", default=True):
        options["follow"] = False
    if limit := duration(call, "timeout"):
        options["timeout_seconds"] = limit
    return _rollout(call, "rollout_status", options)


def rollout_history(call: Call) -> KubectlRead:
    """Understand `kubectl rollout history`."""
    return _rollout(call, "rollout_history", {}, output(call).form)


def _rollout(call: Call, verb: str, options: dict[str, Any], form: str = "table") -> KubectlRead:
    refuse_files(call)
    objects = read_objects(_arguments(call))
    kinds = {kind_of(resource) for resource in objects.all_resources}
    if not kinds or not kinds.issubset(ROLLED_OUT):
        reason = f"name a workload: kubectl {call.command} deployment/web -n NAMESPACE"
        raise Objection(Rule.RESOURCE, reason)
    if (revision := count(call, "revision")) is not None and revision > 0:
        options = {**options, "revision": revision}
    return KubectlRead(verb=verb, output=form, options=options, **scope(call, objects))


def wait(call: Call) -> KubectlRead:
    """Understand `kubectl wait`."""
    refuse_files(call)
    if call.on("local"):
        raise Objection(Rule.FILE, "--local works on files: leave it away")
    objects = read_objects(_arguments(call))
    goal = _goal(call.last("for"))
    form = output(call).form
    if objects.secret and (goal not in ("create", "delete") or form not in ("table", "name")):
        raise Objection(Rule.SECRET, NO_SECRETS)
    where = scope(call, objects)
    chosen = objects.named or where["selector"] or where["field_selector"] or call.on("all")
    if not objects.all_resources or not chosen:
        reason = "name what to wait for: kubectl wait --for=condition=Ready pod/web-1"
        raise Objection(Rule.RESOURCE, reason)
    options = {"for": goal, **_switches(call, "all")}
    if not _NO_END.fullmatch(call.last("timeout")):
        limit = duration(call, "timeout")
        options |= {} if limit is None else {"timeout_seconds": limit}
    return KubectlRead(verb="wait", output=form, options=options, **where)


def _goal(text: str) -> str:
    known = text in ("create", "delete")
    if text.startswith("jsonpath="):
        check_asked(text)
    if known or _CONDITION.fullmatch(text) or _JSONPATH.fullmatch(text):
        return text
    reason = f"--for={text!r}: write condition=Ready, delete, create or jsonpath=…=Running"
    raise Objection(Rule.FLAG, reason)


def contexts(call: Call) -> KubectlRead:
    """Understand the parts of `kubectl config` that only show names."""
    what = call.command.split()[1]
    arguments = _arguments(call)
    if arguments and (what != "get-contexts" or not all(map(CONTEXT.fullmatch, arguments))):
        raise Objection(Rule.RESOURCE, f"`kubectl {call.command}` takes no such argument")
    if not call.on("merge", default=True):
        raise Objection(Rule.FLAG, "--merge=false needs a file: leave it away")
    for flag in ("raw", "flatten"):
        if call.on(flag):
            reason = f"--{flag} shows tokens and keys: write `kubectl config view --minify`"
            raise Objection(Rule.SECRET, reason)
    shown = output(call)
    if what == "get-contexts" and shown.form not in ("table", "name"):
        raise Objection(Rule.OUTPUT, "get-contexts prints -o name, or a table")
    if _LOGIN.search(_USER_NAMES.sub("", shown.template)):
        raise Objection(Rule.SECRET, "users of the configuration are shown by name: get-users")
    options = {"what": what, **_switches(call, "minify", "no-headers")}
    return KubectlRead(verb="contexts", names=arguments, output=shown.form, options=options)


def plain(verb: str) -> Callable[[Call], KubectlRead]:
    """A read without arguments."""

    def read(call: Call) -> KubectlRead:
        _no_arguments(call)
        return KubectlRead(verb=verb)

    return read


def printed(call: Call) -> KubectlRead:
    """Texts that kubectl prints by itself: they are answered by help."""
    arguments = _arguments(call)
    if call.command == "completion" and (len(arguments) != 1 or arguments[0] not in _SHELLS):
        raise Objection(Rule.RESOURCE, f"completion is for {', '.join(_SHELLS)}")
    if call.command != "completion":
        _no_arguments(call)
    return KubectlRead(verb="help", options={"topic": " ".join((call.command, *arguments))})


def _arguments(call: Call) -> tuple[str, ...]:
    return call.arguments + (call.program or ())


def _no_arguments(call: Call) -> None:
    if arguments := _arguments(call):
        reason = f"`kubectl {call.command}` takes no {arguments[0]!r} here"
        raise Objection(Rule.RESOURCE, reason)


def _switches(call: Call, *flags: str) -> dict[str, Any]:
    """Those that are on, as options."""
    return {flag.replace("-", "_"): True for flag in flags if call.on(flag)}


def _matching(call: Call, flag: str, pattern: re.Pattern[str], example: str) -> str:
    text = call.last(flag)
    if not pattern.fullmatch(text):
        raise Objection(Rule.FLAG, f"--{flag}={text!r} is not taken: write --{flag}={example}")
    return text


READS: Mapping[str, Callable[[Call], KubectlRead]] = {
    "api-resources": api_resources,
    "api-versions": plain("api_versions"),
    "apply view-last-applied": last_applied,
    "auth can-i": can_i,
    "auth whoami": whoami,
    "cluster-info": cluster_info,
    "cluster-info dump": cluster_info,
    "completion": printed,
    "config current-context": contexts,
    "config get-clusters": contexts,
    "config get-contexts": contexts,
    "config get-users": contexts,
    "config view": contexts,
    "describe": describe,
    "events": events,
    "explain": explain,
    "get": get,
    "logs": logs,
    "options": printed,
    "plugin list": printed,
    "rollout history": rollout_history,
    "rollout status": rollout_status,
    "top node": top,
    "top pod": top,
    "version": version,
    "wait": wait,
}
