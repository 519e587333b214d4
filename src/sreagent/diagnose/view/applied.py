"""How an object differs from what was applied: somebody changed it by another way."""

from collections.abc import Iterator, Mapping

from sreagent.diagnose.objects.managers import last_applied
from sreagent.diagnose.objects.quantities import amount
from sreagent.diagnose.view.revisions import hide_value
from sreagent.domain.inventory import Obj
from sreagent.domain.secrets import hide_words

LINES = 40
_NOT_CONTENT = ("apiVersion", "kind", "metadata", "status", "stringData", "binaryData")
_OPEN = ("selector", "data", "hard", "podSelector", "matchLabels")
"""Maps that hold what people put there, and no defaults of the server."""


def against_applied(item: Obj, *, without: str = "") -> tuple[str, ...]:
    """Diff lines from what `kubectl apply` sent last to what there is.

    Fields below the path `without` are left out, and so is all of a Secret.
    """
    applied = last_applied(item)
    if item.get("kind") == "Secret" or not applied:
        return ()
    # The same field has another name in another version of the API.
    versions = {str(applied.get("apiVersion")), str(item.get("apiVersion"))}
    translated = "apiVersion" in item and len(versions) > 1
    lines: list[str] = []
    for root in applied:
        if root in _NOT_CONTENT:
            continue
        before = dict(_leaves(applied[root], root))
        now = dict(_leaves(_restricted(item.get(root), applied[root], root), root))
        paths = before.keys() & now.keys() if translated else before.keys() | now.keys()
        for path in sorted(paths):
            left_out = bool(without) and path.startswith(without)
            if not left_out and not _is_same(before.get(path), now.get(path)):
                lines += _diff_lines(path, before.get(path), now.get(path))
    return tuple(lines[:LINES])


def _is_same(before: str | None, now: str | None) -> bool:
    """Whether two values mean the same: the server writes `1000m` as `1`."""
    if before == now or before is None or now is None:
        return before == now
    return amount(before) == amount(now) != 0.0


def _diff_lines(path: str, before: str | None, after: str | None) -> list[str]:
    pairs = (("- ", before), ("+ ", after))
    return [f"{sign}{path}: {value}" for sign, value in pairs if value is not None]


def _restricted(live: object, applied: object, name: str) -> object:
    """Only fields that were applied: the server's defaults are no change."""
    if isinstance(live, Mapping) and isinstance(applied, Mapping):
        return {
            key: _restricted(live[key], applied.get(key), key)
            for key in (live if name in _OPEN else applied)
            if key in live
        }
    if isinstance(live, list) and isinstance(applied, list):
        known = [_restricted(one, two, name) for one, two in zip(live, applied, strict=False)]
        return known + live[len(known) :]
    return live


def _leaves(value: object, path: str, name: str = "") -> Iterator[tuple[str, str]]:
    """Paths and values, those of telling names hidden."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            # A variable is named beside its value; the field `key` names keys, and holds none.
            told = value.get("name") if key == "value" else key
            is_field = path.startswith("spec") and key == "key"
            yield from _leaves(inner, f"{path}.{key}", "" if is_field else str(told))
    elif isinstance(value, list) and all(isinstance(inner, str) for inner in value):
        yield path, hide_words(value)[:200]
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{number}]")
    elif value is not None:
        yield path, hide_value(name, str(value))[:200]
