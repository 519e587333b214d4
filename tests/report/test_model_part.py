"""What the reports tell of the model that took part."""

import pytest
from tests.report.samples import NOW, TALK, USAGE, endings, incident

from sreagent.domain.conversation import Usage
from sreagent.domain.record import Cost
from sreagent.report.model_part import model_part, price, tokens
from sreagent.report.outcome import as_json
from sreagent.report.postmortem import postmortem

BY_MODEL = endings()["diagnosed by a model"]


def test_where_only_the_rules_worked_there_is_no_model() -> None:
    told = as_json(endings()["diagnosed"])
    assert told["model"] is None
    assert told["diagnosis"]["by"] == "rules"


def test_the_json_object_counts_what_a_model_took_and_made_up() -> None:
    told = as_json(BY_MODEL)
    assert told["model"] == {
        "name": "openai/sim",
        "version": "0123456789ab",
        "answers": 2,
        "tokens": {"prompt": 10_000, "cached": 2400, "answer": 240},
        "usd": 0.012,
        "invented": {"evidence": 1},
        "rejected": 1,
        "problem": "",
    }
    assert told["diagnosis"]["by"] == "openai/sim"
    assert (told["cost"]["tokens"], told["cost"]["usd"]) == (10_240, 0.012)


@pytest.mark.parametrize(
    ("name", "answers", "problem"),
    [
        pytest.param("a model that was not asked", 0, "", id="never-asked"),
        pytest.param(
            "a model that did not answer",
            1,
            "the model goes no further: no answer came",
            id="no-answer",
        ),
    ],
)
def test_a_model_that_gave_no_account_is_told_of(name: str, answers: int, problem: str) -> None:
    told = as_json(endings()[name])["model"]
    assert (told["name"], told["answers"], told["problem"]) == ("openai/sim", answers, problem)


def test_the_postmortem_says_who_concluded_what_the_model_did_and_what_it_cost() -> None:
    text = postmortem(BY_MODEL, now=NOW)
    assert "| Model | openai/sim (prompts 0123456789ab), 2 answers, 1 calls rejected |" in text
    assert "| Made up by the model | 1 (1 evidence) |" in text
    assert "10,240 tokens (2,400 cached), USD 0.012" in text
    assert "- Concluded by: openai/sim." in text
    done = text.split("### What the model did")[1].split("\n## ")[0]
    assert "- As diagnostician: " in done
    assert "- Rejected: made-up evidence: there is no E99" in done
    assert "- oncall said: why not DNS?" in done
    assert "oncall said: why not DNS?" in text.split("## Timeline")[1].split("\n## ")[0]


def test_the_postmortem_of_rules_alone_does_not_speak_of_models() -> None:
    assert "odel" not in postmortem(endings()["diagnosed"], now=NOW).replace("model none", "")


@pytest.mark.parametrize(
    ("usd", "told"),
    [
        pytest.param(None, "price not known", id="not-known"),
        pytest.param(0.0, "USD 0.000", id="nothing"),
        pytest.param(0.0124, "USD 0.012", id="little"),
        pytest.param(12.345, "USD 12.35", id="much"),
    ],
)
def test_a_price_is_told(usd: float | None, told: str) -> None:
    assert price(usd) == told


def test_a_price_that_is_not_known_once_is_not_known_at_all() -> None:
    part = model_part(incident(*TALK))
    assert part is not None
    assert (part.usage + Usage(usd=None)).usd is None
    assert part.usage == USAGE + USAGE
    cost = Cost(tokens=10_240, usd=None)
    assert tokens(cost, part) == "10,240 tokens (2,400 cached), price not known"
