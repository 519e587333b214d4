"""When a diagnosis is right, and what is said when it is not."""

import pytest
from tests.evaluate.build import CART, WEB, cause, expected, incident

from sreagent.domain.diagnosis import Outcome
from sreagent.domain.incident import Incident
from sreagent.evaluate.expectation import Expectation
from sreagent.evaluate.score import judge, precision_at_full_recall


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param(expected(WEB), incident(cause(WEB)), id="the-entity"),
        pytest.param(
            expected(WEB, mentions="2\\.4"), incident(cause(WEB, "image 2.4")), id="statement"
        ),
        pytest.param(
            expected(WEB, mentions="refused"),
            incident(cause(WEB), seen="connection refused"),
            id="in-the-evidence-it-cites",
        ),
        pytest.param(
            expected(WEB, CART), incident(cause(CART), cause(WEB)), id="several-in-any-order"
        ),
        pytest.param(
            expected(WEB, accepted=CART), incident(cause(CART)), id="what-is-also-accepted"
        ),
        pytest.param(
            expected(WEB, accepted=CART, mentions="2\\.4"),
            incident(cause(CART, "image 2.4"), cause(WEB)),
            id="both-it-and-what-is-also-accepted",
        ),
        pytest.param(expected(), incident(outcome=Outcome.NO_FAULT), id="nothing-wrong"),
    ],
)
def test_a_diagnosis_is_right(wanted: Expectation, found: Incident) -> None:
    judged = judge(wanted, found)
    assert judged.right, judged.wrong
    assert judged.precision == 1.0


@pytest.mark.parametrize(
    ("wanted", "found", "told"),
    [
        pytest.param(
            expected(WEB), incident(cause(CART)), f"blamed {CART}, wanted {WEB}", id="entity"
        ),
        pytest.param(expected(WEB), incident(), f"named no cause, wanted {WEB}", id="none"),
        pytest.param(
            expected(WEB, mentions="2\\.4"), incident(cause(WEB)), "never said 2\\.4", id="words"
        ),
        pytest.param(
            expected(WEB, innocent=CART),
            incident(cause(WEB), cause(CART)),
            f"blamed {CART}, which only suffers",
            id="victim",
        ),
        pytest.param(
            expected(WEB, CART), incident(cause(WEB)), f"did not blame {CART}", id="second-missed"
        ),
        pytest.param(
            expected(WEB, CART), incident(cause(CART)), f"did not blame {WEB}", id="first-missed"
        ),
        pytest.param(
            expected(WEB, CART, accepted="Secret/shop/db"),
            incident(cause("Secret/shop/db")),
            f"did not blame {CART}",
            id="what-is-accepted-stands-for-the-main-one-only",
        ),
        pytest.param(
            expected(),
            incident(cause(WEB)),
            f"blamed {WEB}, but nothing is wrong",
            id="invented",
        ),
        pytest.param(
            expected(),
            incident(outcome=Outcome.ESCALATED),
            "ended as escalated, but nothing is wrong",
            id="not-sure-that-nothing-is",
        ),
    ],
)
def test_a_diagnosis_is_wrong_and_the_reason_is_said(
    wanted: Expectation, found: Incident, told: str
) -> None:
    judged = judge(wanted, found)
    assert not judged.right
    assert told in judged.wrong


def test_a_score_tells_what_it_cost_and_how_sure_it_was() -> None:
    judged = judge(expected(WEB), incident(cause(WEB, confidence=0.87)))
    assert (judged.confidence, judged.looks, judged.seconds) == (0.87, 24, 1.5)


@pytest.mark.parametrize(
    ("roots", "blamed", "precision"),
    [
        pytest.param([WEB], [WEB], 1.0, id="exact"),
        pytest.param([WEB], [WEB, CART], 0.5, id="a-victim-costs"),
        pytest.param([WEB], [CART, WEB], 0.5, id="whatever-its-rank"),
        pytest.param([WEB, CART], [WEB], 0.0, id="one-missed-is-nothing"),
        pytest.param([WEB], [], 0.0, id="nobody"),
        pytest.param([], [], 1.0, id="healthy"),
        pytest.param([], [WEB], 0.0, id="healthy-and-blamed"),
    ],
)
def test_precision_counts_at_full_recall_only(
    roots: list[str], blamed: list[str], precision: float
) -> None:
    assert precision_at_full_recall(roots, blamed) == precision
