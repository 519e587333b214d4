"""What is known of a type's attributes, so that only what matters is a difference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Equal = Callable[[Any], Any]
"""A value to what stands for all values that mean the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The attributes of a type that are more than plain values.

    Paths are written without indexes: `ingress.cidr_blocks`.
    """

    sets: frozenset[str] = frozenset()
    """Lists whose order means nothing."""
    maps: frozenset[str] = frozenset()
    """Objects whose keys are data: a key that only one side has is a difference. `tags` is one."""
    keyed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lists of blocks in which a block is known by these keys, in whatever order they stand."""
    policies: frozenset[str] = frozenset()
    """Texts that hold an IAM policy."""
    skipped: frozenset[str] = frozenset()
    """What the provider computes, or what changes by itself."""
    compared: frozenset[str] = frozenset()
    """Names that are skipped for every other type, and mean something here."""
    equal: Mapping[str, Equal] = field(default_factory=dict)
    """What makes two values of an attribute the same."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """What nothing means."""
    strict: frozenset[str] = frozenset()
    """Attributes where nothing, zero, false and empty are not the same."""
    whole: bool = False
    """Both sides are known to the last key: one that only one of them has is a difference."""


PLAIN = Shape()
