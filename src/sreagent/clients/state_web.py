"""States behind HTTP: any server that speaks Terraform's HTTP backend, GitLab for one."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from urllib.parse import urljoin, urlsplit

import requests

from sreagent.clients.network import on_loopback
from sreagent.clients.state_many import check_size, is_pattern
from sreagent.clients.web import WebServer, only_as_it_is
from sreagent.domain.drift import Trouble
from sreagent.domain.errors import BadInput, Forbidden, NotFound, Unreachable
from sreagent.domain.secrets import own
from sreagent.domain.terraform import StateSpec, StateText
from sreagent.domain.text import one_line

REDIRECTS = 3
_CHUNK = 1024 * 1024
_LOG_IN = "try: TF_HTTP_USERNAME and TF_HTTP_PASSWORD, as terraform reads them"
_SILENT = "a state behind HTTP does not tell its lock to those who do not take it"


class WebStates:
    """States behind HTTP. Options: username, password."""

    def __init__(
        self,
        *,
        timeout: float,
        headers: Mapping[str, str] | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        """`headers` and `login` go to every server that the person names, and to no other."""
        self._timeout = timeout
        self._headers = dict(headers or {})
        self._login = login
        for secret in (*self._headers.values(), *(login or ())[1:]):
            own(secret)

    def fetch(self, spec: StateSpec) -> Iterator[StateText | Trouble]:
        """The one state at an address.

        Raises:
            NotFound: No state was written there.
            Forbidden: The server wants another login.
            Unreachable: It did not answer, or leads to another host.
            BadInput: The address is a pattern, or the state too large.
        """
        if is_pattern(urlsplit(spec.address).path):
            msg = f"{spec.address} is a pattern: a web server does not list its states"
            raise BadInput(msg, hint="give each address with a --state of its own")
        options, login = spec.options, self._login
        if options.get("username") or options.get("password"):
            login = options.get("username", ""), options.get("password", "")
            own(login[1])
        web = Web(
            name="the state server",
            address=spec.address,
            log_in=_LOG_IN,
            timeout=self._timeout,
        )
        body = web.download(spec.address, headers=self._headers, login=login)
        yield StateText(source=spec.address, body=body, lock_unknown=_SILENT, spec=spec)


class Web:
    """One server of states. What it is logged in with is sent to no other host."""

    def __init__(self, *, name: str, address: str, log_in: str, timeout: float) -> None:
        """`log_in` is how a person gives it another login."""
        parts = urlsplit(address)
        self._log_in = log_in
        self._timeout = timeout
        self.server = WebServer(name, f"{parts.scheme}://{parts.netloc}", timeout=timeout)

    def download(
        self,
        address: str,
        *,
        headers: Mapping[str, str],
        login: tuple[str, str] | None = None,
        elsewhere: bool = False,
    ) -> bytes:
        """The whole body at an address.

        Args:
            address: On this server.
            headers: For this server alone.
            login: User and password, for this server alone.
            elsewhere: Whether it may be kept by another host, which is then asked without a login.

        Raises:
            SreError: As `WebStates.fetch`.
        """
        for _ in range(REDIRECTS + 1):
            is_home = _host(address) == _host(self.server.url)
            if not is_home and not elsewhere:
                msg = f"{self.server} leads to another host ({urlsplit(address).hostname})"
                raise Unreachable(msg, why="logins are not sent there", hint="name that address")
            sent = dict(headers) if is_home else {}
            found = self.server.ask(lambda: self._get(address, sent, login if is_home else None))  # noqa: B023 - asked at once
            if isinstance(found, bytes):
                return found
            address = urljoin(address, found)
        msg = f"{self.server} leads from one address to the next without an end"
        raise Unreachable(msg)

    def _get(
        self, address: str, headers: Mapping[str, str], login: tuple[str, str] | None
    ) -> bytes | str:
        """The body, or where it is."""
        with closing(
            self.server.session.get(
                address,
                headers=dict(headers),
                auth=login or (only_as_it_is if headers else None),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
        ) as response:
            if response.is_redirect:
                target = response.headers["Location"]
                if urljoin(address, target).startswith("http:") and address.startswith("https:"):
                    msg = f"{self.server} leads to an address without TLS"
                    raise Unreachable(msg)
                return target
            self._check(response, address)
            return self._body(response, address)

    def _check(self, response: requests.Response, address: str) -> None:
        shown = shown_address(address)
        if response.status_code in (204, 404, 410):
            msg = f"there is no state at {shown} (status {response.status_code})"
            raise NotFound(msg, why="it was never written, or the login may not see it")
        if response.status_code in (401, 403):
            raise Forbidden(
                one_line(f"{self.server} refused to answer (status {response.status_code})"),
                why="the login is missing or may not read states",
                hint=self._log_in,
            )
        if response.status_code != 200:
            raise self.server.refusal(response)

    def _body(self, response: requests.Response, address: str) -> bytes:
        announced = response.headers.get("Content-Length", "")
        check_size(shown_address(address), int(announced) if announced.isdecimal() else 0)
        kept = bytearray()
        for chunk in response.iter_content(_CHUNK):
            kept += chunk
            check_size(shown_address(address), len(kept))
        body = bytes(kept)
        digest = response.headers.get("Content-MD5", "")
        if digest and digest != _md5(body):
            msg = "the state is not the one that its digest tells of"
            raise self.server.unusable(msg)
        return body


def _md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def shown_address(address: str) -> str:
    """An address without what may be a signature or a login."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _host(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port


def own_scheme(host: str) -> str:
    """HTTPS, but for this very machine."""
    return "http" if on_loopback(f"http://{host}") else "https"
