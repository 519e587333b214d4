"""What would be told of one resource, beside what is there: the way that every type goes."""

from collections.abc import Mapping
from typing import Any

from sreagent.drift.matching import compared
from sreagent.drift.reality.known import kinds
from sreagent.drift.reality.real import Real
from sreagent.drift.state.managed import Managed


def told(
    type_: str,
    state: Mapping[str, Any],
    real: Mapping[str, Any],
    *,
    facts: Mapping[str, str] | None = None,
    around: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
) -> set[str]:
    """The paths that differ and that no controller owns."""
    kind = kinds()[type_]
    there = Real(type=kind.type, id="x", attributes=real, facts=facts or {})
    managed = Managed(address=f"{type_}.x", type=type_, name="x", attributes=state)
    return {
        each.path
        for each in compared(kind, managed, there, around or {})
        if not kind.owner(each, state, there)
    }
