"""Splits one line into words as a POSIX shell would, and refuses everything that needs a shell.

There is no shell: a line is one program with its arguments. Quoting is understood, since it only
says where a word ends; whatever a shell would expand, redirect or chain is refused.
"""

import re

from sreagent.tools.lines.objection import Objection, Rule

LONGEST = 4000
"""Characters of one line."""

_PIECE = re.compile(
    r"""(?P<space>[ ]+)
    |'(?P<single>[^']*)'
    |"(?P<double>(?:[^"\\$`]|\\[ -~])*)"
    |(?P<plain>[^ '"\\$`|&;<>()]+)""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\([\"\\$`])")
_EXPANDED_BRACES = re.compile(r"\{[^{}]*(?:,|\.\.)[^{}]*\}")
_SHELL = {
    "|": "a pipe",
    "&": "`&`",
    ";": "`;`",
    "<": "a redirection or a placeholder",
    ">": "a redirection or a placeholder",
    "$": "a variable or a substitution",
    "`": "a substitution",
    "(": "a subshell",
    ")": "a subshell",
    "\\": "a backslash outside single quotes",
    "'": "an open quote",
    '"': "an open quote or `$` inside double quotes",
}


def split(line: str) -> tuple[str, ...]:
    """The words of a line, quotes taken off.

    Raises:
        Objection: The line is empty, too long, not plain ASCII, or asks for a shell.
    """
    text = _plain_line(line)
    words: list[str] = []
    word: str | None = None
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            raise _needs_shell(text[at])
        at = piece.end()
        if piece.lastgroup == "space":
            words += [word] if word is not None else []
            word = None
        else:
            word = (word or "") + _unquoted(piece, starts=word is None)
    words += [word] if word is not None else []
    if not words:
        raise Objection(Rule.NOT_ONE_CALL, "the line is empty: write one kubectl or aws call")
    return tuple(words)


def _plain_line(line: str) -> str:
    if len(line) > LONGEST:
        raise Objection(Rule.TOO_LONG, f"a line has at most {LONGEST} characters")
    text = line.removesuffix("\n")
    if text.isascii() and text.isprintable():
        return text
    odd = next(char for char in text if not (char.isascii() and char.isprintable()))
    if odd == "\n":
        reason = "write one call on one line: a line break would end it or join another to it"
        raise Objection(Rule.NOT_ONE_CALL, reason)
    reason = f"write plain ASCII only: U+{ord(odd):04X} at position {text.index(odd) + 1} is not"
    raise Objection(Rule.NOT_ASCII, reason)


def _unquoted(piece: re.Match[str], *, starts: bool) -> str:
    if piece.lastgroup == "single":
        return piece["single"]
    if piece.lastgroup == "double":
        return _ESCAPED.sub(r"\1", piece["double"])
    text = piece["plain"]
    _check_expansions(text, starts=starts)
    return text


def _check_expansions(text: str, *, starts: bool) -> None:
    """Refuse what a shell would expand; `[*]` and `{.items}` are left as they are by it."""
    if "{" in text and _EXPANDED_BRACES.search(text):
        raise Objection(Rule.NOT_ONE_CALL, "a shell would expand the braces: put them in '…'")
    if "*" in text.replace("[*]", ""):
        raise Objection(Rule.NOT_ONE_CALL, "a shell would expand `*`: put it in '…'")
    if starts and text[0] in "~#":
        raise Objection(Rule.NOT_ONE_CALL, f"a shell gives {text[0]!r} a meaning: put it in '…'")
    if starts and text in {"!", "{", "}"}:
        raise Objection(
            Rule.NOT_ONE_CALL, f"{text!r} is shell syntax: write one kubectl or aws call"
        )


def _needs_shell(char: str) -> Objection:
    what = _SHELL[char]
    reason = (
        f"there is no shell, and {what} needs one: write exactly one kubectl or aws call, "
        "with '…' around values that hold such characters"
    )
    return Objection(Rule.NOT_ONE_CALL, reason)
