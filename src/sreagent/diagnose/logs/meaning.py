"""What a sort of trouble in a log amounts to: whose it is, how grave, and of what category."""

from sreagent.diagnose.logs.patterns import EVERYDAY, NETWORK, LogCause
from sreagent.diagnose.logs.reading import LogError, LogReading
from sreagent.domain.finding import Category, Severity

OFTEN = 3
"""Occurrences from which a logged error counts."""
USUAL = 600
"""Seconds that a log must go without an error for the error to be new in it."""

OWN_TROUBLE = frozenset(LogCause) - NETWORK - EVERYDAY
"""What a program says of itself, and not of others."""

_LASTING = frozenset({LogCause.PARTITIONED})
"""What is told once and stays so until somebody mends it."""

_CATEGORIES = {
    Category.RESOURCE: (
        *(LogCause.POOL_EXHAUSTED, LogCause.OUT_OF_MEMORY, LogCause.GC_OVERHEAD),
        *(LogCause.TOO_MANY_FILES, LogCause.NO_LOCAL_PORTS, LogCause.STORE_FULL),
        LogCause.WRITES_REFUSED,
        *(LogCause.RATE_LIMITED, LogCause.CONSUMER_LAG),
    ),
    Category.STORAGE: (
        *(LogCause.DISK_FULL, LogCause.READ_ONLY, LogCause.IO_ERROR, LogCause.INCOMPATIBLE_DATA),
    ),
    Category.NODE: (LogCause.CONNTRACK_FULL,),
    Category.SECURITY: (
        *(LogCause.AUTH_FAILED, LogCause.CERTIFICATE, LogCause.TLS_MISMATCH, LogCause.FORBIDDEN),
        *(LogCause.RUNS_AS_ROOT, LogCause.PERMISSION),
    ),
    Category.DEPLOYMENT: (
        *(LogCause.EXCEPTION, LogCause.ERROR, LogCause.EXEC_FORMAT, LogCause.SEGFAULT),
        *(LogCause.INCOMPATIBLE_CLIENT, LogCause.UNIMPLEMENTED, LogCause.SQL_SYNTAX),
    ),
    Category.CONFIGURATION: (
        *(LogCause.MIGRATION, LogCause.CONFIG_KEY, LogCause.CONFIG_PARSE, LogCause.MISSING_ENV),
        *(LogCause.MISSING_FILE, LogCause.COMMAND_NOT_FOUND, LogCause.SCRIPT_SYNTAX),
        LogCause.PORT_IN_USE,
    ),
}
_CATEGORY = {cause: category for category, causes in _CATEGORIES.items() for cause in causes}


def category_of(cause: LogCause) -> Category:
    """The category of trouble that a log tells of; of the rest, somebody else's."""
    return _CATEGORY.get(cause, Category.DEPENDENCY)


def is_new(error: LogError, reading: LogReading) -> bool:
    """Whether the log shows a good while in which the error did not come."""
    if error.first_at is None or reading.begins_at is None:
        return False
    return (error.first_at - reading.begins_at).total_seconds() >= USUAL


def severity_of(error: LogError, reading: LogReading) -> Severity:
    """How grave it is in a program that runs: what healthy ones tell too, only when it is new."""
    grave = error.cause not in EVERYDAY or is_new(error, reading)
    often = error.count >= OFTEN or error.cause in _LASTING
    return Severity.ERROR if grave and often else Severity.WARNING
