"""Which lines may hold a secret: one scan of the whole text, so ordinary logs cost little.

With google-re2 it is one automaton over all rules, in linear time whatever the text says. Without
it, a substring search for each hint; that points at more lines, and the rules find the same in
them.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from typing import Any

from sreagent.policy.redaction.blocks import BLOCK_HINTS, BLOCK_LEAD
from sreagent.policy.redaction.names import NAME_HINTS, NAME_LEADS
from sreagent.policy.redaction.rules import RULES, Rule

Span = tuple[int, int]
Pointing = Callable[[bytes, tuple[bytes, ...]], Iterator[Span]]
"""Yields where lines begin and end that may hold a secret, or one of the literals."""

_MEMORY = 64 << 20
"""Bytes for the states of the automaton; with less it falls back to a slower walk."""
_SMALL = 16384
"""Bytes below which collecting distinct words costs more than it saves."""
_BELOW = re.compile(rb"[ \t\"'\\]{0,100}(?i:parameter)?(?i:value)")

_OF_RULES = chain.from_iterable(rule.hints for rule in RULES)
_HINTS = tuple(dict.fromkeys((*NAME_HINTS, *BLOCK_HINTS, *_OF_RULES)))
_LOWER = tuple(hint for hint in _HINTS if hint == hint.lower())
_EXACT = tuple(hint for hint in _HINTS if hint != hint.lower())


def _telling_most(hints: tuple[str, ...]) -> tuple[str, ...]:
    """Without those that hold another: where `sshpass` stands, `pass` does."""
    return tuple(
        hint
        for hint in hints
        if not any(other != hint and other in hint.lower() for other in _LOWER)
    )


_LOWER_SOUGHT = _telling_most(_LOWER)
_EXACT_SOUGHT = _telling_most(_EXACT)


def hints_in(text: str, among: Iterable[str] = _HINTS) -> frozenset[str]:
    """Those of the hints that this text holds."""
    lowered = text.lower()
    # A hint with a capital letter never stands in the lowered text.
    return frozenset(hint for hint in among if hint in lowered or hint in text)


@cache
def rules_for(hints: frozenset[str]) -> tuple[Rule, ...]:
    """The rules that look at text with these hints."""
    return tuple(rule for rule in RULES if not hints.isdisjoint(rule.hints))


@cache
def pointing() -> Pointing:
    """The automaton where google-re2 is installed, else the search."""
    return by_automaton if find_spec("re2") else by_search


def by_automaton(text: bytes, literals: tuple[bytes, ...]) -> Iterator[Span]:
    """Lines where the automaton stops."""
    scan = _automaton(literals)
    place = 0
    while place < len(text) and (found := scan.search(text, place)):
        place = _line_end(text, found.end())
        yield text.rfind(b"\n", 0, found.start()) + 1, _with_value_below(text, place)


def by_search(text: bytes, literals: tuple[bytes, ...]) -> Iterator[Span]:
    """Lines that hold a hint, in no order."""
    # A letter for each byte: places stay what they are, and short texts are searched faster.
    plain = text.decode("latin-1")
    own = tuple(literal.decode("latin-1") for literal in literals)
    for source, hints in ((plain.lower(), _LOWER_SOUGHT), (plain, _EXACT_SOUGHT + own)):
        words = source if len(source) < _SMALL else "\n".join(set(source.split()))
        for hint in [hint for hint in hints if hint.strip() in words]:
            yield from _lines_with(hint, source, text)


def joined(spans: Iterator[Span]) -> list[Span]:
    """In order, those that share a line as one. Neighbours stay apart: each has its own hints."""
    result: list[Span] = []
    for begin, end in sorted(spans):
        if result and begin < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return result


def _lines_with(hint: str, source: str, text: bytes) -> Iterator[Span]:
    place = source.find(hint)
    while place >= 0:
        end = _line_end(text, place)
        yield text.rfind(b"\n", 0, place) + 1, _with_value_below(text, end)
        place = source.find(hint, end)


def _with_value_below(text: bytes, end: int) -> int:
    """In YAML and JSON the value of a variable stands on the line below its name."""
    return _line_end(text, end + 1) if _BELOW.match(text, end + 1) else end


def _line_end(text: bytes, place: int) -> int:
    end = text.find(b"\n", place)
    return len(text) if end < 0 else end


@cache
def _automaton(literals: tuple[bytes, ...]) -> Any:  # noqa: ANN401 - google-re2 has no types
    re2 = import_module("re2")
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _MEMORY
    options.never_capture = True
    leads = dict.fromkeys((*NAME_LEADS, BLOCK_LEAD, *(rule.lead for rule in RULES)))
    patterns = [lead.encode() for lead in leads] + [re2.escape(literal) for literal in literals]
    return re2.compile(b"|".join(patterns), options)
