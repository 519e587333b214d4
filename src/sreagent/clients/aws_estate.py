"""Many AWS accounts as one: each asked with the credentials that are its own."""

from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any

from sreagent.clients.aws import AwsCloud
from sreagent.domain.drift import Place
from sreagent.domain.errors import SreError

PATIENCE = 10
"""Times that a busy service is asked: with 30 % of all calls refused, one in 170,000 gives up."""


class AwsEstate:
    """Accounts by their number. Thread-safe."""

    def __init__(self, enter: Callable[[str], AwsCloud]) -> None:
        """`enter` gives the way into an account; it raises SreError where there is none."""
        self._enter = enter
        self._clouds: dict[str, AwsCloud | SreError] = {}
        self._entering = Lock()
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
        with self._entering:
            known = dict(self._clouds)
        return {name: each for name, each in known.items() if isinstance(each, SreError)}

    def _cloud(self, account: str) -> AwsCloud:
        with self._entering:
            if account not in self._clouds:
                try:
                    self._clouds[account] = self._enter(account)
                except SreError as error:
                    # Asked once: every reader of the account would wait for the same answer.
                    self._clouds[account] = error
        found = self._clouds[account]
        if isinstance(found, SreError):
            raise found
        return found
