"""Reads from Prometheus: is what the alert complains of true now?"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isfinite

from sreagent.domain.alert import Alert
from sreagent.domain.errors import SreError, ToolProblem
from sreagent.domain.evidence import Health
from sreagent.domain.ports import Metrics, Sample, Series
from sreagent.domain.record import Looked
from sreagent.domain.signal import Point
from sreagent.domain.text import one_line

HISTORY = timedelta(hours=3)
STEP = 45.0
"""Seconds between two values of an expression's history."""
_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An expression of the form `left > 5`."""

    left: str
    sign: str
    threshold: float

    def holds(self, value: float) -> bool:
        """Whether a value is on the side that fires."""
        return _SIGNS[self.sign](value, self.threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """The alert's own expression, and what it says now."""

    promql: str
    verdict: Health
    """`broken` while it is true, `healthy` when no series fulfils it."""
    text: str
    command: str
    comparison: Comparison | None = None
    """What it compares, where it is one comparison with a number."""
    points: tuple[Point, ...] = ()
    """Values of the left side of the comparison for the alert's labels, as far as they go back."""
    since: datetime | None = None
    """When it became true, where it is true now."""


def find_expression(metrics: Metrics, alert: Alert) -> str:
    """The alert's PromQL: from its payload, else from the rule of its name; empty if neither has.

    Raises:
        SreError: Prometheus did not answer.
    """
    return alert.expression or metrics.rule(alert.name)


def evaluate(metrics: Metrics, promql: str) -> Expression:
    """Ask for the expression now; a source that does not answer makes it `unknown`."""
    command = query_command(metrics.url, promql)
    try:
        samples = metrics.instant(promql)
    except (SreError, ToolProblem) as error:
        text = one_line(str(error), 120)
        return Expression(promql=promql, verdict=Health.UNKNOWN, text=text, command=command)
    verdict = Health.BROKEN if samples else Health.HEALTHY
    return Expression(promql=promql, verdict=verdict, text=_said(samples), command=command)


def look_back(
    metrics: Metrics, expression: Expression, labels: Mapping[str, str], now: datetime
) -> Expression:
    """The same with its history: since when it is true, or when it was last.

    An expression that cannot be read back stays as it is: the present is known all the same.
    """
    if expression.verdict is Health.UNKNOWN:
        return expression
    compared = comparison(expression.promql)
    asked = compared.left if compared else expression.promql
    try:
        found = metrics.range(asked, start=now - HISTORY, end=now, step=STEP)
    except (SreError, ToolProblem) as error:
        text = f"{expression.text}; its history is not known: {one_line(str(error), 120)}"
        return replace(expression, text=text, comparison=compared)
    points = _of_the_alert(found.series, labels)
    if not points:
        return replace(expression, comparison=compared)
    stretches = _true_stretches(points, compared)
    return replace(
        expression,
        text=_told_back(expression, compared, points, stretches),
        comparison=compared,
        points=points if compared else (),
        since=stretches[-1][0] if stretches and expression.verdict is Health.BROKEN else None,
    )


def comparison(promql: str) -> Comparison | None:
    """Read `left > number`, also the other way round; None for anything else."""
    lines = (line[: _end_of_code(line)] for line in promql.splitlines())
    text = _without_brackets(" ".join(" ".join(lines).split()))
    signs = list(_outer_signs(text))
    if len(signs) != 1 or re.search(r"\b(?:and|or|unless)\b", _outer(text)):
        return None
    place, sign = signs[0]
    left, right = text[:place].strip(), text[place + len(sign) :].strip()
    right = right.removeprefix("bool ").strip()
    if _NUMBER.fullmatch(right):
        return Comparison(left=left, sign=sign, threshold=float(right))
    if _NUMBER.fullmatch(left):
        return Comparison(left=right, sign=_MIRRORED[sign], threshold=float(left))
    return None


def _outer(text: str) -> str:
    """The text with all that stands in brackets or quotes blanked out, place by place."""
    depth, quote, shown = 0, "", []
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote and text[place - 1] != "\\" else quote
            shown.append(" ")
        elif letter in "\"'`":
            quote = letter
            shown.append(" ")
        else:
            depth -= letter in ")]}"
            shown.append(letter if depth == 0 and letter not in "([{)]}" else " ")
            depth += letter in "([{"
    return "".join(shown)


