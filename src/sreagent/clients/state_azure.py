"""States in Azure Blob Storage, through Microsoft's libraries: the extra `azure`."""

import base64
import binascii
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sreagent.clients.state_many import SOMEBODY, check_size, held_from, states_of
from sreagent.domain.drift import Trouble
from sreagent.domain.errors import BadSettings, Forbidden, NotFound, Refused, Unreachable
from sreagent.domain.state_spec import parts
from sreagent.domain.terraform import Held, StateSpec, StateText
from sreagent.domain.text import one_line

LOG_IN = "try: az login, or ARM_ACCESS_KEY=KEY"
_LOCK_INFO = "terraformlockid"
_CLOUDS = {
    "": "core.windows.net",
    "public": "core.windows.net",
    "usgovernment": "core.usgovcloudapi.net",
    "china": "core.chinacloudapi.cn",
}


class AzureStates:
    """States in containers of storage accounts. Options: environment."""

    def __init__(self, enter: Callable[[str, str], Any]) -> None:
        """`enter` gives the library's client of an account in an environment."""
        self._enter = enter

    def fetch(self, spec: StateSpec) -> Iterator[StateText | Trouble]:
        """Each state that a key, a folder (`prod/`) or a pattern means.

        Raises:
            BadSettings: Microsoft's libraries are not installed.
            SreError: Azure did not answer, does not allow it, or knows no such container or blob.
        """
        account, container, key = parts(spec)
        client = self._enter(account, spec.options.get("environment", ""))
        with _told(spec.address):
            shelf = _Shelf(
                container=client.get_container_client(container),
                home=f"azurerm://{account}/{container}",
                options=spec.options,
            )
        yield from states_of(spec, shelf, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """One container."""

    container: Any
    home: str
    options: Mapping[str, str]

    def address(self, key: str, /) -> str:
        return f"{self.home}/{key}"

    def list(self, prefix: str, /) -> Iterator[tuple[str, int]]:
        with _told(self.address(prefix)):
            for blob in self.container.list_blobs(name_starts_with=prefix or None):
                yield str(blob.name), int(blob.size or 0)

    def read(self, key: str, _beside: Container[str] | None, /) -> StateText:
        address = self.address(key)
        with _told(address):
            stream = self.container.get_blob_client(key).download_blob()
            check_size(address, int(stream.size or 0))
            body = bytes(stream.readall())
            held = _held(stream.properties)
        return StateText(
            source=address,
            body=body,
            held=held,
            spec=StateSpec(scheme="azurerm", address=address, options=self.options),
        )


def connect_azure(
    account: str, environment: str, *, variables: Mapping[str, str], timeout: float
) -> Any:  # noqa: ANN401 - untyped SDK
    """Microsoft's client of one account.

    It is logged in with `ARM_ACCESS_KEY` or `ARM_SAS_TOKEN` of the variables, else as `az` is, or
    as this machine is.

    Raises:
        BadSettings: The libraries are not installed, or there is no such environment.
    """
    try:
        from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
        from azure.identity import DefaultAzureCredential
        from azure.storage.blob import BlobServiceClient
    except ImportError as error:
        msg = "azurerm:// needs Microsoft's libraries, which are not installed"
        raise BadSettings(msg, hint="pip install 'sreagent[azure]'") from error
    if environment not in _CLOUDS:
        msg = f"there is no Azure environment {environment!r}"
        raise BadSettings(msg, why=f"allowed: {', '.join(filter(None, _CLOUDS))}")
    credential: Any
    if key := variables.get("ARM_ACCESS_KEY", ""):
        credential = AzureNamedKeyCredential(account, key)
    elif token := variables.get("ARM_SAS_TOKEN", ""):
        credential = AzureSasCredential(token.removeprefix("?"))
    else:
        credential = DefaultAzureCredential()
    return BlobServiceClient(
        f"https://{account}.blob.{_CLOUDS[environment]}",
        credential=credential,
        connection_timeout=min(timeout, 5.0),
        read_timeout=timeout,
        retry_total=2,
    )


def _held(properties: Any) -> Held | None:  # noqa: ANN401 - untyped SDK
    """A lease is the lock; who took it stands in the blob's metadata."""
    lease = properties.lease
    if lease.status != "locked" and lease.state not in ("leased", "breaking"):
        return None
    packed = (properties.metadata or {}).get(_LOCK_INFO, "")
    try:
        return held_from(base64.b64decode(packed, validate=True))
    except (binascii.Error, ValueError):
        return SOMEBODY


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Whatever the libraries raise, in our words."""
    from azure.core import exceptions as azure

    try:
        yield
    except azure.ResourceNotFoundError as error:
        msg = f"{what} is not there"
        raise NotFound(msg) from error
    except azure.ClientAuthenticationError as error:
        msg = f"no usable Azure credentials to read {what}: {one_line(error.message)}"
        raise Forbidden(msg, hint=LOG_IN) from error
    except azure.HttpResponseError as error:
        told = one_line(error.message or str(error))
        if error.status_code in (401, 403):
            msg = f"Azure does not allow to read {what}: {told}"
            raise Forbidden(msg, hint=LOG_IN) from error
        if error.status_code in range(400, 500) and error.status_code != 429:
            msg = f"Azure refused to read {what}: {told}"
            raise Refused(msg) from error
        msg = f"Azure gave no {what}: {told}"
        raise Unreachable(msg) from error
    except azure.AzureError as error:
        msg = f"no usable answer from Azure about {what}: {one_line(error.message)}"
        raise Unreachable(msg) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        msg = f"no usable answer from Azure about {what}: the answer has another shape"
        raise Unreachable(msg) from error
