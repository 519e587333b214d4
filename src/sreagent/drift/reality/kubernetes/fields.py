"""The fields of Kubernetes objects: what each is called, and whether it is a list.

`fields.txt` has a line for each type: `name` is a text, `name:int` another value, `name>Type` an
object, `name*Type` a list, `name%` a map whose keys are data.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_FIELD = re.compile(r"(?P<name>\w+)(?P<form>[:>*%]?)(?P<type>\w*)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
VALUE, OBJECT, LIST, MAP = ":", ">", "*", "%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of one type."""

    name: str
    """As Kubernetes spells it."""
    form: str = VALUE
    type: str = ""
    """Of the value, the object, or the members; empty for texts and for what is not known."""


UNKNOWN_TYPE = ""
_RENAMED: Mapping[tuple[str, str], str] = {
    ("DaemonSetSpec", "strategy"): "updateStrategy",
    ("StorageClass", "storage_provisioner"): "provisioner",
    ("AzureDiskVolumeSource", "data_disk_uri"): "diskURI",
    ("GlusterfsVolumeSource", "endpoints_name"): "endpoints",
    ("GlusterfsPersistentVolumeSource", "endpoints_name"): "endpoints",
    **{
        (source, attribute): name
        for source in ("RBDVolumeSource", "RBDPersistentVolumeSource")
        for attribute, name in (
            ("ceph_monitors", "monitors"),
            ("rados_user", "user"),
            ("rbd_image", "image"),
            ("rbd_pool", "pool"),
        )
    },
}
"""Attributes of the Terraform provider with another name than the field."""


@cache
def types() -> Mapping[str, Mapping[str, Field]]:
    """The fields of each type, by their names."""
    text = files(__package__).joinpath("fields.txt").read_text(encoding="utf-8")
    found: dict[str, Mapping[str, Field]] = {}
    for line in text.splitlines():
        name, *fields = line.split()
        read = (_FIELD.fullmatch(field) for field in fields)
        found[name] = MappingProxyType(
            {
                each["name"]: Field(
                    name=each["name"], form=each["form"] or VALUE, type=each["type"]
                )
                for each in read
                if each
            }
        )
    return MappingProxyType(found)


@cache
def field_of(type_: str, attribute: str) -> Field | None:
    """The field that an attribute of the Terraform provider is; None where it is none.

    A block stands for each member of a list: `container` is `containers`.
    """
    fields = types().get(type_, {})
    if renamed := _RENAMED.get((type_, attribute)):
        return fields[renamed]
    plain = _plain(attribute)
    by_name = {_plain(name): field for name, field in fields.items()}
    if plain in by_name:
        return by_name[plain]
    plural = f"{plain[:-1]}ies" if plain.endswith("y") else f"{plain}s"
    found = by_name.get(plural) or by_name.get(f"{plain}es")
    return found if found and found.form == LIST else None


def attribute_of(type_: str, name: str) -> str:
    """What the Terraform provider most likely calls a field, where no state tells."""
    for (holder, attribute), renamed in _RENAMED.items():
        if (holder, renamed) == (type_, name):
            return attribute
    snake = _CAMEL.sub("_", name).lower()
    field = types().get(type_, {}).get(name)
    is_blocks = field is not None and field.form == LIST and field.type in types()
    if not is_blocks or snake.endswith(("secrets", "aliases", "expressions", "items", "ss")):
        return snake
    if snake.endswith("ies"):
        return f"{snake[:-3]}y"
    return snake[:-2] if snake.endswith("sses") else snake.removesuffix("s")


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
