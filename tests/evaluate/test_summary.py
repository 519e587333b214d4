"""The figures of a suite."""

import pytest
from tests.evaluate.build import score

from sreagent.evaluate.summary import brier, reliability, summarize


def test_shares_are_counted_over_all_by_category_and_for_the_healthy_ones() -> None:
    told = summarize(
        [
            score(right=True, category="service", precision=1.0),
            score(right=False, category="service", precision=0.5),
            score(right=True, category="healthy", healthy=True, precision=1.0),
        ]
    )
    assert (told.right.part, told.right.whole) == (2, 3)
    assert (told.healthy.part, told.healthy.whole) == (1, 1)
    assert {name: each.part for name, each in told.categories.items()} == {
        "healthy": 1,
        "service": 1,
    }
    assert told.precision == pytest.approx(2.5 / 3)
    assert (told.looks, told.seconds) == (30, 6.0)


def test_the_brier_score_is_the_mean_squared_distance() -> None:
    scores = [score(right=True, confidence=0.9), score(right=False, confidence=0.8)]
    assert brier(scores) == pytest.approx((0.01 + 0.64) / 2)
    assert brier([score(right=True)]) is None


def test_diagnoses_of_the_same_confidence_are_counted_together() -> None:
    found = reliability(
        [
            score(right=True, confidence=0.82),
            score(right=False, confidence=0.88),
            score(right=True, confidence=1.0),
            score(right=True),
        ]
    )
    assert [(each.low, each.right.part, each.right.whole) for each in found] == [
        (0.8, 1, 2),
        (0.9, 1, 1),
    ]
    assert found[0].said == pytest.approx(0.85)
