"""What is not to be told: `.sreignore`, and the `ignore_changes` of the code."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from pathlib import Path

from sreagent.domain.drift import Changed, Class, DriftReport, LeftOver, Missing, Unmanaged
from sreagent.domain.errors import BadInput, BadSettings
from sreagent.domain.text import one_line
from sreagent.drift.state.managed import without_keys

FILE = ".sreignore"
ALLOWED = (
    "allowed: [!]ADDRESS[.PATH] or [!]TYPE:ID, with * and ?; then until=YYYY-MM-DD, then # REASON"
)
ALL = "all"
"""`ignore_changes = all`."""
LONGEST = 1000
"""Characters of a line."""

_WORD = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^\s"])+')
_BY_ID = re.compile(r"(?P<type>[\w*?-]+):(?P<id>.+)")
_STEP = re.compile(r'\[(?P<key>"(?:\\.|[^"\\])*"|[^\]"]*)\]|(?P<name>[^.\[]+)')
_EMPTY_STEP = re.compile(r"^\.|\.\.|\.$")


@dataclass(frozen=True, slots=True)
class _Step:
    """A piece of an address or a path."""

    text: str
    is_index: bool = False
    """It stood in brackets: a pattern without it means all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of an ignore file."""

    pattern: str
    line: int
    again: bool = False
    """`!`: what an earlier line ignores is told again."""
    reason: str = ""
    until: date | None = None
    """The last day on which it applies."""

    def is_over(self, today: date) -> bool:
        """Whether its time is up."""
        return self.until is not None and today > self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreFile:
    """The lines of an ignore file; of those that match, the last one counts."""

    rules: tuple[Rule, ...] = ()
    name: str = FILE

    def warnings(self, today: date) -> tuple[str, ...]:
        """A line for each rule that is over or gives no reason."""
        return tuple(
            f"{self.name}:{rule.line}: {one_line(rule.pattern, 80)} {trouble}"
            for rule in self.rules
            if (trouble := _trouble(rule, today))
        )

    def applied(self, report: DriftReport) -> DriftReport:
        """The report with what is ignored marked as such, by the day it was made.

        Changes become `Class.IGNORED`, unmanaged things are folded away; missing and left-over
        resources are left out and counted in `ignored`.
        """
        today = report.at.astimezone(UTC).date()
        matchers = [_Matcher(rule) for rule in self.rules if not rule.is_over(today)]
        if not matchers:
            return report
        missing = tuple(each for each in report.missing if not _judged(matchers, each))
        left_over = tuple(each for each in report.left_over if not _judged(matchers, each))
        gone = len(report.missing) + len(report.left_over) - len(missing) - len(left_over)
        return replace(
            report,
            changed=tuple(self._changed(each, matchers) for each in report.changed),
            unmanaged=tuple(self._folded(each, matchers) for each in report.unmanaged),
            missing=missing,
            left_over=left_over,
            ignored=report.ignored + gone,
        )

    def _changed(self, found: Changed, matchers: "Sequence[_Matcher]") -> Changed:
        rule = _judged(matchers, found)
        return replace(found, klass=Class.IGNORED, why=self._why(rule)) if rule else found

    def _folded(self, found: Unmanaged, matchers: "Sequence[_Matcher]") -> Unmanaged:
        rule = None if found.folded else _judged(matchers, found)
        return replace(found, folded=self._why(rule)) if rule else found

    def _why(self, rule: Rule) -> str:
        until = f" until {rule.until}" if rule.until else ""
        return f"ignored{until}: {rule.reason or 'no reason given'} ({self.name}:{rule.line})"


def _trouble(rule: Rule, today: date) -> str:
    if rule.is_over(today):
        return f"was ignored until {rule.until}, and is told again"
    return "" if rule.reason or rule.again else "is ignored for no reason: add # and the reason"


class _Matcher:
    """A rule, taken apart once."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._by_id = _by_id(rule.pattern)
        self._steps = tuple(step.text for step in _steps(rule.pattern))

    def matches(self, type_: str, id_: str, steps: "Sequence[_Step]") -> bool:
        if self._by_id:
            return all(map(globs, self._by_id, (type_, id_)))
        return _begins(self._steps, steps)


def _judged(
    matchers: "Sequence[_Matcher]", found: Changed | Missing | Unmanaged | LeftOver
) -> Rule | None:
    """The rule that ignores it, if the last one that matches does so."""
    steps: tuple[_Step, ...] = ()
    if not isinstance(found, Unmanaged):
        steps = _steps(found.address)
    if isinstance(found, Changed):
        steps += _steps(found.path)
    for matcher in reversed(matchers):
        if matcher.matches(found.type, found.id, steps):
            return None if matcher.rule.again else matcher.rule
    return None


def without_ignored_changes(
    report: DriftReport, ignored: Mapping[str, Sequence[str]]
) -> DriftReport:
    """The report with changes that the code ignores marked as `Class.IGNORED`.

    Args:
        report: What was found.
        ignored: Attributes by address, as `ignore_changes` names them; `all` is all of them. An
            address without indexes stands for every instance.
    """
    if not ignored:
        return report
    return replace(report, changed=tuple(_by_code(each, ignored) for each in report.changed))


def _by_code(found: Changed, ignored: Mapping[str, Sequence[str]]) -> Changed:
    if found.klass is Class.IGNORED:
        return found
    names = ignored.get(found.address) or ignored.get(without_keys(found.address)) or ()
    path = _steps(found.path)
    for name in names:
        if name == ALL or _begins([step.text for step in _steps(name)], path):
            return replace(found, klass=Class.IGNORED, why=f"ignore_changes of {name} in the code")
    return found


