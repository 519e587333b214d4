"""The kill switch, read right before each request that changes something."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from sreagent.domain.errors import Halted, SreError
from sreagent.domain.ports import KillSwitch
from sreagent.domain.verdict import STOPPED

T = TypeVar("T")
READS = ("Describe", "Get", "List", "Lookup", "Head")
"""How operations of AWS begin that change nothing."""


def guarded(port: T, switch: KillSwitch, writes: Iterable[str]) -> T:
    """The same port, whose methods `writes` do nothing while changes are stopped.

    A dry run, and a read operation of AWS, goes through. The methods raise Halted while changes
    are stopped, and when the switch cannot be read.
    """
    return cast("T", _Guarded(port, switch, frozenset(writes)))


class _Guarded:
    def __init__(self, port: object, switch: KillSwitch, writes: frozenset[str]) -> None:
        self._port = port
        self._switch = switch
        self._writes = writes

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the port has
        found = getattr(self._port, name)
        return self._behind(found) if name in self._writes else found

    def _behind(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def send(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as the method itself
            if not named.get("dry_run") and not _is_read(arguments):
                self._stop_if_halted()
            return write(*arguments, **named)

        return send

    def _stop_if_halted(self) -> None:
        if reason := self._reason():
            msg = f"{STOPPED}: {reason}"
            raise Halted(msg, why="the kill switch is read right before each request")

    def _reason(self) -> str:
        try:
            return self._switch.reason()
        except SreError as error:
            return error.message


def _is_read(arguments: tuple[Any, ...]) -> bool:
    """Whether these are the arguments of `Cloud.call` for an operation that only looks."""
    return len(arguments) > 1 and str(arguments[1]).startswith(READS)
