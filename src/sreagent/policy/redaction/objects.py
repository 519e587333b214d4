"""Objects of Kubernetes and answers of AWS: what is a secret by its place in the structure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sreagent.domain.secrets import names_secret
from sreagent.policy.redaction.text import redact
from sreagent.policy.redaction.tokens import HOLLOW, TOKEN, token

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_NAMES = ("name", "Name", "key", "Key", "ParameterKey", "OptionName")
_VALUES = ("value", "Value", "ParameterValue")
_DATA = ("data", "stringData")
_REFERENCES = ("key", "name", "namespace", "apiVersion", "kind", "uid", "resourceVersion")
"""Fields that name an object, or a key in one."""
_POINTING = ("secretKeyRef", "configMapKeyRef", "secretRef", "fieldRef", "resourceFieldRef")


def redact_object(value: Mapping[str, Any]) -> dict[str, Any]:
    """The same object without its secrets; every name and key stays.

    Values in a Secret go all, also in the copy that `kubectl apply` keeps; elsewhere those with a
    telling name: variables, fields, keys of a ConfigMap, arguments after a flag. Every other text
    is redacted as text.
    """
    if value.get("kind") == "Secret":
        value = {key: _hidden_all(item) if key in _DATA else item for key, item in value.items()}
    return {key: _field(key, item, value) for key, item in value.items()}


def _field(key: str, item: object, around: Mapping[str, Any]) -> object:
    if key in _POINTING:
        return item
    if key == _APPLIED and isinstance(item, str):
        return _applied(item)
    if isinstance(item, str):
        return _text(_name_of(key, around), item)
    return _inside(item)


def _name_of(key: str, around: Mapping[str, Any]) -> str:
    """The name that tells about a text: its key, or the name that stands beside `value`."""
    if key not in _VALUES:
        return key
    names = (around.get(name) for name in _NAMES)
    return next((name for name in names if isinstance(name, str)), key)


def _inside(item: object) -> object:
    match item:
        case Mapping():
            return redact_object(item)
        case list() | tuple():
            return _listed(item)
        case str():
            return redact(item)
        case _:
            return item


def _listed(items: Sequence[object]) -> list[object]:
    """A list; in a command line a word may be the secret of the flag before it."""
    result: list[object] = []
    before = ""
    for item in items:
        word = item if isinstance(item, str) else ""
        given = before.startswith("-") and "=" not in before and names_secret(before)
        hide = given and not word.startswith("-") and not HOLLOW.fullmatch(word)
        result.append(_hidden(word) if hide else _inside(item))
        before = word
    return result


def _text(name: str, value: str) -> str:
    if name in _REFERENCES or not names_secret(name):
        return redact(value)
    return value if HOLLOW.fullmatch(value) else _hidden(value)


def _applied(text: str) -> str:
    try:
        copy = json.loads(text)
    except ValueError:
        return redact(text)
    return json.dumps(redact_object(copy), separators=(",", ":")) if isinstance(copy, dict) else ""


def _hidden_all(data: object) -> object:
    """Also what should be a mapping and is none."""
    if isinstance(data, Mapping):
        return {key: _hidden(str(value)) for key, value in data.items()}
    return data if data is None else _hidden(str(data))


def _hidden(value: str) -> str:
    return value if not value or TOKEN.fullmatch(value) else token("secret", value)
