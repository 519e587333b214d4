"""Text from outside, made safe to show."""

import re

LINE_LIMIT = 2000
"""Characters of one line that are kept; a log line may be megabytes long."""
_STACKED = 4
"""Accents on one letter that are kept; no language needs more."""

_ANSI = re.compile(
    # Device control, privacy and other strings: all up to their end.
    r"(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x07\x1b\x90-\x9f\n]{0,4096}(?:\x07|\x1b\\|\x9c)"
    # Titles, clipboard, hyperlinks.
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x90-\x9f\n]{0,4096}(?:\x07|\x1b\\|\x9c)"
    # Colours, moves, erasing.
    r"|(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"
    r"|\x1b[ -/]{0,8}[0-~]"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, lines, bidi, operators
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"  # blanks, variations
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags, more variations
    "\ud800-\udfff"  # lone surrogates
    "]"
)
_ACCENTS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u06d6-\u06dc\u0e31"
    "\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\u3099\u309a"
    "\ua66f-\ua672\ufe20-\ufe2f\U0001d165-\U0001d169\U0001e000-\U0001e02a"
)
_FLOOD = re.compile(f"([{_ACCENTS}]{{{_STACKED}}})[{_ACCENTS}]+")


def clean(text: str, *, line_limit: int = LINE_LIMIT) -> str:
    r"""Drop terminal escapes and what cannot be seen: control, bidi, zero-width characters.

    Line feeds and tabs stay. So do accents, up to four on a letter. Over-long lines are cut; such
    a line ends in `… (N characters)`.
    """
    text = _without_escapes(text)
    if len(text) > line_limit:
        text = "\n".join(_cut(line, line_limit) for line in text.split("\n"))
    return _without_hidden(text)


def visible(text: str) -> str:
    """Cleaned text with all its letters: no line is cut."""
    return _without_hidden(_without_escapes(text))


def one_line(text: str, limit: int = 300) -> str:
    """Cleaned text, folded to one line of at most `limit` characters."""
    folded = " ".join(clean(text, line_limit=4 * limit).split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def _cut(line: str, limit: int) -> str:
    size = len(line)
    return f"{line[:limit]}… ({size} characters)" if size > limit else line


def _without_escapes(text: str) -> str:
    return text if text.isascii() and "\x1b" not in text else _ANSI.sub("", text)


def _without_hidden(text: str) -> str:
    if text.isascii():
        return _CONTROL.sub("", text)
    return _FLOOD.sub(r"\1", _INVISIBLE.sub("", text))
