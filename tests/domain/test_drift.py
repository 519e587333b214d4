"""What drift is made of: severities in their order."""

from itertools import pairwise

from sreagent.domain.drift import Severity


def test_severities_compare_by_how_bad_they_are_and_not_by_letter() -> None:
    assert sorted(reversed(Severity)) == [Severity.LOW, Severity.MEDIUM, Severity.HIGH]
    assert max(Severity) is Severity.HIGH
    assert min(Severity) is Severity.LOW


def test_each_comparison_agrees_with_the_order() -> None:
    for lower, higher in pairwise(Severity):
        assert lower < higher
        assert lower <= higher
        assert higher > lower
        assert higher >= lower
        assert not lower >= higher
        assert not lower > lower
