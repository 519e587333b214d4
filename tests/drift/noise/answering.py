"""An estate that answers with what a test says, page by page."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.drift.conftest import HERE

from sreagent.domain.drift import Place
from sreagent.domain.errors import NotFound
from sreagent.drift.reality.known import readers
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real


class Answering:
    """Answers by operation; what is not said is not found."""

    def __init__(self, pages: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._pages = pages
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def pages(
        self, _place: Place, service: str, operation: str, parameters: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        if operation not in self._pages:
            msg = f"{service} has no answer to {operation}."
            raise NotFound(msg)
        for page in self._pages[operation]:
            self.asked.append((operation, parameters))
            yield page

    def read(self, type_: str, wanted: Wanted) -> list[Real]:
        """What the reader of a type makes of the answers."""
        reader = next(each for each in readers() if type_ in {kind.type for kind in each.kinds})
        look = Look(estate=self, place=HERE, service=reader.service, wanted=wanted)
        return list(reader.read(look))


def seen(
    type_: str, pages: Mapping[str, Sequence[Mapping[str, Any]]], wanted: Wanted
) -> list[Real]:
    """What the reader of a type makes of these answers."""
    return Answering(pages).read(type_, wanted)
