"""Shapes that answers of many services have."""

from collections.abc import Mapping
from typing import Any


def tags_of(item: Mapping[str, Any], *, under: str = "Tags") -> dict[str, str]:
    """Tags as an object, from a list of `Key` and `Value` or from an object."""
    tags = item.get(under) or ()
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    pairs = ((tag.get("Key", tag.get("key")), tag.get("Value", tag.get("value"))) for tag in tags)
    return {str(key): str(value or "") for key, value in pairs}


def taken(item: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What an answer says of attributes, by where it says it: `Endpoint.Port`; no gaps filled."""
    found = {name: at(item, path) for name, path in names.items()}
    return {name: value for name, value in found.items() if value is not None}


def at(item: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - any JSON value
    """What stands there in an answer; None where nothing does."""
    value: Any = item
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
