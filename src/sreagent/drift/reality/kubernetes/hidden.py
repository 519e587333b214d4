"""Which values of objects are secret, and how they are shown."""

from collections.abc import Mapping
from typing import Any

from sreagent.domain.secrets import mask, names_secret
from sreagent.drift.compare.compare import Difference
from sreagent.drift.reality.kubernetes.differ import Gap, Member

Json = Any
"""A JSON value."""


def is_masked(difference: Difference) -> bool:
    """Whether a value of a difference is hidden already."""
    both = (difference.before, difference.after)
    return any(isinstance(each, str) and each.startswith("(hidden ") for each in both)


def is_secret(gap: Gap) -> bool:
    """Whether a name on the way tells that the values are secret: a key, or a variable."""
    last = gap.names[-1]
    if names_secret(last) and isinstance(gap.after if gap.before is None else gap.before, str):
        return True
    variables = (
        str(dict(step.key).get("name") or "")
        for name, step in zip(gap.steps, gap.steps[1:], strict=False)
        if name == "env" and isinstance(step, Member)
    )
    return any(names_secret(name) for name in variables) and last in ("env", "value")


def shown(value: Json, *, hide: bool = False) -> Json:
    """A value without those of variables and keys whose names tell that they are secret."""
    if isinstance(value, list):
        return [shown(each, hide=hide and not isinstance(each, Mapping)) for each in value]
    if isinstance(value, Mapping):
        is_secret_one = names_secret(str(value.get("name") or "")) and "value" in value
        return {
            name: shown(each, hide=(name == "value" and is_secret_one) or _tells(name, each))
            for name, each in value.items()
        }
    return mask(str(value)) if hide and value is not None else value


def _tells(name: str, value: Json) -> bool:
    return isinstance(value, str) and names_secret(name)
