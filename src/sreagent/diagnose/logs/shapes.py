"""What is left of log lines without their numbers, quotes and brackets: equal for equal messages.

Works on whole chunks of bytes, because a log has far more lines than sorts of lines.
"""

import re

LINE_LIMIT = 4096
"""Bytes of one line that are looked at."""
WORD_LIMIT = 80
"""Words of one line that are told apart; the rest is one word."""
CLIENT_ERROR, SERVER_ERROR = b"\x04", b"\x05"
"""Stand for the status codes 4xx and 5xx, which are numbers that mean something."""

_QUOTES = b"\"'[](){}\r"
_TO_SPACES = bytes.maketrans(b"=:,;|\t", b"      ")
_DROPPED = _QUOTES + b"0123456789"
_STATUS = re.compile(
    rb"((?:[Ss]tatus(?:_?[Cc]ode)?|\b[Cc]ode|HTTP/1\.[01]|HTTP/2\.0|HTTP)[\"'=: ]{1,4})"
    rb"[1-5]\d\d(?!\d|\.\d)"
)
_SAMPLE = 1024


class Shaper:
    """Makes shapes of the chunks of one log; learns where its lines have their status codes."""

    def __init__(self) -> None:
        self._before_status: dict[bytes, None] = {}
        self._began = False

    def shapes(self, chunk: bytes) -> list[bytes]:
        """One shape for each line of a chunk, which does not end in a line feed."""
        sample = chunk[:_SAMPLE] if self._began else chunk
        self._began = True
        for found in _STATUS.finditer(sample):
            if len(self._before_status) < 4:
                self._before_status.setdefault(found[1][-8:])
        for words in self._before_status:
            chunk = chunk.replace(words + b"5", words + SERVER_ERROR)
            chunk = chunk.replace(words + b"4", words + CLIENT_ERROR)
        return chunk.translate(_TO_SPACES, _DROPPED).split(b"\n")


def has_digits(line: bytes) -> list[bool]:
    """For each word of a line, whether a number was dropped from it."""
    plain = line.translate(_TO_SPACES, _QUOTES).split(b" ", WORD_LIMIT)
    return [any(digit in word for digit in b"0123456789") for word in plain]
