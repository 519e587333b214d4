"""Sorts of trouble that logs tell of, and how loud a line is."""

import re
from enum import StrEnum


class LogCause(StrEnum):
    """The sort of trouble a log line speaks of."""

    MISSING_ENV = "missing environment variable"
    CONFIG_PARSE = "configuration cannot be parsed"
    CONFIG_KEY = "configuration key"
    MISSING_FILE = "missing file"
    COMMAND_NOT_FOUND = "command not found"
    SCRIPT_SYNTAX = "script syntax"
    EXEC_FORMAT = "wrong processor architecture"
    PERMISSION = "permission denied"
    RUNS_AS_ROOT = "refuses to run as root"
    FORBIDDEN = "forbidden by the API server"
    PORT_IN_USE = "port in use"
    DISK_FULL = "disk full"
    READ_ONLY = "read-only file system"
    IO_ERROR = "input/output error"
    OUT_OF_MEMORY = "out of memory"
    GC_OVERHEAD = "garbage collection takes too long"
    SEGFAULT = "memory fault"
    TOO_MANY_FILES = "too many open files"
    NO_LOCAL_PORTS = "no local port left"
    CONNTRACK_FULL = "connection tracking table full"
    CERTIFICATE = "certificate"
    TLS_MISMATCH = "TLS on one side only"
    AUTH_FAILED = "authentication failed"
    MIGRATION = "database schema"
    INCOMPATIBLE_DATA = "data files of another version"
    INCOMPATIBLE_CLIENT = "client does not fit the server"
    SQL_SYNTAX = "SQL syntax"
    CONSTRAINT = "database constraint"
    LOCKED = "database lock"
    STATEMENT_TIMEOUT = "statement timeout"
    SLOW_QUERY = "slow query"
    POOL_EXHAUSTED = "connections exhausted"
    STORE_FULL = "store full"
    WRITES_REFUSED = "writes refused by the store"
    RATE_LIMITED = "rate limited"
    POISON_RECORD = "record that cannot be read"
    UNREADABLE_ANSWER = "answer that cannot be read"
    TOO_LARGE = "message too large"
    NOT_ENOUGH_REPLICAS = "not enough replicas"
    PARTITIONED = "cluster partitioned"
    LEADER_LOST = "leader election lost"
    CONSUMER_LAG = "consumer lag"
    UNIMPLEMENTED = "call unknown to the server"
    DNS_TIMEOUT = "DNS does not answer"
    NO_SUCH_HOST = "no such host"
    REFUSED = "connection refused"
    WRONG_PROTOCOL = "another protocol than expected"
    HTTP_5XX = "server error"
    TIMEOUT = "timeout"
    RESET = "connection reset"
    RETRIES_EXHAUSTED = "retries exhausted"
    EXCEPTION = "exception"
    ERROR = "error"


NETWORK = frozenset(
    {
        LogCause.DNS_TIMEOUT,
        LogCause.NO_SUCH_HOST,
        LogCause.REFUSED,
        LogCause.TIMEOUT,
        LogCause.RESET,
        LogCause.WRONG_PROTOCOL,
        LogCause.HTTP_5XX,
    }
)
"""Trouble with somebody else: the target is the suspect."""
NAMES_A_SERVER = NETWORK | {
    LogCause.AUTH_FAILED,
    LogCause.CERTIFICATE,
    LogCause.TLS_MISMATCH,
    LogCause.POOL_EXHAUSTED,
    LogCause.INCOMPATIBLE_CLIENT,
    LogCause.RATE_LIMITED,
    LogCause.STORE_FULL,
    LogCause.WRITES_REFUSED,
    LogCause.NOT_ENOUGH_REPLICAS,
    LogCause.TOO_LARGE,
    LogCause.UNIMPLEMENTED,
    LogCause.UNREADABLE_ANSWER,
    LogCause.RETRIES_EXHAUSTED,
    LogCause.NO_LOCAL_PORTS,
}
"""Trouble between two: the target is told, and either side may be at fault."""
OF_STORES = frozenset({LogCause.STORE_FULL, LogCause.WRITES_REFUSED})
"""What databases, caches and brokers answer, whose clients name no address then."""
QUOTED = OF_STORES | {LogCause.UNREADABLE_ANSWER}
"""Trouble of which a client's own words tell more than its name and the target."""
EVERYDAY = frozenset(
    {
        LogCause.SLOW_QUERY,
        LogCause.CONSTRAINT,
        LogCause.CONSUMER_LAG,
        LogCause.RATE_LIMITED,
        LogCause.TOO_LARGE,
        LogCause.RETRIES_EXHAUSTED,
        LogCause.EXCEPTION,
        LogCause.ERROR,
    }
)
"""Trouble that healthy programs tell of as well: alone it explains little."""
ABOUT_ITSELF = frozenset(LogCause) - NAMES_A_SERVER - {LogCause.EXCEPTION, LogCause.ERROR}
"""Trouble of the program, its configuration or its machine; nobody else is the suspect."""

_HARMLESS = re.compile(
    r"\b(?:errors?|failures?|failed|timeouts?|exceptions?)[\"']?\s?[=:]\s?[\"']?0\b"
    r"|\b(?:no|0|zero|without) (?:errors?|failures?|failed|timeouts?|exceptions?)\b"
    r"|\b(?:error|err)[\"']?\s?[=:]\s?(?:null|nil|none|\"\"|<nil>)"
    r"|\btimeout[\"']?\s?[=:]\s?[\"']?\d",
    re.IGNORECASE,
)
_MAY_BE_HARMLESS = re.compile(r"[=:] ?[\"']?[0-9n<\"]|(?i:no|ro|ut) [efat]|0 [efat]")


def without_harmless(text: str) -> str:
    """The text without counters and settings that only look like trouble."""
    return _HARMLESS.sub("", text) if _MAY_BE_HARMLESS.search(text) else text


_LEVEL = re.compile(
    r"\b(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|FATAL|CRIT(?:ICAL)?|SEVERE|PANIC|ALERT"
    r"|EMERG)\b"
    r"|(?:^|[\s\[{(,\"'])(?:level|lvl|severity)[\"']?[=:]\s?[\"']?(\w{3,9})"
    r"|\[(trace|debug|info|notice|warn|warning|error|fatal|crit|alert|emerg)\]"
    r"|^(error|fatal|panic|fatal error|err|fail|crit|warn|info|dbug|trce):|^([EWIF])\d{4} "
)
_KLOG = {"E": "ERROR", "W": "WARN", "I": "INFO", "F": "FATAL"}
_DOTNET = {"FAIL": "ERROR", "DBUG": "DEBUG", "TRCE": "TRACE"}
_LOUD = ("ERR", "FATAL", "CRIT", "SEVERE", "PANIC", "ALERT", "EMERG")


def level(line: str) -> str:
    """The level a line is logged at, in capitals; empty when it has none."""
    found = _LEVEL.search(line[:160])
    if not found:
        return ""
    word = next(group for group in found.groups() if group).upper()
    return (_KLOG | _DOTNET).get(word, word)


def is_loud(word: str) -> bool:
    """Whether a level means trouble."""
    return word.startswith(_LOUD)
