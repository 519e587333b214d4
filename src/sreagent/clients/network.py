"""What went wrong between here and a server, in an operator's words."""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from urllib3 import exceptions as web

from sreagent.domain.text import one_line

_EXPIRED, _UNKNOWN_ISSUER, _WRONG_HOST = {10}, {2, 18, 19, 20, 21}, {62, 64}
"""Verify codes of OpenSSL."""

_TLS_REASONS = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS: the address may need http:// instead",
    "HTTP_REQUEST": "it speaks TLS: the address needs https://",
    "CERTIFICATE_EXPIRED": "it refused our client certificate as expired: log in again",
    "CERTIFICATE_REQUIRED": "it asks for a client certificate and was given none",
    "UNKNOWN_CA": "it does not know who issued our client certificate",
    "BAD_CERTIFICATE": "it refused our client certificate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why there was no whole answer."""

    text: str
    timed_out: bool = False
    broke_off: bool = False
    """The connection was lost on the way, so a read may simply be tried again."""


def on_loopback(address: str) -> bool:
    """Whether a URL leads to this very machine, where no proxy of the environment belongs."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def explain(error: BaseException, *, timeout: float) -> Trouble:
    """Find the telling cause in a chain of wrapped errors, urllib3's or of requests."""
    causes = list(_causes(error))
    for explain_one in (_tls, _waited, _address, _half, _lost):
        for cause in causes:
            if trouble := explain_one(cause, timeout):
                return _through_proxy(trouble, causes)
    return Trouble(text=one_line(str(error)) or type(error).__name__)


def not_json(body: bytes) -> str:
    """Say what came instead of JSON."""
    start = one_line(body[:200].decode("utf-8", errors="replace"), limit=60)
    if not start:
        return "the answer is empty"
    page = "<html" in start.lower() or "<!doctype" in start.lower()
    guess = ": a proxy or a login page seems to stand in between" if page else ""
    return f"the answer is not JSON, it starts with {start!r}{guess}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it wraps, outermost first."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__)
        waiting += [item for item in inner if isinstance(item, BaseException)]


def _through_proxy(trouble: Trouble, causes: Iterable[BaseException]) -> Trouble:
    if any(isinstance(cause, web.ProxyError) for cause in causes):
        return replace(trouble, text=f"its proxy: {trouble.text}")
    return trouble


def _tls(cause: BaseException, _: float) -> Trouble | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Trouble(text=f"its TLS certificate {_verdict(cause)}")
    if not isinstance(cause, ssl.SSLError) or isinstance(cause, ssl.SSLEOFError):
        return None
    for ending, text in _TLS_REASONS.items():
        if (cause.reason or str(cause)).endswith(ending):
            return Trouble(text=text)
    return Trouble(text=f"TLS failed: {one_line(str(cause))}")


def _verdict(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _EXPIRED:
        return "has expired"
    if error.verify_code in _WRONG_HOST:
        return f"is for another host ({one_line(error.verify_message)})"
    if error.verify_code in _UNKNOWN_ISSUER:
        return f"is from an unknown issuer ({one_line(error.verify_message)})"
    return f"was not accepted ({one_line(error.verify_message)})"


def _waited(cause: BaseException, timeout: float) -> Trouble | None:
    if isinstance(cause, web.ConnectTimeoutError) and not isinstance(cause, web.NewConnectionError):
        return Trouble(text=f"no connection within {timeout:g} s", timed_out=True)
    if isinstance(cause, web.ReadTimeoutError | TimeoutError):
        return Trouble(text=f"no answer within {timeout:g} s", timed_out=True)
    return None


def _address(cause: BaseException, _: float) -> Trouble | None:
    if isinstance(cause, socket.gaierror):
        return Trouble(text="no such host")
    if isinstance(cause, ConnectionRefusedError):
        return Trouble(text="connection refused")
    return None


def _half(cause: BaseException, _: float) -> Trouble | None:
    if isinstance(cause, http.client.IncompleteRead):
        return Trouble(text="the answer broke off", broke_off=True)
    return None


def _lost(cause: BaseException, _: float) -> Trouble | None:
    if isinstance(cause, ConnectionError | web.ProtocolError | ssl.SSLEOFError):
        return Trouble(text="the connection broke off", broke_off=True)
    if isinstance(cause, OSError) and cause.strerror:
        return Trouble(text=cause.strerror.lower())
    return None
