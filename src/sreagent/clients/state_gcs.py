"""States in Google Cloud Storage, through Google's library: the extra `gcs`."""

from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sreagent.clients.state_many import check_size, held_from, states_of, trouble
from sreagent.domain.drift import Trouble
from sreagent.domain.errors import (
    BadSettings,
    Forbidden,
    NotFound,
    Refused,
    SreError,
    Unreachable,
)
from sreagent.domain.state_spec import parts
from sreagent.domain.terraform import Held, StateSpec, StateText
from sreagent.domain.text import one_line

LOG_IN = "try: gcloud auth application-default login"
_STATE, _LOCK = ".tfstate", ".tflock"


class GcsStates:
    """States in buckets of Google Cloud Storage."""

    def __init__(self, enter: Callable[[], Any], *, timeout: float) -> None:
        """`enter` gives the library's client, once it is needed."""
        self._enter = enter
        self._timeout = timeout

    def fetch(self, spec: StateSpec) -> Iterator[StateText | Trouble]:
        """Each state that a name, a folder (`prod/`) or a pattern means.

        Raises:
            BadSettings: Google's library is not installed.
            SreError: Google did not answer, does not allow it, or knows no such bucket or object.
        """
        bucket, name = parts(spec)
        client = self._enter()
        with _told(spec.address):
            shelf = _Shelf(bucket=client.bucket(bucket), timeout=self._timeout)
        yield from states_of(spec, shelf, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """One bucket."""

    bucket: Any
    timeout: float

    def address(self, name: str, /) -> str:
        return f"gs://{self.bucket.name}/{name}"

    def list(self, prefix: str, /) -> Iterator[tuple[str, int]]:
        with _told(self.address(prefix)):
            for blob in self.bucket.list_blobs(
                prefix=prefix, timeout=self.timeout, retry=_patience(self.timeout)
            ):
                yield str(blob.name), int(blob.size or 0)

    def read(self, name: str, beside: Container[str] | None, /) -> StateText:
        address = self.address(name)
        may_be_held = beside is None or _lock_of(name) in beside
        held, lock_unknown = self._lock(name) if may_be_held else (None, "")
        return StateText(
            source=address,
            body=self._object(name),
            held=held,
            lock_unknown=lock_unknown,
            spec=StateSpec(scheme="gs", address=address),
        )

    def _lock(self, name: str) -> tuple[Held | None, str]:
        try:
            return held_from(self._object(_lock_of(name))), ""
        except NotFound:
            return None, ""
        except SreError as error:
            return None, trouble(self.address(name), error).message

    def _object(self, name: str) -> bytes:
        with _told(self.address(name)):
            patience = {"timeout": self.timeout, "retry": _patience(self.timeout)}
            blob = self.bucket.get_blob(name, **patience)
            if blob is None:
                msg = f"{self.address(name)} is not there"
                raise NotFound(msg)
            check_size(self.address(name), int(blob.size or 0))
            return bytes(blob.download_as_bytes(**patience))


def connect_gcs() -> Any:  # noqa: ANN401 - untyped SDK
    """Google's client with the usual credentials; a project is not needed to read.

    Raises:
        BadSettings: The library is not installed.
        Forbidden: There are no credentials.
    """
    try:
        import google.cloud.storage
        from google.auth.exceptions import DefaultCredentialsError
    except ImportError as error:
        msg = "gs:// needs Google's library, which is not installed"
        raise BadSettings(msg, hint="pip install 'sreagent[gcs]'") from error
    try:
        return google.cloud.storage.Client(project=None)
    except DefaultCredentialsError as error:
        msg = "no Google credentials to read states with"
        raise Forbidden(msg, hint=LOG_IN) from error


def _lock_of(name: str) -> str:
    return f"{name.removesuffix(_STATE)}{_LOCK}"


def _patience(timeout: float) -> Any:  # noqa: ANN401 - untyped SDK
    from google.cloud.storage.retry import DEFAULT_RETRY

    return DEFAULT_RETRY.with_deadline(2 * timeout)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Whatever the library raises, in our words."""
    import requests
    from google.api_core import exceptions as api
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.exceptions import GoogleCloudError

    try:
        yield
    except api.NotFound as error:
        msg = f"{what} is not there"
        raise NotFound(msg) from error
    except (api.Forbidden, api.Unauthorized) as error:
        msg = f"Google does not allow to read {what}: {one_line(error.message)}"
        raise Forbidden(msg, hint=LOG_IN) from error
    except GoogleAuthError as error:
        msg = f"no usable Google credentials to read {what}: {one_line(str(error))}"
        raise Forbidden(msg, hint=LOG_IN) from error
    except api.ClientError as error:
        msg = f"Google refused to read {what}: {one_line(error.message)}"
        raise Refused(msg) from error
    except (api.GoogleAPIError, GoogleCloudError, requests.RequestException, OSError) as error:
        msg = f"no usable answer from Google about {what}: {one_line(str(error))}"
        raise Unreachable(msg) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        msg = f"no usable answer from Google about {what}: the answer has another shape"
        raise Unreachable(msg) from error
