"""Text from outside is shown, and does nothing else."""

import unicodedata

import pytest

from sreagent.domain.text import LINE_LIMIT, clean, one_line, visible


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
        pytest.param("\x9b31mred\x9b0m", "red", id="colour-in-eight-bits"),
        pytest.param("\x1bP+q544e\x1b\\x", "x", id="device-control"),
        pytest.param("\x9d8;;http://evil\x9clink", "link", id="hyperlink-in-eight-bits"),
        pytest.param("\x1b]52;c;ZXZpbA==\x07x", "x", id="clipboard"),
        pytest.param("\x1b]0;title without an end", "0;title without an end", id="no-end"),
        pytest.param("\x1b_app\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\x", "x", id="other-strings"),
        pytest.param("\x1b(0lqk\x1bc\x1b7x", "lqkx", id="character-set-and-reset"),
        pytest.param("\x1b[2K\x1b[1A\x1b[8mhid\x1b[0m", "hid", id="erase-and-conceal"),
        pytest.param("a\u2066b\u2069\u200fc", "abc", id="isolates"),
        pytest.param("so\u00adft hy\u2060phen", "soft hyphen", id="soft-hyphen-and-joiner"),
        pytest.param("a\u3164b\uffa0c\u115fd\u2800e", "abcde", id="fillers"),
        pytest.param("x\ufe0fy\U000e0101z\u180ew", "xyzw", id="variation-selectors"),
        pytest.param("a\u2028b\u2029c", "abc", id="line-separators"),
        pytest.param("e" + "\u0301" * 500 + "x", "e" + "\u0301" * 4 + "x", id="stacked-accents"),
        pytest.param("é ñ ไม้ ق۟", "é ñ ไม้ ق۟", id="accents-stay"),
        pytest.param("[bold red]x[/] :warning:", "[bold red]x[/] :warning:", id="markup-is-text"),
        pytest.param("🙂 🇩🇪", "🙂 🇩🇪", id="pictures-stay"),
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


def test_all_letters_of_a_long_line_can_be_kept() -> None:
    assert visible("\x1b[1m" + "x" * 3 * LINE_LIMIT) == "x" * 3 * LINE_LIMIT


def test_no_format_or_control_character_of_unicode_is_left() -> None:
    # Signs that are seen with a number or a word: they hide nothing.
    seen = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    hidden = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and code not in seen
        and chr(code) not in "\t\n"
    ]
    assert clean("".join(hidden), line_limit=len(hidden)) == ""


@pytest.mark.parametrize(
    "piece", ["\x1b", "\x1b]", "\x1b[", "\x1bP", "\x9d8;", "\u0301", "\x1b[1;"]
)
def test_hostile_repetition_is_read_to_its_end(piece: str) -> None:
    shown = visible(piece * (200_000 // len(piece)) + "\nnext")
    assert shown.endswith("next")
    assert "\x1b" not in shown
