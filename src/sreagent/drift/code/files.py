"""Which files of a folder are code, and in what order Terraform and OpenTofu read them."""

import posixpath
import re
from collections.abc import Iterable

ENDINGS = (".tf", ".tofu", ".tf.json", ".tofu.json")
_OVERRIDE = re.compile(r"(?:.*_)?override\.(?:tf|tofu)(?:\.json)?")


def in_order(names: Iterable[str]) -> list[str]:
    """The files of code of one folder that count; those that are laid over the others last."""
    code = {name for name in names if name.endswith(ENDINGS)}
    counting = (name for name in code if in_the_place_of(name) not in code)
    return sorted(counting, key=lambda name: (_is_override(name), name))


def in_the_place_of(name: str) -> str:
    """The file that OpenTofu reads in the place of another, `x.tofu` for `x.tf`; empty for none."""
    for ending in (".tf", ".tf.json"):
        if name.endswith(ending):
            return name.removesuffix(ending) + ending.replace(".tf", ".tofu")
    return ""


def _is_override(name: str) -> bool:
    return _OVERRIDE.fullmatch(posixpath.basename(name)) is not None
