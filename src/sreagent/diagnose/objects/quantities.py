"""Kubernetes quantities: `500m`, `1.5Gi`, `129e6`."""

import re

_UNITS = {
    "": 1.0,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "E": 1e18,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
    "Pi": 2.0**50,
    "Ei": 2.0**60,
}
_QUANTITY = re.compile(r"([+-]?[0-9.]{1,30}(?:[eE][+-]?[0-9]{1,3})?)([numkKMGTPE]i?|)")


def amount(text: object) -> float:
    """The number a quantity stands for; 0 for what is no quantity."""
    found = _QUANTITY.fullmatch(str(text).strip())
    if not found or found[2] not in _UNITS:
        return 0.0
    try:
        return float(found[1]) * _UNITS[found[2]]
    except ValueError:
        return 0.0


def show(resource: str, value: float) -> str:
    """Write an amount of a resource the way people write it in a manifest."""
    if resource.endswith("cpu"):
        return f"{value:.0f}" if value == int(value) else f"{value * 1000:.0f}m"
    if not resource.endswith(("memory", "storage")):
        return f"{value:g}"
    for unit in ("Ti", "Gi", "Mi", "Ki"):
        size = value / _UNITS[unit]
        if size >= 1:
            return f"{size:.1f}".removesuffix(".0") + unit
    return f"{value:.0f}"
