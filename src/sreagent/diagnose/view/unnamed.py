"""Whom an error of a log means that names nobody.

Clients often tell only the status they got. Then the stack trace may show the class that asked, and
classes are named after what they ask: `TagAuthorizerClient` asks `tag-authorizer`. Where a program
is configured with one address only, there is nobody else to mean.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from sreagent.diagnose.logs.patterns import NETWORK, OF_STORES, LogCause
from sreagent.diagnose.logs.reading import LogError
from sreagent.diagnose.logs.words import recognise
from sreagent.diagnose.view.targets import Target

STORES = frozenset(
    {1433, 1521, 3306, 5432, 6379, 5672, 9042, 9092, 9200, 11211, 26257, 27017, 4222, 2181, 6432}
)
"""Ports at which databases, caches and brokers listen, who answer no HTTP."""
_ONLY_CLIENTS_SAY = frozenset(
    {LogCause.REFUSED, LogCause.WRONG_PROTOCOL, LogCause.NO_SUCH_HOST, LogCause.DNS_TIMEOUT}
)
# Who asks nobody says 500 and 503 of itself; 502 and 504 are said by those who pass on.
_OF_CLIENTS = (
    r"HTTPError|Http(?:Request|ServerError|Status)\w{0,20}Exception|WebClientResponse|AxiosError"
    r"|fetch failed|FeignException|RestClientException|StatusRuntimeException|RpcE(?:xception|rror)"
    r"|code = Unavailable|StatusCode[.=]|\b14 UNAVAILABLE|Response (?:status )?code|Request failed"
    r"|\bupstream|\b50[24] (?:Bad|Gateway)|(?:\bstatus\w{0,5}|code)\W{1,4}50[24]\b"
    r"|[-=]>\s*50[24]\b"
)
_SAY_LITTLE = frozenset(
    {LogCause.ERROR, LogCause.EXCEPTION, LogCause.HTTP_5XX, LogCause.TIMEOUT, LogCause.RESET}
)
_GOT_AN_ANSWER = re.compile(
    r"(?:\bstatus\w{0,5}|code)\W{1,4}5\d\d\b.{0,40}(?<!request )(?<!request_)"
    r"\b(?:body|response)[\"']{0,2}[=:]\s?[\"'{]",
    re.IGNORECASE | re.DOTALL,
)
"""That what follows are the words of another program."""
_ONLY_OF_CLIENTS = re.compile(_OF_CLIENTS, re.IGNORECASE)
_AS_CLIENT = re.compile(
    rf"{_OF_CLIENTS}|\bus=|\b(?:received|got|returned|responded)\b", re.IGNORECASE
)
_OF_LOGINS = re.compile(
    r"password authentication failed|access denied for user|login failed for user|WRONGPASS|NOAUTH"
    r"|SASL|UserNotFound|no pg_hba.conf entry|authentication failed for user|ACCESS_REFUSED",
    re.IGNORECASE,
)
"""How databases, caches and brokers refuse who logs in."""
_UNKNOWN_CALL = re.compile(r"unknown (?:service|method) /?([\w./]{3,200})", re.IGNORECASE)
"""What a gRPC server does not serve: `shop.stock.v1.Reservations`."""
_IDENTIFIER = re.compile(r"[A-Za-z]\w{3,80}")
_ASKS = ("client", "stub", "gateway", "adapter", "connector", "proxy", "grpc", "blocking", "future")
"""How the names of classes end that ask somebody else."""
_GENERAL = frozenset({"api", "svc", "service", "server", "app", "web"})
"""Words in names of Services that names of their clients go without."""
_BLOCK = 6000


def meant(error: LogError, known: Iterable[Target]) -> Target | None:
    """The one end that an error may be about, of those that a program is configured with."""
    fitting = [one for one in dict.fromkeys(known) if not one.missing and _fits(error, one)]
    inside = {one.entity: one for one in reversed(fitting) if one.entity}
    text = error.block[:_BLOCK]
    asking = {_asked_by(one) for one in _IDENTIFIER.findall(text)} if inside else set()
    asking |= {word for call in _UNKNOWN_CALL.findall(text) for word in _packages(call)}
    named = [one for end, one in inside.items() if end and _is_named(end.name, text, asking)]
    if named:
        return named[0] if len(named) == 1 else None
    alone = len(inside) == 1 and not any(one.outside for one in fitting)
    return next(iter(inside.values())) if alone and _asked(error) else None


def asked_somebody(error: LogError) -> bool:
    """Whether it tells that a request to somebody failed, and not to whom."""
    text = error.block[:_BLOCK]
    told = error.cause in _SAY_LITTLE
    answered = _is_told_by_another(text, error.cause, told=told)
    # Without a time of its own only an answer tells that somebody else is in trouble now.
    dated = error.first_at is not None or error.cause is LogCause.HTTP_5XX
    if not dated or error.target:
        return False
    return answered or (told and bool(_ONLY_OF_CLIENTS.search(text)))


def _is_told_by_another(text: str, cause: LogCause, *, told: bool) -> bool:
    """Whether what is wrong stands in the answer that it got, and not before it."""
    answer = _GOT_AN_ANSWER.search(text)
    if answer is None or told:
        return answer is not None
    before = recognise(text[: answer.start()])
    return before is None or before[0].cause is not cause


def _fits(error: LogError, end: Target) -> bool:
    """Whether what listens there can answer so."""
    is_store = end.address.port in STORES
    if error.cause is LogCause.AUTH_FAILED:
        return is_store and bool(_OF_LOGINS.search(error.block[:_BLOCK]))
    if error.cause in OF_STORES:
        return is_store
    if error.cause in (LogCause.HTTP_5XX, LogCause.WRONG_PROTOCOL, LogCause.UNIMPLEMENTED):
        return not is_store
    return error.cause in NETWORK


def _asked(error: LogError) -> bool:
    """Whether it is surely told by who asked, and not by who was asked."""
    if error.cause is LogCause.HTTP_5XX:
        return bool(_AS_CLIENT.search(error.block[:_BLOCK]))
    return error.cause in _ONLY_CLIENTS_SAY | OF_STORES | {LogCause.AUTH_FAILED}


def _packages(call: str) -> list[str]:
    """The parts of a gRPC service's name, as names of Services are compared."""
    return [part.replace("_", "").lower() for part in re.split(r"[./]", call)]


def _is_named(service: str, text: str, asking: set[str]) -> bool:
    words = service.split("-")
    if len(words) > 1 and re.search(rf"(?<![\w.-]){re.escape(service)}(?![\w-])", text):
        return True
    whole = "".join(words)
    core = "".join(one for one in words if one not in _GENERAL) or whole
    return whole in asking or core in asking


@lru_cache(maxsize=4096)
def _asked_by(identifier: str) -> str:
    """What a class is named after that asks somebody: `tagauthorizer` of `TagAuthorizerClient`."""
    name = bare = identifier.replace("_", "").lower()
    while found := next((end for end in _ASKS if bare.endswith(end) and bare != end), ""):
        bare = bare.removesuffix(found)
    return bare if bare != name else ""
