"""A report of drift as SARIF 2.1.0, for code scanning."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sreagent import __version__
from sreagent.domain.drift import Changed, DriftReport, LeftOver, Missing, Severity, Unmanaged
from sreagent.domain.drift_fingerprint import Found, fingerprint
from sreagent.domain.moment import stamp
from sreagent.domain.text import one_line
from sreagent.report import drift_words as words
from sreagent.report.drift_values import told

Json = dict[str, Any]
Line = tuple[str, int]
"""A file, as a path from the root of the repository, and a line in it, from 1."""
Lines = Mapping[tuple[str, str], Line]
"""Where code stands, by state and address: two states may share an address, and not their code."""

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
FINGERPRINT = "sreDrift/v1"
ROOM = 200
_NOWHERE: Lines = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    id: str
    name: str
    text: str
    help: str
    level: str


_RULES = (
    _Rule(
        id="drift/changed",
        name="Changed",
        text="An attribute is not what the state says",
        help="Bring reality back with an apply, or take the change over into the code.",
        level="warning",
    ),
    _Rule(
        id="drift/opened",
        name="Opened",
        text="A change lets more in than the code does",
        help="Find out who opened it, then bring reality back with an apply.",
        level="error",
    ),
    _Rule(
        id="drift/missing",
        name="Missing",
        text="A resource of the state is not there",
        help="Apply to make it again, or remove it from the code.",
        level="warning",
    ),
    _Rule(
        id="drift/unmanaged",
        name="Unmanaged",
        text="Something is there that no state holds",
        help="Import it, or delete it.",
        level="note",
    ),
    _Rule(
        id="drift/left-over",
        name="LeftOver",
        text="A deposed object was never destroyed",
        help="Apply again, which destroys it.",
        level="note",
    ),
)
_PLACES = {rule.id: place for place, rule in enumerate(_RULES)}
_LEVELS = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_RANKS = {Severity.HIGH: 90.0, Severity.MEDIUM: 50.0, Severity.LOW: 10.0}


def as_sarif(report: DriftReport, lines: Lines = _NOWHERE) -> Json:
    """One run with a result for each finding; what controllers own or is ignored is none.

    Args:
        report: What was found.
        lines: Where the code of a finding stands. Some readers of SARIF show only results that
            have such a place.
    """
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver()},
                "automationDetails": {"id": "sre-drift/"},
                "columnKind": "unicodeCodePoints",
                "invocations": [_invocation(report)],
                "results": list(_results(report, lines)),
            }
        ],
    }


def _driver() -> Json:
    return {
        "name": "sre drift",
        "version": __version__,
        "rules": [
            {
                "id": rule.id,
                "name": rule.name,
                "shortDescription": {"text": f"{rule.text}."},
                "fullDescription": {"text": f"{rule.text}."},
                "help": {"text": rule.help},
                "defaultConfiguration": {"level": rule.level},
                "properties": {"tags": ["infrastructure", "drift"]},
            }
            for rule in _RULES
        ],
    }


def _invocation(report: DriftReport) -> Json:
    """What could not be looked at is told here, so that no result does not mean no drift."""
    gaps = [
        _told("warning", f"not looked at: {what}", why) for what, why in words.not_looked_at(report)
    ]
    errors = [_told("error", each.what, each.message) for each in report.errors]
    provisional = [_told("warning", "provisional", why) for why in words.provisional(report)]
    return {
        "executionSuccessful": bool(report.states),
        "endTimeUtc": stamp(report.at),
        "toolExecutionNotifications": [*errors, *gaps, *provisional],
    }


def _told(level: str, what: str, why: str) -> Json:
    return {"level": level, "message": {"text": one_line(f"{what}: {why}" if why else what, 500)}}


def _results(report: DriftReport, lines: Lines) -> Iterator[Json]:
    for changed in report.drifted:
        rule = "drift/opened" if changed.opens else "drift/changed"
        yield _result(rule, changed, _change(changed), changed.severity, lines)
    for missing in report.missing:
        text = _sentence(f"{missing.address} ({missing.id}) is not there", missing.why)
        yield _result("drift/missing", missing, text, missing.severity, lines)
    for stranger in report.strangers:
        named = f' "{stranger.name}"' if stranger.name else ""
        text = _sentence(f"{stranger.type} {stranger.id}{named} is in no state", stranger.why)
        yield _result("drift/unmanaged", stranger, text, stranger.severity, lines)
    for left in words.left_over(report):
        text = _sentence(f"{left.address} has a deposed object {left.key} ({left.id})", "")
        yield _result("drift/left-over", left, text, Severity.LOW, lines)


def _change(found: Changed) -> str:
    difference = "; ".join(
        f"{line.sign} {line.text}".removeprefix("~ ").strip()
        for line in told(found.before, found.after, ROOM)
    )
    text = _sentence(f"{found.address}: {found.path} {difference}", found.why)
    by = words.by_line(found.author, found.near)
    return f"{text} {one_line(by, 300)}." if by else text


def _sentence(text: str, why: str) -> str:
    return one_line(f"{text} ({why})." if why else f"{text}.", 1000)


def _result(rule: str, found: Found, text: str, severity: Severity, lines: Lines) -> Json:
    return {
        "ruleId": rule,
        "ruleIndex": _PLACES[rule],
        "kind": "fail",
        "level": _LEVELS[severity],
        "rank": _RANKS[severity],
        "message": {"text": _unlinked(text)},
        "locations": [_location(found, lines)],
        "partialFingerprints": {FINGERPRINT: fingerprint(found)},
        "properties": _properties(found, severity),
    }


def _unlinked(text: str) -> str:
    r"""Without links and placeholders: in a message `[a](b)` and `{0}` would be such."""
    for letter in "\\[]":
        text = text.replace(letter, f"\\{letter}")
    return text.replace("{", "{{").replace("}", "}}")


def _location(found: Found, lines: Lines) -> Json:
    address = found.address if not isinstance(found, Unmanaged) else words.stranger_key(found)
    place: Json = {
        "logicalLocations": [
            {"fullyQualifiedName": one_line(address, 500), "kind": "resource"},
        ]
    }
    known = None if isinstance(found, Unmanaged) else lines.get((found.source, found.address))
    if known:
        file, line = known
        place["physicalLocation"] = {
            "artifactLocation": {"uri": quote(file.replace("\\", "/")), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": max(line, 1)},
        }
    return place


def _properties(found: Found, severity: Severity) -> Json:
    told_ = {
        "severity": severity.value,
        "type": found.type,
        "id": found.id,
        "account": found.place.account,
        "region": found.place.region,
    }
    match found:
        case Changed(path=path, source=source):
            told_ |= {"path": path, "state": source}
        case Missing(source=source) | LeftOver(source=source):
            told_ |= {"state": source}
        case Unmanaged(import_id=import_id):
            told_ |= {"importId": import_id}
    return {name: one_line(value, 500) for name, value in told_.items()}
