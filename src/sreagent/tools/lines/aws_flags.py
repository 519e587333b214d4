"""Tells the flags of an aws line from its words; nothing is abbreviated, the last one wins."""

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import jmespath  # type: ignore[import-untyped]  # comes with boto3, without stubs

from sreagent.tools.lines.objection import Objection, Rule


class Takes(Enum):
    """How many words a flag takes."""

    NOTHING = 0
    ONE = 1
    MANY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Where a line leads, and what is left of it."""

    service: str
    """As the command line names it; empty when none is named."""
    command: str
    """The word after the service; empty when there is none."""
    given: Mapping[str, tuple[str, ...]]
    """Flags before the command, which are those of every command."""
    rest: tuple[str, ...]
    """All words after the command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What was given to a command."""

    given: Mapping[str, tuple[str, ...]]
    """Flag to its words; of `--x` and `--no-x` it is `x` with `true` or `false`."""
    arguments: tuple[str, ...]
    """Words that belong to no flag."""

    def last(self, flag: str) -> str:
        """The word of a flag that takes one; empty without it."""
        return self.given[flag][0] if flag in self.given else ""

    def on(self, flag: str) -> bool:
        """Whether a switch is on."""
        return self.last(flag) == "true"


EVERYWHERE: Mapping[str, Takes] = {
    "region": Takes.ONE,
    "output": Takes.ONE,
    "query": Takes.ONE,
    "color": Takes.ONE,
    "cli-read-timeout": Takes.ONE,
    "cli-connect-timeout": Takes.ONE,
    "cli-binary-format": Takes.ONE,
    "no-paginate": Takes.NOTHING,
    "no-cli-pager": Takes.NOTHING,
    "no-cli-auto-prompt": Takes.NOTHING,
}
"""Flags of every command."""

PAGES: Mapping[str, Takes] = {
    "max-items": Takes.ONE,
    "page-size": Takes.ONE,
    "starting-token": Takes.ONE,
}
"""Flags of every command whose answer has pages."""

_PINNED = frozenset({"profile", "endpoint-url", "no-verify-ssl", "no-sign-request", "ca-bundle"})
_FILES = frozenset({"cli-input-json", "cli-input-yaml"})
_NEVER = frozenset({"debug", "cli-auto-prompt", "version", "generate-cli-skeleton"})

_REGION = re.compile(
    r"(?:us|eu|ap|sa|ca|me|af|il|mx|cn|eusc)(?:-(?:gov|iso[a-f]?|de))?"
    r"-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-[1-9]"
)
_NUMBER = re.compile(r"-[0-9]+(?:\.[0-9]+)?")
_CHOICES = {
    "output": ("json", "text", "table", "yaml", "yaml-stream", "off"),
    "color": ("on", "off", "auto"),
    "cli-binary-format": ("base64", "raw-in-base64-out"),
}
_ADDRESSES = frozenset({"queue-url"})
"""Flags whose values are addresses by nature; they are checked by themselves."""
_COUNT = re.compile(r"0|[1-9][0-9]{0,3}")
_LONGEST_QUERY, _DEEPEST_QUERY = 1000, 60
_FETCHED = re.compile(r"(?:fileb?|https?)://", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"<[A-Za-z][-\w .:/]*>"  # <instance-id>
    r"|\{\{|\$\{|\$\("  # {{id}}, ${ID}, $(id)
    r"|^\$(?!(?i:latest|default)$)[A-Za-z_]\w*$"  # $ID; $LATEST is a version
    r"|^\[[a-z]+(?:[-_ ][a-z]+)+\]$"  # [instance-id]
    r"|\.\.\.$"
    r"|(?:^|[-_/:])[xX]{3,}$"  # i-xxxxxxxx
    r"|^(?i:your)[-_]"
    r"|(?i:placeholder|change_?me|replace[-_]me|[-_]here$)"
    r"|^(?:INSTANCE|CLUSTER|BUCKET|FUNCTION|TASK|DB|QUEUE|STACK|TABLE|ROLE|USER)"
    r"_(?:ID|NAME|ARN|URL)$"
)


def locate(words: Sequence[str]) -> Line:
    """Find service and command; only flags of every command may stand before them.

    Raises:
        Objection: Another flag stands there.
    """
    places: list[str] = []
    given: dict[str, tuple[str, ...]] = {}
    at = 1
    while at < len(words) and len(places) < 2:
        if words[at].startswith("-"):
            at = _take(words, at, EVERYWHERE, given)
        else:
            places.append(words[at])
            at += 1
    service, command = [*places, "", ""][:2]
    return Line(service=service, command=command, given=given, rest=tuple(words[at:]))


def read_flags(line: Line, known: Mapping[str, Takes]) -> Flags:
    """Tell the flags after the command from its arguments.

    Raises:
        Objection: A flag is unknown, is never taken, or lacks its value.
    """
    known = {**EVERYWHERE, **known}
    given = dict(line.given)
    arguments: list[str] = []
    at = 0
    while at < len(line.rest):
        if _is_flag(line.rest[at]):
            at = _take(line.rest, at, known, given)
        else:
            check_value("argument", line.rest[at])
            arguments.append(line.rest[at])
            at += 1
    _check_everywhere(given)
    return Flags(given=given, arguments=tuple(arguments))


def no_arguments(flags: Flags) -> None:
    """Check that every word belongs to a flag.

    Raises:
        Objection: One does not.
    """
    if flags.arguments:
        reason = f"{flags.arguments[0]!r} belongs to no flag: write --FLAG VALUE"
        raise Objection(Rule.ARGUMENT, reason)


def check_value(name: str, text: str, *, free: bool = False) -> None:
    """Check that a value is one, and not the place where to get it.

    Args:
        name: What the value is given for.
        text: The value.
        free: It is an expression, which may hold anything but a file.

    Raises:
        Objection: It is a file, an address or a placeholder.
    """
    if _FETCHED.match(text.lstrip()):
        reason = f"{name}: the command line would read {text[:40]!r}: write the value itself"
        raise Objection(Rule.FILE, reason)
    if not free and _PLACEHOLDER.search(text):
        raise Objection(
            Rule.ARGUMENT, f"{name}: {text[:60]!r} is a placeholder: write the real value"
        )


def _is_flag(word: str) -> bool:
    return word.startswith("-") and word != "-" and not _NUMBER.fullmatch(word)


def _take(
    words: Sequence[str], at: int, known: Mapping[str, Takes], given: dict[str, tuple[str, ...]]
) -> int:
    """Put one flag with its words into `given`; the place of the word after them."""
    flag, equals, value = words[at].partition("=")
    name = _known_name(flag, known)
    if equals:
        if known[name] is Takes.NOTHING:
            raise Objection(Rule.FLAG, f"{flag} takes no value: write {flag} alone")
        values: tuple[str, ...] = (value,)
    else:
        values = _values(words[at + 1 :], known[name])
        if known[name] is not Takes.NOTHING and not values:
            raise Objection(Rule.FLAG, f"{flag} needs a value")
    for text in values:
        if name not in _ADDRESSES:
            check_value(flag, text, free=name == "query")
    end = at + 1 + (0 if equals else len(values))
    _put(name, values, known, given)
    return end


def _put(
    name: str,
    values: tuple[str, ...],
    known: Mapping[str, Takes],
    given: dict[str, tuple[str, ...]],
) -> None:
    if known[name] is not Takes.NOTHING:
        given[name] = values
    elif name.startswith("no-") and name[3:] in known:
        given[name[3:]] = ("false",)
    else:
        given[name] = ("true",)


def _values(words: Sequence[str], takes: Takes) -> tuple[str, ...]:
    values: list[str] = []
    for word in words:
        if len(values) == takes.value and takes is not Takes.MANY:
            break
        if _is_flag(word):
            break
        values.append(word)
    return tuple(values)


def _known_name(flag: str, known: Mapping[str, Takes]) -> str:
    name = flag.removeprefix("--")
    if flag.startswith("--") and name in known:
        return name
    if name in _PINNED:
        reason = (
            f"the connection is pinned: leave {flag} away; it is the one this run was started with"
        )
        raise Objection(Rule.CONNECTION, reason)
    if name in _FILES:
        raise Objection(Rule.FILE, f"{flag} reads a file: write the parameters as flags")
    if name in _NEVER:
        raise Objection(Rule.FLAG, f"{flag} is not taken here: leave it away")
    raise Objection(Rule.FLAG, _unknown(flag, name, known))


def _unknown(flag: str, name: str, known: Mapping[str, Takes]) -> str:
    if name in PAGES:
        return f"{flag} is not known to this command, whose answer has no pages: leave it away"
    longer = [known_name for known_name in known if name and known_name.startswith(name)]
    if longer:
        return f"{flag} is no flag of this command: write the flag in full: --{max(longer)}"
    return f"{flag} is no flag of this command: leave it away, or see `help` of the command"


def _check_everywhere(given: Mapping[str, tuple[str, ...]]) -> None:
    for name, choices in _CHOICES.items():
        if name in given and given[name][0] not in choices:
            raise Objection(Rule.OUTPUT, f"--{name} is one of {', '.join(choices)}")
    for name in ("cli-read-timeout", "cli-connect-timeout"):
        if name in given and not _COUNT.fullmatch(given[name][0]):
            raise Objection(Rule.FLAG, f"--{name} is a number of seconds")
    if "region" in given and not _REGION.fullmatch(given["region"][0]):
        raise Objection(Rule.ARGUMENT, f"{given['region'][0]!r} is no region: write eu-west-1")
    if "query" in given:
        _check_query(given["query"][0])


def _check_query(text: str) -> None:
    depth = sum(text.count(char) for char in "([{|&!*")
    if len(text) > _LONGEST_QUERY or depth > _DEEPEST_QUERY:
        raise Objection(Rule.ARGUMENT, "--query is too long: leave it away")
    try:
        with warnings.catch_warnings():
            # State==`running` is how everybody writes it; an old spelling, understood all the same.
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            jmespath.compile(text)
    except (jmespath.exceptions.JMESPathError, ValueError, RecursionError) as error:
        reason = f"--query {text[:60]!r} is no JMESPath expression: write Reservations[].Instances"
        raise Objection(Rule.ARGUMENT, reason) from error
