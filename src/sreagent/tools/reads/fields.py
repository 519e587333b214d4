"""Objects without what must not be shown: secrets go by their place, before any text is made."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sreagent.domain.secrets import hide, mask, names_secret
from sreagent.domain.text import clean
from sreagent.policy.redaction import redact

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_PLAIN_LENGTH = 80
"""Longer texts may hold whole files; they are searched one by one."""
_REFERENCES = frozenset(("key", "keys"))
"""Fields that select a label or an entry of a ConfigMap."""


def presentable(obj: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an object that may be shown."""
    shown = dict(obj)
    metadata = obj.get("metadata")
    if isinstance(metadata, Mapping):
        shown["metadata"] = _without_bookkeeping(metadata)
    return {key: _shown(key, value, shown) for key, value in shown.items()}


def last_applied(obj: Mapping[str, Any]) -> dict[str, Any] | None:
    """What `kubectl apply` wrote last, fit to be shown; None when nothing was applied."""
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    try:
        applied = json.loads(annotations.get(APPLIED, ""))
    except ValueError:
        return None
    return presentable(applied) if isinstance(applied, Mapping) else None


def _without_bookkeeping(metadata: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        key: value for key, value in metadata.items() if key not in ("managedFields", "selfLink")
    }
    annotations = kept.get("annotations")
    if isinstance(annotations, Mapping):
        # It repeats the whole object, values and all.
        rest = {key: value for key, value in annotations.items() if key != APPLIED}
        kept["annotations"] = rest
        if not rest:
            del kept["annotations"]
    return kept


def _shown(key: str, value: object, parent: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    match value:
        case str():
            return _text(key, value, parent)
        case Mapping():
            if parent.get("kind") == "Secret" and key in ("data", "stringData"):
                return {name: mask(str(one)) for name, one in value.items()}
            if parent.get("kind") == "ConfigMap" and key == "binaryData":
                return {
                    name: f"(binary, {len(str(one))} characters)" for name, one in value.items()
                }
            return {name: _shown(str(name), one, value) for name, one in value.items()}
        case list():
            return list(_listed(key, value))
    return value


def _listed(key: str, values: Sequence[object]) -> Iterator[object]:
    before = ""
    for value in values:
        if isinstance(value, str):
            given = before.startswith("-") and "=" not in before and names_secret(before)
            yield mask(value) if given and not value.startswith("-") else _text("", value, {})
            before = value
        else:
            yield _shown(key, value, {})


def _text(key: str, value: str, parent: Mapping[str, Any]) -> str:
    name = parent.get("name")
    if value and (
        _is_secret(key) or (key == "value" and isinstance(name, str) and names_secret(name))
    ):
        return mask(value)
    if len(value) > _PLAIN_LENGTH or "\n" in value or '"' in value:
        # Escaped into JSON or folded into YAML, the rules would no longer see its lines.
        return redact(hide(clean(value)))
    return hide(value)


def _is_secret(key: str) -> bool:
    return key not in _REFERENCES and names_secret(key)
