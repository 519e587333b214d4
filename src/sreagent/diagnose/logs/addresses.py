"""Hosts and ports in texts: who a program talks to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?"
_URL = re.compile(
    rf"\b([a-z][a-z0-9+.]{{1,20}})://(?:[^\s/@\"'<>]{{1,200}}@)?({_HOST})(?::(\d{{1,5}}))?"
)
_NAMED = re.compile(
    rf"lookup ({_HOST})(?: on |:)()"
    rf"|dial (?:tcp|udp)6? ({_HOST}):(\d{{1,5}})"
    rf"|server at \"({_HOST})\"(?: \([^)]{{0,60}}\))?, port (\d{{1,5}})"
    rf"|\(host='({_HOST})', port=(\d{{1,5}})\)"
    rf"|\bhost[=:]\s?[\"']?({_HOST})[\"']?[,;]?\s{{1,3}}port[=:]\s?[\"']?(\d{{1,5}})"
    rf"|upstream [\"']({_HOST})[\"']"
    rf"|\b(?:dns|passthrough|xds|kubernetes|k8s)://[^\s/]{{0,80}}/({_HOST})(?::(\d{{1,5}}))?"
    rf"|\b(?:upstream(?:[._](?:host|service|cluster))?|peer[._]service|downstream|callee)=[\"']?"
    rf"(?!\w{{1,20}}://)({_HOST})(?::(\d{{1,5}}))?"
    rf"|(?:getaddrinfo|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|UnknownHostException:|bad address"
    rf"|resolve host:?|resolve(?:d)?|host name|host:|connect(?:ing|ion)? to|reach|waiting for)"
    rf"(?: ENOTFOUND| EAI_AGAIN)? [\"'`]?(?!server at)({_HOST})[\"'`]?(?::(\d{{1,5}}))?",
)
_UPSTREAM = re.compile(r"upstream: \"([^\"]{1,400})\"")
_REFERER = re.compile(
    r"(?<=\" )(\d{3} (?:\d{1,12}|-)) \"[^\"]{0,2000}\" \"[^\"]{0,1000}\""
    r"|\"(?:http_)?(?:referr?er|origin)\"\s?:\s?\"[^\"]{0,2000}\"",
    re.IGNORECASE,
)
"""Where a visitor came from, and with which browser, as access logs tell it."""
_PLAIN = re.compile(rf"(?<![\w./:-])({_HOST}):(\d{{2,5}})(?!\w|\.\w|:\d)")
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_FILE = re.compile(
    r"\.(?:py|js|ts|go|java|rb|rs|cs|c|cc|cpp|php|ex|kt|scala|yaml|yml|json|sh|conf)$"
)
_NO_HOST = frozenset(
    {
        *("line", "port", "code", "status", "exit", "pid", "the", "a", "an", "any", "all"),
        *("host", "server", "upstream", "database", "backend", "peer", "client", "remote", "it"),
        *("error", "errors", "failed", "failure"),
    }
)
_PORTS = {
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
    "redis": 6379,
    "amqp": 5672,
    "postgres": 5432,
    "postgresql": 5432,
    "mysql": 3306,
    "mongodb": 27017,
    "nats": 4222,
}


@dataclass(frozen=True, slots=True)
class Address:
    """A host, and a port where one was said."""

    host: str
    port: int | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" if self.port else self.host

    @property
    def is_ip(self) -> bool:
        """Whether the host is a number."""
        return bool(_IP.fullmatch(self.host))


def parse_address(text: str) -> Address:
    """Read what `Address.__str__` wrote."""
    host, _, port = text.partition(":")
    return Address(host, int(port) if port.isdigit() else None)


def addresses(text: str) -> Iterator[Address]:
    """Every host a text names, URLs first."""
    for found in _URL.finditer(text):
        port = int(found[3]) if found[3] else _PORTS.get(found[1])
        yield from _plausible(found[2], port, surely=True)
    for found in _NAMED.finditer(text):
        said = [group for group in found.groups() if group]
        yield from _plausible(said[0], int(said[1]) if len(said) > 1 else None)
    for found in _PLAIN.finditer(text):
        yield from _plausible(found[1], int(found[2]))


def best_target(text: str) -> str:
    """The host an error is about: a name rather than a number, with its port if it is told."""
    # nginx names its own host and the client too.
    upstream = _UPSTREAM.search(text)
    text = _REFERER.sub(_without_visitor, text)
    found = list(addresses(upstream[1] if upstream else text))
    if not found:
        return ""
    found.sort(key=lambda one: one.is_ip)
    best = found[0]
    if best.port is None:
        ports = (one.port for one in found if one.port and one.host == best.host)
        best = Address(best.host, next(ports, None))
    return str(best)


def called_url(line: str) -> str:
    """The host of the first URL of a line, as fields beside the message tell it."""
    found = _URL.search(_REFERER.sub(_without_visitor, line))
    if not found:
        return ""
    port = int(found[3]) if found[3] else _PORTS.get(found[1])
    return next((str(one) for one in _plausible(found[2], port, surely=True)), "")


def _without_visitor(found: re.Match[str]) -> str:
    return found[1] or ""


def _plausible(host: str, port: int | None, *, surely: bool = False) -> Iterator[Address]:
    """The address, unless it is another word; `surely` where only a host can stand."""
    name = host.lower().rstrip(".")
    if (
        not name
        or (name in _NO_HOST and not surely)
        or (name.isdigit())
        or _FILE.search(name)
        or (port is not None and not 0 < port < 65536)
    ):
        return
    yield Address(name, port)
