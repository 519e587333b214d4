"""JUnit XML: drift fails, what was not looked at is skipped, what could not be read is an error."""

from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

import pytest
from tests.drift.reports import CLEAN, EMPTY, FULL, OPENED, hostile, many

from sreagent.domain.drift import Class, DriftReport
from sreagent.report.drift_junit import as_junit


def parsed(report: DriftReport) -> Element:
    return fromstring(as_junit(report))  # noqa: S314 - our own text


def told(report: DriftReport) -> list[tuple[str, str, str]]:
    """Suite, case, and what became of it."""
    return [
        (suite.get("name", ""), case.get("name", ""), ",".join(part.tag for part in case))
        for suite in parsed(report)
        for case in suite
    ]


def test_each_resource_is_a_case_of_its_type() -> None:
    assert told(FULL) == [
        ("aws_glue_job", "7 resources", "skipped"),
        ("aws_glue_trigger", "5 resources", "skipped"),
        ("aws_instance", 'aws_instance.web["blue"]', "failure"),
        ("aws_instance", "aws_instance:i-0f3", "failure"),
        ("aws_instance", "aws_instance.old", "failure"),
        ("aws_security_group", "aws_security_group.api", "failure"),
        ("aws_sqs_queue", "aws_sqs_queue.dlq", "failure"),
        ("states", "s3://tf/prod/old.tfstate", "error"),
    ]


def test_a_type_without_drift_passes() -> None:
    assert told(CLEAN) == [
        ("aws_instance", "200 resources", ""),
        ("aws_security_group", "200 resources", ""),
    ]


def test_a_run_without_a_state_is_an_error() -> None:
    assert told(EMPTY) == [("states", "no state could be read", "error")]


@pytest.mark.parametrize("klass", [Class.CONTROLLER, Class.IGNORED])
def test_what_is_no_drift_fails_nothing(klass: Class) -> None:
    report = replace(CLEAN, changed=(replace(OPENED, klass=klass),))
    assert [outcome for _, _, outcome in told(report)] == ["", ""]


def test_a_failure_tells_what_differs_and_who_did_it() -> None:
    (failure,) = (
        case[0]
        for case in parsed(FULL).iter("testcase")
        if case.get("name") == "aws_security_group.api"
    )
    assert failure.get("type") == "drift"
    assert failure.get("message") == "drift: HIGH ingress[0].cidr_blocks"
    assert (failure.text or "").splitlines() == [
        "HIGH ingress[0].cidr_blocks",
        '  ~ ["10.0.0.0/8"] → ["0.0.0.0/0"]',
        "  opened to the world",
        "  by role ops-admin (console) 2026-11-20 22:14 UTC · 4 min before INC-20261120-1c2d",
        "id: sg-0ab1",
    ]


@pytest.mark.parametrize(
    "report", [FULL, CLEAN, EMPTY, hostile(), many()], ids=["full", "clean", "none", "evil", "many"]
)
def test_the_counts_are_those_of_the_cases(report: DriftReport) -> None:
    root = parsed(report)
    for element in (root, *root):
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert element.get(name) == str(sum(case.find(tag) is not None for case in cases))


def test_a_thousand_resources_are_a_thousand_cases() -> None:
    names = [case.get("name") for case in parsed(many()).iter("testcase")]
    assert sum(str(name).startswith("aws_security_group.api[") for name in names) == 1000
