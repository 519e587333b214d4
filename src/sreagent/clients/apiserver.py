"""One way to a Kubernetes API server: send a request, get an answer or one of our errors."""

import hashlib
import json
import re
import shlex
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3
from pydantic_core import from_json

from sreagent.clients.logins import Login
from sreagent.clients.network import Trouble, explain, not_json
from sreagent.domain.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    SreError,
    TimedOut,
    Unreachable,
)
from sreagent.domain.ports import Clock
from sreagent.domain.text import one_line

JSON = "application/json"
TAIL_READ = 50_000_000
"""Bytes that are read at most where only the tail is kept."""
LONGEST_WAIT = 5.0
"""Seconds a server may ask us to wait before the second try."""
PATIENCE = 3
"""A whole answer may take this many times the timeout."""

_CHUNK = 65_536
_RIGHTS = re.compile(r"cannot \w+ (?:resource|path)")
_SAID_NO = re.compile(r"webhook|disruption ?budget", re.IGNORECASE)
"""Who says no with a status that else means "try later"."""
_NO_LOG = re.compile(r"previous terminated container .* not found|is waiting to start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, and the words for what it is about."""

    path: str
    what: str
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    accept: str = JSON
    body: bytes | None = None
    content_type: str = JSON
    tail: int = 0
    """Keep only so many last bytes of the answer; 0 keeps all."""
    stores: bool = True
    """A POST that only asks a question stores nothing."""

    @property
    def writes(self) -> bool:
        """Whether it may change something, so that it must not be sent twice."""
        return self.method != "GET" and self.stores


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whole but for what was not to be kept."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    digest: str
    """SHA-256 of all bytes that were read."""
    cut: bool


class NotServed(NotFound):
    """The path itself is unknown to the server, not the object."""


class Expired(Unreachable):
    """The list changed too much while it was paged."""


class _Again(Unreachable):
    """A read may be sent a second time, after a while."""

    wait = 0.0


class ApiServer:
    """The server of one login. Thread-safe."""

    def __init__(self, login: Login, *, timeout: float, clock: Clock) -> None:
        self.login = login
        self.calls = 0
        self._timeout = timeout
        self._clock = clock
        self._connections = login.connections()
        self._counting = threading.Lock()

    def read(self, request: Request) -> dict[str, Any]:
        """Send a request that is answered with a JSON object."""
        answer = self.ask(request)
        try:
            parsed = _parsed(answer.body)
        except (ValueError, RecursionError) as error:
            raise self.unusable(not_json(answer.body)) from error
        if not isinstance(parsed, dict):
            raise self.unusable(not_json(answer.body))
        return parsed

    def ask(self, request: Request) -> Answer:
        """Send a request; a read that broke off or was put off is sent a second time."""
        try:
            return self._try(request)
        except _Again as hiccup:
            if request.writes:
                raise
            self._clock.sleep(hiccup.wait)
        return self._try(request)

    def unusable(self, reason: str) -> Unreachable:
        """Build the error for an answer that is not what Kubernetes would say."""
        login = self.login
        return Unreachable(
            f"no usable answer from cluster {login.cluster!r} ({login.server}): {reason}",
            why=login.origin,
            hint=self._elsewhere,
        )

    def _try(self, request: Request) -> Answer:
        try:
            answer = self._exchange(request)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unreached(explain(error, timeout=self._timeout), request) from error
        if answer.status >= 300:
            raise self._refusal(answer, request)
        return answer

    def _exchange(self, request: Request) -> Answer:
        with self._counting:
            self.calls += 1
        headers = self.login.headers()
        headers["Accept"], headers["User-Agent"] = request.accept, "sreagent"
        # A tail must be cut at a known place, so it comes uncompressed.
        headers["Accept-Encoding"] = "identity" if request.tail else "gzip"
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        query = f"?{urlencode(request.query)}" if request.query else ""
        response = self._connections.request(
            request.method,
            f"{self.login.server}{request.path}{query}",
            body=request.body,
            headers=headers,
            timeout=urllib3.Timeout(connect=self._timeout, read=self._timeout),
            retries=False,
            preload_content=False,
        )
        try:
            return self._receive(response, request)
        finally:
            # Gives a finished connection back, and drops one that was not read to its end.
            response.close()
            response.release_conn()

    def _receive(self, response: urllib3.BaseHTTPResponse, request: Request) -> Answer:
        limit, tail = PATIENCE * self._timeout, request.tail
        deadline = self._clock.monotonic() + limit
        digest, kept, size = hashlib.sha256(), bytearray(), 0
        while chunk := response.read1(_CHUNK, decode_content=True):
            digest.update(chunk)
            kept += chunk
            size += len(chunk)
            if tail and len(kept) > 2 * tail:
                del kept[:-tail]
            if tail and size > TAIL_READ:
                break
            if self._clock.monotonic() > deadline:
                late = Trouble(text=f"no whole answer within {limit:g} s", timed_out=True)
                raise self._unreached(late, request)
        return Answer(
            status=response.status,
            headers=response.headers,
            body=bytes(kept[-tail:]),
            digest=digest.hexdigest(),
            cut=bool(tail) and size > tail,
        )

    def _unreached(self, trouble: Trouble, request: Request) -> Unreachable:
        login = self.login
        doubt = "; whether the change was made is not known" if request.writes else ""
        message = f"cannot reach cluster {login.cluster!r} ({login.server}): {trouble.text}{doubt}"
        kind = TimedOut if trouble.timed_out else _Again if trouble.broke_off else Unreachable
        return kind(message, why=login.origin, hint=self._elsewhere)

    def _refusal(self, answer: Answer, request: Request) -> SreError:
        """Turn an answer that is no success into the error that says what it means."""
        told, name = _message(answer), self.login.cluster
        refused = Refused(f"cluster {name!r} refused {request.what}: {told}")
        match answer.status:
            case 401:
                return self._logged_out()
            case 403 if not request.writes or _RIGHTS.search(told):
                return self._forbidden(told, request)
            case 400 | 404 | 409 | 410:
                return _about_the_object(answer, request, told) or refused
            case 403 | 405 | 406 | 413 | 415 | 422:
                return refused
            case 429 | 500 if request.writes and _SAID_NO.search(told):
                return refused
        return self._failed(answer, request, told)

    def _failed(self, answer: Answer, request: Request, told: str) -> SreError:
        name = self.login.cluster
        message = f"cluster {name!r} gave no {request.what} (status {answer.status}): {told}"
        if answer.status in (408, 504):
            return TimedOut(message, why=self.login.origin)
        if answer.status in (429, 503):
            again = _Again(message, why=self.login.origin)
            again.wait = _asked_to_wait(answer.headers)
            return again
        return Unreachable(message, why=self.login.origin)

    def _logged_out(self) -> Forbidden:
        login = self.login
        return Forbidden(
            f"cluster {login.cluster!r} refused the credentials of user {login.user!r}",
            why="an expired token or client certificate is the usual reason; " + login.origin,
            hint="try: kubectl get nodes, which shows the same; then log in again",
        )

    def _forbidden(self, told: str, request: Request) -> Forbidden:
        verb = "change" if request.writes else "read"
        return Forbidden(
            f"not allowed to {verb} {request.what}: {told}",
            why=f"asked as user {self.login.user!r}; {self.login.origin}",
            hint="try: kubectl auth can-i --list, which shows what this user may do",
        )

    @property
    def _elsewhere(self) -> str:
        other = next(iter(self.login.others), "")
        if not other:
            return "try: kubectl cluster-info"
        return f"try: sre investigate … --context {shlex.quote(other)}"


def _about_the_object(answer: Answer, request: Request, told: str) -> SreError | None:
    if answer.status == 409:
        return Conflict(f"{request.what} changed meanwhile: {told}")
    if answer.status == 410:
        return Expired(f"{request.what} changed too much while it was read: {told}")
    if answer.status == 404 and not (_status(answer).get("details") or {}).get("name"):
        # Only an answer about an object names it.
        return NotServed(f"the server does not serve {request.what}: {told}")
    if answer.status == 404 or _NO_LOG.search(told):
        return NotFound(f"there is no {request.what}: {told}")
    return None


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """A large list in half the time of the standard library, which takes what is nested deeper."""
    try:
        return from_json(body)
    except ValueError:
        return json.loads(body)


def _status(answer: Answer) -> dict[str, Any]:
    """The Status object of a refusal, or nothing when something else answered."""
    try:
        parsed = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) and parsed.get("kind") == "Status" else {}


def _message(answer: Answer) -> str:
    if told := _status(answer).get("message"):
        return one_line(str(told))
    return not_json(answer.body)


def _asked_to_wait(headers: Mapping[str, str]) -> float:
    asked = headers.get("Retry-After", "")
    return min(float(asked), LONGEST_WAIT) if asked.isdecimal() else 1.0
