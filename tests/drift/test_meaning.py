"""Values of any shape have a meaning."""

import pytest

from sreagent.drift.compare.meaning import json_text, policy


@pytest.mark.parametrize("statement", ["7", '"x"', "true"])
def test_a_policy_whose_statements_are_none_is_compared_as_it_is(statement: str) -> None:
    text = f'{{"Statement": {statement}}}'
    assert policy(text) == json_text(text)


def test_a_text_that_is_nested_without_end_stays_a_text() -> None:
    text = "[" * 100_000
    assert json_text(text) == text
