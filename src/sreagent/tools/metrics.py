"""Reads from Prometheus: is what the alert complains of true now?"""

from collections.abc import Sequence
from dataclasses import dataclass

from sreagent.domain.alert import Alert
from sreagent.domain.errors import SreError, ToolProblem
from sreagent.domain.evidence import Health
from sreagent.domain.ports import Metrics, Sample
from sreagent.domain.record import Looked
from sreagent.domain.text import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """The alert's own expression, and what it says now."""

    promql: str
    verdict: Health
    """`broken` while it is true, `healthy` when no series fulfils it."""
    text: str
    command: str


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
