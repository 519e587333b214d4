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
