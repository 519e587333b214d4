"""What log lines say is wrong, in the words of the usual runtimes, databases and clients."""

import re
from dataclasses import dataclass
from enum import StrEnum


class LogCause(StrEnum):
    """The sort of trouble a log line speaks of."""

    MISSING_ENV = "missing environment variable"
    CONFIG_PARSE = "configuration cannot be parsed"
    CONFIG_KEY = "configuration key"
    MISSING_FILE = "missing file"
    COMMAND_NOT_FOUND = "command not found"
    EXEC_FORMAT = "wrong processor architecture"
    PERMISSION = "permission denied"
    FORBIDDEN = "forbidden by the API server"
    PORT_IN_USE = "port in use"
    DISK_FULL = "disk full"
    OUT_OF_MEMORY = "out of memory"
    CERTIFICATE = "certificate"
    AUTH_FAILED = "authentication failed"
    MIGRATION = "database schema"
    POOL_EXHAUSTED = "connections exhausted"
    DNS_TIMEOUT = "DNS does not answer"
    NO_SUCH_HOST = "no such host"
    REFUSED = "connection refused"
    HTTP_5XX = "server error"
    TIMEOUT = "timeout"
    RESET = "connection reset"
    EXCEPTION = "exception"
    ERROR = "error"


NETWORK = frozenset(
    {
        LogCause.DNS_TIMEOUT,
        LogCause.NO_SUCH_HOST,
        LogCause.REFUSED,
        LogCause.TIMEOUT,
        LogCause.RESET,
        LogCause.HTTP_5XX,
    }
)
"""Trouble with somebody else: the target is the suspect."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way of saying it. The first group, if any, is the key: a variable, a file, an option."""

    cause: LogCause
    words: re.Pattern[str]


_NAME = r"[\"'`]?([A-Z][A-Z0-9_]{2,80})[\"'`]?"
_PATH = r"[\"'`]?((?:/|\./|[A-Z]:\\)[\w./\\@-]{1,300}|[\w-]{1,80}\.\w{1,8})[\"'`]?"


def _say(cause: LogCause, *words: str, exact: bool = False) -> list[Pattern]:
    flags = re.NOFLAG if exact else re.IGNORECASE
    return [Pattern(cause, re.compile(one, flags)) for one in words]


