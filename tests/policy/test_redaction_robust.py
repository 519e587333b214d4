"""Whatever the text, redaction comes to an end and says something."""

import json
import random

import pytest

from sreagent.policy.redaction import redact

DICE = random.Random(7)  # noqa: S311 - dice for texts
SECRET = {"apiVersion": "v1", "kind": "Secret", "data": {"password": "cGFzcw=="}, "metadata": {}}
PIECES = (
    *('{"kind":"Secret"}', '"kind":"Secret"', '"data":{', '"stringData":{', "}", "{", '"', ","),
    *("kind: Secret\n", "data:\n", "  password: eA==\n", "stringData:\n", "---\n", "\n", "\\n"),
    *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "token=", "://", "@", "\x00"),
)


@pytest.mark.parametrize(
    "text",
    ['{"kind":"Secret"}', '"kind":"Secret"', "kind: Secret", '{"kind": "Secret", "data": {'],
    ids=["alone", "bare", "yaml", "cut"],
)
def test_a_secret_without_data_is_no_trouble(text: str) -> None:
    assert redact(text) == text


def test_any_heap_of_telling_pieces_is_redacted_to_an_end() -> None:
    for _ in range(3000):
        text = "".join(DICE.choices(PIECES, k=DICE.randrange(1, 12)))
        once = redact(text)
        assert redact(once) == once


def test_a_secret_cut_anywhere_gives_nothing_away() -> None:
    whole = json.dumps(SECRET)
    for end in range(len(whole) + 1):
        assert "cGFzcw==" not in redact(whole[:end])
