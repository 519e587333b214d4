"""Resources of a state one by one: one that cannot be read never takes the others with it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sreagent.domain.text import one_line
from sreagent.drift.state.managed import Managed

_BAD = (AttributeError, LookupError, TypeError, ValueError, RecursionError)


@dataclass(slots=True, kw_only=True)
class Entries:
    """What was read so far of one state."""

    source: str
    resources: list[Managed] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def read(
        self,
        entries: object,
        name: Callable[[Any], str],
        one: Callable[[Any], Iterable[Managed]],
    ) -> None:
        """Read a list entry by entry; what cannot be read is a problem with a name.

        Raises:
            TypeError: It is no list.
        """
        if not isinstance(entries, list | None):
            msg = f"a list of resources is expected, not {type(entries).__name__}"
            raise TypeError(msg)
        for place, entry in enumerate(entries or ()):
            try:
                for managed in one(entry):
                    self._keep(managed)
            except _BAD as error:
                self.problem(_named(name, entry, place), error)

    def problem(self, what: str, error: Exception | str) -> None:
        """Note what could not be read."""
        why = "it lacks " + str(error) if isinstance(error, KeyError) else str(error)
        self.problems.append(one_line(f"{what} cannot be read: {why}"))

    def _keep(self, managed: Managed) -> None:
        key = managed.address, managed.deposed
        if key in self._seen:
            self.problems.append(one_line(f"{managed.address} stands twice: the first one counts"))
            return
        self._seen.add(key)
        self.resources.append(managed)


def mapping(value: object, what: str) -> dict[str, Any]:
    """An object of JSON.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, dict):
        msg = f"{what} is {_kind(value)}, not an object"
        raise TypeError(msg)
    return value


def text(entry: Mapping[str, Any], name: str) -> str:
    """A text that must be there.

    Raises:
        TypeError: It is none.
    """
    value = entry.get(name)
    if not isinstance(value, str) or not value:
        msg = f"{name} is {_kind(value)}, not a text"
        raise TypeError(msg)
    return value


def number(value: object) -> int:
    """A count as a number; texts of older versions too, 0 for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
    return value if is_count and isinstance(value, int) else 0


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth", type(None): "null"}
    if value == "":
        return "empty"
    return names.get(type(value), "a number")


def _named(name: Callable[[Any], str], entry: object, place: int) -> str:
    try:
        found = name(entry)
    except _BAD:
        found = ""
    return found or f"resource {place + 1} of the state"


def each(values: object) -> Iterator[Any]:
    """The entries of a list; nothing for null."""
    if isinstance(values, list):
        yield from values