def _end_of_code(line: str) -> int:
    """Where the comment of a line begins; its length when it has none."""
    quoted = re.sub(
        r"\"(?:\\\\.|[^\"\\\\])*\"|'[^']*'|`[^`]*`", lambda found: " " * len(found[0]), line
    )
    place = quoted.find("#")
    return place if place >= 0 else len(line)


def _outer_signs(text: str) -> list[tuple[int, str]]:
    return [(found.start(), found[0]) for found in re.finditer(r"[<>=!]=|[<>]", _outer(text))]


def _without_brackets(text: str) -> str:
    """The text without brackets around the whole of it."""
    while text.startswith("(") and text.endswith(")") and not _outer(text).strip():
        inner = text[1:-1]
        if inner.count("(") != inner.count(")") or _closes_early(inner):
            break
        text = inner.strip()
    return text


def _closes_early(inner: str) -> bool:
    depth = 0
    for letter in inner:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return True
    return False


def _of_the_alert(found: Sequence[Series], labels: Mapping[str, str]) -> tuple[Point, ...]:
    """The series that the alert is about: the one that shares most labels and denies none."""
    fitting = [
        (len(labels.items() & series.items()), points)
        for series, points in found
        if all(labels.get(name, value) == value for name, value in series.items())
    ]
    _, points = max(fitting, key=lambda one: one[0], default=(0, ()))
    return tuple((at, value) for at, value in points if isfinite(value))


def _true_stretches(
    points: Sequence[Point], compared: Comparison | None
) -> list[tuple[datetime, datetime]]:
    """From when to when it was true. Without a comparison, each value means that it was."""
    found: list[tuple[datetime, datetime]] = []
    previous: datetime | None = None
    for at, value in points:
        if compared is None or compared.holds(value):
            goes_on = previous is not None and (at - previous).total_seconds() <= 2 * STEP
            if goes_on and found:
                found[-1] = (found[-1][0], at)
            else:
                found.append((at, at))
            previous = at
        elif compared is not None:
            previous = None
    return found


def _told_back(
    expression: Expression,
    compared: Comparison | None,
    points: Sequence[Point],
    stretches: Sequence[tuple[datetime, datetime]],
) -> str:
    number = ""
    if compared:
        number = f": {points[-1][1]:.4g}, fires at {compared.sign} {compared.threshold:g}"
    if expression.verdict is Health.BROKEN:
        begun = stretches[-1][0] if stretches else points[-1][0]
        whole = (begun - points[0][0]).total_seconds() <= STEP
        since = "for as long as it goes back" if whole else f"since {begun:%H:%M:%S} UTC"
        return one_line(f"true now, {since}{number or _labels_said(expression.text)}", 200)
    if not stretches:
        return one_line(f"not true now, nor in the last 3 h{number}", 200)
    first, last = stretches[-1]
    return one_line(f"not true now; last from {first:%H:%M} to {last:%H:%M} UTC{number}", 200)


def _labels_said(text: str) -> str:
    return text.removeprefix("true now")


def query_command(url: str, promql: str) -> str:
    """The line that asks the same again."""
    quoted = promql.replace("'", "'\\''")
    return f"promtool query instant {url} '{quoted}'"


def looked(expression: Expression, seconds: float) -> Looked:
    """The same as one line of the screen."""
    verdict = Health.UNKNOWN if expression.verdict is Health.UNKNOWN else Health.HEALTHY
    return Looked(
        source="prometheus",
        command=expression.command,
        result=expression.text,
        verdict=verdict,
        seconds=seconds,
    )


def _said(samples: Sequence[Sample]) -> str:
    if not samples:
        return "not true now (no series)"
    labels, value = samples[0]
    names = ",".join(f"{k}={v}" for k, v in labels.items() if k != "__name__")
    more = f" and {len(samples) - 1} more" if len(samples) > 1 else ""
    return one_line(f"true now: {value:g} {{{names}}}{more}", 120)
