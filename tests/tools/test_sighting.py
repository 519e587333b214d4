"""What a read brought back, made fit to be shown."""

import hashlib
import secrets

import pytest

from sreagent.domain.evidence import Health
from sreagent.tools.sighting import LIMIT, shown


def test_a_text_is_cleaned_before_it_is_redacted() -> None:
    secret = secrets.token_hex(12)
    seen = shown(f"DB_PASS\u200bWORD={secret} \x1b[31mred", command="x", source="kubernetes")
    assert secret not in seen.text
    assert "\x1b" not in seen.text
    assert "\u200b" not in seen.text


def test_the_digest_is_that_of_the_whole_text_as_it_may_be_shown() -> None:
    text = "line\n" * LIMIT
    seen = shown(text, command="x", source="aws")
    assert seen.digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("lines", [pytest.param(True, id="lines"), pytest.param(False, id="one")])
def test_a_long_answer_is_cut_at_its_end(lines: bool) -> None:
    text = "\n".join(f"row {number}" for number in range(9000))
    seen = shown(text if lines else text.replace("\n", " "), command="x", source="aws")
    assert len(seen.text) < LIMIT + 200
    assert seen.text.startswith("row 0")
    if lines:
        kept, note = seen.text.split("\n")[:-1], seen.text.split("\n")[-1]
        assert all(row == f"row {number}" for number, row in enumerate(kept))
        assert "narrow the question" in note


def test_a_long_log_is_cut_at_its_beginning() -> None:
    text = "\n".join(f"row {number}" for number in range(9000))
    seen = shown(text, command="x", source="logs")
    assert len(seen.text) < LIMIT + 200
    assert seen.text.endswith("\nrow 8999")
    assert "earlier characters left out" in seen.text.split("\n")[0]


def test_what_nobody_could_look_at_is_unknown() -> None:
    seen = shown("forbidden", command="x", source="aws", verdict=Health.UNKNOWN)
    assert seen.verdict is Health.UNKNOWN
