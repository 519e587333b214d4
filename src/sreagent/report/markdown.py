"""Text from outside as Markdown that stays text: no links, images, HTML, headings or tables."""

import re
from collections.abc import Sequence

from sreagent.domain.text import clean, one_line

LINE = 500
"""Characters of one line of prose that are kept."""

_LINKED = re.compile(r"://|www\.|@|\$", re.IGNORECASE)
"""What a renderer may turn into a link, a mention that notifies people, or a formula."""
_MARKUP = re.compile(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])")
_ENTITY = re.compile(r"&(?=#|\w)")
_LEAD = re.compile(r">.*|[#+=-]+|(\d{1,9})([.)])")
_TICKS = re.compile(r"`+")


def escape(text: str, limit: int = LINE) -> str:
    """One line of prose that renders as the text it is.

    Words that would become links or mentions are set as code, the rest keeps its look.
    """
    words = one_line(text, limit).split(" ")
    return " ".join(_word(word, first=place == 0) for place, word in enumerate(words) if word)


def code(text: str, limit: int = 1000) -> str:
    """One line set as code."""
    line = one_line(text, limit)
    if not line:
        return ""
    ticks = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def fence(text: str, *, language: str = "text", limit: int = 30, indent: str = "") -> str:
    """A block of at most `limit` lines that its text cannot leave."""
    lines = clean(text).strip("\n").split("\n")
    if len(lines) > limit:
        lines[limit:] = [f"… {len(lines) - limit} more lines"]
    ticks = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return "\n".join(indent + line for line in (f"{ticks}{language}", *lines, ticks))


def row(cells: Sequence[str]) -> str:
    """A table row of cells that are Markdown already."""
    return f"| {' | '.join(cells)} |"


def _word(word: str, *, first: bool) -> str:
    if _LINKED.search(word):
        # A pipe inside code would still end a table cell.
        return r"\|".join(code(part) for part in word.split("|"))
    word = _MARKUP.sub(r"\\\g<0>", word)
    word = _ENTITY.sub("&amp;", word).replace("<", "&lt;")
    return _escape_lead(word) if first else word


def _escape_lead(word: str) -> str:
    """A first word that would begin a heading, a list or a quotation."""
    lead = _LEAD.fullmatch(word)
    if not lead:
        return word
    return f"{lead[1]}\\{lead[2]}" if lead[1] else f"\\{word}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)
