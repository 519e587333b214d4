"""Writes a read as the kubectl line that means the same."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sreagent.domain.command import KubectlRead

_COMMANDS = {
    "api_resources": "api-resources",
    "api_versions": "api-versions",
    "can_i": "auth can-i",
    "cluster_info": "cluster-info",
    "rollout_history": "rollout history",
    "rollout_status": "rollout status",
    "whoami": "auth whoami",
}
_FLAGS = {
    "follow": "watch",
    "path": "raw",
    "since_seconds": "since",
    "timeout_seconds": "timeout",
}
"""Options whose flag is called otherwise."""
_PLACED = frozenset({"topic", "action", "what", "dump", "last_applied", "line", "dry_run"})
"""Options that are no flags."""


def render(read: KubectlRead) -> str:
    """The line; `parse` understands it as the same read."""
    if read.verb == "preview":
        return str(read.options["line"])
    words = ["kubectl", *_place(read), *_command(read), *_subject(read)]
    words += [word for word in _flags(read) if word]
    return join(words)


def join(words: Sequence[str]) -> str:
    """Words as one line, quoted where a shell would need it."""
    return shlex.join(words)


def _place(read: KubectlRead) -> list[str]:
    return ["-n", read.namespace] if read.namespace else []


def _command(read: KubectlRead) -> list[str]:
    special: Mapping[str, Callable[[KubectlRead], str]] = {
        "cluster_info": lambda r: "cluster-info dump" if "dump" in r.options else "cluster-info",
        "contexts": lambda r: f"config {r.options['what']}",
        "get": lambda r: "apply view-last-applied" if "last_applied" in r.options else "get",
        "help": lambda r: _help(str(r.options["topic"])),
        "top": lambda r: f"top {r.resources[0].removesuffix('s')}",
    }
    if read.verb in special:
        return special[read.verb](read).split()
    return _COMMANDS.get(read.verb, read.verb).split()


def _help(topic: str) -> str:
    printed = topic == "options" or topic == "plugin list" or topic.startswith("completion ")
    return topic if printed else f"help {topic}"


def _subject(read: KubectlRead) -> Iterator[str]:
    if read.verb == "can_i":
        yield from _asked(read)
        return
    if read.verb == "explain":
        yield str(read.options["topic"])
    if read.resources and read.verb != "top":
        yield ",".join(read.resources)
    yield from read.names
    yield from (f"{resource}/{name}" for resource, name in read.objects)


def _asked(read: KubectlRead) -> Iterator[str]:
    if "action" in read.options:
        yield str(read.options["action"])
        yield from (str(read.options["path"]),) if "path" in read.options else ()
    yield from read.resources
    yield from read.names


def _flags(read: KubectlRead) -> Iterator[str]:
    yield "-A" if read.everywhere else ""
    yield from _valued("selector", read.selector)
    yield from _valued("field-selector", read.field_selector)
    yield from _valued("container", read.container)
    yield from _valued("sort-by", read.sort_by)
    if read.output != "table":
        yield from _valued("output", read.output)
    for option, value in read.options.items():
        asked_path = read.verb == "can_i" and option == "path"
        if option not in _PLACED and not asked_path:
            yield from _option(read.verb, option, value)


def _option(verb: str, option: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - any option
    flag = _FLAGS.get(option, option.replace("_", "-"))
    if verb == "logs" and option == "follow":
        flag = "follow"
    if isinstance(value, bool):
        yield f"--{flag}" if value else f"--{flag}=false"
    elif isinstance(value, tuple):
        yield f"--{flag}={','.join(value)}"
    elif isinstance(value, float) or option == "since_seconds":
        yield f"--{flag}={value:g}s" if value < 1e6 else f"--{flag}={value:.0f}s"
    else:
        yield f"--{flag}={value}"


def _valued(flag: str, value: str) -> Iterator[str]:
    if value:
        yield f"--{flag}={value}"
