"""Two tries of the same incidents."""

from dataclasses import replace

import pytest
from tests.evaluate.build import score

from sreagent.evaluate.comparison import compare
from sreagent.evaluate.score import Score

RIGHT = replace(score(right=True, confidence=0.9), blamed=("Deployment/shop/web",))
WRONG = replace(RIGHT, right=False, blamed=("Service/shop/cart",))
BROKEN = replace(RIGHT, right=False, blamed=(), error="it broke off")
SURER = replace(RIGHT, confidence=0.95, tokens=400, seconds=9.0)
HEALTHY = replace(RIGHT, healthy=True, blamed=())
ALARMED = replace(HEALTHY, right=False, blamed=("Deployment/shop/web",))


@pytest.mark.parametrize(
    ("first", "second", "differ", "is_worse"),
    [
        pytest.param([RIGHT], [SURER], 0, False, id="only-surer"),
        pytest.param([RIGHT, RIGHT], [RIGHT, WRONG], 1, True, id="wrong-once"),
        pytest.param([WRONG], [RIGHT], 1, False, id="better"),
        pytest.param([WRONG], [BROKEN], 1, False, id="wrong-both-times"),
        pytest.param([HEALTHY, WRONG], [ALARMED, RIGHT], 2, True, id="invents-a-cause"),
    ],
)
def test_tries_differ_in_what_they_blame(
    first: list[Score], second: list[Score], differ: int, is_worse: bool
) -> None:
    found = compare(first, second)
    assert len(found.differ) == differ
    assert found.is_worse == is_worse


def test_what_models_took_is_added_up_and_an_unknown_price_stays_unknown() -> None:
    cheap = replace(RIGHT, answers=2, tokens=300, usd=0.25, invented={"number": 2})
    other = replace(RIGHT, answers=1, tokens=200, usd=0.5, invented={"number": 1, "flag": 1})
    free = replace(RIGHT, tokens=100, usd=None, problem="the answer was empty")
    found = compare([cheap, other, RIGHT], [cheap, free, RIGHT])
    assert (found.first.answers, found.first.tokens, found.first.usd) == (3, 500, 0.75)
    assert found.first.invented == {"number": 3, "flag": 1}
    assert found.second.usd is None
    assert found.second.problems == 1
