"""A report of drift as JUnit XML, for the test page of a pipeline."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sreagent.domain.drift import (
    Coverage,
    DriftReport,
    LeftOver,
    Missing,
    Place,
    Unmanaged,
)
from sreagent.domain.moment import stamp
from sreagent.domain.text import clean, one_line
from sreagent.report import drift_words as words
from sreagent.report.drift_values import told

ROOM = 200
LONGEST = 500

Finding = Missing | Unmanaged | LeftOver


def as_junit(report: DriftReport) -> str:
    """A suite for each type, a case for each finding, and one for what is as it should be.

    What was not looked at is skipped, what could not be read an error, drift a failure. What
    controllers own and what is ignored fails nothing.
    """
    root = Element("testsuites", name="sre drift", time=f"{report.seconds:.3f}")
    for type_, coverage in _types(report).items():
        _suite(root, report, type_, coverage)
    if report.errors or not report.states:
        _errors(root, report)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _types(report: DriftReport) -> dict[str, list[Coverage]]:
    found: dict[str, list[Coverage]] = defaultdict(list)
    for coverage in report.coverage:
        found[coverage.type].append(coverage)
    for findings in (report.drifted, report.missing, report.strangers, words.left_over(report)):
        for each in findings:
            found.setdefault(each.type, [])
    return dict(sorted(found.items()))


def _suite(root: Element, report: DriftReport, type_: str, coverage: Iterable[Coverage]) -> None:
    suite = SubElement(root, "testsuite", name=_text(type_), timestamp=stamp(report.at))
    failed: set[Place] = set()
    for resource in words.resources(each for each in report.drifted if each.type == type_):
        failed.add(resource.place)
        _failure(suite, resource.address, resource.place, "drift", _changes(resource))
    for found, kind in _others(report, type_):
        failed.add(found.place)
        _failure(suite, _name(found), found.place, kind, _line(found))
    for each in coverage:
        _covered(suite, each, failed=each.place in failed)
    _count(suite)


def _others(report: DriftReport, type_: str) -> Iterator[tuple[Finding, str]]:
    found: tuple[tuple[Iterable[Finding], str], ...] = (
        (report.missing, "missing"),
        (report.strangers, "unmanaged"),
        (words.left_over(report), "left over"),
    )
    for findings, kind in found:
        yield from ((each, kind) for each in findings if each.type == type_)


def _name(found: Finding) -> str:
    return words.stranger_key(found) if isinstance(found, Unmanaged) else found.address


def _line(found: Finding) -> str:
    match found:
        case Missing(id=id_, why=why, author=author, near=near):
            return words.joined(f"{id_} is not there", why, words.by_line(author, near))
        case Unmanaged(name=name, why=why, author=author):
            return words.joined("in no state", name, why, words.by_line(author, ()))
        case LeftOver(id=id_, key=key):
            return words.joined(f"deposed object {key}", id_)


def _changes(resource: words.Resource) -> str:
    lines: list[str] = []
    for change in resource.changes:
        lines.append(f"{change.severity.upper()} {one_line(change.path)}")
        lines += (f"  {line.sign} {line.text}" for line in told(change.before, change.after, ROOM))
        by = words.by_line(change.author, change.near)
        lines += [f"  {one_line(each, LONGEST)}" for each in (change.why, by) if each]
    lines.append(f"id: {one_line(resource.id, LONGEST)}")
    return "\n".join(lines)


def _case(suite: Element, name: str, place: Place) -> Element:
    where = f"{suite.get('name', '')} in {_text(str(place))}"
    return SubElement(suite, "testcase", name=_text(name), classname=where, time="0")


def _failure(suite: Element, name: str, place: Place, kind: str, text: str) -> None:
    first = text.split("\n", 1)[0]
    case = _case(suite, name, place)
    failure = SubElement(case, "failure", type=kind, message=_text(f"{kind}: {first}"))
    failure.text = clean(text)


def _covered(suite: Element, coverage: Coverage, *, failed: bool) -> None:
    """A case for all of a type in one place that is as it should be, or was not looked at."""
    if failed and not coverage.extent.lacks:
        return
    case = _case(suite, f"{words.counted(coverage.resources, 'resource')}", coverage.place)
    if coverage.extent.lacks:
        SubElement(case, "skipped", message=_text(f"{coverage.extent.value}: {coverage.why}"))


def _errors(root: Element, report: DriftReport) -> None:
    suite = SubElement(root, "testsuite", name="states", timestamp=stamp(report.at))
    for trouble in report.errors:
        case = _case(suite, trouble.what, Place())
        error = SubElement(case, "error", type="unreadable", message=_text(trouble.message))
        error.text = clean(trouble.hint)
    if not report.states:
        case = _case(suite, "no state could be read", Place())
        SubElement(case, "error", type="unreadable", message="nothing is known")
    _count(suite)


def _count(suite: Element) -> None:
    cases = list(suite)
    suite.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))


def _text(text: str) -> str:
    return one_line(text, LONGEST)
