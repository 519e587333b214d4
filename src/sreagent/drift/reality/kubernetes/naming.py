"""Paths in an object to paths in the state that made it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sreagent.drift.reality.kubernetes.differ import Member, Step
from sreagent.drift.reality.kubernetes.fields import (
    MAP,
    OBJECT,
    Field,
    attribute_of,
    field_of,
    types,
)
from sreagent.drift.reality.kubernetes.types import sort_of

Json = Any
"""A JSON value."""
_SOURCE = "persistent_volume_source"
_PARTS = {"kubernetes_labels": "labels", "kubernetes_annotations": "annotations"}


def attribute_path(type_: str, attributes: Mapping[str, Json], steps: Sequence[Step]) -> str:
    """Where a state has what stands at a path of the object: `spec[0].template[0].metadata[0]`.

    Args:
        type_: Of the resource.
        attributes: Of the state: the names of blocks are taken from there.
        steps: The path in the object.
    """
    if type_ == "kubernetes_manifest":
        return "manifest" + _plainly(steps)
    if type_ in _PARTS and len(steps) > 2:
        return f"{_PARTS[type_]}.{steps[-1]}"
    sort = sort_of(type_.replace("config_map_v1_data", "config_map_v1"), attributes)
    if sort is None:
        return _plainly(steps).removeprefix(".")
    if sort.kind == "Secret" and len(steps) == 2 and steps[0] == "data":
        return f"{_secret_block(attributes, str(steps[1]))}.{steps[1]}"
    return _named(sort.fields, attributes, steps)


def _plainly(steps: Sequence[Step]) -> str:
    parts = (f"[{each.stated}]" if isinstance(each, Member) else f".{each}" for each in steps)
    return "".join(parts)


def _secret_block(attributes: Mapping[str, Json], key: str) -> str:
    binary = attributes.get("binary_data")
    return "binary_data" if isinstance(binary, Mapping) and key in binary else "data"


def _named(type_: str, attributes: Json, steps: Sequence[Step]) -> str:
    """Goes down the state and the object together, for as long as the state goes."""
    text = ""
    holder, known, node = type_, Field(name="", form=OBJECT, type=type_), attributes
    for step in steps:
        if isinstance(step, Member):
            text += f"[{step.stated}]"
            node = _member(node, step.stated)
            holder, known = known.type, Field(name=known.name, form=OBJECT, type=known.type)
        elif known.form == MAP or holder not in types():
            text += f".{step}"
            node = node.get(step) if isinstance(node, Mapping) else None
        else:
            before, node = _inline(holder, node, step)
            attribute = _attribute(holder, node, step)
            known = types()[holder].get(step, Field(name=step))
            node = node.get(attribute) if isinstance(node, Mapping) else None
            text += f".{before}{attribute}"
            if known.form == OBJECT:
                text += "" if isinstance(node, Mapping) else "[0]"
                node, holder = _member(node, 0), known.type
    return re.sub(r"^\.", "", text)


def _inline(holder: str, node: Json, name: str) -> tuple[str, Json]:
    """The source of a volume is a block of its own in the state, and none in the object."""
    source = _member(node.get(_SOURCE), 0) if isinstance(node, Mapping) else None
    if holder != "PersistentVolumeSpec" or not isinstance(source, Mapping):
        return "", node
    is_there = any(_is(holder, attribute, name) for attribute in source)
    return (f"{_SOURCE}[0].", source) if is_there else ("", node)


def _attribute(holder: str, node: Json, name: str) -> str:
    names = node if isinstance(node, Mapping) else {}
    found = next((each for each in names if _is(holder, each, name)), None)
    return found or attribute_of(holder, name)


def _is(holder: str, attribute: str, name: str) -> bool:
    known = field_of(holder, attribute)
    return known is not None and known.name == name


def _member(node: Json, index: int) -> Json:
    if isinstance(node, list):
        return node[index] if index < len(node) else None
    return node
