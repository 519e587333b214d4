"""Reads the shorthand in which the AWS command line takes lists, maps and structures.

`Name=tag:env,Values=prod,stage`, `Values=[a,b]`, `Filter={Key=a,Value=b}`.
"""

import re
from dataclasses import dataclass

from sreagent.tools.lines.objection import Objection, Rule

DEEPEST = 8
"""Brackets in brackets."""

Raw = str | list["Raw"] | dict[str, "Raw"]
"""Words, lists and structures of them, with no types yet."""

_KEY = re.compile(r"\s*([-A-Za-z0-9_.#/:]+)\s*=")
_NEXT_KEY = re.compile(r",\s*[-A-Za-z0-9_.#/:]+\s*@?=")
_FROM_FILE = re.compile(r"\s*[-A-Za-z0-9_.#/:]+\s*@=")
_WORD = re.compile(r"(?:[^,\\\[\]{}'\"]|\\.)(?:[^,\\\]}]|\\.)*|")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_ESCAPED = re.compile(r"\\(.)")


def parse_shorthand(text: str) -> dict[str, Raw]:
    """The keys of a shorthand with their values.

    Raises:
        Objection: It is none, or reads a file.
    """
    reader = _Reader(text=text)
    found = reader.pairs(depth=0)
    if reader.at != len(text):
        raise _bad(text)
    return found


@dataclass(slots=True)
class _Reader:
    """Walks over one text."""

    text: str
    at: int = 0

    def pairs(self, depth: int) -> dict[str, Raw]:
        """`key=value,key=value`."""
        if depth > DEEPEST:
            raise _bad(self.text)
        found: dict[str, Raw] = {}
        while True:
            key = self._key()
            if key in found:
                raise Objection(Rule.ARGUMENT, f"{key} is given twice in {self.text[:60]!r}")
            found[key] = self._value(depth)
            if not self._skip(","):
                return found

    def _key(self) -> str:
        if _FROM_FILE.match(self.text, self.at):
            raise Objection(Rule.FILE, "`@=` reads a file: write the value itself")
        key = _KEY.match(self.text, self.at)
        if key is None:
            raise _bad(self.text)
        self.at = key.end()
        return key[1]

    def _value(self, depth: int) -> Raw:
        if self._skip("{"):
            inner = self.pairs(depth + 1)
            self._end("}")
            return inner
        if self._skip("["):
            return self._list(depth + 1)
        words: list[Raw] = [self._word()]
        while self._peek() == "," and not _NEXT_KEY.match(self.text, self.at):
            self.at += 1
            words.append(self._word())
        return words[0] if len(words) == 1 else words

    def _list(self, depth: int) -> Raw:
        if depth > DEEPEST:
            raise _bad(self.text)
        items: list[Raw] = []
        while not self._skip("]"):
            if items and not self._skip(","):
                raise _bad(self.text)
            items.append(self._item(depth))
        return items

    def _item(self, depth: int) -> Raw:
        if self._skip("{"):
            inner = self.pairs(depth + 1)
            self._end("}")
            return inner
        return self._list(depth + 1) if self._skip("[") else self._word()

    def _word(self) -> str:
        quoted = _QUOTED.match(self.text, self.at)
        word = quoted or _WORD.match(self.text, self.at)
        if word is None:
            raise _bad(self.text)
        self.at = word.end()
        text = (quoted[1] or quoted[2] or "") if quoted else word[0].strip()
        return _ESCAPED.sub(r"\1", text)

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _skip(self, char: str) -> bool:
        if self._peek() != char:
            return False
        self.at += 1
        return True

    def _end(self, char: str) -> None:
        if not self._skip(char):
            raise _bad(self.text)


def _bad(text: str) -> Objection:
    reason = f"{text[:60]!r} is no shorthand: write Name=status,Values=available, or JSON in '…'"
    return Objection(Rule.ARGUMENT, reason)
