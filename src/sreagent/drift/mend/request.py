"""What a pull request says: the drift, who and when, how bad, and what applying would do."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sreagent.domain.drift import Author, Changed, Class, DriftReport, Missing
from sreagent.domain.text import one_line
from sreagent.drift.mend.direction import Decision, Step
from sreagent.drift.mend.edit import Suggestion
from sreagent.drift.mend.patch import Mended

Json = Any
"""A JSON value."""
_SPECIAL = re.compile(r"[&<>\"'`*_{}\[\]()#+\-!|~@:$=\\./^]")
_VALUE = 120
"""Characters of a value that are shown."""
_ROWS = 200
"""Rows of a table; a request is read by people."""
_Key = tuple[str, str, str]
"""State, address and path."""


def code(text: str, limit: int = _VALUE) -> str:
    """Text from outside, as Markdown that only shows it.

    It stands in `<code>`, where hosts look for no mentions, references and addresses, and its
    marks are entities, so that it closes nothing and formats nothing.
    """
    shown = one_line(text, limit)
    return f"<code>{_SPECIAL.sub(lambda found: f'&#{ord(found[0])};', shown)}</code>"


def value(given: Json) -> str:
    """A value as Markdown."""
    if given is None:
        return "not set"
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, default=str)
    return code(text) if text else "empty"


def title(mended: Mended) -> str:
    """What the request is called."""
    addresses = list(dict.fromkeys(each.address for each in mended.edits))
    if not addresses:
        return "Take what is there into the code"
    more = f" and {len(addresses) - 1} more" if len(addresses) > 1 else ""
    return one_line(f"Drift: {addresses[0]}{more} as it is in reality", 100)


def body(report: DriftReport, decisions: Sequence[Decision], mended: Mended) -> str:
    """The text of the request, in Markdown.

    Args:
        report: What was found.
        decisions: Who is right about each finding; one without a decision is not of this code.
        mended: What the branch changes; its proof holds.
    """
    decided = {(each.source, each.address, each.path): each for each in decisions}
    parts = [
        "What is in the cloud and what the code says differ. This takes over what is right there.",
        _changed(report, decided),
        _missing(report, decided),
        _commands(decisions),
        _suggestions(mended.suggestions),
        "Checked: every file that changed is read back, and says what is there.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows[:_ROWS]]
    if len(rows) > _ROWS:
        lines.append(f"\n{len(rows) - _ROWS} more are left out.")
    return "\n".join(lines)


def _changed(report: DriftReport, decided: Mapping[_Key, Decision]) -> str:
    head = ("what", "code", "reality", "severity", "who, when", "decision", "re-apply risk")
    rows = [
        (
            f"{code(each.address)} {code(each.path)}",
            value(each.before),
            value(each.after),
            each.severity.value + (f": {code(each.why)}" if each.why else ""),
            _who(each.author),
            _decided(decided[key]),
            risk(each),
        )
        for each in report.changed
        if each.klass is not Class.IGNORED
        and (key := (each.source, each.address, each.path)) in decided
    ]
    table = _table(head, rows)
    return f"## Changed\n\n{table}" if table else ""


def _missing(report: DriftReport, decided: Mapping[_Key, Decision]) -> str:
    head = ("what", "severity", "who, when", "decision", "re-apply risk")
    rows = [
        (
            code(each.address),
            each.severity.value,
            _who(each.author),
            _decided(decided[key]),
            missing_risk(each),
        )
        for each in report.missing
        if (key := (each.source, each.address, "")) in decided
    ]
    table = _table(head, rows)
    return f"## Missing\n\n{table}" if table else ""


def _who(author: Author | None) -> str:
    if author is None:
        return "not known"
    when = f", {author.when:%Y-%m-%d %H:%M} UTC" if author.when else ""
    return f"{code(author.who)} ({author.how.value}){when}"


def _decided(decision: Decision) -> str:
    told = f"{decision.step.value}: {code(decision.reason)}"
    return f"{told}, with {code(decision.proposal, 400)}" if decision.proposal else told


def risk(changed: Changed) -> str:
    """What an apply of the code as it was would do."""
    if changed.klass is Class.CONTROLLER:
        return "an apply works against the controller"
    if changed.opens is False:
        return "**high**: an apply opens it again"
    if changed.near and changed.near[0].seconds <= 0:
        return f"**high**: an apply undoes what was done in {code(changed.near[0].incident)}"
    if changed.opens:
        return "low: an apply closes it again"
    return f"an apply undoes it, {_dependents(changed.dependents)}"


def missing_risk(gone: Missing) -> str:
    """What an apply would do about something that is gone."""
    return f"an apply makes it again, without its data, {_dependents(gone.dependents)}"


def _dependents(names: Sequence[str]) -> str:
    return f"and {len(names)} depend on it" if names else "and nothing is known to depend on it"


def _commands(decisions: Sequence[Decision]) -> str:
    lines = dict.fromkeys(
        f"- {code(each.command, 400)}" for each in decisions if each.step is Step.REVERT
    )
    if not lines:
        return ""
    text = "The code is right about these, and nothing is changed for them here; to apply it:"
    return "\n".join(["## To be applied", "", text, "", *lines])


def _suggestions(suggestions: Sequence[Suggestion]) -> str:
    rows = [
        (
            f"{code(each.address)} {code(each.path)}",
            code(str(each.spot)) if each.spot else "not known",
            code(each.stands) if each.stands else "nothing",
            code(each.should) if each.should else "nothing",
            code(each.why),
        )
        for each in suggestions
    ]
    table = _table(("what", "where", "stands there", "should be", "why not here"), rows)
    return f"## For a person\n\n{table}" if table else ""
