"""What a report means to the shell."""

from enum import IntEnum

from sreagent.domain.drift import DriftReport, Severity


class DriftExit(IntEnum):
    """What the shell learns of `sre drift`."""

    NONE = 0
    """No drift, and everything that the states hold was looked at."""
    ERROR = 1
    """No state could be read: nothing is known."""
    DRIFT = 2
    """Something changed, is missing, is managed by nobody, or is left over."""
    PARTIAL = 3
    """Nothing was found, but something could not be looked at."""


def exit_of(report: DriftReport, fail_on: Severity | None = None) -> DriftExit:
    """What the shell learns of a report.

    Args:
        report: What was found; what controllers own, what is ignored and what nobody would manage
            is no drift.
        fail_on: Only findings at least so severe count; None for all of them.
    """
    if not report.states:
        return DriftExit.ERROR
    if any(fail_on is None or severity >= fail_on for severity in _severities(report)):
        return DriftExit.DRIFT
    return DriftExit.PARTIAL if report.is_partial else DriftExit.NONE


def _severities(report: DriftReport) -> list[Severity]:
    """How bad each finding is; left-over objects only cost money."""
    return [
        *(each.severity for each in report.drifted),
        *(each.severity for each in report.missing),
        *(each.severity for each in report.strangers),
        *(Severity.LOW for each in report.left_over if each.exists is not False),
    ]
