"""What the SDK knows of the services: read in half the time it takes, once for all accounts."""

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import RLock
from typing import Any

from botocore.loaders import JSONFileLoader, Loader

_UNPACKED: Mapping[str, Callable[[bytes], bytes]] = {".json": bytes, ".json.gz": gzip.decompress}
"""By the ending of a file, what is made of its bytes."""


class _Files(JSONFileLoader):  # type: ignore[misc]  # untyped SDK
    """Gives plain dicts, which keep their order too. The SDK fills `OrderedDict` one by one."""

    def load_file(self, file_path: str) -> Any:  # noqa: ANN401 - any JSON value
        """What stands in a file, named without its ending; None where there is none."""
        for ending, unpacked in _UNPACKED.items():
            path = Path(file_path + ending)
            if path.is_file():
                return json.loads(unpacked(path.read_bytes()))
        return None


class Models(Loader):  # type: ignore[misc]  # untyped SDK
    """What sessions read models with, once it is registered as this component of them.

    It looks where the SDK looks: in `~/.aws/models`, too. Thread-safe, to be shared by sessions.
    """

    COMPONENT = "data_loader"

    def __init__(self) -> None:
        super().__init__(file_loader=_Files())
        # Two accounts that are entered at once would read the same model twice.
        self._reading = RLock()

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:  # noqa: ANN401 - any JSON value
        """A model of a service."""
        with self._reading:
            return super().load_service_model(service_name, type_name, api_version)

    def load_data_with_path(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """A file by its path in the folders of models, and where it is."""
        with self._reading:
            return super().load_data_with_path(name)


MODELS = Models()
"""Those of this process."""
