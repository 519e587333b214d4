"""Templates of log lines as people read them."""

import re
from collections.abc import Sequence

from sreagent.diagnose.logs.shapes import CLIENT_ERROR, SERVER_ERROR

VARIES = "<*>"
_SEPARATORS = re.compile(r"([=:,;|\t ])")
_CORE = re.compile(r"([\"'\[\](){}]*)(.*?)([\"'\[\](){}\r]*)", re.DOTALL)
_NAMED_SO = re.compile(r"[A-Za-z]{1,5}\d{1,2}")
_NUMBER = re.compile(r"\d+")
_RUNS = re.compile(r"<\*>(?:[-:./,_+TZx]{0,2}<\*>)+Z?")
_LEADING = re.compile(r"^[\[\s]*(?:<\*>Z?[\]\s]*)+(?=\S)")
_FIELD = re.compile(
    r"[\"']?\b(level|lvl|severity|msg|message|log|error|err|exception)[\"']?\s?[=:]\s?"
    r"(\"(?:[^\"\\]|\\.){0,2000}\"?|[^\s,}\"{]{1,200})",
    re.IGNORECASE,
)
_STATUS = {CLIENT_ERROR.decode(): "4xx", SERVER_ERROR.decode(): "5xx"}
_LEVELS = ("level", "lvl", "severity")


def masked(line: bytes, words: Sequence[str | None]) -> str:
    """A line with `<*>` for what varies; of a structured one its level, message and error."""
    parts = _SEPARATORS.split(line.decode("utf-8", "replace"))
    told = parts[: 2 * len(words) - 1]
    for place, word in enumerate(words):
        if 2 * place < len(told):
            told[2 * place] = _masked_word(told[2 * place], word)
    text = _RUNS.sub(VARIES, "".join(told))
    return _spoken(_LEADING.sub("", text) or text)


def _masked_word(text: str, word: str | None) -> str:
    if word is None:
        found = _CORE.fullmatch(text)
        return f"{found[1]}{VARIES}{found[3]}" if found else VARIES
    if status := next((name for mark, name in _STATUS.items() if mark in word), ""):
        return _NUMBER.sub(status, text)
    return text if _NAMED_SO.fullmatch(text) else _NUMBER.sub(VARIES, text)


def _spoken(text: str) -> str:
    """Level, message and error of a JSON or logfmt line; other lines as they are."""
    told = {found[1].lower(): found[2].strip('"') for found in _FIELD.finditer(text)}
    said = [value for name, value in told.items() if name not in _LEVELS and value != "null"]
    if not said or not (text.startswith("{") or {"msg", "message"} & told.keys()):
        return text
    level = next((told[name] for name in _LEVELS if name in told), "")
    return " ".join(part for part in (level, ": ".join(said)) if part)
