"""All reads of written command lines, each by the one who knows its program."""

from collections.abc import Callable, Mapping
from typing import Any

from sreagent.domain.command import AwsRead, KubectlRead, PrometheusRead, Read
from sreagent.tools.sighting import Sighting


class EveryRead:
    """Who reads is made when the first line of its kind comes: most runs write none."""

    def __init__(
        self,
        kubectl: Callable[[], Callable[[KubectlRead], Sighting]],
        aws: Callable[[], Callable[[AwsRead], Sighting]],
        prometheus: Callable[[], Callable[[PrometheusRead], Sighting]],
    ) -> None:
        self._makers: Mapping[type[Read], Callable[[], Any]] = {
            KubectlRead: kubectl,
            AwsRead: aws,
            PrometheusRead: prometheus,
        }
        self._made: dict[type[Read], Callable[[Read], Sighting]] = {}

    def run(self, read: Read) -> Sighting:
        """What was seen.

        Raises:
            TryAgain: The line asks for what there is not.
            SreError: There is no way there from here.
        """
        kind = type(read)
        if kind not in self._made:
            self._made[kind] = self._makers[kind]()
        return self._made[kind](read)
