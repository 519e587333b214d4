"""What the shell learns of a report."""

from dataclasses import replace

import pytest
from tests.drift.reports import (
    AT,
    CLEAN,
    COVERED,
    DEPOSED,
    EMPTY,
    FOLDED,
    FULL,
    LOST,
    OPENED,
    SCALED,
    STATES,
    STRANGER,
    TAGGED,
)

from sreagent.domain.drift import Class, Coverage, DriftReport, Extent, Severity, Trouble
from sreagent.drift.baseline import baseline, without_known
from sreagent.drift.outcome import DriftExit, exit_of

PARTIAL = replace(CLEAN, coverage=COVERED)
FAILED = Trouble(what="x.tfstate", message="it is of version 3")


@pytest.mark.parametrize(
    ("report", "fail_on", "expected"),
    [
        pytest.param(CLEAN, None, DriftExit.NONE, id="clean"),
        pytest.param(PARTIAL, None, DriftExit.PARTIAL, id="clean-as-far-as-looked"),
        pytest.param(
            replace(CLEAN, errors=(FAILED,)), None, DriftExit.PARTIAL, id="one-state-unread"
        ),
        pytest.param(EMPTY, None, DriftExit.ERROR, id="no-state"),
        pytest.param(
            DriftReport(at=AT, errors=(FAILED,)), None, DriftExit.ERROR, id="no-state-readable"
        ),
        pytest.param(FULL, None, DriftExit.DRIFT, id="all-sorts"),
        pytest.param(
            replace(PARTIAL, changed=(TAGGED,)), None, DriftExit.DRIFT, id="changed-and-partial"
        ),
        pytest.param(replace(CLEAN, missing=(LOST,)), None, DriftExit.DRIFT, id="missing"),
        pytest.param(replace(CLEAN, unmanaged=(STRANGER,)), None, DriftExit.DRIFT, id="unmanaged"),
        pytest.param(replace(CLEAN, left_over=(DEPOSED,)), None, DriftExit.DRIFT, id="left-over"),
        pytest.param(
            replace(CLEAN, left_over=(replace(DEPOSED, exists=False),)),
            None,
            DriftExit.NONE,
            id="left-over-in-the-state-only",
        ),
        pytest.param(replace(CLEAN, unmanaged=(FOLDED,)), None, DriftExit.NONE, id="folded"),
        pytest.param(replace(CLEAN, changed=(SCALED,)), None, DriftExit.NONE, id="controller"),
        pytest.param(
            replace(CLEAN, changed=(replace(OPENED, klass=Class.IGNORED),)),
            None,
            DriftExit.NONE,
            id="ignored",
        ),
        pytest.param(
            without_known(FULL, baseline(FULL)), None, DriftExit.PARTIAL, id="known-before"
        ),
        pytest.param(
            replace(CLEAN, changed=(OPENED,)), Severity.HIGH, DriftExit.DRIFT, id="severe-enough"
        ),
        pytest.param(
            replace(CLEAN, missing=(LOST,)), Severity.HIGH, DriftExit.NONE, id="not-severe-enough"
        ),
        pytest.param(
            replace(PARTIAL, changed=(TAGGED,)),
            Severity.MEDIUM,
            DriftExit.PARTIAL,
            id="not-severe-enough-and-partial",
        ),
        pytest.param(
            replace(CLEAN, missing=(LOST,)), Severity.MEDIUM, DriftExit.DRIFT, id="just-enough"
        ),
        pytest.param(
            replace(CLEAN, coverage=(Coverage(type="aws_x", extent=Extent.SHALLOW, resources=3),)),
            None,
            DriftExit.NONE,
            id="a-generic-reading-is-a-look",
        ),
        pytest.param(
            replace(CLEAN, coverage=(Coverage(type="aws_x", extent=Extent.NOT_LOOKED_AT),)),
            None,
            DriftExit.NONE,
            id="a-type-of-which-no-state-holds-any",
        ),
        pytest.param(
            replace(CLEAN, states=(replace(STATES[0], resources=0),), coverage=()),
            None,
            DriftExit.NONE,
            id="an-empty-state",
        ),
    ],
)
def test_a_report_decides_the_code(
    report: DriftReport, fail_on: Severity | None, expected: DriftExit
) -> None:
    assert exit_of(report, fail_on) is expected


def test_the_codes_are_those_that_are_promised() -> None:
    assert {code.name: code.value for code in DriftExit} == {
        "NONE": 0,
        "ERROR": 1,
        "DRIFT": 2,
        "PARTIAL": 3,
    }
