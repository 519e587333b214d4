"""Two JSON values as the lines in which they differ."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.domain.secrets import hide, hide_words, mask, names_secret
from sreagent.domain.text import one_line
from sreagent.policy.redaction import redact


def differing(before: object, after: object, *, limit: int = 40) -> tuple[str, ...]:
    """Lines `- path: value` and `+ path: value` for each leaf that differs, at most `limit`.

    Items of a list are named by their `name` where they have one, so that a new container does
    not make all later ones differ. Values of environment variables with a telling name are hidden.
    """
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    lines: list[str] = []
    for path in [*old, *(path for path in new if path not in old)]:
        if old.get(path) != new.get(path):
            lines += [f"- {path}: {_shown(path, old[path])}"] if path in old else []
            lines += [f"+ {path}: {_shown(path, new[path])}"] if path in new else []
    if len(lines) > limit:
        lines[limit:] = [f"… {len(lines) - limit} more lines"]
    return tuple(lines)


def _leaves(value: object, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        # A command line is told whole: one of its words may be the secret of the word before.
        yield path, hide_words(value)
    elif isinstance(value, list) and value:
        for place, item in enumerate(value):
            name = item.get("name", place) if isinstance(item, Mapping) else place
            yield from _leaves(item, f"{path}[{name}]")
    elif path:
        yield path, value


_VARIABLE = ".value"


def _shown(path: str, value: object) -> str:
    name = path.removesuffix(_VARIABLE).rpartition("[")[2].rstrip("]")
    if path.endswith(_VARIABLE) and names_secret(name):
        return mask(str(value))
    return redact(one_line(hide(str(value)), 160))
