"""Answers of AWS as they were written down, for what moto leaves out: pages and regions."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sreagent.domain.drift import Place
from sreagent.domain.errors import NotFound, SreError

Answers = Mapping[str, Sequence[Mapping[str, Any]] | SreError]


class Scripted:
    """An estate that says what it is told to say, and remembers what it was asked."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.asked: dict[str, list[tuple[Place, Mapping[str, Any]]]] = defaultdict(list)

    def pages(
        self, place: Place, service: str, operation: str, parameters: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        """The pages written for an operation; nothing written: there is no such thing."""
        self.asked[operation].append((place, parameters))
        answer = self._answers.get(operation, NotFound(f"no {operation} of {service}"))
        if isinstance(answer, SreError):
            raise answer
        yield from answer
