"""Many AWS accounts as one: each asked with the credentials that are its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sreagent.clients.aws import AwsCloud
from sreagent.domain.drift import Place
from sreagent.domain.errors import SreError

PATIENCE = 10
"""Times that a busy service is asked: with 30 % of all calls refused, one in 170,000 gives up."""


@dataclass(slots=True)
class _Way:
    """Into one account, or why there is none; None until somebody asked."""

    found: AwsCloud | SreError | None = None
    entering: Lock = field(default_factory=Lock)


class AwsEstate:
    """Accounts by their number. Thread-safe."""

    def __init__(self, enter: Callable[[str], AwsCloud]) -> None:
        """`enter` gives the way into an account; it raises SreError where there is none."""
        self._enter = enter
        self._ways: dict[str, _Way] = {}
        self._naming = Lock()
        self.calls = 0
        """Answers that were taken so far."""

    def pages(
        self, place: Place, service: str, operation: str, parameters: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        """The answers of an operation, page by page."""
        cloud = self._cloud(place.account)
        for page in cloud.pages(service, operation, parameters, region=place.region):
            self.calls += 1
            yield page

    def closed(self) -> Mapping[str, SreError]:
        """Accounts that could not be entered, and why."""
        with self._naming:
            known = {account: way.found for account, way in self._ways.items()}
        return {name: each for name, each in known.items() if isinstance(each, SreError)}

    def _cloud(self, account: str) -> AwsCloud:
        with self._naming:
            way = self._ways.setdefault(account, _Way())
        # A login that takes its time keeps nobody from another account.
        with way.entering:
            if way.found is None:
                try:
                    way.found = self._enter(account)
                except SreError as error:
                    # Asked once: every reader of the account would wait for the same answer.
                    way.found = error
        if isinstance(way.found, SreError):
            raise way.found
        return way.found
