"""Parts of objects whose shape nobody promises: what is not as expected counts as not there."""

from collections.abc import Mapping
from datetime import datetime

from sreagent.domain.inventory import Obj
from sreagent.domain.moment import parse_time
from sreagent.domain.text import one_line

_EMPTY: Obj = {}


def part(item: object, *path: str) -> Obj:
    """The map below a path; empty when there is none."""
    found = _below(item, path)
    return found if isinstance(found, Mapping) else _EMPTY


def parts(item: object, *path: str) -> list[Obj]:
    """The maps of the list below a path."""
    found = _below(item, path)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def words(item: object, *path: str) -> tuple[str, ...]:
    """The texts of the list below a path."""
    found = _below(item, path)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def word(item: object, *path: str, limit: int = 253) -> str:
    """The text or number below a path, cleaned, on one line; empty when it is something else."""
    found = _below(item, path)
    return one_line(str(found), limit) if isinstance(found, str | int | float) else ""


def whole(item: object, *path: str) -> int | None:
    """The whole number below a path."""
    found = _below(item, path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def labels_in(item: object, *path: str) -> dict[str, str]:
    """A map of texts below a path: labels of a selector."""
    return {str(key): str(value) for key, value in part(item, *path).items()}


def state_of(item: object, name: str, *path: str) -> Obj:
    """A condition of the status, or of the list below a path; empty when it has none."""
    found = parts(item, *(path or ("status", "conditions")))
    return next((one for one in found if one.get("type") == name), _EMPTY)


def since(state: Obj) -> datetime | None:
    """When a condition came to be as it is."""
    return moment(state, "lastTransitionTime")


def moment(item: object, *path: str) -> datetime | None:
    """The time below a path."""
    return parse_time(word(item, *path))


def why(state: Obj, limit: int = 240) -> str:
    """Reason and message of a condition, as far as it gives any."""
    said = [word(state, "reason"), word(state, "message", limit=limit)]
    return ": ".join(one for one in said if one) or "no reason is given"


def _below(item: object, path: tuple[str, ...]) -> object:
    for name in path:
        # Nearly all are plain dictionaries, and asking that first is much quicker.
        if not isinstance(item, dict) and not isinstance(item, Mapping):
            return None
        item = item.get(name)
    return item
