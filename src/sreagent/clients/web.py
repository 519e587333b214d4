"""A web server of the monitoring kind: one session, and its errors in our words."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from sreagent.clients.network import Trouble, explain, not_json, on_loopback
from sreagent.domain.errors import BadInput, Forbidden, SreError, TimedOut, Unreachable
from sreagent.domain.text import one_line

CONNECTIONS = 16

ONCE_MORE = Retry(
    total=1,
    connect=0,
    read=0,
    status=1,
    status_forcelist=(429, 503),
    backoff_factor=0.5,
    # A server may ask for an hour; the person is awake now.
    respect_retry_after_header=False,
    raise_on_status=False,
)

T = TypeVar("T")


class _BrokeOff(Unreachable):
    """The connection was lost on the way, so the same may be asked again."""


class WebServer:
    """One server that answers in JSON. Thread-safe.

    A login may stand in the address (`https://user:password@host`); it is used, never shown.
    """

    def __init__(self, name: str, address: str, *, timeout: float) -> None:
        self.name = name
        self.url, self.auth = _split_login(name, address)
        self._timeout = timeout
        self.session = requests.Session()
        self.session.headers["User-Agent"] = "sreagent"
        # Proxies, CA bundles and .netrc come from the environment, but not for our own machine.
        self.session.trust_env = not on_loopback(self.url)
        self.session.mount(self.url, HTTPAdapter(max_retries=ONCE_MORE, pool_maxsize=CONNECTIONS))

    def __str__(self) -> str:
        """Render for messages."""
        return f"{self.name} ({self.url})"

    def get(self, path: str, **query: str) -> requests.Response:
        """Read a path. To be run by `ask`."""
        return self.session.get(
            f"{self.url}{path}", params=query, timeout=self._timeout, auth=self.auth
        )

    def send(self, method: str, path: str, body: Mapping[str, Any] | None) -> requests.Response:
        """Write to a path. To be run by `once`."""
        return self.session.request(
            method, f"{self.url}{path}", json=body, timeout=self._timeout, auth=self.auth
        )

    def ask(self, question: Callable[[], T]) -> T:
        """Run what asks the server and reads its answer; again if the connection broke off."""
        try:
            return self.once(question)
        except _BrokeOff:
            return self.once(question)

    def refusal(self, response: requests.Response) -> SreError:
        """Say what an answer means that is no success."""
        told, status = message(response), response.status_code
        if status in (401, 403):
            return Forbidden(
                f"{self} refused to answer (status {status}): {told}",
                hint="try: an address with a login, https://USER:PASSWORD@HOST",
            )
        return Unreachable(f"{self} gave no answer (status {status}): {told}")

    def unusable(self, reason: str) -> Unreachable:
        """Build the error for an answer that the server would never give."""
        return Unreachable(f"no usable answer from {self}: {reason}")

    def once(self, question: Callable[[], T]) -> T:
        """Run what asks the server and reads its answer, and never twice."""
        try:
            return question()
        except requests.JSONDecodeError as error:
            raise self.unusable(not_json(error.doc.encode())) from error
        except requests.RequestException as error:
            raise self._unreached(explain(error, timeout=self._timeout)) from error
        except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
            msg = "the answer is JSON of another shape"
            raise self.unusable(msg) from error

    def _unreached(self, trouble: Trouble) -> Unreachable:
        kind = TimedOut if trouble.timed_out else _BrokeOff if trouble.broke_off else Unreachable
        return kind(f"cannot reach {self}: {trouble.text}")


def only_as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """The login of a request that has one in its headers: one from .netrc would take its place."""
    return request


def message(response: requests.Response) -> str:
    """The server's own words about a failure, on one line."""
    try:
        told = response.json()
    except (requests.JSONDecodeError, RecursionError):
        return not_json(response.content)
    return one_line(str(told.get("error", told) if isinstance(told, dict) else told))


def _split_login(name: str, address: str) -> tuple[str, tuple[str, str] | None]:
    try:
        parts = urlsplit(address)
        host = f"{parts.hostname or ''}:{parts.port}" if parts.port else parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not host:
        msg = f"the address of {name} is {one_line(address)!r}, which is no http(s) address"
        raise BadInput(msg, hint=f"try: http://{name.lower()}.example.com")
    login = None
    if parts.username:
        login = unquote(parts.username), unquote(parts.password or "")
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", "")), login
