"""Kubernetes quantities: `500m`, `1.5Gi`, `129e6`."""

import re

_UNITS = {
    "": 1.0,
    **{
        unit: 10.0**power
        for unit, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)
    },
    **{f"{unit}i": 2.0 ** (10 * power) for power, unit in enumerate("KMGTPE", start=1)},
}
_QUANTITY = re.compile(
    r"([+-]?[0-9]{1,25}(?:\.[0-9]{0,25})?(?:[eE][+-]?[0-9]{1,2})?)([A-Za-z]{0,2})"
)


def amount(text: object) -> float:
    """The number a quantity stands for. Raises ValueError for what is no quantity."""
    found = _QUANTITY.fullmatch(str(text).strip())
    if not found or found[2] not in _UNITS:
        msg = f"{text!r} is no quantity"
        raise ValueError(msg)
    return float(found[1]) * _UNITS[found[2]]