def read(path: Path) -> IgnoreFile:
    """The rules of a file.

    Raises:
        BadInput: It cannot be read.
        BadSettings: A line in it is none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"cannot read {path}"
        raise BadInput(msg, why=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        msg = f"cannot read {path}"
        raise BadInput(msg, why="it is no text in UTF-8") from error
    return parse(text, str(path))


def parse(text: str, name: str = FILE) -> IgnoreFile:
    """The rules in a text.

    Raises:
        BadSettings: A line is none; file, line and what is allowed are named.
    """
    return IgnoreFile(rules=tuple(_rules(text, name)), name=name)


def _rules(text: str, name: str) -> Iterator[Rule]:
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        try:
            yield _rule(line, number)
        except ValueError as error:
            msg = f"{name}:{number}: {error}"
            raise BadSettings(msg, hint=ALLOWED) from error


def _rule(line: str, number: int) -> Rule:
    """One line as a rule; ValueError says what is wrong with it."""
    if len(line) > LONGEST:
        msg = f"a line of {len(line)} characters; {LONGEST} are enough"
        raise ValueError(msg)
    words, reason = _taken_apart(line)
    first, *options = words
    pattern = first.removeprefix("!")
    _check(pattern)
    until: date | None = None
    for option in options:
        if until is not None:
            msg = f"'{one_line(option, 60)}' after until="
            raise ValueError(msg)
        until = _until(option)
    return Rule(
        pattern=pattern, line=number, again=first.startswith("!"), reason=reason, until=until
    )


def _taken_apart(line: str) -> tuple[list[str], str]:
    """The words, and what stands after a `#` that begins one."""
    words: list[str] = []
    place = 0
    while place < len(line):
        if line[place].isspace():
            place += 1
        elif line[place] == "#":
            return words, one_line(line[place:].lstrip("#"))
        elif word := _WORD.match(line, place):
            words.append(word[0])
            place = word.end()
        else:
            msg = "a quotation mark that is not closed"
            raise ValueError(msg)
    return words, ""


def _check(pattern: str) -> None:
    plain = re.sub(r'"(?:\\.|[^"\\])*"', '""', pattern)
    if not pattern:
        msg = "nothing stands after the !"
    elif _by_id(pattern):
        return
    elif ":" in plain:
        msg = f"'{one_line(pattern, 60)}' is neither an address nor TYPE:ID"
    elif _EMPTY_STEP.search(plain):
        msg = f"'{one_line(pattern, 60)}' has a dot too many"
    elif plain.count("[") != plain.count("]"):
        msg = f"'{one_line(pattern, 60)}' has a bracket that is not closed"
    else:
        return
    raise ValueError(msg)


def _by_id(pattern: str) -> tuple[str, str] | None:
    found = _BY_ID.fullmatch(pattern)
    return (found["type"], _unquoted(found["id"])) if found else None


def _until(option: str) -> date:
    key, sign, value = option.partition("=")
    if key != "until" or not sign:
        msg = f"'{one_line(option, 60)}' is neither until= nor the beginning of a # REASON"
        raise ValueError(msg)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    msg = f"'{one_line(value, 60)}' is no day"
    raise ValueError(msg)


def _steps(text: str) -> tuple[_Step, ...]:
    """The pieces between dots and brackets; a key with dots in it is several.

    Then `tags["a.b"]` of the code and `tags.a.b` of a finding are the same.
    """
    found: list[_Step] = []
    for match in _STEP.finditer(text):
        if match["name"] is not None:
            found.append(_Step(match["name"]))
        else:
            pieces = _unquoted(match["key"]).split(".")
            found += (_Step(piece, is_index=True) for piece in pieces)
    return tuple(found)


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _begins(pattern: Sequence[str], steps: Sequence[_Step]) -> bool:
    """Whether a pattern leads to these steps or to what holds them.

    `**` is any number of steps; an index may be left out.
    """
    at = _rested(pattern, {0})
    for step in steps:
        if len(pattern) in at:
            return True
        at = _rested(pattern, set(_moved(pattern, at, step)))
    return len(pattern) in at


def _rested(pattern: Sequence[str], at: set[int]) -> set[int]:
    """The places after passing by each `**` that may stand for nothing."""
    for place in sorted(at):
        ahead = place
        while ahead < len(pattern) and pattern[ahead] == "**":
            ahead += 1
            at.add(ahead)
    return at


def _moved(pattern: Sequence[str], at: set[int], step: _Step) -> Iterator[int]:
    for place in at:
        if pattern[place] == "**" or step.is_index:
            yield place
        if pattern[place] != "**" and globs(pattern[place], step.text):
            yield place + 1


def globs(pattern: str, text: str) -> bool:
    """Whether a text is of a pattern: `*` is any text, `?` one letter.

    Never takes longer than the product of both lengths, whatever the pattern.
    """
    star, mark = -1, 0
    here = there = 0
    while there < len(text):
        if here < len(pattern) and pattern[here] == "*":
            star, mark = here, there
            here += 1
        elif here < len(pattern) and pattern[here] in ("?", text[there]):
            here += 1
            there += 1
        elif star >= 0:
            mark += 1
            here, there = star + 1, mark
        else:
            return False
    return not pattern[here:].strip("*")
