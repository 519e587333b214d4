"""A report of drift as one HTML file: no script, nothing loaded, light and dark."""

from collections.abc import Callable, Iterable, Iterator
from html import escape as escaped

from sreagent.domain.drift import Class, DriftReport, Place
from sreagent.domain.moment import utc
from sreagent.domain.text import one_line
from sreagent.report import drift_words as words
from sreagent.report.drift_values import told

ROOM = 160
"""Letters of a value."""
LONGEST = 500
_NOTHING: words.Mends = {}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """\
:root { color-scheme: light dark; --line: #8884; --dim: #666; --high: #b3261e; --medium: #8a5a00;
  --low: #2b6c8f; --gone: #b3261e; --new: #1d7f3c; }
@media (prefers-color-scheme: dark) { :root { --dim: #aaa; --high: #ff8a80; --medium: #ffc069;
  --low: #8ecdf0; --gone: #ff8a80; --new: #7ddc9a; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto;
  padding: 0 1rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere;
  white-space: pre-wrap; }
pre { margin: .2rem 0 .4rem; padding: .4rem .6rem; border-left: 3px solid var(--line); }
section { border-top: 1px solid var(--line); padding: .6rem 0; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; } h3 { font-size: 1rem; margin: 0; }
p { margin: .2rem 0; } .dim { color: var(--dim); } .sum { font-weight: 600; }
.high { color: var(--high); } .medium { color: var(--medium); } .low { color: var(--low); }
del { color: var(--gone); text-decoration: none; } ins { color: var(--new); text-decoration: none; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; }
td, th { border-bottom: 1px solid var(--line); padding: .25rem .6rem .25rem 0;
  vertical-align: top; }
"""

Lines = Iterator[str]
Where = Callable[[Place], str]


def as_html(report: DriftReport, *, mends: words.Mends = _NOTHING) -> str:
    """The whole report as a file that can be mailed: also what controllers own and what is ignored.

    Args:
        report: What was found. All of its texts are escaped.
        mends: What mends a finding.
    """
    return "\n".join(_document(report, mends)) + "\n"


def _document(report: DriftReport, mends: words.Mends) -> Lines:
    where = words.distinct_places(report)
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>Drift</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n<h1>Drift</h1>"
    yield f'<p class="sum">{_text(words.summary(report, hidden=False))}</p>'
    yield f'<p class="dim">{_text(" · ".join(words.facts(report)))} · {utc(report.at)}</p>'
    for why in words.provisional(report):
        yield f'<p class="medium">Provisional: {_text(why)}. What follows may be wrong soon.</p>'
    for resource in words.resources(report.drifted):
        yield from _resource(resource, where, mends)
    yield from _tables(report, where, mends)
    yield from _hidden(report, where, mends)
    yield "</body>\n</html>"


def _text(text: str) -> str:
    return escaped(one_line(text, LONGEST))


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>" if text else ""


def _resource(resource: words.Resource, where: Where, mends: words.Mends) -> Lines:
    severity = resource.severity.value
    drift = resource.klass is Class.DRIFT
    style, word = (severity, severity.upper()) if drift else ("dim", resource.klass.upper())
    yield f'<section>\n<h3><span class="{style}">{word}</span> {_code(resource.address)}</h3>'
    facts = [resource.id, where(resource.place), *resource.marks, *resource.whys]
    yield f'<p class="dim">{_text(words.joined(*facts))}</p>'
    for (author, near), changes in resource.by_author.items():
        for change in changes:
            yield f"<p>{_code(change.path)}</p>"
            yield f"<pre>{_difference(change.before, change.after)}</pre>"
        event = f" · {author.event}" if author and author.event else ""
        yield from _dim(words.by_line(author, near) + event)
    yield from _dim(words.dependents(resource.dependents))
    if drift and (mend := words.mend(resource, mends)):
        yield f"<p>Mend: {_code(mend)}</p>"
    yield "</section>"


def _difference(before: object, after: object) -> str:
    tags = {"-": "del", "+": "ins"}
    lines = []
    for line in told(before, after, ROOM):
        tag = tags.get(line.sign, "span")
        sign = f"{line.sign} " if line.sign in tags else ""
        lines.append(f"<{tag}>{sign}{escaped(line.text)}</{tag}>")
    return "\n".join(lines)


def _dim(text: str) -> Lines:
    if text:
        yield f'<p class="dim">{_text(text)}</p>'


def _tables(report: DriftReport, where: Where, mends: words.Mends) -> Lines:
    yield from _table(
        "Missing",
        ("Severity", "Address", "Id", "Where", "Why", "Mend"),
        (
            (
                f'<span class="{each.severity}">{each.severity}</span>',
                _code(each.address),
                _code(each.id),
                _text(where(each.place)),
                _text(words.joined(each.why, words.by_line(each.author, each.near))),
                _code(words.mend(each, mends)),
            )
            for each in sorted(report.missing, key=lambda one: -one.severity.rank)
        ),
    )
    yield from _table(
        "Unmanaged",
        ("Severity", "Type", "Id", "Name", "Where", "Why", "Mend"),
        (
            (
                f'<span class="{each.severity}">{each.severity}</span>',
                _code(each.type),
                _code(each.id),
                _text(each.name),
                _text(where(each.place)),
                _text(words.joined(each.why, words.by_line(each.author, ()))),
                _code(words.mend(each, mends)),
            )
            for each in sorted(report.strangers, key=lambda one: -one.severity.rank)
        ),
    )
    yield from _table(
        "Left over",
        ("Address", "Id", "Deposed", "Where"),
        (
            (_code(each.address), _code(each.id), _code(each.key), _text(where(each.place)))
            for each in words.left_over(report)
        ),
    )
    yield from _gaps(report)


def _gaps(report: DriftReport) -> Lines:
    found = words.not_looked_at(report)
    rows = ((_text(what), _text(why)) for what, why in found)
    yield from _table("Not looked at", ("What", "Why"), rows)
    errors = ((_code(one.what), _text(one.message), _text(one.hint)) for one in report.errors)
    yield from _table("Errors", ("What", "Error", "Try"), errors)
    states = (
        (_code(one.source), f"{one.serial}", f"{one.resources:,}", _text(one.terraform_version))
        for one in report.states
    )
    yield from _table("States", ("Source", "Serial", "Resources", "Written by"), states)


def _hidden(report: DriftReport, where: Where, mends: words.Mends) -> Lines:
    """What is no drift, closed until somebody opens it."""
    others = [each for each in report.changed if each.klass is not Class.DRIFT]
    folded = [each for each in report.unmanaged if each.folded]
    if others or folded:
        yield f"<details>\n<summary>No drift ({len(others) + len(folded):,})</summary>"
        for resource in words.resources(others):
            yield from _resource(resource, where, mends)
        rows = ((_code(one.type), _code(one.id), _text(one.folded)) for one in folded)
        yield from _table("Managed by nobody", ("Type", "Id", "Why"), rows)
        yield "</details>"


def _table(title: str, heading: Iterable[str], rows: Iterable[Iterable[str]]) -> Lines:
    """Cells are HTML already."""
    body = [f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>" for cells in rows]
    if body:
        yield f"<section>\n<h2>{title}</h2>\n<table>"
        yield f"<tr>{''.join(f'<th>{cell}</th>' for cell in heading)}</tr>"
        yield from body
        yield "</table>\n</section>"
