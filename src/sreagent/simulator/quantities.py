"""Kubernetes quantities: 250m, 64Mi, 2."""

import re

_QUANTITY = re.compile(r"^([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|)$")
_SUFFIXES = {
    "": 1.0,
    "m": 0.001,
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
MEBIBYTE = 2.0**20


def amount(quantity: object) -> float:
    """The number a quantity stands for; raises ValueError for nonsense."""
    found = _QUANTITY.match(str(quantity).strip())
    if found is None:
        problem = (
            "quantities must match the regular expression "
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
        raise ValueError(problem)
    return float(found[1]) * _SUFFIXES[found[2]]


def share(value: object, whole: int, *, up: bool) -> int:
    """A count given as a number or a percentage of a whole."""
    if isinstance(value, int):
        return value
    text = str(value)
    percent = int(text[:-1] if text.endswith("%") else text)
    exact = whole * percent
    return -(-exact // 100) if up else exact // 100


def written(resource: str, value: float) -> str:
    """An amount as the API server writes it back: 1500m, 640Mi, 6."""
    if resource.endswith("cpu"):
        return str(int(value)) if value == int(value) else f"{round(value * 1000)}m"
    if resource.endswith(("memory", "storage")):
        for suffix in ("Gi", "Mi", "Ki"):
            if value and value % _SUFFIXES[suffix] == 0:
                return f"{int(value / _SUFFIXES[suffix])}{suffix}"
    return str(int(value))