PATTERNS: tuple[Pattern, ...] = (
    *_say(
        LogCause.MISSING_ENV,
        rf"KeyError: {_NAME}$",
        rf"(?:environment|env\.?) ?(?:variable|var)s?(?: named)?[:=]? ?{_NAME}",
        rf"{_NAME}(?: environment variable| env var)? ?(?:is|was|must be|:)?"
        r" ?(?:not set|not defined|unset|undefined|missing|required|empty|unbound variable"
        r"|set\b(?! to)|parameter null or not set)",
        rf"(?:required key|missing (?:required )?(?:variable|setting|key)|required variable)"
        rf" {_NAME}",
        exact=True,
    ),
    *_say(LogCause.EXEC_FORMAT, r"exec format error"),
    *_say(
        LogCause.COMMAND_NOT_FOUND,
        r"exec: \"([^\"]{1,200})\": (?:executable file not found|stat .{1,200}: no such file)",
        r"(?:sh|bash|ash|zsh)(?:: line \d{1,6}|:? \d{1,6})?: ([\w./-]{1,120}):"
        r" (?:command )?not found",
        r"([\w./-]{1,120}): command not found",
    ),
    *_say(
        LogCause.DISK_FULL,
        r"no space left on device|\bENOSPC|disk quota exceeded|could not extend file",
    ),
    *_say(
        LogCause.OUT_OF_MEMORY,
        r"OutOfMemoryError|JavaScript heap out of memory|runtime: out of memory"
        r"|cannot allocate memory|\bMemoryError\b|std::bad_alloc",
    ),
    *_say(LogCause.PORT_IN_USE, r"address already in use|EADDRINUSE"),
    *_say(
        LogCause.CERTIFICATE,
        r"certificate (?:has |is )?expired|x509: |certificate verify failed|CERT_HAS_EXPIRED"
        r"|SSLHandshakeException|unknown certificate authority|self.signed certificate",
    ),
    *_say(LogCause.FORBIDDEN, r"is forbidden: User \"([^\"]{1,200})\""),
    *_say(
        LogCause.AUTH_FAILED,
        r"authentication failed|access denied for user|WRONGPASS|\bNOAUTH\b|invalid credentials"
        r"|UserNotFound|not authorized on|login failed for user|\b401 unauthorized"
        r"|invalid (?:api key|token|password)",
    ),
    *_say(
        LogCause.MIGRATION,
        r"relation \"([\w.]{1,120})\" does not exist|column \"?([\w.]{1,120})\"? does not exist",
        r"no such (?:table|column):? ([\w.]{1,120})|unknown column '([\w.]{1,120})'",
        r"table '([\w.]{1,120})' doesn't exist",
    ),
    *_say(
        LogCause.POOL_EXHAUSTED,
        r"pool (?:is )?exhausted|exhausted .{0,30}pool|too many connections|too many clients"
        r"|could not (?:acquire|get|obtain) (?:a )?connection|connection pool timeout"
        r"|QueuePool limit|timeout waiting for connection from pool"
        r"|remaining connection slots are reserved|connection is not available, request timed out"
        r"|max(?:imum)? (?:number of )?(?:clients|connections) reached|too many open files|EMFILE",
    ),
    *_say(
        LogCause.DNS_TIMEOUT,
        r"lookup [\w.-]{1,253}(?: on [\w.:\[\]-]{1,60})?: .{0,120}"
        r"(?:timeout|timed out|server misbehaving|connection refused)"
        r"|EAI_AGAIN|temporary failure in name resolution|no servers could be reached",
    ),
    *_say(
        LogCause.NO_SUCH_HOST,
        r"no such host|\bENOTFOUND|could not resolve host|name or service not known"
        r"|UnknownHostException|nodename nor servname|getaddrinfo failed|can't resolve"
        r"|cannot resolve|unable to resolve|bad address '|NXDOMAIN|could not translate host name"
        r"|name does not resolve|host not found",
    ),
    *_say(
        LogCause.REFUSED,
        r"connection refused|ECONNREFUSED|actively refused|connect call failed"
        r"|could not connect to server|failed to connect to",
    ),
    *_say(
        LogCause.HTTP_5XX,
        r"(?:status|statuscode|code|returned|responded(?: with)?|HTTP(?:/[\d.]{1,3})?)"
        r"[\"']?[=: ]{1,3}[\"']?5\d\d\b",
        r"\b50[234] (?:bad gateway|service unavailable|gateway time-?out)|upstream connect error",
        r"\"? 5\d\d (?:\d{1,9}(?:ms|s)?\b|-|\")",
    ),
    *_say(
        LogCause.TIMEOUT,
        r"i/o timeout|ETIMEDOUT|timed out|deadline exceeded|time(?:d )?out (?:after|exceeded"
        r"|expired|waiting|of)|Timeout(?:Error|Exception)"
        r"|(?:connect|connection|read|request) timeout\b",
    ),
    *_say(
        LogCause.RESET,
        r"connection reset|\bECONNRESET|broken pipe|\bEPIPE|socket hang up|unexpected EOF"
        r"|no route to host|EHOSTUNREACH|network is unreachable|server closed the connection",
    ),
    *_say(
        LogCause.MISSING_FILE,
        rf"{_PATH}: no such file or directory"
        rf"|no such file or directory[:,]? {{0,2}}(?:open )?{_PATH}",
        r"(?:FileNotFoundException|NoSuchFileException|could not find file|cannot open(?: file)?)"
        rf":? {_PATH}",
        r"\bENOENT\b|FileNotFoundError|no such file or directory",
    ),
    *_say(
        LogCause.PERMISSION,
        rf"{_PATH}: permission denied|permission denied:? {_PATH}",
        r"permission denied|\bEACCES\b|operation not permitted|read-only file system|AccessDenied",
    ),
    *_say(
        LogCause.CONFIG_PARSE,
        r"JSONDecodeError|ScannerError|ParserError|yaml: (?:line \d|unmarshal|mapping|did not)"
        r"|toml: |cannot unmarshal|invalid character '.{1,4}' (?:looking|after|in)"
        r"|unexpected token .{1,20} in JSON|(?:could not|cannot|failed to|unable to|error)"
        r" (?:parse|parsing|decode|decoding|unmarshal)\w{0,4}.{0,60}"
        r"(?:config|settings|yaml|json|toml|properties)"
        r"|(?:invalid|malformed|bad|broken) (?:config|configuration|settings)\b",
    ),
    *_say(
        LogCause.CONFIG_KEY,
        r"(?:unknown|unrecognized|unsupported|unexpected|invalid|missing|no such)"
        r" (?:required )?(?:config(?:uration)? |command.line )?"
        r"(?:key|field|option|setting|flag|property|parameter|argument)s?:?"
        r" [\"'`]?(-{0,2}[\w.-]{2,80})",
        r"flag provided but not defined: (-{1,2}[\w-]{1,80})",
        r"(?:key|setting|option|property|field) [\"'`]?([\w.-]{2,80})[\"'`]?"
        r" (?:is )?(?:missing|required|not found|not set|unknown|invalid)",
        r"KeyError: ['\"]?([\w.-]{1,80})|no (?:value|setting) for ['\"]?([\w.-]{2,80})",
    ),
)

