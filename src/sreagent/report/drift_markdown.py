"""A report of drift as Markdown, for the comment of a pull request."""

from collections.abc import Callable, Iterator, Sequence

from sreagent.domain.drift import DriftReport, Place
from sreagent.report import drift_words as words
from sreagent.report.drift_values import told
from sreagent.report.markdown import code, escape, fence, row

LONGEST = 60_000
"""Characters of a comment that the usual hosts take, with some room."""
ROOM = 100
"""Letters of a value."""
_NOTHING: words.Mends = {}

Lines = Iterator[str]


def as_markdown(
    report: DriftReport, *, mends: words.Mends = _NOTHING, longest: int = LONGEST
) -> str:
    """The whole report, worst first, in at most `longest` characters.

    Args:
        report: What was found. All of its texts are set so that they stay texts.
        mends: What mends a finding.
        longest: What does not fit is left out, and that is said.
    """
    where = words.distinct_places(report)
    blocks = [
        *_head(report),
        *(_resource(each, where, mends) for each in words.resources(report.drifted)),
        *_missing(report, where, mends),
        *_unmanaged(report, where, mends),
        *_left_over(report, where),
        *_not_looked_at(report),
        *_errors(report),
    ]
    return _fitted(blocks, longest)


def _fitted(blocks: list[str], longest: int) -> str:
    """As many whole blocks as there is room for."""
    said = "_{} more parts do not fit here; the JSON object has all of them._"
    room = longest - len(said) - 20
    kept: list[str] = []
    for place, block in enumerate(blocks):
        room -= len(block) + 2
        if room < 0:
            kept.append(said.format(len(blocks) - place))
            break
        kept.append(block)
    return "\n\n".join(kept) + "\n"


def _head(report: DriftReport) -> Lines:
    yield f"## Drift\n\n**{escape(words.summary(report))}**"
    yield escape(" · ".join(words.facts(report)))
    for why in words.provisional(report):
        yield f"> **Provisional:** {escape(why)}. What follows may be wrong soon."


def _table(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(map(row, (heading, ("---",) * len(heading), *rows)))


def _resource(resource: words.Resource, where: Callable[[Place], str], mends: words.Mends) -> str:
    severity = resource.severity.upper()
    title = f"### {severity} {code(resource.address)}"
    facts = [code(resource.id), escape(where(resource.place))]
    facts += [escape(each) for each in (*resource.marks, *resource.whys)]
    below = [words.joined(*facts)]
    for (author, near), changes in resource.by_author.items():
        below += (f"- {code(one.path)}\n\n{_difference(one.before, one.after)}" for one in changes)
        if by := words.by_line(author, near):
            below.append(escape(by))
    mend = words.mend(resource, mends)
    for line in (words.dependents(resource.dependents), f"mend: {mend}" if mend else ""):
        below += [escape(line)] if line else []
    return "\n\n".join([title, *filter(None, below)])


def _difference(before: object, after: object) -> str:
    lines = told(before, after, ROOM)
    text = [f"{' ' if line.sign in ('', '~') else line.sign} {line.text}" for line in lines]
    return fence("\n".join(text), language="diff", indent="  ")


def _missing(report: DriftReport, where: Callable[[Place], str], mends: words.Mends) -> Lines:
    rows = [
        (
            each.severity.value,
            _cell(each.address),
            _cell(each.id),
            escape(where(each.place)),
            escape(words.joined(each.why, words.by_line(each.author, each.near))),
            escape(words.mend(each, mends)),
        )
        for each in sorted(report.missing, key=lambda one: -one.severity.rank)
    ]
    yield from _parts("Missing", ("Severity", "Address", "Id", "Where", "Why", "Mend"), rows)


def _unmanaged(report: DriftReport, where: Callable[[Place], str], mends: words.Mends) -> Lines:
    rows = [
        (
            _cell(each.type),
            _cell(each.id),
            escape(each.name),
            escape(where(each.place)),
            escape(words.joined(each.why, words.by_line(each.author, ()))),
            escape(words.mend(each, mends)),
        )
        for each in sorted(report.strangers, key=lambda one: -one.severity.rank)
    ]
    yield from _parts("Unmanaged", ("Type", "Id", "Name", "Where", "Why", "Mend"), rows)


def _left_over(report: DriftReport, where: Callable[[Place], str]) -> Lines:
    rows = [
        (_cell(each.address), _cell(each.id), _cell(each.key), escape(where(each.place)))
        for each in words.left_over(report)
    ]
    yield from _parts("Left over", ("Address", "Id", "Deposed", "Where"), rows)


def _not_looked_at(report: DriftReport) -> Lines:
    rows = [(escape(what), escape(why)) for what, why in words.not_looked_at(report)]
    yield from _parts("Not looked at", ("What", "Why"), rows)


def _errors(report: DriftReport) -> Lines:
    rows = [(_cell(each.what), escape(each.message), escape(each.hint)) for each in report.errors]
    yield from _parts("Errors", ("What", "Error", "Try"), rows)


_ROWS = 50
"""Rows of a table that stand or fall together where there is little room."""


def _parts(title: str, heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Lines:
    for start in range(0, len(rows), _ROWS):
        name = f"### {title}" if not start else f"### {title}, from {start + 1}"
        yield f"{name}\n\n{_table(heading, rows[start : start + _ROWS])}"


def _cell(text: str) -> str:
    """Code in a table: there a bar ends the cell, even inside code."""
    return code(text).replace("|", r"\|")
