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
_WORDS = 40
_WORD = 200
"""Words of a command, and letters of a word, that are searched together."""
_HOLDERS = ("Secret", "ConfigMap")
_REFERENCES = frozenset(("key", "keys"))
"""Fields that select a label or an entry of a ConfigMap."""


def presentable(obj: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an object that may be shown."""
    return {str(key): _shown(str(key), value, obj) for key, value in obj.items()}


def last_applied(obj: Mapping[str, Any]) -> dict[str, Any] | None:
    """What `kubectl apply` wrote last, fit to be shown; None when nothing was applied."""
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    try:
        applied = json.loads(annotations.get(APPLIED, ""))
    except ValueError:
        return None
    return presentable(applied) if isinstance(applied, Mapping) else None


def _shown(key: str, value: object, parent: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    match value:
        case str():
            return _text(key, value, parent)
        case Mapping():
            inner = _kept(key, value)
            if key in ("data", "stringData", "binaryData") and parent.get("kind") in _HOLDERS:
                return {name: _held(str(name), one, key, parent) for name, one in inner.items()}
            return {name: _shown(str(name), one, inner) for name, one in inner.items()}
        case list():
            return list(_listed(key, value))
    return value


def _kept(key: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Metadata without what only programs read, and without the copy of the whole object."""
    if key == "annotations":
        return {name: one for name, one in value.items() if name != APPLIED}
    if key == "metadata":
        return {name: one for name, one in value.items() if _is_told(name, one)}
    return value


def _is_told(name: str, value: object) -> bool:
    if isinstance(value, Mapping):
        return set(value) != {APPLIED}
    return value is not None and name not in ("managedFields", "selfLink")


def _held(name: str, value: object, key: str, parent: Mapping[str, Any]) -> object:
    """One entry of a Secret or ConfigMap."""
    text = str(value)
    if parent["kind"] == "Secret" or names_secret(name) or _is_release(name, parent):
        return mask(text)
    if key == "binaryData":
        return f"(binary, {len(text)} characters)"
    return _text("", text, {})


def _is_release(name: str, parent: Mapping[str, Any]) -> bool:
    """Helm may keep a release with all its values, packed, in a ConfigMap."""
    labels = (parent.get("metadata") or {}).get("labels") or {}
    return name == "release" and bool({"owner", "OWNER"} & set(labels))


def _listed(key: str, values: Sequence[object]) -> Iterator[object]:
    before = ""
    known = _known_by_program([value for value in values if isinstance(value, str)])
    for value in values:
        if isinstance(value, str):
            given = before.startswith("-") and "=" not in before and names_secret(before)
            hidden = value in known or (given and not value.startswith("-"))
            yield mask(value) if hidden else _text("", value, {})
            before = value
        else:
            yield _shown(key, value, {})


def _known_by_program(values: Sequence[str]) -> frozenset[str]:
    """The words of a command that are a secret to its program only: `-pX` of mysql."""
    words = [value for value in values[:_WORDS] if value and len(value) <= _WORD]
    line = " ".join(words)
    if len(words) < 2 or redact(line) == line:
        return frozenset()
    begun = ((word, " ".join(words[: place + 1])) for place, word in enumerate(words))
    return frozenset(
        word for word, line in begun if " " not in word and not redact(line).endswith(word)
    )


def _text(key: str, value: str, parent: Mapping[str, Any]) -> str:
    if value and _is_secret(str(parent.get("name", "")) if key == "value" else key):
        return mask(value)
    if len(value) > _PLAIN_LENGTH or "\n" in value or '"' in value:
        # Escaped into JSON or folded into YAML, the rules would no longer see its lines.
        return redact(hide(clean(value)))
    return hide(value)


def _is_secret(key: str) -> bool:
    return key not in _REFERENCES and names_secret(key)
