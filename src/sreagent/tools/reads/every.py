"""All reads of written command lines, each by the one who knows its program."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from sreagent.domain.command import AwsRead, KubectlRead, Read
from sreagent.tools.cloud_reads import AwsReads
from sreagent.tools.reads.kubectl import KubectlReads
from sreagent.tools.sighting import Sighting


@dataclass(slots=True)
class EveryRead:
    """AWS is made when it is first asked for."""

    kubectl: KubectlReads
    make_aws: Callable[[], AwsReads]
    _aws: AwsReads | None = None

    def run(self, read: Read) -> Sighting:
        """What was seen.

        Raises:
            TryAgain: The line asks for what there is not.
            SreError: There is no way to AWS from here.
        """
        match read:
            case KubectlRead():
                return self.kubectl.run(read)
            case AwsRead():
                self._aws = self._aws or self.make_aws()
                return self._aws.run(read)
            case other:
                assert_never(other)
