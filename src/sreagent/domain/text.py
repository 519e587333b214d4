"""Text from outside, made safe to show."""

import re

LINE_LIMIT = 2000
"""Characters of one line that are kept; a log line may be megabytes long."""

_ANSI = re.compile(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)?|[@-_])"
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)


def clean(text: str, *, line_limit: int = LINE_LIMIT) -> str:
    r"""Drop terminal escapes, control, bidi, zero-width characters and lone surrogates.

    Line feeds and tabs stay. Over-long lines are cut; such a line ends in `… (N characters)`.
    """
    text = _ANSI.sub("", text) if "\x1b" in text else text
    return "\n".join(_cut(line, line_limit) for line in text.split("\n"))


def one_line(text: str, limit: int = 300) -> str:
    """The same, folded to one line of at most `limit` characters."""
    folded = " ".join(clean(text, line_limit=4 * limit).split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def _cut(line: str, limit: int) -> str:
    size = len(line)
    if size > limit:
        line = f"{line[:limit]}… ({size} characters)"
    return _INVISIBLE.sub("", line)
