"""What a reader may ask: one service, in one account and region, side by side, with its gaps."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sreagent.domain.drift import Place
from sreagent.domain.errors import Forbidden, NotFound, SreError, Unreachable

Item = TypeVar("Item")
Wanted = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""What the states hold in this place: type, identity, attributes."""
TRIES = 3
"""Items for which an operation may stay silent before it is left: what hangs takes hours."""
AT_ONCE = 100
"""Details that are asked for before the first answer is taken: memory stays small."""


class Estate(Protocol):
    """All accounts and regions that a run may look at. Thread-safe."""

    def pages(
        self, place: Place, service: str, operation: str, parameters: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        """The answers of an operation, page by page, as boto3 gives them.

        One page for an operation that has no more. Busy services are asked again, with patience.
        Raises Forbidden, NotFound, Refused, Unreachable (TimedOut).
        """
        ...


@dataclass(slots=True, kw_only=True)
class Look:
    """One reader at work. What it cannot read becomes a gap, never an absence."""

    estate: Estate
    place: Place
    service: str
    wanted: Wanted = field(default_factory=dict)
    pool: Executor | None = None
    """For details side by side; None: one after the other."""
    gaps: list[str] = field(default_factory=list)
    """What could not be read, a line each."""
    calls_off: set[str] = field(default_factory=set)
    """Operations that are not allowed, or stay silent: not asked for each item."""
    _silent: Counter[str] = field(default_factory=Counter)

    def listed(
        self, operation: str, path: str, *, service: str = "", **parameters: object
    ) -> Iterator[Any]:
        """The items of all pages. `path` leads to them: `Reservations.Instances`.

        Raises SreError when a page cannot be read: then nothing is known of what is missing.
        """
        names = path.split(".")
        for page in self.estate.pages(self.place, service or self.service, operation, parameters):
            yield from _found(page, names)

    def ask(self, operation: str, *, service: str = "", **parameters: object) -> Mapping[str, Any]:
        """One answer, its pages joined no further: for operations that describe one thing."""
        return next(
            iter(self.estate.pages(self.place, service or self.service, operation, parameters))
        )

    def asked(
        self, operation: str, *, service: str = "", **parameters: object
    ) -> Mapping[str, Any] | None:
        """One answer; empty when there is no such thing, None (a gap) when it cannot be read."""
        name = f"{service or self.service}:{operation}"
        if name in self.calls_off:
            return None
        try:
            return self.ask(operation, service=service, **parameters)
        except NotFound:
            return {}
        except SreError as error:
            self.miss(name, error)
            return None

    def each(
        self, items: Iterable[Item], detail: Callable[[Item], Any]
    ) -> Iterator[tuple[Item, Any]]:
        """Each item with its detail, side by side, in order."""
        if self.pool is None:
            yield from ((item, detail(item)) for item in items)
            return
        waiting: list[tuple[Item, Any]] = []
        for item in items:
            waiting.append((item, self.pool.submit(detail, item)))
            if len(waiting) >= AT_ONCE:
                yield from ((one, future.result()) for one, future in waiting)
                waiting.clear()
        yield from ((one, future.result()) for one, future in waiting)

    def miss(self, what: str, error: SreError) -> None:
        """Note what could not be read; what is not allowed, or silent, is not asked again."""
        self._silent[what] += isinstance(error, Unreachable)
        if isinstance(error, Forbidden) or self._silent[what] >= TRIES:
            self.calls_off.add(what)
        line = f"{what}: {error.message}"
        if line not in self.gaps:
            self.gaps.append(line)

    def holds(self, type_: str) -> bool:
        """Whether a state holds any resource of a type here."""
        return bool(self.wanted.get(type_))

    def in_state(self, type_: str, identity: str) -> Mapping[str, Any] | None:
        """The attributes that the state has of a resource; None for a stranger."""
        return self.wanted.get(type_, {}).get(identity)

    def uses(self, type_: str, *names: str) -> bool:
        """Whether any resource of a type has something in one of these attributes."""
        return any(
            attributes.get(name)
            for attributes in self.wanted.get(type_, {}).values()
            for name in names
        )


def _found(page: Any, names: list[str]) -> Iterator[Any]:  # noqa: ANN401 - any JSON value
    if not names:
        yield from page if isinstance(page, list) else [page]
        return
    for each in page if isinstance(page, list) else [page]:
        below = each.get(names[0]) if isinstance(each, Mapping) else None
        if below is not None:
            yield from _found(below, names[1:])
