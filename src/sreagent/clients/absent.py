"""A cluster that cannot be reached any more, for what is left to know without it."""

from typing import Any, cast

from sreagent.domain.errors import SreError, Unreachable
from sreagent.domain.ports import Cluster
from sreagent.domain.record import Opened


def absent_cluster(opened: Opened, error: SreError) -> Cluster:
    """The cluster that an incident was of; whoever looks at it learns why that is not possible."""
    return cast("Cluster", _Absent(opened, error))


class _Absent:
    calls = 0
    default_namespace = ""

    def __init__(self, opened: Opened, error: SreError) -> None:
        self.context = opened.context
        self.user = opened.user
        self.server = opened.server
        self._error = error

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the port has
        def look(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as the method itself
            del arguments, named
            raise gone(self._error)

        if name.startswith("_"):
            raise AttributeError(name)
        return look


def gone(error: SreError) -> Unreachable:
    """Why a look is not possible, as an error of its own each time."""
    return Unreachable(error.message, why=error.why, hint=error.hint)