_HINTS = (
    *("error", "exception", "fatal", "panic", "traceback", "fail", "refused", "timeout", "timed"),
    *("deadline", "denied", "no such", "not found", "not set", "not defined", "unset", "undef"),
    *(
        "missing",
        "require",
        "must be",
        "unknown",
        "unrecog",
        "invalid",
        "cannot",
        "can't",
        "unable",
    ),
    *(
        "could not",
        "exhaust",
        "too many",
        "expired",
        "forbidden",
        "unauth",
        "enot",
        "econn",
        "etime",
    ),
    *(
        "etime",
        "eacces",
        "eaddr",
        "enospc",
        "emfile",
        "eai_",
        "resol",
        "nxdomain",
        "reset",
        "broken pipe",
    ),
    *("misbehaving", "no space", "memory", "x509", "certificate", "noauth", "wrongpass", "exist"),
    *("unexpected", "crit", "severe", "already in use", "read-only", "not permitted", "bad addr"),
    *("provided but", "no route", "unreachable", "malformed", " 500", " 502", " 503", " 504"),
    *(
        "=500",
        "=502",
        "=503",
        "=504",
        ":500",
        ":502",
        ":503",
        ":504",
        "slots are",
        "pool",
        "yaml:",
        "toml:",
    ),
)


def may_tell(line: str) -> bool:
    """Whether a lower-case line could say anything that is looked for. Quick."""
    return any(hint in line for hint in _HINTS)


HARMLESS = re.compile(
    r"\b(?:errors?|failures?|failed|timeouts?|exceptions?)[\"']?\s?[=:]\s?[\"']?0\b"
    r"|\b(?:no|0|zero|without) (?:errors?|failures?|failed|timeouts?|exceptions?)\b"
    r"|\b(?:error|err)[\"']?\s?[=:]\s?(?:null|nil|none|\"\"|<nil>)"
    r"|\btimeout[\"']?\s?[=:]\s?[\"']?\d",
    re.IGNORECASE,
)
"""Counters and settings that only look like trouble."""

_LEVEL = re.compile(
    r"\b(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|FATAL|CRIT(?:ICAL)?|SEVERE|PANIC|ALERT"
    r"|EMERG)\b"
    r"|(?:^|[\s\[{(,\"'])(?:level|lvl|severity)[\"']?[=:]\s?[\"']?(\w{3,9})"
    r"|\[(trace|debug|info|notice|warn|warning|error|fatal|crit|alert|emerg)\]"
    r"|^(error|fatal|panic|fatal error|err):|^([EWIF])\d{4} "
)
_KLOG = {"E": "ERROR", "W": "WARN", "I": "INFO", "F": "FATAL"}
_LOUD = ("ERR", "FATAL", "CRIT", "SEVERE", "PANIC", "ALERT", "EMERG")


def level(line: str) -> str:
    """The level a line is logged at, in capitals; empty when it has none."""
    found = _LEVEL.search(line[:160])
    if not found:
        return ""
    word = next(group for group in found.groups() if group).upper()
    return _KLOG.get(word, word)


def is_loud(word: str) -> bool:
    """Whether a level means trouble."""
    return word.startswith(_LOUD)


def recognise(text: str) -> tuple[LogCause, str] | None:
    """What the text speaks of, and its key; None when it is nothing that is known."""
    for pattern in PATTERNS:
        if found := pattern.words.search(text):
            return pattern.cause, next((group for group in found.groups() if group), "")
    return None
