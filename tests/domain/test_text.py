"""Text from outside is shown, and does nothing else."""

import pytest

from sreagent.domain.text import LINE_LIMIT, clean, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("\x1b[31mred\x1b[0m", "red", id="colour"),
        pytest.param("\x1b]8;;http://evil\x07link\x1b]8;;\x07", "link", id="hyperlink"),
        pytest.param("a\rb\x08c\x00", "abc", id="control"),
        pytest.param("safe\u202etxt.exe", "safetxt.exe", id="right-to-left"),
        pytest.param("ad\u200bmin\ufeff", "admin", id="zero-width"),
        pytest.param("x\U000e0041\U000e0042", "x", id="tag-characters"),
        pytest.param("a\ud800b", "ab", id="lone-surrogate"),
        pytest.param("one\ttwo\nthree", "one\ttwo\nthree", id="tabs-and-lines-stay"),
        pytest.param("größe 数", "größe 数", id="other-scripts-stay"),
    ],
)
def test_invisible_and_controlling_characters_are_dropped(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_line_of_ten_megabytes_is_cut_and_says_how_long_it_was() -> None:
    shown = clean("x" * 10_000_000 + "\nnext")
    first, second = shown.split("\n")
    assert first == "x" * LINE_LIMIT + "… (10000000 characters)"
    assert second == "next"


def test_one_line_folds_and_cuts() -> None:
    assert one_line("a\n  b\tc") == "a b c"
    assert one_line("x" * 50, 10) == "x" * 9 + "…"
