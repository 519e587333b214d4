"""Text of any length, redacted piece by piece in bounded memory."""

import re
from collections.abc import Iterable, Iterator

from sreagent.domain.text import visible
from sreagent.policy.redaction.blocks import KEY_LIMIT
from sreagent.policy.redaction.text import redact

PIECE = 1 << 20
"""Characters that are redacted at once; a secret that is longer may be cut."""
_BEHIND = 4 * KEY_LIMIT
"""Characters at the end of a piece in which something may begin that the next one ends."""
_DOCUMENT = re.compile(r"(?m)^(?:---[ \t]*$|[ \t]*-?[ \t]*apiVersion:|[ \t]*\"apiVersion\":)")
_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|Private-Lines:")
_ON_ITS_OWN = re.compile(r"\n(?=[^\s-])")
"""A line that belongs to nothing above it."""


def redact_stream(chunks: Iterable[str]) -> Iterator[str]:
    """The text of all chunks, cleaned and redacted, in pieces.

    It is cut where no secret is likely to stand. No line is shortened.
    """
    held = ""
    for chunk in chunks:
        held += chunk
        while len(held) > PIECE + _BEHIND:
            cut = _cut(held[: PIECE + _BEHIND])
            yield redact(visible(held[:cut]))
            held = held[cut:]
    if held:
        yield redact(visible(held))


def _cut(text: str) -> int:
    """A place in the last part of the text before which everything is whole."""
    if documents := list(_DOCUMENT.finditer(text, len(text) // 2)):
        return documents[-1].start()
    key = next((found.start() for found in _KEY.finditer(text, len(text) - KEY_LIMIT)), len(text))
    begin = len(text) - _BEHIND
    own = [found.end() for found in _ON_ITS_OWN.finditer(text, begin, key)]
    if own:
        return own[-1]
    line = text.rfind("\n", begin, key) + 1
    space = text.rfind(" ", begin, key) + 1
    return line or space or min(key, len(text) - KEY_LIMIT)
