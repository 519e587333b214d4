"""What can go wrong, and who can do something about it.

SreError                 the person at the keyboard: message, why, hint, exit code
├── Unreachable          a source did not answer: nothing is known
│   └── TimedOut         it took longer than we wait
├── Forbidden            it answered, we may not look (or may not change)
├── NotFound             it answered: there is no such thing
├── Conflict             the object changed since it was read
├── TooLong              a model cannot read that much at once
├── Refused              the server looked at the request and said no (422, 400, quota, webhook)
├── Denied               policy or a person said no
│   └── Halted           changes are stopped for a while
├── InUse                somebody else works on it
├── BadInput             an alert, an argument or a file that cannot be understood
├── BadSettings          file, line, key, allowed values
└── BadJournal           the record on disk is not what was written
ToolProblem              the reasoner: it reads this and chooses again
├── TryAgain             wrong arguments; the message says which
└── GiveUp               this will not work; take another way
"""

from enum import IntEnum


class Exit(IntEnum):
    """What the shell learns."""

    OK = 0
    """Done, or nothing wrong."""
    FAILED = 1
    USAGE = 2
    """Bad usage or settings."""
    PARTIAL = 3
    """Something could not be looked at."""
    REFUSED = 4
    """Policy, a person or the server's rights refused the change."""
    ESCALATED = 5
    """Handed over to a person."""
    INTERRUPTED = 130


class SreError(Exception):
    """One line what failed and on what; `why` and `hint` are one line each."""

    exit_code = Exit.FAILED

    def __init__(self, message: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.hint = hint


class Unreachable(SreError):
    """A source did not answer, so nothing is known; never the same as an empty answer."""


class TimedOut(Unreachable):
    """The source took longer than we wait."""


class Forbidden(SreError):
    """The source answered that we may not."""


class NotFound(SreError):
    """The source answered that there is no such thing."""


class Conflict(SreError):
    """The object changed between reading and writing."""


class TooLong(SreError):
    """What a model was to read is more than it can take."""


class Refused(SreError):
    """The server looked at the request and said no."""


class Denied(SreError):
    """Policy or a person said no."""

    exit_code = Exit.REFUSED


class Halted(Denied):
    """Changes are stopped for a while: what was not sent may be asked for again afterwards."""


class InUse(SreError):
    """Another process works on the incident."""


class BadInput(SreError):
    """An alert, an argument or a file that cannot be understood."""

    exit_code = Exit.USAGE


class BadSettings(SreError):
    """A setting that cannot be used; the message names file, line, key and allowed values."""

    exit_code = Exit.USAGE


class BadJournal(SreError):
    """The record on disk is not what was written."""


class ToolProblem(Exception):
    """Something the reasoner can act on."""


class TryAgain(ToolProblem):
    """The arguments are wrong; the message says which."""


class GiveUp(ToolProblem):
    """This will not work; take another way."""
